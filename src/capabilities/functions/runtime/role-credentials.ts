/** Credentials of a function's role, as sessions of the Security Token Service. */
import { roleCaller, serviceCaller } from '#access';
import type { Caller, Dispatcher } from '#gateway';
import { parseArn } from '#kernel/arn';
import type { Clock } from '#kernel/clock';
import { isPlatformError } from '#kernel/errors';
import { invalidParameter } from '../errors.ts';

export const lambdaService = 'lambda.amazonaws.com';

export interface RoleSession {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly expiresMs: number;
}

interface WireCredentials {
  readonly AccessKeyId: string;
  readonly SecretAccessKey: string;
  readonly SessionToken: string;
  readonly Expiration: Date;
}

const sessionSeconds = 3600;
/** A session in its second half is not handed to a new process. */
const freshMs = (sessionSeconds * 1000) / 2;

export class RoleCredentials {
  readonly #dispatcher: Dispatcher;
  readonly #clock: Clock;
  readonly #sessions = new Map<string, Promise<RoleSession>>();

  constructor(dispatcher: Dispatcher, clock: Clock) {
    this.#dispatcher = dispatcher;
    this.#clock = clock;
  }

  /** @throws InvalidParameterValueException when the role does not trust Lambda */
  async checkRole(role: string, region: string): Promise<void> {
    await this.#open(role, 'check', region);
  }

  /** A session that lasts for half an hour or more. */
  async session(role: string, functionName: string, region: string): Promise<RoleSession> {
    const key = `${role} ${functionName} ${region}`;
    const known = await this.#sessions.get(key)?.catch(() => undefined);
    if (known !== undefined && known.expiresMs - this.#clock.nowMs() > freshMs) return known;
    const opened = this.#open(role, functionName, region);
    this.#sessions.set(key, opened);
    opened.catch(() => this.#sessions.delete(key));
    return opened;
  }

  async #open(role: string, sessionName: string, region: string): Promise<RoleSession> {
    const { accountId } = parseArn(role);
    const as = { caller: serviceCaller(lambdaService, accountId), region, invokedBy: lambdaService };
    try {
      const input = { RoleArn: role, RoleSessionName: sessionName.padEnd(2, '-'), DurationSeconds: sessionSeconds };
      const answer = (await this.#dispatcher.call('sts', 'AssumeRole', input, as)) as { Credentials: WireCredentials };
      return sessionOf(answer.Credentials);
    } catch (error) {
      if (!isPlatformError(error, 'AccessDenied')) throw error;
      if (await this.#exists(role, as)) {
        throw invalidParameter('The role defined for the function cannot be assumed by Lambda.', error);
      }
    }
    // Differs from AWS: a role that does not exist is no error, and the function's calls bear its name all the same.
    const caller = functionCaller(role, sessionName);
    const input = { DurationSeconds: sessionSeconds };
    const answer = (await this.#dispatcher.call('sts', 'GetSessionToken', input, { ...as, caller })) as {
      Credentials: WireCredentials;
    };
    return sessionOf(answer.Credentials);
  }

  async #exists(role: string, as: { caller: Caller; region: string; invokedBy: string }): Promise<boolean> {
    try {
      await this.#dispatcher.call('iam', 'GetRole', { RoleName: roleName(role) }, as);
      return true;
    } catch (error) {
      if (isPlatformError(error) && error.kind === 'absent') return false;
      throw error;
    }
  }
}

/** Who calls on behalf of a function: a session of its role. */
export function functionCaller(role: string, sessionName: string): Caller {
  return roleCaller(role, parseArn(role).accountId, sessionName);
}

function roleName(role: string): string {
  return role.split('/').at(-1) ?? role;
}

function sessionOf(credentials: WireCredentials): RoleSession {
  return {
    accessKeyId: credentials.AccessKeyId,
    secretAccessKey: credentials.SecretAccessKey,
    sessionToken: credentials.SessionToken,
    expiresMs: credentials.Expiration.getTime(),
  };
}
