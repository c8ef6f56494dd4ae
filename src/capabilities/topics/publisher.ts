/** Publishing: a message and everything that is owed to its subscribers, in one change. */
import type { Clock } from '#kernel/clock';
import { isPlatformError, type PlatformError } from '#kernel/errors';
import { newUuid } from '#kernel/ids';
import type { Transaction } from '#kernel/state';
import type { Deliveries } from './delivery/deliveries.ts';
import { compileFilterPolicy, type MessageTest } from './filter-policy.ts';
import { checkDraft, deduplicationKey, type Draft, type Publication } from './publication.ts';
import type { SubscriptionStore } from './store/subscriptions.ts';
import type { TopicStore } from './store/topics.ts';
import { filterScopeOf, type Subscription } from './subscription.ts';
import { isFifo, topicArn, type Topic, type TopicAddress } from './topic.ts';

export interface PublisherParts {
  readonly topics: TopicStore;
  readonly subscriptions: SubscriptionStore;
  readonly deliveries: Deliveries;
  readonly clock: Clock;
}

export interface Published {
  readonly id: string;
  readonly sequenceNumber: string | undefined;
}

export type Outcome = Published | { readonly error: PlatformError };

/** How long a FIFO topic knows a message again. */
const repeatMs = 5 * 60_000;
/** Compiled filters that are kept. */
const filtersMax = 500;
/** Sequence numbers have 20 digits and begin here, as those of AWS do. */
const sequenceBase = 10_000_000_000_000_000_000n;

export class Publisher {
  readonly #parts: PublisherParts;
  readonly #filters = new Map<string, MessageTest>();

  constructor(parts: PublisherParts) {
    this.#parts = parts;
  }

  /**
   * Publishes each message on its own: one that is refused does not hold back the others.
   * @throws NotFound
   */
  publish(address: TopicAddress, drafts: readonly Draft[]): Promise<Outcome[]> {
    const { topics } = this.#parts;
    return topics.write((db) => {
      const topic = topics.get(address, db);
      return drafts.map((draft) => {
        try {
          checkDraft(draft, topic);
        } catch (error) {
          if (!isPlatformError(error)) throw error;
          return { error };
        }
        return this.#publishOne(db, topic, draft);
      });
    });
  }

  #publishOne(db: Transaction, topic: Topic, draft: Draft): Published {
    const { topics, subscriptions, deliveries, clock } = this.#parts;
    const nowMs = clock.nowMs();
    const key = isFifo(topic) ? deduplicationKey(draft, topic) : undefined;
    const known = key === undefined ? undefined : topics.findDuplicate(db, topic, key, nowMs);
    if (known !== undefined) return { id: known.messageId, sequenceNumber: formatSequence(known.sequence) };
    const id = newUuid();
    const sequence = key === undefined ? undefined : topics.nextSequence(db, topic);
    const sequenceNumber = sequence === undefined ? undefined : formatSequence(sequence);
    if (key !== undefined && sequence !== undefined)
      topics.keepDuplicate(db, topic, key, { messageId: id, sequence }, nowMs + repeatMs);
    const publication: Publication = { id, topicArn: topicArn(topic), publishedMs: nowMs, draft, sequenceNumber };
    for (const subscription of subscriptions.listConfirmed(db, topic)) {
      if (this.#wants(subscription, draft)) deliveries.notify(db, subscription, publication);
    }
    return { id, sequenceNumber };
  }

  #wants({ attributes }: Subscription, { message, attributes: values }: Draft): boolean {
    const policy = attributes['FilterPolicy'];
    if (policy === undefined) return true;
    const scope = filterScopeOf(attributes);
    return this.#filter(policy, scope)({ body: message, attributes: values });
  }

  #filter(policy: string, scope: ReturnType<typeof filterScopeOf>): MessageTest {
    const key = `${scope}\n${policy}`;
    let filter = this.#filters.get(key);
    if (filter === undefined) {
      filter = compileFilterPolicy(policy, scope);
      const [oldest] = this.#filters.size < filtersMax ? [] : this.#filters.keys();
      if (oldest !== undefined) this.#filters.delete(oldest);
      this.#filters.set(key, filter);
    }
    return filter;
  }
}

function formatSequence(sequence: number): string {
  return String(sequenceBase + BigInt(sequence) * 1000n);
}
