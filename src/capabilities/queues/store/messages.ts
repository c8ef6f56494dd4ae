/**
 * Messages as they are kept. A message is visible once its `visible_ms` has come; one that was received has a receipt,
 * and is in flight while it is not visible again. Every question is answered from an index, however long the queue is.
 */
import type { Db, Transaction } from '#kernel/state';
import type { MessageAttributes } from '../attribute-digest.ts';
import type { StoredMessage } from '../message.ts';
import type { GroupStore } from './groups.ts';

interface Row {
  seq: number;
  id: string;
  body: string;
  body_md5: string;
  attributes: string | null;
  trace_header: string | null;
  sender_id: string;
  sent_ms: number;
  visible_ms: number;
  receives: number;
  receives_here: number;
  first_received_ms: number | null;
  receipt: string | null;
  group_id: string | null;
  deduplication_id: string | null;
  source_arn: string | null;
}

/** What is known of a message beside itself. */
export interface HeldMessage {
  readonly message: StoredMessage;
  /** Of the last receive. */
  readonly nonce: string | undefined;
  /** Since it came to this queue. */
  readonly receivesHere: number;
}

export type NewMessage = Omit<StoredMessage, 'seq'>;

/** A queue as its messages know it. */
export interface Box {
  readonly id: number;
  readonly isFifo: boolean;
}

export interface MessageCounts {
  readonly visible: number;
  readonly inFlight: number;
  readonly delayed: number;
}

export class MessageStore {
  readonly groups: GroupStore;

  constructor(groups: GroupStore) {
    this.groups = groups;
  }

  /** @returns its place */
  insert(db: Transaction, box: Box, message: NewMessage): number {
    const { lastInsertRowid } = db
      .prepare(
        `INSERT INTO queues_message (queue, id, body, body_md5, attributes, trace_header, sender_id, sent_ms, visible_ms,
           receives, receives_here, first_received_ms, group_id, deduplication_id, source_arn)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?)`,
      )
      .run(
        box.id,
        message.id,
        message.body,
        message.bodyMd5,
        Object.keys(message.attributes).length === 0 ? null : JSON.stringify(message.attributes),
        message.traceHeader ?? null,
        message.senderId,
        message.sentMs,
        message.visibleMs,
        message.receiveCount,
        message.firstReceivedMs ?? null,
        message.groupId ?? null,
        message.deduplicationId ?? null,
        message.sourceArn ?? null,
      );
    if (box.isFifo) this.groups.refresh(db, box.id, message.groupId ?? '');
    return Number(lastInsertRowid);
  }

  find(db: Db, box: Box, seq: number): HeldMessage | undefined {
    const row = db.prepare<Row>('SELECT * FROM queues_message WHERE seq = ? AND queue = ?').get(seq, box.id);
    return row === undefined ? undefined : heldOf(row);
  }

  /** Visible messages of a standard queue, the longest visible first. */
  listVisible(db: Db, box: Box, nowMs: number, limit: number): HeldMessage[] {
    return db
      .prepare<Row>('SELECT * FROM queues_message WHERE queue = ? AND visible_ms <= ? ORDER BY visible_ms, seq LIMIT ?')
      .all(box.id, nowMs, limit)
      .map(heldOf);
  }

  hasVisible(db: Db, box: Box, nowMs: number): boolean {
    const statement = db.prepare('SELECT 1 AS found FROM queues_message WHERE queue = ? AND visible_ms <= ? LIMIT 1');
    return statement.get(box.id, nowMs) !== undefined;
  }

  /** The messages at the head of a group, in order, down to the first that is not visible. */
  listHead(db: Db, box: Box, group: string, nowMs: number, limit: number): HeldMessage[] {
    const held = db
      .prepare<Row>('SELECT * FROM queues_message WHERE queue = ? AND group_id = ? ORDER BY seq LIMIT ?')
      .all(box.id, group, limit)
      .map(heldOf);
    const hidden = held.findIndex(({ message }) => message.visibleMs > nowMs);
    return hidden === -1 ? held : held.slice(0, hidden);
  }

  /** The message is given out: hidden until `visibleMs`, under a new receipt. */
  markReceived(
    db: Transaction,
    box: Box,
    message: StoredMessage,
    { nonce, nowMs, visibleMs }: { nonce: string; nowMs: number; visibleMs: number },
  ): void {
    db.prepare(
      `UPDATE queues_message SET receipt = ?, visible_ms = ?, receives = receives + 1, receives_here = receives_here + 1,
         first_received_ms = coalesce(first_received_ms, ?) WHERE seq = ?`,
    ).run(nonce, visibleMs, nowMs, message.seq);
    if (box.isFifo) this.groups.refresh(db, box.id, message.groupId ?? '');
  }

  setVisible(db: Transaction, box: Box, message: StoredMessage, visibleMs: number): void {
    db.prepare('UPDATE queues_message SET visible_ms = ? WHERE seq = ?').run(visibleMs, message.seq);
    if (box.isFifo) this.groups.refresh(db, box.id, message.groupId ?? '');
  }

