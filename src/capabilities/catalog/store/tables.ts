/** Rows of tables, their archived versions and their partition indexes. */
import type { Db } from '#kernel/state';
import type { PartitionIndex, Table } from '../table.ts';
import { decodeRecord, encodeRecord } from './record.ts';

export interface StoredTable {
  readonly id: number;
  readonly table: Table;
}

export interface TablePlace {
  readonly database: string;
  readonly name: string;
}

interface TableRow {
  readonly id: number;
  readonly body: string;
}

export function selectTable(db: Db, scope: string, database: string, name: string): StoredTable | undefined {
  const row = db
    .prepare<TableRow>('SELECT id, body FROM catalog_table WHERE scope = ? AND "database" = ? AND name = ?')
    .get(scope, database, name);
  return row && { id: row.id, table: decodeRecord(row.body) as Table };
}

/** Of one database, in the order of their names, those behind `after`. */
export function selectTables(db: Db, scope: string, database: string, after: string, limit: number): Table[] {
  return db
    .prepare<TableRow>(
      'SELECT id, body FROM catalog_table WHERE scope = ? AND "database" = ? AND name > ? ORDER BY name LIMIT ?',
    )
    .all(scope, database, after, limit)
    .map((row) => decodeRecord(row.body) as Table);
}

/** Of all databases of the scope, in the order of database and name, those behind `after`. */
export function selectAllTables(db: Db, scope: string, after: TablePlace, limit: number): Table[] {
  return db
    .prepare<TableRow>(
      `SELECT id, body FROM catalog_table WHERE scope = ? AND ("database", name) > (?, ?)
       ORDER BY "database", name LIMIT ?`,
    )
    .all(scope, after.database, after.name, limit)
    .map((row) => decodeRecord(row.body) as Table);
}

export function insertTable(db: Db, scope: string, table: Table): number {
  const { lastInsertRowid } = db
    .prepare('INSERT INTO catalog_table (scope, "database", name, version, body) VALUES (?, ?, ?, ?, ?)')
    .run(scope, table.DatabaseName, table.Name, Number(table.VersionId), encodeRecord(table));
  return Number(lastInsertRowid);
}

/** Puts the next version in the place of the one before, which is kept when `archive` is set. */
export function replaceTable(db: Db, current: StoredTable, next: Table, archive: boolean): void {
  if (archive) {
    db.prepare('INSERT INTO catalog_table_version (table_id, version, body) VALUES (?, ?, ?)').run(
      current.id,
      Number(current.table.VersionId),
      encodeRecord(current.table),
    );
  }
  db.prepare('UPDATE catalog_table SET name = ?, version = ?, body = ? WHERE id = ?').run(
    next.Name,
    Number(next.VersionId),
    encodeRecord(next),
    current.id,
  );
}

export function deleteTable(db: Db, id: number): void {
  db.prepare('DELETE FROM catalog_table WHERE id = ?').run(id);
}

/** Archived versions below `before`, newest first. */
export function selectVersions(db: Db, id: number, before: number, limit: number): Table[] {
  return db
    .prepare<TableRow>(
      'SELECT body FROM catalog_table_version WHERE table_id = ? AND version < ? ORDER BY version DESC LIMIT ?',
    )
    .all(id, before, limit)
    .map((row) => decodeRecord(row.body) as Table);
}

export function selectVersion(db: Db, id: number, version: number): Table | undefined {
  const row = db
    .prepare<TableRow>('SELECT body FROM catalog_table_version WHERE table_id = ? AND version = ?')
    .get(id, version);
  return row && (decodeRecord(row.body) as Table);
}

/** @returns whether there was such a version */
export function deleteVersion(db: Db, id: number, version: number): boolean {
  return (
    Number(
      db.prepare('DELETE FROM catalog_table_version WHERE table_id = ? AND version = ?').run(id, version).changes,
    ) > 0
  );
}

export function selectIndexes(db: Db, id: number): PartitionIndex[] {
  return db
    .prepare<{ name: string; keys: string }>(
      'SELECT name, keys FROM catalog_partition_index WHERE table_id = ? ORDER BY name',
    )
    .all(id)
    .map((row) => ({ IndexName: row.name, Keys: JSON.parse(row.keys) as string[] }));
}

export function insertIndex(db: Db, id: number, index: PartitionIndex): void {
  db.prepare('INSERT INTO catalog_partition_index (table_id, name, keys) VALUES (?, ?, ?)').run(
    id,
    index.IndexName,
    JSON.stringify(index.Keys),
  );
}

/** @returns whether there was such an index */
export function deleteIndex(db: Db, id: number, name: string): boolean {
  return (
    Number(db.prepare('DELETE FROM catalog_partition_index WHERE table_id = ? AND name = ?').run(id, name).changes) > 0
  );
}
