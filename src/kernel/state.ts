/**
 * The state: one SQLite file, one writer with group commit, readers that see only what is on disk.
 *
 * `journal_mode=WAL` lowers `synchronous` silently in some builds, so FULL is set again behind it and asserted. A write
 * joins the batch that is open, and its promise resolves after the COMMIT that fsynced the batch: what was
 * acknowledged survives a power cut.
 */
import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { PlatformError, invariant, messageOf } from './errors.ts';

export type SqlValue = SQLInputValue;

export interface Statement<Row> {
  get(...parameters: SqlValue[]): Row | undefined;
  all(...parameters: SqlValue[]): Row[];
  iterate(...parameters: SqlValue[]): Iterable<Row>;
  run(...parameters: SqlValue[]): { changes: number | bigint; lastInsertRowid: number | bigint };
}

/** A connection; statements are compiled once and kept by their text. */
export interface Db {
  prepare<Row = Record<string, SqlValue>>(sql: string): Statement<Row>;
  exec(sql: string): void;
}

/** The writing connection inside one change. */
export interface Transaction extends Db {
  /** Calls back once this change is on disk; never when it is undone. */
  afterCommit(callback: () => void): void;
}

/** The schema of one part of the state. Steps are only ever appended: the version is their count. */
export interface Schema {
  readonly part: string;
  readonly steps: readonly string[];
}

// Limit: a batch closes after 2 ms or 256 writes, whichever is first; behind one that nobody shared, with the turn of the event loop.
const batchMs = 2;
const batchWritesMax = 256;

interface Waiter {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export class State {
  readonly reader: Db;
  readonly #readConnection: DatabaseSync;
  readonly #writeConnection: DatabaseSync;
  readonly #writer: Transaction;
  #waiters: Waiter[] = [];
  #afterCommit: (() => void)[] = [];
  #open = false;
  /** Takes back the commit that is due. */
  #cancelCommit: () => void = () => undefined;
  /** Whether the last batch carried several writes: then company is worth waiting for. */
  #isShared = false;
  #closed = false;

  private constructor(write: DatabaseSync, read: DatabaseSync) {
    this.#writeConnection = write;
    this.#readConnection = read;
    this.#writer = { ...cached(write), afterCommit: (callback) => this.#afterCommit.push(callback) };
    this.reader = cached(read);
  }

  /**
   * Opens or creates the file, brings every schema up to date (a copy of an older file is kept beside it as
   * `<file>.before-<version>`), and checks its integrity.
   * @throws unavailable when the file is damaged or was written by a newer version
   */
  static open(file: string, schemas: readonly Schema[]): State {
    mkdirSync(dirname(file), { recursive: true });
    const isNew = !existsSync(file);
    const write = new DatabaseSync(file);
    try {
      configure(write);
      if (!isNew) assertIntact(write, file);
      migrate(write, file, schemas, isNew);
      const read = new DatabaseSync(file, { readOnly: true });
      read.exec('PRAGMA busy_timeout = 5000');
      return new State(write, read);
    } catch (error) {
      write.close();
      throw error;
    }
  }

