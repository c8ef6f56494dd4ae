/** Triggers, and what they are still waiting for: outcomes that came true, crawls under way, events of a batch. */
import type { Db } from '#kernel/state';
import type { Trigger, TriggerDefinition, TriggerState, TriggerType } from '../flow/trigger.ts';
import type { Crawl, CrawlState } from '../flow/workflow.ts';

interface TriggerRow {
  scope: string;
  name: string;
  workflow: string | null;
  type: TriggerType;
  state: TriggerState;
  definition: string;
}

interface CrawlRow {
  scope: string;
  crawler: string;
  trigger_name: string;
  workflow_run_id: string;
  state: CrawlState;
  started_ms: number;
  completed_ms: number | null;
  error_message: string | null;
}

/** A condition of a trigger that came true. */
export interface Outcome {
  readonly triggerName: string;
  /** Empty outside of workflows. */
  readonly workflowRunId: string;
  /** Index of the condition in the trigger's predicate. */
  readonly condition: number;
  /** The job run that made it true; empty for a crawl. */
  readonly runId: string;
}

export function selectTrigger(db: Db, scope: string, name: string): Trigger | undefined {
  const row = db.prepare<TriggerRow>('SELECT * FROM jobs_trigger WHERE scope = ? AND name = ?').get(scope, name);
  return row === undefined ? undefined : triggerOf(row);
}

/** Triggers in order of their names. */
export function selectTriggers(db: Db, scope: string): Trigger[] {
  return db.prepare<TriggerRow>('SELECT * FROM jobs_trigger WHERE scope = ? ORDER BY name').all(scope).map(triggerOf);
}

export function selectActiveTriggers(db: Db, type: TriggerType): { scope: string; trigger: Trigger }[] {
  return db
    .prepare<TriggerRow>("SELECT * FROM jobs_trigger WHERE state = 'ACTIVATED' AND type = ?")
    .all(type)
    .map((row) => ({ scope: row.scope, trigger: triggerOf(row) }));
}

export function upsertTrigger(db: Db, scope: string, trigger: Trigger): void {
  const { name, type, state, workflowName, ...definition } = trigger;
  db.prepare(
    `INSERT INTO jobs_trigger (scope, name, workflow, type, state, definition) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (scope, name) DO UPDATE SET state = excluded.state, definition = excluded.definition`,
  ).run(scope, name, workflowName ?? null, type, state, JSON.stringify(definition));
}

/** Removes a trigger and what it waits for. @returns whether there was one */
export function removeTrigger(db: Db, scope: string, name: string): boolean {
  forgetWaiting(db, scope, name);
  return Number(db.prepare('DELETE FROM jobs_trigger WHERE scope = ? AND name = ?').run(scope, name).changes) > 0;
}

/** What came true so far no longer counts: the trigger was changed, stopped or deleted. */
export function forgetWaiting(db: Db, scope: string, name: string): void {
  db.prepare('DELETE FROM jobs_outcome WHERE scope = ? AND trigger_name = ?').run(scope, name);
  db.prepare('DELETE FROM jobs_notice WHERE scope = ? AND trigger_name = ?').run(scope, name);
}

export function insertOutcome(db: Db, scope: string, outcome: Outcome): void {
  db.prepare('INSERT OR REPLACE INTO jobs_outcome VALUES (?, ?, ?, ?, ?)').run(
    scope,
    outcome.triggerName,
    outcome.workflowRunId,
    outcome.condition,
    outcome.runId,
  );
}

export function selectOutcomes(db: Db, scope: string): Outcome[] {
  return db
    .prepare<{ trigger_name: string; workflow_run_id: string; condition: number; run_id: string }>(
      'SELECT * FROM jobs_outcome WHERE scope = ? ORDER BY trigger_name, workflow_run_id, condition',
    )
    .all(scope)
    .map((row) => ({
      triggerName: row.trigger_name,
      workflowRunId: row.workflow_run_id,
      condition: row.condition,
      runId: row.run_id,
    }));
}

export function removeOutcomes(db: Db, scope: string, triggerName: string, workflowRunId: string): void {
  db.prepare('DELETE FROM jobs_outcome WHERE scope = ? AND trigger_name = ? AND workflow_run_id = ?').run(
    scope,
    triggerName,
    workflowRunId,
  );
}

export function upsertCrawl(db: Db, scope: string, crawl: Crawl): void {
  db.prepare('INSERT OR REPLACE INTO jobs_crawl VALUES (?, ?, ?, ?, ?, ?, ?, ?)').run(
    scope,
    crawl.crawlerName,
    crawl.triggerName,
    crawl.workflowRunId,
    crawl.state,
    crawl.startedMs,
    crawl.completedMs ?? null,
    crawl.errorMessage ?? null,
  );
}

/** Crawls that have not ended. @param where one crawler only */
export function selectOpenCrawls(
  db: Db,
  where?: { scope: string; crawler: string },
): { scope: string; crawl: Crawl }[] {
  const open = "SELECT * FROM jobs_crawl WHERE state IN ('STARTING', 'RUNNING')";
  const rows =
    where === undefined
      ? db.prepare<CrawlRow>(open).all()
      : db.prepare<CrawlRow>(`${open} AND scope = ? AND crawler = ?`).all(where.scope, where.crawler);
  return rows.map((row) => ({ scope: row.scope, crawl: crawlOf(row) }));
}

export function selectWorkflowCrawls(db: Db, workflowRunId: string): Crawl[] {
  return db
    .prepare<CrawlRow>('SELECT * FROM jobs_crawl WHERE workflow_run_id = ? ORDER BY started_ms')
    .all(workflowRunId)
    .map(crawlOf);
}

export interface Notice {
  readonly eventId: string;
  readonly receivedMs: number;
}

export function insertNotice(db: Db, scope: string, triggerName: string, notice: Notice): void {
  db.prepare('INSERT INTO jobs_notice (scope, trigger_name, event_id, received_ms) VALUES (?, ?, ?, ?)').run(
    scope,
    triggerName,
    notice.eventId,
    notice.receivedMs,
  );
}

/** Events that wait for their batch, oldest first. */
export function selectNotices(db: Db, scope: string, triggerName: string): Notice[] {
  return db
    .prepare<{ event_id: string; received_ms: number }>(
      'SELECT event_id, received_ms FROM jobs_notice WHERE scope = ? AND trigger_name = ? ORDER BY sequence',
    )
    .all(scope, triggerName)
    .map((row) => ({ eventId: row.event_id, receivedMs: row.received_ms }));
}

/** Takes the oldest `count` events out of the batch. */
export function removeNotices(db: Db, scope: string, triggerName: string, count: number): void {
  db.prepare(
    `DELETE FROM jobs_notice WHERE sequence IN
       (SELECT sequence FROM jobs_notice WHERE scope = ? AND trigger_name = ? ORDER BY sequence LIMIT ?)`,
  ).run(scope, triggerName, count);
}

function triggerOf(row: TriggerRow): Trigger {
  const definition = JSON.parse(row.definition) as TriggerDefinition;
  return {
    ...definition,
    name: row.name,
    type: row.type,
    state: row.state,
    ...(row.workflow !== null && { workflowName: row.workflow }),
  };
}

function crawlOf(row: CrawlRow): Crawl {
  return {
    crawlerName: row.crawler,
    triggerName: row.trigger_name,
    workflowRunId: row.workflow_run_id,
    state: row.state,
    startedMs: row.started_ms,
    ...(row.completed_ms !== null && { completedMs: row.completed_ms }),
    ...(row.error_message !== null && { errorMessage: row.error_message }),
  };
}
