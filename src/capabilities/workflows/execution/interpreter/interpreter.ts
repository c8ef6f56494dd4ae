/**
 * The interpreter: takes one thread of a run one step on. A step enters a state and goes as far as it can without the
 * outside; what it needs from there it leaves as an effect, a due time or children on the run.
 * Specification: states-language.net; the order of events as AWS was recorded to have it.
 */
import { invariant } from '#kernel/errors';
import {
  StateFailure,
  type Handling,
  type Json,
  type JsonObject,
  type MapState,
  type Scope,
  type State,
  type WaitState,
} from '#languages/asl/index';
import { errorOutputOf, scopeOf, type Chance, type ContextExtra } from '../context.ts';
import { Datum } from '../datum.ts';
import { HistoryFull, enteredTypes, exitDetails, exitedTypes, inputDetails, outputDetails } from '../history.ts';
import type { Run } from '../run.ts';
import type { Thread } from '../thread.ts';
import {
  completeCatch,
  completeChoice,
  completePass,
  completePassing,
  completeWork,
  failureOf,
  type Completion,
} from './data-flow.ts';
import { stateOf, tooLarge, type Control } from './control.ts';
import { FanOut, type MapRunStarter } from './fan-out.ts';
import { findCatcher, planRetry } from './handling.ts';
import { redriveRun, type MapRunRedriver } from './redrive.ts';
import type { Steps } from './steps.ts';
import { Tasks, type TaskOutcome, type TasksParts } from './tasks.ts';
import { dueMsOf } from './waiting.ts';

export interface InterpreterParts extends TasksParts {
  readonly chance: Chance;
  readonly startMapRun: MapRunStarter;
  readonly redriveMapRun: MapRunRedriver;
}

export class Interpreter implements Control {
  readonly #chance: Chance;
  readonly #tasks: Tasks;
  readonly #fanOut: FanOut;
  readonly #redriveMapRun: MapRunRedriver;

  constructor({ chance, startMapRun, redriveMapRun, ...tasks }: InterpreterParts) {
    this.#chance = chance;
    this.#redriveMapRun = redriveMapRun;
    this.#tasks = new Tasks(this, tasks);
    this.#fanOut = new FanOut(this, startMapRun);
  }

  /** The first event and the first thread. */
  begin(run: Run): void {
    const { input, flow, revision } = run.origin;
    run.record(0, 'ExecutionStarted', { ...inputDetails(input), roleArn: revision.roleArn });
    const root = run.addThread({ index: 0, flow, input, previousEventId: 0 });
    run.makeReady(root);
  }

  /** Takes up a thread that was read back from the state. */
  resume(run: Run, thread: Thread): void {
    const { phase } = thread;
    if (thread.isReady) run.ready.push(thread);
    else if (phase.at === 'task' && phase.stage === 'calling') this.#tasks.repeat(run, thread, phase);
  }

  /** One step of a thread that is ready. */
  step(run: Run, thread: Thread): Steps<void> {
    return this.#guarded(run, thread, () => this.#work(run, thread));
  }

  /** What came of a task, if the thread still waits for this attempt. @returns whether it did */
  *settle(run: Run, thread: Thread, attempt: number, outcome: TaskOutcome): Steps<boolean> {
    const { phase } = thread;
    if (phase.at !== 'task' || phase.attempt !== attempt || run.isOver) return false;
    yield* this.#guarded(run, thread, () => this.#tasks.settle(run, thread, phase, outcome));
    return true;
  }

  /** A due time has come. */
  fire(run: Run, thread: Thread): Steps<void> {
    return this.#guarded(run, thread, () => this.#fired(run, thread));
  }

  /** How a distributed Map ended. */
  *mapRunEnded(run: Run, thread: Thread, result: Json | StateFailure): Steps<void> {
    if (thread.phase.at !== 'map-run' || run.isOver) return;
    yield* this.#guarded(run, thread, () => this.#fanOut.mapRunEnded(run, thread, result));
  }

  stop(run: Run, error: string | undefined, cause: string | undefined): void {
    const details = { ...(error !== undefined && { error }), ...(cause !== undefined && { cause }) };
    run.record(run.root.previousEventId, 'ExecutionAborted', details);
    run.end('ABORTED', { error, cause });
  }

  timeOut(run: Run): void {
    run.record(run.root.previousEventId, 'ExecutionTimedOut', {});
    run.end('TIMED_OUT', {});
  }

