/**
 * What the logs capability keeps. A group or stream goes away at once; its events are orphans in `logs_garbage`'s
 * care until the sweep has removed them in small steps, so that no delete holds up the writer for long.
 */
import type { Db, Schema, State, Transaction } from '#kernel/state';
import { groupAbsent, groupExists, groupProtected, streamAbsent, streamExists } from './errors.ts';
import { eventSizeBytes, type LogEvent, type NewLogEvent, type Position } from './log-event.ts';
import type { LogGroup, LogGroupClass, LogStream } from './log-group.ts';
import type { StoredEvent } from './subscriptions/subscription-filter.ts';

export const logsSchema: Schema = {
  part: 'logs',
  steps: [
    `CREATE TABLE logs_group (
       id INTEGER PRIMARY KEY AUTOINCREMENT, scope TEXT NOT NULL, name TEXT NOT NULL, created_ms INTEGER NOT NULL,
       class TEXT NOT NULL, protected INTEGER NOT NULL, stored_bytes INTEGER NOT NULL, retention_days INTEGER,
       kms_key_id TEXT, tags TEXT NOT NULL, UNIQUE (scope, name)) STRICT;
     CREATE TABLE logs_stream (
       id INTEGER PRIMARY KEY AUTOINCREMENT, group_id INTEGER NOT NULL, name TEXT NOT NULL, created_ms INTEGER NOT NULL,
       first_event_ms INTEGER, last_event_ms INTEGER, last_ingestion_ms INTEGER, UNIQUE (group_id, name)) STRICT;
     CREATE TABLE logs_event (
       id INTEGER PRIMARY KEY AUTOINCREMENT, group_id INTEGER NOT NULL, stream_id INTEGER NOT NULL,
       timestamp_ms INTEGER NOT NULL, ingestion_ms INTEGER NOT NULL, message TEXT NOT NULL) STRICT;
     CREATE INDEX logs_event_by_stream ON logs_event (stream_id, timestamp_ms, id);
     CREATE INDEX logs_event_by_group ON logs_event (group_id, timestamp_ms, id);
     CREATE TABLE logs_garbage (stream_id INTEGER PRIMARY KEY) STRICT;`,
    `CREATE TABLE logs_subscription (
       group_id INTEGER NOT NULL REFERENCES logs_group ON DELETE CASCADE, name TEXT NOT NULL, document TEXT NOT NULL,
       PRIMARY KEY (group_id, name)) STRICT, WITHOUT ROWID;`,
  ],
};

interface GroupRow {
  id: number;
  scope: string;
  name: string;
  created_ms: number;
  class: LogGroupClass;
  protected: number;
  stored_bytes: number;
  retention_days: number | null;
  kms_key_id: string | null;
  tags: string;
}

interface StreamRow {
  id: number;
  name: string;
  created_ms: number;
  first_event_ms: number | null;
  last_event_ms: number | null;
  last_ingestion_ms: number | null;
}

interface EventRow {
  id: number;
  stream_name: string;
  timestamp_ms: number;
  ingestion_ms: number;
  message: string;
}

export type NewGroup = Pick<LogGroup, 'scope' | 'name' | 'createdMs' | 'class' | 'deletionProtected' | 'tags'> & {
  readonly kmsKeyId?: string | undefined;
};

/** Columns of a group that may be set by themselves; `null` clears. */
export interface GroupChange {
  readonly retention_days?: number | null;
  readonly kms_key_id?: string | null;
  readonly protected?: number;
}

export class LogStore {
  readonly #state: State;

  constructor(state: State) {
    this.#state = state;
  }

