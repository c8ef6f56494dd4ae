/**
 * The Data Catalog: what databases, tables and partitions there are. Reads are synchronous and see what is on disk;
 * a write resolves once it is on disk. Every method takes the scope (`account/region`) first. Names are folded to lower
 * case on the way in.
 */
import type { Clock } from '#kernel/clock';
import type { Db, State, Transaction } from '#kernel/state';
import type { CatalogChanges } from './changes.ts';
import { type Database, type DatabaseInput, changeDatabase, databaseArn, foldName, newDatabase } from './database.ts';
import {
  alreadyExists,
  concurrentUpdate,
  databaseExists,
  entityNotFound,
  invalidInput,
  tableExists,
  tableNotFound,
} from './errors.ts';
import { requireDatabase, requireTable } from './lookup.ts';
import { compileNamePattern } from './name-pattern.ts';
import type { Partition, PartitionFailure, PartitionInput } from './partition.ts';
import { type PartitionFilter, Partitions } from './partitions.ts';
import * as databases from './store/databases.ts';
import * as partitionRows from './store/partitions.ts';
import * as rows from './store/tables.ts';
import {
  type Column,
  type PartitionIndex,
  type Table,
  type TableInput,
  checkPartitionIndex,
  newTable,
  nextVersion,
} from './table.ts';
import { type TagMap, dropTags, putTags } from './tags.ts';

/** A stretch of a list in the order of names. */
export interface NameRange {
  /** Only names behind this one. */
  readonly after?: string | undefined;
  readonly limit?: number | undefined;
}

export interface UpdateTableOptions {
  /** The name of the table to change, where the input carries another one. */
  readonly name?: string | undefined;
  /** The version the caller has read; another one refuses the change. */
  readonly versionId?: string | undefined;
  readonly skipArchive?: boolean | undefined;
}

export interface CreateTableOptions {
  /** ARN of the creator. */
  readonly createdBy?: string | undefined;
  readonly partitionIndexes?: readonly PartitionIndex[] | undefined;
}

export class Catalog {
  readonly partitions: Partitions;
  readonly #state: State;
  readonly #clock: Clock;
  readonly #changes: CatalogChanges;

  constructor(parts: { state: State; clock: Clock; changes: CatalogChanges }) {
    this.#state = parts.state;
    this.#clock = parts.clock;
    this.#changes = parts.changes;
    this.partitions = new Partitions(parts);
  }

  findDatabase(scope: string, name: string): Database | undefined {
    return databases.selectDatabase(this.#state.reader, scope, foldName(name));
  }

  /** @throws EntityNotFoundException */
  getDatabase(scope: string, name: string): Database {
    return requireDatabase(this.#state.reader, scope, name);
  }

  listDatabases(scope: string, range: NameRange = {}): Database[] {
    return databases.selectDatabases(this.#state.reader, scope, range.after ?? '', range.limit ?? -1);
  }

  /** @throws AlreadyExistsException, InvalidInputException (tags) */
  async createDatabase(scope: string, input: DatabaseInput, tags: TagMap = {}): Promise<Database> {
    const database = newDatabase(scope, input, this.#clock.now());
    await this.#state.write((db) => {
      if (databases.selectDatabase(db, scope, database.Name)) throw databaseExists(database.Name);
      databases.putDatabase(db, scope, database);
      putTags(db, databaseArn(scope, database.Name), tags);
      this.#changes.ofDatabase(db, scope, database.Name, 'CreateDatabase');
    });
    return database;
  }

  /** @throws EntityNotFoundException, or InvalidInputException when the input carries another name */
  async updateDatabase(scope: string, name: string, input: DatabaseInput): Promise<Database> {
    const folded = foldName(name);
    // Differs from AWS: a database keeps its name for life; Glue's own documents forbid the change for Athena.
    if (foldName(input.Name) !== folded) throw invalidInput(`Database ${name} cannot be renamed to ${input.Name}.`);
    return this.#state.write((db) => {
      const next = changeDatabase(requireDatabase(db, scope, name), input);
      databases.putDatabase(db, scope, next);
      this.#changes.ofDatabase(db, scope, folded, 'UpdateDatabase');
      return next;
    });
  }

