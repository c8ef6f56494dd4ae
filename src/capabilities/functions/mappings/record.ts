/** A message of a queue as a function sees it (Lambda Developer Guide, "Example Amazon SQS message event"). */
import { parseArn } from '#kernel/arn';

/** A message as ReceiveMessage answers it. */
export interface QueueMessage {
  readonly MessageId?: string;
  readonly ReceiptHandle?: string;
  readonly Body?: string;
  readonly MD5OfBody?: string;
  readonly Attributes?: Readonly<Record<string, string>>;
  readonly MessageAttributes?: Readonly<
    Record<string, { StringValue?: string; BinaryValue?: Uint8Array; DataType?: string }>
  >;
}

export interface QueueRecord {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly [member: string]: unknown;
}

export function recordOf(message: QueueMessage, queueArn: string): QueueRecord {
  const attributes = Object.entries(message.MessageAttributes ?? {}).map(
    ([name, { StringValue, BinaryValue, DataType }]) => [
      name,
      {
        ...(StringValue !== undefined && { stringValue: StringValue }),
        ...(BinaryValue !== undefined && { binaryValue: Buffer.from(BinaryValue).toString('base64') }),
        stringListValues: [],
        binaryListValues: [],
        dataType: DataType,
      },
    ],
  );
  return {
    messageId: message.MessageId ?? '',
    receiptHandle: message.ReceiptHandle ?? '',
    body: message.Body ?? '',
    attributes: { ...message.Attributes },
    messageAttributes: Object.fromEntries(attributes) as Record<string, unknown>,
    md5OfBody: message.MD5OfBody,
    eventSource: 'aws:sqs',
    eventSourceARN: queueArn,
    awsRegion: parseArn(queueArn).region,
  };
}

export function traceHeaderOf({ attributes }: QueueRecord): string | undefined {
  return attributes['AWSTraceHeader'];
}

/** The record as a filter sees it: a body that is JSON is read. */
export function filteredView(record: QueueRecord): object {
  try {
    return { ...record, body: JSON.parse(record.body) as unknown };
  } catch {
    return record;
  }
}

/**
 * What a function answered to a batch.
 * @returns the ids of the messages that failed; undefined when the whole batch did
 */
export function failuresIn(answer: Buffer, records: readonly QueueRecord[]): ReadonlySet<string> | undefined {
  let told: unknown;
  try {
    told = JSON.parse(answer.toString('utf8'));
  } catch {
    return undefined;
  }
  const list = (told as { batchItemFailures?: unknown } | null)?.batchItemFailures ?? [];
  if (!Array.isArray(list)) return undefined;
  const ids = list.map((item) => (item as { itemIdentifier?: unknown } | null)?.itemIdentifier);
  const known = new Set<unknown>(records.map(({ messageId }) => messageId));
  return ids.every((id) => typeof id === 'string' && known.has(id)) ? new Set(ids as string[]) : undefined;
}
