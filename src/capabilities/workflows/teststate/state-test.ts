/**
 * TestState: one state, run alone on a given input. The data's way through the state is the interpreter's own code;
 * here are the mocks, what stands for the surroundings, and what is told of each step.
 */
import {
  StateFailure,
  matchesError,
  type Catcher,
  type Handling,
  type Json,
  type MapState,
  type ParallelState,
  type Scope,
  type State,
  type TaskState,
} from '#languages/asl/index';
import { newUuid } from '#kernel/ids';
import { validation } from '../errors.ts';
import { Datum } from '../execution/datum.ts';
import { errorOutputOf } from '../execution/context.ts';
import type { Executions } from '../execution/executions.ts';
import {
  completeCatch,
  completeChoice,
  completePass,
  completePassing,
  completeWork,
  evaluate,
  failureOf,
  parametersOf,
  selectInput,
  type Completion,
} from '../execution/interpreter/data-flow.ts';
import { findCatcher, planRetry } from '../execution/interpreter/handling.ts';
import { concurrencyOf, tolerancesOf, type Tolerances } from '../execution/interpreter/map-settings.ts';
import { drive, settled, type Steps } from '../execution/interpreter/steps.ts';
import { secondsOf, type TaskOutcome } from '../execution/interpreter/tasks.ts';
import { dueMsOf } from '../execution/interpreter/waiting.ts';
import { makeContext } from './context.ts';
import { Inspection, type InspectionData } from './inspection.ts';
import { inspectItems } from './map-items.ts';
import { isObject, type Mock, type StateTest } from './request.ts';
import { checkResult, type ResultModels } from './result-schema.ts';
import { findInside, findSubject } from './subject.ts';

export interface StateTestParts {
  readonly models: ResultModels;
  readonly nowMs: () => number;
  readonly random: () => number;
  /** Does what a task does, for a test without a mock. */
  readonly executions: Pick<Executions, 'perform'>;
}

export interface StateTestResult {
  readonly status: 'SUCCEEDED' | 'FAILED' | 'RETRIABLE' | 'CAUGHT_ERROR';
  readonly output?: string;
  readonly error?: string;
  readonly cause?: string;
  readonly nextState?: string;
  readonly inspectionData?: InspectionData;
}

/** States that work, and so can be mocked; the others only move data. */
type WorkingState = TaskState | ParallelState | MapState;

// Limit: a test lasts five minutes at most, as in AWS.
const secondsMax = 300;

/** @throws ValidationException, InvalidDefinition */
export async function runStateTest(test: StateTest, parts: StateTestParts): Promise<StateTestResult> {
  const { state, isInMap } = await findSubject(test);
  checkMock(state, test, parts.models);
  const inspection = new Inspection(state, test.variables);
  const scope = scopeOf({ ...test, isInMap }, state, parts);
  const run = new StateRun({ test, parts, state, scope, inspection });
  const result = await drive(run.steps());
  return test.inspectionLevel === 'INFO' ? result : { ...result, inspectionData: inspection.toWire(test.input) };
}

interface RunParts {
  readonly test: StateTest;
  readonly parts: StateTestParts;
  readonly state: State;
  readonly scope: Scope;
  readonly inspection: Inspection;
}

class StateRun {
  readonly #run: RunParts;

  constructor(run: RunParts) {
    this.#run = run;
  }

  *steps(): Steps<StateTestResult> {
    try {
      return succeeded(yield* this.#complete());
    } catch (error) {
      if (!(error instanceof StateFailure)) throw error;
      return yield* this.#handle(error);
    }
  }

  *#complete(): Steps<Completion> {
    const { state, scope, test, inspection } = this.#run;
    const input = Datum.parse(test.input);
    switch (state.type) {
      case 'Pass':
        if (state.queryLanguage === 'JSONPath' && state.result !== undefined) inspection.note('result', state.result);
        return yield* completePass(state, input, scope, inspection.note);
      case 'Choice':
        return yield* completeChoice(state, input, scope, inspection.note);
      case 'Succeed':
        return yield* completePassing(state, input, scope, inspection.note);
      case 'Wait':
        // A test does not wait: it only finds out whether the time is a valid one.
        yield* dueMsOf(state, scope, this.#run.parts.nowMs());
        return yield* completePassing(state, input, scope, inspection.note);
      case 'Fail':
        throw yield* failureOf(state, scope);
      case 'Task':
        return yield* this.#task(state);
      case 'Parallel':
        return yield* this.#parallel(state);
      case 'Map':
        return yield* this.#map(state);
    }
  }

  *#task(state: TaskState): Steps<Completion> {
    const { scope, test, inspection } = this.#run;
    const selected = yield* selectInput(state, scope, inspection.note);
    const parameters = yield* parametersOf(state, selected, scope, inspection.note);
    const result = test.mock === undefined ? yield* this.#perform(state, selected, parameters) : resultOf(test.mock);
    inspection.note('result', result);
    return yield* completeWork(state, result, scope, inspection.note);
  }

