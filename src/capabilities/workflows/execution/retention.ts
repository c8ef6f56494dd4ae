/** Retention: executions go 90 days after they ended, as in AWS, with all that is kept of them. */
import type { Clock, Timer } from '#kernel/clock';
import type { Log } from '#kernel/log';
import type { State } from '#kernel/state';
import { deleteExecution, selectEndedBefore } from './store/deletion.ts';

export interface RetentionParts {
  readonly state: State;
  readonly clock: Clock;
  readonly log: Log;
}

// Limit: an execution is kept for 90 days after it ended, give or take the day between two sweeps.
const keptMs = 90 * 86_400_000;
const firstSweepMs = 60_000;
const sweepEveryMs = 86_400_000;
const executionsAtOnce = 100;

export class Retention {
  readonly #parts: RetentionParts;
  #timer: Timer | undefined;
  #sweep: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(parts: RetentionParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#arm(firstSweepMs);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#timer?.cancel();
    await this.#sweep;
  }

  #arm(delayMs: number): void {
    if (this.#isStopped) return;
    this.#timer = this.#parts.clock.setTimer(delayMs, () => {
      this.#sweep = this.#removeOld()
        .catch((error: unknown) => this.#parts.log.warn('old executions could not be removed', { error }))
        .finally(() => this.#arm(sweepEveryMs));
    });
  }

  /** One small write after the other, so that nobody waits for a sweep. */
  async #removeOld(): Promise<void> {
    const { state, clock } = this.#parts;
    const beforeMs = clock.nowMs() - keptMs;
    for (;;) {
      const ids = selectEndedBefore(state.reader, beforeMs, executionsAtOnce);
      for (const id of ids) {
        while (!this.#isStopped && !(await state.write((db) => deleteExecution(db, id))));
        if (this.#isStopped) return;
      }
      if (ids.length < executionsAtOnce) return;
    }
  }
}
