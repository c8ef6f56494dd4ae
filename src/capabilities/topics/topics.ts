/** Topics: making, changing and finding them. */
import type { Clock } from '#kernel/clock';
import { badParameter } from './errors.ts';
import { addPermission, removePermission, type Permission } from './permission.ts';
import type { SubscriptionStore } from './store/subscriptions.ts';
import type { TopicStore } from './store/topics.ts';
import { pendingMs } from './subscription.ts';
import {
  checkTags,
  checkTopicName,
  defaultPolicy,
  isFifo,
  mergeTopicAttributes,
  topicArn,
  type Tags,
  type Topic,
  type TopicAddress,
} from './topic.ts';

type Attributes = Readonly<Record<string, string>>;

export interface TopicsParts {
  readonly store: TopicStore;
  readonly subscriptions: SubscriptionStore;
  readonly clock: Clock;
}

export class Topics {
  readonly #parts: TopicsParts;

  constructor(parts: TopicsParts) {
    this.#parts = parts;
  }

  /**
   * Makes the topic, or finds the one that is there.
   * @throws InvalidParameter when one is there with other attributes or tags
   */
  create(address: TopicAddress, asked: Attributes, tags: Tags): Promise<void> {
    const { store, clock } = this.#parts;
    const fifo = asked['FifoTopic'] === 'true';
    checkTopicName(address.name, fifo);
    const attributes = mergeTopicAttributes({}, asked, fifo);
    checkTags(tags);
    return store.write((db) => {
      const existing = store.find(address, db);
      if (existing === undefined) return store.insert(db, { ...address, createdMs: clock.nowMs(), attributes, tags });
      if (Object.entries(attributes).some(([name, value]) => existing.attributes[name] !== value))
        throw badParameter('Attributes Reason: Topic already exists with different attributes');
      if (Object.entries(tags).some(([key, value]) => existing.tags[key] !== value))
        throw badParameter('Tags Reason: Topic already exists with different tags');
    });
  }

  /** @throws NotFound */
  get(address: TopicAddress): Topic {
    return this.#parts.store.get(address);
  }

  /** By name, from behind `after` on. */
  list(scope: string, after: string, limit: number): Topic[] {
    return this.#parts.store.list(scope, after, limit);
  }

  /** Its subscriptions go with it. Succeeds when it is gone already. */
  delete(address: TopicAddress): Promise<void> {
    const { store, subscriptions } = this.#parts;
    return store.write((db) => {
      store.delete(db, address);
      subscriptions.deleteOf(db, address);
    });
  }

  setAttribute(address: TopicAddress, name: string, value: string): Promise<void> {
    if (name === 'FifoTopic') throw badParameter('AttributeName Reason: FifoTopic cannot be changed');
    return this.#change(address, (topic) => ({
      ...topic,
      attributes: mergeTopicAttributes(topic.attributes, { [name]: value }, isFifo(topic)),
    }));
  }

  /** Everything that can be read of a topic. */
  attributes(address: TopicAddress): Record<string, string> {
    const topic = this.get(address);
    const { confirmed, pending } = this.#parts.subscriptions.count(address, this.#parts.clock.nowMs() - pendingMs);
    return {
      TopicArn: topicArn(topic),
      Owner: topic.scope.split('/')[0] ?? '',
      Policy: defaultPolicy(topic),
      DisplayName: '',
      SubscriptionsConfirmed: String(confirmed),
      SubscriptionsPending: String(pending),
      SubscriptionsDeleted: '0',
      EffectiveDeliveryPolicy: topic.attributes['DeliveryPolicy'] ?? effectiveDeliveryPolicy,
      ...(isFifo(topic) && { ContentBasedDeduplication: 'false', FifoThroughputScope: 'Topic' }),
      ...topic.attributes,
    };
  }

  changeTags(address: TopicAddress, change: (tags: Tags) => Tags): Promise<void> {
    return this.#change(address, (topic) => ({ ...topic, tags: checkTags(change(topic.tags)) }));
  }

  addPermission(address: TopicAddress, permission: Permission): Promise<void> {
    return this.#change(address, (topic) => {
      const before = topic.attributes['Policy'] ?? defaultPolicy(topic);
      return {
        ...topic,
        attributes: { ...topic.attributes, Policy: addPermission(before, topicArn(topic), permission) },
      };
    });
  }

  removePermission(address: TopicAddress, label: string): Promise<void> {
    return this.#change(address, (topic) => {
      const before = topic.attributes['Policy'] ?? defaultPolicy(topic);
      return { ...topic, attributes: { ...topic.attributes, Policy: removePermission(before, label) } };
    });
  }

  #change(address: TopicAddress, change: (topic: Topic) => Topic): Promise<void> {
    const { store } = this.#parts;
    return store.write((db) => store.update(db, change(store.get(address, db))));
  }
}

const effectiveDeliveryPolicy = JSON.stringify({
  http: {
    defaultHealthyRetryPolicy: {
      minDelayTarget: 20,
      maxDelayTarget: 20,
      numRetries: 3,
      numMaxDelayRetries: 0,
      numNoDelayRetries: 0,
      numMinDelayRetries: 0,
      backoffFunction: 'linear',
    },
    disableSubscriptionOverrides: false,
    defaultRequestPolicy: { headerContentType: 'text/plain; charset=UTF-8' },
  },
});
