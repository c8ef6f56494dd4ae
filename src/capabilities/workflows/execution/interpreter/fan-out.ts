/** Parallel and Map states: branches and items as threads of the same execution, and the start of a distributed Map. */
import {
  StateFailure,
  type Expression,
  type Json,
  type MapState,
  type ParallelState,
  type Scope,
} from '#languages/asl/index';
import { Datum } from '../datum.ts';
import type { Run } from '../run.ts';
import type { ChildrenPhase, Thread } from '../thread.ts';
import { evaluate, parametersOf, selectInput } from './data-flow.ts';
import { stateOf, type Control } from './control.ts';
import type { Steps } from './steps.ts';
import { batchingOf, concurrencyOf, itemsOf, tolerancesOf, type Batching, type Tolerances } from './map-settings.ts';

// Limit: an inline Map works on at most 40 items at once.
const inlineConcurrencyMax = 40;

/** What a distributed Map begins with. */
export interface MapRunPlan extends Batching {
  readonly concurrency: number;
  readonly tolerances: Tolerances;
  /** Absent: an ItemReader finds them. */
  readonly items?: readonly Json[];
  /** ItemReader.Parameters and ResultWriter.Parameters, evaluated. */
  readonly readerParameters?: Json;
  readonly writerParameters?: Json;
  readonly maxItems?: number;
}

/** Makes the map run that is to start with the next batch. @returns its ARN */
export type MapRunStarter = (run: Run, thread: Thread, state: MapState, plan: MapRunPlan) => string;

export class FanOut {
  readonly #control: Control;
  readonly #startMapRun: MapRunStarter;

  constructor(control: Control, startMapRun: MapRunStarter) {
    this.#control = control;
    this.#startMapRun = startMapRun;
  }

