import type { MessageAttributeValue, SNS } from '@aws-sdk/client-sns';
import type { HandlersOf, RequestContext } from '#gateway';
import { badBatch, badParameter } from '../errors.ts';
import { isBinary, messageBytesMax, sizeOf, type Draft, type MessageAttributes } from '../publication.ts';
import type { Published, Publisher } from '../publisher.ts';
import { addressOfTopicArn, type TopicAddress } from '../topic.ts';

// Limit: a batch has at most 10 entries.
const entriesMax = 10;

interface DraftInput {
  readonly Message?: string | undefined;
  readonly Subject?: string | undefined;
  readonly MessageStructure?: string | undefined;
  readonly MessageAttributes?: Readonly<Record<string, MessageAttributeValue>> | undefined;
  readonly MessageGroupId?: string | undefined;
  readonly MessageDeduplicationId?: string | undefined;
}

export function publishOperations(publisher: Publisher): HandlersOf<SNS> {
  return {
    async Publish(input, context) {
      const [outcome] = await publisher.publish(targetOf(input), [draftOf(input, context)]);
      if (outcome === undefined || 'error' in outcome) throw outcome?.error ?? new Error('A message had no outcome.');
      return wirePublished(outcome);
    },
    async PublishBatch(input, context) {
      const entries = input.PublishBatchRequestEntries ?? [];
      checkIds(entries.map(({ Id = '' }) => Id));
      const drafts = entries.map((entry) => draftOf(entry, context));
      if (drafts.reduce((sum, draft) => sum + sizeOf(draft), 0) > messageBytesMax)
        throw badBatch('BatchRequestTooLong', 'The length of all the messages put together is more than the limit.');
      const outcomes = await publisher.publish(addressOfTopicArn(input.TopicArn ?? ''), drafts);
      const Successful: object[] = [];
      const Failed: { Id: string; Code: string; Message: string; SenderFault: boolean }[] = [];
      for (const [at, { Id = '' }] of entries.entries()) {
        const outcome = outcomes[at]!;
        if (!('error' in outcome)) Successful.push({ Id, ...wirePublished(outcome) });
        else Failed.push({ Id, Code: outcome.error.code, Message: outcome.error.message, SenderFault: true });
      }
      return { Successful, Failed };
    },
  };
}

function targetOf(input: {
  TopicArn?: string | undefined;
  TargetArn?: string | undefined;
  PhoneNumber?: string | undefined;
}): TopicAddress {
  if (input.PhoneNumber !== undefined)
    throw badParameter('PhoneNumber Reason: text messages are not served by Millpond');
  const arn = input.TopicArn ?? input.TargetArn;
  if (arn === undefined) throw badParameter('TopicArn or TargetArn Reason: no value for required parameter');
  return addressOfTopicArn(arn, input.TopicArn === undefined ? 'TargetArn' : 'TopicArn');
}

function draftOf(input: DraftInput, { headers }: RequestContext): Draft {
  return {
    message: input.Message ?? '',
    subject: input.Subject === '' ? undefined : input.Subject,
    structure: input.MessageStructure,
    attributes: attributesOf(input.MessageAttributes),
    groupId: input.MessageGroupId,
    deduplicationId: input.MessageDeduplicationId,
    traceHeader: headers['x-amzn-trace-id'],
  };
}

function attributesOf(values: Readonly<Record<string, MessageAttributeValue>> | undefined): MessageAttributes {
  const entries = Object.entries(values ?? {}).map(([name, { DataType = '', StringValue, BinaryValue }]) => {
    const value = isBinary(DataType) ? Buffer.from(BinaryValue ?? []).toString('base64') : (StringValue ?? '');
    return [name, { dataType: DataType, value }];
  });
  return Object.fromEntries(entries) as MessageAttributes;
}

function wirePublished({ id, sequenceNumber }: Published) {
  return { MessageId: id, ...(sequenceNumber !== undefined && { SequenceNumber: sequenceNumber }) };
}

/** @throws EmptyBatchRequest, TooManyEntriesInBatchRequest, InvalidBatchEntryId or BatchEntryIdsNotDistinct */
function checkIds(ids: readonly string[]): void {
  if (ids.length === 0) throw badBatch('EmptyBatchRequest', "The batch request doesn't contain any entries.");
  if (ids.length > entriesMax)
    throw badBatch(
      'TooManyEntriesInBatchRequest',
      `The batch request contains more entries than permissible: ${ids.length} of ${entriesMax}.`,
    );
  const bad = ids.find((id) => !/^[\w-]{1,80}$/.test(id));
  if (bad !== undefined)
    throw badBatch(
      'InvalidBatchEntryId',
      `The Id '${bad.slice(0, 90)}' of a batch entry doesn't abide by the specification.`,
    );
  if (new Set(ids).size < ids.length)
    throw badBatch('BatchEntryIdsNotDistinct', 'Two or more batch entries in the request have the same Id.');
}
