/** A run of a job and the states it goes through. */
import { invariant } from '#kernel/errors';
import { newHexId } from '#kernel/ids';
import type { Arguments } from '../job.ts';

export type JobRunState =
  | 'WAITING'
  | 'STARTING'
  | 'RUNNING'
  | 'STOPPING'
  | 'STOPPED'
  | 'SUCCEEDED'
  | 'FAILED'
  | 'TIMEOUT';

export interface Predecessor {
  readonly jobName: string;
  readonly runId: string;
}

export interface JobRun {
  /** `jr_…`; a retry carries the first id with `_attempt_1` and so on. */
  readonly id: string;
  readonly jobName: string;
  /** 0 for the first try. */
  readonly attempt: number;
  readonly state: JobRunState;
  /** What the caller gave; the job's defaults are not in it. */
  readonly arguments: Arguments;
  readonly timeoutMinutes: number;
  readonly startedMs: number;
  readonly modifiedMs: number;
  readonly completedMs?: number;
  readonly errorMessage?: string;
  readonly previousRunId?: string;
  readonly triggerName?: string;
  readonly workflowRunId?: string;
  readonly predecessors: readonly Predecessor[];
  /** Members that are kept and given back under their AWS names. */
  readonly recorded: Readonly<Record<string, unknown>>;
}

const successors: Record<JobRunState, readonly JobRunState[]> = {
  WAITING: ['STARTING', 'STOPPED', 'FAILED'],
  STARTING: ['RUNNING', 'STOPPING', 'STOPPED', 'FAILED', 'TIMEOUT'],
  RUNNING: ['SUCCEEDED', 'FAILED', 'TIMEOUT', 'STOPPING', 'STOPPED'],
  // What was stopped too late has done its work: its outcome stands.
  STOPPING: ['STOPPED', 'SUCCEEDED', 'FAILED', 'TIMEOUT'],
  STOPPED: [],
  SUCCEEDED: [],
  FAILED: [],
  TIMEOUT: [],
};

/** States that hold one of the job's places. */
export const activeStates: readonly JobRunState[] = ['STARTING', 'RUNNING', 'STOPPING'];

export function isFinal(state: JobRunState): boolean {
  return successors[state].length === 0;
}

export function canBecome(from: JobRunState, to: JobRunState): boolean {
  return successors[from].includes(to);
}

/** The run after a change of state; a final state sets the time of completion. */
export function advanceRun(run: JobRun, state: JobRunState, nowMs: number, errorMessage?: string): JobRun {
  invariant(canBecome(run.state, state), `Job run ${run.id} cannot go from ${run.state} to ${state}.`);
  return {
    ...run,
    state,
    modifiedMs: nowMs,
    ...(isFinal(state) && { completedMs: nowMs }),
    ...(errorMessage !== undefined && { errorMessage }),
  };
}

export function newRunId(): string {
  return `jr_${newHexId(32)}`;
}

/** The run that tries again what `run` failed to do. */
export function retryOf(run: JobRun, nowMs: number): JobRun {
  const attempt = run.attempt + 1;
  const { completedMs: _completed, errorMessage: _error, ...rest } = run;
  return {
    ...rest,
    id: `${run.id.replace(/_attempt_\d+$/, '')}_attempt_${attempt}`,
    attempt,
    state: 'STARTING',
    previousRunId: run.id,
    startedMs: nowMs,
    modifiedMs: nowMs,
  };
}

/** Whole seconds from start to end, or until now; waiting does not count. */
export function executionSeconds(run: JobRun): number {
  return run.completedMs === undefined ? 0 : Math.max(0, Math.round((run.completedMs - run.startedMs) / 1000));
}
