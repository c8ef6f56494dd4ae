/** What a FIFO queue remembers for five minutes: messages that may be sent again, receives that may be tried again. */
import type { Transaction } from '#kernel/state';

export interface Duplicate {
  readonly messageId: string;
  readonly seq: number;
}

/** A receipt as an attempt remembers it. */
export interface AttemptReceipt {
  readonly seq: number;
  readonly nonce: string;
}

export class RepeatStore {
  findMessage(db: Transaction, queue: number, key: string, nowMs: number): Duplicate | undefined {
    db.prepare('DELETE FROM queues_duplicate WHERE queue = ? AND expires_ms <= ?').run(queue, nowMs);
    const row = db
      .prepare<{ message_id: string; seq: number }>(
        'SELECT message_id, seq FROM queues_duplicate WHERE queue = ? AND key = ?',
      )
      .get(queue, key);
    return row === undefined ? undefined : { messageId: row.message_id, seq: row.seq };
  }

  keepMessage(db: Transaction, queue: number, key: string, { messageId, seq }: Duplicate, expiresMs: number): void {
    db.prepare('INSERT OR REPLACE INTO queues_duplicate VALUES (?, ?, ?, ?, ?)').run(
      queue,
      key,
      expiresMs,
      messageId,
      seq,
    );
  }

  findAttempt(db: Transaction, queue: number, id: string, nowMs: number): AttemptReceipt[] | undefined {
    db.prepare('DELETE FROM queues_attempt WHERE queue = ? AND expires_ms <= ?').run(queue, nowMs);
    const row = db
      .prepare<{ receipts: string }>('SELECT receipts FROM queues_attempt WHERE queue = ? AND id = ?')
      .get(queue, id);
    return row === undefined ? undefined : (JSON.parse(row.receipts) as AttemptReceipt[]);
  }

  keepAttempt(
    db: Transaction,
    queue: number,
    id: string,
    receipts: readonly AttemptReceipt[],
    expiresMs: number,
  ): void {
    db.prepare('INSERT OR REPLACE INTO queues_attempt VALUES (?, ?, ?, ?)').run(
      queue,
      id,
      expiresMs,
      JSON.stringify(receipts),
    );
  }
}
