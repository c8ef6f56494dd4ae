/** The rules of `Retry` and `Catch`: which errors they mean, and how long a retry waits. */
import type { Retrier } from './machine.ts';

/** Ends an execution whatever its retriers and catchers say. */
const neverHandled = new Set(['States.Runtime', 'States.DataLimitExceeded']);

/** Failures that `States.TaskFailed` does not stand for. */
const notTaskFailures = new Set(['States.Timeout', 'States.Runtime', 'States.DataLimitExceeded']);

/**
 * Whether a retrier or catcher with these names takes `errorName`. `States.ALL` means every error but States.Runtime and
 * States.DataLimitExceeded (the latter may be named), `States.TaskFailed` every one but a timeout, and `States.Timeout` a missed heartbeat too.
 */
export function matchesError(errorEquals: readonly string[], errorName: string | undefined): boolean {
  return errorEquals.some((name) => {
    if (errorName === 'States.Runtime') return false;
    if (name === 'States.ALL') return errorName === undefined || !neverHandled.has(errorName);
    if (name === errorName) return true;
    if (name === 'States.TaskFailed') return errorName === undefined || !notTaskFailures.has(errorName);
    return name === 'States.Timeout' && errorName === 'States.HeartbeatTimeout';
  });
}

/**
 * Seconds before a retry.
 * @param attempt how often this retrier has fired before: 0 for its first retry
 * @param random in [0, 1), for `JitterStrategy: FULL`
 */
export function retryDelaySeconds(retrier: Retrier, attempt: number, random: number): number {
  const grown = retrier.intervalSeconds * retrier.backoffRate ** attempt;
  const delay = Math.min(grown, retrier.maxDelaySeconds ?? Number.POSITIVE_INFINITY);
  return retrier.jitter === 'FULL' ? delay * random : delay;
}
