/** Applications in the state: what is searched for in columns, the rest as a document. */
import type { Db } from '#kernel/state';
import { hasEnded, type Application } from '../applications/application.ts';

interface ApplicationRow {
  document: string;
}

/** @returns the number that the next application gets */
export function nextApplicationId(db: Db): number {
  const row = db.prepare<{ next: number }>('SELECT coalesce(max(id) + 1, 0) AS next FROM jobs_application').get();
  return row?.next ?? 0;
}

export function putApplication(db: Db, application: Application): void {
  const { id, scope, source, sourceId, submission } = application;
  db.prepare(
    `INSERT INTO jobs_application (id, scope, source, source_id, name, has_ended, is_listed, document)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET has_ended = excluded.has_ended, is_listed = excluded.is_listed,
       document = excluded.document`,
  ).run(
    id,
    scope,
    source,
    sourceId ?? null,
    submission.name ?? null,
    hasEnded(application) ? 1 : 0,
    application.isListed ? 1 : 0,
    JSON.stringify(application),
  );
}

export function selectApplication(db: Db, id: number): Application | undefined {
  const row = db.prepare<ApplicationRow>('SELECT document FROM jobs_application WHERE id = ?').get(id);
  return row === undefined ? undefined : applicationOf(row);
}

export function selectBySource(db: Db, source: string, sourceId: string): Application | undefined {
  const row = db
    .prepare<ApplicationRow>('SELECT document FROM jobs_application WHERE source = ? AND source_id = ?')
    .get(source, sourceId);
  return row === undefined ? undefined : applicationOf(row);
}

/** The listed application of that name. */
export function selectListedByName(db: Db, name: string): Application | undefined {
  const row = db
    .prepare<ApplicationRow>('SELECT document FROM jobs_application WHERE is_listed = 1 AND name = ?')
    .get(name);
  return row === undefined ? undefined : applicationOf(row);
}

/** In order of submission. */
export function selectListed(db: Db, from: number, size: number): { total: number; applications: Application[] } {
  const count = db.prepare<{ n: number }>('SELECT count(*) AS n FROM jobs_application WHERE is_listed = 1').get();
  const rows = db
    .prepare<ApplicationRow>('SELECT document FROM jobs_application WHERE is_listed = 1 ORDER BY id LIMIT ? OFFSET ?')
    .all(size, from);
  return { total: count?.n ?? 0, applications: rows.map(applicationOf) };
}

/** The whole history, newest first. */
export function selectHistory(db: Db, limit: number): Application[] {
  return db
    .prepare<ApplicationRow>('SELECT document FROM jobs_application ORDER BY id DESC LIMIT ?')
    .all(limit)
    .map(applicationOf);
}

/** Those that have not ended, oldest first. */
export function selectOpenApplications(db: Db): Application[] {
  return db
    .prepare<ApplicationRow>('SELECT document FROM jobs_application WHERE has_ended = 0 ORDER BY id')
    .all()
    .map(applicationOf);
}

function applicationOf(row: ApplicationRow): Application {
  return JSON.parse(row.document) as Application;
}
