/** Reads executions, their histories and what is due from the state. */
import type { Db, SqlValue } from '#kernel/state';
import type { Execution, ExecutionFilter, ExecutionStatus, HistoryEvent, MachineRevision } from '../execution.ts';
import { unpackEvents } from './packed-events.ts';

export interface ExecutionRow {
  id: number;
  arn: string;
  scope: string;
  machine_arn: string;
  revision: number;
  name: string;
  status: ExecutionStatus;
  input: string;
  output: string | null;
  error: string | null;
  cause: string | null;
  started_ms: number;
  stopped_ms: number | null;
  trace_header: string | null;
  deadline_ms: number | null;
  next_event_id: number;
  next_thread_id: number;
  redrive_count: number;
  redriven_ms: number | null;
  map_run: number | null;
  item_index: number | null;
  item_count: number | null;
  family: number | null;
  generation: number | null;
  map_run_arn: string | null;
}

const columns = `SELECT execution.*, map_run.arn AS map_run_arn FROM workflows_execution AS execution
  LEFT JOIN workflows_map_run AS map_run ON map_run.id = execution.map_run`;

export function selectByArn(db: Db, arn: string): ExecutionRow | undefined {
  return db.prepare<ExecutionRow>(`${columns} WHERE execution.arn = ?`).get(arn);
}

export function selectById(db: Db, id: number): ExecutionRow | undefined {
  return db.prepare<ExecutionRow>(`${columns} WHERE execution.id = ?`).get(id);
}

/** Newest first, behind `(startedMs, id)`. */
export function selectPage(
  db: Db,
  filter: ExecutionFilter & { readonly mapRunId?: number },
  before: readonly number[] | undefined,
  limit: number,
): ExecutionRow[] {
  const conditions: string[] = [];
  const values: SqlValue[] = [];
  const where = (condition: string, ...parameters: SqlValue[]): void => {
    conditions.push(condition);
    values.push(...parameters);
  };
  if (filter.mapRunId !== undefined) where('execution.map_run = ?', filter.mapRunId);
  else if (filter.machineArn !== undefined)
    where('execution.map_run IS NULL AND execution.machine_arn = ?', filter.machineArn);
  if (filter.qualifiedArn !== undefined) {
    where(
      'execution.revision IN (SELECT id FROM workflows_revision WHERE qualifier LIKE ?)',
      `%|${filter.qualifiedArn}|%`,
    );
  }
  if (filter.status !== undefined) where('execution.status = ?', filter.status);
  if (filter.redriveFilter === 'REDRIVEN') where('execution.redrive_count > 0');
  if (filter.redriveFilter === 'NOT_REDRIVEN') where('execution.redrive_count = 0');
  if (before !== undefined) where('(execution.started_ms, execution.id) < (?, ?)', ...before);
  return db
    .prepare<ExecutionRow>(
      `${columns} WHERE ${conditions.length === 0 ? 'true' : conditions.join(' AND ')}
        ORDER BY execution.started_ms DESC, execution.id DESC LIMIT ?`,
    )
    .all(...values, limit);
}

export function executionOf(row: ExecutionRow, revision: MachineRevision): Execution {
  return {
    arn: row.arn,
    name: row.name,
    scope: row.scope,
    revision,
    status: row.status,
    input: row.input,
    ...(row.output !== null && { output: row.output }),
    ...(row.error !== null && { error: row.error }),
    ...(row.cause !== null && { cause: row.cause }),
    startedMs: row.started_ms,
    ...(row.stopped_ms !== null && { stoppedMs: row.stopped_ms }),
    ...(row.trace_header !== null && { traceHeader: row.trace_header }),
    redriveCount: row.redrive_count,
    ...(row.redriven_ms !== null && { redrivenMs: row.redriven_ms }),
    ...(row.map_run_arn !== null && { mapRunArn: row.map_run_arn }),
    ...(row.item_count !== null && { itemCount: row.item_count }),
  };
}

/** Events behind (or, in reverse, before) an id. */
export function selectEvents(
  db: Db,
  rowId: number,
  after: number | undefined,
  limit: number,
  reverse: boolean,
): HistoryEvent[] {
  const found: HistoryEvent[] = [];
  const chunks = reverse
    ? db
        .prepare<{ first_event_id: number; events: string }>(
          'SELECT first_event_id, events FROM workflows_history WHERE execution = ? AND first_event_id < ? ORDER BY first_event_id DESC',
        )
        .iterate(rowId, after ?? Number.MAX_SAFE_INTEGER)
    : db
        .prepare<{ first_event_id: number; events: string }>(
          `SELECT first_event_id, events FROM workflows_history WHERE execution = ? AND first_event_id >= coalesce((
             SELECT max(first_event_id) FROM workflows_history WHERE execution = ? AND first_event_id <= ?), 0)
            ORDER BY first_event_id`,
        )
        .iterate(rowId, rowId, (after ?? 0) + 1);
  for (const chunk of chunks) {
    const events = unpackEvents(chunk.events, chunk.first_event_id);
    for (const event of reverse ? events.toReversed() : events) {
      const isBehind = after === undefined || (reverse ? event.id < after : event.id > after);
      if (isBehind) found.push(event);
      if (found.length === limit) return found;
    }
  }
  return found;
}

export interface DueThread {
  execution: number;
  id: number;
  due_ms: number;
}

export function selectDueThreads(db: Db, nowMs: number, limit: number): DueThread[] {
  return db
    .prepare<DueThread>(
      'SELECT execution, id, due_ms FROM workflows_thread WHERE due_ms <= ? ORDER BY due_ms, execution, id LIMIT ?',
    )
    .all(nowMs, limit);
}

/** Ids of executions whose own time is over. */
export function selectOverdue(db: Db, nowMs: number, limit: number): number[] {
  return db
    .prepare<{ id: number }>('SELECT id FROM workflows_execution WHERE deadline_ms <= ? ORDER BY deadline_ms LIMIT ?')
    .all(nowMs, limit)
    .map(({ id }) => id);
}

/** The soonest due time of all; undefined when nothing waits for time. */
export function soonestDueMs(db: Db): number | undefined {
  const row = db
    .prepare<{ due: number | null }>(
      `SELECT min(due) AS due FROM (
         SELECT min(due_ms) AS due FROM workflows_thread WHERE due_ms IS NOT NULL
         UNION ALL SELECT min(deadline_ms) FROM workflows_execution WHERE deadline_ms IS NOT NULL)`,
    )
    .get();
  return row?.due ?? undefined;
}

export function selectActive(db: Db, after: number, limit: number): number[] {
  return db
    .prepare<{ id: number }>('SELECT id FROM workflows_execution WHERE is_active = 1 AND id > ? ORDER BY id LIMIT ?')
    .all(after, limit)
    .map(({ id }) => id);
}
