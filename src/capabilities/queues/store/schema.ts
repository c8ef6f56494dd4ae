/** The tables of queues. */
import type { Schema } from '#kernel/state';

export const queuesSchema: Schema = {
  part: 'queues',
  steps: [
    `CREATE TABLE queues_queue (
       id INTEGER PRIMARY KEY AUTOINCREMENT, scope TEXT NOT NULL, name TEXT NOT NULL, created_ms INTEGER NOT NULL,
       modified_ms INTEGER NOT NULL, attributes TEXT NOT NULL, tags TEXT NOT NULL, UNIQUE (scope, name)) STRICT;
     CREATE TABLE queues_message (
       seq INTEGER PRIMARY KEY AUTOINCREMENT, queue INTEGER NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL,
       body_md5 TEXT NOT NULL, attributes TEXT, trace_header TEXT, sender_id TEXT NOT NULL, sent_ms INTEGER NOT NULL,
       visible_ms INTEGER NOT NULL, receives INTEGER NOT NULL, receives_here INTEGER NOT NULL,
       first_received_ms INTEGER, receipt TEXT, group_id TEXT, deduplication_id TEXT, source_arn TEXT) STRICT;
     CREATE INDEX queues_message_by_visible ON queues_message (queue, visible_ms, seq);
     CREATE INDEX queues_message_by_sent ON queues_message (queue, sent_ms);
     CREATE INDEX queues_message_in_flight ON queues_message (queue, visible_ms) WHERE receipt IS NOT NULL;
     CREATE INDEX queues_message_by_group ON queues_message (queue, group_id, seq) WHERE group_id IS NOT NULL;
     CREATE INDEX queues_message_group_in_flight ON queues_message (queue, group_id, visible_ms)
       WHERE group_id IS NOT NULL AND receipt IS NOT NULL;
     CREATE TABLE queues_group (
       queue INTEGER NOT NULL, name TEXT NOT NULL, ready_ms INTEGER NOT NULL, head_seq INTEGER NOT NULL,
       PRIMARY KEY (queue, name)) STRICT, WITHOUT ROWID;
     CREATE INDEX queues_group_by_ready ON queues_group (queue, ready_ms, head_seq);
     CREATE TABLE queues_duplicate (
       queue INTEGER NOT NULL, key TEXT NOT NULL, expires_ms INTEGER NOT NULL, message_id TEXT NOT NULL,
       seq INTEGER NOT NULL, PRIMARY KEY (queue, key)) STRICT, WITHOUT ROWID;
     CREATE INDEX queues_duplicate_by_expiry ON queues_duplicate (queue, expires_ms);
     CREATE TABLE queues_attempt (
       queue INTEGER NOT NULL, id TEXT NOT NULL, expires_ms INTEGER NOT NULL, receipts TEXT NOT NULL,
       PRIMARY KEY (queue, id)) STRICT, WITHOUT ROWID;
     CREATE TABLE queues_move (
       id TEXT PRIMARY KEY, source_arn TEXT NOT NULL, destination_arn TEXT, rate INTEGER, status TEXT NOT NULL, moved INTEGER NOT NULL, to_move INTEGER NOT NULL,
       started_ms INTEGER NOT NULL, failure TEXT) STRICT;
     CREATE INDEX queues_move_by_source ON queues_move (source_arn, started_ms);`,
  ],
};
