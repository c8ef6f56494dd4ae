/** The runs in memory: made new, read back from the state when something is to happen to them, and let go when they rest. */
import { PlatformError, invariant } from '#kernel/errors';
import type { Db, State } from '#kernel/state';
import { compileMachine, type Flow, type Machine } from '#languages/asl/index';
import { Datum } from './datum.ts';
import type { MachineRevision } from './execution.ts';
import type { Interpreter } from './interpreter/interpreter.ts';
import { Recent } from './recent.ts';
import { Run, type RunOrigin } from './run.ts';
import { selectById, type ExecutionRow } from './store/executions.ts';
import { readThreads } from './store/journal.ts';

export interface RunsParts {
  readonly state: State;
  readonly nowMs: () => number;
  readonly eventsMax: number;
}

type NewRun = Omit<RunOrigin, 'rowId' | 'machine' | 'flow' | 'startedMs'> & {
  /** The name of the distributed Map state whose items the run works on. */
  readonly mapState?: string | undefined;
  readonly isVolatile: boolean;
  readonly keepsHistory: boolean;
};

// Limit: 1,000 resting executions and 500 compiled revisions are kept in memory.
const restingMax = 1000;
const machinesMax = 500;

export class Runs {
  readonly #parts: RunsParts;
  readonly #byId = new Map<number, Run>();
  readonly #byArn = new Map<string, Run>();
  readonly #resting = new Map<number, Run>();
  readonly #machines = new Recent<string, Machine>(machinesMax);
  readonly #revisionRows = new Recent<string, number>(machinesMax);
  readonly #revisions = new Recent<number, MachineRevision>(machinesMax);
  #resume: Interpreter['resume'] = () => undefined;
  #nextRowId: number;

  constructor(parts: RunsParts) {
    this.#parts = parts;
    const row = parts.state.reader
      .prepare<{ top: number | null }>('SELECT max(id) AS top FROM workflows_execution')
      .get();
    this.#nextRowId = (row?.top ?? 0) + 1;
  }

  /** What takes up the threads of a run that was read back. */
  resumeWith(resume: Interpreter['resume']): void {
    this.#resume = resume;
  }

  get count(): number {
    return this.#byId.size;
  }

  create({ mapState, isVolatile, keepsHistory, ...origin }: NewRun): Run {
    const { nowMs, eventsMax } = this.#parts;
    const machine = this.machine(origin.revision);
    const startedMs = nowMs();
    const limitMs = isVolatile ? expressMaxMs : Infinity;
    const timeoutMs = Math.min((machine.timeoutSeconds ?? Infinity) * 1000, limitMs);
    const hasDeadline = timeoutMs !== Infinity && origin.child === undefined;
    const run = new Run(
      {
        ...origin,
        rowId: this.#nextRowId++,
        machine,
        flow: mapState === undefined ? machine.flow : processorOf(machine, mapState),
        startedMs,
        ...(hasDeadline && { deadlineMs: startedMs + timeoutMs }),
      },
      { nowMs, eventsMax, keepsHistory, isVolatile },
    );
    this.#byId.set(run.origin.rowId, run);
    this.#byArn.set(run.origin.arn, run);
    return run;
  }

  /** The run if it is in memory. */
  findLive(arn: string): Run | undefined {
    return this.#byArn.get(arn);
  }

  get live(): Iterable<Run> {
    return this.#byId.values();
  }

