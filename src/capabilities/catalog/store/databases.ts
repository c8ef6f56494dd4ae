/** Rows of databases. */
import type { Db } from '#kernel/state';
import type { Database } from '../database.ts';
import { decodeRecord, encodeRecord } from './record.ts';

export function selectDatabase(db: Db, scope: string, name: string): Database | undefined {
  const row = db
    .prepare<{ body: string }>('SELECT body FROM catalog_database WHERE scope = ? AND name = ?')
    .get(scope, name);
  return row && (decodeRecord(row.body) as Database);
}

/** In the order of their names, those behind `after`. */
export function selectDatabases(db: Db, scope: string, after: string, limit: number): Database[] {
  return db
    .prepare<{ body: string }>('SELECT body FROM catalog_database WHERE scope = ? AND name > ? ORDER BY name LIMIT ?')
    .all(scope, after, limit)
    .map((row) => decodeRecord(row.body) as Database);
}

export function putDatabase(db: Db, scope: string, database: Database): void {
  db.prepare(
    `INSERT INTO catalog_database (scope, name, body) VALUES (?, ?, ?)
     ON CONFLICT (scope, name) DO UPDATE SET body = excluded.body`,
  ).run(scope, database.Name, encodeRecord(database));
}

/** Its tables, their versions, partitions and statistics go with it. */
export function deleteDatabase(db: Db, scope: string, name: string): void {
  db.prepare(`DELETE FROM catalog_record WHERE scope = ? AND kind = 'function' AND parent = ?`).run(scope, name);
  db.prepare('DELETE FROM catalog_database WHERE scope = ? AND name = ?').run(scope, name);
}
