import type { Db, Transaction } from '#kernel/state';
import type { Mapping } from '../mappings/mapping.ts';

export function selectMapping(db: Db, uuid: string): Mapping | undefined {
  const row = db
    .prepare<{ document: string }>('SELECT document FROM functions_mapping WHERE uuid = ?')
    .get(uuid.toLowerCase());
  return row === undefined ? undefined : (JSON.parse(row.document) as Mapping);
}

/** In order of their ids. */
export function selectMappings(db: Db, scope: string): Mapping[] {
  return db
    .prepare<{ document: string }>('SELECT document FROM functions_mapping WHERE scope = ? ORDER BY uuid')
    .all(scope)
    .map(({ document }) => JSON.parse(document) as Mapping);
}

export function selectAllMappings(db: Db): Mapping[] {
  return db
    .prepare<{ document: string }>('SELECT document FROM functions_mapping')
    .all()
    .map(({ document }) => JSON.parse(document) as Mapping);
}

export function upsertMapping(db: Transaction, mapping: Mapping): void {
  db.prepare(
    `INSERT INTO functions_mapping (uuid, scope, document) VALUES (?, ?, ?)
     ON CONFLICT (uuid) DO UPDATE SET document = excluded.document`,
  ).run(mapping.uuid, mapping.scope, JSON.stringify(mapping));
}

export function removeMapping(db: Transaction, uuid: string): void {
  db.prepare('DELETE FROM functions_mapping WHERE uuid = ?').run(uuid.toLowerCase());
}
