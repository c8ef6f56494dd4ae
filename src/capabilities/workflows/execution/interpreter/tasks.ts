/** Task states: the schedule that is recorded before the effect, and the outcome that is recorded before it is acted on. */
import {
  StateFailure,
  isJsonata,
  unexpectedType,
  type Expression,
  type Json,
  type Scope,
  type TaskResource,
  type TaskState,
} from '#languages/asl/index';
import { isTooLarge } from '../datum.ts';
import { inputDetails, outputDetails } from '../history.ts';
import type { Run } from '../run.ts';
import type { TaskPhase, Thread } from '../thread.ts';
import { evaluate, parametersOf, selectInput } from './data-flow.ts';
import { stateOf, tooLarge, type Control } from './control.ts';
import type { Steps } from './steps.ts';

/** What comes of a task's effect. Texts are JSON. */
export type TaskOutcome =
  | { readonly kind: 'succeeded'; readonly output: string }
  | { readonly kind: 'failed'; readonly error: string | undefined; readonly cause: string | undefined }
  /** Under way outside: a callback, or the end of the work that `syncKey` names, is to follow. */
  | { readonly kind: 'submitted'; readonly output: string; readonly syncKey?: string }
  /** A worker has taken an activity's task. */
  | { readonly kind: 'started'; readonly workerName: string | undefined }
  | { readonly kind: 'heartbeat' };

type Details = Readonly<Record<string, unknown>>;

export interface TasksParts {
  /** A token that ties an outcome to this attempt of this thread. */
  readonly newToken: (run: Run, thread: Thread, attempt: number) => string;
  /** Why a task cannot be started with these parameters; undefined when it can. */
  readonly refusalOf: (resource: TaskResource, parameters: Json) => string | undefined;
}

export class Tasks {
  readonly #control: Control;
  readonly #parts: TasksParts;

  constructor(control: Control, parts: TasksParts) {
    this.#control = control;
    this.#parts = parts;
  }

  *schedule(run: Run, thread: Thread, state: TaskState): Steps<void> {
    const attempt = thread.attempt + 1;
    const token = this.#parts.newToken(run, thread, attempt);
    const { resource } = state;
    const waitsForToken = resource.kind === 'integration' && resource.pattern === 'waitForTaskToken';
    const scope = this.#control.scope(run, thread, waitsForToken ? { token } : {});
    const selected = yield* selectInput(state, scope);
    const given = yield* parametersOf(state, selected, scope);
    const parameters = JSON.stringify(given);
    const timeoutSeconds = yield* secondsOf(state.timeoutSeconds, selected, scope);
    const heartbeatSeconds = yield* secondsOf(state.heartbeatSeconds, selected, scope);
    const role = state.credentials && (yield* evaluate(state.credentials, selected, scope));
    if (isTooLarge(parameters)) throw tooLarge(state.name);
    const refusal = this.#parts.refusalOf(resource, given);
    if (refusal !== undefined) throw new StateFailure('States.Runtime', refusal);
    const nowMs = this.#control.nowMs();
    const phase: TaskPhase = {
      at: 'task',
      stage: resource.kind === 'activity' ? 'scheduled' : 'calling',
      parameters,
      attempt,
      token,
      scheduledMs: nowMs,
      ...(timeoutSeconds !== undefined && { timeoutSeconds, timeoutMs: nowMs + timeoutSeconds * 1000 }),
      ...(heartbeatSeconds !== undefined && { heartbeatSeconds, heartbeatMs: nowMs + heartbeatSeconds * 1000 }),
      ...(typeof role === 'string' && { roleArn: role }),
    };
    const words = eventWords(resource, run);
    run.advance(thread, `${words.prefix}Scheduled`, words.scheduled(phase));
    if (resource.kind !== 'activity') run.advance(thread, `${words.prefix}Started`, words.plain);
    thread.attempt = attempt;
    thread.phase = phase;
    run.touch(thread);
    if (resource.kind !== 'activity') run.effects.push({ thread, phase });
  }

  /**
   * After a crash the outcome of a call may be unknown. AWS promises that a state ends once and that its effects happen at
   * least once: the call is made again, and each repeat shows in the history as a further Started event.
   */
  repeat(run: Run, thread: Thread, phase: TaskPhase): void {
    const words = eventWords((stateOf(thread) as TaskState).resource, run);
    run.advance(thread, `${words.prefix}Started`, words.plain);
    const repeated: TaskPhase = { ...phase, repeats: (phase.repeats ?? 0) + 1 };
    thread.phase = repeated;
    run.effects.push({ thread, phase: repeated });
  }

