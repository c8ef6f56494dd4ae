import type { Schema } from '#kernel/state';

export const querySchema: Schema = {
  part: 'query',
  steps: [
    `CREATE TABLE query_execution (
       scope TEXT NOT NULL, id TEXT NOT NULL, work_group TEXT NOT NULL, submitted_ms INTEGER NOT NULL, state TEXT NOT NULL,
       record TEXT NOT NULL, PRIMARY KEY (scope, id)) STRICT;
     CREATE INDEX query_execution_newest ON query_execution (scope, work_group, submitted_ms DESC, id);
     CREATE INDEX query_execution_open ON query_execution (state) WHERE state IN ('QUEUED', 'RUNNING');
     CREATE INDEX query_execution_age ON query_execution (submitted_ms);
     CREATE TABLE query_token (
       scope TEXT NOT NULL, token TEXT NOT NULL, execution_id TEXT NOT NULL, fingerprint TEXT NOT NULL,
       created_ms INTEGER NOT NULL, PRIMARY KEY (scope, token)) STRICT, WITHOUT ROWID;
     CREATE TABLE query_reuse (
       scope TEXT NOT NULL, fingerprint TEXT NOT NULL, execution_id TEXT NOT NULL, completed_ms INTEGER NOT NULL,
       PRIMARY KEY (scope, fingerprint)) STRICT, WITHOUT ROWID;
     CREATE TABLE query_work_group (
       scope TEXT NOT NULL, name TEXT NOT NULL, record TEXT NOT NULL, PRIMARY KEY (scope, name)) STRICT, WITHOUT ROWID;
     CREATE TABLE query_named (
       scope TEXT NOT NULL, id TEXT NOT NULL, work_group TEXT NOT NULL, record TEXT NOT NULL,
       PRIMARY KEY (scope, id)) STRICT, WITHOUT ROWID;
     CREATE INDEX query_named_group ON query_named (scope, work_group, id);
     CREATE TABLE query_prepared (
       scope TEXT NOT NULL, work_group TEXT NOT NULL, name TEXT NOT NULL, record TEXT NOT NULL,
       PRIMARY KEY (scope, work_group, name)) STRICT, WITHOUT ROWID;
     CREATE TABLE query_catalog (
       scope TEXT NOT NULL, name TEXT NOT NULL, record TEXT NOT NULL, PRIMARY KEY (scope, name)) STRICT, WITHOUT ROWID;
     CREATE TABLE query_tag (
       scope TEXT NOT NULL, arn TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,
       PRIMARY KEY (scope, arn, key)) STRICT, WITHOUT ROWID;`,
  ],
};
