/**
 * Redrive: an execution that failed, timed out or was stopped goes on where it ended. What had succeeded keeps its result,
 * branches and items too; what failed or was aborted is tried again with the input it had.
 * Specification: Step Functions developer guide, "Redriving state machine executions" and "Redriving Map Runs".
 */
import { StateFailure } from '#languages/asl/index';
import type { Run } from '../run.ts';
import { Thread } from '../thread.ts';

/**
 * Takes up the unfinished children of a map run with the next batch.
 * @returns how often that has been done now, or why it cannot be done; undefined when the map run is not kept
 */
export type MapRunRedriver = (run: Run, mapRunArn: string) => number | StateFailure | undefined;

export interface RedriveParts {
  readonly nowMs: number;
  readonly redriveMapRun: MapRunRedriver;
  /** A thread whose map run cannot be taken up again. */
  readonly failed: (thread: Thread, failure: StateFailure) => void;
}

export function redriveRun(run: Run, parts: RedriveParts): void {
  const { nowMs } = parts;
  const { machine, child } = run.origin;
  const timeoutSeconds = child === undefined ? machine.timeoutSeconds : undefined;
  run.reopen(timeoutSeconds === undefined ? undefined : nowMs + timeoutSeconds * 1000);
  // An Express child has no history to go on from: it is run anew.
  if (!run.options.keepsHistory) return restart(run);
  const previous = run.nextEventId - 1;
  const redrivenId = run.record(previous, 'ExecutionRedriven', { redriveCount: run.redriveCount });
  for (const thread of run.threads.values()) {
    if (thread.parent === undefined) thread.previousEventId = redrivenId;
    run.touch(thread);
    if (thread.phase.at !== 'children') takeUp(run, thread, parts);
  }
}

function takeUp(run: Run, thread: Thread, { redriveMapRun, failed }: RedriveParts): void {
  const { phase } = thread;
  thread.retries = [];
  thread.retryCount = 0;
  const mapRunArn = phase.at === 'map-run' || phase.at === 'attempt' ? phase.mapRunArn : undefined;
  const redriveCount = mapRunArn === undefined ? undefined : redriveMapRun(run, mapRunArn);
  if (mapRunArn !== undefined && redriveCount !== undefined) {
    thread.phase = { at: 'map-run', mapRunArn };
    if (redriveCount instanceof StateFailure) failed(thread, redriveCount);
    else run.advance(thread, 'MapRunRedriven', { mapRunArn, redriveCount });
    return;
  }
  if (phase.at !== 'begin' && phase.at !== 'enter') thread.phase = { at: 'attempt' };
  run.makeReady(thread);
}

function restart(run: Run): void {
  const { flow, input } = run.origin;
  const { root } = run;
  for (const thread of run.threads.values()) if (thread !== root) run.removeThread(thread);
  run.dropExtras(root);
  const fresh = new Thread({
    id: root.id,
    parent: undefined,
    index: 0,
    flow,
    state: flow.startAt,
    input,
    previousEventId: 0,
  });
  fresh.isStored = root.isStored;
  // Outcomes of the earlier attempt's tasks must not be taken for this one's.
  fresh.attempt = root.attempt;
  run.threads.set(fresh.id, fresh);
  run.makeReady(fresh);
}