  /** The run of an open execution, read back where it rests on disk. */
  find(id: number): Run | undefined {
    const live = this.#byId.get(id);
    if (live !== undefined) {
      if (this.#resting.has(id)) this.rest(live);
      return live;
    }
    const row = selectById(this.#parts.state.reader, id);
    return row === undefined || row.status !== 'RUNNING' ? undefined : this.read(row);
  }

  /** Reads a run back from the state, also one that has ended. */
  read(row: ExecutionRow): Run {
    const { state, nowMs, eventsMax } = this.#parts;
    const revision = this.revision(row.revision);
    const machine = this.machine(revision);
    const mapState = row.map_run === null ? undefined : this.#mapStateOf(row.map_run);
    const { map_run: mapRunId, map_run_arn: mapRunArn } = row;
    const run = new Run(
      {
        rowId: row.id,
        arn: row.arn,
        name: row.name,
        scope: row.scope,
        revision,
        machine,
        flow: mapState === undefined ? machine.flow : processorOf(machine, mapState.name),
        input: Datum.parse(row.input),
        startedMs: row.started_ms,
        traceHeader: row.trace_header ?? undefined,
        descent: row.family === null ? undefined : { family: row.family, generation: row.generation ?? 1 },
        deadlineMs: row.deadline_ms ?? undefined,
        ...(mapRunId !== null &&
          mapRunArn !== null && {
            child: { mapRunId, mapRunArn, index: row.item_index ?? 0, itemCount: row.item_count ?? 1 },
          }),
      },
      { nowMs, eventsMax, keepsHistory: mapState?.isExpress !== true, isVolatile: false },
    );
    run.status = row.status;
    run.output = row.output ?? undefined;
    run.error = row.error ?? undefined;
    run.cause = row.cause ?? undefined;
    run.stoppedMs = row.stopped_ms ?? undefined;
    run.redriveCount = row.redrive_count;
    run.redrivenMs = row.redriven_ms ?? undefined;
    run.nextEventId = row.next_event_id;
    run.nextThreadId = row.next_thread_id;
    run.isStored = true;
    readThreads(state.reader, run);
    this.#byId.set(row.id, run);
    this.#byArn.set(row.arn, run);
    if (!run.isOver) {
      for (const thread of run.threads.values()) this.#resume(run, thread);
      // Whoever asked may find nothing to do for it.
      this.rest(run);
    }
    return run;
  }

  /** There is nothing to do for it now: it may leave memory. */
  rest(run: Run): void {
    this.#resting.delete(run.origin.rowId);
    this.#resting.set(run.origin.rowId, run);
    if (this.#resting.size <= restingMax) return;
    for (const [id, oldest] of this.#resting) {
      this.#resting.delete(id);
      if (oldest.isIdle) this.#forget(oldest);
      if (this.#resting.size <= restingMax) return;
    }
  }

  /** @returns whether it was there */
  drop(run: Run): boolean {
    if (this.#byId.get(run.origin.rowId) !== run) return false;
    this.#resting.delete(run.origin.rowId);
    this.#forget(run);
    return true;
  }

  machine(revision: MachineRevision): Machine {
    const key = revisionKey(revision);
    let machine = this.#machines.get(key);
    if (machine === undefined) {
      const compiled = compileMachine(revision.definition, { type: revision.type }).machine;
      if (compiled === undefined) {
        throw new PlatformError(
          'invalid',
          'InvalidDefinition',
          `The definition of ${revision.machineArn} is not valid.`,
        );
      }
      machine = compiled;
      this.#machines.set(key, machine);
    }
    return machine;
  }

  /** The row of a pinned revision, written with the first execution of it. */
  revisionRow(db: Db, revision: MachineRevision): number {
    const qualifier = `|${revision.versionArn ?? ''}|${revision.aliasArn ?? ''}|`;
    const key = `${revisionKey(revision)}${qualifier}`;
    const known = this.#revisionRows.get(key);
    if (known !== undefined) return known;
    db.prepare(
      'INSERT OR IGNORE INTO workflows_revision (machine_arn, revision_id, qualifier, document) VALUES (?, ?, ?, ?)',
    ).run(revision.machineArn, revision.revisionId, qualifier, JSON.stringify(revision));
    const row = db
      .prepare<{ id: number }>(
        'SELECT id FROM workflows_revision WHERE machine_arn = ? AND revision_id = ? AND qualifier = ?',
      )
      .get(revision.machineArn, revision.revisionId, qualifier);
    invariant(row !== undefined, 'a revision was not written');
    // Only what is on disk may be remembered: this write may still be undone.
    queueMicrotask(() => this.#rememberRevision(key, row.id));
    return row.id;
  }

  revision(id: number): MachineRevision {
    let revision = this.#revisions.get(id);
    if (revision === undefined) {
      const row = this.#parts.state.reader
        .prepare<{ document: string }>('SELECT document FROM workflows_revision WHERE id = ?')
        .get(id);
      invariant(row !== undefined, `revision ${id} is not kept`);
      revision = JSON.parse(row.document) as MachineRevision;
      this.#revisions.set(id, revision);
    }
    return revision;
  }

  #rememberRevision(key: string, id: number): void {
    const { reader } = this.#parts.state;
    const row = reader.prepare('SELECT 1 FROM workflows_revision WHERE id = ?').get(id);
    if (row !== undefined) this.#revisionRows.set(key, id);
  }

  #mapStateOf(mapRunId: number): { name: string; isExpress: boolean } {
    const row = this.#parts.state.reader
      .prepare<{ state_name: string; is_express: number }>(
        'SELECT state_name, is_express FROM workflows_map_run WHERE id = ?',
      )
      .get(mapRunId);
    invariant(row !== undefined, `map run ${mapRunId} is not kept`);
    return { name: row.state_name, isExpress: row.is_express === 1 };
  }

  #forget(run: Run): void {
    this.#byId.delete(run.origin.rowId);
    if (this.#byArn.get(run.origin.arn) === run) this.#byArn.delete(run.origin.arn);
  }
}

// Limit: an Express execution lasts at most five minutes.
const expressMaxMs = 300_000;

function revisionKey({ machineArn, revisionId }: MachineRevision): string {
  return `${machineArn} ${revisionId}`;
}

/** State names are unique over the whole machine, so a name tells which Map it is. */
function processorOf(machine: Machine, stateName: string): Flow {
  const flow = findProcessor(machine.flow, stateName);
  invariant(flow !== undefined, `there is no Map state '${stateName}'`);
  return flow;
}

function findProcessor(flow: Flow, stateName: string): Flow | undefined {
  for (const state of flow.states.values()) {
    if (state.type === 'Map' && state.name === stateName) return state.processor;
    const inner = state.type === 'Map' ? [state.processor] : state.type === 'Parallel' ? state.branches : [];
    for (const candidate of inner) {
      const found = findProcessor(candidate, stateName);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}
