/** What hangs on a function beside its code: resource policies and the settings of asynchronous invocation. */
import type { Clock } from '#kernel/clock';
import type { State } from '#kernel/state';
import { absent, functionAbsent, noSuchResource } from './errors.ts';
import { functionArn, latest, type FunctionRef } from './function-name.ts';
import type { Functions } from './functions.ts';
import type { AsyncSettings } from './invoke/async-settings.ts';
import { checkDestination } from './invoke/destinations.ts';
import {
  checkPolicyRevision,
  emptyPolicy,
  withStatement,
  withoutStatement,
  type Policy,
  type Statement,
} from './policy.ts';
import { selectFunction } from './store/functions.ts';
import { removePart, selectPart, selectParts, upsertPart } from './store/parts.ts';

export class FunctionSettings {
  readonly #state: State;
  readonly #clock: Clock;
  readonly #functions: Functions;

  constructor(state: State, clock: Clock, functions: Functions) {
    this.#state = state;
    this.#clock = clock;
    this.#functions = functions;
  }

  /** @throws ResourceConflictException when the statement's id is taken */
  addStatement(ref: FunctionRef, statement: Statement, revisionId: string | undefined): Promise<Policy> {
    return this.#changePolicy(ref, revisionId, (policy) => withStatement(policy, statement));
  }

  /** @throws ResourceNotFoundException */
  removeStatement(ref: FunctionRef, id: string, revisionId: string | undefined): Promise<Policy> {
    return this.#changePolicy(ref, revisionId, (policy) => withoutStatement(policy, id));
  }

  /** @throws ResourceNotFoundException when there is none */
  getPolicy(ref: FunctionRef): Policy {
    this.#functions.get(ref);
    const policy = selectPart(this.#state.reader, 'policy', ref.scope, ref.name, keyOf(ref));
    if (policy === undefined || policy.statements.length === 0) throw noSuchResource();
    return policy;
  }

  /** @param keep whether what is not given stays as it was */
  async putAsync(ref: FunctionRef, wanted: Partial<AsyncSettings>, keep: boolean): Promise<AsyncSettings> {
    this.#functions.get(ref);
    for (const arn of [wanted.onSuccess, wanted.onFailure]) if (arn !== undefined) checkDestination(arn);
    return this.#state.write((db) => {
      this.#require(db, ref);
      const before = selectPart(db, 'async', ref.scope, ref.name, keyOf(ref));
      if (keep && before === undefined) throw asyncAbsent(ref);
      const settings: AsyncSettings = { ...(keep && before), ...wanted, modifiedMs: this.#clock.nowMs() };
      upsertPart(db, 'async', ref.scope, ref.name, keyOf(ref), settings);
      return settings;
    });
  }

  /** @throws ResourceNotFoundException */
  getAsync(ref: FunctionRef): AsyncSettings {
    this.#functions.get(ref);
    const settings = selectPart(this.#state.reader, 'async', ref.scope, ref.name, keyOf(ref));
    if (settings === undefined) throw asyncAbsent(ref);
    return settings;
  }

  listAsync(ref: FunctionRef): { qualifier: string; document: AsyncSettings }[] {
    this.#functions.row(ref);
    return selectParts(this.#state.reader, 'async', ref.scope, ref.name);
  }

  async deleteAsync(ref: FunctionRef): Promise<void> {
    this.#functions.get(ref);
    const wasThere = await this.#state.write((db) => removePart(db, 'async', ref.scope, ref.name, keyOf(ref)));
    if (!wasThere) throw asyncAbsent(ref);
  }

  #changePolicy(ref: FunctionRef, revisionId: string | undefined, change: (policy: Policy) => Policy): Promise<Policy> {
    this.#functions.get(ref);
    return this.#state.write((db) => {
      this.#require(db, ref);
      const before = selectPart(db, 'policy', ref.scope, ref.name, keyOf(ref)) ?? emptyPolicy;
      checkPolicyRevision(before, revisionId);
      const policy = change(before);
      upsertPart(db, 'policy', ref.scope, ref.name, keyOf(ref), policy);
      return policy;
    });
  }

  #require(db: Parameters<typeof selectFunction>[0], { scope, name }: FunctionRef): void {
    if (selectFunction(db, scope, name) === undefined) throw functionAbsent(functionArn(scope, name));
  }
}

function keyOf({ qualifier }: FunctionRef): string {
  return qualifier ?? latest;
}

function asyncAbsent({ scope, name, qualifier }: FunctionRef): Error {
  const arn = functionArn(scope, name, qualifier ?? latest);
  return absent(`The function ${arn} doesn't have an EventInvokeConfig`);
}
