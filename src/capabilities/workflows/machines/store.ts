/** State machines and their revisions in the state. */
import type { Db, Schema } from '#kernel/state';
import type {
  EncryptionConfiguration,
  LoggingConfiguration,
  MachineConfiguration,
  MachineType,
  Revision,
  StateMachine,
  Tags,
  TracingConfiguration,
} from './machine.ts';

export const machinesSchema: Schema = {
  part: 'workflow-machines',
  steps: [
    `CREATE TABLE workflows_machine (
       id INTEGER PRIMARY KEY AUTOINCREMENT, scope TEXT NOT NULL, name TEXT NOT NULL, type TEXT NOT NULL, status TEXT NOT NULL,
       created_ms INTEGER NOT NULL, tags TEXT NOT NULL, sequence INTEGER NOT NULL, versions INTEGER NOT NULL,
       UNIQUE (scope, name)) STRICT;
     CREATE TABLE workflows_machine_revision (
       machine_id INTEGER NOT NULL REFERENCES workflows_machine ON DELETE CASCADE, sequence INTEGER NOT NULL,
       revision_id TEXT, created_ms INTEGER NOT NULL, definition TEXT NOT NULL, role_arn TEXT NOT NULL,
       logging TEXT NOT NULL, tracing TEXT NOT NULL, encryption TEXT NOT NULL,
       PRIMARY KEY (machine_id, sequence)) STRICT;
     CREATE TABLE workflows_version (
       machine_id INTEGER NOT NULL REFERENCES workflows_machine ON DELETE CASCADE, number INTEGER NOT NULL,
       sequence INTEGER NOT NULL, description TEXT, created_ms INTEGER NOT NULL,
       PRIMARY KEY (machine_id, number)) STRICT;
     CREATE TABLE workflows_alias (
       machine_id INTEGER NOT NULL REFERENCES workflows_machine ON DELETE CASCADE, name TEXT NOT NULL,
       description TEXT, routes TEXT NOT NULL, created_ms INTEGER NOT NULL, updated_ms INTEGER NOT NULL,
       PRIMARY KEY (machine_id, name)) STRICT;
     CREATE TABLE workflows_activity (
       scope TEXT NOT NULL, name TEXT NOT NULL, created_ms INTEGER NOT NULL, encryption TEXT NOT NULL,
       tags TEXT NOT NULL, PRIMARY KEY (scope, name)) STRICT;`,
  ],
};

export interface StoredMachine extends StateMachine {
  readonly id: number;
  /** How many versions were ever published: numbers are not used again. */
  readonly versions: number;
}

export interface RevisionRow {
  sequence: number;
  revision_id: string | null;
  created_ms: number;
  definition: string;
  role_arn: string;
  logging: string;
  tracing: string;
  encryption: string;
}

interface MachineRow extends RevisionRow {
  id: number;
  scope: string;
  name: string;
  type: MachineType;
  status: StateMachine['status'];
  machine_created_ms: number;
  tags: string;
  versions: number;
}

const selectMachine = `SELECT m.id, m.scope, m.name, m.type, m.status, m.created_ms AS machine_created_ms, m.tags,
    m.versions, r.sequence, r.revision_id, r.created_ms, r.definition, r.role_arn, r.logging, r.tracing, r.encryption
  FROM workflows_machine m JOIN workflows_machine_revision r ON r.machine_id = m.id AND r.sequence = m.sequence`;

export function findMachine(db: Db, scope: string, name: string): StoredMachine | undefined {
  const row = db.prepare<MachineRow>(`${selectMachine} WHERE m.scope = ? AND m.name = ?`).get(scope, name);
  return row === undefined ? undefined : machineOf(row);
}

export function findRevision(db: Db, machineId: number, sequence: number): Revision | undefined {
  const row = db
    .prepare<RevisionRow>('SELECT * FROM workflows_machine_revision WHERE machine_id = ? AND sequence = ?')
    .get(machineId, sequence);
  return row === undefined ? undefined : revisionOf(row);
}