  *#perform(state: TaskState, selected: Json, parameters: Json): Steps<Json> {
    const { scope, test, parts, inspection } = this.#run;
    const isTraced = test.inspectionLevel === 'TRACE';
    const role = state.credentials && (yield* evaluate(state.credentials, selected, scope));
    const task = {
      scope: test.scope,
      resource: state.resource,
      parameters,
      roleArn: typeof role === 'string' ? role : (test.roleArn ?? ''),
      session: 'TestState',
      token: newUuid(),
      ...(isTraced && { watcher: inspection.watchHttp(test.revealSecrets) }),
    };
    const timeoutSeconds = Math.min((yield* secondsOf(state.timeoutSeconds, selected, scope)) ?? Infinity, secondsMax);
    const performed = (signal: AbortSignal) => parts.executions.perform(task, signal);
    const outcome = yield* settled(withinTime(performed, timeoutSeconds, test.signal));
    if (outcome.kind === 'failed') throw new StateFailure(outcome.error, outcome.cause);
    return outcome.kind === 'succeeded' ? (JSON.parse(outcome.output) as Json) : null;
  }

  *#parallel(state: ParallelState): Steps<Completion> {
    const { scope, test, inspection } = this.#run;
    const selected = yield* selectInput(state, scope, inspection.note);
    yield* parametersOf(state, selected, scope, inspection.note);
    return yield* completeWork(state, resultOf(test.mock), scope, inspection.note);
  }

  *#map(state: MapState): Steps<Completion> {
    const { scope, test, inspection } = this.#run;
    const selected = yield* selectInput(state, scope, inspection.note);
    const items = yield* inspectItems({ state, selected, scope, inspection, readerData: test.itemReaderData });
    inspection.noteNumber('maxConcurrency', yield* concurrencyOf(state, selected, scope));
    const tolerances = yield* tolerancesOf(state, selected, scope);
    if (tolerances.count !== undefined) inspection.noteNumber('toleratedFailureCount', tolerances.count);
    if (tolerances.percentage !== undefined) inspection.noteNumber('toleratedFailurePercentage', tolerances.percentage);
    const result = resultOf(test.mock);
    checkTolerance(test.iterationFailureCount, items?.length ?? lengthOf(result), tolerances);
    return yield* completeWork(state, result, scope, inspection.note);
  }

  /** Retriers first, then catchers; States.Runtime passes both by. */
  *#handle(failure: StateFailure): Steps<StateTestResult> {
    const { state, test, inspection } = this.#run;
    const { error = '' } = failure;
    if (!('retry' in state) || error === 'States.Runtime') return failed(failure);
    const retryIndex = state.retry.findIndex((retrier) => matchesError(retrier.errorEquals, error));
    if (retryIndex !== -1) inspection.noteError({ retryIndex });
    const retries = state.retry.map(() => test.retryCount);
    // A retrier with jitter is told with its longest pause.
    const plan = planRetry(state.retry, error, retries, () => 1);
    if (plan !== undefined) {
      inspection.noteError({ retryBackoffIntervalSeconds: Math.round(plan.delaySeconds) });
      return { ...failed(failure), status: 'RETRIABLE' };
    }
    const catcher = findCatcher(state.catch, error);
    return catcher === undefined ? failed(failure) : yield* this.#catch(state, catcher, failure);
  }

  *#catch(state: Handling & State, catcher: Catcher, failure: StateFailure): Steps<StateTestResult> {
    const { scope, inspection } = this.#run;
    inspection.noteError({ catchIndex: state.catch.indexOf(catcher) });
    try {
      const errorOutput = errorOutputOf(failure.error, failure.causeText);
      const completion = yield* completeCatch(state, catcher, errorOutput, scope, inspection.note);
      return { ...failed(failure), ...succeeded(completion), status: 'CAUGHT_ERROR' };
    } catch (second) {
      if (!(second instanceof StateFailure)) throw second;
      return failed(second);
    }
  }
}