  /**
   * Runs `change` inside the open batch, alone: when it throws, its own writes are undone and nobody else's.
   * @returns what `change` returned, once it is on disk
   */
  async write<T>(change: (db: Transaction) => T): Promise<T> {
    if (this.#closed)
      throw new PlatformError('unavailable', 'ServiceUnavailable', 'The platform is stopping; try again.');
    this.#begin();
    this.#writeConnection.exec('SAVEPOINT change');
    const callbacksBefore = this.#afterCommit.length;
    let result: T;
    try {
      result = change(this.#writer);
    } catch (error) {
      this.#afterCommit.length = Math.min(this.#afterCommit.length, callbacksBefore);
      // A full disk may have rolled the whole batch back already; then there is no savepoint to return to.
      if (this.#writeConnection.isTransaction) this.#writeConnection.exec('ROLLBACK TO change; RELEASE change');
      throw toUnavailable(error);
    }
    this.#writeConnection.exec('RELEASE change');
    const committed = new Promise<void>((resolve, reject) => this.#waiters.push({ resolve, reject }));
    if (this.#waiters.length >= batchWritesMax) this.#commit();
    await committed;
    return result;
  }

  /** The problems of a file that may be in use; an empty list is a sound one. */
  static problemsOf(file: string): string[] {
    const connection = new DatabaseSync(file, { readOnly: true });
    try {
      return integrityProblems(connection);
    } finally {
      connection.close();
    }
  }

  /** The problems that SQLite finds; an empty list is a sound file. */
  checkIntegrity(): string[] {
    return integrityProblems(this.#readConnection);
  }

  /** A consistent copy of the state as of now. */
  backup(file: string): void {
    this.#commit();
    this.#readConnection.prepare('VACUUM INTO ?').run(file);
  }

  close(): void {
    if (this.#closed) return;
    this.#commit();
    this.#closed = true;
    this.#readConnection.close();
    this.#writeConnection.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    this.#writeConnection.close();
  }

  #begin(): void {
    if (this.#open && this.#writeConnection.isTransaction) return;
    if (this.#open) this.#fail();
    try {
      this.#writeConnection.exec('BEGIN IMMEDIATE');
    } catch (error) {
      throw toUnavailable(error);
    }
    this.#open = true;
    this.#scheduleCommit();
  }

  #scheduleCommit(): void {
    if (this.#isShared) {
      const timer = setTimeout(() => this.#commit(), batchMs);
      this.#cancelCommit = () => clearTimeout(timer);
    } else {
      const immediate = setImmediate(() => this.#commit());
      this.#cancelCommit = () => clearImmediate(immediate);
    }
  }

  #commit(): void {
    if (!this.#open) return;
    // A full disk has undone the batch already.
    if (!this.#writeConnection.isTransaction) return this.#fail();
    this.#cancelCommit();
    this.#isShared = this.#waiters.length > 1;
    const waiters = this.#waiters;
    const callbacks = this.#afterCommit;
    this.#waiters = [];
    this.#afterCommit = [];
    this.#open = false;
    try {
      this.#writeConnection.exec('COMMIT');
    } catch (error) {
      if (this.#writeConnection.isTransaction) this.#writeConnection.exec('ROLLBACK');
      for (const waiter of waiters) waiter.reject(toUnavailable(error));
      return;
    }
    for (const waiter of waiters) waiter.resolve();
    for (const callback of callbacks) callback();
  }

  #fail(): void {
    const error = new PlatformError('unavailable', 'ServiceUnavailable', 'The state could not be written; try again.');
    this.#cancelCommit();
    this.#open = false;
    const waiters = this.#waiters;
    this.#waiters = [];
    this.#afterCommit = [];
    for (const waiter of waiters) waiter.reject(error);
  }
}

function configure(connection: DatabaseSync): void {
  connection.exec(
    'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 5000',
  );
  const { synchronous } = connection.prepare('PRAGMA synchronous').get() as { synchronous: number };
  invariant(
    synchronous === 2,
    `SQLite runs with synchronous=${synchronous}; acknowledged writes would not be durable.`,
  );
}

function assertIntact(connection: DatabaseSync, file: string): void {
  const problems = integrityProblems(connection);
  if (problems.length === 0) return;
  throw new PlatformError(
    'unavailable',
    'StateDamaged',
    `${file} is damaged: ${problems[0]}. Restore a backup, or move the file away to start empty.`,
  );
}

function integrityProblems(connection: DatabaseSync): string[] {
  try {
    const rows = connection.prepare('PRAGMA quick_check(20)').all() as { quick_check: string }[];
    return rows.map((row) => row.quick_check).filter((text) => text !== 'ok');
  } catch (error) {
    return [messageOf(error)];
  }
}

function migrate(connection: DatabaseSync, file: string, schemas: readonly Schema[], isNew: boolean): void {
  connection.exec('CREATE TABLE IF NOT EXISTS schema_version (part TEXT PRIMARY KEY, version INTEGER NOT NULL) STRICT');
  const rows = connection.prepare('SELECT part, version FROM schema_version').all() as {
    part: string;
    version: number;
  }[];
  const stored = new Map(rows.map((row) => [row.part, row.version]));
  refuseNewer(stored, schemas, file);
  const behind = schemas.filter((schema) => (stored.get(schema.part) ?? 0) < schema.steps.length);
  if (behind.length === 0) return;
  if (!isNew && stored.size > 0) keepCopy(connection, file, stored);
  connection.exec('BEGIN IMMEDIATE');
  try {
    for (const schema of behind) {
      for (const step of schema.steps.slice(stored.get(schema.part) ?? 0)) connection.exec(step);
      connection
        .prepare('INSERT INTO schema_version VALUES (?, ?) ON CONFLICT (part) DO UPDATE SET version = excluded.version')
        .run(schema.part, schema.steps.length);
    }
    connection.exec('COMMIT');
  } catch (error) {
    connection.exec('ROLLBACK');
    throw error;
  }
}

function refuseNewer(stored: ReadonlyMap<string, number>, schemas: readonly Schema[], file: string): void {
  for (const [part, version] of stored) {
    const known = schemas.find((schema) => schema.part === part)?.steps.length ?? 0;
    if (version <= known) continue;
    throw new PlatformError(
      'unavailable',
      'StateTooNew',
      `${file} was written by a newer Millpond ('${part}' is at version ${version}, this one knows ${known}). Start that version, or another --data-dir.`,
    );
  }
}

function keepCopy(connection: DatabaseSync, file: string, stored: ReadonlyMap<string, number>): void {
  connection.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  const total = [...stored.values()].reduce((sum, version) => sum + version, 0);
  copyFileSync(file, `${file}.before-${total + 1}`);
}

// Limit: a connection keeps its 1,000 newest statements compiled; filters of users make ever new ones.
const statementsMax = 1000;

function cached(connection: DatabaseSync): Db {
  const statements = new Map<string, StatementSync>();
  return {
    prepare<Row>(sql: string): Statement<Row> {
      let statement = statements.get(sql);
      if (statement === undefined) {
        statement = connection.prepare(sql);
        const [oldest] = statements.size < statementsMax ? [] : statements.keys();
        if (oldest !== undefined) statements.delete(oldest);
        statements.set(sql, statement);
      }
      return statement as unknown as Statement<Row>;
    },
    exec: (sql) => connection.exec(sql),
  };
}

/** Turns SQLite's full disk and I/O errors into an answer that a client may retry; passes our own errors on. */
function toUnavailable(error: unknown): unknown {
  if (error instanceof PlatformError) return error;
  const code = (error as { errcode?: number }).errcode;
  const isStorage = code !== undefined && [10, 13].includes(code & 0xff);
  if (!isStorage) return error;
  return new PlatformError(
    'unavailable',
    'ServiceUnavailable',
    `The state could not be written (${messageOf(error)}). Free disk space and try again.`,
    {
      cause: error,
    },
  );
}
