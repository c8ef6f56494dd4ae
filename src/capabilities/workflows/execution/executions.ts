/**
 * Executions: what the API asks of the engine. Everything that is acknowledged here is on disk first.
 */
import type { Dispatcher } from '#gateway';
import type { Clock } from '#kernel/clock';
import type { EventHub } from '#kernel/events';
import { newUuid } from '#kernel/ids';
import type { Log } from '#kernel/log';
import { decodeNumberToken, encodeToken, type Page } from '#kernel/paging';
import type { State } from '#kernel/state';
import {
  executionAbsent,
  executionExists,
  executionNotRedrivable,
  invalidOutput,
  invalidToken,
  taskTimedOut,
} from '../errors.ts';
import type { ParquetReader } from '../distributed/item-reader.ts';
import { MapRuns } from '../distributed/map-runs.ts';
import type { ConnectionAuthorizer } from '../integrations/http.ts';
import { Integrations, type DirectTask } from '../integrations/integrations.ts';
import { ActivityQueue } from './activity-queue.ts';
import type { Chance } from './context.ts';
import { Datum } from './datum.ts';
import { Engine } from './engine.ts';
import {
  executionArn,
  type Execution,
  type ExecutionFilter,
  type HistoryEvent,
  type PageRequest,
  type StartRequest,
  type SyncResult,
} from './execution.ts';
import { ExpressRuns } from './express-runs.ts';
import { eventsMaxDefault, withoutData } from './history.ts';
import { Interpreter } from './interpreter/interpreter.ts';
import { atOnce } from './interpreter/steps.ts';
import type { TaskOutcome } from './interpreter/tasks.ts';
import { OpenExecutions, openBounds, type OpenBounds } from './open-executions.ts';
import { OutsideWork } from './outside-work.ts';
import { Recent } from './recent.ts';
import { Retention } from './retention.ts';
import type { Run } from './run.ts';
import { Runs } from './runs.ts';
import { statusChangeEvent } from './status-change.ts';
import { executionOf, selectByArn, selectEvents, selectPage, type ExecutionRow } from './store/executions.ts';
import { newTaskToken, parseTaskToken } from './token.ts';

export interface HistoryRequest extends PageRequest {
  readonly reverse?: boolean;
  /** false leaves inputs and outputs out. */
  readonly includeData?: boolean;
}

export interface ExecutionsParts {
  readonly state: State;
  readonly clock: Clock;
  readonly log: Log;
  readonly events: EventHub;
  readonly dispatcher: Dispatcher;
  /** For HTTP tasks. */
  readonly connections?: ConnectionAuthorizer;
  /** For Parquet files of distributed Maps. */
  readonly parquetRows?: ParquetReader;
  /** In [0, 1). */
  readonly random: () => number;
  /** Hears of every batch of events once it is on disk; of Express executions at once. */
  readonly observe?: (run: Run, events: readonly HistoryEvent[]) => void;
  /** Events after which a Standard execution fails; 25,000 as in AWS. */
  readonly eventsMax?: number;
  readonly openBounds?: OpenBounds;
}

export class Executions {
  readonly #parts: ExecutionsParts;
  readonly #runs: Runs;
  readonly #engine: Engine;
  readonly #interpreter: Interpreter;
  readonly #integrations: Integrations;
  readonly #activities: ActivityQueue;
  readonly #outside: OutsideWork;
  readonly #mapRuns: MapRuns;
  readonly #retention: Retention;
  readonly #redrives = new Recent<string, Date>(1000);
  readonly #express: ExpressRuns;
  readonly #open: OpenExecutions;
  #unsubscribe: (() => void) | undefined;

