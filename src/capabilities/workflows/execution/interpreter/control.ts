import { invariant } from '#kernel/errors';
import { StateFailure, type Json, type Scope, type State } from '#languages/asl/index';
import type { ContextExtra } from '../context.ts';
import type { Run } from '../run.ts';
import type { Thread } from '../thread.ts';
import type { Steps } from './steps.ts';

/** What the parts of the interpreter need of each other. */
export interface Control {
  scope(run: Run, thread: Thread, extra?: ContextExtra): Scope;
  nowMs(): number;
  /** The state's work is done: on to its output and the next state. */
  finish(run: Run, thread: Thread, result: Json): Steps<void>;
  /** The state's work failed: retry, catch, or pass the failure on. */
  fail(run: Run, thread: Thread, failure: StateFailure): Steps<void>;
}

export function stateOf(thread: Thread): State {
  const state = thread.flow.states.get(thread.state);
  invariant(state !== undefined, `there is no state '${thread.state}'`);
  return state;
}

export function tooLarge(what: string): StateFailure {
  return new StateFailure(
    'States.DataLimitExceeded',
    `The state/task '${what}' returned a result with a size exceeding the maximum number of bytes service limit.`,
  );
}
