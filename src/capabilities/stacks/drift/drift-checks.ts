/** Looks whether resources still are as their stack left them, and keeps what it found. */
import type { ResourceType } from '#capability';
import { messageOf } from '#kernel/errors';
import { newUuid } from '#kernel/ids';
import { systemTags } from '../deploy/stack-tags.ts';
import { isCustomType } from '../custom-type.ts';
import { ResourceSteps } from '../deploy/resource-step.ts';
import { type DriftDetection, type ResourceDrift, compareProperties, withoutStackTags } from './drift.ts';
import { invalid, resourceAbsent, wrongStatus } from '../errors.ts';
import type { Origin } from '../origin.ts';
import { type Stack, type StackResource, isInProgress } from '../stack.ts';
import type { Stacks } from '../stacks.ts';

export class DriftChecks {
  readonly #stacks: Stacks;

  constructor(stacks: Stacks) {
    this.#stacks = stacks;
  }

  /** Begins to look at a whole stack. @returns the id of the detection */
  async detect(nameOrId: string, logicalIds: readonly string[], origin: Origin): Promise<string> {
    const { store, clock, log } = this.#stacks.site;
    const stack = this.#stacks.getStack(origin.scope, nameOrId);
    if (isInProgress(stack.status) || !/COMPLETE$|^UPDATE_ROLLBACK_FAILED$/.test(stack.status)) {
      throw wrongStatus(stack.id, stack.status, 'checked for drift');
    }
    const rows = this.#rows(stack).filter((row) => logicalIds.length === 0 || logicalIds.includes(row.logicalId));
    const id = newUuid();
    const detection: DriftDetection = {
      id,
      stackId: stack.id,
      status: 'DETECTION_IN_PROGRESS',
      startedMs: clock.nowMs(),
    };
    await store.write((records) => records.putDriftDetection(detection));
    this.#run(stack, rows, detection, origin).catch((error: unknown) => {
      log.error('a drift detection broke off', { error, stack: stack.id });
    });
    return id;
  }

  /** @throws ValidationError when there is no such detection */
  get(id: string): DriftDetection {
    const detection = this.#stacks.site.store.read.findDriftDetection(id);
    if (detection === undefined) throw invalid(`Stack drift detection with id ${id} does not exist`);
    return detection;
  }

  /** Looks at one resource and waits for what it finds. */
  async detectResource(nameOrId: string, logicalId: string, origin: Origin): Promise<ResourceDrift> {
    const stack = this.#stacks.getStack(origin.scope, nameOrId);
    const row = this.#rows(stack).find((candidate) => candidate.logicalId === logicalId);
    if (row === undefined) throw resourceAbsent(logicalId, stack.name);
    const drift = await this.#check(stack, row, origin);
    if (drift.status === 'NOT_CHECKED') {
      throw invalid(`Drift detection is not supported for resource ${logicalId} of type ${row.type}.`);
    }
    await this.#keep([drift]);
    return drift;
  }

  /** A detection that a restart cut short has failed: it can be asked for again. */
  async abandonUnfinished(): Promise<void> {
    const { store } = this.#stacks.site;
    const open = store.read.listDriftDetections().filter(({ status }) => status === 'DETECTION_IN_PROGRESS');
    if (open.length === 0) return;
    await store.write((records) => {
      for (const detection of open) {
        const statusReason = 'The platform was stopped while it was looking. Detect drift again.';
        records.putDriftDetection({ ...detection, status: 'DETECTION_FAILED', statusReason });
      }
    });
  }

  async #run(stack: Stack, rows: readonly StackResource[], detection: DriftDetection, origin: Origin): Promise<void> {
    const { store, clock } = this.#stacks.site;
    const drifts: ResourceDrift[] = [];
    const problems: string[] = [];
    for (const row of rows) {
      try {
        drifts.push(await this.#check(stack, row, origin));
      } catch (error) {
        problems.push(`${row.logicalId}: ${messageOf(error)}`);
      }
    }
    await this.#keep(drifts);
    const driftedCount = drifts.filter(({ status }) => status === 'MODIFIED' || status === 'DELETED').length;
    const drift = driftedCount > 0 ? 'DRIFTED' : 'IN_SYNC';
    await store.write((records) => {
      records.putDriftDetection({
        ...detection,
        status: problems.length > 0 ? 'DETECTION_FAILED' : 'DETECTION_COMPLETE',
        ...(problems.length > 0 && { statusReason: `Failed to detect drift on: ${problems.join('; ')}` }),
        drift,
        driftedCount,
      });
      const current = records.findStack(stack.id);
      if (current !== undefined) records.putStack({ ...current, drift: { status: drift, checkedMs: clock.nowMs() } });
    });
  }

  async #check(stack: Stack, row: StackResource, origin: Origin): Promise<ResourceDrift> {
    const type = this.#stacks.site.findType(row.type);
    const base = {
      stackId: stack.id,
      logicalId: row.logicalId,
      physicalId: row.physicalId ?? '',
      type: row.type,
      expected: row.properties,
      checkedMs: this.#stacks.site.clock.nowMs(),
    };
    if (type?.read === undefined || isCustomType(row.type)) return { ...base, status: 'NOT_CHECKED', differences: [] };
    const actual = await this.#read(type, stack, row, origin);
    if (actual === undefined) return { ...base, status: 'DELETED', differences: [] };
    const tags = this.#stacks.site.schemas(row.type)?.tags;
    const given = { ...row.tags, ...systemTags(stack, row.logicalId) };
    const own = tags === undefined ? actual : withoutStackTags(row.properties, actual, tags, given);
    const differences = compareProperties(row.properties, own);
    return { ...base, status: differences.length > 0 ? 'MODIFIED' : 'IN_SYNC', actual: own, differences };
  }

  #read(type: ResourceType, stack: Stack, row: StackResource, origin: Origin) {
    const steps = new ResourceSteps(this.#stacks.site, stack, {
      origin,
      clientToken: undefined,
      signal: new AbortController().signal,
      isStopping: () => false,
    });
    return type.read?.(row.physicalId ?? '', row.properties, steps.contextOf(row, newUuid()));
  }

  async #keep(drifts: readonly ResourceDrift[]): Promise<void> {
    await this.#stacks.site.store.write((records) => {
      for (const drift of drifts) {
        records.putResourceDrift(drift);
        const row = records.findResource(drift.stackId, drift.logicalId);
        if (row !== undefined) {
          records.putResource({ ...row, drift: { status: drift.status, checkedMs: drift.checkedMs } });
        }
      }
    });
  }

  #rows(stack: Stack): StackResource[] {
    return this.#stacks.site.store.read
      .listResources(stack.id)
      .filter(({ physicalId, status }) => physicalId !== undefined && !status.startsWith('DELETE_'));
  }
}
