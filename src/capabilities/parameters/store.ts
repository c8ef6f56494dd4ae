import type { Db, Schema, State, Transaction } from '#kernel/state';
import { parameterAbsent } from './errors.ts';
import type { ParameterTier, ParameterType, ParameterVersion } from './parameter.ts';

export const parametersSchema: Schema = {
  part: 'parameters',
  steps: [
    `CREATE TABLE parameters_parameter (
       scope TEXT NOT NULL, name TEXT NOT NULL, version INTEGER NOT NULL, tags TEXT NOT NULL,
       PRIMARY KEY (scope, name)) STRICT, WITHOUT ROWID;
     CREATE TABLE parameters_version (
       scope TEXT NOT NULL, name TEXT NOT NULL, version INTEGER NOT NULL, type TEXT NOT NULL, tier TEXT NOT NULL,
       data_type TEXT NOT NULL, stored_value TEXT NOT NULL, modified_ms INTEGER NOT NULL, modified_by TEXT NOT NULL,
       labels TEXT NOT NULL, description TEXT, key_id TEXT, allowed_pattern TEXT,
       PRIMARY KEY (scope, name, version),
       FOREIGN KEY (scope, name) REFERENCES parameters_parameter ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED) STRICT;`,
  ],
};

interface VersionRow {
  name: string;
  version: number;
  type: ParameterType;
  tier: ParameterTier;
  data_type: string;
  stored_value: string;
  modified_ms: number;
  modified_by: string;
  labels: string;
  description: string | null;
  key_id: string | null;
  allowed_pattern: string | null;
}

type Tags = Readonly<Record<string, string>>;

const latestOf = `SELECT v.*, p.tags FROM parameters_parameter p
  JOIN parameters_version v ON v.scope = p.scope AND v.name = p.name AND v.version = p.version`;

export class ParameterStore {
  readonly #state: State;

  constructor(state: State) {
    this.#state = state;
  }

  /** Every parameter's latest version with its tags, in order of the names. */
  listLatest(scope: string): { parameter: ParameterVersion; tags: Tags }[] {
    const rows = this.#state.reader
      .prepare<VersionRow & { tags: string }>(`${latestOf} WHERE p.scope = ? ORDER BY p.name`)
      .all(scope);
    return rows.map((row) => ({ parameter: versionOf(row), tags: JSON.parse(row.tags) as Tags }));
  }

