/** The tables of topics. */
import type { Schema } from '#kernel/state';

export const topicsSchema: Schema = {
  part: 'topics',
  steps: [
    `CREATE TABLE topics_topic (
       scope TEXT NOT NULL, name TEXT NOT NULL, created_ms INTEGER NOT NULL, attributes TEXT NOT NULL,
       tags TEXT NOT NULL, sequence INTEGER NOT NULL, PRIMARY KEY (scope, name)) STRICT, WITHOUT ROWID;
     CREATE TABLE topics_subscription (
       id TEXT PRIMARY KEY, scope TEXT NOT NULL, topic TEXT NOT NULL, protocol TEXT NOT NULL, endpoint TEXT NOT NULL,
       owner TEXT NOT NULL, attributes TEXT NOT NULL, token TEXT, ends_signed INTEGER NOT NULL,
       created_ms INTEGER NOT NULL, UNIQUE (scope, topic, protocol, endpoint)) STRICT, WITHOUT ROWID;
     CREATE INDEX topics_subscription_by_topic ON topics_subscription (scope, topic, id);
     CREATE INDEX topics_subscription_by_token ON topics_subscription (token) WHERE token IS NOT NULL;
     CREATE INDEX topics_subscription_pending ON topics_subscription (created_ms) WHERE token IS NOT NULL;
     CREATE TABLE topics_ended (token TEXT PRIMARY KEY, ended_ms INTEGER NOT NULL, subscription TEXT NOT NULL) STRICT;
     CREATE TABLE topics_duplicate (
       scope TEXT NOT NULL, topic TEXT NOT NULL, key TEXT NOT NULL, expires_ms INTEGER NOT NULL,
       message_id TEXT NOT NULL, sequence INTEGER NOT NULL, PRIMARY KEY (scope, topic, key)) STRICT, WITHOUT ROWID;
     CREATE INDEX topics_duplicate_by_expiry ON topics_duplicate (expires_ms);
     CREATE TABLE topics_signing_key (id INTEGER PRIMARY KEY, private_key TEXT NOT NULL, certificate TEXT NOT NULL) STRICT;`,
  ],
};
