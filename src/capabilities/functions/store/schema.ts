import type { Schema } from '#kernel/state';

/** Versions share the rows of archives by `code_id`; a part is what hangs on a function by a qualifier (alias, policy …). */
export const functionsSchema: Schema = {
  part: 'functions',
  steps: [
    `CREATE TABLE functions_function (
       scope TEXT NOT NULL, name TEXT NOT NULL, last_version INTEGER NOT NULL, reserved INTEGER, tags TEXT NOT NULL,
       PRIMARY KEY (scope, name)) STRICT, WITHOUT ROWID;
     CREATE TABLE functions_version (
       scope TEXT NOT NULL, name TEXT NOT NULL, version TEXT NOT NULL, number INTEGER NOT NULL, code_id TEXT NOT NULL,
       document TEXT NOT NULL, PRIMARY KEY (scope, name, version),
       FOREIGN KEY (scope, name) REFERENCES functions_function ON DELETE CASCADE) STRICT;
     CREATE INDEX functions_version_by_code ON functions_version (code_id);
     CREATE TABLE functions_part (
       scope TEXT NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL, qualifier TEXT NOT NULL, document TEXT NOT NULL,
       PRIMARY KEY (scope, name, kind, qualifier),
       FOREIGN KEY (scope, name) REFERENCES functions_function ON DELETE CASCADE) STRICT, WITHOUT ROWID;
     CREATE TABLE functions_url (
       id TEXT PRIMARY KEY, scope TEXT NOT NULL, name TEXT NOT NULL, qualifier TEXT NOT NULL, document TEXT NOT NULL,
       UNIQUE (scope, name, qualifier),
       FOREIGN KEY (scope, name) REFERENCES functions_function ON DELETE CASCADE) STRICT, WITHOUT ROWID;
     CREATE TABLE functions_layer (
       scope TEXT NOT NULL, name TEXT NOT NULL, last_version INTEGER NOT NULL, PRIMARY KEY (scope, name)) STRICT, WITHOUT ROWID;
     CREATE TABLE functions_layer_version (
       scope TEXT NOT NULL, name TEXT NOT NULL, version INTEGER NOT NULL, code_id TEXT NOT NULL, document TEXT NOT NULL,
       PRIMARY KEY (scope, name, version)) STRICT, WITHOUT ROWID;
     CREATE INDEX functions_layer_version_by_code ON functions_layer_version (code_id);
     CREATE TABLE functions_mapping (
       uuid TEXT PRIMARY KEY, scope TEXT NOT NULL, document TEXT NOT NULL) STRICT, WITHOUT ROWID;`,
  ],
};
