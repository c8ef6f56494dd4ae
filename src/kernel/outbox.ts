/**
 * Durable deliveries: what is owed to somebody outside the transaction that decided it. An entry is written with the
 * change that causes it, handed over at least once, tried again with growing pauses, and given up in a transaction of
 * its own, so that a dead letter is never lost between two rooms. Entries that share an ordering key go one at a time
 * in the order they were added.
 */
import type { Clock, Timer } from './clock.ts';
import { parseExactJson } from './exact-json.ts';
import type { Log } from './log.ts';
import type { Schema, State, Transaction } from './state.ts';

export const outboxSchema: Schema = {
  part: 'outbox',
  steps: [
    `CREATE TABLE outbox (
       id INTEGER PRIMARY KEY AUTOINCREMENT, box TEXT NOT NULL, ordering_key TEXT, added_ms INTEGER NOT NULL,
       due_ms INTEGER NOT NULL, attempts INTEGER NOT NULL, payload TEXT NOT NULL) STRICT;
     CREATE INDEX outbox_by_due ON outbox (box, due_ms, id);
     CREATE INDEX outbox_by_order ON outbox (box, ordering_key, id) WHERE ordering_key IS NOT NULL;`,
    // Behind the head of its key an entry is blocked, so that looking for work costs nothing for those that wait.
    `ALTER TABLE outbox ADD COLUMN blocked INTEGER NOT NULL DEFAULT 0;
     UPDATE outbox SET blocked = 1 WHERE ordering_key IS NOT NULL AND EXISTS (
       SELECT 1 FROM outbox AS earlier
       WHERE earlier.box = outbox.box AND earlier.ordering_key = outbox.ordering_key AND earlier.id < outbox.id);
     DROP INDEX outbox_by_due;
     CREATE INDEX outbox_by_due ON outbox (box, due_ms, id) WHERE blocked = 0;`,
  ],
};

export interface OutboxEntry<Payload> {
  readonly id: number;
  readonly payload: Payload;
  /** Deliveries that failed before this one. */
  readonly attempts: number;
  readonly addedMs: number;
}

export interface OutboxOptions<Payload> {
  readonly state: State;
  readonly clock: Clock;
  readonly log: Log;
  /** Whose entries these are, such as `events`. Every box is drained by one `Outbox`. */
  readonly box: string;
  /** Deliveries under way at once. */
  readonly concurrency?: number;
  /** Hands over. Its rejection leads to `retryAfterMs`. The entry may have been handed over before a crash already. */
  deliver(entry: OutboxEntry<Payload>, signal: AbortSignal): Promise<void>;
  /** Pause before the next try in ms; undefined gives up. */
  retryAfterMs(entry: OutboxEntry<Payload>, error: unknown): number | undefined;
  /** Runs in the transaction that drops the entry. */
  giveUp?(db: Transaction, entry: OutboxEntry<Payload>, error: unknown): void;
}

interface Row {
  id: number;
  ordering_key: string | null;
  added_ms: number;
  due_ms: number;
  attempts: number;
}

const concurrencyDefault = 16;

export class Outbox<Payload> {
  readonly #options: OutboxOptions<Payload>;
  readonly #inHand = new Map<number, Promise<void>>();
  readonly #keysInHand = new Set<string>();
  readonly #stopping = new AbortController();
  #timer: Timer | undefined;
  #started = false;

  constructor(options: OutboxOptions<Payload>) {
    this.#options = options;
  }

