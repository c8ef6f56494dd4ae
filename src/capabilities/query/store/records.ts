/** Work groups, named queries, prepared statements, data catalogs and tags in the state. */
import type { Db, State } from '#kernel/state';
import type { DataCatalog, NamedQuery, PreparedStatement } from '../record.ts';
import type { WorkGroup } from '../work-group.ts';

interface Row {
  readonly record: string;
}

export class RecordStore {
  readonly #state: State;

  constructor(state: State) {
    this.#state = state;
  }

  /** Runs `change` with everything it reads and writes in one. */
  write<T>(change: (records: RecordAccess) => T): Promise<T> {
    return this.#state.write((db) => change(new RecordAccess(db)));
  }

  get read(): RecordAccess {
    return new RecordAccess(this.#state.reader);
  }
}

export class RecordAccess {
  readonly #db: Db;

  constructor(db: Db) {
    this.#db = db;
  }

  findWorkGroup(scope: string, name: string): WorkGroup | undefined {
    return this.#one('SELECT record FROM query_work_group WHERE scope = ? AND name = ?', scope, name);
  }

  listWorkGroups(scope: string, after: string, limit: number): WorkGroup[] {
    return this.#all(
      'SELECT record FROM query_work_group WHERE scope = ? AND name > ? ORDER BY name LIMIT ?',
      scope,
      after,
      limit,
    );
  }

  putWorkGroup(scope: string, group: WorkGroup): void {
    this.#run('INSERT OR REPLACE INTO query_work_group VALUES (?, ?, ?)', scope, group.name, JSON.stringify(group));
  }

  deleteWorkGroup(scope: string, name: string): void {
    this.#run('DELETE FROM query_work_group WHERE scope = ? AND name = ?', scope, name);
    this.#run('DELETE FROM query_named WHERE scope = ? AND work_group = ?', scope, name);
    this.#run('DELETE FROM query_prepared WHERE scope = ? AND work_group = ?', scope, name);
  }

  findNamedQuery(scope: string, id: string): NamedQuery | undefined {
    return this.#one('SELECT record FROM query_named WHERE scope = ? AND id = ?', scope, id);
  }

  listNamedQueries(scope: string, workGroup: string, after: string, limit: number): NamedQuery[] {
    return this.#all(
      'SELECT record FROM query_named WHERE scope = ? AND work_group = ? AND id > ? ORDER BY id LIMIT ?',
      scope,
      workGroup,
      after,
      limit,
    );
  }

  putNamedQuery(scope: string, query: NamedQuery): void {
    this.#run(
      'INSERT OR REPLACE INTO query_named VALUES (?, ?, ?, ?)',
      scope,
      query.id,
      query.workGroup,
      JSON.stringify(query),
    );
  }

  deleteNamedQuery(scope: string, id: string): void {
    this.#run('DELETE FROM query_named WHERE scope = ? AND id = ?', scope, id);
  }

  findPrepared(scope: string, workGroup: string, name: string): PreparedStatement | undefined {
    return this.#one(
      'SELECT record FROM query_prepared WHERE scope = ? AND work_group = ? AND name = ?',
      scope,
      workGroup,
      name,
    );
  }

  listPrepared(scope: string, workGroup: string, after: string, limit: number): PreparedStatement[] {
    return this.#all(
      'SELECT record FROM query_prepared WHERE scope = ? AND work_group = ? AND name > ? ORDER BY name LIMIT ?',
      scope,
      workGroup,
      after,
      limit,
    );
  }

  putPrepared(scope: string, statement: PreparedStatement): void {
    this.#run(
      'INSERT OR REPLACE INTO query_prepared VALUES (?, ?, ?, ?)',
      scope,
      statement.workGroup,
      statement.name,
      JSON.stringify(statement),
    );
  }

  deletePrepared(scope: string, workGroup: string, name: string): void {
    this.#run('DELETE FROM query_prepared WHERE scope = ? AND work_group = ? AND name = ?', scope, workGroup, name);
  }

  findCatalog(scope: string, name: string): DataCatalog | undefined {
    return this.#one('SELECT record FROM query_catalog WHERE scope = ? AND name = ?', scope, name);
  }

  listCatalogs(scope: string): DataCatalog[] {
    return this.#all('SELECT record FROM query_catalog WHERE scope = ? ORDER BY name', scope);
  }

  putCatalog(scope: string, catalog: DataCatalog): void {
    this.#run('INSERT OR REPLACE INTO query_catalog VALUES (?, ?, ?)', scope, catalog.name, JSON.stringify(catalog));
  }

  deleteCatalog(scope: string, name: string): void {
    this.#run('DELETE FROM query_catalog WHERE scope = ? AND name = ?', scope, name);
  }

  listTags(scope: string, arn: string): { key: string; value: string }[] {
    return this.#db
      .prepare<{ key: string; value: string }>(
        'SELECT key, value FROM query_tag WHERE scope = ? AND arn = ? ORDER BY key',
      )
      .all(scope, arn);
  }

  putTag(scope: string, arn: string, key: string, value: string): void {
    this.#run('INSERT OR REPLACE INTO query_tag VALUES (?, ?, ?, ?)', scope, arn, key, value);
  }

  deleteTag(scope: string, arn: string, key: string): void {
    this.#run('DELETE FROM query_tag WHERE scope = ? AND arn = ? AND key = ?', scope, arn, key);
  }

  deleteTags(scope: string, arn: string): void {
    this.#run('DELETE FROM query_tag WHERE scope = ? AND arn = ?', scope, arn);
  }

  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- says what the record's JSON holds
  #one<T>(sql: string, ...parameters: string[]): T | undefined {
    const row = this.#db.prepare<Row>(sql).get(...parameters);
    return row && (JSON.parse(row.record) as T);
  }

  #all<T>(sql: string, ...parameters: (string | number)[]): T[] {
    return this.#db
      .prepare<Row>(sql)
      .all(...parameters)
      .map((row) => JSON.parse(row.record) as T);
  }

  #run(sql: string, ...parameters: string[]): void {
    this.#db.prepare(sql).run(...parameters);
  }
}
