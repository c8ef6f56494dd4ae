/** Versions and aliases of state machines in the state. */
import type { Db } from '#kernel/state';
import type { MachineAlias, MachineVersion, Route } from './machine.ts';
import { revisionOf, type RevisionRow } from './store.ts';

interface VersionRow extends RevisionRow {
  number: number;
  description: string | null;
  version_created_ms: number;
}

interface AliasRow {
  name: string;
  description: string | null;
  routes: string;
  created_ms: number;
  updated_ms: number;
}

const selectVersion = `SELECT v.number, v.description, v.created_ms AS version_created_ms, r.*
  FROM workflows_version v JOIN workflows_machine_revision r ON r.machine_id = v.machine_id AND r.sequence = v.sequence
  WHERE v.machine_id = ?`;

export function findVersion(db: Db, machineId: number, number: number): MachineVersion | undefined {
  const row = db.prepare<VersionRow>(`${selectVersion} AND v.number = ?`).get(machineId, number);
  return row === undefined ? undefined : versionOf(row);
}

/** Newest first. */
export function listVersions(db: Db, machineId: number): MachineVersion[] {
  return db.prepare<VersionRow>(`${selectVersion} ORDER BY v.number DESC`).all(machineId).map(versionOf);
}

export function insertVersion(db: Db, machineId: number, version: MachineVersion): void {
  db.prepare('INSERT INTO workflows_version VALUES (?, ?, ?, ?, ?)').run(
    machineId,
    version.number,
    version.revision.sequence,
    version.description ?? null,
    version.createdMs,
  );
  db.prepare('UPDATE workflows_machine SET versions = ? WHERE id = ?').run(version.number, machineId);
}

export function removeVersion(db: Db, machineId: number, number: number): void {
  db.prepare('DELETE FROM workflows_version WHERE machine_id = ? AND number = ?').run(machineId, number);
}

export function findAlias(db: Db, machineId: number, name: string): MachineAlias | undefined {
  const row = db
    .prepare<AliasRow>('SELECT * FROM workflows_alias WHERE machine_id = ? AND name = ?')
    .get(machineId, name);
  return row === undefined ? undefined : aliasOf(row);
}

/** In order of their names. */
export function listAliases(db: Db, machineId: number): MachineAlias[] {
  return db
    .prepare<AliasRow>('SELECT * FROM workflows_alias WHERE machine_id = ? ORDER BY name')
    .all(machineId)
    .map(aliasOf);
}

export function putAlias(db: Db, machineId: number, alias: MachineAlias): void {
  db.prepare(
    `INSERT INTO workflows_alias VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (machine_id, name)
     DO UPDATE SET description = excluded.description, routes = excluded.routes, updated_ms = excluded.updated_ms`,
  ).run(
    machineId,
    alias.name,
    alias.description ?? null,
    JSON.stringify(alias.routes),
    alias.createdMs,
    alias.updatedMs,
  );
}

export function removeAlias(db: Db, machineId: number, name: string): void {
  db.prepare('DELETE FROM workflows_alias WHERE machine_id = ? AND name = ?').run(machineId, name);
}

function versionOf(row: VersionRow): MachineVersion {
  return {
    number: row.number,
    createdMs: row.version_created_ms,
    revision: revisionOf(row),
    ...(row.description !== null && { description: row.description }),
  };
}

function aliasOf(row: AliasRow): MachineAlias {
  return {
    name: row.name,
    routes: JSON.parse(row.routes) as Route[],
    createdMs: row.created_ms,
    updatedMs: row.updated_ms,
    ...(row.description !== null && { description: row.description }),
  };
}
