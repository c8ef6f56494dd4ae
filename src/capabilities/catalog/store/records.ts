/** Rows of the catalog's small things: connections, user-defined functions, settings, policies. */
import type { Db } from '#kernel/state';
import { decodeRecord, encodeRecord } from './record.ts';

export type RecordKind = 'connection' | 'function' | 'settings' | 'policy';

export interface RecordPlace {
  readonly kind: RecordKind;
  /** What the names lie in: a database for functions, empty elsewhere. */
  readonly parent: string;
}

/** @returns the body as it was put, or undefined */
export function selectRecord(db: Db, scope: string, place: RecordPlace, name: string): unknown {
  const row = db
    .prepare<{ body: string }>(
      'SELECT body FROM catalog_record WHERE scope = ? AND kind = ? AND parent = ? AND name = ?',
    )
    .get(scope, place.kind, place.parent, name);
  return row && decodeRecord(row.body);
}

/** In the order of their names, those behind `after`; of every parent when `place.parent` is not given. */
export function selectRecords(
  db: Db,
  scope: string,
  place: { kind: RecordKind; parent?: string | undefined },
  after: { parent: string; name: string },
  limit: number,
): unknown[] {
  return db
    .prepare<{ body: string }>(
      `SELECT body FROM catalog_record WHERE scope = ?1 AND kind = ?2 AND (?3 IS NULL OR parent = ?3) AND (parent, name) > (?4, ?5)
       ORDER BY parent, name LIMIT ?6`,
    )
    .all(scope, place.kind, place.parent ?? null, after.parent, after.name, limit)
    .map((row) => decodeRecord(row.body));
}

export function putRecord(db: Db, scope: string, place: RecordPlace, name: string, body: object): void {
  db.prepare(
    `INSERT INTO catalog_record (scope, kind, parent, name, body) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (scope, kind, parent, name) DO UPDATE SET body = excluded.body`,
  ).run(scope, place.kind, place.parent, name, encodeRecord(body));
}

/** @returns whether there was such a record */
export function deleteRecord(db: Db, scope: string, place: RecordPlace, name: string): boolean {
  const { changes } = db
    .prepare('DELETE FROM catalog_record WHERE scope = ? AND kind = ? AND parent = ? AND name = ?')
    .run(scope, place.kind, place.parent, name);
  return Number(changes) > 0;
}
