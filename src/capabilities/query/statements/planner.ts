/** A query on its way to the engine: names resolved and translated, files planned, and run into a target. */
import { join } from 'node:path';
import type { Catalog } from '#catalog';
import type { Lake } from '#lake';
import { translateQuery, type Query, type Translation } from '#languages/sql/index';
import type { EngineAnswer, EngineTarget, QueryEngine } from '../engines/engine.ts';
import { resultColumn } from '../results/result-column.ts';
import { CatalogRelations, type RelationHandle } from '../tables/relations.ts';
import { TableSource, type PlannedScan } from '../tables/table-source.ts';
import type { Outcome, StatementContext } from './statement.ts';

export interface PlannedQuery {
  readonly translation: Translation<RelationHandle>;
  readonly scans: readonly PlannedScan[];
}

export class QueryPlanner {
  readonly #catalog: Catalog;
  readonly #source: TableSource;
  readonly #engine: QueryEngine;

  constructor(parts: { catalog: Catalog; lake: Lake; engine: QueryEngine }) {
    this.#catalog = parts.catalog;
    this.#source = new TableSource(parts.catalog, parts.lake);
    this.#engine = parts.engine;
  }

  /** @throws SqlError in Trino's words */
  translate(query: Query, context: StatementContext): Translation<RelationHandle> {
    return translateQuery<RelationHandle>(query, {
      catalog: new CatalogRelations(this.#catalog, context.scope),
      defaults: context.defaults,
      now: context.now,
      user: context.caller,
      parameters: context.parameters,
    });
  }

  async plan(query: Query, context: StatementContext): Promise<PlannedQuery> {
    const translation = this.translate(query, context);
    const scans: PlannedScan[] = [];
    for (const scan of translation.scans) scans.push(await this.#source.plan(scan, context));
    return { translation, scans };
  }

  run(planned: PlannedQuery, target: EngineTarget, context: StatementContext): Promise<EngineAnswer> {
    return this.#engine.run(
      {
        sql: planned.translation.sql,
        columns: planned.translation.columns,
        scans: planned.scans,
        target,
        scratchFolder: context.scratchFolder,
      },
      context.run,
    );
  }

  /** SELECT: the result goes to a file as Athena writes it. */
  async select(query: Query, context: StatementContext): Promise<Outcome> {
    const planned = await this.plan(query, context);
    const file = join(context.scratchFolder, 'result.csv');
    const answer = await this.run(planned, { kind: 'result', file }, context);
    const columns = planned.translation.columns.map((column) => resultColumn(column.name, column.type));
    return { kind: 'csv', file, columns, answer };
  }
}
