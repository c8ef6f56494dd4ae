/** Which retrier and which catcher answer an error. States language, "Errors". */
import { matchesError, retryDelaySeconds } from '#languages/asl/retry';
import type { Catcher, Retrier } from '#languages/asl/index';

export interface RetryPlan {
  /** Position of the retrier. */
  readonly index: number;
  readonly delaySeconds: number;
}

/** The retry that is due; undefined when no retrier matches or the first that does is exhausted. @param retries by retrier */
export function planRetry(
  retriers: readonly Retrier[],
  error: string,
  retries: readonly number[],
  random: () => number,
): RetryPlan | undefined {
  const index = retriers.findIndex((retrier) => matchesError(retrier.errorEquals, error));
  const retrier = retriers[index];
  if (retrier === undefined) return undefined;
  const used = retries[index] ?? 0;
  if (used >= retrier.maxAttempts) return undefined;
  // Limit: a retry waits at most a year, whatever the back-off rate.
  return { index, delaySeconds: Math.min(retryDelaySeconds(retrier, used, random()), 31_536_000) };
}

export function findCatcher(catchers: readonly Catcher[], error: string): Catcher | undefined {
  return catchers.find((catcher) => matchesError(catcher.errorEquals, error));
}