/** Machines that are not being deleted, in order of their names. */
export function listMachines(db: Db, scope: string): StoredMachine[] {
  return db
    .prepare<MachineRow>(`${selectMachine} WHERE m.scope = ? AND m.status = 'ACTIVE' ORDER BY m.name`)
    .all(scope)
    .map(machineOf);
}

/** Machines whose deletion a stop of the platform interrupted. */
export function listDeleting(db: Db): StoredMachine[] {
  return db.prepare<MachineRow>(`${selectMachine} WHERE m.status = 'DELETING' ORDER BY m.id`).all().map(machineOf);
}

export function insertMachine(
  db: Db,
  machine: Pick<StateMachine, 'scope' | 'name' | 'type' | 'createdMs' | 'tags'>,
  configuration: MachineConfiguration,
): void {
  const { lastInsertRowid } = db
    .prepare(
      `INSERT INTO workflows_machine (scope, name, type, status, created_ms, tags, sequence, versions)
       VALUES (?, ?, ?, 'ACTIVE', ?, ?, 1, 0)`,
    )
    .run(machine.scope, machine.name, machine.type, machine.createdMs, JSON.stringify(machine.tags));
  insertRevision(db, Number(lastInsertRowid), { ...configuration, sequence: 1, createdMs: machine.createdMs });
}

/** Adds a revision and makes it the current one. */
export function insertRevision(db: Db, machineId: number, revision: Revision): void {
  db.prepare('INSERT INTO workflows_machine_revision VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)').run(
    machineId,
    revision.sequence,
    revision.revisionId ?? null,
    revision.createdMs,
    revision.definition,
    revision.roleArn,
    JSON.stringify(revision.logging),
    JSON.stringify(revision.tracing),
    JSON.stringify(revision.encryption),
  );
  db.prepare('UPDATE workflows_machine SET sequence = ? WHERE id = ?').run(revision.sequence, machineId);
}

/** Changes the members that make no new revision. */
export function updateSettings(db: Db, machineId: number, sequence: number, settings: MachineConfiguration): void {
  db.prepare(
    'UPDATE workflows_machine_revision SET logging = ?, tracing = ?, encryption = ? WHERE machine_id = ? AND sequence = ?',
  ).run(
    JSON.stringify(settings.logging),
    JSON.stringify(settings.tracing),
    JSON.stringify(settings.encryption),
    machineId,
    sequence,
  );
}

export function updateTags(db: Db, machineId: number, tags: Tags): void {
  db.prepare('UPDATE workflows_machine SET tags = ? WHERE id = ?').run(JSON.stringify(tags), machineId);
}

export function markDeleting(db: Db, machineId: number): void {
  db.prepare("UPDATE workflows_machine SET status = 'DELETING' WHERE id = ?").run(machineId);
}

/** Removes the machine with its revisions, versions and aliases. */
export function removeMachine(db: Db, machineId: number): void {
  db.prepare('DELETE FROM workflows_machine WHERE id = ?').run(machineId);
}

export function revisionOf(row: RevisionRow): Revision {
  return {
    sequence: row.sequence,
    createdMs: row.created_ms,
    definition: row.definition,
    roleArn: row.role_arn,
    logging: JSON.parse(row.logging) as LoggingConfiguration,
    tracing: JSON.parse(row.tracing) as TracingConfiguration,
    encryption: JSON.parse(row.encryption) as EncryptionConfiguration,
    ...(row.revision_id !== null && { revisionId: row.revision_id }),
  };
}

function machineOf(row: MachineRow): StoredMachine {
  return {
    id: row.id,
    scope: row.scope,
    name: row.name,
    type: row.type,
    status: row.status,
    createdMs: row.machine_created_ms,
    tags: JSON.parse(row.tags) as Tags,
    versions: row.versions,
    revision: revisionOf(row),
  };
}
