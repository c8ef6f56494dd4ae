/** Names in statements, resolved against the catalog; and Hive's ways to say that something is not there. */
import type { Catalog, Table } from '#catalog';
import type { PlatformError } from '#kernel/errors';
import type { QualifiedName } from '#languages/sql/index';
import { queryError } from '../errors.ts';
import { isOwnCatalog, isView } from '../tables/relations.ts';
import type { StatementContext } from './statement.ts';

export interface TableName {
  readonly database: string;
  readonly table: string;
}

/** @throws CATALOG_NOT_FOUND */
export function tableNameOf(name: QualifiedName, context: StatementContext): TableName {
  const parts = name.parts.map((part) => part.value);
  const [table = '', database = context.defaults.database, catalog = ''] = parts.toReversed();
  if (!isOwnCatalog(catalog)) throw queryError('CATALOG_NOT_FOUND', `Catalog '${catalog}' does not exist`);
  return { database, table };
}

/** @throws DDL_FAILED in Hive's words */
export function requireTable(catalog: Catalog, context: StatementContext, name: QualifiedName): Table {
  const { database, table } = tableNameOf(name, context);
  const found = catalog.findTable(context.scope, database, table);
  if (found === undefined) throw hiveError(`SemanticException [Error 10001]: Table not found ${database}.${table}`);
  return found;
}

/** @throws DDL_FAILED when it is a view */
export function requireDataTable(catalog: Catalog, context: StatementContext, name: QualifiedName): Table {
  const table = requireTable(catalog, context, name);
  if (isView(table))
    throw hiveError(`SemanticException: ${table.DatabaseName}.${table.Name} is a view; this statement is for tables`);
  return table;
}

/** @throws DDL_FAILED in Hive's words */
export function requireDatabase(catalog: Catalog, context: StatementContext, name: string): void {
  if (catalog.findDatabase(context.scope, name) !== undefined) return;
  throw hiveError(`SemanticException [Error 10072]: Database does not exist: ${name}`);
}

export function hiveError(message: string): PlatformError {
  return queryError('DDL_FAILED', `FAILED: ${message}`);
}

/** What Hive says when the metastore refused. */
export function ddlTaskError(message: string): PlatformError {
  return hiveError(`Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask. ${message}`);
}
