/** What is published: the rules for messages, and the text that each protocol gets. */
import { createHash } from 'node:crypto';
import { badAttribute, badParameter } from './errors.ts';
import type { Topic } from './topic.ts';
import { isFifo } from './topic.ts';

export interface MessageAttribute {
  /** `String`, `String.Array`, `Number` or `Binary`. */
  readonly dataType: string;
  /** Text, or base64 of the bytes when the type is Binary. */
  readonly value: string;
}

export type MessageAttributes = Readonly<Record<string, MessageAttribute>>;

export interface Draft {
  readonly message: string;
  readonly subject?: string | undefined;
  /** `json`: the message is an object of texts by protocol. */
  readonly structure?: string | undefined;
  readonly attributes: MessageAttributes;
  readonly groupId?: string | undefined;
  readonly deduplicationId?: string | undefined;
  /** The X-Ray trace header of who published. */
  readonly traceHeader?: string | undefined;
}

/** A message that was accepted. */
export interface Publication {
  readonly id: string;
  readonly topicArn: string;
  readonly publishedMs: number;
  readonly draft: Draft;
  /** Of FIFO topics: 20 digits that grow. */
  readonly sequenceNumber?: string | undefined;
}

// Limit: a message with its attributes has at most 256 KiB, and so has a batch.
export const messageBytesMax = 262_144;

/** @throws InvalidParameter saying which rule is broken */
export function checkDraft(draft: Draft, topic: Topic): void {
  const { message, subject, attributes, groupId, deduplicationId } = draft;
  if (message === '') throw badParameter('Empty message');
  if (sizeOf(draft) > messageBytesMax) throw badParameter('Message too long');
  if (subject !== undefined && !/^[!-~][ -~]{0,99}$/.test(subject)) throw badParameter('Subject');
  if (draft.structure !== undefined && draft.structure !== 'json') throw badParameter('MessageStructure');
  if (draft.structure === 'json') readTexts(message);
  for (const [name, attribute] of Object.entries(attributes)) checkAttribute(name, attribute);
  checkId('MessageGroupId', groupId);
  checkId('MessageDeduplicationId', deduplicationId);
  if (isFifo(topic)) return checkFifo(draft, topic);
  if (deduplicationId !== undefined)
    throw badParameter(
      'MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not valid for this topic type',
    );
}

export function sizeOf({ message, attributes }: Draft): number {
  let sizeBytes = Buffer.byteLength(message);
  for (const [name, { dataType, value }] of Object.entries(attributes)) {
    sizeBytes += Buffer.byteLength(name) + Buffer.byteLength(dataType);
    sizeBytes += Buffer.byteLength(value, isBinary(dataType) ? 'base64' : 'utf8');
  }
  return sizeBytes;
}

/** The text for a protocol. */
export function textFor({ message, structure }: Draft, protocol: string): string {
  if (structure !== 'json') return message;
  const texts = readTexts(message);
  const own = texts[protocol];
  return typeof own === 'string' ? own : String(texts['default']);
}

/** By what a FIFO topic tells that a message came twice. */
export function deduplicationKey({ deduplicationId, message, groupId }: Draft, topic: Topic): string {
  const id = deduplicationId ?? createHash('sha256').update(message).digest('hex');
  return topic.attributes['FifoThroughputScope'] === 'MessageGroup' ? `${groupId}\n${id}` : `\n${id}`;
}

/** The deduplication id as it goes on to queues. */
export function deduplicationIdOf({ deduplicationId, message }: Draft): string {
  return deduplicationId ?? createHash('sha256').update(message).digest('hex');
}

export function isBinary(dataType: string): boolean {
  return dataType.startsWith('Binary');
}

function checkFifo({ groupId, deduplicationId }: Draft, topic: Topic): void {
  if (groupId === undefined) throw badParameter('The MessageGroupId parameter is required for FIFO topics');
  if (deduplicationId === undefined && topic.attributes['ContentBasedDeduplication'] !== 'true')
    throw badParameter(
      'The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly',
    );
}

function checkId(name: string, value: string | undefined): void {
  if (value === undefined || /^[!-~]{1,128}$/.test(value)) return;
  throw badParameter(
    `${name} Reason: ${name} can only include alphanumeric and punctuation characters. 1 to 128 in length.`,
  );
}

function checkAttribute(name: string, { dataType, value }: MessageAttribute): void {
  if (!/^[\w-]+(?:\.[\w-]+)*$/.test(name) || name.length > 256 || /^(?:aws|amazon)\./i.test(name))
    throw badAttribute(
      `The message attribute name '${name.slice(0, 260)}' is invalid. It takes 1 to 256 letters, digits, hyphens, underscores and single dots inside, and must not begin with AWS. or Amazon.`,
    );
  if (!/^(?:String|Number|Binary)(?:\.[^\s]+)?$/.test(dataType))
    throw badAttribute(
      `The message attribute '${name}' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.`,
    );
  if (value === '')
    throw badAttribute(
      `The message attribute '${name}' must contain non-empty message attribute value for message attribute type '${dataType}'.`,
    );
  if (dataType.startsWith('Number') && !/^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*$/.test(value))
    throw badAttribute(`Could not cast message attribute '${name}' value to number.`);
  if (dataType === 'String.Array' && !isArrayOfScalars(value))
    throw badAttribute(
      `The message attribute '${name}' of type String.Array must be a JSON array of strings, numbers, true, false and null.`,
    );
}

function isArrayOfScalars(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) && value.every((item) => item === null || typeof item !== 'object');
  } catch {
    return false;
  }
}

function readTexts(message: string): Record<string, unknown> {
  let texts: unknown;
  try {
    texts = JSON.parse(message);
  } catch {
    throw badParameter('Message Structure - JSON message body failed to parse');
  }
  if (typeof texts !== 'object' || texts === null)
    throw badParameter('Message Structure - JSON message body failed to parse');
  const { default: fallback } = texts as Record<string, unknown>;
  if (typeof fallback !== 'string') throw badParameter('Message Structure - No default entry in JSON message body');
  return texts as Record<string, unknown>;
}
