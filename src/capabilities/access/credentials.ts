/** Access keys and sessions: whose they are, and the secret that a signature is checked with. */
import { timingSafeEqual } from 'node:crypto';
import type { Authorizer, Caller, Credential } from '#gateway';
import { formatArn } from '#kernel/arn';
import type { Clock } from '#kernel/clock';
import { newSecret, newUpperId } from '#kernel/ids';
import type { Vault } from '#kernel/vault';
import type { AccessKey } from './credential-file.ts';
import { rootCaller } from './callers.ts';
import { arnOf, type Entity } from './entity.ts';
import { assumeDenied, limitExceeded, noSuchEntity, noSuchPart } from './errors.ts';
import { trustedPrincipals } from './policy-document.ts';
import type { AccessStore, KeyRow } from './store.ts';

export interface Session extends AccessKey {
  readonly sessionToken: string;
  readonly expiresAt: Date;
  readonly caller: Caller;
}

export interface CredentialsOptions {
  readonly store: AccessStore;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly rootKey: AccessKey;
  readonly accountId: string;
  /** Accept any access key id as root of its account. */
  readonly open: boolean;
}

// Limit: two access keys for a user, as on AWS.
const keysMax = 2;
/** Ended sessions stay for a day, so that their holder hears "expired" and not "unknown". */
const forgetAfterMs = 24 * 3_600_000;

export class Credentials implements Authorizer {
  readonly #options: CredentialsOptions;

  constructor(options: CredentialsOptions) {
    this.#options = options;
  }

  findCredential(accessKeyId: string): Credential | undefined {
    const { rootKey, accountId, open } = this.#options;
    if (sameText(accessKeyId, rootKey.accessKeyId)) {
      return { caller: rootCaller(accountId, accessKeyId), secretAccessKey: rootKey.secretAccessKey };
    }
    const known = accessKeyId.startsWith('ASIA') ? this.#findSession(accessKeyId) : this.#findKey(accessKeyId);
    if (known || !open) return known;
    return { caller: rootCaller(/^\d{12}$/.test(accessKeyId) ? accessKeyId : accountId, accessKeyId) };
  }

  /** Differs from AWS: policies are stored and returned, not enforced; every credential may do everything in its account. */
  authorize(): void {}

  async createKey(user: Entity): Promise<AccessKey & { createdAt: Date }> {
    const { store, vault, clock } = this.#options;
    const key = { accessKeyId: `AKIA${newUpperId(16)}`, secretAccessKey: newSecret(30) };
    const createdAt = clock.now();
    await store.write((db) => {
      if (!store.findEntity(user.accountId, 'user', user.name, db)) throw noSuchEntity('user', user.name);
      if (store.listKeys(user.accountId, user.name, db).length >= keysMax)
        throw limitExceeded(`Cannot exceed quota for AccessKeysPerUser: ${keysMax}`);
      store.insertKey(db, {
        id: key.accessKeyId,
        account: user.accountId,
        user: user.name,
        sealed_secret: vault.seal(key.secretAccessKey),
        active: 1,
        created_ms: createdAt.getTime(),
      });
    });
    return { ...key, createdAt };
  }

  listKeys(accountId: string, user: string): KeyRow[] {
    return this.#options.store.listKeys(accountId, user);
  }

  setKeyActive(accountId: string, user: string, id: string, active: boolean): Promise<void> {
    const { store } = this.#options;
    return store.write((db) => {
      requireKey(store.findKey(id, db), accountId, user, id);
      store.setKeyActive(db, id, active);
    });
  }

  deleteKey(accountId: string, user: string, id: string): Promise<void> {
    const { store } = this.#options;
    return store.write((db) => {
      requireKey(store.findKey(id, db), accountId, user, id);
      store.deleteKey(db, id);
    });
  }

  /** The account an access key belongs to; undefined when nobody knows it. */
  findAccountOfKey(accessKeyId: string): string | undefined {
    return this.findCredential(accessKeyId)?.caller.accountId;
  }

  /** @throws AccessDenied when the trust policy does not name the caller */
  async assumeRole(role: Entity, caller: Caller, sessionName: string, durationSeconds: number): Promise<Session> {
    const roleArn = arnOf(role);
    if (!isTrusted(role, caller)) throw assumeDenied(caller.arn, roleArn);
    return this.#openSession(
      {
        kind: 'assumed-role',
        accountId: role.accountId,
        arn: formatArn({
          service: 'sts',
          region: '',
          accountId: role.accountId,
          resource: `assumed-role/${role.name}/${sessionName}`,
        }),
        principalId: `${role.id}:${sessionName}`,
      },
      durationSeconds,
    );
  }

  /** Temporary credentials of the caller itself. */
  sessionOf(caller: Caller, durationSeconds: number): Promise<Session> {
    const { accessKeyId: _, ...same } = caller;
    return this.#openSession(same, durationSeconds);
  }

  async #openSession(caller: Caller, durationSeconds: number): Promise<Session> {
    const { store, vault, clock } = this.#options;
    const id = `ASIA${newUpperId(16)}`;
    const secretAccessKey = newSecret(30);
    const sessionToken = newSecret(96);
    const expiresAt = new Date(clock.nowMs() + durationSeconds * 1000);
    await store.write((db) =>
      store.insertSession(
        db,
        {
          id,
          sealed_secret: vault.seal(secretAccessKey),
          sealed_token: vault.seal(sessionToken),
          caller: JSON.stringify(caller),
          expires_ms: expiresAt.getTime(),
        },
        clock.nowMs() - forgetAfterMs,
      ),
    );
    return { accessKeyId: id, secretAccessKey, sessionToken, expiresAt, caller: { ...caller, accessKeyId: id } };
  }

  #findKey(id: string): Credential | undefined {
    const { store, vault } = this.#options;
    const key = store.findKey(id);
    if (!key || key.active === 0) return undefined;
    const user = store.findEntity(key.account, 'user', key.user);
    if (!user) return undefined;
    return {
      caller: {
        kind: 'user',
        accountId: key.account,
        arn: arnOf(user),
        principalId: user.id,
        accessKeyId: id,
        userName: user.name,
      },
      secretAccessKey: vault.unseal(key.sealed_secret),
    };
  }

  #findSession(id: string): Credential | undefined {
    const { store, vault } = this.#options;
    const session = store.findSession(id);
    if (!session) return undefined;
    return {
      caller: { ...(JSON.parse(session.caller) as Caller), accessKeyId: id },
      secretAccessKey: vault.unseal(session.sealed_secret),
      sessionToken: vault.unseal(session.sealed_token),
      expiresAt: new Date(session.expires_ms),
    };
  }
}
/** Whether the role's trust policy names the caller, its account, everybody, or (for a service) the service. */
function isTrusted(role: Entity, caller: Caller): boolean {
  const accountRoot = formatArn({ service: 'iam', region: '', accountId: caller.accountId, resource: 'root' });
  const wanted = new Set(
    caller.kind === 'service' ? [caller.principalId] : ['*', caller.accountId, accountRoot, caller.arn],
  );
  return trustedPrincipals(role.details.trustPolicy ?? '{}').some(({ value }) => wanted.has(value));
}

function requireKey(key: KeyRow | undefined, accountId: string, user: string, id: string): void {
  if (key?.account !== accountId || key.user.toLowerCase() !== user.toLowerCase())
    throw noSuchPart(`The Access Key with id ${id}`);
}

function sameText(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}