  /** Deletes it with all its tables, partitions and functions. @throws EntityNotFoundException */
  async deleteDatabase(scope: string, name: string): Promise<void> {
    await this.#state.write((db) => {
      const database = requireDatabase(db, scope, name);
      databases.deleteDatabase(db, scope, database.Name);
      dropTags(db, databaseArn(scope, database.Name));
      this.#changes.ofDatabase(db, scope, database.Name, 'DeleteDatabase');
    });
  }

  findTable(scope: string, database: string, name: string): Table | undefined {
    return rows.selectTable(this.#state.reader, scope, foldName(database), foldName(name))?.table;
  }

  /** @throws EntityNotFoundException naming the database or the table */
  getTable(scope: string, database: string, name: string): Table {
    return requireTable(this.#state.reader, scope, database, name).table;
  }

  /**
   * @param range.expression a pattern over names, see name-pattern.ts
   * @throws EntityNotFoundException when there is no such database
   */
  listTables(scope: string, database: string, range: NameRange & { expression?: string | undefined } = {}): Table[] {
    this.getDatabase(scope, database);
    const limit = range.limit ?? Number.MAX_SAFE_INTEGER;
    const folded = foldName(database);
    if (range.expression === undefined) {
      return rows.selectTables(this.#state.reader, scope, folded, range.after ?? '', limit);
    }
    const matches = compileNamePattern(range.expression);
    const found: Table[] = [];
    let after = range.after ?? '';
    for (;;) {
      const page = rows.selectTables(this.#state.reader, scope, folded, after, tablesPerRead);
      for (const table of page) {
        if (found.length === limit) return found;
        if (matches(table.Name)) found.push(table);
      }
      const last = page.at(-1);
      if (last === undefined || page.length < tablesPerRead) return found;
      after = last.Name;
    }
  }

  /** All tables of the scope, a database after the other, read in pieces. */
  *eachTable(scope: string): Generator<Table> {
    let after: rows.TablePlace = { database: '', name: '' };
    for (;;) {
      const page = rows.selectAllTables(this.#state.reader, scope, after, tablesPerRead);
      yield* page;
      const last = page.at(-1);
      if (last === undefined || page.length < tablesPerRead) return;
      after = { database: last.DatabaseName, name: last.Name };
    }
  }

  /** @throws AlreadyExistsException, EntityNotFoundException (database), InvalidInputException (indexes) */
  async createTable(
    scope: string,
    database: string,
    input: TableInput,
    options: CreateTableOptions = {},
  ): Promise<Table> {
    const now = this.#clock.now();
    return this.#state.write((db) => {
      requireDatabase(db, scope, database);
      return this.#insert(db, scope, newTable(scope, database, input, { now, createdBy: options.createdBy }), options);
    });
  }

  /** @throws EntityNotFoundException, ConcurrentModificationException, InvalidInputException */
  async updateTable(
    scope: string,
    database: string,
    input: TableInput,
    options: UpdateTableOptions = {},
  ): Promise<Table> {
    const now = this.#clock.now();
    return this.#state.write((db) => {
      const current = requireTable(db, scope, database, options.name ?? input.Name);
      return this.#replace(db, scope, current, nextVersion(current.table, input, now), options);
    });
  }

  /** Creates the table, or gives the one that is there this definition. */
  async putTable(
    scope: string,
    database: string,
    input: TableInput,
    options: CreateTableOptions & UpdateTableOptions = {},
  ): Promise<Table> {
    const now = this.#clock.now();
    return this.#state.write((db) => {
      requireDatabase(db, scope, database);
      const current = rows.selectTable(db, scope, foldName(database), foldName(input.Name));
      return current
        ? this.#replace(db, scope, current, nextVersion(current.table, input, now), options)
        : this.#insert(db, scope, newTable(scope, database, input, { now, createdBy: options.createdBy }), options);
    });
  }

  /** Deletes it with its partitions, versions and statistics. @throws EntityNotFoundException */
  async deleteTable(scope: string, database: string, name: string): Promise<void> {
    const missing = await this.deleteTables(scope, database, [name], 'DeleteTable');
    if (missing.length > 0) throw tableNotFound(name);
  }

  /** @returns the names that were not there */
  async deleteTables(
    scope: string,
    database: string,
    names: readonly string[],
    typeOfChange = 'BatchDeleteTable',
  ): Promise<string[]> {
    const missing: string[] = [];
    await this.#state.write((db) => {
      requireDatabase(db, scope, database);
      for (const name of names) {
        const stored = rows.selectTable(db, scope, foldName(database), foldName(name));
        if (stored) rows.deleteTable(db, stored.id);
        else missing.push(name);
      }
      const gone = names.filter((name) => !missing.includes(name)).map(foldName);
      if (gone.length > 0) this.#changes.ofDatabase(db, scope, foldName(database), typeOfChange, gone);
    });
    return missing;
  }

  /** The current version first, then the archived ones, newest first; `before` is an exclusive version number. */
  listTableVersions(
    scope: string,
    database: string,
    name: string,
    range: { before?: number | undefined; limit: number },
  ): Table[] {
    const stored = requireTable(this.#state.reader, scope, database, name);
    const before = range.before ?? Number.MAX_SAFE_INTEGER;
    const current = Number(stored.table.VersionId) < before ? [stored.table] : [];
    const archived = rows.selectVersions(this.#state.reader, stored.id, before, range.limit - current.length);
    return [...current, ...archived];
  }

  /** @throws EntityNotFoundException */
  getTableVersion(scope: string, database: string, name: string, versionId?: string): Table {
    const stored = requireTable(this.#state.reader, scope, database, name);
    if (versionId === undefined || versionId === stored.table.VersionId) return stored.table;
    const version = rows.selectVersion(this.#state.reader, stored.id, versionNumber(versionId));
    if (version === undefined) throw entityNotFound(`Version ${versionId} of table ${name}`);
    return version;
  }

  /** @throws EntityNotFoundException, or InvalidInputException for the current version */
  async deleteTableVersion(scope: string, database: string, name: string, versionId: string): Promise<void> {
    await this.#state.write((db) => {
      const stored = requireTable(db, scope, database, name);
      if (versionId === stored.table.VersionId) {
        throw invalidInput(
          `Version ${versionId} is the current version of table ${name}; only earlier ones can be deleted.`,
        );
      }
      if (!rows.deleteVersion(db, stored.id, versionNumber(versionId))) {
        throw entityNotFound(`Version ${versionId} of table ${name}`);
      }
    });
  }

  listPartitionIndexes(scope: string, database: string, table: string): PartitionIndex[] {
    return rows.selectIndexes(this.#state.reader, requireTable(this.#state.reader, scope, database, table).id);
  }

  /** @throws EntityNotFoundException, AlreadyExistsException, InvalidInputException */
  async createPartitionIndex(scope: string, database: string, table: string, index: PartitionIndex): Promise<void> {
    await this.#state.write((db) => {
      const stored = requireTable(db, scope, database, table);
      insertPartitionIndex(db, stored, index);
    });
  }

  /** @throws EntityNotFoundException */
  async deletePartitionIndex(scope: string, database: string, table: string, name: string): Promise<void> {
    await this.#state.write((db) => {
      const stored = requireTable(db, scope, database, table);
      if (!rows.deleteIndex(db, stored.id, name)) throw entityNotFound(`Partition index ${name} of table ${table}`);
    });
  }

  findPartition(scope: string, database: string, table: string, values: readonly string[]): Partition | undefined {
    return this.partitions.find(scope, database, table, values);
  }

  /** In the order of their keys, read in pieces. @throws EntityNotFoundException, InvalidInputException */
  listPartitions(scope: string, database: string, table: string, filter: PartitionFilter = {}): Generator<Partition> {
    return this.partitions.each(scope, database, table, filter);
  }

  /** All in one write. @returns the entries that exist already, which are left as they are */
  createPartitions(
    scope: string,
    database: string,
    table: string,
    inputs: readonly PartitionInput[],
  ): Promise<PartitionFailure[]> {
    return this.partitions.create(scope, database, table, inputs);
  }

  /** All in one write. @returns the entries that are not there */
  updatePartitions(
    scope: string,
    database: string,
    table: string,
    entries: readonly { values: readonly string[]; input: PartitionInput }[],
  ): Promise<PartitionFailure[]> {
    return this.partitions.update(scope, database, table, entries);
  }

  /** All in one write. @returns the entries that were not there */
  deletePartitions(
    scope: string,
    database: string,
    table: string,
    values: readonly (readonly string[])[],
  ): Promise<PartitionFailure[]> {
    return this.partitions.delete(scope, database, table, values);
  }

  #insert(db: Transaction, scope: string, table: Table, options: CreateTableOptions): Table {
    if (rows.selectTable(db, scope, table.DatabaseName, table.Name)) throw tableExists(table.Name);
    const id = rows.insertTable(db, scope, table);
    for (const index of options.partitionIndexes ?? []) insertPartitionIndex(db, { id, table }, index);
    this.#changes.ofDatabase(db, scope, table.DatabaseName, 'CreateTable', [table.Name]);
    return table;
  }

  #replace(db: Transaction, scope: string, current: rows.StoredTable, next: Table, options: UpdateTableOptions): Table {
    const { VersionId: version } = current.table;
    if (options.versionId !== undefined && options.versionId !== version) {
      throw concurrentUpdate(next.Name, options.versionId, version);
    }
    if (next.Name !== current.table.Name && rows.selectTable(db, scope, next.DatabaseName, next.Name)) {
      throw tableExists(next.Name);
    }
    const [before, after] = [current.table.PartitionKeys ?? [], next.PartitionKeys ?? []];
    if (before.length !== after.length && partitionRows.hasPartitions(db, current.id)) {
      throw invalidInput(
        `Table ${next.Name} has partitions with ${before.length} values; its partition keys cannot become ${after.length}. Delete the partitions first.`,
      );
    }
    rows.replaceTable(db, current, next, options.skipArchive !== true);
    if (typesOf(before) !== typesOf(after)) partitionRows.retypePartitions(db, current.id, after);
    this.#changes.ofTable(db, scope, next.DatabaseName, next.Name, 'UpdateTable');
    return next;
  }
}

const tablesPerRead = 200;

function typesOf(keys: readonly Column[]): string {
  return keys.map((key) => key.Type ?? 'string').join();
}

function insertPartitionIndex(db: Db, stored: rows.StoredTable, index: PartitionIndex): void {
  const existing = rows.selectIndexes(db, stored.id);
  if (existing.some((other) => other.IndexName === index.IndexName)) {
    throw alreadyExists(`Partition index ${index.IndexName} of table ${stored.table.Name}`);
  }
  checkPartitionIndex(stored.table, existing, index);
  rows.insertIndex(db, stored.id, index);
}

function versionNumber(versionId: string): number {
  return /^\d{1,15}$/.test(versionId) ? Number(versionId) : -1;
}