  /** Adds an entry inside a change; it goes out once the change is on disk. */
  add(
    db: Transaction,
    payload: Payload,
    { orderingKey, delayMs = 0 }: { orderingKey?: string; delayMs?: number } = {},
  ) {
    const { box, clock } = this.#options;
    const nowMs = clock.nowMs();
    const key = orderingKey ?? null;
    db.prepare(
      `INSERT INTO outbox (box, ordering_key, added_ms, due_ms, attempts, payload, blocked)
       VALUES (?, ?, ?, ?, 0, ?, EXISTS (SELECT 1 FROM outbox WHERE box = ? AND ordering_key = ?))`,
    ).run(box, key, nowMs, nowMs + delayMs, JSON.stringify(payload), box, key);
    db.afterCommit(() => this.#fill());
  }

  /** Takes up what is due, also what a crash left. */
  start(): void {
    this.#started = true;
    this.#fill();
  }

  /** Aborts what is under way; its entries go out again after the next start. */
  async stop(): Promise<void> {
    this.#started = false;
    this.#timer?.cancel();
    this.#stopping.abort(new Error('the platform is stopping'));
    await Promise.all(this.#inHand.values());
  }

  /** Entries that wait or are under way. */
  count(): number {
    const { state, box } = this.#options;
    return state.reader.prepare<{ n: number }>('SELECT count(*) AS n FROM outbox WHERE box = ?').get(box)?.n ?? 0;
  }

  #fill(): void {
    if (!this.#started) return;
    const { clock, concurrency = concurrencyDefault } = this.#options;
    this.#timer?.cancel();
    for (const row of this.#candidates()) {
      if (row.due_ms > clock.nowMs()) {
        this.#timer = clock.setTimer(row.due_ms - clock.nowMs(), () => this.#fill());
        return;
      }
      if (this.#inHand.size >= concurrency) return;
      this.#take(row);
    }
  }

  /** What may go out next, soonest first; of each ordering key only its oldest entry. */
  *#candidates(): Iterable<Row> {
    const { state, box } = this.#options;
    const rows = state.reader
      .prepare<Row>(
        `SELECT id, ordering_key, added_ms, due_ms, attempts FROM outbox
         WHERE box = ? AND blocked = 0 ORDER BY due_ms, id LIMIT 200`,
      )
      .all(box);
    for (const row of rows) {
      if (this.#inHand.has(row.id)) continue;
      if (row.ordering_key !== null && this.#keysInHand.has(row.ordering_key)) continue;
      yield row;
    }
  }

  #take(row: Row): void {
    if (row.ordering_key !== null) this.#keysInHand.add(row.ordering_key);
    const work = this.#handOver(row).finally(() => {
      this.#inHand.delete(row.id);
      if (row.ordering_key !== null) this.#keysInHand.delete(row.ordering_key);
      this.#fill();
    });
    this.#inHand.set(row.id, work);
  }

  /** Never rejects. */
  async #handOver(row: Row): Promise<void> {
    const { log, box } = this.#options;
    const entry: OutboxEntry<Payload> = {
      id: row.id,
      payload: this.#readPayload(row.id),
      attempts: row.attempts,
      addedMs: row.added_ms,
    };
    try {
      const failure = await this.#try(entry);
      if (failure === undefined) await this.#drop(entry);
      else if (!this.#stopping.signal.aborted) await this.#fail(entry, failure.error);
    } catch (error) {
      // The state refused the outcome; the entry is still there and goes out again.
      log.error('the outcome of a delivery could not be written', { error, box, entry: entry.id });
      await this.#options.clock.sleep(1000, this.#stopping.signal).catch(() => undefined);
    }
  }

  /** Read when its turn comes: what waits may be large. */
  #readPayload(id: number): Payload {
    const row = this.#options.state.reader
      .prepare<{ payload: string }>('SELECT payload FROM outbox WHERE id = ?')
      .get(id);
    return parseExactJson(row?.payload ?? 'null') as Payload;
  }

  async #try(entry: OutboxEntry<Payload>): Promise<{ error: unknown } | undefined> {
    try {
      await this.#options.deliver(entry, this.#stopping.signal);
      return undefined;
    } catch (error) {
      return { error };
    }
  }

  #drop(entry: OutboxEntry<Payload>): Promise<unknown> {
    return this.#options.state.write((db) => this.#delete(db, entry));
  }

  /** The next of its key takes its place. */
  #delete(db: Transaction, { id }: OutboxEntry<Payload>): void {
    const row = db
      .prepare<{ ordering_key: string | null }>('DELETE FROM outbox WHERE id = ? RETURNING ordering_key')
      .get(id);
    if (row === undefined || row.ordering_key === null) return;
    db.prepare(
      'UPDATE outbox SET blocked = 0 WHERE id = (SELECT min(id) FROM outbox WHERE box = ? AND ordering_key = ?)',
    ).run(this.#options.box, row.ordering_key);
  }

  async #fail(entry: OutboxEntry<Payload>, error: unknown): Promise<void> {
    const { state, clock } = this.#options;
    const pauseMs = this.#options.retryAfterMs(entry, error);
    await state.write((db) => {
      if (pauseMs === undefined) {
        this.#delete(db, entry);
        this.#options.giveUp?.(db, entry, error);
        return;
      }
      db.prepare('UPDATE outbox SET attempts = attempts + 1, due_ms = ? WHERE id = ?').run(
        clock.nowMs() + pauseMs,
        entry.id,
      );
    });
  }
}