  findLatest(scope: string, name: string): ParameterVersion | undefined {
    return findLatest(this.#state.reader, scope, name);
  }

  /** Versions in rising order; empty when there is no such parameter. */
  listVersions(scope: string, name: string): ParameterVersion[] {
    return listVersions(this.#state.reader, scope, name);
  }

  getTags(scope: string, name: string): Tags {
    return getTags(this.#state.reader, scope, name);
  }

  /**
   * Adds the version that `next` makes out of the latest one, and drops the version that `drops` names.
   * @param tags set on creation
   * @param alongside what is written with the change, as for the next ones
   */
  addVersion(
    scope: string,
    name: string,
    next: (
      latest: ParameterVersion | undefined,
      all: readonly ParameterVersion[],
    ) => {
      version: ParameterVersion;
      drops?: number;
    },
    tags: Tags | undefined,
    alongside: (db: Transaction, version: ParameterVersion) => void,
  ): Promise<ParameterVersion> {
    return this.#state.write((db) => {
      const { version, drops } = next(findLatest(db, scope, name), listVersions(db, scope, name));
      db.prepare(
        `INSERT INTO parameters_parameter (scope, name, version, tags) VALUES (?, ?, ?, ?)
         ON CONFLICT (scope, name) DO UPDATE SET version = excluded.version`,
      ).run(scope, name, version.version, JSON.stringify(tags ?? {}));
      insertVersion(db, scope, version);
      if (drops !== undefined) {
        db.prepare('DELETE FROM parameters_version WHERE scope = ? AND name = ? AND version = ?').run(
          scope,
          name,
          drops,
        );
      }
      alongside(db, version);
      return version;
    });
  }

  /** Deletes what there is of these. @returns the names that were there */
  deleteParameters(
    scope: string,
    names: readonly string[],
    alongside: (db: Transaction, deleted: ParameterVersion) => void,
  ): Promise<string[]> {
    return this.#state.write((db) => {
      const statement = db.prepare('DELETE FROM parameters_parameter WHERE scope = ? AND name = ?');
      return names.filter((name) => {
        const parameter = findLatest(db, scope, name);
        if (parameter === undefined) return false;
        statement.run(scope, name);
        alongside(db, parameter);
        return true;
      });
    });
  }

  /** Replaces the labels of versions by what `change` makes of them. */
  changeLabels<T>(
    scope: string,
    name: string,
    change: (versions: readonly ParameterVersion[]) => { labels: ReadonlyMap<number, readonly string[]>; result: T },
    alongside?: (db: Transaction, result: T) => void,
  ): Promise<T> {
    return this.#state.write((db) => {
      const versions = listVersions(db, scope, name);
      if (versions.length === 0) throw parameterAbsent(name);
      const { labels, result } = change(versions);
      const statement = db.prepare(
        'UPDATE parameters_version SET labels = ? WHERE scope = ? AND name = ? AND version = ?',
      );
      for (const [version, list] of labels) statement.run(JSON.stringify(list), scope, name, version);
      alongside?.(db, result);
      return result;
    });
  }

  changeTags(scope: string, name: string, change: (tags: Tags) => Tags): Promise<void> {
    return this.#state.write((db) => {
      const tags = change(getTags(db, scope, name));
      db.prepare('UPDATE parameters_parameter SET tags = ? WHERE scope = ? AND name = ?').run(
        JSON.stringify(tags),
        scope,
        name,
      );
    });
  }
}

function findLatest(db: Db, scope: string, name: string): ParameterVersion | undefined {
  const row = db.prepare<VersionRow>(`${latestOf} WHERE p.scope = ? AND p.name = ?`).get(scope, name);
  return row === undefined ? undefined : versionOf(row);
}

function listVersions(db: Db, scope: string, name: string): ParameterVersion[] {
  return db
    .prepare<VersionRow>('SELECT * FROM parameters_version WHERE scope = ? AND name = ? ORDER BY version')
    .all(scope, name)
    .map(versionOf);
}

function getTags(db: Db, scope: string, name: string): Tags {
  const row = db
    .prepare<{ tags: string }>('SELECT tags FROM parameters_parameter WHERE scope = ? AND name = ?')
    .get(scope, name);
  if (row === undefined) throw parameterAbsent(name);
  return JSON.parse(row.tags) as Tags;
}

function insertVersion(db: Db, scope: string, version: ParameterVersion): void {
  db.prepare(
    `INSERT INTO parameters_version (scope, name, version, type, tier, data_type, stored_value, modified_ms,
       modified_by, labels, description, key_id, allowed_pattern) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  ).run(
    scope,
    version.name,
    version.version,
    version.type,
    version.tier,
    version.dataType,
    version.storedValue,
    version.modifiedMs,
    version.modifiedBy,
    JSON.stringify(version.labels),
    version.description ?? null,
    version.keyId ?? null,
    version.allowedPattern ?? null,
  );
}

function versionOf(row: VersionRow): ParameterVersion {
  return {
    name: row.name,
    version: row.version,
    type: row.type,
    tier: row.tier,
    dataType: row.data_type,
    storedValue: row.stored_value,
    modifiedMs: row.modified_ms,
    modifiedBy: row.modified_by,
    labels: JSON.parse(row.labels) as string[],
    ...(row.description !== null && { description: row.description }),
    ...(row.key_id !== null && { keyId: row.key_id }),
    ...(row.allowed_pattern !== null && { allowedPattern: row.allowed_pattern }),
  };
}
