/**
 * Map runs: a distributed Map works on each of its items (or batches of them) by a child execution of its own. The inputs
 * are written down once; what has been started and how it ended is read from the children's rows, so a restart loses
 * nothing and starts nothing twice.
 */
import type { Dispatcher } from '#gateway';
import type { Clock } from '#kernel/clock';
import { invariant, messageOf } from '#kernel/errors';
import { newUuid } from '#kernel/ids';
import type { Log } from '#kernel/log';
import { decodeNumberToken, encodeToken, type Page } from '#kernel/paging';
import type { State } from '#kernel/state';
import { StateFailure, type Json, type MapState } from '#languages/asl/index';
import { resourceAbsent } from '../errors.ts';
import { Datum, dataBytesMax } from '../execution/datum.ts';
import type { Engine } from '../execution/engine.ts';
import { executionArn, partsOfScope, type MapRun, type PageRequest } from '../execution/execution.ts';
import { exceeds, type MapRunPlan } from '../execution/interpreter/fan-out.ts';
import { stateOf, tooLarge } from '../execution/interpreter/control.ts';
import type { Interpreter } from '../execution/interpreter/interpreter.ts';
import { atOnce } from '../execution/interpreter/steps.ts';
import type { Run } from '../execution/run.ts';
import type { Runs } from '../execution/runs.ts';
import { selectById } from '../execution/store/executions.ts';
import type { Thread } from '../execution/thread.ts';
import { descentOf } from '../execution/open-executions.ts';
import { childInputs } from './child-inputs.ts';
import { readItems, type ParquetReader } from './item-reader.ts';
import { writeResults } from './result-writer.ts';
import {
  childOutputs,
  endMapRun,
  insertMapRun,
  mapRunOf,
  reopenMapRun,
  selectChildren,
  selectMapRun,
  selectMapRunByArn,
  selectMapRunsOf,
  selectOpenMapRuns,
  type MapRunRow,
} from './store.ts';
import { bounded, countChildren, workOf, type ChildInput, type Work } from './work.ts';

export interface MapRunsParts {
  readonly state: State;
  readonly clock: Clock;
  readonly log: Log;
  readonly runs: Runs;
  readonly engine: Engine;
  readonly interpreter: Interpreter;
  readonly dispatcher: Dispatcher;
  readonly parquetRows?: ParquetReader | undefined;
}

export interface MapRunUpdate {
  readonly maxConcurrency?: number;
  readonly toleratedFailureCount?: number;
  readonly toleratedFailurePercentage?: number;
}

const inputsInChunk = 500;
// Limit: a map run is redriven 1,000 times at most, as in AWS; then its state fails with States.Runtime.
const redrivesMax = 1000;

export class MapRuns {
  readonly #parts: MapRunsParts;
  readonly #work = new Map<number, Work>();
  readonly #tasks = new Set<Promise<void>>();
  readonly #endings = new Map<Work, Promise<void>>();
  #nextId: number | undefined;

  constructor(parts: MapRunsParts) {
    this.#parts = parts;
  }

