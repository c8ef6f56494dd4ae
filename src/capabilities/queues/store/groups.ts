/**
 * The groups of FIFO queues: for each that has messages, when its head may be received. A group waits while any of its
 * messages is in flight, so that order holds; with this row a blocked group costs nothing, however long it is.
 */
import type { Db, Transaction } from '#kernel/state';

export class GroupStore {
  /** Writes anew what follows from the group's messages. Belongs behind every change of one. */
  refresh(db: Transaction, queue: number, name: string): void {
    const head = db
      .prepare<{ seq: number; visible_ms: number }>(
        'SELECT seq, visible_ms FROM queues_message WHERE queue = ? AND group_id = ? ORDER BY seq LIMIT 1',
      )
      .get(queue, name);
    if (head === undefined) {
      db.prepare('DELETE FROM queues_group WHERE queue = ? AND name = ?').run(queue, name);
      return;
    }
    const inFlight = db
      .prepare<{ ms: number | null }>(
        `SELECT max(visible_ms) AS ms FROM queues_message
         WHERE queue = ? AND group_id = ? AND group_id IS NOT NULL AND receipt IS NOT NULL`,
      )
      .get(queue, name);
    db.prepare(
      `INSERT INTO queues_group VALUES (?, ?, ?, ?)
       ON CONFLICT (queue, name) DO UPDATE SET ready_ms = excluded.ready_ms, head_seq = excluded.head_seq`,
    ).run(queue, name, Math.max(head.visible_ms, inFlight?.ms ?? 0), head.seq);
  }

  /** Groups whose head may be received, the longest ready first. */
  listReady(db: Db, queue: number, nowMs: number, limit: number): string[] {
    return db
      .prepare<{ name: string }>(
        'SELECT name FROM queues_group WHERE queue = ? AND ready_ms <= ? ORDER BY ready_ms, head_seq LIMIT ?',
      )
      .all(queue, nowMs, limit)
      .map(({ name }) => name);
  }

  /** When the next waiting group becomes ready. */
  nextReadyMs(db: Db, queue: number, nowMs: number): number | undefined {
    const row = db
      .prepare<{ ms: number | null }>('SELECT min(ready_ms) AS ms FROM queues_group WHERE queue = ? AND ready_ms > ?')
      .get(queue, nowMs);
    return row?.ms ?? undefined;
  }

  deleteAll(db: Transaction, queue: number): void {
    db.prepare('DELETE FROM queues_group WHERE queue = ?').run(queue);
  }
}
