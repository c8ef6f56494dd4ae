import type { SNS } from '@aws-sdk/client-sns';
import type { HandlersOf } from '#gateway';
import { decodeToken, encodeToken } from '#kernel/paging';
import { badParameter } from '../errors.ts';
import { filterScopeOf, idOfSubscriptionArn, isRaw, subscriptionArn, type Subscription } from '../subscription.ts';
import type { Subscriptions } from '../subscriptions.ts';
import { addressOfTopicArn, topicArn } from '../topic.ts';
import type { Topics } from '../topics.ts';
import { given } from './topics.ts';

const pageSize = 100;

export function subscriptionOperations(subscriptions: Subscriptions, topics: Topics): HandlersOf<SNS> {
  const pageOf = (where: { scope: string; topic?: string }, token: string | undefined) => {
    const after = token === undefined ? '' : String(decodeToken(token, 'InvalidParameter')[0]);
    const found = subscriptions.list(where, after, pageSize + 1);
    const page = found.slice(0, pageSize);
    const last = page.at(-1);
    return {
      Subscriptions: page.map(wireSubscription),
      ...(found.length > pageSize && last !== undefined && { NextToken: encodeToken([last.id]) }),
    };
  };
  return {
    async Subscribe(input, { accountId }) {
      if (input.Endpoint === undefined || input.Endpoint === '') throw badParameter('Endpoint');
      const subscription = await subscriptions.subscribe(addressOfTopicArn(input.TopicArn ?? ''), {
        protocol: input.Protocol ?? '',
        endpoint: input.Endpoint,
        attributes: given(input.Attributes),
        owner: accountId,
      });
      const isHidden = subscription.token !== undefined && input.ReturnSubscriptionArn !== true;
      return { SubscriptionArn: isHidden ? 'pending confirmation' : subscriptionArn(subscription) };
    },
    async ConfirmSubscription(input) {
      const endsSigned = input.AuthenticateOnUnsubscribe === 'true';
      const address = addressOfTopicArn(input.TopicArn ?? '');
      const subscription = await subscriptions.confirm(address, input.Token ?? '', endsSigned);
      return { SubscriptionArn: subscriptionArn(subscription) };
    },
    async Unsubscribe(input) {
      await subscriptions.unsubscribe(idOfSubscriptionArn(input.SubscriptionArn ?? ''));
      return {};
    },
    ListSubscriptions(input, { scope }) {
      return pageOf({ scope }, input.NextToken);
    },
    ListSubscriptionsByTopic(input) {
      const { scope, name } = topics.get(addressOfTopicArn(input.TopicArn ?? ''));
      return pageOf({ scope, topic: name }, input.NextToken);
    },
    GetSubscriptionAttributes(input) {
      const subscription = subscriptions.get(idOfSubscriptionArn(input.SubscriptionArn ?? ''));
      return { Attributes: shownAttributes(subscription) };
    },
    async SetSubscriptionAttributes(input) {
      const id = idOfSubscriptionArn(input.SubscriptionArn ?? '');
      await subscriptions.setAttribute(id, input.AttributeName ?? '', input.AttributeValue ?? '');
      return {};
    },
  };
}

function wireSubscription(subscription: Subscription) {
  return {
    SubscriptionArn: subscription.token === undefined ? subscriptionArn(subscription) : 'PendingConfirmation',
    Owner: subscription.owner,
    Protocol: subscription.protocol,
    Endpoint: subscription.endpoint,
    TopicArn: topicArn(subscription.topic),
  };
}

function shownAttributes(subscription: Subscription): Record<string, string> {
  const { attributes, owner, token, endsSigned, protocol, endpoint } = subscription;
  return {
    SubscriptionArn: subscriptionArn(subscription),
    TopicArn: topicArn(subscription.topic),
    Owner: owner,
    Protocol: protocol,
    Endpoint: endpoint,
    PendingConfirmation: String(token !== undefined),
    ConfirmationWasAuthenticated: String(endsSigned || protocol === 'sqs' || protocol === 'lambda'),
    SubscriptionPrincipal: `arn:aws:iam::${owner}:root`,
    ...attributes,
    RawMessageDelivery: String(isRaw(subscription)),
    ...(attributes['FilterPolicy'] !== undefined && { FilterPolicyScope: filterScopeOf(attributes) }),
  };
}
