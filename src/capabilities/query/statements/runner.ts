/** Runs a statement: a catalog statement never reaches the engine, a query never reaches it untranslated. */
import type { Catalog } from '#catalog';
import type { Lake } from '#lake';
import { parseStatement, type Statement } from '#languages/sql/index';
import type { QueryEngine } from '../engines/engine.ts';
import { queryError } from '../errors.ts';
import type { PreparedStatement } from '../record.ts';
import { textColumn } from '../results/result-column.ts';
import { alterTable } from './alterations.ts';
import { alterDatabase, createDatabase, createTable, createView, dropDatabase, dropTable } from './definitions.ts';
import { describe } from './describe.ts';
import { explain } from './explain.ts';
import { argumentTexts } from './parameters.ts';
import { QueryPlanner } from './planner.ts';
import { repairTable } from './repair.ts';
import * as show from './show.ts';
import { nothing, type Outcome, type StatementContext } from './statement.ts';
import { Writes } from './writes.ts';

/** Where prepared statements are kept. */
export interface PreparedStatements {
  find(scope: string, workGroup: string, name: string): PreparedStatement | undefined;
  put(scope: string, statement: PreparedStatement): Promise<void>;
  delete(scope: string, workGroup: string, name: string): Promise<void>;
}

export class StatementRunner {
  readonly planner: QueryPlanner;
  readonly writes: Writes;
  readonly #catalog: Catalog;
  readonly #lake: Lake;
  readonly #prepared: PreparedStatements;

  constructor(parts: { catalog: Catalog; lake: Lake; engine: QueryEngine; prepared: PreparedStatements }) {
    this.planner = new QueryPlanner(parts);
    this.writes = new Writes({ ...parts, planner: this.planner });
    this.#catalog = parts.catalog;
    this.#lake = parts.lake;
    this.#prepared = parts.prepared;
  }

  /** @param text the statement's own text, for what has to be kept or cut from it as written */
  async run(statement: Statement, text: string, context: StatementContext): Promise<Outcome> {
    const catalog = this.#catalog;
    switch (statement.kind) {
      case 'query':
        return this.planner.select(statement.query, context);
      case 'create-table-as':
        return this.writes.createTableAs(statement, context);
      case 'insert':
        return this.writes.insert(statement, context);
      case 'unload':
        return this.writes.unload(statement, context);
      case 'explain':
        return explain(this.planner, statement, context);
      case 'create-view':
        return createView(catalog, statement, this.#viewColumns(statement.query, context), context);
      case 'create-database':
        return createDatabase(catalog, statement, context);
      case 'drop-database':
        return dropDatabase(catalog, statement, context);
      case 'alter-database':
        return alterDatabase(catalog, statement, context);
      case 'create-table':
        return createTable(catalog, statement, context);
      case 'drop-table':
      case 'drop-view':
        return dropTable(catalog, statement, context);
      case 'alter-table':
        return alterTable(catalog, statement, context);
      case 'repair-table':
        return repairTable(catalog, this.#lake, statement, context);
      case 'prepare':
      case 'deallocate':
      case 'execute':
        return this.#prepare(statement, text, context);
      default:
        return this.#tell(statement, context);
    }
  }

  #viewColumns(query: Extract<Statement, { kind: 'create-view' }>['query'], context: StatementContext) {
    const { columns } = this.planner.translate(query, context);
    const anonymous = columns.findIndex((column) => column.anonymous);
    if (anonymous === -1) return columns;
    throw queryError('MISSING_COLUMN_NAME', `Column name not specified at position ${anonymous + 1}`);
  }

  #tell(statement: Statement, context: StatementContext): Outcome {
    const catalog = this.#catalog;
    switch (statement.kind) {
      case 'show-databases':
        return show.showDatabases(catalog, statement, context);
      case 'show-tables':
      case 'show-views':
        return show.showTables(catalog, statement, context);
      case 'show-columns':
        return show.showColumns(catalog, statement, context);
      case 'show-partitions':
        return show.showPartitions(catalog, statement, context);
      case 'show-properties':
        return show.showProperties(catalog, statement, context);
      case 'show-create-table':
        return show.showCreateTable(catalog, statement, context);
      case 'show-create-view':
        return show.showCreateView(catalog, statement, context);
      case 'describe':
        return describe(catalog, statement, context);
      case 'describe-view':
        return show.describeView(catalog, statement, context);
      case 'show-functions':
        return show.showFunctions(statement.pattern);
      case 'show-catalogs':
        return { kind: 'text', lines: ['awsdatacatalog'], columns: [textColumn('Catalog')] };
      default:
        throw queryError(
          'NOT_SUPPORTED',
          `line ${statement.at.line}:${statement.at.column}: ${statement.kind.replaceAll('-', ' ').toUpperCase()} is not supported`,
        );
    }
  }

  async #prepare(
    statement: Extract<Statement, { kind: 'prepare' | 'execute' | 'deallocate' }>,
    text: string,
    context: StatementContext,
  ): Promise<Outcome> {
    const { scope, workGroup } = context;
    if (statement.kind === 'prepare') {
      await this.#prepared.put(scope, {
        name: statement.name,
        workGroup,
        query: statement.statementText,
        description: undefined,
        modifiedMs: context.now.getTime(),
      });
      return nothing;
    }
    const prepared = this.#prepared.find(scope, workGroup, statement.name);
    if (prepared === undefined) {
      throw queryError('NOT_FOUND', `Prepared statement not found: ${statement.name} in work group ${workGroup}`);
    }
    if (statement.kind === 'deallocate') {
      await this.#prepared.delete(scope, workGroup, statement.name);
      return nothing;
    }
    const parameters = statement.arguments.length === 0 ? context.parameters : argumentTexts(statement, text);
    const inner = parseStatement(prepared.query);
    if (inner.kind === 'execute') throw queryError('NOT_SUPPORTED', 'A prepared statement cannot be an EXECUTE');
    return this.run(inner, prepared.query, { ...context, parameters });
  }
}
