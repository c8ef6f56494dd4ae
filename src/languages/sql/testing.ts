/** For the tests of this folder: a small catalog, and an engine that runs what a translation gives. */
import { DuckDBInstance } from '@duckdb/node-api';
import {
  duckdbPrelude,
  duckdbSettings,
  type CatalogRelation,
  parseStatement,
  type RelationName,
  translateQuery,
  type Translation,
  type TranslateOptions,
  type SqlType,
  parseType,
} from './index.ts';

export interface TestTable {
  /** `name type` pairs in Trino's spelling. */
  readonly columns: Readonly<Record<string, string>>;
  readonly keys?: Readonly<Record<string, string>>;
  /** DuckDB's query for the content; `"$path"` included where it is read. */
  readonly rows: string;
}

export type TestCatalog = Readonly<Record<string, TestTable | { readonly view: string }>>;

const columnsOf = (types: Readonly<Record<string, string>>): { name: string; type: SqlType }[] =>
  Object.entries(types).map(([name, type]) => ({ name, type: parseType(type) }));

export function translate(sql: string, tables: TestCatalog = {}, options: Partial<TranslateOptions> = {}): Translation {
  const statement = parseStatement(sql);
  if (statement.kind !== 'query') throw new Error(`${statement.kind} is no query`);
  const findRelation = (name: RelationName): CatalogRelation | undefined => {
    const found = tables[name.database === 'default' ? name.table : `${name.database}.${name.table}`];
    if (found === undefined) return undefined;
    if ('view' in found)
      return { kind: 'view', sql: found.view, defaults: { catalog: 'awsdatacatalog', database: 'default' } };
    return {
      kind: 'table',
      columns: columnsOf(found.columns),
      partitionKeys: columnsOf(found.keys ?? {}),
      handle: found,
    };
  };
  return translateQuery(statement.query, {
    catalog: { findRelation },
    defaults: { catalog: 'awsdatacatalog', database: 'default' },
    now: new Date('2026-01-02T03:04:05.678Z'),
    user: 'analyst',
    ...options,
  });
}

/** DuckDB with the prelude, in this process; `close` it. */
export class TestEngine {
  readonly #instance: DuckDBInstance;

  private constructor(instance: DuckDBInstance) {
    this.#instance = instance;
  }

  static async start(): Promise<TestEngine> {
    const engine = new TestEngine(await DuckDBInstance.create(':memory:'));
    await engine.execute([
      ...Object.entries(duckdbSettings).map(([name, value]) => `SET ${name} = '${value}'`),
      ...duckdbPrelude,
    ]);
    return engine;
  }

  async execute(statements: readonly string[]): Promise<void> {
    const connection = await this.#instance.connect();
    for (const statement of statements) await connection.run(statement);
    connection.closeSync();
  }

  /** The rows of a Trino query as JSON values; bigints and decimals as text. */
  async rows(sql: string, tables: TestCatalog = {}, options: Partial<TranslateOptions> = {}): Promise<unknown[][]> {
    const translation = translate(sql, tables, options);
    const connection = await this.#instance.connect();
    try {
      for (const scan of translation.scans) {
        // What is not said to be used is not there, as in the real engine.
        const cells = scan.columnsUsed.map((name) => `"${name}"`);
        if (scan.usesPath) cells.push('"$path"');
        await connection.run(
          `CREATE OR REPLACE TEMP VIEW ${scan.alias} AS SELECT ${cells.join(', ') || '1 AS "$none"'} FROM (${(scan.handle as TestTable).rows})`,
        );
      }
      const reader = await connection.runAndReadAll(translation.sql);
      return reader.getRowsJson();
    } finally {
      connection.closeSync();
    }
  }

  close(): void {
    this.#instance.closeSync();
  }
}
