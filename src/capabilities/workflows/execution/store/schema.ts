/**
 * What is kept of executions. The rows of one execution change together in one write: its head, its history in chunks of
 * one row for each batch, and a row for each thread that is at something. What a thread waits for stands in columns of its
 * row, so that a due time, a token and a worker's poll each find it by an index.
 */
import type { Schema } from '#kernel/state';

export const executionSchema: Schema = {
  part: 'workflows-executions',
  steps: [
    `CREATE TABLE workflows_revision (
       id INTEGER PRIMARY KEY, machine_arn TEXT NOT NULL, revision_id TEXT NOT NULL, qualifier TEXT NOT NULL,
       document TEXT NOT NULL, UNIQUE (machine_arn, revision_id, qualifier)) STRICT;
     CREATE TABLE workflows_execution (
       id INTEGER PRIMARY KEY, arn TEXT NOT NULL UNIQUE, scope TEXT NOT NULL, machine_arn TEXT NOT NULL,
       revision INTEGER NOT NULL REFERENCES workflows_revision, name TEXT NOT NULL, status TEXT NOT NULL,
       input TEXT NOT NULL, output TEXT, error TEXT, cause TEXT, started_ms INTEGER NOT NULL, stopped_ms INTEGER,
       trace_header TEXT, deadline_ms INTEGER, is_active INTEGER NOT NULL, next_event_id INTEGER NOT NULL,
       next_thread_id INTEGER NOT NULL, redrive_count INTEGER NOT NULL DEFAULT 0, redriven_ms INTEGER,
       map_run INTEGER, item_index INTEGER, item_count INTEGER) STRICT;
     CREATE INDEX workflows_execution_by_machine ON workflows_execution (machine_arn, started_ms, id);
     CREATE INDEX workflows_execution_by_map_run ON workflows_execution (map_run, item_index) WHERE map_run IS NOT NULL;
     CREATE INDEX workflows_execution_active ON workflows_execution (is_active) WHERE is_active = 1;
     CREATE INDEX workflows_execution_due ON workflows_execution (deadline_ms) WHERE deadline_ms IS NOT NULL;
     CREATE TABLE workflows_history (
       execution INTEGER NOT NULL, first_event_id INTEGER NOT NULL, events TEXT NOT NULL,
       PRIMARY KEY (execution, first_event_id)) STRICT, WITHOUT ROWID;
     CREATE TABLE workflows_thread (
       execution INTEGER NOT NULL, id INTEGER NOT NULL, parent INTEGER NOT NULL, item INTEGER NOT NULL, due_ms INTEGER,
       sync_key TEXT, activity_arn TEXT, scheduled_ms INTEGER, document TEXT NOT NULL,
       PRIMARY KEY (execution, id)) STRICT, WITHOUT ROWID;
     CREATE INDEX workflows_thread_due ON workflows_thread (due_ms) WHERE due_ms IS NOT NULL;
     CREATE INDEX workflows_thread_sync ON workflows_thread (sync_key) WHERE sync_key IS NOT NULL;
     CREATE INDEX workflows_thread_activity ON workflows_thread (activity_arn, scheduled_ms)
       WHERE activity_arn IS NOT NULL;
     CREATE TABLE workflows_map_run (
       id INTEGER PRIMARY KEY, arn TEXT NOT NULL UNIQUE, execution INTEGER NOT NULL, thread INTEGER NOT NULL,
       execution_arn TEXT NOT NULL, machine_arn TEXT NOT NULL, state_name TEXT NOT NULL, is_express INTEGER NOT NULL,
       status TEXT NOT NULL, started_ms INTEGER NOT NULL, stopped_ms INTEGER, max_concurrency INTEGER NOT NULL,
       tolerated_count INTEGER, tolerated_percentage REAL, batches INTEGER, items INTEGER, plan TEXT NOT NULL,
       redrive_count INTEGER NOT NULL DEFAULT 0, redriven_ms INTEGER) STRICT;
     CREATE INDEX workflows_map_run_by_execution ON workflows_map_run (execution_arn, id);
     CREATE INDEX workflows_map_run_open ON workflows_map_run (status) WHERE status = 'RUNNING';
     CREATE TABLE workflows_map_items (
       map_run INTEGER NOT NULL, first INTEGER NOT NULL, inputs TEXT NOT NULL,
       PRIMARY KEY (map_run, first)) STRICT, WITHOUT ROWID;
     CREATE TABLE workflows_items (
       execution INTEGER NOT NULL, thread INTEGER NOT NULL, items TEXT NOT NULL,
       PRIMARY KEY (execution, thread)) STRICT, WITHOUT ROWID;
     CREATE TABLE workflows_results (
       execution INTEGER NOT NULL, thread INTEGER NOT NULL, first INTEGER NOT NULL, results TEXT NOT NULL,
       PRIMARY KEY (execution, thread, first)) STRICT, WITHOUT ROWID;`,
    `CREATE INDEX workflows_execution_ended ON workflows_execution (stopped_ms)
       WHERE stopped_ms IS NOT NULL AND map_run IS NULL;
     CREATE INDEX workflows_map_run_of ON workflows_map_run (execution);`,
    `CREATE TABLE workflows_express (
       arn TEXT PRIMARY KEY, scope TEXT NOT NULL, name TEXT NOT NULL,
       revision INTEGER NOT NULL REFERENCES workflows_revision, input TEXT NOT NULL, trace_header TEXT,
       starts INTEGER NOT NULL) STRICT, WITHOUT ROWID;`,
    `ALTER TABLE workflows_execution ADD COLUMN family INTEGER;
     ALTER TABLE workflows_execution ADD COLUMN generation INTEGER;
     CREATE INDEX workflows_execution_open ON workflows_execution (scope, family)
       WHERE status = 'RUNNING' AND map_run IS NULL;`,
  ],
};
