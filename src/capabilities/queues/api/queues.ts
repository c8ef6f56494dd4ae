import type { SQS } from '@aws-sdk/client-sqs';
import type { HandlersOf } from '#gateway';
import { decodeToken, encodeToken } from '#kernel/paging';
import { badValue, queueAbsent, unknownAttribute } from '../errors.ts';
import { isAttributeName } from '../queue-attributes.ts';
import { queueUrl, type Queue } from '../queue.ts';
import type { Queues } from '../queues.ts';
import { addressOf } from './address.ts';

type Named = Readonly<Record<string, string | undefined>>;

export function queueOperations(queues: Queues): HandlersOf<SQS> {
  return {
    async CreateQueue(input, { scope, endpoint }) {
      const address = { scope, name: input.QueueName ?? '' };
      await queues.create(address, given(input.Attributes), given(input.tags));
      return { QueueUrl: queueUrl(address, endpoint) };
    },
    async DeleteQueue(input, context) {
      await queues.delete(addressOf(input, context));
      return {};
    },
    GetQueueUrl(input, { scope, endpoint }) {
      const region = scope.split('/')[1] ?? '';
      const account = input.QueueOwnerAWSAccountId;
      const address = { scope: account === undefined ? scope : `${account}/${region}`, name: input.QueueName ?? '' };
      if (address.name.includes('/')) throw queueAbsent();
      return { QueueUrl: queueUrl(queues.get(address), endpoint) };
    },
    ListQueues(input, { scope, endpoint }) {
      const page = pageOf(input, (after, limit) => queues.list(scope, input.QueueNamePrefix ?? '', after, limit));
      const urls = page.queues.map((queue) => queueUrl(queue, endpoint));
      return { ...(urls.length > 0 && { QueueUrls: urls }), ...(page.next !== undefined && { NextToken: page.next }) };
    },
    ListDeadLetterSourceQueues(input, context) {
      const address = addressOf(input, context);
      const page = pageOf(input, (after, limit) => queues.listSources(address, after, limit));
      const queueUrls = page.queues.map((queue) => queueUrl(queue, context.endpoint));
      return { queueUrls, ...(page.next !== undefined && { NextToken: page.next }) };
    },
    async GetQueueAttributes(input, context) {
      const names = input.AttributeNames ?? [];
      const unknown = names.find((name) => !isAttributeName(name));
      if (unknown !== undefined) throw unknownAttribute(unknown);
      const attributes = await queues.attributes(addressOf(input, context), names);
      return Object.keys(attributes).length === 0 ? {} : { Attributes: attributes };
    },
    async SetQueueAttributes(input, context) {
      await queues.setAttributes(addressOf(input, context), given(input.Attributes));
      return {};
    },
    async PurgeQueue(input, context) {
      await queues.purge(addressOf(input, context));
      return {};
    },
    async AddPermission(input, context) {
      await queues.addPermission(addressOf(input, context), {
        label: input.Label ?? '',
        accountIds: input.AWSAccountIds ?? [],
        actions: input.Actions ?? [],
      });
      return {};
    },
    async RemovePermission(input, context) {
      await queues.removePermission(addressOf(input, context), input.Label ?? '');
      return {};
    },
    async TagQueue(input, context) {
      await queues.changeTags(addressOf(input, context), (tags) => ({ ...tags, ...given(input.Tags) }));
      return {};
    },
    async UntagQueue(input, context) {
      const gone = input.TagKeys ?? [];
      await queues.changeTags(addressOf(input, context), (tags) =>
        Object.fromEntries(Object.entries(tags).filter(([key]) => !gone.includes(key))),
      );
      return {};
    },
    ListQueueTags(input, context) {
      const { tags } = queues.get(addressOf(input, context));
      return Object.keys(tags).length === 0 ? {} : { Tags: { ...tags } };
    },
  };
}

function given(values: Named | undefined): Record<string, string> {
  const entries = Object.entries(values ?? {}).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return Object.fromEntries(entries);
}

/** As AWS, a list without MaxResults has up to 1,000 queues and no token. */
function pageOf(
  { MaxResults, NextToken }: { MaxResults?: number | undefined; NextToken?: string | undefined },
  list: (after: string, limit: number) => Queue[],
): { queues: Queue[]; next: string | undefined } {
  const sizeMax = MaxResults ?? 1000;
  if (sizeMax < 1 || sizeMax > 1000) throw badValue('MaxResults', sizeMax, 'Must be between 1 and 1000.');
  const after = NextToken === undefined ? '' : String(decodeToken(NextToken, 'InvalidParameterValue')[0]);
  const found = list(after, sizeMax + 1);
  const queues = found.slice(0, sizeMax);
  const hasMore = MaxResults !== undefined && found.length > sizeMax;
  return { queues, next: hasMore ? encodeToken([queues.at(-1)!.name]) : undefined };
}
