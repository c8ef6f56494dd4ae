/**
 * One operation on one stack, carried out from wherever the state says it is: applying a template, cleaning up behind
 * an update, rolling back, deleting. Each phase ends with one write that says what comes next, so that a restart finds
 * its place; a phase that is run twice does nothing twice.
 */
import { invariant, messageOf } from '#kernel/errors';
import type { BoundTemplate } from '#languages/template/index';
import { type Origin, originOfScope } from '../origin.ts';
import { type Operation, type Stack, type StackResource, type StackStatus, stackType } from '../stack.ts';
import type { Records } from '../store.ts';
import { bindDesired, wantedOf } from './desired-template.ts';
import { invert, runGraph } from './graph-run.ts';
import { publishOutputs } from './outputs.ts';
import { type Wanted, isAsWanted } from './resource-row.ts';
import { ResourceSteps } from './resource-step.ts';
import { Interrupted, type Site, stackEvent } from './site.ts';
import { replacesResource } from './replacement.ts';

/** Limit: 16 resources of a stack are worked on at one time. */
const width = 16;

const failedStatus = {
  CREATE: 'CREATE_FAILED',
  ROLLBACK: 'ROLLBACK_FAILED',
  UPDATE: 'UPDATE_FAILED',
  UPDATE_ROLLBACK: 'UPDATE_ROLLBACK_FAILED',
  DELETE: 'DELETE_FAILED',
} as const;

/** Why a run is to end early; the steps in hand are waited for. */
export type Halt = 'stopping' | 'cancelled' | 'superseded' | 'timeout';

export class Deployment {
  readonly #site: Site;
  readonly #stackId: string;
  readonly #controller = new AbortController();
  #halt: Halt | undefined;
  /** Ends the steps that only wait for somebody outside. */
  #patience = new AbortController();

  constructor(site: Site, stackId: string) {
    this.#site = site;
    this.#stackId = stackId;
  }

  /** Begins no further step. A later reason does not replace an earlier one, except that stopping always counts. */
  halt(why: Halt): void {
    if (why === 'stopping' || this.#halt === undefined) this.#halt = why;
    this.#patience.abort(
      why === 'stopping'
        ? new Interrupted('the platform is stopping')
        : new Error(why === 'timeout' ? 'Resource creation timed out' : 'Resource creation cancelled'),
    );
  }

  /** Also tells the steps in hand to give up. */
  abort(): void {
    this.#controller.abort(new Error('The platform is stopping.'));
  }

  /** Goes on until the operation has ended, or was halted for good. */
  async run(): Promise<void> {
    for (;;) {
      const operation = this.#site.store.read.findOperation(this.#stackId);
      if (operation === undefined || this.#halt === 'stopping' || this.#halt === 'superseded') return;
      const timer = this.#watchTime(operation);
      try {
        await this.#advance(operation);
      } catch (error) {
        if (error instanceof Interrupted) return;
        this.#site.log.error('a stack operation broke off', { error, stack: this.#stackId });
        await this.#end(operation, failedStatus[operation.action], `Internal failure: ${messageOf(error)}`);
      } finally {
        timer?.cancel();
      }
    }
  }

  async #advance(operation: Operation): Promise<void> {
    switch (operation.action) {
      case 'CREATE':
        return this.#applyCreate(operation);
      case 'UPDATE':
        return operation.phase === 'apply' ? this.#applyUpdate(operation) : this.#cleanUp(operation, 'UPDATE_COMPLETE');
      case 'UPDATE_ROLLBACK':
        return operation.phase === 'apply'
          ? this.#applyRollback(operation)
          : this.#cleanUp(operation, 'UPDATE_ROLLBACK_COMPLETE');
      case 'ROLLBACK':
        return this.#deleteAll(operation, 'ROLLBACK_COMPLETE', 'ROLLBACK_FAILED');
      case 'DELETE':
        return this.#deleteAll(operation, 'DELETE_COMPLETE', 'DELETE_FAILED');
    }
  }