  /** Takes an execution that failed, timed out or was stopped up where it ended; what had succeeded stays as it is. */
  redrive(run: Run): void {
    redriveRun(run, {
      nowMs: this.nowMs(),
      redriveMapRun: this.#redriveMapRun,
      // Taken in the same turn as the redrive, and so written with it.
      failed: (thread, failure) => run.inbox.push(() => this.mapRunEnded(run, thread, failure)),
    });
  }

  scope(run: Run, thread: Thread, extra?: ContextExtra): Scope {
    return scopeOf(run, thread, this.#chance, extra);
  }

  nowMs(): number {
    return this.#chance.nowMs();
  }

  *finish(run: Run, thread: Thread, result: Json): Steps<void> {
    const state = stateOf(thread) as Handling & State;
    const completion = yield* completeWork(state, result, this.scope(run, thread));
    yield* this.#exit(run, thread, state, completion);
  }

  *fail(run: Run, thread: Thread, failure: StateFailure): Steps<void> {
    const state = stateOf(thread);
    // Neither retriers nor catchers see States.Runtime: the execution fails.
    const handling = 'retry' in state && failure.error !== 'States.Runtime' ? state : undefined;
    const error = failure.error ?? '';
    const plan = handling && planRetry(handling.retry, error, thread.retries, this.#chance.random);
    if (plan !== undefined) {
      thread.retries[plan.index] = (thread.retries[plan.index] ?? 0) + 1;
      for (let index = 0; index < plan.index; index++) thread.retries[index] ??= 0;
      thread.retryCount++;
      this.#fanOut.discard(run, thread);
      thread.phase = { at: 'retry', untilMs: this.nowMs() + plan.delaySeconds * 1000 };
      run.touch(thread);
      return;
    }
    if (handling !== undefined && state.type !== 'Task') run.advance(thread, `${state.type}StateFailed`);
    const catcher = handling && findCatcher(handling.catch, error);
    if (handling === undefined || catcher === undefined) return yield* this.#threadFailed(run, thread, failure);
    const errorOutput = errorOutputOf(failure.error, failure.causeText);
    const completion = yield* completeCatch(handling, catcher, errorOutput, this.scope(run, thread));
    this.#fanOut.discard(run, thread);
    yield* this.#exit(run, thread, handling, completion);
  }

  /** Runs a part of a step; what an expression throws becomes the state's failure. */
  *#guarded(run: Run, thread: Thread, part: () => Steps<void>): Steps<void> {
    try {
      yield* part();
    } catch (error) {
      if (error instanceof HistoryFull) return this.#historyFull(run, thread);
      if (!(error instanceof StateFailure)) throw error;
      const failure = this.#explain(run, thread, error);
      try {
        yield* this.fail(run, thread, failure);
      } catch (second) {
        if (second instanceof HistoryFull) return this.#historyFull(run, thread);
        if (!(second instanceof StateFailure)) throw second;
        // A catcher's own expressions failed: nothing is left to catch that.
        yield* this.#threadFailed(run, thread, this.#explain(run, thread, second));
      }
    }
  }

  *#work(run: Run, thread: Thread): Steps<void> {
    if (thread.phase.at === 'begin') return yield* this.#beginItem(run, thread);
    const state = stateOf(thread);
    if (thread.phase.at === 'enter') this.#enter(run, thread, state);
    const scope = this.scope(run, thread);
    switch (state.type) {
      case 'Pass':
        return yield* this.#exit(run, thread, state, yield* completePass(state, thread.input, scope));
      case 'Choice':
        return yield* this.#exit(run, thread, state, yield* completeChoice(state, thread.input, scope));
      case 'Succeed':
        return yield* this.#exit(run, thread, state, yield* completePassing(state, thread.input, scope));
      case 'Wait':
        return yield* this.#wait(run, thread, state, scope);
      case 'Fail':
        return yield* this.#threadFailed(run, thread, yield* failureOf(state, scope));
      case 'Task':
        return yield* this.#tasks.schedule(run, thread, state);
      case 'Parallel':
        return yield* this.#fanOut.startBranches(run, thread, state);
      case 'Map':
        return yield* this.#fanOut.startItems(run, thread, state);
    }
  }

