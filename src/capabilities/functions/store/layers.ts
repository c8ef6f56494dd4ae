/** Rows of layers and their versions. Numbers are not used again when a version goes. */
import type { Db, Transaction } from '#kernel/state';
import type { LayerVersion } from '../layers.ts';

export function nextLayerVersion(db: Transaction, scope: string, name: string): number {
  const row = db
    .prepare<{ last_version: number }>(
      `INSERT INTO functions_layer (scope, name, last_version) VALUES (?, ?, 1)
       ON CONFLICT (scope, name) DO UPDATE SET last_version = last_version + 1 RETURNING last_version`,
    )
    .get(scope, name);
  return row?.last_version ?? 1;
}

export function insertLayerVersion(db: Transaction, layer: LayerVersion): void {
  db.prepare(
    'INSERT INTO functions_layer_version (scope, name, version, code_id, document) VALUES (?, ?, ?, ?, ?)',
  ).run(layer.scope, layer.name, layer.version, layer.code.codeId, JSON.stringify(layer));
}

export function updateLayerVersion(db: Transaction, layer: LayerVersion): void {
  db.prepare('UPDATE functions_layer_version SET document = ? WHERE scope = ? AND name = ? AND version = ?').run(
    JSON.stringify(layer),
    layer.scope,
    layer.name,
    layer.version,
  );
}

export function selectLayerVersion(db: Db, scope: string, name: string, version: number): LayerVersion | undefined {
  const row = db
    .prepare<{ document: string }>(
      'SELECT document FROM functions_layer_version WHERE scope = ? AND name = ? AND version = ?',
    )
    .get(scope, name, version);
  return row === undefined ? undefined : (JSON.parse(row.document) as LayerVersion);
}

/** By name, of each the newest version first. */
export function selectLayerVersions(db: Db, scope: string, name: string | undefined): LayerVersion[] {
  return db
    .prepare<{ document: string }>(
      `SELECT document FROM functions_layer_version WHERE scope = ?1 AND (?2 IS NULL OR name = ?2)
       ORDER BY name, version DESC`,
    )
    .all(scope, name ?? null)
    .map(({ document }) => JSON.parse(document) as LayerVersion);
}

export function removeLayerVersion(db: Transaction, scope: string, name: string, version: number): void {
  db.prepare('DELETE FROM functions_layer_version WHERE scope = ? AND name = ? AND version = ?').run(
    scope,
    name,
    version,
  );
}
