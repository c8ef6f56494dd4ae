import type { SQS } from '@aws-sdk/client-sqs';
import type { HandlersOf } from '#gateway';
import { digestOf } from '../attribute-digest.ts';
import { badValue, missing } from '../errors.ts';
import { sequenceNumber } from '../message.ts';
import type { Messages, Outcome, ReceivedMessage, SentMessage } from '../messages.ts';
import { addressOf } from './address.ts';
import { answerBatch, checkBatch, checkBatchSize } from './batch.ts';
import { draftOf, systemDigest, wireMessage, wireNames, type DraftInput } from './wire-message.ts';

export function messageOperations(messages: Messages): HandlersOf<SQS> {
  return {
    async SendMessage(input, context) {
      const draft = draftOf(input, context);
      const [outcome] = await messages.send(addressOf(input, context), [draft], context.caller.principalId);
      return wireSent(valueOf(outcome), input);
    },
    async SendMessageBatch(input, context) {
      const entries = checkBatch('SendMessageBatchRequestEntry', input.Entries);
      checkBatchSize(entries);
      const drafts = entries.map((entry) => draftOf(entry, context));
      const outcomes = await messages.send(addressOf(input, context), drafts, context.caller.principalId);
      return answerBatch(entries, outcomes, (sent, entry) => ({ Id: entry.Id, ...wireSent(sent, entry) }));
    },
    async ReceiveMessage(input, context) {
      const max = input.MaxNumberOfMessages ?? 1;
      if (max < 1 || max > 10) throw badValue('MaxNumberOfMessages', max, 'Must be between 1 and 10, if provided.');
      const waitMs = millisecondsOf('WaitTimeSeconds', input.WaitTimeSeconds, 20);
      const visibilityMs = millisecondsOf('VisibilityTimeout', input.VisibilityTimeout, 43_200);
      const options = { max, waitMs, visibilityMs, attemptId: input.ReceiveRequestAttemptId };
      const wanted = wireNames(input);
      const received = await messages.receive(addressOf(input, context), options, context.signal);
      const isFifo = addressOf(input, context).name.endsWith('.fifo');
      const Messages = received.map((one: ReceivedMessage) => wireMessage(one, wanted, isFifo));
      return Messages.length === 0 ? {} : { Messages };
    },
    async DeleteMessage(input, context) {
      const [outcome] = await messages.delete(addressOf(input, context), [handleOf(input)]);
      valueOf(outcome);
      return {};
    },
    async DeleteMessageBatch(input, context) {
      const entries = checkBatch('DeleteMessageBatchRequestEntry', input.Entries);
      const outcomes = await messages.delete(addressOf(input, context), entries.map(handleOf));
      return answerBatch(entries, outcomes, (_done, { Id }) => ({ Id }));
    },
    async ChangeMessageVisibility(input, context) {
      const [outcome] = await messages.changeVisibility(addressOf(input, context), [changeOf(input)]);
      valueOf(outcome);
      return {};
    },
    async ChangeMessageVisibilityBatch(input, context) {
      const entries = checkBatch('ChangeMessageVisibilityBatchRequestEntry', input.Entries);
      const outcomes = await messages.changeVisibility(addressOf(input, context), entries.map(changeOf));
      return answerBatch(entries, outcomes, (_done, { Id }) => ({ Id }));
    },
  };
}

/** @throws what refused the entry */
function valueOf<T>(outcome: Outcome<T> | undefined): T {
  if (outcome === undefined || 'error' in outcome) throw outcome?.error ?? new Error('A change had no outcome.');
  return outcome.value;
}

function wireSent(sent: SentMessage, input: DraftInput) {
  const { attributes } = draftOf(input);
  const attributesMd5 = digestOf(attributes);
  const systemMd5 = systemDigest(input);
  return {
    MessageId: sent.id,
    MD5OfMessageBody: sent.bodyMd5,
    ...(attributesMd5 !== undefined && { MD5OfMessageAttributes: attributesMd5 }),
    ...(systemMd5 !== undefined && { MD5OfMessageSystemAttributes: systemMd5 }),
    ...(sent.seq !== undefined && { SequenceNumber: sequenceNumber(sent.seq) }),
  };
}

function handleOf(input: { ReceiptHandle?: string | undefined }): string {
  if (input.ReceiptHandle === undefined || input.ReceiptHandle === '')
    throw missing('The request must contain the parameter ReceiptHandle.');
  return input.ReceiptHandle;
}

function changeOf(input: { ReceiptHandle?: string | undefined; VisibilityTimeout?: number | undefined }) {
  if (input.VisibilityTimeout === undefined) throw missing('The request must contain the parameter VisibilityTimeout.');
  return { handle: handleOf(input), seconds: input.VisibilityTimeout };
}

function millisecondsOf(name: string, seconds: number | undefined, secondsMax: number): number | undefined {
  if (seconds === undefined) return undefined;
  if (seconds < 0 || seconds > secondsMax)
    throw badValue(name, seconds, `Must be >= 0 and <= ${secondsMax}, if provided.`);
  return seconds * 1000;
}
