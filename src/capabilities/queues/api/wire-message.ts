/** Messages as the API writes them. */
import type { MessageAttributeValue, MessageSystemAttributeName } from '@aws-sdk/client-sqs';
import type { RequestContext } from '#gateway';
import { digestOf, isBinary, type MessageAttribute, type MessageAttributes } from '../attribute-digest.ts';
import { badParameter, unknownAttribute } from '../errors.ts';
import { sequenceNumber, type MessageDraft } from '../message.ts';
import type { ReceivedMessage } from '../messages.ts';

export interface DraftInput {
  readonly MessageBody?: string | undefined;
  readonly DelaySeconds?: number | undefined;
  readonly MessageAttributes?: Readonly<Record<string, MessageAttributeValue>> | undefined;
  readonly MessageSystemAttributes?: Readonly<Record<string, MessageAttributeValue>> | undefined;
  readonly MessageGroupId?: string | undefined;
  readonly MessageDeduplicationId?: string | undefined;
}

/** @param context of the request, whose trace header counts where the message names none */
export function draftOf(input: DraftInput, context?: Pick<RequestContext, 'headers'>): MessageDraft {
  const { AWSTraceHeader: trace } = input.MessageSystemAttributes ?? {};
  return {
    body: input.MessageBody ?? '',
    attributes: attributesOf(input.MessageAttributes),
    traceHeader: trace?.StringValue ?? context?.headers['x-amzn-trace-id'],
    delaySeconds: input.DelaySeconds,
    groupId: input.MessageGroupId,
    deduplicationId: input.MessageDeduplicationId,
  };
}

export function systemDigest(input: DraftInput): string | undefined {
  return digestOf(attributesOf(input.MessageSystemAttributes));
}

/** Names of the system and message attributes that a receive asks for. */
export interface WantedNames {
  readonly system: readonly string[];
  readonly message: readonly string[];
}

const systemNames: readonly string[] = [
  'All',
  'SenderId',
  'SentTimestamp',
  'ApproximateReceiveCount',
  'ApproximateFirstReceiveTimestamp',
  'SequenceNumber',
  'MessageDeduplicationId',
  'MessageGroupId',
  'AWSTraceHeader',
  'DeadLetterQueueSourceArn',
];

/** @throws InvalidAttributeName naming a system attribute that there is not */
export function wireNames(input: {
  AttributeNames?: readonly string[] | undefined;
  MessageSystemAttributeNames?: readonly string[] | undefined;
  MessageAttributeNames?: readonly string[] | undefined;
}): WantedNames {
  const system = [...(input.AttributeNames ?? []), ...(input.MessageSystemAttributeNames ?? [])];
  const unknown = system.find((name) => !systemNames.includes(name));
  if (unknown !== undefined) throw unknownAttribute(unknown);
  return {
    system,
    message: input.MessageAttributeNames ?? [],
  };
}

export function wireMessage({ message, receiptHandle }: ReceivedMessage, wanted: WantedNames, isFifo: boolean) {
  const system = systemAttributes(message, isFifo).filter(
    ([name]) => wanted.system.includes('All') || wanted.system.includes(name),
  );
  const attributes = Object.entries(message.attributes).filter(([name]) => isWanted(name, wanted.message));
  const attributesMd5 = digestOf(Object.fromEntries(attributes));
  return {
    MessageId: message.id,
    ReceiptHandle: receiptHandle,
    MD5OfBody: message.bodyMd5,
    Body: message.body,
    ...(system.length > 0 && { Attributes: Object.fromEntries(system) }),
    ...(attributesMd5 !== undefined && {
      MD5OfMessageAttributes: attributesMd5,
      MessageAttributes: Object.fromEntries(attributes.map(([name, attribute]) => [name, wireAttribute(attribute)])),
    }),
  };
}

function systemAttributes(
  message: ReceivedMessage['message'],
  isFifo: boolean,
): (readonly [MessageSystemAttributeName, string])[] {
  const all: readonly (readonly [MessageSystemAttributeName, string | undefined])[] = [
    ['SenderId', message.senderId],
    ['SentTimestamp', String(message.sentMs)],
    ['ApproximateReceiveCount', String(message.receiveCount)],
    ['ApproximateFirstReceiveTimestamp', String(message.firstReceivedMs ?? message.sentMs)],
    ['SequenceNumber', isFifo ? sequenceNumber(message.seq) : undefined],
    ['MessageDeduplicationId', message.deduplicationId],
    ['MessageGroupId', message.groupId],
    ['AWSTraceHeader', message.traceHeader],
    ['DeadLetterQueueSourceArn', message.sourceArn],
  ];
  return all.filter((entry): entry is readonly [MessageSystemAttributeName, string] => entry[1] !== undefined);
}

/** `All` and `.*` stand for every name, `bar.*` for those that begin so. */
function isWanted(name: string, wanted: readonly string[]): boolean {
  return wanted.some((one) => {
    if (one === 'All' || one === '.*' || one === name) return true;
    return one.endsWith('.*') && name.startsWith(one.slice(0, -1));
  });
}

function attributesOf(values: Readonly<Record<string, MessageAttributeValue>> | undefined): MessageAttributes {
  return Object.fromEntries(Object.entries(values ?? {}).map(([name, value]) => [name, attributeOf(name, value)]));
}

function attributeOf(name: string, value: MessageAttributeValue): MessageAttribute {
  const dataType = value.DataType ?? '';
  if ((value.StringListValues?.length ?? 0) + (value.BinaryListValues?.length ?? 0) > 0)
    throw badParameter(`Message attribute '${name}' has a list value; lists are reserved and not supported.`);
  const isBytes = isBinary(dataType);
  if ((isBytes ? value.StringValue : value.BinaryValue) !== undefined) {
    const kind = isBytes ? 'a StringValue' : 'a BinaryValue';
    throw badParameter(`The message attribute '${name}' with type '${dataType}' must not have ${kind}.`);
  }
  if (isBytes) return { dataType, value: Buffer.from(value.BinaryValue ?? []).toString('base64') };
  return { dataType, value: value.StringValue ?? '' };
}

function wireAttribute({ dataType, value }: MessageAttribute): MessageAttributeValue {
  return isBinary(dataType)
    ? { BinaryValue: Buffer.from(value, 'base64'), DataType: dataType }
    : { StringValue: value, DataType: dataType };
}