  constructor(parts: ExecutionsParts) {
    this.#parts = parts;
    const { state, clock, log, dispatcher, events, random } = parts;
    const chance: Chance = { nowMs: () => clock.nowMs(), random };
    const bounds = parts.openBounds ?? openBounds;
    this.#open = new OpenExecutions({ reader: state.reader, nowMs: chance.nowMs, bounds });
    this.#runs = new Runs({ state, nowMs: chance.nowMs, eventsMax: parts.eventsMax ?? eventsMaxDefault });
    this.#integrations = new Integrations({
      dispatcher,
      log,
      connections: parts.connections,
      isAwaited: (key) =>
        state.reader.prepare('SELECT 1 FROM workflows_thread WHERE sync_key = ?').get(key) !== undefined,
    });
    this.#interpreter = new Interpreter({
      chance,
      newToken: ({ origin }, { id }, attempt) => newTaskToken({ execution: origin.rowId, thread: id, attempt }),
      refusalOf: (resource, parameters) => this.#integrations.refusalOf(resource, parameters),
      startMapRun: (run, thread, mapState, plan) => this.#mapRuns.plan(run, thread, mapState, plan),
      redriveMapRun: (run, mapRunArn) => this.#mapRuns.redrive(run, mapRunArn),
    });
    this.#runs.resumeWith((run, thread) => this.#interpreter.resume(run, thread));
    this.#engine = new Engine({
      state,
      clock,
      log,
      runs: this.#runs,
      interpreter: this.#interpreter,
      perform: (run, effect, signal) => this.#integrations.perform(run, effect, signal),
      recordChange: (db, run) => {
        const isTold = run.origin.revision.type === 'STANDARD' && run.origin.child === undefined;
        if (isTold) events.record(db, statusChangeEvent(run));
      },
      observe: (run, batch) => parts.observe?.(run, batch),
      submitted: (run, thread) => {
        this.#outside.submitted(run, thread);
        this.#activities.scheduled(thread);
      },
      left: (run, { thread, phase }) => this.#outside.cancel(run, thread, phase),
      ended: (run) => this.#ended(run),
    });
    const reach = { state, clock, log, runs: this.#runs, engine: this.#engine, interpreter: this.#interpreter };
    this.#activities = new ActivityQueue(reach);
    this.#express = new ExpressRuns(reach);
    this.#outside = new OutsideWork({ ...reach, integrations: this.#integrations });
    this.#retention = new Retention({ state, clock, log });
    this.#mapRuns = new MapRuns({ ...reach, dispatcher, parquetRows: parts.parquetRows });
  }

  /** Takes up what a stop or a crash left. */
  resume(): void {
    this.#unsubscribe = this.#parts.events.subscribe((event) => this.#outside.heard(event));
    this.#engine.start();
    this.#outside.start();
    this.#mapRuns.start();
    this.#express.resume();
    this.#retention.start();
  }

  async close(): Promise<void> {
    this.#unsubscribe?.();
    await this.#retention.stop();
    await this.#engine.stop();
    await this.#express.stop();
    await this.#outside.stop();
    await this.#mapRuns.stop();
  }

  /** Standard: once per name and input while it runs. Express: asynchronous. Resolves once the start is on disk. */
  async start(request: StartRequest): Promise<Execution> {
    const { scope, revision, name = newUuid(), input, traceHeader, descent } = request;
    if (revision.type === 'EXPRESS') {
      return liveExecution(await this.#opened(request, () => this.#express.start({ ...request, name })));
    }
    const arn = executionArn(scope, revision.machineName, name);
    const known = this.#runs.findLive(arn);
    const stored = known === undefined ? selectByArn(this.#parts.state.reader, arn) : undefined;
    if (known !== undefined || stored !== undefined) {
      const isSame = (known?.origin.input.text ?? stored?.input) === input && (known ?? stored)?.status === 'RUNNING';
      if (!isSame) throw executionExists(arn);
      if (known !== undefined) await this.#engine.settled(known);
      return this.getExecution(arn);
    }
    const origin = { arn, name, scope, revision, input: Datum.parse(input), traceHeader, descent };
    return await this.#opened(request, async () => {
      const run = this.#runs.create({ ...origin, isVolatile: false, keepsHistory: true });
      const started = liveExecution(run);
      this.#engine.launch(run);
      await this.#engine.settled(run);
      return started;
    });
  }

  /** Counts an execution in; what could not be opened is counted out again. @throws ExecutionLimitExceeded */
  async #opened<Opened>(request: StartRequest, open: () => Promise<Opened> | Opened): Promise<Opened> {
    this.#open.add(request);
    try {
      return await open();
    } catch (error) {
      this.#open.remove(request);
      throw error;
    }
  }

  /** Express only; aborting the signal abandons the execution. */
  async startSync(request: StartRequest, signal: AbortSignal): Promise<SyncResult> {
    const { promise: ended, resolve, reject } = Promise.withResolvers<unknown>();
    const run = await this.#opened(request, () => this.#express.startSync({ name: newUuid(), ...request }, resolve));
    const abandon = (): void => {
      void this.#engine.tell(run, () => atOnce(() => (run.isOver ? undefined : run.end('ABORTED', {}))));
      reject(signal.reason as Error);
    };
    // The caller may have left before the listener was there.
    if (signal.aborted) abandon();
    else signal.addEventListener('abort', abandon);
    await ended;
    const durationMs = (run.stoppedMs ?? 0) - run.origin.startedMs;
    return {
      ...liveExecution(run),
      status: run.status as SyncResult['status'],
      billedDurationMs: Math.max(Math.ceil(durationMs / 100), 1) * 100,
      // Limit: AWS measures memory in steps of 64 MB; an execution here is billed as one step.
      billedMemoryMb: 64,
    };
  }

  async stop(arn: string, error?: string, cause?: string): Promise<Date> {
    const row = this.#getRow(arn);
    const run = this.#runs.find(row.id);
    // Stopping what has ended is not an error: AWS answers with the time it ended.
    if (run === undefined) return new Date(row.stopped_ms ?? row.started_ms);
    await this.#engine.tell(run, () =>
      atOnce(() => {
        if (!run.isOver) this.#interpreter.stop(run, error, cause);
      }),
    );
    return new Date(run.stoppedMs ?? this.#parts.clock.nowMs());
  }

  getExecution(arn: string): Execution {
    const row = this.#getRow(arn);
    return executionOf(row, this.#runs.revision(row.revision));
  }

  findExecution(arn: string): Execution | undefined {
    const row = selectByArn(this.#parts.state.reader, arn);
    return row && executionOf(row, this.#runs.revision(row.revision));
  }

  /** Newest first. */
  listExecutions(filter: ExecutionFilter, { sizeMax, token }: PageRequest): Page<Execution> {
    const { reader } = this.#parts.state;
    const before = token === undefined ? undefined : decodeNumberToken(token, 2, 'InvalidToken');
    const mapRunId = filter.mapRunArn === undefined ? undefined : this.#mapRuns.idOf(filter.mapRunArn);
    const rows = selectPage(reader, { ...filter, ...(mapRunId !== undefined && { mapRunId }) }, before, sizeMax + 1);
    const items = rows.slice(0, sizeMax).map((row) => executionOf(row, this.#runs.revision(row.revision)));
    const last = rows[sizeMax - 1];
    return rows.length > sizeMax && last !== undefined
      ? { items, nextToken: encodeToken([last.started_ms, last.id]) }
      : { items };
  }

  /** How many executions of a machine have not ended. */
  countOpen(machineArn: string): number {
    const row = this.#parts.state.reader
      .prepare<{ n: number }>(
        "SELECT count(*) AS n FROM workflows_execution WHERE machine_arn = ? AND status IN ('RUNNING', 'PENDING_REDRIVE')",
      )
      .get(machineArn);
    const express = [...this.#runs.live].filter(
      (run) => run.isVolatile && !run.isOver && run.origin.revision.machineArn === machineArn,
    );
    return (row?.n ?? 0) + express.length;
  }

  history(arn: string, { sizeMax, token, reverse = false, includeData = true }: HistoryRequest): Page<HistoryEvent> {
    const row = this.#getRow(arn);
    const after = token === undefined ? undefined : decodeNumberToken(token, 1, 'InvalidToken')[0];
    const events = selectEvents(this.#parts.state.reader, row.id, after, sizeMax + 1, reverse);
    const items = events.slice(0, sizeMax).map((event) => (includeData ? event : withoutData(event)));
    const last = items.at(-1);
    return events.length > sizeMax && last !== undefined ? { items, nextToken: encodeToken([last.id]) } : { items };
  }

  /** @param output JSON text */
  async taskSucceeded(token: string, output: string): Promise<void> {
    try {
      JSON.parse(output);
    } catch {
      throw invalidOutput(output);
    }
    await this.#settleToken(token, { kind: 'succeeded', output });
  }

  async taskFailed(token: string, error?: string, cause?: string): Promise<void> {
    await this.#settleToken(token, { kind: 'failed', error, cause });
  }

  async taskHeartbeat(token: string): Promise<void> {
    await this.#settleToken(token, { kind: 'heartbeat' });
  }

  /** Waits up to 60 s for work; undefined when there was none. */
  nextActivityTask(
    activityArn: string,
    workerName: string | undefined,
    signal: AbortSignal,
  ): Promise<{ token: string; input: string } | undefined> {
    return this.#activities.next(activityArn, workerName, signal);
  }

  get mapRuns(): MapRuns {
    return this.#mapRuns;
  }

  /** Goes on where a failed, stopped or timed-out execution ended. @param clientToken a repeat of the same request changes nothing */
  async redrive(arn: string, clientToken?: string): Promise<Date> {
    const known = clientToken === undefined ? undefined : this.#redrives.get(`${arn} ${clientToken}`);
    if (known !== undefined) return known;
    const row = this.#getRow(arn);
    checkRedrivable(row, this.#parts.clock.nowMs());
    await this.#mapRuns.settled(row.id);
    const run = this.#runs.findLive(arn) ?? this.#runs.read(row);
    await this.#engine.tell(run, () =>
      atOnce(() => {
        if (!run.isOver) return;
        this.#open.add(run.origin);
        this.#interpreter.redrive(run);
      }),
    );
    const date = new Date(run.redrivenMs ?? this.#parts.clock.nowMs());
    if (clientToken !== undefined) this.#redrives.set(`${arn} ${clientToken}`, date);
    return date;
  }

  /** Calls what a task would call, for TestState: nothing is recorded. */
  async perform(task: DirectTask, signal: AbortSignal): Promise<TaskOutcome> {
    const refusal = this.#integrations.refusalOf(task.resource, task.parameters);
    if (refusal !== undefined) return { kind: 'failed', error: 'States.Runtime', cause: refusal };
    return await this.#integrations.call(task, signal);
  }

  #ended(run: Run): void {
    this.#open.remove(run.origin);
    this.#express.ended(run);
    if (run.origin.child !== undefined) this.#mapRuns.childEnded(run);
    this.#mapRuns.parentEnded(run);
  }

  /** @throws InvalidToken for what was never one, TaskTimedOut when the task no longer waits for it */
  async #settleToken(token: string, outcome: TaskOutcome): Promise<void> {
    const place = parseTaskToken(token);
    if (place === undefined) throw invalidToken();
    const run = this.#runs.find(place.execution);
    const thread = run?.threads.get(place.thread);
    if (run === undefined || thread === undefined) throw taskTimedOut();
    const { phase } = thread;
    if (phase.at !== 'task' || phase.token !== token) throw taskTimedOut();
    const isTaken = await this.#engine.settle(run, thread, place.attempt, outcome);
    if (!isTaken) throw taskTimedOut();
  }

  #getRow(arn: string): ExecutionRow {
    const row = selectByArn(this.#parts.state.reader, arn);
    if (row === undefined) throw executionAbsent(arn);
    return row;
  }
}

// Limit: an execution can be redriven for 14 days after it ended, and up to 24,999 events.
const redriveMs = 14 * 24 * 3_600_000;
const redriveEventsMax = 24_999;

/** @throws ExecutionNotRedrivable */
function checkRedrivable(
  { status, stopped_ms: stoppedMs, map_run: mapRun, next_event_id: nextId }: ExecutionRow,
  nowMs: number,
): void {
  if (status === 'RUNNING' || status === 'SUCCEEDED' || status === 'PENDING_REDRIVE') {
    throw executionNotRedrivable(`Execution is ${status} and cannot be redriven`);
  }
  if (mapRun !== null) throw executionNotRedrivable('Execution is a child of a Map Run; redrive the Map Run instead');
  if (nowMs - (stoppedMs ?? nowMs) > redriveMs) {
    throw executionNotRedrivable('Execution has exceeded the redrivable period of 14 days and cannot be redriven');
  }
  if (nextId > redriveEventsMax) {
    throw executionNotRedrivable('Execution event history count exceeds 24999 and cannot be redriven');
  }
}

function liveExecution(run: Run): Execution {
  const { arn, name, scope, revision, input, startedMs, traceHeader, child } = run.origin;
  return {
    arn,
    name,
    scope,
    revision,
    status: run.status,
    input: input.text,
    ...(run.output !== undefined && { output: run.output }),
    ...(run.error !== undefined && { error: run.error }),
    ...(run.cause !== undefined && { cause: run.cause }),
    startedMs,
    ...(run.stoppedMs !== undefined && { stoppedMs: run.stoppedMs }),
    ...(traceHeader !== undefined && { traceHeader }),
    redriveCount: run.redriveCount,
    ...(child !== undefined && { mapRunArn: child.mapRunArn, itemCount: child.itemCount }),
  };
}
