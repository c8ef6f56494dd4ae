/** Rows of functions and their versions. */
import type { Db, Transaction } from '#kernel/state';
import type { FunctionVersion } from '../function.ts';
import { latest } from '../function-name.ts';

export interface FunctionRow {
  readonly scope: string;
  readonly name: string;
  readonly lastVersion: number;
  /** Reserved concurrency; undefined for none. */
  readonly reserved: number | undefined;
  readonly tags: Readonly<Record<string, string>>;
}

interface Row {
  scope: string;
  name: string;
  last_version: number;
  reserved: number | null;
  tags: string;
}

export function selectFunction(db: Db, scope: string, name: string): FunctionRow | undefined {
  const row = db.prepare<Row>('SELECT * FROM functions_function WHERE scope = ? AND name = ?').get(scope, name);
  return row === undefined ? undefined : functionOf(row);
}

export function selectFunctions(db: Db, scope: string): FunctionRow[] {
  return db.prepare<Row>('SELECT * FROM functions_function WHERE scope = ? ORDER BY name').all(scope).map(functionOf);
}

export function upsertFunction(db: Transaction, row: FunctionRow): void {
  db.prepare(
    `INSERT INTO functions_function (scope, name, last_version, reserved, tags) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (scope, name) DO UPDATE SET
       last_version = excluded.last_version, reserved = excluded.reserved, tags = excluded.tags`,
  ).run(row.scope, row.name, row.lastVersion, row.reserved ?? null, JSON.stringify(row.tags));
}

export function removeFunction(db: Transaction, scope: string, name: string): void {
  db.prepare('DELETE FROM functions_function WHERE scope = ? AND name = ?').run(scope, name);
}

export function selectVersion(db: Db, scope: string, name: string, version: string): FunctionVersion | undefined {
  const row = db
    .prepare<{ document: string }>(
      'SELECT document FROM functions_version WHERE scope = ? AND name = ? AND version = ?',
    )
    .get(scope, name, version);
  return row === undefined ? undefined : (JSON.parse(row.document) as FunctionVersion);
}

/** `$LATEST` first, then the published ones in rising order. */
export function selectVersions(db: Db, scope: string, name: string): FunctionVersion[] {
  return db
    .prepare<{ document: string }>(
      'SELECT document FROM functions_version WHERE scope = ? AND name = ? ORDER BY number',
    )
    .all(scope, name)
    .map(({ document }) => JSON.parse(document) as FunctionVersion);
}

/** The `$LATEST` of every function, in order of the names. */
export function selectLatest(db: Db, scope: string): FunctionVersion[] {
  return db
    .prepare<{ document: string }>(
      'SELECT document FROM functions_version WHERE scope = ? AND version = ? ORDER BY name',
    )
    .all(scope, latest)
    .map(({ document }) => JSON.parse(document) as FunctionVersion);
}

export function upsertVersion(db: Transaction, version: FunctionVersion): void {
  const number = version.version === latest ? 0 : Number(version.version);
  db.prepare(
    `INSERT INTO functions_version (scope, name, version, number, code_id, document) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (scope, name, version) DO UPDATE SET code_id = excluded.code_id, document = excluded.document`,
  ).run(version.scope, version.name, version.version, number, version.code.codeId, JSON.stringify(version));
}

export function removeVersion(db: Transaction, scope: string, name: string, version: string): void {
  db.prepare('DELETE FROM functions_version WHERE scope = ? AND name = ? AND version = ?').run(scope, name, version);
}

/** Whether a version of a function or a layer refers to the archive. */
export function isCodeUsed(db: Db, codeId: string): boolean {
  const used = db
    .prepare<{ n: number }>(
      `SELECT EXISTS (SELECT 1 FROM functions_version WHERE code_id = ?1)
         OR EXISTS (SELECT 1 FROM functions_layer_version WHERE code_id = ?1)
         OR EXISTS (SELECT 1 FROM functions_version AS version, json_each(version.document, '$.layers') AS layer
                    WHERE json_extract(layer.value, '$.codeId') = ?1) AS n`,
    )
    .get(codeId);
  return used?.n === 1;
}

/** Functions and bytes of archives of an account's region, each archive once. */
export function selectUsage(db: Db, scope: string): { functions: number; codeBytes: number } {
  const versions = db
    .prepare<{ document: string }>('SELECT document FROM functions_version WHERE scope = ?')
    .all(scope)
    .map(({ document }) => JSON.parse(document) as FunctionVersion);
  const sizes = new Map(versions.map(({ code }) => [code.codeId, code.sizeBytes]));
  return {
    functions: versions.filter(({ version }) => version === latest).length,
    codeBytes: [...sizes.values()].reduce((sum, size) => sum + size, 0),
  };
}

function functionOf(row: Row): FunctionRow {
  return {
    scope: row.scope,
    name: row.name,
    lastVersion: row.last_version,
    reserved: row.reserved ?? undefined,
    tags: JSON.parse(row.tags) as Record<string, string>,
  };
}
