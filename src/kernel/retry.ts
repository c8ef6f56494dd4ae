/** When a delivery that failed is tried again. */
import type { Clock } from './clock.ts';
import { PlatformError } from './errors.ts';

const firstPauseMs = 1000;

/** Pauses from a second on, each twice the one before. @param attempts tries that failed before the last one */
export function growingPause(attempts: number, pauseMaxMs: number): number {
  return Math.min(firstPauseMs * 2 ** Math.min(attempts, 30), pauseMaxMs);
}

/** Whether another try would end the same: what is refused or not there is not tried again. */
export function isHopeless(error: unknown): boolean {
  return error instanceof PlatformError && ['invalid', 'absent', 'denied'].includes(error.kind);
}

/** For an outbox: growing pauses while there is hope and the entry is young enough. */
export function retryWithin(
  clock: Clock,
  { ageMaxMs, pauseMaxMs }: { readonly ageMaxMs: number; readonly pauseMaxMs: number },
): (entry: { readonly attempts: number; readonly addedMs: number }, error: unknown) => number | undefined {
  return ({ attempts, addedMs }, error) => {
    const pauseMs = growingPause(attempts, pauseMaxMs);
    const isLate = clock.nowMs() + pauseMs - addedMs > ageMaxMs;
    return isLate || isHopeless(error) ? undefined : pauseMs;
  };
}
