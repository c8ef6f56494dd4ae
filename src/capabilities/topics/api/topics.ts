import type { SNS, Tag } from '@aws-sdk/client-sns';
import type { HandlersOf } from '#gateway';
import { decodeToken, encodeToken } from '#kernel/paging';
import { badParameter } from '../errors.ts';
import { addressOfTopicArn, topicArn, type Tags } from '../topic.ts';
import type { Topics } from '../topics.ts';

const pageSize = 100;

export function topicOperations(topics: Topics): HandlersOf<SNS> {
  return {
    async CreateTopic(input, { scope }) {
      if (input.DataProtectionPolicy !== undefined) throw badParameter('DataProtectionPolicy Reason: it is not served');
      const address = { scope, name: input.Name ?? '' };
      await topics.create(address, given(input.Attributes), tagsOf(input.Tags));
      return { TopicArn: topicArn(address) };
    },
    async DeleteTopic(input) {
      await topics.delete(addressOfTopicArn(input.TopicArn ?? ''));
      return {};
    },
    ListTopics(input, { scope }) {
      const after = input.NextToken === undefined ? '' : String(decodeToken(input.NextToken, 'InvalidParameter')[0]);
      const found = topics.list(scope, after, pageSize + 1);
      const page = found.slice(0, pageSize);
      const last = page.at(-1);
      return {
        Topics: page.map((topic) => ({ TopicArn: topicArn(topic) })),
        ...(found.length > pageSize && last !== undefined && { NextToken: encodeToken([last.name]) }),
      };
    },
    GetTopicAttributes(input) {
      return { Attributes: topics.attributes(addressOfTopicArn(input.TopicArn ?? '')) };
    },
    async SetTopicAttributes(input) {
      const address = addressOfTopicArn(input.TopicArn ?? '');
      await topics.setAttribute(address, input.AttributeName ?? '', input.AttributeValue ?? '');
      return {};
    },
    async AddPermission(input) {
      await topics.addPermission(addressOfTopicArn(input.TopicArn ?? ''), {
        label: input.Label ?? '',
        accountIds: input.AWSAccountId ?? [],
        actions: input.ActionName ?? [],
      });
      return {};
    },
    async RemovePermission(input) {
      await topics.removePermission(addressOfTopicArn(input.TopicArn ?? ''), input.Label ?? '');
      return {};
    },
    async TagResource(input) {
      const added = tagsOf(input.Tags);
      await topics.changeTags(addressOfTopicArn(input.ResourceArn ?? ''), (tags) => ({ ...tags, ...added }));
      return {};
    },
    async UntagResource(input) {
      const gone = input.TagKeys ?? [];
      await topics.changeTags(addressOfTopicArn(input.ResourceArn ?? ''), (tags) =>
        Object.fromEntries(Object.entries(tags).filter(([key]) => !gone.includes(key))),
      );
      return {};
    },
    ListTagsForResource(input) {
      const { tags } = topics.get(addressOfTopicArn(input.ResourceArn ?? ''));
      return { Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) };
    },
  };
}

function tagsOf(tags: readonly Tag[] | undefined): Tags {
  return Object.fromEntries((tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value]));
}

export function given(values: Readonly<Record<string, string | undefined>> | undefined): Record<string, string> {
  const entries = Object.entries(values ?? {}).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return Object.fromEntries(entries);
}
