/** Archives and the events that they keep. */
import { parseExactJson } from '#kernel/exact-json';
import type { Db, State, Transaction } from '#kernel/state';
import { keptSinceMs, type Archive } from '../archives/archive.ts';
import { archiveAbsent, exists, limitExceeded } from '../errors.ts';
import type { EventEnvelope } from '../event.ts';

/** An archive under the number that its events carry: one of the same name that is made later has another. */
export interface StoredArchive {
  readonly id: number;
  readonly archive: Archive;
}

export interface ArchivedEvent {
  readonly id: number;
  readonly timeMs: number;
  readonly event: EventEnvelope;
}

/** Where a replay stands: behind an event in the order of times. */
export interface ArchivePlace {
  readonly timeMs: number;
  readonly id: number;
}

interface ArchiveRow {
  id: number;
  scope: string;
  definition: string;
}

// Limit: an account has at most 100 archives in a region.
const archivesMax = 100;
/** Of archives whose events are still to be removed. */
const deletedScope = '';

export class ArchiveStore {
  readonly #state: State;

  constructor(state: State) {
    this.#state = state;
  }

  find(scope: string, name: string): StoredArchive | undefined {
    return find(this.#state.reader, scope, name);
  }

  /** In the order of their names. */
  list(scope: string): StoredArchive[] {
    return this.#state.reader
      .prepare<ArchiveRow>('SELECT * FROM events_archive WHERE scope = ? ORDER BY name')
      .all(scope)
      .map(storedOf);
  }

  listOfBus(scope: string, bus: string): StoredArchive[] {
    return this.#state.reader
      .prepare<ArchiveRow>('SELECT * FROM events_archive WHERE scope = ? AND bus = ?')
      .all(scope, bus)
      .map(storedOf);
  }

  /** @throws ResourceAlreadyExistsException, LimitExceededException */
  insert(scope: string, archive: Archive): Promise<void> {
    return this.#state.write((db) => {
      if (find(db, scope, archive.name) !== undefined) throw exists(`Archive ${archive.name} already exists.`);
      const { count } = db
        .prepare<{ count: number }>('SELECT count(*) AS count FROM events_archive WHERE scope = ?')
        .get(scope) ?? { count: 0 };
      if (count >= archivesMax) throw limitExceeded(`There are ${count} archives already; ${archivesMax} is the most.`);
      db.prepare('INSERT INTO events_archive (scope, name, bus, definition) VALUES (?, ?, ?, ?)').run(
        scope,
        archive.name,
        archive.bus,
        JSON.stringify(archive),
      );
    });
  }

  /** @throws ResourceNotFoundException */
  change(scope: string, name: string, change: (archive: Archive) => Archive): Promise<Archive> {
    return this.#state.write((db) => {
      const { id, archive } = needArchive(db, scope, name);
      const after = change(archive);
      db.prepare('UPDATE events_archive SET definition = ? WHERE id = ?').run(JSON.stringify(after), id);
      return after;
    });
  }

  /** Leaves its events to `sweep`, since there may be many. @throws ResourceNotFoundException */
  delete(scope: string, name: string): Promise<Archive> {
    return this.#state.write((db) => {
      const { id, archive } = needArchive(db, scope, name);
      db.prepare('UPDATE events_archive SET scope = ?, name = ? WHERE id = ?').run(deletedScope, String(id), id);
      return archive;
    });
  }

  addEvent(db: Transaction, archiveId: number, event: EventEnvelope, nowMs: number): void {
    const text = JSON.stringify(event);
    db.prepare(
      'INSERT INTO events_archived (archive, time_ms, taken_ms, size_bytes, event) VALUES (?, ?, ?, ?, ?)',
    ).run(archiveId, Date.parse(event.time), nowMs, Buffer.byteLength(text), text);
  }

  /** In the order of their times. */
  listEvents(
    db: Db,
    { id, archive }: StoredArchive,
    range: { after: ArchivePlace; toMs: number; nowMs: number; limit: number },
  ): ArchivedEvent[] {
    return db
      .prepare<{ id: number; time_ms: number; event: string }>(
        `SELECT id, time_ms, event FROM events_archived
         WHERE archive = ? AND (time_ms, id) > (?, ?) AND time_ms <= ? AND taken_ms >= ?
         ORDER BY time_ms, id LIMIT ?`,
      )
      .all(id, range.after.timeMs, range.after.id, range.toMs, keptSinceMs(archive, range.nowMs), range.limit)
      .map((row) => ({ id: row.id, timeMs: row.time_ms, event: parseExactJson(row.event) as EventEnvelope }));
  }

  measure({ id, archive }: StoredArchive, nowMs: number): { count: number; sizeBytes: number } {
    const row = this.#state.reader
      .prepare<{ count: number; bytes: number }>(
        `SELECT count(*) AS count, coalesce(sum(size_bytes), 0) AS bytes FROM events_archived
         WHERE archive = ? AND taken_ms >= ?`,
      )
      .get(id, keptSinceMs(archive, nowMs));
    return { count: row?.count ?? 0, sizeBytes: row?.bytes ?? 0 };
  }

  /** Removes events that are too old or whose archive is gone, up to a number. @returns how many went */
  sweep(nowMs: number, limit: number): Promise<number> {
    return this.#state.write((db) => {
      let left = limit;
      const remove = (where: string, ...values: number[]): void => {
        if (left === 0) return;
        const sql = `DELETE FROM events_archived WHERE id IN (SELECT id FROM events_archived WHERE ${where} LIMIT ?)`;
        left -= Number(db.prepare(sql).run(...values, left).changes);
      };
      for (const row of db.prepare<ArchiveRow>('SELECT * FROM events_archive').all()) {
        const { id, archive } = storedOf(row);
        const isDeleted = row.scope === deletedScope;
        if (isDeleted) remove('archive = ?', id);
        else if (archive.retentionDays > 0) remove('archive = ? AND taken_ms < ?', id, keptSinceMs(archive, nowMs));
        if (isDeleted && left > 0) db.prepare('DELETE FROM events_archive WHERE id = ?').run(id);
      }
      return limit - left;
    });
  }
}

function find(db: Db, scope: string, name: string): StoredArchive | undefined {
  const row = db.prepare<ArchiveRow>('SELECT * FROM events_archive WHERE scope = ? AND name = ?').get(scope, name);
  return row && storedOf(row);
}

/** As a transaction sees it. @throws ResourceNotFoundException */
export function needArchive(db: Db, scope: string, name: string): StoredArchive {
  const found = find(db, scope, name);
  if (found === undefined) throw archiveAbsent(name);
  return found;
}

/** Undefined as soon as it is deleted. */
export function findArchiveById(db: Db, id: number): StoredArchive | undefined {
  const row = db.prepare<ArchiveRow>('SELECT * FROM events_archive WHERE id = ? AND scope <> ?').get(id, deletedScope);
  return row && storedOf(row);
}

function storedOf({ id, definition }: ArchiveRow): StoredArchive {
  return { id, archive: JSON.parse(definition) as Archive };
}