  findGroup(scope: string, name: string): LogGroup | undefined {
    return findGroup(this.#state.reader, scope, name);
  }

  /** Groups in order of their names. */
  listGroups(scope: string): LogGroup[] {
    const rows = this.#state.reader
      .prepare<GroupRow>('SELECT * FROM logs_group WHERE scope = ? ORDER BY name')
      .all(scope);
    return rows.map(groupOf);
  }

  groupsWithRetention(): LogGroup[] {
    return this.#state.reader
      .prepare<GroupRow>('SELECT * FROM logs_group WHERE retention_days IS NOT NULL')
      .all()
      .map(groupOf);
  }

  createGroup(group: NewGroup): Promise<void> {
    return this.#state.write((db) => {
      if (findGroup(db, group.scope, group.name) !== undefined) throw groupExists(group.name);
      insertGroup(db, group);
    });
  }

  deleteGroup(scope: string, name: string): Promise<void> {
    return this.#state.write((db) => {
      const group = needGroup(db, scope, name);
      if (group.deletionProtected) throw groupProtected(name);
      db.prepare('INSERT INTO logs_garbage SELECT id FROM logs_stream WHERE group_id = ?').run(group.id);
      db.prepare('DELETE FROM logs_stream WHERE group_id = ?').run(group.id);
      db.prepare('DELETE FROM logs_group WHERE id = ?').run(group.id);
    });
  }

  changeGroup(scope: string, name: string, change: GroupChange): Promise<void> {
    return this.#state.write((db) => {
      const group = needGroup(db, scope, name);
      for (const [column, value] of Object.entries(change) as [string, string | number | null][]) {
        db.prepare(`UPDATE logs_group SET ${column} = ? WHERE id = ?`).run(value, group.id);
      }
    });
  }

  changeTags(
    scope: string,
    name: string,
    change: (tags: Readonly<Record<string, string>>) => Record<string, string>,
  ): Promise<void> {
    return this.#state.write((db) => {
      const group = needGroup(db, scope, name);
      db.prepare('UPDATE logs_group SET tags = ? WHERE id = ?').run(JSON.stringify(change(group.tags)), group.id);
    });
  }

  findStream(groupId: number, name: string): LogStream | undefined {
    const row = this.#state.reader
      .prepare<StreamRow>('SELECT * FROM logs_stream WHERE group_id = ? AND name = ?')
      .get(groupId, name);
    return row === undefined ? undefined : streamOf(row);
  }

  /** Streams in order of their names. */
  listStreams(groupId: number): LogStream[] {
    return this.#state.reader
      .prepare<StreamRow>('SELECT * FROM logs_stream WHERE group_id = ? ORDER BY name')
      .all(groupId)
      .map(streamOf);
  }

  createStream(scope: string, group: string, name: string, createdMs: number): Promise<void> {
    return this.#state.write((db) => {
      const { id } = needGroup(db, scope, group);
      if (findStreamId(db, id, name) !== undefined) throw streamExists(group, name);
      insertStream(db, id, name, createdMs);
    });
  }

  deleteStream(scope: string, group: string, name: string): Promise<void> {
    return this.#state.write((db) => {
      const streamId = findStreamId(db, needGroup(db, scope, group).id, name);
      if (streamId === undefined) throw streamAbsent(group, name);
      db.prepare('INSERT INTO logs_garbage VALUES (?)').run(streamId);
      db.prepare('DELETE FROM logs_stream WHERE id = ?').run(streamId);
    });
  }

  /** @param options.create make the group and the stream when they are missing, instead of failing */
  append(
    target: { readonly scope: string; readonly group: string; readonly stream: string },
    events: readonly NewLogEvent[],
    options: {
      readonly nowMs: number;
      readonly create: boolean;
      /** Runs in the same transaction. */
      readonly tell?: ((db: Transaction, groupId: number, events: readonly StoredEvent[]) => void) | undefined;
    },
  ): Promise<void> {
    return this.#state.write((db) => {
      const groupId = options.create
        ? groupIdFor(db, target, options.nowMs)
        : needGroup(db, target.scope, target.group).id;
      let streamId = findStreamId(db, groupId, target.stream);
      if (streamId === undefined && !options.create) throw streamAbsent(target.group, target.stream);
      streamId ??= insertStream(db, groupId, target.stream, options.nowMs);
      const stored = insertEvents(db, groupId, streamId, events, options.nowMs);
      if (stored.length > 0) options.tell?.(db, groupId, stored);
    });
  }

  /**
   * Events in the order of time between two positions (both outside), from the front or, `backward`, from the end;
   * the answer is in the order of reading.
   */
  readEvents(query: {
    readonly groupId: number;
    /** Undefined: every stream of the group. */
    readonly streamIds?: readonly number[];
    readonly after: Position;
    readonly before: Position;
    readonly limit: number;
    readonly backward?: boolean;
  }): LogEvent[] {
    const one = query.streamIds?.length === 1;
    const where = one
      ? 'e.stream_id = ?'
      : `e.group_id = ?${query.streamIds === undefined ? '' : ' AND e.stream_id IN (SELECT value FROM json_each(?))'}`;
    const keys = one
      ? [query.streamIds[0] ?? 0]
      : [query.groupId, ...(query.streamIds === undefined ? [] : [JSON.stringify(query.streamIds)])];
    const order = query.backward === true ? 'DESC' : 'ASC';
    const rows = this.#state.reader
      .prepare<EventRow>(
        `SELECT e.id, s.name AS stream_name, e.timestamp_ms, e.ingestion_ms, e.message
           FROM logs_event e JOIN logs_stream s ON s.id = e.stream_id
          WHERE ${where} AND (e.timestamp_ms, e.id) > (?, ?) AND (e.timestamp_ms, e.id) < (?, ?)
          ORDER BY e.timestamp_ms ${order}, e.id ${order} LIMIT ?`,
      )
      .all(...keys, ...query.after, ...query.before, query.limit);
    return rows.map((row) => ({
      id: row.id,
      streamName: row.stream_name,
      timestampMs: row.timestamp_ms,
      ingestionMs: row.ingestion_ms,
      message: row.message,
    }));
  }

  /** Removes up to `limit` events of a group that are older than `beforeMs`. @returns how many it removed */
  removeExpired(groupId: number, beforeMs: number, limit: number): Promise<number> {
    return this.#state.write((db) => {
      const rows = db
        .prepare<{ id: number; message: string }>(
          `DELETE FROM logs_event WHERE id IN (SELECT id FROM logs_event WHERE group_id = ? AND timestamp_ms < ?
           ORDER BY timestamp_ms LIMIT ?) RETURNING id, message`,
        )
        .all(groupId, beforeMs, limit);
      const freed = rows.reduce((sum, row) => sum + eventSizeBytes(row.message), 0);
      db.prepare('UPDATE logs_group SET stored_bytes = max(0, stored_bytes - ?) WHERE id = ?').run(freed, groupId);
      return rows.length;
    });
  }

  /** Removes up to `limit` events of deleted streams. @returns how many it removed; 0 when all garbage is gone */
  removeGarbage(limit: number): Promise<number> {
    return this.#state.write((db) => {
      const garbage = db.prepare<{ stream_id: number }>('SELECT stream_id FROM logs_garbage LIMIT 1').get();
      if (garbage === undefined) return 0;
      const rows = db
        .prepare<{ group_id: number; message: string }>(
          `DELETE FROM logs_event WHERE id IN (SELECT id FROM logs_event WHERE stream_id = ? LIMIT ?)
           RETURNING group_id, message`,
        )
        .all(garbage.stream_id, limit);
      const freed = rows.reduce((sum, row) => sum + eventSizeBytes(row.message), 0);
      db.prepare('UPDATE logs_group SET stored_bytes = max(0, stored_bytes - ?) WHERE id = ?').run(
        freed,
        rows[0]?.group_id ?? 0,
      );
      if (rows.length < limit) db.prepare('DELETE FROM logs_garbage WHERE stream_id = ?').run(garbage.stream_id);
      return Math.max(rows.length, 1);
    });
  }
}

