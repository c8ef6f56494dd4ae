/** The lake's part of the state. SQLite compares TEXT by its UTF-8 bytes, which is the order of S3's keys. */
import type { Schema } from '#kernel/state';

export const lakeSchema: Schema = {
  part: 'lake',
  steps: [
    `
    CREATE TABLE lake_bucket (
      name TEXT PRIMARY KEY,
      account_id TEXT NOT NULL,
      region TEXT NOT NULL,
      created_ms INTEGER NOT NULL,
      versioning TEXT
    ) STRICT;

    CREATE TABLE lake_configuration (
      bucket TEXT NOT NULL,
      kind TEXT NOT NULL,
      document TEXT NOT NULL,
      PRIMARY KEY (bucket, kind)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE lake_object (
      id INTEGER PRIMARY KEY,
      bucket TEXT NOT NULL,
      key TEXT NOT NULL,
      version_id TEXT NOT NULL,
      sequence INTEGER NOT NULL,
      is_marker INTEGER NOT NULL,
      is_archived INTEGER NOT NULL,
      etag TEXT NOT NULL,
      size_bytes INTEGER NOT NULL,
      modified_ms REAL NOT NULL,
      file_mtime_ms REAL NOT NULL,
      file_inode REAL NOT NULL,
      attributes TEXT NOT NULL
    ) STRICT;
    CREATE INDEX lake_object_key ON lake_object (bucket, key, sequence);

    CREATE TABLE lake_upload (
      id TEXT PRIMARY KEY,
      bucket TEXT NOT NULL,
      key TEXT NOT NULL,
      initiated_ms INTEGER NOT NULL,
      attributes TEXT NOT NULL,
      checksum_algorithm TEXT,
      checksum_type TEXT
    ) STRICT;
    CREATE INDEX lake_upload_key ON lake_upload (bucket, key, id);

    CREATE TABLE lake_part (
      upload_id TEXT NOT NULL,
      number INTEGER NOT NULL,
      file_id INTEGER NOT NULL,
      etag TEXT NOT NULL,
      size_bytes INTEGER NOT NULL,
      modified_ms INTEGER NOT NULL,
      checksums TEXT NOT NULL,
      PRIMARY KEY (upload_id, number)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE lake_journal (
      id INTEGER PRIMARY KEY,
      entry TEXT NOT NULL
    ) STRICT;
    `,
  ],
};
