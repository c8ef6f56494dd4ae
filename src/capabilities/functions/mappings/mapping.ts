/** An event source mapping: a queue whose messages are handed to a function in batches. */
import { findArn } from '#kernel/arn';
import { compilePattern, type EventTest } from '#languages/event-pattern/event-pattern';
import { invalidParameter } from '../errors.ts';
import type { FunctionRef } from '../function-name.ts';

export interface MappingSettings {
  readonly ref: FunctionRef;
  readonly enabled: boolean;
  readonly batchSize: number;
  /** How long a batch may gather. */
  readonly windowSeconds: number;
  /** The function names the messages that failed. */
  readonly reportsFailures: boolean;
  /** Event patterns as JSON text; a message that fits none is dropped. */
  readonly filters: readonly string[];
  /** Batches at once; undefined for the default. */
  readonly maxConcurrency?: number;
}

export interface Mapping extends MappingSettings {
  readonly uuid: string;
  /** Of the mapping. */
  readonly scope: string;
  readonly sourceArn: string;
  readonly modifiedMs: number;
  readonly tags: Readonly<Record<string, string>>;
}

// Limit: a batch of a FIFO queue has at most 10 messages, one of a standard queue 10,000, as in AWS.
const fifoBatchMax = 10;
const batchMax = 10_000;
const pollMax = 10;
const filtersMax = 5;

/** @throws InvalidParameterValueException for a source that cannot be polled here */
export function checkSource(arn: string | undefined): string {
  const service = findArn(arn ?? '')?.service;
  if (arn !== undefined && service === 'sqs') return arn;
  throw invalidParameter(
    arn === undefined
      ? 'EventSourceArn is required: the ARN of a queue. Kafka sources are not supported here.'
      : `Unrecognized event source, must be the ARN of a queue here: ${arn} (${service ?? 'no ARN'} is not supported).`,
  );
}

/** @throws InvalidParameterValueException */
export function checkMapping(mapping: Mapping): Mapping {
  const { sourceArn, batchSize, windowSeconds, filters } = mapping;
  const isFifo = sourceArn.endsWith('.fifo');
  const sizeMax = isFifo ? fifoBatchMax : batchMax;
  if (batchSize < 1 || batchSize > sizeMax) {
    throw invalidParameter(`BatchSize is ${batchSize}; for this queue it takes 1 to ${sizeMax}.`);
  }
  if (isFifo && windowSeconds > 0) {
    throw invalidParameter(
      'Batching window is not supported for FIFO queues. Leave MaximumBatchingWindowInSeconds out.',
    );
  }
  if (batchSize > pollMax && windowSeconds === 0) {
    throw invalidParameter(
      'Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10',
    );
  }
  if (filters.length > filtersMax) throw invalidParameter(`FilterCriteria has more than ${filtersMax} filters.`);
  compileFilters(filters);
  return mapping;
}

/** @returns whether a record fits one of the filters; all do without a filter. @throws InvalidParameterValueException */
export function compileFilters(filters: readonly string[]): EventTest {
  if (filters.length === 0) return () => true;
  const tests = filters.map((text) => {
    try {
      const pattern = JSON.parse(text) as Record<string, unknown>;
      return compilePattern(pattern);
    } catch (error) {
      throw invalidParameter(`Invalid filter pattern definition. (${(error as Error).message})`, error);
    }
  });
  return (event) => tests.some((test) => test(event));
}