function findGroup(db: Db, scope: string, name: string): LogGroup | undefined {
  const row = db.prepare<GroupRow>('SELECT * FROM logs_group WHERE scope = ? AND name = ?').get(scope, name);
  return row === undefined ? undefined : groupOf(row);
}

function needGroup(db: Db, scope: string, name: string): LogGroup {
  const group = findGroup(db, scope, name);
  if (group === undefined) throw groupAbsent(name);
  return group;
}

function insertGroup(db: Db, group: NewGroup): number {
  const { lastInsertRowid } = db
    .prepare(
      `INSERT INTO logs_group (scope, name, created_ms, class, protected, stored_bytes, kms_key_id, tags)
       VALUES (?, ?, ?, ?, ?, 0, ?, ?)`,
    )
    .run(
      group.scope,
      group.name,
      group.createdMs,
      group.class,
      group.deletionProtected ? 1 : 0,
      group.kmsKeyId ?? null,
      JSON.stringify(group.tags),
    );
  return Number(lastInsertRowid);
}

function groupIdFor(db: Db, target: { scope: string; group: string }, nowMs: number): number {
  const known = findGroup(db, target.scope, target.group);
  if (known !== undefined) return known.id;
  const { scope, group: name } = target;
  return insertGroup(db, { scope, name, createdMs: nowMs, class: 'STANDARD', deletionProtected: false, tags: {} });
}