  /** Makes the map run that starts once the step that asked for it is on disk. @returns its ARN */
  plan(run: Run, thread: Thread, mapState: MapState, plan: MapRunPlan): string {
    const { state, clock } = this.#parts;
    const { scope, revision, rowId, arn: runArn } = run.origin;
    const { accountId, region } = partsOfScope(scope);
    const label = mapState.label ?? newUuid();
    const arn = `arn:aws:states:${region}:${accountId}:mapRun:${revision.machineName}/${label}:${newUuid()}`;
    const top = state.reader.prepare<{ top: number | null }>('SELECT max(id) AS top FROM workflows_map_run').get();
    const id = (this.#nextId ??= (top?.top ?? 0) + 1);
    this.#nextId = id + 1;
    const row = {
      id,
      arn,
      execution: rowId,
      thread: thread.id,
      execution_arn: runArn,
      machine_arn: `${revision.machineArn}/${label}`,
      state_name: mapState.name,
      is_express: mapState.executionType === 'EXPRESS' ? 1 : 0,
      status: 'RUNNING' as const,
      started_ms: clock.nowMs(),
      max_concurrency: plan.concurrency,
      tolerated_count: plan.tolerances.count ?? null,
      tolerated_percentage: plan.tolerances.percentage ?? null,
      plan: JSON.stringify({ ...plan, hasWriter: mapState.resultWriter !== undefined }),
    };
    run.attach({
      write: (db) => insertMapRun(db, row),
      committed: () => this.#track(this.#begin(id)),
    });
    return arn;
  }

  /**
   * Takes up a map run that failed or was aborted, with the batch that says so: its unsuccessful children go on, those that
   * were never started are started. @returns how often that has been done now, or a failure when that was often enough;
   * undefined when it is not kept
   */
  redrive(run: Run, arn: string): number | StateFailure | undefined {
    const { state, clock } = this.#parts;
    const row = selectMapRunByArn(state.reader, arn);
    if (row === undefined) return undefined;
    if (row.redrive_count >= redrivesMax) {
      return new StateFailure(
        'States.Runtime',
        `The Map Run has been redriven ${redrivesMax} times, which is the most.`,
      );
    }
    const { id } = row;
    const nowMs = clock.nowMs();
    run.attach({
      write: (db) => reopenMapRun(db, id, nowMs),
      committed: () => this.#track(this.#begin(id)),
    });
    return row.redrive_count + 1;
  }

  /** Resolves once what ended with an execution has been written down. */
  async settled(execution: number): Promise<void> {
    for (const [work, ending] of this.#endings) if (work.row.execution === execution) await ending;
  }

  /** Takes up the map runs that were under way. */
  start(): void {
    for (const row of selectOpenMapRuns(this.#parts.state.reader)) this.#track(this.#begin(row.id));
  }

  async stop(): Promise<void> {
    await Promise.allSettled(this.#tasks);
  }

  /** A child's end is on disk. */
  childEnded(child: Run): void {
    const { child: place } = child.origin;
    const work = place && this.#work.get(place.mapRunId);
    if (work === undefined || work.isEnding) return;
    work.running--;
    if (child.status !== 'SUCCEEDED') work.failed++;
    this.#track(this.#goOn(work));
  }

  /** The execution around it ended: nothing of the map run goes on. */
  parentEnded(run: Run): void {
    for (const work of this.#work.values()) {
      if (work.row.execution === run.origin.rowId && !work.isEnding) this.#track(this.#abort(work));
    }
  }

  /** @throws ResourceNotFound */
  get(arn: string): MapRun {
    return mapRunOf(this.#parts.state.reader, this.#getRow(arn));
  }

  idOf(arn: string): number {
    return this.#getRow(arn).id;
  }

  /** Of one execution, newest first. */
  list(executionArnOf: string, { sizeMax, token }: PageRequest): Page<MapRun> {
    const { reader } = this.#parts.state;
    const before = token === undefined ? Number.MAX_SAFE_INTEGER : decodeNumberToken(token, 1, 'InvalidToken')[0]!;
    const rows = selectMapRunsOf(reader, executionArnOf, before, sizeMax + 1);
    const items = rows.slice(0, sizeMax).map((row) => mapRunOf(reader, row));
    const last = rows[sizeMax - 1];
    return rows.length > sizeMax && last !== undefined ? { items, nextToken: encodeToken([last.id]) } : { items };
  }

  async update(arn: string, update: MapRunUpdate): Promise<void> {
    const { id } = this.#getRow(arn);
    const { maxConcurrency, toleratedFailureCount, toleratedFailurePercentage } = update;
    await this.#parts.state.write((db) =>
      db
        .prepare(
          `UPDATE workflows_map_run SET max_concurrency = coalesce(?, max_concurrency),
             tolerated_count = coalesce(?, tolerated_count),
             tolerated_percentage = coalesce(?, tolerated_percentage) WHERE id = ?`,
        )
        .run(maxConcurrency ?? null, toleratedFailureCount ?? null, toleratedFailurePercentage ?? null, id),
    );
    const work = this.#work.get(id);
    if (work === undefined) return;
    work.concurrency = bounded(maxConcurrency ?? work.row.max_concurrency);
    work.toleratedCount = toleratedFailureCount ?? work.toleratedCount;
    work.toleratedPercentage = toleratedFailurePercentage ?? work.toleratedPercentage;
    await this.#goOn(work);
  }

  async #begin(id: number): Promise<void> {
    const { state, runs, log } = this.#parts;
    const row = selectMapRun(state.reader, id);
    const parent = row && runs.find(row.execution);
    const thread = parent?.threads.get(row?.thread ?? 0);
    if (row === undefined || this.#work.has(id)) return;
    const work = workOf(row);
    this.#work.set(id, work);
    if (parent === undefined || thread === undefined) return await this.#abort(work);
    this.#parts.engine.hold(parent);
    try {
      if (row.batches === null) await this.#prepare(work, parent, thread);
      countChildren(work, selectChildren(state.reader, id));
      await this.#goOn(work);
    } catch (error) {
      if (this.#parts.engine.signal.aborted) return;
      if (!(error instanceof StateFailure)) log.error('a map run failed inside', { error, mapRun: row.arn });
      const failure =
        error instanceof StateFailure ? error : new StateFailure('States.ItemReaderFailed', messageOf(error));
      await this.#end(work, 'FAILED', failure);
    } finally {
      this.#parts.engine.release(parent);
    }
  }

  /** Reads the items and writes down what each child is to work on. */
  async #prepare(work: Work, parent: Run, thread: Thread): Promise<void> {
    const { state, interpreter, dispatcher, engine, parquetRows } = this.#parts;
    const mapState = stateOf(thread) as MapState;
    const { plan } = work;
    const { signal } = engine;
    const items = plan.items ?? (await readItems({ dispatcher, run: parent, mapState, plan, signal, parquetRows }));
    const inputs = await childInputs({ interpreter, run: parent, thread, mapState, plan, items });
    const total = inputs.reduce((sum, { items: count }) => sum + count, 0);
    await state.write((db) => {
      for (let first = 0; first < inputs.length; first += inputsInChunk) {
        const chunk = JSON.stringify(inputs.slice(first, first + inputsInChunk));
        db.prepare('INSERT OR REPLACE INTO workflows_map_items VALUES (?, ?, ?)').run(work.row.id, first, chunk);
      }
      db.prepare('UPDATE workflows_map_run SET batches = ?, items = ? WHERE id = ?').run(
        inputs.length,
        total,
        work.row.id,
      );
    });
    work.total = inputs.length;
  }

  /** Starts what there is room for; ends when nothing is left or too much has failed. */
  async #goOn(work: Work): Promise<void> {
    if (work.isEnding) return;
    const { toleratedCount, toleratedPercentage } = work;
    const bounds = {
      count: work.total,
      ...(toleratedCount !== undefined && { toleratedCount }),
      ...(toleratedPercentage !== undefined && { toleratedPercentage }),
    };
    if (exceeds(work.failed, bounds)) return await this.#end(work, 'FAILED', thresholdExceeded());
    const bound = bounded(work.concurrency);
    while (work.running < bound && work.pendingRedrive.length > 0) {
      work.running++;
      this.#redriveChild(work.pendingRedrive.pop() ?? 0);
    }
    while (work.running < bound && work.next < work.total) {
      const index = work.next++;
      if (work.started.has(index)) continue;
      work.started.add(index);
      work.running++;
      this.#startChild(work, index);
    }
    const isAllStarted = work.pendingRedrive.length === 0 && work.next >= work.total;
    if (work.running === 0 && isAllStarted) await this.#finish(work);
  }

  #startChild(work: Work, index: number): void {
    const { runs, engine } = this.#parts;
    const parent = runs.find(work.row.execution);
    if (parent === undefined || parent.isOver) return;
    const { input, items } = this.#inputAt(work, index);
    const { scope, revision } = parent.origin;
    // In the order of the items, so that the rows of many children lie side by side.
    const [, , , , , , machine = '', runId = ''] = work.row.arn.split(':');
    const name = `${runId.slice(0, 24)}${index.toString(16).padStart(12, '0')}`;
    const child = runs.create({
      arn: executionArn(scope, machine, name),
      name,
      scope,
      revision,
      input: Datum.of(input),
      mapState: work.row.state_name,
      isVolatile: false,
      keepsHistory: work.row.is_express === 0,
      descent: descentOf(parent.origin),
      child: { mapRunId: work.row.id, mapRunArn: work.row.arn, index, itemCount: items },
    });
    engine.launch(child);
  }

  #redriveChild(id: number): void {
    const { state, runs, engine, interpreter } = this.#parts;
    const row = selectById(state.reader, id);
    invariant(row !== undefined, `the child ${id} of a map run is not kept`);
    const child = runs.findLive(row.arn) ?? runs.read(row);
    const told = engine.tell(child, () =>
      atOnce(() => {
        if (child.isOver) interpreter.redrive(child);
      }),
    );
    this.#track(told);
  }

  #inputAt(work: Work, index: number): ChildInput {
    const first = index - (index % inputsInChunk);
    if (work.chunk.first !== first) {
      const row = this.#parts.state.reader
        .prepare<{ inputs: string }>('SELECT inputs FROM workflows_map_items WHERE map_run = ? AND first = ?')
        .get(work.row.id, first);
      work.chunk = { first, inputs: JSON.parse(row?.inputs ?? '[]') as ChildInput[] };
    }
    return work.chunk.inputs[index - first] ?? { input: null, items: 1 };
  }

  async #finish(work: Work): Promise<void> {
    const { state, runs, dispatcher, engine } = this.#parts;
    work.isEnding = true;
    const parent = runs.find(work.row.execution);
    const thread = parent?.threads.get(work.row.thread);
    if (parent === undefined || thread === undefined) return await this.#end(work, 'ABORTED', undefined);
    engine.hold(parent);
    try {
      const mapState = stateOf(thread) as MapState;
      const { writerParameters } = work.plan;
      const result =
        mapState.resultWriter === undefined || writerParameters === undefined
          ? collect(childOutputs(state.reader, work.row.id), mapState)
          : await writeResults({
              dispatcher,
              reader: state.reader,
              run: parent,
              mapState,
              row: work.row,
              writerParameters,
              signal: engine.signal,
            });
      await this.#end(work, 'SUCCEEDED', result);
    } catch (error) {
      if (engine.signal.aborted) return;
      const failure =
        error instanceof StateFailure ? error : new StateFailure('States.ResultWriterFailed', messageOf(error));
      await this.#end(work, 'FAILED', failure);
    } finally {
      engine.release(parent);
    }
  }

