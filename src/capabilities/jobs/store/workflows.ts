import type { Db } from '#kernel/state';
import type { Properties, Workflow, WorkflowRun, WorkflowRunState } from '../flow/workflow.ts';

interface WorkflowRow {
  name: string;
  created_ms: number;
  modified_ms: number;
  description: string | null;
  max_concurrent_runs: number | null;
  properties: string;
}

interface RunRow {
  sequence: number;
  scope: string;
  workflow: string;
  id: string;
  state: WorkflowRunState;
  properties: string;
  started_ms: number;
  completed_ms: number | null;
  error_message: string | null;
  previous_run_id: string | null;
  fired: string;
  errored_actions: number;
}

export interface StoredWorkflowRun {
  readonly scope: string;
  readonly sequence: number;
  readonly run: WorkflowRun;
}

export function selectWorkflow(db: Db, scope: string, name: string): Workflow | undefined {
  const row = db.prepare<WorkflowRow>('SELECT * FROM jobs_workflow WHERE scope = ? AND name = ?').get(scope, name);
  return row === undefined ? undefined : workflowOf(row);
}

/** Workflows in order of their names. */
export function selectWorkflows(db: Db, scope: string): Workflow[] {
  return db
    .prepare<WorkflowRow>('SELECT * FROM jobs_workflow WHERE scope = ? ORDER BY name')
    .all(scope)
    .map(workflowOf);
}

export function upsertWorkflow(db: Db, scope: string, workflow: Workflow): void {
  db.prepare('INSERT OR REPLACE INTO jobs_workflow VALUES (?, ?, ?, ?, ?, ?, ?)').run(
    scope,
    workflow.name,
    workflow.createdMs,
    workflow.modifiedMs,
    workflow.description ?? null,
    workflow.maxConcurrentRuns ?? null,
    JSON.stringify(workflow.properties),
  );
}

/** @returns whether there was one */
export function removeWorkflow(db: Db, scope: string, name: string): boolean {
  return Number(db.prepare('DELETE FROM jobs_workflow WHERE scope = ? AND name = ?').run(scope, name).changes) > 0;
}

export function insertWorkflowRun(db: Db, scope: string, run: WorkflowRun): void {
  db.prepare(
    `INSERT INTO jobs_workflow_run (scope, workflow, id, state, properties, started_ms, completed_ms, error_message,
       previous_run_id, fired, errored_actions) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  ).run(
    scope,
    run.workflowName,
    run.id,
    run.state,
    JSON.stringify(run.properties),
    run.startedMs,
    run.completedMs ?? null,
    run.errorMessage ?? null,
    run.previousRunId ?? null,
    JSON.stringify(run.fired),
    run.erroredActions,
  );
}

export function updateWorkflowRun(db: Db, run: WorkflowRun): void {
  db.prepare(
    `UPDATE jobs_workflow_run SET state = ?, properties = ?, completed_ms = ?, error_message = ?, fired = ?,
       errored_actions = ? WHERE id = ?`,
  ).run(
    run.state,
    JSON.stringify(run.properties),
    run.completedMs ?? null,
    run.errorMessage ?? null,
    JSON.stringify(run.fired),
    run.erroredActions,
    run.id,
  );
}

export function selectWorkflowRun(db: Db, scope: string, workflow: string, id: string): WorkflowRun | undefined {
  const row = db
    .prepare<RunRow>('SELECT * FROM jobs_workflow_run WHERE scope = ? AND workflow = ? AND id = ?')
    .get(scope, workflow, id);
  return row === undefined ? undefined : storedOf(row).run;
}

export function findWorkflowRun(db: Db, id: string): WorkflowRun | undefined {
  const row = db.prepare<RunRow>('SELECT * FROM jobs_workflow_run WHERE id = ?').get(id);
  return row === undefined ? undefined : storedOf(row).run;
}

/** Runs of a workflow, newest first. @param before only runs with a smaller sequence */
export function selectRunsOfWorkflow(
  db: Db,
  scope: string,
  workflow: string,
  before: number,
  limit: number,
): StoredWorkflowRun[] {
  return db
    .prepare<RunRow>(
      'SELECT * FROM jobs_workflow_run WHERE scope = ? AND workflow = ? AND sequence < ? ORDER BY sequence DESC LIMIT ?',
    )
    .all(scope, workflow, before, limit)
    .map(storedOf);
}

/** Runs that have not ended. */
export function selectOpenWorkflowRuns(db: Db): StoredWorkflowRun[] {
  return db
    .prepare<RunRow>("SELECT * FROM jobs_workflow_run WHERE state IN ('RUNNING', 'STOPPING')")
    .all()
    .map(storedOf);
}

function workflowOf(row: WorkflowRow): Workflow {
  return {
    name: row.name,
    createdMs: row.created_ms,
    modifiedMs: row.modified_ms,
    properties: JSON.parse(row.properties) as Properties,
    ...(row.description !== null && { description: row.description }),
    ...(row.max_concurrent_runs !== null && { maxConcurrentRuns: row.max_concurrent_runs }),
  };
}

function storedOf(row: RunRow): StoredWorkflowRun {
  const run: WorkflowRun = {
    id: row.id,
    workflowName: row.workflow,
    state: row.state,
    properties: JSON.parse(row.properties) as Properties,
    startedMs: row.started_ms,
    ...(row.completed_ms !== null && { completedMs: row.completed_ms }),
    ...(row.error_message !== null && { errorMessage: row.error_message }),
    ...(row.previous_run_id !== null && { previousRunId: row.previous_run_id }),
    fired: JSON.parse(row.fired) as string[],
    erroredActions: row.errored_actions,
  };
  return { scope: row.scope, sequence: row.sequence, run };
}
