/** Activities: workers that poll. What is scheduled stands in the state; a poll waits here until there is some. */
import type { Clock } from '#kernel/clock';
import type { State } from '#kernel/state';
import type { Engine } from './engine.ts';
import type { Interpreter } from './interpreter/interpreter.ts';
import type { Runs } from './runs.ts';
import type { Thread } from './thread.ts';

export interface ActivityQueueParts {
  readonly state: State;
  readonly clock: Clock;
  readonly runs: Runs;
  readonly engine: Engine;
  readonly interpreter: Interpreter;
}

const pollMs = 60_000;

export class ActivityQueue {
  readonly #parts: ActivityQueueParts;
  readonly #pollers = new Map<string, Set<() => void>>();

  constructor(parts: ActivityQueueParts) {
    this.#parts = parts;
  }

  /** The oldest task of an activity; waits up to 60 s for one. @param signal a caller who hangs up takes no task */
  async next(
    activityArn: string,
    workerName: string | undefined,
    signal: AbortSignal,
  ): Promise<{ token: string; input: string } | undefined> {
    const endMs = this.#parts.clock.nowMs() + pollMs;
    for (;;) {
      if (signal.aborted || this.#parts.engine.signal.aborted) return undefined;
      const task = await this.#take(activityArn, workerName);
      if (task !== undefined) return task;
      const leftMs = endMs - this.#parts.clock.nowMs();
      if (leftMs <= 0) return undefined;
      await this.#wait(activityArn, leftMs, signal);
    }
  }

  /** A thread was written down; when it waits for a worker, one is woken. */
  scheduled(thread: Thread): void {
    const { phase } = thread;
    const state = thread.flow.states.get(thread.state);
    if (phase.at !== 'task' || phase.stage !== 'scheduled' || state?.type !== 'Task') return;
    const [wake] = this.#pollers.get(state.resource.arn) ?? [];
    wake?.();
  }

  async #take(
    activityArn: string,
    workerName: string | undefined,
  ): Promise<{ token: string; input: string } | undefined> {
    const { state, runs, engine } = this.#parts;
    const rows = state.reader
      .prepare<{ execution: number; id: number }>(
        'SELECT execution, id FROM workflows_thread WHERE activity_arn = ? ORDER BY scheduled_ms, execution, id LIMIT 20',
      )
      .all(activityArn);
    for (const row of rows) {
      const run = runs.find(row.execution);
      const thread = run?.threads.get(row.id);
      const phase = thread?.phase;
      if (run === undefined || thread === undefined || phase?.at !== 'task' || phase.stage !== 'scheduled') continue;
      const isTaken = await engine.tell(run, () => this.#start(thread, phase.attempt, workerName, run));
      if (isTaken) return { token: phase.token, input: phase.parameters };
    }
    return undefined;
  }

  *#start(thread: Thread, attempt: number, workerName: string | undefined, run: Parameters<Interpreter['settle']>[0]) {
    const { phase } = thread;
    // Two polls may have seen the same row: the first one here has it.
    if (phase.at !== 'task' || phase.stage !== 'scheduled') return false;
    return yield* this.#parts.interpreter.settle(run, thread, attempt, { kind: 'started', workerName });
  }

  #wait(activityArn: string, delayMs: number, signal: AbortSignal): Promise<void> {
    const { clock, engine } = this.#parts;
    const waiting = this.#pollers.get(activityArn) ?? new Set();
    this.#pollers.set(activityArn, waiting);
    return new Promise((resolve) => {
      const wake = (): void => {
        timer.cancel();
        signal.removeEventListener('abort', wake);
        engine.signal.removeEventListener('abort', wake);
        waiting.delete(wake);
        if (waiting.size === 0) this.#pollers.delete(activityArn);
        resolve();
      };
      const timer = clock.setTimer(delayMs, wake);
      waiting.add(wake);
      signal.addEventListener('abort', wake);
      engine.signal.addEventListener('abort', wake);
    });
  }
}