  *startBranches(run: Run, thread: Thread, state: ParallelState): Steps<void> {
    const scope = this.#control.scope(run, thread);
    const selected = yield* selectInput(state, scope);
    const value = yield* parametersOf(state, selected, scope);
    const input = value === thread.input.value ? thread.input : Datum.of(value);
    run.advance(thread, 'ParallelStateStarted');
    this.#open(run, thread, {
      at: 'children',
      count: state.branches.length,
      concurrency: 0,
      next: 0,
      running: 0,
      failed: 0,
    });
    const { previousEventId } = thread;
    const phase = thread.phase as ChildrenPhase;
    for (const [index, flow] of state.branches.entries()) {
      const child = run.addThread({ parent: thread, index, flow, input, previousEventId });
      run.makeReady(child);
    }
    phase.next = phase.running = state.branches.length;
  }

  *startItems(run: Run, thread: Thread, state: MapState): Steps<void> {
    const scope = this.#control.scope(run, thread);
    const selected = yield* selectInput(state, scope);
    const items = state.itemReader === undefined ? yield* itemsOf(state, selected, scope) : undefined;
    const concurrency = yield* concurrencyOf(state, selected, scope);
    run.advance(thread, 'MapStateStarted', { length: items?.length ?? 0 });
    const tolerances = yield* tolerancesOf(state, selected, scope);
    if (state.mode === 'DISTRIBUTED') {
      const plan = yield* this.#planMapRun(state, selected, scope, items);
      const mapRunArn = this.#startMapRun(run, thread, state, { ...plan, concurrency, tolerances });
      run.advance(thread, 'MapRunStarted', { mapRunArn });
      thread.phase = { at: 'map-run', mapRunArn };
      return;
    }
    const count = items?.length ?? 0;
    const bound = concurrency === 0 ? inlineConcurrencyMax : Math.min(concurrency, inlineConcurrencyMax);
    this.#open(run, thread, {
      at: 'children',
      count,
      concurrency: bound,
      ...(tolerances.count !== undefined && { toleratedCount: tolerances.count }),
      ...(tolerances.percentage !== undefined && { toleratedPercentage: tolerances.percentage }),
      next: 0,
      running: 0,
      failed: 0,
    });
    thread.items = items ?? [];
    thread.areItemsStored = false;
    if (count === 0) return yield* this.#allEnded(run, thread);
    for (let slot = 0; slot < Math.min(bound, count); slot++) this.#startItem(run, thread, thread.previousEventId);
  }

  /** The work of a thread that was made ready in its first state: an item's input is only selected now. */
  *itemInput(run: Run, thread: Thread, parent: Thread, state: MapState): Steps<Datum> {
    const item = thread.item ?? { index: thread.index, value: null };
    // The older name of ItemSelector.
    const selector = state.itemSelector ?? state.parameters;
    if (selector === undefined) return Datum.of(item.value);
    const scope = this.#control.scope(run, parent, { item });
    const selected = yield* selectInput(state, scope);
    return Datum.of(yield* evaluate(selector, selected, scope));
  }

  *childEnded(run: Run, child: Thread, value: Json): Steps<void> {
    const parent = child.parent as Thread;
    const phase = parent.phase as ChildrenPhase;
    const state = stateOf(parent);
    const slotEventId = child.previousEventId;
    let lastEventId = slotEventId;
    if (state.type === 'Map') {
      lastEventId = run.record(slotEventId, 'MapIterationSucceeded', { name: state.name, index: child.index });
    }
    this.#keepResult(run, parent, child, value);
    run.removeThread(child);
    phase.running--;
    yield* this.#goOn(run, parent, slotEventId, lastEventId);
  }

  *childFailed(run: Run, child: Thread, failure: StateFailure): Steps<void> {
    const parent = child.parent as Thread;
    const phase = parent.phase as ChildrenPhase;
    const state = stateOf(parent);
    const slotEventId = child.previousEventId;
    if (state.type === 'Map') run.record(slotEventId, 'MapIterationFailed', { name: state.name, index: child.index });
    const failed = phase.failed + 1;
    const hasTolerance = phase.toleratedCount !== undefined || phase.toleratedPercentage !== undefined;
    if (state.type === 'Map' && hasTolerance && failure.error !== 'States.Runtime' && !exceeds(failed, phase)) {
      run.removeThread(child);
      phase.running--;
      phase.failed = failed;
      this.#keepResult(run, parent, child, undefined);
      return yield* this.#goOn(run, parent, slotEventId, slotEventId);
    }
    // Nothing is thrown away yet: when the failure ends the execution, a redrive goes on from here.
    run.halt(child);
    this.#abortChildren(run, parent, child);
    run.touch(parent);
    parent.previousEventId = slotEventId;
    yield* this.#control.fail(run, parent, failure);
  }

  /** The state's failure was retried or caught: what its branches and items had reached is of no use any more. */
  discard(run: Run, parent: Thread): void {
    if (parent.phase.at !== 'children') return;
    for (const child of [...run.threads.values()].filter((thread) => thread.parent === parent)) {
      this.discard(run, child);
      run.abandon(child);
    }
    this.#close(run, parent);
  }

  *mapRunEnded(run: Run, thread: Thread, result: Json | StateFailure): Steps<void> {
    const { phase } = thread;
    thread.phase = { at: 'attempt', ...(phase.at === 'map-run' && { mapRunArn: phase.mapRunArn }) };
    if (result instanceof StateFailure) {
      run.advance(thread, 'MapRunFailed', {
        ...(result.error !== undefined && { error: result.error }),
        ...(result.causeText !== undefined && { cause: result.causeText }),
      });
      return yield* this.#control.fail(run, thread, result);
    }
    run.advance(thread, 'MapRunSucceeded');
    run.record(thread.previousEventId, 'MapStateSucceeded');
    yield* this.#control.finish(run, thread, result);
  }

  #open(run: Run, thread: Thread, phase: ChildrenPhase): void {
    thread.phase = phase;
    thread.results = [];
    thread.unsavedResults = [];
    run.touch(thread);
  }

  #startItem(run: Run, parent: Thread, previousEventId: number): void {
    const phase = parent.phase as ChildrenPhase;
    const state = stateOf(parent) as MapState;
    const index = phase.next++;
    phase.running++;
    const value = parent.items?.[index] ?? null;
    const child = run.addThread({ parent, index, flow: state.processor, input: Datum.of(value), previousEventId });
    child.item = { index, value };
    child.phase = { at: 'begin' };
    run.advance(child, 'MapIterationStarted', { name: state.name, index });
    run.makeReady(child);
  }

  *#goOn(run: Run, parent: Thread, slotEventId: number, lastEventId: number): Steps<void> {
    const phase = parent.phase as ChildrenPhase;
    run.touch(parent);
    if (phase.next < phase.count) return this.#startItem(run, parent, slotEventId);
    if (phase.running > 0) return;
    parent.previousEventId = lastEventId;
    yield* this.#allEnded(run, parent);
  }

  *#allEnded(run: Run, parent: Thread): Steps<void> {
    const { count } = parent.phase as ChildrenPhase;
    const results = Array.from({ length: count }, (_, index) => parent.results[index]);
    const value = results.filter((result) => result !== undefined);
    run.record(parent.previousEventId, `${stateOf(parent).type}StateSucceeded`);
    this.#close(run, parent);
    yield* this.#control.finish(run, parent, value);
  }

  #keepResult(run: Run, parent: Thread, child: Thread, value: Json | undefined): void {
    parent.results[child.index] = value;
    parent.unsavedResults.push([child.index, value]);
    run.touch(parent);
  }

  #close(run: Run, parent: Thread): void {
    parent.phase = { at: 'attempt' };
    parent.results = [];
    parent.unsavedResults = [];
    parent.items = undefined;
    run.dropExtras(parent);
    run.touch(parent);
  }

  /** One failure stops the siblings: an event for each state that was waiting, and for each iteration. */
  #abortChildren(run: Run, parent: Thread, failed?: Thread): void {
    const isMap = stateOf(parent).type === 'Map';
    for (const child of [...run.threads.values()].filter((thread) => thread.parent === parent && thread !== failed)) {
      this.#abortChildren(run, child);
      const { type } = stateOf(child);
      const isInside = child.phase.at !== 'enter' && child.phase.at !== 'begin';
      if (isInside && abortable.has(type)) run.advance(child, `${type}StateAborted`);
      if (isMap) run.advance(child, 'MapIterationAborted', { name: parent.state, index: child.index });
      run.halt(child);
    }
  }

  *#planMapRun(
    state: MapState,
    selected: Json,
    scope: Scope,
    items: readonly Json[] | undefined,
  ): Steps<Omit<MapRunPlan, 'concurrency' | 'tolerances'>> {
    const { itemReader, resultWriter } = state;
    const valueOf = (expression: Expression | undefined) => optional(expression, selected, scope);
    const readerParameters = yield* valueOf(itemReader?.parameters);
    const writerParameters = yield* valueOf(resultWriter?.parameters);
    const maxItems = yield* valueOf(itemReader?.maxItems);
    return {
      ...(yield* batchingOf(state, selected, scope)),
      ...(items !== undefined && { items }),
      ...(readerParameters !== undefined && { readerParameters }),
      ...(writerParameters !== undefined && { writerParameters }),
      ...(typeof maxItems === 'number' && { maxItems }),
    };
  }
}

const abortable: ReadonlySet<string> = new Set(['Task', 'Wait', 'Parallel', 'Map']);

/** Whether more has failed than is tolerated. */
export function exceeds(
  failed: number,
  {
    count,
    toleratedCount,
    toleratedPercentage,
  }: Pick<ChildrenPhase, 'count' | 'toleratedCount' | 'toleratedPercentage'>,
): boolean {
  if (failed === 0) return false;
  const isOverCount = toleratedCount !== undefined && failed > toleratedCount;
  const isOverShare = toleratedPercentage !== undefined && (failed / Math.max(count, 1)) * 100 > toleratedPercentage;
  if (toleratedCount === undefined && toleratedPercentage === undefined) return true;
  return isOverCount || isOverShare;
}

function* optional(expression: Expression | undefined, root: Json, scope: Scope): Steps<Json | undefined> {
  return expression === undefined ? undefined : yield* evaluate(expression, root, scope);
}