  *settle(run: Run, thread: Thread, phase: TaskPhase, outcome: TaskOutcome): Steps<void> {
    const state = stateOf(thread) as TaskState;
    const words = eventWords(state.resource, run);
    run.touch(thread);
    switch (outcome.kind) {
      case 'started':
        run.advance(thread, `${words.prefix}Started`, {
          ...(outcome.workerName !== undefined && { workerName: outcome.workerName }),
        });
        thread.phase = { ...phase, stage: 'waiting' };
        return;
      case 'heartbeat':
        if (phase.heartbeatSeconds === undefined) return;
        thread.phase = { ...phase, heartbeatMs: this.#control.nowMs() + phase.heartbeatSeconds * 1000 };
        return;
      case 'submitted':
        run.advance(thread, `${words.prefix}Submitted`, { ...words.plain, ...outputDetails(outcome.output) });
        thread.phase = {
          ...phase,
          stage: 'waiting',
          ...(outcome.syncKey !== undefined && { syncKey: outcome.syncKey }),
        };
        return;
      case 'failed':
        return yield* this.#failed(run, thread, words, new StateFailure(outcome.error, outcome.cause));
      case 'succeeded':
        if (isTooLarge(outcome.output)) {
          return yield* this.#failed(run, thread, words, tooLarge(state.resource.arn));
        }
        run.advance(thread, `${words.prefix}Succeeded`, { ...words.plain, ...outputDetails(outcome.output) });
        thread.phase = { at: 'attempt' };
        return yield* this.#control.finish(run, thread, JSON.parse(outcome.output) as Json);
    }
  }

  *timeOut(run: Run, thread: Thread, phase: TaskPhase): Steps<void> {
    const { resource } = stateOf(thread) as TaskState;
    const words = eventWords(resource, run);
    const isHeartbeat = (phase.heartbeatMs ?? Infinity) < (phase.timeoutMs ?? Infinity);
    const error = isHeartbeat ? 'States.HeartbeatTimeout' : 'States.Timeout';
    run.leave(thread);
    run.advance(thread, `${words.prefix}TimedOut`, { ...words.plain, error });
    thread.phase = { at: 'attempt' };
    yield* this.#control.fail(run, thread, new StateFailure(error, undefined));
  }

  *#failed(run: Run, thread: Thread, words: EventWords, failure: StateFailure): Steps<void> {
    const { error, causeText: cause } = failure;
    const details = { ...(error !== undefined && { error }), ...(cause !== undefined && { cause }) };
    run.advance(thread, `${words.prefix}Failed`, { ...words.plain, ...details });
    thread.phase = { at: 'attempt' };
    yield* this.#control.fail(run, thread, failure);
  }
}

/** How a resource's events are named and what they say of it. */
interface EventWords {
  readonly prefix: 'Task' | 'LambdaFunction' | 'Activity';
  /** In every event of an integration. */
  readonly plain: Details;
  scheduled(phase: TaskPhase): Details;
}

function eventWords(resource: TaskResource, run: Run): EventWords {
  if (resource.kind !== 'integration') {
    return {
      prefix: resource.kind === 'activity' ? 'Activity' : 'LambdaFunction',
      plain: {},
      scheduled: (phase) => ({
        resource: resource.arn,
        ...inputDetails(phase.parameters),
        ...timeoutDetails(phase, resource.kind === 'activity'),
      }),
    };
  }
  const resourceType = resource.isAwsSdk ? `aws-sdk:${resource.service}` : resource.service;
  const suffix = resource.pattern === 'request-response' ? '' : `.${resource.pattern}`;
  const plain = { resourceType, resource: `${resource.action}${suffix}` };
  return {
    prefix: 'Task',
    plain,
    scheduled: (phase) => ({
      ...plain,
      region: run.origin.scope.split('/')[1],
      parameters: phase.parameters,
      ...timeoutDetails(phase, true),
    }),
  };
}

function timeoutDetails(phase: TaskPhase, withHeartbeat: boolean): Details {
  const { timeoutSeconds, heartbeatSeconds, roleArn } = phase;
  return {
    ...(timeoutSeconds !== undefined && { timeoutInSeconds: timeoutSeconds }),
    ...(withHeartbeat && heartbeatSeconds !== undefined && { heartbeatInSeconds: heartbeatSeconds }),
    ...(roleArn !== undefined && { taskCredentials: { roleArn } }),
  };
}

// Limit: timeouts have at most 99,999,999 seconds.
const secondsMax = 99_999_999;

/** A timeout or a heartbeat in seconds. @throws StateFailure for what is none */
export function* secondsOf(expression: Expression | undefined, root: Json, scope: Scope): Steps<number | undefined> {
  if (expression === undefined) return undefined;
  const value = yield* evaluate(expression, root, scope);
  if (typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= secondsMax) return value;
  if (isJsonata(expression) && typeof value !== 'number') throw unexpectedType(expression, 'number', value);
  const text = JSON.stringify(value);
  throw new StateFailure(
    isJsonata(expression) ? 'States.QueryEvaluationError' : 'States.Runtime',
    `The ${expression.field} parameter must be a positive integer of at most ${secondsMax}, but was: ${text}`,
    expression.field,
  );
}
