import type { Db } from '#kernel/state';
import type { Bookmark } from '../runs/bookmark.ts';
import { activeStates, type JobRun, type JobRunState } from '../runs/job-run.ts';

export interface StoredRun {
  readonly scope: string;
  /** Grows with every run. */
  readonly sequence: number;
  readonly run: JobRun;
}

interface RunRow {
  sequence: number;
  scope: string;
  job: string;
  id: string;
  attempt: number;
  state: JobRunState;
  arguments: string;
  timeout_minutes: number;
  started_ms: number;
  modified_ms: number;
  completed_ms: number | null;
  error_message: string | null;
  previous_run_id: string | null;
  trigger_name: string | null;
  workflow_run_id: string | null;
  predecessors: string;
  recorded: string;
}

export interface StoredBookmark {
  readonly version: number;
  /** How many runs have moved it. */
  readonly run: number;
  readonly runId: string;
  readonly attempt: number;
  readonly previousRunId?: string;
  readonly bookmark: Bookmark;
}

export function insertRun(db: Db, scope: string, run: JobRun): void {
  db.prepare(
    `INSERT INTO jobs_run (scope, job, id, attempt, state, arguments, timeout_minutes, started_ms, modified_ms,
       completed_ms, error_message, previous_run_id, trigger_name, workflow_run_id, predecessors, recorded)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  ).run(
    scope,
    run.jobName,
    run.id,
    run.attempt,
    run.state,
    JSON.stringify(run.arguments),
    run.timeoutMinutes,
    run.startedMs,
    run.modifiedMs,
    run.completedMs ?? null,
    run.errorMessage ?? null,
    run.previousRunId ?? null,
    run.triggerName ?? null,
    run.workflowRunId ?? null,
    JSON.stringify(run.predecessors),
    JSON.stringify(run.recorded),
  );
}

export function updateRun(db: Db, scope: string, run: JobRun): void {
  db.prepare(
    `UPDATE jobs_run SET state = ?, started_ms = ?, modified_ms = ?, completed_ms = ?, error_message = ?
      WHERE scope = ? AND job = ? AND id = ?`,
  ).run(
    run.state,
    run.startedMs,
    run.modifiedMs,
    run.completedMs ?? null,
    run.errorMessage ?? null,
    scope,
    run.jobName,
    run.id,
  );
}

export function selectRun(db: Db, scope: string, job: string, id: string): JobRun | undefined {
  const row = db.prepare<RunRow>('SELECT * FROM jobs_run WHERE scope = ? AND job = ? AND id = ?').get(scope, job, id);
  return row === undefined ? undefined : storedOf(row).run;
}

/** Runs of a job, newest first. @param before only runs with a smaller sequence */
export function selectRuns(db: Db, scope: string, job: string, before: number, limit: number): StoredRun[] {
  return db
    .prepare<RunRow>(
      'SELECT * FROM jobs_run WHERE scope = ? AND job = ? AND sequence < ? ORDER BY sequence DESC LIMIT ?',
    )
    .all(scope, job, before, limit)
    .map(storedOf);
}

/** How many runs hold one of the job's places. */
export function countActive(db: Db, scope: string, job: string): number {
  const states = JSON.stringify(activeStates);
  const row = db
    .prepare<{ count: number }>(
      `SELECT count(*) AS count FROM jobs_run
        WHERE state IN (SELECT value FROM json_each(?)) AND scope = ? AND job = ?`,
    )
    .get(states, scope, job);
  return row?.count ?? 0;
}

/** The run of a job that has waited longest. */
export function selectWaiting(db: Db, scope: string, job: string): JobRun | undefined {
  const row = db
    .prepare<RunRow>(
      "SELECT * FROM jobs_run WHERE state = 'WAITING' AND scope = ? AND job = ? ORDER BY sequence LIMIT 1",
    )
    .get(scope, job);
  return row === undefined ? undefined : storedOf(row).run;
}

/** Every run that has not ended, oldest first. */
export function selectUnfinished(db: Db): StoredRun[] {
  const states = JSON.stringify([...activeStates, 'WAITING']);
  return db
    .prepare<RunRow>('SELECT * FROM jobs_run WHERE state IN (SELECT value FROM json_each(?)) ORDER BY sequence')
    .all(states)
    .map(storedOf);
}

export function selectWorkflowRuns(db: Db, workflowRunId: string): JobRun[] {
  return db
    .prepare<RunRow>('SELECT * FROM jobs_run WHERE workflow_run_id = ? ORDER BY sequence')
    .all(workflowRunId)
    .map((row) => storedOf(row).run);
}

export function selectBookmark(db: Db, scope: string, job: string): StoredBookmark | undefined {
  const row = db
    .prepare<{
      version: number;
      run: number;
      run_id: string;
      attempt: number;
      previous_run_id: string | null;
      document: string;
    }>('SELECT * FROM jobs_bookmark WHERE scope = ? AND job = ?')
    .get(scope, job);
  if (row === undefined) return undefined;
  return {
    version: row.version,
    run: row.run,
    runId: row.run_id,
    attempt: row.attempt,
    ...(row.previous_run_id !== null && { previousRunId: row.previous_run_id }),
    bookmark: JSON.parse(row.document) as Bookmark,
  };
}

/** Keeps where a successful run has got to. */
export function moveBookmark(db: Db, scope: string, run: JobRun, bookmark: Bookmark): void {
  db.prepare(
    `INSERT INTO jobs_bookmark (scope, job, version, run, run_id, attempt, document) VALUES (?, ?, 1, 1, ?, ?, ?)
     ON CONFLICT (scope, job) DO UPDATE SET version = version + 1, run = run + 1, previous_run_id = run_id,
       run_id = excluded.run_id, attempt = excluded.attempt, document = excluded.document`,
  ).run(scope, run.jobName, run.id, run.attempt, JSON.stringify(bookmark));
}

/** @returns whether there was one */
export function removeBookmark(db: Db, scope: string, job: string): boolean {
  return Number(db.prepare('DELETE FROM jobs_bookmark WHERE scope = ? AND job = ?').run(scope, job).changes) > 0;
}

function storedOf(row: RunRow): StoredRun {
  const run: JobRun = {
    id: row.id,
    jobName: row.job,
    attempt: row.attempt,
    state: row.state,
    arguments: JSON.parse(row.arguments) as JobRun['arguments'],
    timeoutMinutes: row.timeout_minutes,
    startedMs: row.started_ms,
    modifiedMs: row.modified_ms,
    ...(row.completed_ms !== null && { completedMs: row.completed_ms }),
    ...(row.error_message !== null && { errorMessage: row.error_message }),
    ...(row.previous_run_id !== null && { previousRunId: row.previous_run_id }),
    ...(row.trigger_name !== null && { triggerName: row.trigger_name }),
    ...(row.workflow_run_id !== null && { workflowRunId: row.workflow_run_id }),
    predecessors: JSON.parse(row.predecessors) as JobRun['predecessors'],
    recorded: JSON.parse(row.recorded) as JobRun['recorded'],
  };
  return { scope: row.scope, sequence: row.sequence, run };
}
