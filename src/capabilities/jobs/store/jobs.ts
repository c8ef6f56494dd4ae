import type { Db } from '#kernel/state';
import type { Job, JobDefinition } from '../job.ts';

interface JobRow {
  name: string;
  created_ms: number;
  modified_ms: number;
  definition: string;
}

export function selectJob(db: Db, scope: string, name: string): Job | undefined {
  const row = db.prepare<JobRow>('SELECT * FROM jobs_job WHERE scope = ? AND name = ?').get(scope, name);
  return row === undefined ? undefined : jobOf(row);
}

/** Jobs in order of their names. */
export function selectJobs(db: Db, scope: string): Job[] {
  return db.prepare<JobRow>('SELECT * FROM jobs_job WHERE scope = ? ORDER BY name').all(scope).map(jobOf);
}

export function upsertJob(db: Db, scope: string, { name, createdMs, modifiedMs, ...definition }: Job): void {
  db.prepare(
    `INSERT INTO jobs_job (scope, name, created_ms, modified_ms, definition) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (scope, name) DO UPDATE SET modified_ms = excluded.modified_ms, definition = excluded.definition`,
  ).run(scope, name, createdMs, modifiedMs, JSON.stringify(definition));
}

/** @returns whether there was such a job */
export function removeJob(db: Db, scope: string, name: string): boolean {
  db.prepare('DELETE FROM jobs_bookmark WHERE scope = ? AND job = ?').run(scope, name);
  return Number(db.prepare('DELETE FROM jobs_job WHERE scope = ? AND name = ?').run(scope, name).changes) > 0;
}

function jobOf(row: JobRow): Job {
  const definition = JSON.parse(row.definition) as JobDefinition;
  return { ...definition, name: row.name, createdMs: row.created_ms, modifiedMs: row.modified_ms };
}
