/**
 * What is owed to subscribers: written with the change that causes it, handed over at least once, tried again as AWS
 * does, and given to the dead letter queue in the end. Each kind of endpoint has an outbox of its own, so that slow web
 * servers and mail servers do not hold up queues and functions.
 */
import type { Clock } from '#kernel/clock';
import { isPlatformError, messageOf } from '#kernel/errors';
import { newUuid } from '#kernel/ids';
import type { Log } from '#kernel/log';
import { Outbox, type OutboxEntry } from '#kernel/outbox';
import type { State, Transaction } from '#kernel/state';
import { httpRetryMs, mailRetryMs, serviceRetryMs } from '../delivery-policy.ts';
import type { Publication } from '../publication.ts';
import type { SubscriptionStore } from '../store/subscriptions.ts';
import type { TopicStore } from '../store/topics.ts';
import { deadLetterArn, type Protocol, type Subscription } from '../subscription.ts';
import type { DeadLetter, Parcel, Sender } from './sender.ts';

export interface DeliveriesParts {
  readonly state: State;
  readonly clock: Clock;
  readonly log: Log;
  readonly topics: TopicStore;
  readonly subscriptions: SubscriptionStore;
  readonly sender: Sender;
}

type Kind = 'service' | 'http' | 'mail';

const kinds: Readonly<Record<Protocol, Kind>> = {
  lambda: 'service',
  sqs: 'service',
  http: 'http',
  https: 'http',
  email: 'mail',
  'email-json': 'mail',
};

export class Deliveries {
  readonly #parts: DeliveriesParts;
  readonly #boxes: Readonly<Record<Kind, Outbox<Parcel>>>;

  constructor(parts: DeliveriesParts) {
    this.#parts = parts;
    this.#boxes = { service: this.#box('service', 16), http: this.#box('http', 32), mail: this.#box('mail', 4) };
  }

  start(): void {
    for (const box of Object.values(this.#boxes)) box.start();
  }

  async stop(): Promise<void> {
    await Promise.all(Object.values(this.#boxes).map((box) => box.stop()));
  }

  notify(db: Transaction, subscription: Subscription, publication: Publication): void {
    const { groupId } = publication.draft;
    const isOrdered = publication.sequenceNumber !== undefined && groupId !== undefined;
    this.#boxes[kinds[subscription.protocol]].add(
      db,
      { kind: 'notification', subscriptionId: subscription.id, publication },
      isOrdered ? { orderingKey: `${subscription.id}\n${groupId}` } : {},
    );
  }

  askConfirmation(db: Transaction, subscription: Subscription): void {
    this.#boxes[kinds[subscription.protocol]].add(db, { kind: 'confirmation', id: newUuid(), subscription });
  }

  /** Tells an endpoint that its subscription has ended. */
  tellEnd(db: Transaction, subscription: Subscription): void {
    this.#boxes[kinds[subscription.protocol]].add(db, { kind: 'end', id: newUuid(), subscription });
  }

  #box(kind: Kind, concurrency: number): Outbox<Parcel> {
    const { state, clock, log, sender } = this.#parts;
    return new Outbox<Parcel>({
      state,
      clock,
      log,
      box: `topics-${kind}`,
      concurrency,
      deliver: ({ payload }, signal) => sender.send(payload, signal),
      retryAfterMs: (entry, error) => this.#retryMs(kind, entry, error),
      giveUp: (db, entry, error) => this.#giveUp(db, entry, error),
    });
  }

  #retryMs(kind: Kind, { payload, attempts }: OutboxEntry<Parcel>, error: unknown): number | undefined {
    const failures = attempts + 1;
    const subscription = this.#subscriptionOf(payload);
    this.#parts.log.warn('a message of a topic was not delivered', {
      endpoint: payload.kind === 'dead-letter' ? payload.queueArn : subscription?.endpoint,
      failures,
      why: messageOf(error),
    });
    if (isPlatformError(error) && !['unavailable', 'throttled', 'internal'].includes(error.kind)) return undefined;
    if (kind === 'service') return serviceRetryMs(failures);
    if (kind === 'mail') return mailRetryMs(failures);
    const topic = subscription === undefined ? undefined : this.#parts.topics.find(subscription.topic);
    return httpRetryMs(failures, topic?.attributes['DeliveryPolicy'], subscription?.attributes['DeliveryPolicy']);
  }

  #giveUp(db: Transaction, { payload }: OutboxEntry<Parcel>, error: unknown): void {
    const subscription = this.#subscriptionOf(payload);
    const queueArn = subscription === undefined ? undefined : deadLetterArn(subscription);
    if (payload.kind !== 'notification' || subscription === undefined || queueArn === undefined) {
      this.#parts.log.error('a message of a topic is dropped: it could not be delivered', {
        endpoint: subscription?.endpoint,
        error,
      });
      return;
    }
    const letter: DeadLetter = {
      kind: 'dead-letter',
      queueArn,
      subscription,
      publication: payload.publication,
      why: messageOf(error),
    };
    this.#boxes.service.add(db, letter);
  }

  #subscriptionOf(parcel: Parcel): Subscription | undefined {
    return parcel.kind === 'notification' ? this.#parts.subscriptions.find(parcel.subscriptionId) : parcel.subscription;
  }
}
