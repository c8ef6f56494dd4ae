/** Records and trails in the state. */
import type { Schema, State } from '#kernel/state';
import type { AuditRecord } from './record.ts';
import type { Trail } from './trail.ts';

export const auditSchema: Schema = {
  part: 'audit',
  steps: [
    `CREATE TABLE audit_event (
       seq INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL, region TEXT NOT NULL, time_ms INTEGER NOT NULL,
       id TEXT NOT NULL, name TEXT NOT NULL, source TEXT NOT NULL, user TEXT NOT NULL, access_key TEXT NOT NULL,
       read_only INTEGER NOT NULL, management INTEGER NOT NULL, record TEXT NOT NULL) STRICT;
     CREATE INDEX audit_event_time ON audit_event (account, region, time_ms);
     CREATE TABLE audit_trail (
       account TEXT NOT NULL, name TEXT NOT NULL, trail TEXT NOT NULL, delivered_seq INTEGER NOT NULL,
       PRIMARY KEY (account, name)) STRICT, WITHOUT ROWID;`,
    'CREATE TABLE audit_built_in (account TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;',
  ],
};

export interface StoredEvent {
  readonly seq: number;
  readonly timeMs: number;
  readonly user: string;
  readonly accessKey: string;
  readonly record: AuditRecord;
}

export interface NewEvent {
  readonly timeMs: number;
  readonly user: string;
  readonly accessKey: string;
  readonly record: AuditRecord;
}

export interface EventFilter {
  readonly accountId: string;
  readonly region: string;
  readonly fromMs: number;
  readonly toMs: number;
  /** Only records older than this one. */
  readonly beforeSeq?: number;
  /** Column and value, such as `['name', 'CreateTable']`. */
  readonly match?: readonly ['id' | 'name' | 'source' | 'user' | 'access_key' | 'read_only', string | number];
  readonly resource?: string;
}

interface EventRow {
  seq: number;
  time_ms: number;
  user: string;
  access_key: string;
  record: string;
}

export class AuditStore {
  readonly #state: State;

  constructor(state: State) {
    this.#state = state;
  }

  /** Appends records, and forgets those that are too old or too many. */
  append(events: readonly NewEvent[], keep: { fromMs: number; rowsMax: number }): Promise<void> {
    return this.#state.write((db) => {
      const insert = db.prepare(
        `INSERT INTO audit_event (account, region, time_ms, id, name, source, user, access_key, read_only, management, record)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      );
      let last = 0;
      for (const { timeMs, user, accessKey, record } of events) {
        const { recipientAccountId, awsRegion, eventID, eventName, eventSource, readOnly, managementEvent } = record;
        const flags = [readOnly ? 1 : 0, managementEvent ? 1 : 0];
        const row = insert.run(
          recipientAccountId,
          awsRegion,
          timeMs,
          eventID,
          eventName,
          eventSource,
          user,
          accessKey,
          ...flags,
          JSON.stringify(record),
        );
        last = Number(row.lastInsertRowid);
      }
      db.prepare('DELETE FROM audit_event WHERE seq <= ?').run(last - keep.rowsMax);
      const first = db
        .prepare<{ seq: number; time_ms: number }>('SELECT seq, time_ms FROM audit_event ORDER BY seq LIMIT 1')
        .get();
      if (first && first.time_ms < keep.fromMs)
        db.prepare('DELETE FROM audit_event WHERE time_ms < ?').run(keep.fromMs);
    });
  }

  /** Management events, newest first. */
  lookup(filter: EventFilter, sizeMax: number): StoredEvent[] {
    const conditions = ['account = ?', 'region = ?', 'time_ms BETWEEN ? AND ?', 'management = 1', 'seq < ?'];
    const values: (string | number)[] = [
      filter.accountId,
      filter.region,
      filter.fromMs,
      filter.toMs,
      filter.beforeSeq ?? Number.MAX_SAFE_INTEGER,
    ];
    if (filter.match) {
      conditions.push(`${filter.match[0]} = ?`);
      values.push(filter.match[1]);
    }
    if (filter.resource !== undefined) {
      conditions.push(
        "EXISTS (SELECT 1 FROM json_each(record, '$.resources') AS r WHERE json_extract(r.value, '$.type') = ? OR json_extract(r.value, '$.ARN') LIKE '%' || ?)",
      );
      values.push(filter.resource, filter.resource);
    }
    return this.#state.reader
      .prepare<EventRow>(`SELECT * FROM audit_event WHERE ${conditions.join(' AND ')} ORDER BY seq DESC LIMIT ?`)
      .all(...values, sizeMax)
      .map(toEvent);
  }

  listAfter(accountId: string, seq: number, sizeMax: number): StoredEvent[] {
    return this.#state.reader
      .prepare<EventRow>('SELECT * FROM audit_event WHERE account = ? AND seq > ? ORDER BY seq LIMIT ?')
      .all(accountId, seq, sizeMax)
      .map(toEvent);
  }

  listTrails(accountId?: string): { trail: Trail; deliveredSeq: number }[] {
    const rows = this.#state.reader
      .prepare<{ trail: string; delivered_seq: number }>(
        'SELECT trail, delivered_seq FROM audit_trail WHERE ?1 IS NULL OR account = ?1 ORDER BY account, name',
      )
      .all(accountId ?? null);
    return rows.map((row) => ({ trail: JSON.parse(row.trail) as Trail, deliveredSeq: row.delivered_seq }));
  }

  /** Makes the account's built-in trail, once: one that was deleted does not come back. */
  putBuiltInTrail(trail: Trail): Promise<void> {
    return this.#state.write((db) => {
      const { changes } = db.prepare('INSERT OR IGNORE INTO audit_built_in VALUES (?)').run(trail.accountId);
      if (changes === 0) return;
      db.prepare('INSERT OR IGNORE INTO audit_trail VALUES (?, ?, ?, 0)').run(
        trail.accountId,
        trail.name,
        JSON.stringify(trail),
      );
    });
  }

  /** A new trail starts with what happens from now on. */
  putTrail(trail: Trail): Promise<void> {
    return this.#state.write((db) => {
      db.prepare(
        `INSERT INTO audit_trail VALUES (?, ?, ?, (SELECT coalesce(max(seq), 0) FROM audit_event))
         ON CONFLICT (account, name) DO UPDATE SET trail = excluded.trail`,
      ).run(trail.accountId, trail.name, JSON.stringify(trail));
    });
  }

  setDelivered(trail: Trail, seq: number): Promise<void> {
    return this.#state.write((db) => {
      db.prepare('UPDATE audit_trail SET delivered_seq = ?, trail = ? WHERE account = ? AND name = ?').run(
        seq,
        JSON.stringify(trail),
        trail.accountId,
        trail.name,
      );
    });
  }

  deleteTrail(accountId: string, name: string): Promise<void> {
    return this.#state.write(
      (db) => void db.prepare('DELETE FROM audit_trail WHERE account = ? AND name = ?').run(accountId, name),
    );
  }
}

function toEvent(row: EventRow): StoredEvent {
  return {
    seq: row.seq,
    timeMs: row.time_ms,
    user: row.user,
    accessKey: row.access_key,
    record: JSON.parse(row.record) as AuditRecord,
  };
}