  #end(work: Work, status: MapRun['status'], result: Json | StateFailure | undefined): Promise<void> {
    work.isEnding = true;
    const ending = this.#endNow(work, status, result).finally(() => this.#endings.delete(work));
    this.#endings.set(work, ending);
    return ending;
  }

  /** The end of the map run and what the execution makes of it are one write; the children have ended by then. */
  async #endNow(work: Work, status: MapRun['status'], result: Json | StateFailure | undefined): Promise<void> {
    const { clock, runs, engine, interpreter, state } = this.#parts;
    this.#work.delete(work.row.id);
    if (status !== 'SUCCEEDED') await this.#abortChildren(work);
    const parent = runs.find(work.row.execution);
    const thread = parent?.threads.get(work.row.thread);
    const stoppedMs = clock.nowMs();
    if (parent === undefined || thread === undefined || result === undefined || parent.isOver) {
      await state.write((db) => endMapRun(db, work.row.id, status, stoppedMs));
      return;
    }
    await engine.tell(parent, function* () {
      parent.attach({ write: (db) => endMapRun(db, work.row.id, status, stoppedMs), committed: () => undefined });
      yield* interpreter.mapRunEnded(parent, thread, result);
    });
  }

  async #abort(work: Work): Promise<void> {
    await this.#end(work, 'ABORTED', undefined);
  }

  async #abortChildren(work: Work): Promise<void> {
    const { state, runs, engine, interpreter } = this.#parts;
    const rows = state.reader
      .prepare<{ id: number }>("SELECT id FROM workflows_execution WHERE map_run = ? AND status = 'RUNNING'")
      .all(work.row.id);
    const live = [...runs.live].filter(({ origin }) => origin.child?.mapRunId === work.row.id);
    const children = new Set([...live, ...rows.flatMap(({ id }) => runs.find(id) ?? [])]);
    const told = [...children].map((child) =>
      engine.tell(child, () =>
        atOnce(() => {
          if (!child.isOver) interpreter.stop(child, undefined, undefined);
        }),
      ),
    );
    await Promise.allSettled(told);
  }

  #getRow(arn: string): MapRunRow {
    const row = selectMapRunByArn(this.#parts.state.reader, arn);
    if (row === undefined) throw resourceAbsent(arn);
    return row;
  }

  #track(task: Promise<void>): void {
    const tracked = task
      .catch((error: unknown) => this.#parts.log.error('a map run failed inside', { error }))
      .finally(() => this.#tasks.delete(tracked));
    this.#tasks.add(tracked);
  }
}

function thresholdExceeded(): StateFailure {
  return new StateFailure(
    'States.ExceedToleratedFailureThreshold',
    'The specified tolerated failure threshold was exceeded',
  );
}

/** The results as one list. @throws StateFailure States.DataLimitExceeded */
function collect(outputs: Iterable<string>, mapState: MapState): Json {
  const results: Json[] = [];
  let size = 2;
  for (const output of outputs) {
    size += output.length + 1;
    if (size > dataBytesMax) throw tooLarge(mapState.name);
    results.push(JSON.parse(output) as Json);
  }
  return results;
}
