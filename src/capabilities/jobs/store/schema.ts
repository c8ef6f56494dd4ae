/** Jobs' part of the state. */
import type { Schema } from '#kernel/state';

export const jobsSchema: Schema = {
  part: 'jobs',
  steps: [
    `CREATE TABLE jobs_job (
       scope TEXT NOT NULL, name TEXT NOT NULL, created_ms INTEGER NOT NULL, modified_ms INTEGER NOT NULL,
       definition TEXT NOT NULL, PRIMARY KEY (scope, name)) STRICT, WITHOUT ROWID;
     CREATE TABLE jobs_run (
       sequence INTEGER PRIMARY KEY AUTOINCREMENT, scope TEXT NOT NULL, job TEXT NOT NULL, id TEXT NOT NULL,
       attempt INTEGER NOT NULL, state TEXT NOT NULL, arguments TEXT NOT NULL, timeout_minutes INTEGER NOT NULL,
       started_ms INTEGER NOT NULL, modified_ms INTEGER NOT NULL, completed_ms INTEGER, error_message TEXT,
       previous_run_id TEXT, trigger_name TEXT, workflow_run_id TEXT, predecessors TEXT NOT NULL,
       recorded TEXT NOT NULL, UNIQUE (scope, job, id)) STRICT;
     CREATE INDEX jobs_run_by_state ON jobs_run (state, scope, job);
     CREATE INDEX jobs_run_by_workflow ON jobs_run (workflow_run_id) WHERE workflow_run_id IS NOT NULL;
     CREATE TABLE jobs_bookmark (
       scope TEXT NOT NULL, job TEXT NOT NULL, version INTEGER NOT NULL, run INTEGER NOT NULL, run_id TEXT NOT NULL,
       attempt INTEGER NOT NULL, previous_run_id TEXT, document TEXT NOT NULL,
       PRIMARY KEY (scope, job)) STRICT, WITHOUT ROWID;
     CREATE TABLE jobs_output (
       run_id TEXT PRIMARY KEY, first_file TEXT, replaced TEXT NOT NULL, is_last INTEGER NOT NULL,
       bookmark TEXT) STRICT, WITHOUT ROWID;
     CREATE TABLE jobs_trigger (
       scope TEXT NOT NULL, name TEXT NOT NULL, workflow TEXT, type TEXT NOT NULL, state TEXT NOT NULL,
       definition TEXT NOT NULL, PRIMARY KEY (scope, name)) STRICT, WITHOUT ROWID;
     CREATE TABLE jobs_outcome (
       scope TEXT NOT NULL, trigger_name TEXT NOT NULL, workflow_run_id TEXT NOT NULL, condition INTEGER NOT NULL,
       run_id TEXT NOT NULL, PRIMARY KEY (scope, trigger_name, workflow_run_id, condition)) STRICT, WITHOUT ROWID;
     CREATE TABLE jobs_crawl (
       scope TEXT NOT NULL, crawler TEXT NOT NULL, trigger_name TEXT NOT NULL, workflow_run_id TEXT NOT NULL,
       state TEXT NOT NULL, started_ms INTEGER NOT NULL, completed_ms INTEGER, error_message TEXT,
       PRIMARY KEY (scope, crawler, trigger_name, workflow_run_id)) STRICT, WITHOUT ROWID;
     CREATE TABLE jobs_notice (
       sequence INTEGER PRIMARY KEY AUTOINCREMENT, scope TEXT NOT NULL, trigger_name TEXT NOT NULL,
       event_id TEXT NOT NULL, received_ms INTEGER NOT NULL) STRICT;
     CREATE TABLE jobs_workflow (
       scope TEXT NOT NULL, name TEXT NOT NULL, created_ms INTEGER NOT NULL, modified_ms INTEGER NOT NULL,
       description TEXT, max_concurrent_runs INTEGER, properties TEXT NOT NULL,
       PRIMARY KEY (scope, name)) STRICT, WITHOUT ROWID;
     CREATE TABLE jobs_workflow_run (
       sequence INTEGER PRIMARY KEY AUTOINCREMENT, scope TEXT NOT NULL, workflow TEXT NOT NULL, id TEXT NOT NULL UNIQUE,
       state TEXT NOT NULL, properties TEXT NOT NULL, started_ms INTEGER NOT NULL, completed_ms INTEGER,
       error_message TEXT, previous_run_id TEXT, fired TEXT NOT NULL, errored_actions INTEGER NOT NULL) STRICT;
     CREATE INDEX jobs_workflow_run_by_name ON jobs_workflow_run (scope, workflow, sequence);`,
    `CREATE TABLE jobs_application (
       id INTEGER PRIMARY KEY, scope TEXT NOT NULL, source TEXT NOT NULL, source_id TEXT, name TEXT,
       has_ended INTEGER NOT NULL, is_listed INTEGER NOT NULL, document TEXT NOT NULL) STRICT;
     CREATE INDEX jobs_application_open ON jobs_application (id) WHERE has_ended = 0;
     CREATE INDEX jobs_application_by_name ON jobs_application (name) WHERE is_listed = 1;
     CREATE INDEX jobs_application_by_source ON jobs_application (source, source_id) WHERE source_id IS NOT NULL;
     CREATE TABLE jobs_session (id INTEGER PRIMARY KEY, has_ended INTEGER NOT NULL, document TEXT NOT NULL) STRICT;
     CREATE TABLE jobs_cluster (
       sequence INTEGER PRIMARY KEY AUTOINCREMENT, scope TEXT NOT NULL, id TEXT NOT NULL UNIQUE,
       has_ended INTEGER NOT NULL, document TEXT NOT NULL) STRICT;
     CREATE INDEX jobs_cluster_by_scope ON jobs_cluster (scope, sequence);
     CREATE TABLE jobs_step (
       sequence INTEGER PRIMARY KEY AUTOINCREMENT, cluster TEXT NOT NULL, id TEXT NOT NULL UNIQUE,
       state TEXT NOT NULL, document TEXT NOT NULL) STRICT;
     CREATE INDEX jobs_step_by_cluster ON jobs_step (cluster, sequence);
     CREATE TABLE jobs_security_configuration (
       scope TEXT NOT NULL, name TEXT NOT NULL, created_ms INTEGER NOT NULL, document TEXT NOT NULL,
       PRIMARY KEY (scope, name)) STRICT, WITHOUT ROWID;`,
  ],
};
