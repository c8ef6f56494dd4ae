/** Subscriptions: from the wish to subscribe over its confirmation to its end. */
import type { Clock } from '#kernel/clock';
import { newHexId, newUuid } from '#kernel/ids';
import type { Transaction } from '#kernel/state';
import type { Deliveries } from './delivery/deliveries.ts';
import { badParameter } from './errors.ts';
import type { SubscriptionStore } from './store/subscriptions.ts';
import type { TopicStore } from './store/topics.ts';
import {
  checkEndpoint,
  mergeSubscriptionAttributes,
  needsConfirmation,
  pendingMs,
  type Subscription,
} from './subscription.ts';
import { isFifo, type TopicAddress } from './topic.ts';

type Attributes = Readonly<Record<string, string>>;

export interface SubscriptionWish {
  readonly protocol: string;
  readonly endpoint: string;
  readonly attributes: Attributes;
  /** Account of who subscribes. */
  readonly owner: string;
}

export interface SubscriptionsParts {
  readonly topics: TopicStore;
  readonly store: SubscriptionStore;
  readonly deliveries: Deliveries;
  readonly clock: Clock;
}

export class Subscriptions {
  readonly #parts: SubscriptionsParts;

  constructor(parts: SubscriptionsParts) {
    this.#parts = parts;
  }

  /**
   * Subscribes, or finds the subscription of this endpoint; one that waits for its confirmation is asked again.
   * @throws NotFound, InvalidParameter
   */
  subscribe(address: TopicAddress, wish: SubscriptionWish): Promise<Subscription> {
    const { topics, store, clock, deliveries } = this.#parts;
    return topics.write((db) => {
      const topic = topics.get(address, db);
      const protocol = checkEndpoint(wish.protocol, wish.endpoint, isFifo(topic));
      const attributes = mergeSubscriptionAttributes({}, wish.attributes, protocol);
      store.deletePendingUntil(db, clock.nowMs() - pendingMs);
      const existing = store.findByEndpoint(db, address, protocol, wish.endpoint);
      if (existing !== undefined) return this.#subscribeAgain(db, existing, attributes);
      const subscription: Subscription = {
        id: newUuid(),
        topic: address,
        protocol,
        endpoint: wish.endpoint,
        owner: wish.owner,
        attributes,
        token: needsConfirmation(protocol) ? newHexId(64) : undefined,
        endsSigned: false,
        createdMs: clock.nowMs(),
      };
      store.put(db, subscription);
      if (subscription.token !== undefined) deliveries.askConfirmation(db, subscription);
      return subscription;
    });
  }

  /**
   * @param endsSigned only its owner may end the subscription
   * @throws InvalidParameter when the token is none, or too old
   */
  confirm(address: TopicAddress, token: string, endsSigned: boolean): Promise<Subscription> {
    const { topics, store, clock } = this.#parts;
    return topics.write((db) => {
      topics.get(address, db);
      store.deletePendingUntil(db, clock.nowMs() - pendingMs);
      const subscription = store.findByToken(db, address, token) ?? this.#findEnded(db, address, token);
      if (subscription === undefined) throw badParameter('Token');
      const confirmed = { ...subscription, token: undefined, endsSigned };
      store.put(db, confirmed);
      return confirmed;
    });
  }

  /** @throws NotFound */
  get(id: string): Subscription {
    return this.#parts.store.get(id);
  }

  /** Succeeds when it is gone already. */
  unsubscribe(id: string): Promise<void> {
    const { topics, store, deliveries, clock } = this.#parts;
    return topics.write((db) => {
      const subscription = store.find(id, db);
      if (subscription === undefined) return;
      store.delete(db, id);
      if (subscription.token !== undefined || !needsConfirmation(subscription.protocol)) return;
      const ended = { ...subscription, token: newHexId(64) };
      store.keepEnded(db, ended, clock.nowMs());
      deliveries.tellEnd(db, ended);
    });
  }

  setAttribute(id: string, name: string, value: string): Promise<void> {
    const { topics, store } = this.#parts;
    return topics.write((db) => {
      const before = store.get(id, db);
      const attributes = mergeSubscriptionAttributes(before.attributes, { [name]: value }, before.protocol);
      store.put(db, { ...before, attributes });
    });
  }

  /** By id, from behind `after` on. */
  list(where: { scope: string; topic?: string }, after: string, limit: number): Subscription[] {
    return this.#parts.store.list(where, after, limit, this.#parts.clock.nowMs() - pendingMs);
  }

  /** A subscription that its end's document offers to restore; one made since for the same endpoint wins. */
  #findEnded(db: Transaction, address: TopicAddress, token: string): Subscription | undefined {
    const ended = this.#parts.store.takeEnded(db, token);
    if (ended === undefined || ended.topic.scope !== address.scope || ended.topic.name !== address.name)
      return undefined;
    return this.#parts.store.findByEndpoint(db, address, ended.protocol, ended.endpoint) ?? ended;
  }

  #subscribeAgain(db: Transaction, existing: Subscription, asked: Attributes): Subscription {
    if (Object.entries(asked).some(([name, value]) => existing.attributes[name] !== value))
      throw badParameter('Attributes Reason: Subscription already exists with different attributes');
    if (existing.token !== undefined) this.#parts.deliveries.askConfirmation(db, existing);
    return existing;
  }
}