function findStreamId(db: Db, groupId: number, name: string): number | undefined {
  return db.prepare<{ id: number }>('SELECT id FROM logs_stream WHERE group_id = ? AND name = ?').get(groupId, name)
    ?.id;
}

function insertStream(db: Db, groupId: number, name: string, createdMs: number): number {
  const { lastInsertRowid } = db
    .prepare('INSERT INTO logs_stream (group_id, name, created_ms) VALUES (?, ?, ?)')
    .run(groupId, name, createdMs);
  return Number(lastInsertRowid);
}

function insertEvents(
  db: Db,
  groupId: number,
  streamId: number,
  events: readonly NewLogEvent[],
  nowMs: number,
): StoredEvent[] {
  if (events.length === 0) return [];
  const insert = db.prepare(
    'INSERT INTO logs_event (group_id, stream_id, timestamp_ms, ingestion_ms, message) VALUES (?, ?, ?, ?, ?)',
  );
  let sizeBytes = 0;
  const stored = events.map((event) => {
    const { lastInsertRowid } = insert.run(groupId, streamId, event.timestampMs, nowMs, event.message);
    sizeBytes += eventSizeBytes(event.message);
    return { ...event, id: Number(lastInsertRowid) };
  });
  const times = events.map((event) => event.timestampMs);
  const firstMs = times.reduce((least, time) => Math.min(least, time));
  const lastMs = times.reduce((most, time) => Math.max(most, time));
  db.prepare(
    `UPDATE logs_stream SET first_event_ms = min(coalesce(first_event_ms, ?1), ?1),
       last_event_ms = max(coalesce(last_event_ms, ?2), ?2), last_ingestion_ms = ?3 WHERE id = ?4`,
  ).run(firstMs, lastMs, nowMs, streamId);
  db.prepare('UPDATE logs_group SET stored_bytes = stored_bytes + ? WHERE id = ?').run(sizeBytes, groupId);
  return stored;
}

function groupOf(row: GroupRow): LogGroup {
  return {
    id: row.id,
    scope: row.scope,
    name: row.name,
    createdMs: row.created_ms,
    class: row.class,
    deletionProtected: row.protected === 1,
    storedBytes: row.stored_bytes,
    ...(row.retention_days !== null && { retentionDays: row.retention_days }),
    ...(row.kms_key_id !== null && { kmsKeyId: row.kms_key_id }),
    tags: JSON.parse(row.tags) as Record<string, string>,
  };
}

function streamOf(row: StreamRow): LogStream {
  return {
    id: row.id,
    name: row.name,
    createdMs: row.created_ms,
    ...(row.first_event_ms !== null && { firstEventMs: row.first_event_ms }),
    ...(row.last_event_ms !== null && { lastEventMs: row.last_event_ms }),
    ...(row.last_ingestion_ms !== null && { lastIngestionMs: row.last_ingestion_ms }),
  };
}
