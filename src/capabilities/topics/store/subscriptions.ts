/** Subscriptions as they are kept. */
import type { Db, State, Transaction } from '#kernel/state';
import { subscriptionAbsent } from '../errors.ts';
import type { Protocol, Subscription } from '../subscription.ts';
import type { TopicAddress } from '../topic.ts';

interface Row {
  id: string;
  scope: string;
  topic: string;
  protocol: Protocol;
  endpoint: string;
  owner: string;
  attributes: string;
  token: string | null;
  ends_signed: number;
  created_ms: number;
}

export class SubscriptionStore {
  readonly #state: State;

  constructor(state: State) {
    this.#state = state;
  }

  find(id: string, db: Db = this.#state.reader): Subscription | undefined {
    const row = db.prepare<Row>('SELECT * FROM topics_subscription WHERE id = ?').get(id);
    return row === undefined ? undefined : subscriptionOf(row);
  }

  /** @throws NotFound */
  get(id: string, db?: Db): Subscription {
    const subscription = this.find(id, db);
    if (subscription === undefined) throw subscriptionAbsent();
    return subscription;
  }

  findByEndpoint(db: Db, topic: TopicAddress, protocol: Protocol, endpoint: string): Subscription | undefined {
    const row = db
      .prepare<Row>('SELECT * FROM topics_subscription WHERE scope = ? AND topic = ? AND protocol = ? AND endpoint = ?')
      .get(topic.scope, topic.name, protocol, endpoint);
    return row === undefined ? undefined : subscriptionOf(row);
  }

  findByToken(db: Db, topic: TopicAddress, token: string): Subscription | undefined {
    const row = db
      .prepare<Row>('SELECT * FROM topics_subscription WHERE scope = ? AND topic = ? AND token = ?')
      .get(topic.scope, topic.name, token);
    return row === undefined ? undefined : subscriptionOf(row);
  }

  put(db: Transaction, one: Subscription): void {
    db.prepare('INSERT OR REPLACE INTO topics_subscription VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)').run(
      one.id,
      one.topic.scope,
      one.topic.name,
      one.protocol,
      one.endpoint,
      one.owner,
      JSON.stringify(one.attributes),
      one.token ?? null,
      Number(one.endsSigned),
      one.createdMs,
    );
  }

  delete(db: Transaction, id: string): void {
    db.prepare('DELETE FROM topics_subscription WHERE id = ?').run(id);
  }

  deleteOf(db: Transaction, topic: TopicAddress): void {
    db.prepare('DELETE FROM topics_subscription WHERE scope = ? AND topic = ?').run(topic.scope, topic.name);
  }

  /** Keeps a subscription that has ended, to be restored by its token. */
  keepEnded(db: Transaction, one: Subscription, endedMs: number): void {
    db.prepare('INSERT INTO topics_ended VALUES (?, ?, ?)').run(one.token ?? '', endedMs, JSON.stringify(one));
  }

  takeEnded(db: Transaction, token: string): Subscription | undefined {
    const row = db
      .prepare<{ subscription: string }>('DELETE FROM topics_ended WHERE token = ? RETURNING subscription')
      .get(token);
    return row === undefined ? undefined : (JSON.parse(row.subscription) as Subscription);
  }

  /** Drops what nobody has confirmed or restored in time. */
  deletePendingUntil(db: Transaction, untilMs: number): void {
    db.prepare('DELETE FROM topics_ended WHERE ended_ms <= ?').run(untilMs);
    db.prepare('DELETE FROM topics_subscription WHERE token IS NOT NULL AND created_ms <= ?').run(untilMs);
  }

  listConfirmed(db: Db, topic: TopicAddress): Subscription[] {
    return db
      .prepare<Row>('SELECT * FROM topics_subscription WHERE scope = ? AND topic = ? AND token IS NULL ORDER BY id')
      .all(topic.scope, topic.name)
      .map(subscriptionOf);
  }

  /** By id, from behind `after` on, those that wait too long for their confirmation left out. */
  list(where: { scope: string; topic?: string }, after: string, limit: number, pendingSinceMs: number): Subscription[] {
    const rows =
      where.topic === undefined
        ? this.#state.reader
            .prepare<Row>(
              `SELECT * FROM topics_subscription WHERE scope = ? AND id > ? AND (token IS NULL OR created_ms > ?)
               ORDER BY id LIMIT ?`,
            )
            .all(where.scope, after, pendingSinceMs, limit)
        : this.#state.reader
            .prepare<Row>(
              `SELECT * FROM topics_subscription
               WHERE scope = ? AND topic = ? AND id > ? AND (token IS NULL OR created_ms > ?) ORDER BY id LIMIT ?`,
            )
            .all(where.scope, where.topic, after, pendingSinceMs, limit);
    return rows.map(subscriptionOf);
  }

  count(topic: TopicAddress, pendingSinceMs: number): { confirmed: number; pending: number } {
    const row = this.#state.reader
      .prepare<{ confirmed: number; pending: number }>(
        `SELECT count(*) FILTER (WHERE token IS NULL) AS confirmed,
           count(*) FILTER (WHERE token IS NOT NULL AND created_ms > ?) AS pending
         FROM topics_subscription WHERE scope = ? AND topic = ?`,
      )
      .get(pendingSinceMs, topic.scope, topic.name);
    return { confirmed: row?.confirmed ?? 0, pending: row?.pending ?? 0 };
  }
}

function subscriptionOf(row: Row): Subscription {
  return {
    id: row.id,
    topic: { scope: row.scope, name: row.topic },
    protocol: row.protocol,
    endpoint: row.endpoint,
    owner: row.owner,
    attributes: JSON.parse(row.attributes) as Record<string, string>,
    token: row.token ?? undefined,
    endsSigned: row.ends_signed === 1,
    createdMs: row.created_ms,
  };
}
