/**
 * One step for one resource: create, update, replace or delete. The intent goes into the state before the effect and
 * the result after it, so that a restart repeats a step that was cut short, with the same token, and never forgets
 * what was made.
 */
import type { ResourceContext, ResourceState, ResourceType } from '#capability';
import { newUuid } from '#kernel/ids';
import { type ResolvedMapping, replaceDynamicReferences } from '#languages/template/index';
import type { Origin } from '../origin.ts';
import {
  type Intent,
  type Properties,
  type ResourceStatus,
  type Stack,
  type StackResource,
  generatedName,
} from '../stack.ts';
import type { Records } from '../store.ts';
import { createOrAdopt, findHalfMade, isNameTaken } from './adoption.ts';
import { lookUpReferences } from './dynamic-values.ts';
import { failureReason } from './failure-reason.ts';
import { type Wanted, describe, failedRow, newIntent, withState } from './resource-row.ts';
import { Interrupted, type Site, resourceEvent } from './site.ts';
import { systemTags, withTags } from './stack-tags.ts';

export class ResourceSteps {
  readonly #site: Site;
  readonly #stack: Stack;
  readonly #origin: Origin;
  readonly #clientToken: string | undefined;
  readonly #signal: AbortSignal;
  readonly #patience: AbortSignal | undefined;
  readonly #isStopping: () => boolean;

  constructor(
    site: Site,
    stack: Stack,
    options: {
      origin: Origin;
      clientToken: string | undefined;
      signal: AbortSignal;
      patience?: AbortSignal;
      isStopping: () => boolean;
    },
  ) {
    this.#site = site;
    this.#stack = stack;
    this.#origin = options.origin;
    this.#clientToken = options.clientToken;
    this.#signal = options.signal;
    this.#patience = options.patience;
    this.#isStopping = options.isStopping;
  }

  /** @returns why it failed; undefined when it worked */
  async create(wanted: Wanted, row: StackResource | undefined): Promise<string | undefined> {
    const isRetry = row?.intent?.kind === 'create';
    const newRow: StackResource = {
      ...describe(this.#stack, wanted),
      status: 'CREATE_IN_PROGRESS',
      changedMs: this.#now(),
      attributes: {},
      nameSeed: '',
    };
    const intent = (isRetry && row.intent) || (await this.#intendCreation('create', wanted, newRow));
    const physicalId = isRetry ? row.physicalId : undefined;
    const begun: StackResource = {
      ...newRow,
      nameSeed: isRetry ? row.nameSeed : intent.token,
      intent,
      ...(physicalId !== undefined && { physicalId }),
    };
    await this.#begin(begun, wanted.shownProperties);
    return this.#makeNew(begun, wanted, isRetry, {
      made: (records, state) => this.#settle(records, withState(begun, state), 'CREATE_COMPLETE', wanted),
      // Nothing of what is left behind counts as set: an update sets it all.
      failed: (records, failed, halfMadeId) => {
        const { physicalId: _initiated, ...nothing } = failed;
        records.putResource(halfMadeId === undefined ? nothing : { ...failed, physicalId: halfMadeId, attempted: {} });
      },
    });
  }

  /** Changes it in place. */
  async update(wanted: Wanted, row: StackResource): Promise<string | undefined> {
    const intent = row.intent?.kind === 'update' ? row.intent : newIntent('update', wanted);
    const begun: StackResource = { ...row, status: 'UPDATE_IN_PROGRESS', changedMs: this.#now(), intent };
    await this.#begin(begun, wanted.shownProperties);
    return this.#attempt(begun, wanted, async (type, context, properties) => {
      const previous = this.#tagged(row, await this.#lookUp(row.attempted ?? row.properties), row.tags);
      const state = await type.update?.(row.physicalId ?? '', properties, previous, context);
      return (records) => {
        // A provider that answers with another id has made another thing: the old one is deleted by the cleanup.
        if (state !== undefined && state.physicalId !== row.physicalId) this.#leaveBehind(records, row, wanted);
        const { attempted: _taken, ...base } = { ...begun, ...describe(this.#stack, wanted) };
        const changed = state === undefined ? base : withState(base, state);
        this.#settle(records, changed, 'UPDATE_COMPLETE', wanted);
      };
    });
  }

  #leaveBehind(records: Records, row: StackResource, wanted: Wanted): void {
    const { intent: _done, attempted: _taken, ...old } = row;
    records.putLeftover({ ...old, deletionPolicy: wanted.updateReplacePolicy });
    const reason = 'Requested update required the provider to create a new physical resource';
    this.#addEvent(records, { ...row, status: 'UPDATE_IN_PROGRESS' }, { reason, properties: wanted.shownProperties });
  }