  *#beginItem(run: Run, thread: Thread): Steps<void> {
    const parent = thread.parent;
    invariant(parent !== undefined, 'an item has no Map state');
    try {
      thread.input = yield* this.#fanOut.itemInput(run, thread, parent, stateOf(parent) as MapState);
    } catch (error) {
      if (!(error instanceof StateFailure)) throw error;
      return yield* this.#threadFailed(run, thread, this.#explain(run, parent, error));
    }
    thread.phase = { at: 'enter' };
    yield* this.#work(run, thread);
  }

  #enter(run: Run, thread: Thread, state: State): void {
    thread.enteredMs = this.nowMs();
    thread.retryCount = 0;
    thread.retries = [];
    thread.beforeEventId = thread.previousEventId;
    const details = { ...inputDetails(thread.input), name: state.name };
    thread.enteredEventId = run.advance(thread, enteredTypes[state.type], details);
    thread.phase = { at: 'attempt' };
  }

  *#wait(run: Run, thread: Thread, state: WaitState, scope: Scope): Steps<void> {
    thread.phase = { at: 'wait', untilMs: yield* dueMsOf(state, scope, thread.enteredMs) };
    run.touch(thread);
  }

  *#fired(run: Run, thread: Thread): Steps<void> {
    const { phase } = thread;
    const state = stateOf(thread);
    if (phase.at === 'retry') {
      thread.phase = { at: 'attempt' };
      run.makeReady(thread);
    } else if (phase.at === 'wait') {
      yield* this.#exit(run, thread, state, yield* completePassing(state, thread.input, this.scope(run, thread)));
    } else if (phase.at === 'task') {
      yield* this.#tasks.timeOut(run, thread, phase);
    }
  }

  *#exit(run: Run, thread: Thread, state: State, { output, assigned, next }: Completion): Steps<void> {
    if (output.isTooLarge) throw tooLarge(state.name);
    if (assigned !== undefined) assignAll(thread, assigned);
    run.advance(thread, exitedTypes[state.type], exitDetails(state.name, output, assigned));
    if (next === undefined || state.type === 'Succeed') return yield* this.#threadEnded(run, thread, output);
    thread.state = next;
    thread.input = output;
    thread.phase = { at: 'enter' };
    run.makeReady(thread);
  }

  *#threadEnded(run: Run, thread: Thread, output: Datum): Steps<void> {
    if (thread.parent !== undefined) {
      yield* this.#inParent(run, thread.parent, () => this.#fanOut.childEnded(run, thread, output.value));
      return;
    }
    run.record(thread.previousEventId, 'ExecutionSucceeded', outputDetails(output));
    run.end('SUCCEEDED', { output: output.text });
  }

  *#threadFailed(run: Run, thread: Thread, failure: StateFailure): Steps<void> {
    if (thread.parent !== undefined) {
      yield* this.#inParent(run, thread.parent, () => this.#fanOut.childFailed(run, thread, failure));
      return;
    }
    const { error, causeText: cause } = failure;
    const details = { ...(error !== undefined && { error }), ...(cause !== undefined && { cause }) };
    run.record(thread.previousEventId, 'ExecutionFailed', details);
    run.end('FAILED', { error, cause });
  }

  /** What goes wrong in a parent's own expressions is the parent's failure, not the child's. */
  #inParent(run: Run, parent: Thread, part: () => Steps<void>): Steps<void> {
    return this.#guarded(run, parent, part);
  }

  #historyFull(run: Run, thread: Thread): void {
    const cause = `The execution reached the maximum number of history events (${run.options.eventsMax}).`;
    run.record(thread.previousEventId, 'ExecutionFailed', { error: 'States.Runtime', cause });
    run.end('FAILED', { error: 'States.Runtime', cause });
  }

  /** Says in which state an expression failed, and records it where AWS does. */
  #explain(run: Run, thread: Thread, failure: StateFailure): StateFailure {
    const cause =
      `An error occurred while executing the state '${thread.state}' ` +
      `(entered at the event id #${thread.enteredEventId}). ${failure.causeText ?? ''}`;
    const explained = new StateFailure(failure.error, cause, failure.location);
    if (failure.error !== 'States.QueryEvaluationError') return explained;
    const { location } = failure;
    const state = stateOf(thread);
    // States that do all their work on entry are seen by AWS as not having been entered when it fails.
    const isOnEntry = thread.previousEventId === thread.enteredEventId && !['Wait', 'Task'].includes(state.type);
    const previous = isOnEntry ? thread.beforeEventId : thread.previousEventId;
    const details = {
      error: failure.error,
      cause: explained.causeText,
      ...(location !== undefined && { location }),
      state: thread.state,
    };
    thread.previousEventId = run.record(previous, 'EvaluationFailed', details);
    return explained;
  }
}

// Limit: a variable has at most 256 KiB, all variables of an execution 10 MiB.
function assignAll(thread: Thread, assigned: JsonObject): void {
  for (const [name, value] of Object.entries(assigned)) {
    if (Datum.of(value).isTooLarge) throw tooLarge(thread.state);
    thread.variables[name] = value;
  }
}
