import type { RequestContext } from '#gateway';
import { missing } from '../errors.ts';
import { addressOfUrl, type QueueAddress } from '../queue.ts';

/** The queue that a request is about. */
export function addressOf(input: { QueueUrl?: string | undefined }, { scope }: RequestContext): QueueAddress {
  if (input.QueueUrl === undefined || input.QueueUrl === '')
    throw missing('The request must contain the parameter QueueUrl.');
  return addressOfUrl(input.QueueUrl, scope);
}