  /** Makes a new one beside the old, which becomes a leftover for the cleanup. */
  async replace(wanted: Wanted, row: StackResource): Promise<string | undefined> {
    const isRetry = row.intent?.kind === 'replace';
    const intent = (isRetry && row.intent) || (await this.#intendCreation('replace', wanted, row));
    const begun: StackResource = { ...row, status: 'UPDATE_IN_PROGRESS', changedMs: this.#now(), intent };
    const why = 'Requested update requires the creation of a new physical resource; hence creating one.';
    await this.#begin(begun, wanted.shownProperties, why);
    const named = { ...begun, nameSeed: intent.token };
    return this.#makeNew(named, wanted, isRetry, {
      made: (records, state) => {
        const { intent: _done, ...old } = row;
        // A name that is the same again is the same thing: then there is no old one to delete.
        if (state.physicalId !== row.physicalId || wanted.type !== row.type) {
          records.putLeftover({ ...old, deletionPolicy: wanted.updateReplacePolicy });
        }
        const { attempted: _taken, ...base } = { ...named, ...describe(this.#stack, wanted) };
        this.#settle(records, withState(base, state), 'UPDATE_COMPLETE', wanted);
      },
      failed: (records, failed, halfMadeId) => {
        records.putResource({ ...failed, nameSeed: row.nameSeed });
        if (halfMadeId === undefined || halfMadeId === row.physicalId) return;
        const { intent: _given, ...left } = { ...named, ...describe(this.#stack, wanted), physicalId: halfMadeId };
        records.putLeftover({ ...left, deletionPolicy: 'Delete', discarded: true });
      },
    });
  }

  /**
   * Takes a resource away, unless its policy keeps it. What a step that was cut short may have made is found out first
   * by finishing that step.
   * @param options.keep records each stage: begun, failed, gone or skipped, as the status says
   */
  async delete(
    row: StackResource,
    options: { retain: boolean; keep: (records: Records, row: StackResource) => void },
  ): Promise<string | undefined> {
    const found = await this.#finishCutShort(row);
    const { intent: _done, ...base } = found;
    if (options.retain || base.physicalId === undefined) {
      const status = options.retain ? 'DELETE_SKIPPED' : 'DELETE_COMPLETE';
      const gone: StackResource = { ...base, status, changedMs: this.#now() };
      await this.#site.store.write((records) => {
        options.keep(records, gone);
        this.#addEvent(records, gone, {});
      });
      return undefined;
    }
    const intent: Intent =
      row.intent?.kind === 'delete'
        ? row.intent
        : { kind: 'delete', type: base.type, properties: base.properties, token: newUuid() };
    const begun: StackResource = { ...base, status: 'DELETE_IN_PROGRESS', changedMs: this.#now(), intent };
    await this.#site.store.write((records) => {
      options.keep(records, begun);
      this.#addEvent(records, begun, {});
    });
    return this.#attempt(
      begun,
      begun,
      async (type, context, properties) => {
        await type.delete(begun.physicalId ?? '', properties, context);
        return (records) => {
          const gone: StackResource = { ...base, status: 'DELETE_COMPLETE', changedMs: this.#now() };
          options.keep(records, gone);
          this.#addEvent(records, gone, {});
        };
      },
      options.keep,
    );
  }

  /** Records what changes without touching the resource: policies, metadata, a status left over from a failure. */
  async note(wanted: Wanted, row: StackResource): Promise<void> {
    const settled = /_(?:FAILED|IN_PROGRESS)$/.test(row.status);
    const { statusReason: _reason, ...base } = row;
    const noted: StackResource = {
      ...base,
      ...describe(this.#stack, wanted),
      status: settled ? 'UPDATE_COMPLETE' : row.status,
    };
    if (JSON.stringify(noted) === JSON.stringify(row)) return;
    await this.#site.store.write((records) => {
      records.putResource(noted);
      if (settled) this.#addEvent(records, noted, { properties: wanted.shownProperties });
    });
  }

  /** A resource whose properties do not work out, so that nothing was tried. @returns false */
  async fail(
    resource: Omit<Wanted, 'properties' | 'shownProperties'>,
    row: StackResource | undefined,
    reason: string,
  ): Promise<boolean> {
    const wanted: Wanted = { ...resource, properties: row?.properties ?? {}, shownProperties: '{}' };
    const base = row ?? { ...describe(this.#stack, wanted), attributes: {}, nameSeed: '' };
    const verb = row?.physicalId === undefined ? 'CREATE' : 'UPDATE';
    const failed: StackResource = { ...base, status: `${verb}_FAILED`, statusReason: reason, changedMs: this.#now() };
    await this.#site.store.write((records) => {
      records.putResource(failed);
      this.#addEvent(records, failed, { reason });
    });
    return false;
  }

  /** The context for a look at a resource that changes nothing. */
  contextOf(row: StackResource, token: string): ResourceContext {
    const { dispatcher } = this.#site;
    const { caller, accountId, region } = this.#origin;
    return {
      stackId: this.#stack.id,
      stackName: this.#stack.name,
      logicalId: row.logicalId,
      accountId,
      region,
      tags: this.#stack.desired.tags,
      token,
      signal: this.#signal,
      ...(this.#patience !== undefined && { patience: this.#patience }),
      generatedName: (options) => generatedName(this.#stack.name, row.logicalId, row.nameSeed, options),
      call: (service, operation, input) =>
        dispatcher.call(service, operation, input, {
          caller,
          region,
          signal: this.#signal,
          invokedBy: 'cloudformation.amazonaws.com',
        }),
    };
  }

  /** A create or a replace without a result: done again with its token, to learn the id. A failure means nothing was made. */
  async #finishCutShort(row: StackResource): Promise<StackResource> {
    const { intent } = row;
    if (intent === undefined || (intent.kind !== 'create' && intent.kind !== 'replace')) return row;
    const wanted: Wanted = { ...row, type: intent.type, properties: intent.properties, shownProperties: '{}' };
    if (intent.kind === 'create') await this.create(wanted, row);
    else await this.replace(wanted, row);
    return this.#site.store.read.findResource(row.stackId, row.logicalId) ?? row;
  }

  /** The first write of a creation says whether its name was free, so that a retry knows what is its own. */
  async #intendCreation(kind: 'create' | 'replace', wanted: Wanted, row: StackResource): Promise<Intent> {
    const intent = newIntent(kind, wanted);
    const type = this.#site.findType(wanted.type);
    if (type === undefined) return intent;
    try {
      const properties = await this.#lookUp(wanted.properties);
      const context = this.contextOf({ ...row, nameSeed: intent.token }, intent.token);
      return (await isNameTaken(type, properties, context)) ? { ...intent, nameWasTaken: true } : intent;
    } catch {
      // What cannot be looked up fails the creation, which says why.
      return intent;
    }
  }

  /** The effect of a create and of a replace. */
  async #makeNew(
    begun: StackResource,
    wanted: Wanted,
    isRetry: boolean,
    outcome: {
      made: (records: Records, state: ResourceState) => void;
      /** @param halfMadeId of what the failed creation leaves behind */
      failed: (records: Records, failed: StackResource, halfMadeId: string | undefined) => void;
    },
  ): Promise<string | undefined> {
    const nameWasTaken = begun.intent?.nameWasTaken === true;
    const isCreate = begun.intent?.kind === 'create';
    const tellInitiated = (records: Records, physicalId: string): void => {
      const reason = 'Resource creation Initiated';
      this.#addEvent(records, { ...begun, physicalId }, { reason, properties: wanted.shownProperties });
    };
    let initiatedId = isCreate ? begun.physicalId : undefined;
    let halfMadeId: string | undefined;
    return this.#attempt(
      begun,
      wanted,
      async (type, context, properties) => {
        const initiated = async (physicalId: string): Promise<void> => {
          if (initiatedId === physicalId) return;
          initiatedId = physicalId;
          await this.#site.store.write((records) => {
            if (isCreate) records.putResource({ ...begun, physicalId });
            tellInitiated(records, physicalId);
          });
        };
        try {
          const state = await createOrAdopt(type, properties, { ...context, initiated }, { isRetry, nameWasTaken });
          return (records) => {
            if (initiatedId === undefined) tellInitiated(records, state.physicalId);
            outcome.made(records, state);
          };
        } catch (error) {
          if (!nameWasTaken) halfMadeId = await findHalfMade(type, properties, context, error, initiatedId);
          throw error;
        }
      },
      (records, failed) => outcome.failed(records, failed, halfMadeId),
    );
  }

  async #attempt(
    begun: StackResource,
    wanted: { readonly type: string; readonly properties: Properties },
    effect: (
      type: ResourceType,
      context: ResourceContext,
      properties: Properties,
    ) => Promise<(records: Records) => void>,
    putFailed: (records: Records, row: StackResource) => void = (records, row) => records.putResource(row),
  ): Promise<string | undefined> {
    const token = begun.intent?.token ?? '';
    try {
      const type = this.#site.findType(wanted.type);
      if (type === undefined) throw new Error(`No capability serves the resource type ${wanted.type} any more.`);
      const tags = this.#stack.desired.tags;
      const properties = this.#tagged({ ...begun, type: wanted.type }, await this.#lookUp(wanted.properties), tags);
      const record = await effect(type, this.contextOf(begun, token), properties);
      await this.#site.store.write(record);
      return undefined;
    } catch (error) {
      if (this.#isStopping()) throw new Interrupted('the platform is stopping');
      const reason = failureReason(error);
      this.#site.log.debug('a resource step failed', { error, stack: this.#stack.name, resource: begun.logicalId });
      await this.#site.store.write((records) => {
        const failed = failedRow(begun, wanted.properties, reason, this.#now());
        putFailed(records, failed);
        this.#addEvent(records, failed, { reason });
      });
      return reason;
    }
  }

  async #begin(row: StackResource, shownProperties: string, reason?: string): Promise<void> {
    await this.#site.store.write((records) => {
      records.putResource(row);
      this.#addEvent(records, row, { reason, properties: shownProperties });
    });
  }

  #settle(records: Records, row: StackResource, status: ResourceStatus, wanted: Wanted): void {
    const { intent: _done, statusReason: _reason, ...settled } = row;
    const result: StackResource = { ...settled, status, changedMs: this.#now() };
    records.putResource(result);
    this.#addEvent(records, result, { properties: wanted.shownProperties });
  }

  #addEvent(records: Records, row: StackResource, detail: { reason?: string | undefined; properties?: string }): void {
    records.addEvent(resourceEvent(this.#site, this.#stack, row, { ...detail, clientToken: this.#clientToken }));
  }

  #now(): number {
    return this.#site.clock.nowMs();
  }

  #tagged(row: StackResource, properties: Properties, stackTags: StackResource['tags']): Properties {
    const tags = { ...stackTags, ...systemTags(this.#stack, row.logicalId) };
    return withTags(this.#site.schemas(row.type), properties, tags);
  }

  /** Properties with `{{resolve:…}}` looked up; the values go to the resource only and are never kept. */
  async #lookUp(properties: Properties): Promise<Properties> {
    const values = await lookUpReferences(this.#site, this.#origin, properties as ResolvedMapping, this.#signal);
    return replaceDynamicReferences(properties as ResolvedMapping, values);
  }
}
