/** Event buses: names, ARNs, and the policy that says who may put events. */
import { findArn, formatArn } from '#kernel/arn';
import { policyTooLong, validation } from '../errors.ts';

export interface Bus {
  readonly name: string;
  readonly description?: string;
  /** JSON text of the resource policy. */
  readonly policy?: string;
  readonly deadLetterArn?: string;
  readonly createdMs: number;
  readonly modifiedMs: number;
}

export interface BusAddress {
  readonly scope: string;
  readonly bus: string;
}

interface Statement {
  readonly Sid?: string;
}

interface Policy {
  readonly Version: string;
  readonly Statement: readonly Statement[];
}

export const defaultBus = 'default';

// Limit: the policy of a bus has at most 10,240 bytes.
const policyBytesMax = 10_240;

export function busArn(scope: string, name = defaultBus): string {
  const [accountId = '', region = ''] = scope.split('/');
  return formatArn({ service: 'events', region, accountId, resource: `event-bus/${name}` });
}

/** The bus that a name or an ARN stands for; the default one when there is neither. */
export function busAddress(nameOrArn: string | undefined, scope: string): BusAddress {
  if (nameOrArn === undefined || nameOrArn === '') return { scope, bus: defaultBus };
  if (!nameOrArn.startsWith('arn:')) return { scope, bus: nameOrArn };
  const arn = findArn(nameOrArn);
  const bus = arn?.service === 'events' ? /^event-bus\/(.+)$/.exec(arn.resource)?.[1] : undefined;
  if (arn === undefined || bus === undefined) throw validation(`'${nameOrArn}' is not the ARN of an event bus.`);
  return { scope: `${arn.accountId}/${arn.region}`, bus };
}

/** @throws ValidationException */
export function checkBusName(name: string): void {
  if (name === defaultBus || name.startsWith('aws.')) throw validation(`Event bus name ${name} is reserved.`);
  if (name.includes('/')) throw validation(`Event bus name must not contain '/'; ${name} does.`);
}

/**
 * A policy text as PutPermission was given it.
 * @throws ValidationException, PolicyLengthExceededException
 */
export function checkPolicy(text: string): void {
  parsePolicy(text);
  if (Buffer.byteLength(text) > policyBytesMax) {
    throw policyTooLong(`The policy has more than ${policyBytesMax} bytes.`);
  }
}

/** Adds a statement, or replaces the one of the same id. */
export function withStatement(policy: string | undefined, statement: Statement): string {
  const { Statement } = policy === undefined ? { Statement: [] } : parsePolicy(policy);
  const others = Statement.filter(({ Sid }) => Sid !== statement.Sid);
  const text = JSON.stringify({ Version: '2012-10-17', Statement: [...others, statement] });
  checkPolicy(text);
  return text;
}

/** @returns undefined when no statement is left; the same text when there is none of this id */
export function withoutStatement(policy: string, sid: string): string | undefined {
  const parsed = parsePolicy(policy);
  const left = parsed.Statement.filter(({ Sid }) => Sid !== sid);
  if (left.length === parsed.Statement.length) return policy;
  return left.length === 0 ? undefined : JSON.stringify({ ...parsed, Statement: left });
}

function parsePolicy(text: string): Policy {
  try {
    const policy = JSON.parse(text) as { Version?: string; Statement?: Statement | Statement[] } | null;
    const statements = policy?.Statement;
    if (typeof statements === 'object') {
      return { Version: policy?.Version ?? '2012-10-17', Statement: [statements].flat() };
    }
  } catch {
    // The one answer below.
  }
  throw validation('Policy is malformed: it must be JSON with a Statement.');
}