/** The outcome, or States.Timeout when it takes too long. */
async function withinTime(
  perform: (signal: AbortSignal) => Promise<TaskOutcome>,
  timeoutSeconds: number,
  signal: AbortSignal,
): Promise<TaskOutcome> {
  const deadline = AbortSignal.timeout(timeoutSeconds * 1000);
  const { promise: late, resolve } = Promise.withResolvers<TaskOutcome>();
  deadline.addEventListener('abort', () => resolve({ kind: 'failed', error: 'States.Timeout', cause: undefined }));
  return await Promise.race([perform(AbortSignal.any([signal, deadline])), late]);
}

function failed({ error, causeText: cause }: StateFailure): StateTestResult {
  return { status: 'FAILED', ...(error !== undefined && { error }), ...(cause !== undefined && { cause }) };
}

function succeeded({ output, next }: Completion): StateTestResult {
  return { status: 'SUCCEEDED', output: output.text, ...(next !== undefined && { nextState: next }) };
}

function scopeOf(
  test: StateTest & { readonly isInMap: boolean },
  state: State,
  { nowMs, random }: StateTestParts,
): Scope {
  const input = Datum.parse(test.input).value;
  const retryCount = 'retry' in state ? test.retryCount : undefined;
  const resource = state.type === 'Task' ? state.resource : undefined;
  const waitsForToken = resource?.kind === 'integration' && resource.pattern === 'waitForTaskToken';
  const context = test.context ?? makeContext({ ...test, input, nowMs: nowMs(), retryCount, waitsForToken });
  return {
    input,
    context,
    variable: (name) => (Object.hasOwn(test.variables, name) ? test.variables[name] : undefined),
    variableNames: () => Object.keys(test.variables),
    nowMs,
    random,
  };
}

/** @throws StateFailure the mocked error */
function resultOf(mock: Mock | undefined): Json {
  if (mock?.errorOutput !== undefined) throw new StateFailure(mock.errorOutput.error, mock.errorOutput.cause);
  return mock?.result ?? null;
}

function lengthOf(result: Json): number {
  return Array.isArray(result) ? result.length : 0;
}

/** A Map that names no tolerance is not judged here: its mock says how it ended. */
function checkTolerance(failed: number | undefined, total: number, { count, percentage }: Tolerances): void {
  if (failed === undefined) return;
  if (failed > total) {
    throw validation('Map iteration failure count must be less than or equal to the number of Map iterations');
  }
  const isOverCount = count !== undefined && failed > count;
  const isOverShare = percentage !== undefined && failed * 100 > percentage * total;
  if (!isOverCount && !isOverShare) return;
  throw new StateFailure(
    'States.ExceedToleratedFailureThreshold',
    'The specified tolerated failure threshold was exceeded',
  );
}

function isWorking(state: State): state is WorkingState {
  return state.type === 'Task' || state.type === 'Parallel' || state.type === 'Map';
}

/** @throws ValidationException when this state takes no mock, needs one, or the mock does not fit it */
function checkMock(
  state: State,
  { mock, roleArn, errorCausedByState: culprit }: StateTest,
  models: ResultModels,
): void {
  if (culprit !== undefined && findInside(state, culprit) === undefined) {
    throw validation(`State '${culprit}', named as the cause of the error, is not part of the tested state.`);
  }
  if (mock === undefined) return checkUnmocked(state, roleArn);
  if (!isWorking(state)) throw validation(`State type '${state.type}' is not supported when a mock is specified`);
  const { result } = mock;
  if (result === undefined) return;
  if (state.type === 'Task') return checkResult(result, state, mock.fieldValidationMode, models);
  if (state.type === 'Map' && state.resultWriter !== undefined) {
    if (!isObject(result)) throw validation('Mocked result must be a JSON object.');
    return;
  }
  if (!Array.isArray(result)) throw validation('Mocked result must be an array.');
  if (state.type === 'Parallel' && result.length !== state.branches.length) {
    throw validation('Mocked result must contain the same number of items as number of Parallel branches.');
  }
}

function checkUnmocked(state: State, roleArn: string | undefined): void {
  if (!isWorking(state)) return;
  if (state.type !== 'Task') throw validation(`State type '${state.type}' is only supported when a mock is specified`);
  const { resource } = state;
  if (resource.kind === 'activity' || (resource.kind === 'integration' && resource.pattern !== 'request-response')) {
    throw validation(`The resource '${resource.arn}' is only supported when a mock is specified`);
  }
  if (roleArn === undefined) throw validation('RoleArn must be specified when a Task is tested without a mock');
}
