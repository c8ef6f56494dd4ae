/** A subscription filter: which events of a log group go to a function as they come in. */
import { findArn } from '#kernel/arn';
import { invalidParameter } from '../errors.ts';
import { parseFilterPattern } from '../filter-pattern.ts';

export interface SubscriptionFilter {
  readonly name: string;
  /** As FilterLogEvents reads it; empty for every event. */
  readonly pattern: string;
  /** ARN of a function. */
  readonly destinationArn: string;
  /** Differs from AWS: recorded; a function is invoked by the service itself. */
  readonly roleArn?: string;
  /** Differs from AWS: recorded; it matters to streams of Kinesis only. */
  readonly distribution?: string;
  readonly createdMs: number;
}

/** An event with its place in the order of ingestion. */
export interface StoredEvent {
  readonly id: number;
  readonly timestampMs: number;
  readonly message: string;
}

/** @throws InvalidParameterException naming the member that cannot be */
export function checkSubscriptionFilter(filter: SubscriptionFilter): SubscriptionFilter {
  parseFilterPattern(filter.pattern);
  const parts = findArn(filter.destinationArn);
  if (parts?.service !== 'lambda' || !parts.resource.startsWith('function:')) {
    throw invalidParameter(
      `destinationArn must be the ARN of a function here, not '${filter.destinationArn.slice(0, 200)}'.`,
    );
  }
  return filter;
}
