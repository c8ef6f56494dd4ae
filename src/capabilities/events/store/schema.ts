/** The events capability's part of the state. */
import type { Schema } from '#kernel/state';

export const eventsSchema: Schema = {
  part: 'events',
  steps: [
    `CREATE TABLE events_rule (
       scope TEXT NOT NULL, name TEXT NOT NULL, state TEXT NOT NULL, pattern TEXT, schedule TEXT, description TEXT,
       role_arn TEXT, tags TEXT NOT NULL, PRIMARY KEY (scope, name)) STRICT, WITHOUT ROWID;
     CREATE TABLE events_target (
       scope TEXT NOT NULL, rule TEXT NOT NULL, id TEXT NOT NULL, arn TEXT NOT NULL, definition TEXT NOT NULL,
       PRIMARY KEY (scope, rule, id)) STRICT, WITHOUT ROWID;
     CREATE INDEX events_target_by_arn ON events_target (scope, arn);`,
    `CREATE TABLE events_bus (
       scope TEXT NOT NULL, name TEXT NOT NULL, definition TEXT NOT NULL, tags TEXT NOT NULL,
       PRIMARY KEY (scope, name)) STRICT, WITHOUT ROWID;

     ALTER TABLE events_rule RENAME TO events_rule_before;
     ALTER TABLE events_target RENAME TO events_target_before;
     DROP INDEX events_target_by_arn;
     CREATE TABLE events_rule (
       scope TEXT NOT NULL, bus TEXT NOT NULL, name TEXT NOT NULL, state TEXT NOT NULL, pattern TEXT, schedule TEXT,
       description TEXT, role_arn TEXT, tags TEXT NOT NULL, PRIMARY KEY (scope, bus, name)) STRICT, WITHOUT ROWID;
     CREATE TABLE events_target (
       scope TEXT NOT NULL, bus TEXT NOT NULL, rule TEXT NOT NULL, id TEXT NOT NULL, arn TEXT NOT NULL,
       definition TEXT NOT NULL, PRIMARY KEY (scope, bus, rule, id)) STRICT, WITHOUT ROWID;
     CREATE INDEX events_target_by_arn ON events_target (scope, bus, arn);
     INSERT INTO events_rule SELECT scope, 'default', name, state, pattern, schedule, description, role_arn, tags
       FROM events_rule_before;
     INSERT INTO events_target SELECT scope, 'default', rule, id, arn, definition FROM events_target_before;
     DROP TABLE events_rule_before;
     DROP TABLE events_target_before;

     CREATE TABLE events_connection (
       scope TEXT NOT NULL, name TEXT NOT NULL, definition TEXT NOT NULL, sealed_secrets TEXT NOT NULL,
       PRIMARY KEY (scope, name)) STRICT, WITHOUT ROWID;
     CREATE TABLE events_api_destination (
       scope TEXT NOT NULL, name TEXT NOT NULL, connection_arn TEXT NOT NULL, definition TEXT NOT NULL,
       PRIMARY KEY (scope, name)) STRICT, WITHOUT ROWID;

     CREATE TABLE events_schedule_group (
       scope TEXT NOT NULL, name TEXT NOT NULL, created_ms INTEGER NOT NULL, modified_ms INTEGER NOT NULL,
       tags TEXT NOT NULL, PRIMARY KEY (scope, name)) STRICT, WITHOUT ROWID;
     CREATE TABLE events_schedule (
       scope TEXT NOT NULL, group_name TEXT NOT NULL, name TEXT NOT NULL, state TEXT NOT NULL,
       next_ms INTEGER, definition TEXT NOT NULL, PRIMARY KEY (scope, group_name, name)) STRICT, WITHOUT ROWID;
     CREATE INDEX events_schedule_by_next ON events_schedule (next_ms) WHERE next_ms IS NOT NULL;`,
    `CREATE TABLE events_archive (
       id INTEGER PRIMARY KEY AUTOINCREMENT, scope TEXT NOT NULL, name TEXT NOT NULL, bus TEXT NOT NULL,
       definition TEXT NOT NULL, UNIQUE (scope, name)) STRICT;
     CREATE TABLE events_archived (
       id INTEGER PRIMARY KEY AUTOINCREMENT, archive INTEGER NOT NULL, time_ms INTEGER NOT NULL,
       taken_ms INTEGER NOT NULL, size_bytes INTEGER NOT NULL, event TEXT NOT NULL) STRICT;
     CREATE INDEX events_archived_by_time ON events_archived (archive, time_ms, id);
     CREATE INDEX events_archived_by_age ON events_archived (archive, taken_ms, size_bytes);
     CREATE TABLE events_replay (
       scope TEXT NOT NULL, name TEXT NOT NULL, is_open INTEGER NOT NULL, started_ms INTEGER NOT NULL,
       archive INTEGER NOT NULL, after_time_ms INTEGER NOT NULL, after_id INTEGER NOT NULL, definition TEXT NOT NULL,
       PRIMARY KEY (scope, name)) STRICT, WITHOUT ROWID;
     CREATE INDEX events_replay_open ON events_replay (scope, name) WHERE is_open = 1;`,
    `ALTER TABLE events_rule ADD COLUMN scheduled_ms INTEGER;`,
  ],
};
