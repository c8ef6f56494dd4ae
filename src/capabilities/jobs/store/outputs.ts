import type { Db } from '#kernel/state';
import type { Bookmark } from '../runs/bookmark.ts';

export interface ObjectAddress {
  readonly bucket: string;
  readonly key: string;
}

/** What a run is about to make visible, kept before it does so that a restart can tell how far it got. */
export interface OutputIntent {
  readonly runId: string;
  /** The first of the new objects: the publication makes all of them visible or none. Absent when there are none. */
  readonly firstFile?: ObjectAddress;
  /** Objects that go when the new ones are there. */
  readonly replaced: readonly ObjectAddress[];
  /** With this the run has done all it was to do. */
  readonly isLast: boolean;
  /** What to remember when the run succeeds. */
  readonly bookmark?: Bookmark;
}

export function putIntent(db: Db, intent: OutputIntent): void {
  db.prepare('INSERT OR REPLACE INTO jobs_output VALUES (?, ?, ?, ?, ?)').run(
    intent.runId,
    intent.firstFile === undefined ? null : JSON.stringify(intent.firstFile),
    JSON.stringify(intent.replaced),
    intent.isLast ? 1 : 0,
    intent.bookmark === undefined ? null : JSON.stringify(intent.bookmark),
  );
}

export function findIntent(db: Db, runId: string): OutputIntent | undefined {
  const row = db
    .prepare<{ first_file: string | null; replaced: string; is_last: number; bookmark: string | null }>(
      'SELECT * FROM jobs_output WHERE run_id = ?',
    )
    .get(runId);
  if (row === undefined) return undefined;
  return {
    runId,
    ...(row.first_file !== null && { firstFile: JSON.parse(row.first_file) as ObjectAddress }),
    replaced: JSON.parse(row.replaced) as ObjectAddress[],
    isLast: row.is_last === 1,
    ...(row.bookmark !== null && { bookmark: JSON.parse(row.bookmark) as Bookmark }),
  };
}

export function removeIntent(db: Db, runId: string): void {
  db.prepare('DELETE FROM jobs_output WHERE run_id = ?').run(runId);
}
