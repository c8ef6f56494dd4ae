/** Hands a message to a destination that an AWS operation, a log group or a Glue workflow stands for. */
import { roleCaller, serviceCaller } from '#access';
import type { Dispatcher } from '#gateway';
import { isPlatformError } from '#kernel/errors';
import type { Logs } from '#logs';
import { validation } from '../errors.ts';
import { operations, type Destination } from './destination.ts';

export interface Message {
  /** The same for every try, so that what can tell repeats apart does. */
  readonly id: string;
  /** Of the event that caused it. */
  readonly eventId: string;
  readonly text: string;
  readonly roleArn?: string | undefined;
  /** Of a FIFO queue. */
  readonly messageGroupId?: string | undefined;
  /** Stream of a log group: the name of the rule. */
  readonly stream: string;
  readonly invokedBy: 'events.amazonaws.com' | 'scheduler.amazonaws.com';
}

export type SendableDestination = Exclude<Destination, { kind: 'bus' | 'api-destination' }>;

export interface SenderParts {
  readonly dispatcher: Dispatcher;
  readonly logs: Logs;
  /** Tells a Glue workflow that starts by events of one; it is on disk when the promise resolves. */
  readonly notifyWorkflow: (scope: string, workflow: string, eventId: string) => Promise<void>;
}

export class Sender {
  readonly #parts: SenderParts;

  constructor(parts: SenderParts) {
    this.#parts = parts;
  }

  /** @throws ValidationException when the service behind the destination is not part of this platform */
  assertServed(destination: Destination): void {
    const operation = operations[destination.kind];
    if (operation === undefined || this.#parts.dispatcher.serves(...operation)) return;
    throw validation(`Target ${destination.arn} cannot be reached: ${operation.join(' ')} is not served here.`);
  }

  /** @throws what the destination answers */
  async send(destination: SendableDestination, message: Message, signal: AbortSignal): Promise<void> {
    const { scope, arn } = destination;
    const call = (service: string, operation: string, input: object): Promise<unknown> =>
      this.call(service, operation, input, { scope, signal, ...message });
    const { text } = message;
    switch (destination.kind) {
      case 'function':
        await call('lambda', 'Invoke', { FunctionName: arn, InvocationType: 'Event', Payload: text });
        return;
      case 'topic':
        await call('sns', 'Publish', { TopicArn: arn, Message: text });
        return;
      case 'queue':
        await this.sendToQueue(
          destination,
          { MessageBody: text, ...fifoMembers(destination.queue, message) },
          message,
          signal,
        );
        return;
      case 'state-machine':
        await ignoreRepeat(
          call('stepfunctions', 'StartExecution', { stateMachineArn: arn, name: message.id, input: text }),
        );
        return;
      case 'log-group':
        // Differs from AWS: a log group that is missing is made, and events of a rule share one stream with its name.
        await this.#parts.logs.append(scope, destination.group, message.stream, [logLineOf(text)]);
        return;
      case 'workflow':
        await this.#parts.notifyWorkflow(scope, destination.workflow, message.eventId);
    }
  }

  async sendToQueue(
    { scope, queue }: { scope: string; queue: string },
    members: object,
    as: Pick<Message, 'roleArn' | 'invokedBy'>,
    signal: AbortSignal,
  ): Promise<void> {
    const [accountId = '', region = ''] = scope.split('/');
    // Built, not asked for: a role that may send need not be allowed to look the queue up.
    const QueueUrl = `https://sqs.${region}.amazonaws.com/${accountId}/${queue}`;
    await this.call('sqs', 'SendMessage', { QueueUrl, ...members }, { scope, signal, ...as });
  }

  /** Any operation, as the role or, without one, as the service itself. */
  call(
    service: string,
    operation: string,
    input: object,
    as: { scope: string; signal: AbortSignal } & Pick<Message, 'roleArn' | 'invokedBy'>,
  ): Promise<unknown> {
    const [accountId = '', region = ''] = as.scope.split('/');
    const caller =
      as.roleArn === undefined
        ? serviceCaller(as.invokedBy, accountId)
        : roleCaller(as.roleArn, accountId, 'EventBridge');
    return this.#parts.dispatcher.call(service, operation, input, {
      caller,
      region,
      signal: as.signal,
      invokedBy: as.invokedBy,
    });
  }
}

/** An input of the form `{"timestamp": …, "message": …}` stands for its message; any other is a line as it is. */
function logLineOf(text: string): string {
  // Other inputs may be large, and are not looked into.
  if (!/^\{"(?:timestamp|message)":/.test(text)) return text;
  const { timestamp: _, message, ...others } = JSON.parse(text) as Record<string, unknown>;
  return typeof message === 'string' && Object.keys(others).length === 0 ? message : text;
}

/** The queue drops a repeat of the same id within five minutes by itself. */
function fifoMembers(queue: string, { id, messageGroupId }: Message): object {
  if (!queue.endsWith('.fifo')) return messageGroupId === undefined ? {} : { MessageGroupId: messageGroupId };
  return { MessageGroupId: messageGroupId, MessageDeduplicationId: id };
}

/** A name that is taken is this very execution, started by a try whose answer was lost. */
async function ignoreRepeat(start: Promise<unknown>): Promise<void> {
  try {
    await start;
  } catch (error) {
    if (!isPlatformError(error, 'ExecutionAlreadyExists')) throw error;
  }
}
