/** Event source mappings: made, changed, removed; each enabled one has a poller while the platform runs. */
import { parseArn } from '#kernel/arn';
import { isPlatformError, messageOf } from '#kernel/errors';
import { newUuid } from '#kernel/ids';
import type { State } from '#kernel/state';
import { conflict, invalidParameter, noSuchResource } from '../errors.ts';
import type { FunctionRef } from '../function-name.ts';
import { functionCaller, lambdaService } from '../runtime/role-credentials.ts';
import { removeMapping, selectAllMappings, selectMapping, selectMappings, upsertMapping } from '../store/mappings.ts';
import { checkMapping, type Mapping, type MappingSettings } from './mapping.ts';
import { Poller, type PollerParts } from './poller.ts';

export interface MappingsParts extends PollerParts {
  readonly state: State;
}

export class Mappings {
  readonly #parts: MappingsParts;
  readonly #pollers = new Map<string, Poller>();
  #isRunning = false;

  constructor(parts: MappingsParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#isRunning = true;
    for (const mapping of selectAllMappings(this.#parts.state.reader)) this.#begin(mapping);
  }

  async stop(): Promise<void> {
    this.#isRunning = false;
    await Promise.all([...this.#pollers.values()].map((poller) => poller.stop()));
    this.#pollers.clear();
  }

  /** @throws ResourceConflictException when the function has this source already */
  async create(
    scope: string,
    sourceArn: string,
    settings: MappingSettings,
    tags: Readonly<Record<string, string>>,
  ): Promise<Mapping> {
    await this.#checkQueue(sourceArn, settings.ref);
    const modifiedMs = this.#parts.clock.nowMs();
    const mapping = checkMapping({ ...settings, uuid: newUuid(), scope, sourceArn, modifiedMs, tags });
    await this.#parts.state.write((db) => {
      const twin = selectMappings(db, scope).find(
        (other) => other.sourceArn === sourceArn && sameFunction(other.ref, mapping.ref),
      );
      if (twin !== undefined) {
        throw conflict(
          `An event source mapping with SQS arn (" ${sourceArn} ") and function (" ${mapping.ref.name} ") already exists. Please update or delete the existing mapping with UUID ${twin.uuid}`,
        );
      }
      upsertMapping(db, mapping);
    });
    this.#begin(mapping);
    return mapping;
  }

  async update(scope: string, uuid: string, change: (before: Mapping) => MappingSettings): Promise<Mapping> {
    const mapping = await this.#parts.state.write((db) => {
      const before = requireMapping(selectMapping(db, uuid), scope);
      // What the change takes away must not come back from before.
      const { maxConcurrency: _before, ...fixed } = before;
      const after = checkMapping({ ...fixed, ...change(before), modifiedMs: this.#parts.clock.nowMs() });
      upsertMapping(db, after);
      return after;
    });
    await this.#end(uuid);
    this.#begin(mapping);
    return mapping;
  }

  async delete(scope: string, uuid: string): Promise<Mapping> {
    const mapping = await this.#parts.state.write((db) => {
      const before = requireMapping(selectMapping(db, uuid), scope);
      removeMapping(db, uuid);
      return before;
    });
    await this.#end(uuid);
    return mapping;
  }

  /** @throws ResourceNotFoundException */
  get(scope: string, uuid: string): Mapping {
    return requireMapping(selectMapping(this.#parts.state.reader, uuid), scope);
  }

  list(scope: string): Mapping[] {
    return selectMappings(this.#parts.state.reader, scope);
  }

  lastResult(uuid: string): string | undefined {
    return this.#pollers.get(uuid)?.lastResult;
  }

  async changeTags(
    scope: string,
    uuid: string,
    change: (tags: Readonly<Record<string, string>>) => Readonly<Record<string, string>>,
  ): Promise<void> {
    await this.#parts.state.write((db) => {
      const before = requireMapping(selectMapping(db, uuid), scope);
      upsertMapping(db, { ...before, tags: change(before.tags) });
    });
  }

  #begin(mapping: Mapping): void {
    if (!this.#isRunning || !mapping.enabled || this.#pollers.has(mapping.uuid)) return;
    const poller = new Poller(this.#parts, mapping);
    this.#pollers.set(mapping.uuid, poller);
    poller.start();
  }

  async #end(uuid: string): Promise<void> {
    const poller = this.#pollers.get(uuid);
    this.#pollers.delete(uuid);
    await poller?.stop();
  }

  /** As in AWS: the queue must be there and hide messages for as long as the function may take. */
  async #checkQueue(sourceArn: string, ref: FunctionRef): Promise<void> {
    const { dispatcher, functions } = this.#parts;
    const { accountId, region, resource } = parseArn(sourceArn);
    const version = functions.get(ref);
    const as = { caller: functionCaller(version.role, version.name), region, invokedBy: lambdaService };
    let visibilitySeconds: number;
    try {
      const where = { QueueName: resource, QueueOwnerAWSAccountId: accountId };
      const { QueueUrl } = (await dispatcher.call('sqs', 'GetQueueUrl', where, as)) as { QueueUrl: string };
      const wanted = { QueueUrl, AttributeNames: ['VisibilityTimeout'] };
      const { Attributes } = (await dispatcher.call('sqs', 'GetQueueAttributes', wanted, as)) as {
        Attributes?: Record<string, string>;
      };
      visibilitySeconds = Number(Attributes?.['VisibilityTimeout'] ?? Infinity);
    } catch (error) {
      if (!isPlatformError(error)) throw error;
      throw invalidParameter(
        `Error occurred while ReceiveMessage. SQS Error Code: ${error.code}. SQS Error Message: ${messageOf(error)}`,
        error,
      );
    }
    if (visibilitySeconds < version.timeoutSeconds) {
      throw invalidParameter(
        `Queue visibility timeout: ${visibilitySeconds} seconds is less than Function timeout: ${version.timeoutSeconds} seconds`,
      );
    }
  }
}

function sameFunction(a: FunctionRef, b: FunctionRef): boolean {
  return a.scope === b.scope && a.name === b.name && a.qualifier === b.qualifier;
}

function requireMapping(mapping: Mapping | undefined, scope: string): Mapping {
  if (mapping?.scope !== scope) throw noSuchResource();
  return mapping;
}