  delete(db: Transaction, box: Box, message: Pick<StoredMessage, 'seq' | 'groupId'>): void {
    db.prepare('DELETE FROM queues_message WHERE seq = ?').run(message.seq);
    if (box.isFifo) this.groups.refresh(db, box.id, message.groupId ?? '');
  }

  /**
   * Deletes up to `limit` messages that were sent at or before `untilMs`.
   * @returns how many there were
   */
  deleteSentUntil(db: Transaction, box: Box, untilMs: number, limit: number): number {
    const rows = db
      .prepare<{ seq: number; group_id: string | null }>(
        `DELETE FROM queues_message WHERE seq IN (
           SELECT seq FROM queues_message WHERE queue = ? AND sent_ms <= ? ORDER BY sent_ms LIMIT ?)
         RETURNING seq, group_id`,
      )
      .all(box.id, untilMs, limit);
    if (box.isFifo)
      for (const group of new Set(rows.map((row) => row.group_id ?? ''))) this.groups.refresh(db, box.id, group);
    return rows.length;
  }

  hasSentUntil(db: Db, box: Box, untilMs: number): boolean {
    const statement = db.prepare('SELECT 1 AS found FROM queues_message WHERE queue = ? AND sent_ms <= ? LIMIT 1');
    return statement.get(box.id, untilMs) !== undefined;
  }

  /**
   * Deletes up to `limit` messages up to a place in the queue.
   * @returns how many there were
   */
  deleteUpTo(db: Transaction, box: Box, seqMax: number, limit: number): number {
    const rows = db
      .prepare<{ group_id: string | null }>(
        `DELETE FROM queues_message WHERE seq IN (
           SELECT seq FROM queues_message INDEXED BY queues_message_by_sent WHERE queue = ? AND seq <= ? LIMIT ?)
         RETURNING group_id`,
      )
      .all(box.id, seqMax, limit);
    if (box.isFifo)
      for (const group of new Set(rows.map((row) => row.group_id ?? ''))) this.groups.refresh(db, box.id, group);
    return rows.length;
  }

  /** What else is kept of a queue that is gone. */
  forget(db: Transaction, id: number): void {
    this.groups.deleteAll(db, id);
    db.prepare('DELETE FROM queues_duplicate WHERE queue = ?').run(id);
    db.prepare('DELETE FROM queues_attempt WHERE queue = ?').run(id);
  }

  /** Ids of deleted queues whose messages are still there. */
  listOrphans(db: Db): number[] {
    const next = db.prepare<{ queue: number }>(
      'SELECT queue FROM queues_message WHERE queue > ? ORDER BY queue LIMIT 1',
    );
    const isKnown = db.prepare('SELECT 1 FROM queues_queue WHERE id = ?');
    const orphans: number[] = [];
    // From queue to queue, past the messages of each.
    for (let row = next.get(0); row !== undefined; row = next.get(row.queue)) {
      if (isKnown.get(row.queue) === undefined) orphans.push(row.queue);
    }
    return orphans;
  }

  lastSeq(db: Db): number {
    return db.prepare<{ seq: number | null }>('SELECT max(seq) AS seq FROM queues_message').get()?.seq ?? 0;
  }

  count(db: Db, box: Box, nowMs: number): MessageCounts {
    const count = (where: string): number =>
      db
        .prepare<{ n: number }>(`SELECT count(*) AS n FROM queues_message WHERE queue = ? AND ${where}`)
        .get(box.id, nowMs)?.n ?? 0;
    const hidden = count('visible_ms > ?');
    const inFlight = this.countInFlight(db, box, nowMs);
    return { visible: count('visible_ms <= ?'), inFlight, delayed: hidden - inFlight };
  }

  countInFlight(db: Db, box: Box, nowMs: number): number {
    return (
      db
        .prepare<{ n: number }>(
          'SELECT count(*) AS n FROM queues_message WHERE queue = ? AND receipt IS NOT NULL AND visible_ms > ?',
        )
        .get(box.id, nowMs)?.n ?? 0
    );
  }

  /** When the next hidden message of a standard queue comes to light. */
  nextVisibleMs(db: Db, box: Box, nowMs: number): number | undefined {
    const row = db
      .prepare<{ ms: number | null }>(
        'SELECT min(visible_ms) AS ms FROM queues_message WHERE queue = ? AND visible_ms > ?',
      )
      .get(box.id, nowMs);
    return row?.ms ?? undefined;
  }
}

function heldOf(row: Row): HeldMessage {
  const message: StoredMessage = {
    seq: row.seq,
    id: row.id,
    body: row.body,
    bodyMd5: row.body_md5,
    attributes: row.attributes === null ? {} : (JSON.parse(row.attributes) as MessageAttributes),
    traceHeader: row.trace_header ?? undefined,
    senderId: row.sender_id,
    sentMs: row.sent_ms,
    visibleMs: row.visible_ms,
    receiveCount: row.receives,
    firstReceivedMs: row.first_received_ms ?? undefined,
    groupId: row.group_id ?? undefined,
    deduplicationId: row.deduplication_id ?? undefined,
    sourceArn: row.source_arn ?? undefined,
  };
  return { message, nonce: row.receipt ?? undefined, receivesHere: row.receives_here };
}
