import type { Db } from '#kernel/state';
import { clusterHasEnded, type Cluster } from '../clusters/cluster.ts';
import type { Step } from '../clusters/step.ts';

interface DocumentRow {
  sequence: number;
  document: string;
}

/** A row with its place in the order of creation. */
export interface Placed<Item> {
  readonly sequence: number;
  readonly item: Item;
}

export function putCluster(db: Db, cluster: Cluster): void {
  db.prepare(
    `INSERT INTO jobs_cluster (scope, id, has_ended, document) VALUES (?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET has_ended = excluded.has_ended, document = excluded.document`,
  ).run(cluster.scope, cluster.id, clusterHasEnded(cluster) ? 1 : 0, JSON.stringify(cluster));
}

export function selectCluster(db: Db, id: string): Cluster | undefined {
  const row = db.prepare<DocumentRow>('SELECT sequence, document FROM jobs_cluster WHERE id = ?').get(id);
  return row === undefined ? undefined : (JSON.parse(row.document) as Cluster);
}

export function selectClusterByToken(db: Db, scope: string, token: string): Cluster | undefined {
  const row = db
    .prepare<DocumentRow>("SELECT sequence, document FROM jobs_cluster WHERE scope = ? AND document ->> '$.token' = ?")
    .get(scope, token);
  return row === undefined ? undefined : (JSON.parse(row.document) as Cluster);
}

export function selectStepByToken(db: Db, cluster: string, token: string): Step | undefined {
  const row = db
    .prepare<DocumentRow>("SELECT sequence, document FROM jobs_step WHERE cluster = ? AND document ->> '$.token' = ?")
    .get(cluster, token);
  return row === undefined ? undefined : (JSON.parse(row.document) as Step);
}

/** Newest first. */
export function selectClusters(db: Db, scope: string, before: number, limit: number): Placed<Cluster>[] {
  return db
    .prepare<DocumentRow>(
      'SELECT sequence, document FROM jobs_cluster WHERE scope = ? AND sequence < ? ORDER BY sequence DESC LIMIT ?',
    )
    .all(scope, before, limit)
    .map(placed<Cluster>);
}

export function selectOpenClusters(db: Db): Cluster[] {
  return db
    .prepare<DocumentRow>('SELECT sequence, document FROM jobs_cluster WHERE has_ended = 0 ORDER BY sequence')
    .all()
    .map((row) => JSON.parse(row.document) as Cluster);
}

export function putStep(db: Db, step: Step): void {
  db.prepare(
    `INSERT INTO jobs_step (cluster, id, state, document) VALUES (?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET state = excluded.state, document = excluded.document`,
  ).run(step.clusterId, step.id, step.state, JSON.stringify(step));
}

export function selectStep(db: Db, id: string): Step | undefined {
  const row = db.prepare<DocumentRow>('SELECT sequence, document FROM jobs_step WHERE id = ?').get(id);
  return row === undefined ? undefined : (JSON.parse(row.document) as Step);
}

/** Newest first. */
export function selectSteps(db: Db, cluster: string, before: number, limit: number): Placed<Step>[] {
  return db
    .prepare<DocumentRow>(
      'SELECT sequence, document FROM jobs_step WHERE cluster = ? AND sequence < ? ORDER BY sequence DESC LIMIT ?',
    )
    .all(cluster, before, limit)
    .map(placed<Step>);
}

/** Those that wait or run, oldest first. */
export function selectOpenSteps(db: Db, cluster: string): Step[] {
  return db
    .prepare<DocumentRow>(
      "SELECT sequence, document FROM jobs_step WHERE cluster = ? AND state IN ('PENDING', 'RUNNING') ORDER BY sequence",
    )
    .all(cluster)
    .map((row) => JSON.parse(row.document) as Step);
}

export interface SecurityConfiguration {
  readonly name: string;
  readonly createdMs: number;
  readonly document: string;
}

interface SecurityRow {
  name: string;
  created_ms: number;
  document: string;
}

/** @returns whether the name was free */
export function insertSecurityConfiguration(db: Db, scope: string, entry: SecurityConfiguration): boolean {
  const { changes } = db
    .prepare('INSERT OR IGNORE INTO jobs_security_configuration VALUES (?, ?, ?, ?)')
    .run(scope, entry.name, entry.createdMs, entry.document);
  return Number(changes) > 0;
}

export function selectSecurityConfigurations(db: Db, scope: string): SecurityConfiguration[] {
  return db
    .prepare<SecurityRow>(
      'SELECT name, created_ms, document FROM jobs_security_configuration WHERE scope = ? ORDER BY name',
    )
    .all(scope)
    .map(({ name, created_ms: createdMs, document }) => ({ name, createdMs, document }));
}

/** @returns whether there was one */
export function deleteSecurityConfiguration(db: Db, scope: string, name: string): boolean {
  const { changes } = db
    .prepare('DELETE FROM jobs_security_configuration WHERE scope = ? AND name = ?')
    .run(scope, name);
  return Number(changes) > 0;
}

function placed<Item>(row: DocumentRow): Placed<Item> {
  return { sequence: row.sequence, item: JSON.parse(row.document) as Item };
}
