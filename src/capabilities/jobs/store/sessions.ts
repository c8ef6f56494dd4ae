import type { Db } from '#kernel/state';
import { sessionHasEnded, type Session } from '../sessions/session.ts';

interface SessionRow {
  document: string;
}

/** Numbers start at 0; a removed session leaves a mark so that its number is not used again. */
export function nextSessionId(db: Db): number {
  const row = db.prepare<{ next: number }>('SELECT coalesce(max(id) + 1, 0) AS next FROM jobs_session').get();
  return row?.next ?? 0;
}

export function putSession(db: Db, session: Session): void {
  db.prepare('INSERT OR REPLACE INTO jobs_session (id, has_ended, document) VALUES (?, ?, ?)').run(
    session.id,
    sessionHasEnded(session) ? 1 : 0,
    JSON.stringify(session),
  );
}

export function removeSession(db: Db, id: number): void {
  db.prepare("UPDATE jobs_session SET has_ended = 1, document = '' WHERE id = ?").run(id);
}

export function selectSession(db: Db, id: number): Session | undefined {
  const row = db.prepare<SessionRow>("SELECT document FROM jobs_session WHERE id = ? AND document <> ''").get(id);
  return row === undefined ? undefined : sessionOf(row);
}

export function selectSessions(db: Db): Session[] {
  return db
    .prepare<SessionRow>("SELECT document FROM jobs_session WHERE document <> '' ORDER BY id")
    .all()
    .map(sessionOf);
}

export function selectOpenSessions(db: Db): Session[] {
  return db
    .prepare<SessionRow>('SELECT document FROM jobs_session WHERE has_ended = 0 ORDER BY id')
    .all()
    .map(sessionOf);
}

function sessionOf(row: SessionRow): Session {
  return JSON.parse(row.document) as Session;
}
