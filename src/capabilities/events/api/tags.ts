/** Tags of what EventBridge names by an ARN: rules and buses. */
import type { EventBridge } from '@aws-sdk/client-eventbridge';
import type { HandlersOf } from '#gateway';
import { parseArn } from '#kernel/arn';
import { busAddress } from '../buses/bus.ts';
import type { Buses } from '../buses/buses.ts';
import { validation } from '../errors.ts';
import { findRuleName } from '../rules/rule.ts';
import type { Rules } from '../rules/rules.ts';
import { tagsOf, wireTags, type Tags } from '../tags.ts';

interface Tagged {
  get(): Tags;
  add(tags: Tags): Promise<void>;
  remove(keys: readonly string[]): Promise<void>;
}

export function tagOperations(buses: Buses, rules: Rules): HandlersOf<EventBridge> {
  const taggedBy = (arn = '', scope: string): Tagged => {
    const rule = findRuleName(arn);
    if (rule !== undefined) {
      return {
        get: () => rules.getTags(scope, rule),
        add: (tags) => rules.addTags(scope, rule, tags),
        remove: (keys) => rules.removeTags(scope, rule, keys),
      };
    }
    if (!parseArn(arn).resource.startsWith('event-bus/')) {
      throw validation(`'${arn}' is not the ARN of a rule or an event bus; only these have tags.`);
    }
    const address = busAddress(arn, scope);
    return {
      get: () => buses.getTags(address),
      add: (tags) => buses.addTags(address, tags),
      remove: (keys) => buses.removeTags(address, keys),
    };
  };
  return {
    async TagResource(input, { scope }) {
      await taggedBy(input.ResourceARN, scope).add(tagsOf(input.Tags));
      return {};
    },
    async UntagResource(input, { scope }) {
      await taggedBy(input.ResourceARN, scope).remove(input.TagKeys ?? []);
      return {};
    },
    ListTagsForResource(input, { scope }) {
      return { Tags: wireTags(taggedBy(input.ResourceARN, scope).get()) };
    },
  };
}
