/** Targets of rules, and what is done when one cannot be reached. */
import { growingPause } from '#kernel/retry';

export interface RetryPolicy {
  /** Deliveries after the first one, 0 to 185. */
  readonly attemptsMax?: number;
  /** 60 to 86,400. */
  readonly ageMaxSeconds?: number;
}

/** What goes into the request to an API destination beside the body. */
export interface HttpParameters {
  /** What stands for the asterisks of the endpoint's path, in order. */
  readonly pathValues: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
}

export interface Target {
  readonly id: string;
  readonly arn: string;
  readonly roleArn?: string;
  /** JSON text that is sent instead of the event. */
  readonly input?: string;
  readonly inputPath?: string;
  readonly transformer?: { readonly paths: Readonly<Record<string, string>>; readonly template: string };
  /** Of a FIFO queue. */
  readonly messageGroupId?: string;
  readonly http?: HttpParameters;
  readonly retry?: RetryPolicy;
  /** A queue for what could not be delivered. */
  readonly deadLetterArn?: string;
}

const attemptsDefault = 185;
const ageDefaultSeconds = 86_400;
/** At this pause, 185 tries take a day. */
const pauseMaxMs = 480_000;

export type Exhausted = 'MaximumRetryAttempts' | 'MaximumEventAgeInSeconds';

/**
 * When to try again: pauses double up to 8 minutes, for a day or 185 tries unless the policy says less.
 * @param attempts deliveries that failed before the last one
 * @param ageMs since the event came in
 */
export function planRetry(policy: RetryPolicy = {}, attempts: number, ageMs: number): { pauseMs: number } | Exhausted {
  if (attempts >= (policy.attemptsMax ?? attemptsDefault)) return 'MaximumRetryAttempts';
  const pauseMs = growingPause(attempts, pauseMaxMs);
  const limitMs = (policy.ageMaxSeconds ?? ageDefaultSeconds) * 1000;
  return ageMs + pauseMs > limitMs ? 'MaximumEventAgeInSeconds' : { pauseMs };
}
