/** What the catalog keeps. Every table starts with the scope (`account/region`) or the row id of a table in it. */
import type { Schema } from '#kernel/state';

export const catalogSchema: Schema = {
  part: 'catalog',
  steps: [
    `CREATE TABLE catalog_database (
       scope TEXT NOT NULL, name TEXT NOT NULL, body TEXT NOT NULL,
       PRIMARY KEY (scope, name)) STRICT, WITHOUT ROWID;

     CREATE TABLE catalog_table (
       id INTEGER PRIMARY KEY, scope TEXT NOT NULL, "database" TEXT NOT NULL, name TEXT NOT NULL,
       version INTEGER NOT NULL, body TEXT NOT NULL,
       UNIQUE (scope, "database", name),
       FOREIGN KEY (scope, "database") REFERENCES catalog_database ON DELETE CASCADE) STRICT;

     CREATE TABLE catalog_table_version (
       table_id INTEGER NOT NULL REFERENCES catalog_table ON DELETE CASCADE, version INTEGER NOT NULL, body TEXT NOT NULL,
       PRIMARY KEY (table_id, version)) STRICT, WITHOUT ROWID;

     -- Columns, formats and SerDe repeat in nearly every partition of a table: kept once, by their digest.
     CREATE TABLE catalog_descriptor (
       id INTEGER PRIMARY KEY, table_id INTEGER NOT NULL REFERENCES catalog_table ON DELETE CASCADE,
       digest TEXT NOT NULL, body TEXT NOT NULL,
       UNIQUE (table_id, digest)) STRICT;

     -- "key" is the JSON list of the values; v0 to v3 are the first four, typed so that expressions use the index.
     CREATE TABLE catalog_partition (
       id INTEGER PRIMARY KEY, table_id INTEGER NOT NULL REFERENCES catalog_table ON DELETE CASCADE,
       "key" TEXT NOT NULL, v0 ANY, v1 ANY, v2 ANY, v3 ANY,
       created_ms INTEGER NOT NULL, location TEXT, descriptor INTEGER, body TEXT NOT NULL,
       UNIQUE (table_id, "key")) STRICT;
     CREATE INDEX catalog_partition_value ON catalog_partition (table_id, v0, v1, v2, v3);

     CREATE TABLE catalog_partition_index (
       table_id INTEGER NOT NULL REFERENCES catalog_table ON DELETE CASCADE, name TEXT NOT NULL, keys TEXT NOT NULL,
       PRIMARY KEY (table_id, name)) STRICT, WITHOUT ROWID;

     -- "partition" is the partition's key, or empty for the statistics of the whole table.
     CREATE TABLE catalog_statistics (
       table_id INTEGER NOT NULL REFERENCES catalog_table ON DELETE CASCADE, "partition" TEXT NOT NULL,
       column_name TEXT NOT NULL, body TEXT NOT NULL,
       PRIMARY KEY (table_id, "partition", column_name)) STRICT, WITHOUT ROWID;

     -- Connections, user-defined functions, settings and policies: small things that are looked up by name.
     CREATE TABLE catalog_record (
       scope TEXT NOT NULL, kind TEXT NOT NULL, parent TEXT NOT NULL, name TEXT NOT NULL, body TEXT NOT NULL,
       PRIMARY KEY (scope, kind, parent, name)) STRICT, WITHOUT ROWID;

     CREATE TABLE catalog_tag (
       arn TEXT NOT NULL, "key" TEXT NOT NULL, value TEXT NOT NULL,
       PRIMARY KEY (arn, "key")) STRICT, WITHOUT ROWID;`,
  ],
};
