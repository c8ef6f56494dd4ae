/** Where the outcome of an asynchronous invocation goes: a queue, topic, function, bus or bucket, by the same call that users make. */
import type { Caller, Dispatcher } from '#gateway';
import { parseArn } from '#kernel/arn';
import { newUuid } from '#kernel/ids';
import { invalidParameter } from '../errors.ts';
import { lambdaService } from '../runtime/role-credentials.ts';

export interface Message {
  readonly targetArn: string;
  readonly body: string;
  /** Attributes of a queue's or a topic's message, for dead letters. */
  readonly attributes?: Readonly<Record<string, { readonly type: 'String' | 'Number'; readonly value: string }>>;
  /** For a bus. */
  readonly detailType?: string;
  readonly functionArn: string;
  readonly timeMs: number;
  readonly traceHeader?: string | undefined;
}

interface Call {
  readonly service: string;
  readonly operation: string;
  readonly input: object;
}

/** @throws whatever the target answers, or InvalidParameterValueException for an ARN of another kind */
export async function sendMessage(dispatcher: Dispatcher, message: Message, caller: Caller): Promise<void> {
  const { region } = parseArn(message.targetArn);
  const as = {
    caller,
    region: region === '' ? parseArn(message.functionArn).region : region,
    invokedBy: lambdaService,
    traceHeader: message.traceHeader,
  };
  const { service, operation, input } = planCall(message);
  if (service === 'sqs') {
    const { accountId, resource } = parseArn(message.targetArn);
    const where = { QueueName: resource, QueueOwnerAWSAccountId: accountId };
    const { QueueUrl } = (await dispatcher.call('sqs', 'GetQueueUrl', where, as)) as { QueueUrl: string };
    await dispatcher.call(service, operation, { ...input, QueueUrl }, as);
    return;
  }
  const answer = (await dispatcher.call(service, operation, input, as)) as { FailedEntryCount?: number };
  if ((answer.FailedEntryCount ?? 0) > 0)
    throw invalidParameter(`The bus ${message.targetArn} did not take the event.`);
}

/** @throws InvalidParameterValueException for what is no destination */
export function checkDestination(arn: string): string {
  const { service, resource } = parseArn(arn);
  const isKnown =
    ['sqs', 'sns', 's3'].includes(service) ||
    (service === 'lambda' && resource.startsWith('function:')) ||
    (service === 'events' && resource.startsWith('event-bus/'));
  if (!isKnown) {
    throw invalidParameter(
      `The destination ${arn} is not supported: it takes a queue, topic, function, bus or bucket.`,
    );
  }
  return arn;
}

function planCall({ targetArn, body, attributes = {}, detailType, functionArn, timeMs }: Message): Call {
  const { service, resource } = parseArn(targetArn);
  const MessageAttributes = Object.fromEntries(
    Object.entries(attributes).map(([name, { type, value }]) => [name, { DataType: type, StringValue: value }]),
  );
  switch (service) {
    case 'sqs':
      return { service: 'sqs', operation: 'SendMessage', input: { MessageBody: body, MessageAttributes } };
    case 'sns':
      return { service: 'sns', operation: 'Publish', input: { TopicArn: targetArn, Message: body, MessageAttributes } };
    case 'lambda':
      return {
        service: 'lambda',
        operation: 'Invoke',
        input: { FunctionName: targetArn, InvocationType: 'Event', Payload: Buffer.from(body) },
      };
    case 'events': {
      const entry = {
        EventBusName: targetArn,
        Source: 'lambda',
        DetailType: detailType ?? 'Lambda Function Invocation Result',
        Detail: body,
        Resources: [functionArn],
        Time: new Date(timeMs),
      };
      return { service: 'events', operation: 'PutEvents', input: { Entries: [entry] } };
    }
    case 's3': {
      const day = new Date(timeMs).toISOString().slice(0, 10).replaceAll('-', '/');
      const name = parseArn(functionArn).resource.split(':')[1] ?? '';
      const Key = `aws/lambda/async/${name}/${day}/${new Date(timeMs).toISOString()}-${newUuid()}`;
      return { service: 's3', operation: 'PutObject', input: { Bucket: resource, Key, Body: Buffer.from(body) } };
    }
    default:
      throw invalidParameter(`${targetArn} is not a destination that is served here.`);
  }
}
