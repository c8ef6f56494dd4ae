/** Settings of a whole catalog: encryption, as a record, and resource policies. */
import { createHash } from 'node:crypto';
import type { Clock } from '#kernel/clock';
import { messageOf } from '#kernel/errors';
import type { State } from '#kernel/state';
import { entityNotFound, invalidInput, policyCondition } from '../errors.ts';
import { deleteRecord, putRecord, selectRecord, selectRecords } from '../store/records.ts';

export interface EncryptionSettings {
  readonly EncryptionAtRest?: { readonly CatalogEncryptionMode: string } | undefined;
  readonly ConnectionPasswordEncryption?: { readonly ReturnConnectionPasswordEncrypted: boolean } | undefined;
}

export interface ResourcePolicy {
  readonly PolicyInJson: string;
  readonly PolicyHash: string;
  readonly CreateTime: Date;
  readonly UpdateTime: Date;
}

export interface PolicyConditions {
  /** Only if the policy there has this hash. */
  readonly hash?: string | undefined;
  readonly exists?: 'MUST_EXIST' | 'NOT_EXIST' | 'NONE' | undefined;
}

const settingsPlace = { kind: 'settings', parent: '' } as const;
const policyPlace = { kind: 'policy', parent: '' } as const;

const noEncryption: EncryptionSettings = {
  EncryptionAtRest: { CatalogEncryptionMode: 'DISABLED' },
  ConnectionPasswordEncryption: { ReturnConnectionPasswordEncrypted: false },
};

export class CatalogSettings {
  readonly #state: State;
  readonly #clock: Clock;

  constructor(parts: { state: State; clock: Clock }) {
    this.#state = parts.state;
    this.#clock = parts.clock;
  }

  encryption(scope: string): EncryptionSettings {
    return (
      (selectRecord(this.#state.reader, scope, settingsPlace, 'encryption') as EncryptionSettings | undefined) ??
      noEncryption
    );
  }

  // Differs from AWS: encryption settings are kept and returned; connection passwords are always sealed at rest, the rest never.
  async putEncryption(scope: string, settings: EncryptionSettings): Promise<void> {
    await this.#state.write((db) =>
      putRecord(db, scope, settingsPlace, 'encryption', { ...noEncryption, ...settings }),
    );
  }

  /** @param resource the ARN the policy stands on; empty for the catalog itself. @throws EntityNotFoundException */
  policy(scope: string, resource: string): ResourcePolicy {
    const policy = selectRecord(this.#state.reader, scope, policyPlace, resource) as ResourcePolicy | undefined;
    if (policy === undefined) throw entityNotFound('Policy');
    return policy;
  }

  policies(scope: string): ResourcePolicy[] {
    return selectRecords(this.#state.reader, scope, policyPlace, { parent: '', name: '' }, -1) as ResourcePolicy[];
  }

  // Differs from AWS: policies on the catalog are kept and returned, and do not restrict anybody yet.
  async putPolicy(scope: string, resource: string, text: string, conditions: PolicyConditions): Promise<string> {
    checkPolicy(text);
    const now = this.#clock.now();
    const hash = createHash('sha256').update(text).digest('base64');
    await this.#state.write((db) => {
      const current = selectRecord(db, scope, policyPlace, resource) as ResourcePolicy | undefined;
      checkConditions(current, conditions);
      putRecord(db, scope, policyPlace, resource, {
        PolicyInJson: text,
        PolicyHash: hash,
        CreateTime: current?.CreateTime ?? now,
        UpdateTime: now,
      });
    });
    return hash;
  }

  async deletePolicy(scope: string, resource: string, conditions: PolicyConditions): Promise<void> {
    await this.#state.write((db) => {
      const current = selectRecord(db, scope, policyPlace, resource) as ResourcePolicy | undefined;
      if (current === undefined) throw entityNotFound('Policy');
      checkConditions(current, conditions);
      deleteRecord(db, scope, policyPlace, resource);
    });
  }
}

function checkPolicy(text: string): void {
  let policy: unknown;
  try {
    policy = JSON.parse(text);
  } catch (error) {
    throw invalidInput(`PolicyInJson is not JSON: ${messageOf(error)}.`);
  }
  if (typeof policy !== 'object' || policy === null || !('Statement' in policy)) {
    throw invalidInput('PolicyInJson is no policy document: it has no Statement.');
  }
}

function checkConditions(current: ResourcePolicy | undefined, conditions: PolicyConditions): void {
  const { hash, exists } = conditions;
  if (exists === 'MUST_EXIST' && current === undefined)
    throw policyCondition('There is no policy, and MUST_EXIST is asked for.');
  if (exists === 'NOT_EXIST' && current !== undefined)
    throw policyCondition('There is a policy, and NOT_EXIST is asked for.');
  if (hash !== undefined && hash !== current?.PolicyHash) {
    throw policyCondition(`The policy's hash is ${current?.PolicyHash ?? 'absent'}, not ${hash}.`);
  }
}
