/**
 * How often and when a delivery is tried again: "Amazon SNS message delivery retries" of the developer guide. Only
 * HTTP endpoints have policies of their own; the other retries are those of the service.
 */
import { badParameter } from './errors.ts';

type Backoff = 'linear' | 'arithmetic' | 'geometric' | 'exponential';

interface RetryPolicy {
  readonly minDelayTarget: number;
  readonly maxDelayTarget: number;
  readonly numRetries: number;
  readonly numNoDelayRetries: number;
  readonly numMinDelayRetries: number;
  readonly numMaxDelayRetries: number;
  readonly backoffFunction: Backoff;
}

const defaults: RetryPolicy = {
  minDelayTarget: 20,
  maxDelayTarget: 20,
  numRetries: 3,
  numNoDelayRetries: 0,
  numMinDelayRetries: 0,
  numMaxDelayRetries: 0,
  backoffFunction: 'linear',
};

// Differs from AWS: deliveries are not throttled; a throttlePolicy is kept and shown.
interface PolicyText {
  readonly http?: {
    readonly defaultHealthyRetryPolicy?: Partial<RetryPolicy>;
    readonly disableSubscriptionOverrides?: boolean;
    readonly defaultRequestPolicy?: { readonly headerContentType?: string };
  };
  readonly healthyRetryPolicy?: Partial<RetryPolicy>;
  readonly requestPolicy?: { readonly headerContentType?: string };
}

/**
 * @param text the attribute DeliveryPolicy of a topic or a subscription
 * @throws InvalidParameter
 */
export function checkDeliveryPolicy(text: string): void {
  let policy: PolicyText;
  try {
    policy = JSON.parse(text) as PolicyText;
  } catch {
    throw badParameter('DeliveryPolicy: failed to parse JSON.');
  }
  if (typeof policy !== 'object' || policy === null) throw badParameter('DeliveryPolicy: must be a JSON object.');
  const retry: RetryPolicy = { ...defaults, ...(policy.http?.defaultHealthyRetryPolicy ?? policy.healthyRetryPolicy) };
  if (!isWhole(retry.minDelayTarget, 1, 3600)) throw outOfRange('minDelayTarget', '1 and 3600 inclusive');
  if (!isWhole(retry.maxDelayTarget, retry.minDelayTarget, 3600))
    throw outOfRange('maxDelayTarget', 'minDelayTarget and 3600 inclusive');
  if (!isWhole(retry.numRetries, 0, 100)) throw outOfRange('numRetries', '0 and 100 inclusive');
  const phases = [retry.numNoDelayRetries, retry.numMinDelayRetries, retry.numMaxDelayRetries];
  if (!phases.every((count) => isWhole(count, 0, 100)))
    throw outOfRange('the retries of each phase', '0 and 100 inclusive');
  if (phases.reduce((sum, count) => sum + count, 0) > retry.numRetries)
    throw badParameter(
      'DeliveryPolicy: numNoDelayRetries + numMinDelayRetries + numMaxDelayRetries must not exceed numRetries',
    );
  if (!['linear', 'arithmetic', 'geometric', 'exponential'].includes(retry.backoffFunction))
    throw badParameter(
      `DeliveryPolicy: backoffFunction '${retry.backoffFunction}' must be linear, arithmetic, geometric or exponential`,
    );
}

/** The content type of requests to an HTTP endpoint. */
export function contentTypeOf(topicPolicy: string | undefined, ownPolicy: string | undefined): string {
  return (
    readPolicy(ownPolicy).requestPolicy?.headerContentType ??
    readPolicy(topicPolicy).http?.defaultRequestPolicy?.headerContentType ??
    'text/plain; charset=UTF-8'
  );
}

/**
 * The pause before an HTTP endpoint is tried again.
 * @param failures deliveries that failed, the last included
 * @returns ms; undefined gives up
 */
export function httpRetryMs(
  failures: number,
  topicPolicy: string | undefined,
  ownPolicy: string | undefined,
): number | undefined {
  const { http } = readPolicy(topicPolicy);
  const own = http?.disableSubscriptionOverrides === true ? undefined : readPolicy(ownPolicy).healthyRetryPolicy;
  const policy: RetryPolicy = { ...defaults, ...http?.defaultHealthyRetryPolicy, ...own };
  const { numRetries, numNoDelayRetries, numMinDelayRetries, numMaxDelayRetries } = policy;
  if (failures > numRetries) return undefined;
  if (failures <= numNoDelayRetries) return 0;
  const inBackoff = failures - numNoDelayRetries - numMinDelayRetries;
  if (inBackoff <= 0) return policy.minDelayTarget * 1000;
  const backoffRetries = numRetries - numNoDelayRetries - numMinDelayRetries - numMaxDelayRetries;
  if (inBackoff > backoffRetries) return policy.maxDelayTarget * 1000;
  return backoffSeconds(policy, inBackoff / backoffRetries) * 1000;
}

/** The pause before a queue or a function is tried again: 100,015 times over 23 days. */
export function serviceRetryMs(failures: number): number | undefined {
  if (failures <= 3) return 0;
  if (failures <= 5) return 1000;
  if (failures <= 15) return Math.min(20_000, 1000 * 2 ** (failures - 6));
  return failures <= 100_015 ? 20_000 : undefined;
}

/** The pause before a mail is tried again: 50 times over 6 hours. */
export function mailRetryMs(failures: number): number | undefined {
  if (failures <= 2) return 10_000;
  if (failures <= 12) return Math.min(600_000, 10_000 * 2 ** (failures - 3));
  return failures <= 50 ? 600_000 : undefined;
}

/** @param progress from above 0 to 1 through the backoff phase */
function backoffSeconds(
  { minDelayTarget: min, maxDelayTarget: max, backoffFunction }: RetryPolicy,
  progress: number,
): number {
  switch (backoffFunction) {
    case 'linear':
      return min + (max - min) * progress;
    case 'arithmetic':
      return min + (max - min) * progress ** 2;
    case 'geometric':
      return min * (max / min) ** progress;
    case 'exponential':
      return min + ((max - min) * (2 ** (progress * 8) - 1)) / 255;
  }
}

function readPolicy(text: string | undefined): PolicyText {
  return text === undefined ? {} : (JSON.parse(text) as PolicyText);
}

function isWhole(value: unknown, min: number, max: number): boolean {
  return Number.isInteger(value) && (value as number) >= min && (value as number) <= max;
}

function outOfRange(name: string, range: string): Error {
  return badParameter(`DeliveryPolicy: ${name} must be between ${range}`);
}
