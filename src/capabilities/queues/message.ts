/** A message on its way in and out: what it may hold, how large it is, how it is named. */
import { createHash } from 'node:crypto';
import { isBinary, type MessageAttribute, type MessageAttributes } from './attribute-digest.ts';
import { badContents, badParameter, badValue, missing } from './errors.ts';
import type { QueueSettings } from './queue.ts';

export interface MessageDraft {
  readonly body: string;
  readonly attributes: MessageAttributes;
  readonly traceHeader?: string | undefined;
  readonly delaySeconds?: number | undefined;
  readonly groupId?: string | undefined;
  readonly deduplicationId?: string | undefined;
}

export interface StoredMessage {
  /** Grows in the order in which messages came to their queue. */
  readonly seq: number;
  readonly id: string;
  readonly body: string;
  readonly bodyMd5: string;
  readonly attributes: MessageAttributes;
  readonly traceHeader: string | undefined;
  readonly senderId: string;
  readonly sentMs: number;
  readonly visibleMs: number;
  /** Over all queues it was in. */
  readonly receiveCount: number;
  readonly firstReceivedMs: number | undefined;
  readonly groupId: string | undefined;
  readonly deduplicationId: string | undefined;
  /** The queue that gave it up. */
  readonly sourceArn: string | undefined;
}

// Limit: a message has at most 10 attributes, a name of them 256 characters.
const attributesMax = 10;

/** @throws the error of what is wrong with the message for such a queue */
export function checkDraft(draft: MessageDraft, settings: QueueSettings): void {
  const { body, attributes, delaySeconds, groupId, deduplicationId } = draft;
  if (body === '') throw missing('The request must contain the parameter MessageBody.');
  checkText(body);
  checkAttributes(attributes);
  if (sizeOf(draft) > settings.messageBytesMax) {
    throw badParameter(
      `One or more parameters are invalid. Reason: Message must be shorter than ${settings.messageBytesMax} bytes.`,
    );
  }
  if (delaySeconds !== undefined && (delaySeconds < 0 || delaySeconds > 900))
    throw badValue('DelaySeconds', delaySeconds, 'DelaySeconds must be >= 0 and <= 900.');
  checkId('MessageGroupId', groupId);
  checkId('MessageDeduplicationId', deduplicationId);
  if (settings.isFifo) return checkFifo(draft, settings);
  if (deduplicationId !== undefined) throw notForThisType('MessageDeduplicationId', deduplicationId);
}

/** Bytes of the body and of names, types and values of the attributes. */
export function sizeOf({ body, attributes }: Pick<MessageDraft, 'body' | 'attributes'>): number {
  let sizeBytes = Buffer.byteLength(body);
  for (const [name, { dataType, value }] of Object.entries(attributes)) {
    const encoding = isBinary(dataType) ? 'base64' : 'utf8';
    sizeBytes += Buffer.byteLength(name) + Buffer.byteLength(dataType) + Buffer.byteLength(value, encoding);
  }
  return sizeBytes;
}

/** By what a FIFO queue tells that a message came twice. */
export function deduplicationKey(draft: MessageDraft): string {
  return draft.deduplicationId ?? createHash('sha256').update(draft.body).digest('hex');
}

/** 20 digits that grow, as FIFO queues give them. */
export function sequenceNumber(seq: number): string {
  return String(18_849_496_460_467_696_128n + BigInt(seq) * 256n);
}

function checkFifo({ groupId, deduplicationId, delaySeconds }: MessageDraft, settings: QueueSettings): void {
  if (groupId === undefined) throw missing('The request must contain the parameter MessageGroupId.');
  if (delaySeconds !== undefined && delaySeconds !== 0) throw notForThisType('DelaySeconds', delaySeconds);
  if (deduplicationId === undefined && !settings.deduplicatesByContent) {
    throw badParameter(
      'The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly',
    );
  }
}

function checkId(name: string, value: string | undefined): void {
  if (value === undefined || /^[!-~]{1,128}$/.test(value)) return;
  throw badValue(
    name,
    value.slice(0, 130),
    `${name} can only include alphanumeric and punctuation characters. 1 to 128 in length.`,
  );
}

function notForThisType(name: string, value: string | number): Error {
  return badValue(name, value, 'The request include parameter that is not valid for this queue type.');
}

function checkText(text: string): void {
  // Lone surrogates arrive as U+FFFD already; what JSON can still say are controls and the two non-characters.
  if (/[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/.test(text) || !text.isWellFormed()) throw badContents();
}

function checkAttributes(attributes: MessageAttributes): void {
  const entries = Object.entries(attributes);
  if (entries.length > attributesMax)
    throw badParameter(`Number of message attributes [${entries.length}] exceeds the allowed maximum [10].`);
  for (const [name, attribute] of entries) {
    checkAttributeName(name);
    checkAttribute(name, attribute);
  }
}

function checkAttributeName(name: string): void {
  const isReserved = /^(?:aws|amazon)\./i.test(name);
  if (!isReserved && name.length <= 256 && /^[\w-]+(?:\.[\w-]+)*$/.test(name)) return;
  throw badParameter(
    `The message attribute name '${name.slice(0, 260)}' is invalid. It takes 1 to 256 letters, digits, hyphens, underscores and single dots inside, and must not begin with AWS. or Amazon.`,
  );
}

function checkAttribute(name: string, { dataType, value }: MessageAttribute): void {
  if (!/^(?:String|Number|Binary)(?:\.[^\s]+)?$/.test(dataType) || dataType.length > 256) {
    throw badParameter(
      `The message attribute '${name}' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.`,
    );
  }
  if (value === '')
    throw badParameter(
      `The message attribute '${name}' must contain a non-empty message attribute value for its type.`,
    );
  if (dataType.startsWith('Number') && !/^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*$/.test(value))
    throw badParameter(`Can't cast the value of message (user) attribute '${name}' to a number.`);
  if (!isBinary(dataType)) checkText(value);
}