  async #applyCreate(operation: Operation): Promise<void> {
    const failure = await this.#apply(operation);
    if (this.#isHalted()) return;
    if (failure === undefined) return this.#end(operation, 'CREATE_COMPLETE');
    if (operation.onFailure === 'DO_NOTHING') return this.#end(operation, 'CREATE_FAILED', failure);
    const isDelete = operation.onFailure === 'DELETE';
    await this.#turn(
      { ...operation, action: isDelete ? 'DELETE' : 'ROLLBACK' },
      isDelete ? 'DELETE_IN_PROGRESS' : 'ROLLBACK_IN_PROGRESS',
      `${failure} ${isDelete ? 'Delete' : 'Rollback'} requested by user.`,
    );
  }

  async #applyUpdate(operation: Operation): Promise<void> {
    const failure = await this.#apply(operation);
    if (this.#isHalted()) return;
    if (failure === undefined) {
      return this.#turn({ ...operation, phase: 'cleanup' }, 'UPDATE_COMPLETE_CLEANUP_IN_PROGRESS');
    }
    if (operation.onFailure === 'DO_NOTHING') return this.#end(operation, 'UPDATE_FAILED', failure);
    await this.#turn({ ...operation, action: 'UPDATE_ROLLBACK' }, 'UPDATE_ROLLBACK_IN_PROGRESS', failure, (stack) => ({
      ...stack,
      desired: operation.previous ?? stack.desired,
    }));
  }

  async #applyRollback(operation: Operation): Promise<void> {
    await this.#bringBackReplaced(operation);
    const failure = await this.#apply(operation);
    if (this.#isHalted()) return;
    if (failure !== undefined) return this.#end(operation, 'UPDATE_ROLLBACK_FAILED', failure);
    await this.#turn({ ...operation, phase: 'cleanup' }, 'UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS');
  }

  /** @returns why it failed; undefined when the stack is as wanted, outputs and exports included */
  async #apply(operation: Operation): Promise<string | undefined> {
    const stack = this.#stack();
    let bound: BoundTemplate;
    try {
      bound = bindDesired(stack, stack.desired);
    } catch (error) {
      return messageOf(error);
    }
    const steps = this.#steps(operation, stack);
    const creations = new Set<string>();
    const graph = new Map([...bound.resources].map(([name, { dependencies }]) => [name, dependencies]));
    let hasFailed = false;
    const run = await runGraph(
      graph,
      async (name) => {
        if (operation.skip.includes(name)) return true;
        const row = this.#site.store.read.findResource(stack.id, name);
        if (!isMade(row)) creations.add(name);
        const worked = await this.#applyOne(steps, stack, bound, name, row);
        if (!worked) hasFailed = true;
        return worked;
      },
      { width, mayStart: () => !hasFailed && this.#halt === undefined },
    );
    if (this.#halt === 'cancelled') return 'Update cancelled by user.';
    if (this.#halt === 'timeout') return 'Stack creation time exceeded the specified timeout.';
    if (run.failed.length > 0) return failureText(run.failed, creations);
    if (this.#isHalted()) return undefined;
    const origin = originOfScope(stack.scope, operation.caller);
    return publishOutputs(this.#site, stack, bound, { origin, signal: this.#controller.signal });
  }

  async #applyOne(
    steps: ResourceSteps,
    stack: Stack,
    bound: BoundTemplate,
    logicalId: string,
    row: StackResource | undefined,
  ): Promise<boolean> {
    const resource = bound.resources.get(logicalId);
    invariant(resource, `the template has no resource ${logicalId}`);
    let wanted: Wanted;
    try {
      wanted = wantedOf(this.#site, stack, bound, resource);
    } catch (error) {
      return steps.fail(resource, row, messageOf(error));
    }
    if (isMade(row)) return this.#change(steps, stack, wanted, row);
    return (await steps.create(wanted, row)) === undefined;
  }

  async #change(steps: ResourceSteps, stack: Stack, wanted: Wanted, row: StackResource): Promise<boolean> {
    // The template of a nested stack may have changed behind an unchanged address.
    const isNested = wanted.type === stackType && stack.status.startsWith('UPDATE_');
    if (!isNested && isAsWanted(row, wanted, this.#tagsFor(wanted.type, stack))) {
      await steps.note(wanted, row);
      return true;
    }
    const replaces =
      row.intent === undefined ? replacesResource(this.#site, row, wanted) : row.intent.kind === 'replace';
    const problem = replaces ? await steps.replace(wanted, row) : await steps.update(wanted, row);
    return problem === undefined;
  }

  /** Tags only matter to a type that takes them and can change them in place. */
  #tagsFor(type: string, stack: Stack): Readonly<Record<string, string>> | undefined {
    const takesTags = this.#site.schemas(type)?.tags !== undefined;
    return takesTags && this.#site.findType(type)?.update !== undefined ? stack.desired.tags : undefined;
  }

  /** What an update replaced and did not delete yet takes its place again; the new one becomes the leftover. */
  async #bringBackReplaced(operation: Operation): Promise<void> {
    await this.#site.store.write((records) => {
      const returned = new Set<string>();
      for (const old of records.listLeftovers(operation.stackId)) {
        if (old.discarded || old.status === 'DELETE_FAILED') continue;
        // Several updates that failed may each have left one: the oldest is the one that worked.
        if (returned.has(old.logicalId)) {
          records.putLeftover({ ...old, deletionPolicy: 'Delete', discarded: true });
          continue;
        }
        returned.add(old.logicalId);
        const current = records.findResource(operation.stackId, old.logicalId);
        records.deleteLeftover(old);
        if (current?.physicalId !== undefined) {
          records.putLeftover({ ...current, deletionPolicy: 'Delete', discarded: true });
        }
        records.putResource({ ...old, deletionPolicy: current?.deletionPolicy ?? old.deletionPolicy });
      }
    });
  }

  /** Deletes what was replaced and what the template no longer has. A deletion that fails is tried again next time. */
  async #cleanUp(operation: Operation, status: StackStatus): Promise<void> {
    const stack = this.#stack();
    const { read } = this.#site.store;
    const bound = bindDesired(stack, stack.desired);
    const gone = read.listResources(stack.id).filter((row) => !bound.resources.has(row.logicalId));
    const steps = this.#steps(operation, stack);
    const isRollback = operation.action === 'UPDATE_ROLLBACK';
    await this.#deleteInOrder(gone, (row) =>
      steps.delete(row, {
        retain: row.deletionPolicy === 'Retain' || (!isRollback && row.deletionPolicy === 'RetainExceptOnCreate'),
        keep: (records, stage) => {
          if (stage.status === 'DELETE_FAILED') records.putLeftover({ ...stage, deletionPolicy: 'Delete' });
          if (stage.status === 'DELETE_IN_PROGRESS') records.putResource(stage);
          else records.deleteResource(stage.stackId, stage.logicalId);
        },
      }),
    );
    for (const old of read.listLeftovers(stack.id)) {
      if (this.#isHalted()) return;
      await steps.delete(old, { retain: old.deletionPolicy === 'Retain', keep: keepLeftover });
    }
    if (!this.#isHalted()) await this.#end(operation, status);
  }

  async #deleteAll(operation: Operation, done: StackStatus, failed: StackStatus): Promise<void> {
    const stack = this.#stack();
    const { read } = this.#site.store;
    const blocked = operation.action === 'DELETE' ? this.#findExportInUse(stack) : undefined;
    if (blocked !== undefined) return this.#end(operation, failed, blocked);
    const steps = this.#steps(operation, stack);
    const isRollback = operation.action === 'ROLLBACK';
    const stuck: string[] = [];
    const live = read.listResources(stack.id).filter(({ status }) => !/^DELETE_(?:COMPLETE|SKIPPED)$/.test(status));
    const skipped = await this.#deleteInOrder(live, async (row) => {
      const policy = row.deletionPolicy;
      const retain =
        operation.skip.includes(row.logicalId) ||
        (policy === 'Retain' && !(isRollback && operation.retainExceptOnCreate)) ||
        (policy === 'RetainExceptOnCreate' && !isRollback);
      const problem = await steps.delete(row, { retain, keep: (records, stage) => records.putResource(stage) });
      if (problem !== undefined && operation.force) {
        return steps.delete(row, { retain: true, keep: (records, stage) => records.putResource(stage) });
      }
      if (problem !== undefined) stuck.push(row.logicalId);
      return problem;
    });
    for (const old of read.listLeftovers(stack.id)) {
      if (this.#isHalted()) return;
      const problem = await steps.delete(old, { retain: old.deletionPolicy === 'Retain', keep: keepLeftover });
      if (problem !== undefined) stuck.push(old.logicalId);
    }
    if (this.#isHalted()) return;
    if (stuck.length === 0 && skipped.length === 0) return this.#end(operation, done);
    const names = [...new Set(stuck)].sort().join(', ');
    await this.#end(operation, failed, `The following resource(s) failed to delete: [${names}]. `);
  }

  /** @returns logical ids that were not begun */
  async #deleteInOrder(
    rows: readonly StackResource[],
    remove: (row: StackResource) => Promise<string | undefined>,
  ): Promise<readonly string[]> {
    const byName = new Map(rows.map((row) => [row.logicalId, row]));
    const order = invert(new Map(rows.map(({ logicalId, dependencies }) => [logicalId, dependencies])));
    const { skipped } = await runGraph(
      order,
      async (name) => {
        const row = byName.get(name);
        return row === undefined || (await remove(row)) === undefined;
      },
      { width, mayStart: () => !this.#isHalted() },
    );
    return skipped;
  }

  #findExportInUse(stack: Stack): string | undefined {
    const { read } = this.#site.store;
    for (const { exportName } of stack.outputs) {
      const importers = exportName === undefined ? [] : read.listImporters(stack.scope, exportName);
      if (importers.length === 0) continue;
      return `Export ${exportName} cannot be deleted as it is in use by ${importers.join(', ')}`;
    }
    return undefined;
  }

  /** The next phase, told in one write with its status. */
  async #turn(
    operation: Operation,
    status: StackStatus,
    reason?: string,
    change: (stack: Stack) => Stack = (stack) => stack,
  ): Promise<void> {
    this.#clearRequest();
    await this.#site.store.write((records) => {
      if (!isCurrent(records, operation)) return;
      this.#putStatus(records, operation, change(this.#read(records)), status, reason);
      records.putOperation(operation);
    });
  }

  async #end(operation: Operation, status: StackStatus, reason?: string): Promise<void> {
    await this.#site.store.write((records) => {
      if (!isCurrent(records, operation)) return;
      const stack = this.#read(records);
      const isGone = status === 'DELETE_COMPLETE';
      if (isGone || status === 'ROLLBACK_COMPLETE') {
        records.replaceExports(stack.scope, stack.id, []);
        records.replaceImports(stack.scope, stack.id, []);
      }
      if (isGone) records.deleteChangeSetsOf(stack.id);
      records.closeMailboxes(stack.id);
      const { fallback: _passed, ...base } = stack;
      const ended: Stack = {
        ...base,
        ...(isGone && { deletedMs: this.#site.clock.nowMs() }),
        ...(status === 'UPDATE_FAILED' && operation.previous !== undefined && { fallback: operation.previous }),
      };
      this.#putStatus(records, operation, ended, status, reason);
      records.deleteOperation(stack.id);
    });
  }

  #putStatus(records: Records, operation: Operation, stack: Stack, status: StackStatus, reason?: string): void {
    const { statusReason: _before, ...base } = stack;
    const changed: Stack = { ...base, status, ...(reason !== undefined && { statusReason: reason }) };
    records.putStack(changed);
    records.addEvent(stackEvent(this.#site, changed, { reason, clientToken: operation.clientToken }));
  }

  /** A cancellation has been heard once the rollback begins, which then must not be cancelled by it again. */
  #clearRequest(): void {
    if (this.#halt !== 'cancelled' && this.#halt !== 'timeout') return;
    this.#halt = undefined;
    this.#patience = new AbortController();
  }

  #isHalted(): boolean {
    return this.#halt === 'stopping' || this.#halt === 'superseded';
  }

  #watchTime(operation: Operation): { cancel(): void } | undefined {
    if (operation.action !== 'CREATE' || operation.timeoutMinutes === undefined) return undefined;
    const { clock } = this.#site;
    const dueMs = operation.startedMs + operation.timeoutMinutes * 60_000;
    return clock.setTimer(Math.max(dueMs - clock.nowMs(), 0), () => this.halt('timeout'));
  }

  #steps(operation: Operation, stack: Stack): ResourceSteps {
    const origin: Origin = originOfScope(stack.scope, operation.caller);
    return new ResourceSteps(this.#site, stack, {
      origin,
      clientToken: operation.clientToken,
      signal: this.#controller.signal,
      patience: this.#patience.signal,
      isStopping: () => this.#halt === 'stopping',
    });
  }

  #stack(): Stack {
    return this.#read(this.#site.store.read);
  }

  #read(records: Records): Stack {
    const stack = records.findStack(this.#stackId);
    invariant(stack, `the stack ${this.#stackId} is gone while an operation runs on it`);
    return stack;
  }
}

/** Whether there is something to change; what a creation cut short has begun is created on. */
function isMade(row: StackResource | undefined): row is StackResource {
  return row?.physicalId !== undefined && row.intent?.kind !== 'create';
}

/** False when another request took the operation over in the meantime. */
function isCurrent(records: Records, operation: Operation): boolean {
  return records.findOperation(operation.stackId)?.id === operation.id;
}

function keepLeftover(records: Records, stage: StackResource): void {
  if (stage.status === 'DELETE_COMPLETE' || stage.status === 'DELETE_SKIPPED') records.deleteLeftover(stage);
  else records.putLeftover(stage);
}

function failureText(failed: readonly string[], creations: ReadonlySet<string>): string {
  const created = failed.filter((name) => creations.has(name));
  const updated = failed.filter((name) => !creations.has(name));
  const parts = [
    created.length > 0 ? `The following resource(s) failed to create: [${created.join(', ')}]. ` : '',
    updated.length > 0 ? `The following resource(s) failed to update: [${updated.join(', ')}]. ` : '',
  ];
  return parts.join('');
}
