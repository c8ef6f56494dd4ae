/** What is kept of map runs: a row each, the inputs of the children in chunks, and the children's own rows. */
import type { Db } from '#kernel/state';
import type { MapRun, MapRunCounts } from '../execution/execution.ts';

export interface MapRunRow {
  id: number;
  arn: string;
  execution: number;
  thread: number;
  execution_arn: string;
  machine_arn: string;
  state_name: string;
  is_express: number;
  status: MapRun['status'];
  started_ms: number;
  stopped_ms: number | null;
  max_concurrency: number;
  tolerated_count: number | null;
  tolerated_percentage: number | null;
  /** How many children there are in all; null until the items were read. */
  batches: number | null;
  items: number | null;
  plan: string;
  redrive_count: number;
  redriven_ms: number | null;
}

export function insertMapRun(
  db: Db,
  row: Omit<MapRunRow, 'stopped_ms' | 'batches' | 'items' | 'redrive_count' | 'redriven_ms'>,
): void {
  db.prepare(
    `INSERT INTO workflows_map_run (id, arn, execution, thread, execution_arn, machine_arn, state_name, is_express, status,
       started_ms, max_concurrency, tolerated_count, tolerated_percentage, plan)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  ).run(
    row.id,
    row.arn,
    row.execution,
    row.thread,
    row.execution_arn,
    row.machine_arn,
    row.state_name,
    row.is_express,
    row.status,
    row.started_ms,
    row.max_concurrency,
    row.tolerated_count,
    row.tolerated_percentage,
    row.plan,
  );
}

export function selectMapRun(db: Db, id: number): MapRunRow | undefined {
  return db.prepare<MapRunRow>('SELECT * FROM workflows_map_run WHERE id = ?').get(id);
}

export function selectMapRunByArn(db: Db, arn: string): MapRunRow | undefined {
  return db.prepare<MapRunRow>('SELECT * FROM workflows_map_run WHERE arn = ?').get(arn);
}

export function selectOpenMapRuns(db: Db): MapRunRow[] {
  return db.prepare<MapRunRow>("SELECT * FROM workflows_map_run WHERE status = 'RUNNING' ORDER BY id").all();
}

/** Of one execution, newest first. */
export function selectMapRunsOf(db: Db, executionArn: string, before: number, limit: number): MapRunRow[] {
  return db
    .prepare<MapRunRow>('SELECT * FROM workflows_map_run WHERE execution_arn = ? AND id < ? ORDER BY id DESC LIMIT ?')
    .all(executionArn, before, limit);
}

/** What the children were to work on is kept for a redrive, unless all has succeeded. */
export function endMapRun(db: Db, id: number, status: MapRun['status'], stoppedMs: number): void {
  db.prepare('UPDATE workflows_map_run SET status = ?, stopped_ms = ? WHERE id = ?').run(status, stoppedMs, id);
  db.prepare("UPDATE workflows_execution SET status = 'ABORTED' WHERE map_run = ? AND status = 'PENDING_REDRIVE'").run(
    id,
  );
  if (status === 'SUCCEEDED') db.prepare('DELETE FROM workflows_map_items WHERE map_run = ?').run(id);
}

export function reopenMapRun(db: Db, id: number, redrivenMs: number): void {
  db.prepare(
    `UPDATE workflows_map_run SET status = 'RUNNING', stopped_ms = NULL, redrive_count = redrive_count + 1,
       redriven_ms = ? WHERE id = ?`,
  ).run(redrivenMs, id);
  db.prepare(
    `UPDATE workflows_execution SET status = 'PENDING_REDRIVE'
      WHERE map_run = ? AND status IN ('FAILED', 'TIMED_OUT', 'ABORTED')`,
  ).run(id);
}

/** The children that have been started. */
export interface ChildRow {
  id: number;
  item_index: number;
  status: string;
  item_count: number | null;
}

export function selectChildren(db: Db, mapRunId: number): ChildRow[] {
  return db
    .prepare<ChildRow>(
      'SELECT id, item_index, status, item_count FROM workflows_execution WHERE map_run = ? ORDER BY item_index',
    )
    .all(mapRunId);
}

/** Outputs of the children that succeeded, in the order of their items. */
export function* childOutputs(db: Db, mapRunId: number): Iterable<string> {
  const rows = db
    .prepare<{ output: string | null }>(
      "SELECT output FROM workflows_execution WHERE map_run = ? AND status = 'SUCCEEDED' ORDER BY item_index",
    )
    .iterate(mapRunId);
  for (const { output } of rows) yield output ?? 'null';
}

export function mapRunOf(db: Db, row: MapRunRow): MapRun {
  const groups = db
    .prepare<{ status: string; executions: number; items: number }>(
      `SELECT status, count(*) AS executions, sum(coalesce(item_count, 1)) AS items FROM workflows_execution
        WHERE map_run = ? GROUP BY status`,
    )
    .all(row.id);
  const executions = new Map(groups.map((group) => [group.status, group.executions]));
  const items = new Map(groups.map((group) => [group.status, group.items]));
  const isWritten = row.status === 'SUCCEEDED' && (JSON.parse(row.plan) as { hasWriter?: boolean }).hasWriter === true;
  return {
    arn: row.arn,
    executionArn: row.execution_arn,
    machineArn: row.machine_arn,
    status: row.status,
    startedMs: row.started_ms,
    ...(row.stopped_ms !== null && { stoppedMs: row.stopped_ms }),
    maxConcurrency: row.max_concurrency,
    toleratedFailureCount: row.tolerated_count ?? 0,
    toleratedFailurePercentage: row.tolerated_percentage ?? 0,
    itemCounts: countsOf(items, row.items ?? 0, row.status, isWritten),
    executionCounts: countsOf(executions, row.batches ?? 0, row.status, isWritten),
    redriveCount: row.redrive_count,
    ...(row.redriven_ms !== null && { redrivenMs: row.redriven_ms }),
  };
}

function countsOf(
  groups: ReadonlyMap<string, number>,
  total: number,
  status: string,
  isWritten: boolean,
): MapRunCounts {
  const count = (name: string): number => groups.get(name) ?? 0;
  const started = [...groups.values()].reduce((sum, one) => sum + one, 0);
  return {
    pending: status === 'RUNNING' ? Math.max(total - started, 0) : 0,
    running: count('RUNNING'),
    succeeded: count('SUCCEEDED'),
    failed: count('FAILED'),
    timedOut: count('TIMED_OUT'),
    aborted: count('ABORTED'),
    total,
    resultsWritten: isWritten ? count('SUCCEEDED') : 0,
    failuresNotRedrivable: 0,
    pendingRedrive: count('PENDING_REDRIVE'),
  };
}
