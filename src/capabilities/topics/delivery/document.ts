/** The JSON documents that subscribers get: "HTTP/HTTPS notification JSON format" of the SNS developer guide. */
import type { MessageAttributes, Publication } from '../publication.ts';
import { textFor } from '../publication.ts';
import { subscriptionArn, type Protocol, type Subscription } from '../subscription.ts';
import { topicArn } from '../topic.ts';

export type DocumentType = 'Notification' | 'SubscriptionConfirmation' | 'UnsubscribeConfirmation';

/** Members in the order in which AWS writes them. */
export interface SnsDocument {
  readonly Type: DocumentType;
  readonly MessageId: string;
  readonly Token?: string;
  readonly TopicArn: string;
  readonly SequenceNumber?: string;
  readonly Subject?: string;
  readonly Message: string;
  readonly SubscribeURL?: string;
  readonly Timestamp: string;
  readonly UnsubscribeURL?: string;
  readonly MessageAttributes?: Readonly<Record<string, { readonly Type: string; readonly Value: string }>>;
}

export function notificationOf(publication: Publication, subscription: Subscription, base: string): SnsDocument {
  const { draft } = publication;
  return {
    Type: 'Notification',
    MessageId: publication.id,
    TopicArn: publication.topicArn,
    ...(publication.sequenceNumber !== undefined && { SequenceNumber: publication.sequenceNumber }),
    ...(draft.subject !== undefined && { Subject: draft.subject }),
    Message: textFor(draft, subscription.protocol satisfies Protocol),
    Timestamp: timestampOf(publication.publishedMs),
    UnsubscribeURL: unsubscribeLink(subscription, base),
    ...(Object.keys(draft.attributes).length > 0 && { MessageAttributes: wireAttributes(draft.attributes) }),
  };
}

/** What an endpoint is sent when it is to be subscribed, or no longer is. */
export function confirmationOf(
  type: 'SubscriptionConfirmation' | 'UnsubscribeConfirmation',
  subscription: Subscription,
  facts: { readonly id: string; readonly base: string; readonly nowMs: number },
): SnsDocument {
  const { token: Token = '' } = subscription;
  const arn = topicArn(subscription.topic);
  const link = confirmLink(subscription, facts.base);
  const Message =
    type === 'SubscriptionConfirmation'
      ? `You have chosen to subscribe to the topic ${arn}.\nTo confirm the subscription, visit the SubscribeURL included in this message.`
      : `You have chosen to deactivate subscription ${subscriptionArn(subscription)}.\nTo cancel this operation and restore the subscription, visit the SubscribeURL included in this message.`;
  return {
    Type: type,
    MessageId: facts.id,
    Token,
    TopicArn: arn,
    Message,
    SubscribeURL: link,
    Timestamp: timestampOf(facts.nowMs),
  };
}

export function confirmLink({ topic, token = '' }: Pick<Subscription, 'topic' | 'token'>, base: string): string {
  return `${base}/?${new URLSearchParams({ Action: 'ConfirmSubscription', TopicArn: topicArn(topic), Token: token }).toString()}`;
}

export function unsubscribeLink(subscription: Subscription, base: string): string {
  const SubscriptionArn = subscriptionArn(subscription);
  return `${base}/?${new URLSearchParams({ Action: 'Unsubscribe', SubscriptionArn }).toString()}`;
}

export function wireAttributes(attributes: MessageAttributes) {
  const entries = Object.entries(attributes).map(([name, { dataType: Type, value: Value }]) => [name, { Type, Value }]);
  return Object.fromEntries(entries) as Record<string, { Type: string; Value: string }>;
}

function timestampOf(ms: number): string {
  return new Date(ms).toISOString();
}
