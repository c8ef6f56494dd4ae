/**
 * Targets of schedules: the kinds that Scheduler has templates for, and any other operation by its name ("universal
 * targets" of the EventBridge Scheduler user guide).
 */
import { isJsonObject } from '#kernel/exact-json';
import { validation } from '../errors.ts';
import { checkDeadLetterQueue } from '../targets/dead-letters.ts';
import { destinationOf, type Destination } from '../targets/destination.ts';
import type { RetryPolicy } from '../targets/target.ts';

export interface ScheduleTarget {
  readonly arn: string;
  readonly roleArn: string;
  readonly input?: string;
  /** Of a FIFO queue. */
  readonly messageGroupId?: string;
  /** Of an event bus. */
  readonly event?: { readonly detailType: string; readonly source: string };
  readonly retry?: RetryPolicy;
  readonly deadLetterArn?: string;
}

/** An operation of an AWS service, by the names that the dispatcher knows. */
export interface UniversalTarget {
  readonly kind: 'operation';
  readonly service: string;
  readonly operation: string;
}

export type ScheduleDestination =
  | UniversalTarget
  | Extract<Destination, { kind: 'function' | 'topic' | 'state-machine' | 'queue' | 'bus' }>;

/** Where a name of the SDK is not that of the service model. */
const modelNames: Readonly<Record<string, string>> = {
  sfn: 'stepfunctions',
  eventbridge: 'events',
  cloudwatchlogs: 'logs',
};

/** Verbs of operations that only read; Scheduler has no use for their answers and refuses them. */
const readingVerbs =
  /^(get|describe|list|poll|receive|search|scan|query|select|read|lookup|discover|validate|batchGet|head|test|detect|estimate|preview)(?=[A-Z]|$)/;

/** @throws ValidationException naming a kind of target that is not served */
export function scheduleDestinationOf(arn: string): ScheduleDestination {
  const universal = /^arn:[^:]+:scheduler:::aws-sdk:([A-Za-z0-9-]+):([A-Za-z0-9]+)$/.exec(arn);
  if (universal !== null) {
    const [, service = '', action = ''] = universal;
    if (readingVerbs.test(action))
      throw validation(`${arn} names an operation that only reads; its answer would be lost.`);
    return {
      kind: 'operation',
      service: modelNames[service] ?? service,
      operation: action.charAt(0).toUpperCase() + action.slice(1),
    };
  }
  const destination = destinationOf(arn);
  switch (destination.kind) {
    case 'log-group':
    case 'workflow':
    case 'api-destination':
      throw validation(
        `Provided Arn is not in correct format: ${arn} is no target of a schedule. Name the operation by arn:aws:scheduler:::aws-sdk:service:operation.`,
      );
    default:
      return destination;
  }
}

/** @throws ValidationException */
export function checkScheduleTarget(target: ScheduleTarget): void {
  const destination = scheduleDestinationOf(target.arn);
  const { input, deadLetterArn } = target;
  if (destination.kind === 'operation' && input !== undefined && !isJsonObject(input)) {
    throw validation(`The Input of the universal target ${target.arn} is not the JSON text of an object.`);
  }
  if (destination.kind === 'bus') {
    if (target.event === undefined) throw validation('EventBridgeParameters are required for an event bus.');
    if (input !== undefined && !isJsonObject(input))
      throw validation('The Input for an event bus is the JSON text of its detail.');
  }
  if (destination.kind === 'queue' && destination.queue.endsWith('.fifo') && target.messageGroupId === undefined) {
    throw validation('SqsParameters with a MessageGroupId are required for a FIFO queue.');
  }
  if (deadLetterArn !== undefined) checkDeadLetterQueue(deadLetterArn);
}

/** What the context attributes of an input stand for. */
export interface RunFacts {
  readonly scheduleArn: string;
  readonly scheduledTime: string;
  readonly executionId: string;
  readonly attempt: number;
}

export function fillContext(input: string, facts: RunFacts): string {
  return input
    .replaceAll('<aws.scheduler.schedule-arn>', facts.scheduleArn)
    .replaceAll('<aws.scheduler.scheduled-time>', facts.scheduledTime)
    .replaceAll('<aws.scheduler.execution-id>', facts.executionId)
    .replaceAll('<aws.scheduler.attempt-number>', String(facts.attempt));
}
