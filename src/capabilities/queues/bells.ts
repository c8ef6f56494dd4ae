/** Wakes who waits for messages of a queue, so that nobody has to look again and again. */
import type { Clock } from '#kernel/clock';
import { queueArn, type QueueAddress } from './queue.ts';

/** One waiter's bell. What rings before `ring` is awaited is not missed. */
export interface Bell {
  /** Forgets what rang so far. */
  reset(): void;
  /** Resolves when it rings, when `timeoutMs` is over or the signal is aborted. */
  rung(timeoutMs: number, signal: AbortSignal): Promise<void>;
  close(): void;
}

export class Bells {
  readonly #clock: Clock;
  readonly #listeners = new Map<string, Set<() => void>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @returns a function that ends the listening */
  listen(address: QueueAddress, callback: () => void): () => void {
    const key = queueArn(address);
    const listeners = this.#listeners.get(key) ?? new Set();
    this.#listeners.set(key, listeners.add(callback));
    return () => {
      listeners.delete(callback);
      if (listeners.size === 0 && this.#listeners.get(key) === listeners) this.#listeners.delete(key);
    };
  }

  ring(address: QueueAddress): void {
    for (const callback of this.#listeners.get(queueArn(address)) ?? []) callback();
  }

  open(address: QueueAddress): Bell {
    let hasRung = false;
    let wake: (() => void) | undefined;
    const close = this.listen(address, () => {
      hasRung = true;
      wake?.();
    });
    return {
      reset: () => void (hasRung = false),
      close,
      rung: (timeoutMs, signal) =>
        new Promise((resolve) => {
          if (hasRung || signal.aborted) return resolve();
          const done = (): void => {
            timer.cancel();
            signal.removeEventListener('abort', done);
            wake = undefined;
            resolve();
          };
          const timer = this.#clock.setTimer(timeoutMs, done);
          signal.addEventListener('abort', done, { once: true });
          wake = done;
        }),
    };
  }
}
