/** What the three batches have in common: their rules, and one answer for each entry. */
import { badBatch, badParameter } from '../errors.ts';
import { sizeOf } from '../message.ts';
import type { Outcome } from '../messages.ts';
import { messageBytesMax } from '../queue.ts';
import { draftOf, type DraftInput } from './wire-message.ts';

interface Entry {
  readonly Id: string | undefined;
}

// Limit: a batch has at most 10 entries.
const entriesMax = 10;

/** @throws EmptyBatchRequest, TooManyEntriesInBatchRequest, InvalidBatchEntryId or BatchEntryIdsNotDistinct */
export function checkBatch<T extends Entry>(name: string, entries: readonly T[] | undefined): readonly T[] {
  if (entries === undefined || entries.length === 0)
    throw badBatch('EmptyBatchRequest', `There should be at least one ${name} in the request.`);
  if (entries.length > entriesMax) {
    const message = `Maximum number of entries per request are ${entriesMax}. You have sent ${entries.length}.`;
    throw badBatch('TooManyEntriesInBatchRequest', message);
  }
  const seen = new Set<string>();
  for (const { Id = '' } of entries) {
    if (!/^[\w-]{1,80}$/.test(Id)) {
      const rule =
        'can only include alphanumeric characters, hyphens, or underscores. It can be at most 80 letters long.';
      throw badBatch('InvalidBatchEntryId', `A batch entry id ${rule}`);
    }
    if (seen.has(Id)) throw badBatch('BatchEntryIdsNotDistinct', `Id ${Id} repeated.`);
    seen.add(Id);
  }
  return entries;
}

/** @throws BatchRequestTooLong */
export function checkBatchSize(entries: readonly DraftInput[]): void {
  const sizeBytes = entries.reduce((sum, entry) => sum + sizeOf(draftOf(entry)), 0);
  if (sizeBytes <= messageBytesMax) return;
  throw badBatch(
    'BatchRequestTooLong',
    `Batch requests cannot be longer than ${messageBytesMax} bytes. You have sent ${sizeBytes} bytes.`,
  );
}

export function answerBatch<E extends Entry, T, Success>(
  entries: readonly E[],
  outcomes: readonly Outcome<T>[],
  succeed: (value: T, entry: E) => Success,
) {
  const Successful: Success[] = [];
  const Failed: { Id: string; SenderFault: boolean; Code: string; Message: string }[] = [];
  for (const [at, entry] of entries.entries()) {
    const outcome = outcomes[at] ?? { error: badParameter('The entry was not carried out.') };
    if ('value' in outcome) {
      Successful.push(succeed(outcome.value, entry));
      continue;
    }
    const { code, message } = outcome.error;
    Failed.push({ Id: entry.Id ?? '', SenderFault: true, Code: code, Message: message });
  }
  return { Successful, Failed };
}
