/** CREATE and DROP of databases, tables and views: writes to the catalog, in the form in which Athena makes them. */
import type { Catalog, Column, TableInput } from '#catalog';
import { isPlatformError } from '#kernel/errors';
import { findS3Uri } from '#lake';
import {
  formatType,
  fromHive,
  toHive,
  type CreateTable,
  type OutputColumn,
  type StatementOf,
} from '#languages/sql/index';
import { queryError } from '../errors.ts';
import { isView } from '../tables/relations.ts';
import {
  findStorageClasses,
  lazySimpleSerDe,
  storageFormatNames,
  type StorageClasses,
} from '../tables/storage-format.ts';
import { encodeView } from '../tables/view-text.ts';
import { ddlTaskError, hiveError, requireDatabase, tableNameOf } from './names.ts';
import { nothing, type Outcome, type StatementContext } from './statement.ts';

export async function createDatabase(
  catalog: Catalog,
  statement: StatementOf<'create-database'>,
  context: StatementContext,
): Promise<Outcome> {
  const { name, comment, location, properties } = statement;
  try {
    await catalog.createDatabase(context.scope, {
      Name: name,
      ...(comment === undefined ? {} : { Description: comment }),
      ...(location === undefined ? {} : { LocationUri: location }),
      ...(Object.keys(properties).length === 0 ? {} : { Parameters: { ...properties } }),
    });
  } catch (error) {
    if (!isPlatformError(error, 'AlreadyExistsException')) throw error;
    if (!statement.ifNotExists) throw ddlTaskError(`Database ${name} already exists`);
  }
  return nothing;
}

export async function dropDatabase(
  catalog: Catalog,
  statement: StatementOf<'drop-database'>,
  context: StatementContext,
): Promise<Outcome> {
  const { name } = statement;
  if (catalog.findDatabase(context.scope, name) === undefined) {
    if (statement.ifExists) return nothing;
    throw hiveError(`SemanticException [Error 10072]: Database does not exist: ${name}`);
  }
  if (!statement.cascade && catalog.listTables(context.scope, name, { limit: 1 }).length > 0) {
    throw ddlTaskError(
      `InvalidOperationException(message:Database ${name} is not empty. One or more tables exist. Drop them, or write CASCADE.)`,
    );
  }
  await catalog.deleteDatabase(context.scope, name);
  return nothing;
}

export async function alterDatabase(
  catalog: Catalog,
  statement: StatementOf<'alter-database'>,
  context: StatementContext,
): Promise<Outcome> {
  requireDatabase(catalog, context, statement.name);
  const current = catalog.getDatabase(context.scope, statement.name);
  await catalog.updateDatabase(context.scope, statement.name, {
    ...current,
    Parameters: { ...current.Parameters, ...statement.properties },
  });
  return nothing;
}

export async function createTable(
  catalog: Catalog,
  statement: CreateTable,
  context: StatementContext,
): Promise<Outcome> {
  const { database, table } = tableNameOf(statement.name, context);
  requireDatabase(catalog, context, database);
  if (!statement.external) {
    throw queryError(
      'NOT_SUPPORTED',
      `line ${statement.at.line}:${statement.at.column}: CREATE TABLE without EXTERNAL is not supported. Write CREATE EXTERNAL TABLE with a LOCATION, or CREATE TABLE ${table} AS SELECT …`,
    );
  }
  if (statement.location === undefined)
    throw hiveError('SemanticException: LOCATION must be given for an external table');
  if (findS3Uri(statement.location) === undefined) {
    throw ddlTaskError(`MetaException(message:'${statement.location}' is no location; write s3://bucket/path/)`);
  }
  if (statement.ifNotExists && catalog.findTable(context.scope, database, table) !== undefined) return nothing;
  checkColumns(statement);
  await insertTable(catalog, database, tableInputOf(statement, table, context), context);
  return nothing;
}

/** @throws DDL_FAILED when the name is taken */
export async function insertTable(
  catalog: Catalog,
  database: string,
  input: TableInput,
  context: StatementContext,
): Promise<void> {
  try {
    await catalog.createTable(context.scope, database, input, { createdBy: context.caller });
  } catch (error) {
    if (!isPlatformError(error, 'AlreadyExistsException')) throw error;
    throw ddlTaskError(`AlreadyExistsException(message:Table ${input.Name} already exists.)`);
  }
}

function checkColumns(statement: CreateTable): void {
  const seen = new Set<string>();
  for (const column of [...statement.columns, ...statement.partitionedBy]) {
    const name = column.name.toLowerCase();
    if (seen.has(name)) throw hiveError(`SemanticException [Error 10036]: Duplicate column name: ${column.name}`);
    seen.add(name);
  }
}

function tableInputOf(statement: CreateTable, name: string, context: StatementContext): TableInput {
  const classes = storageClassesOf(statement);
  return {
    Name: name,
    Owner: 'hadoop',
    TableType: 'EXTERNAL_TABLE',
    PartitionKeys: statement.partitionedBy.map(columnOf),
    Parameters: {
      EXTERNAL: 'TRUE',
      ...(statement.comment === undefined ? {} : { comment: statement.comment }),
      ...statement.properties,
      transient_lastDdlTime: String(Math.floor(context.now.getTime() / 1000)),
    },
    StorageDescriptor: {
      Columns: statement.columns.map(columnOf),
      Location: statement.location,
      InputFormat: classes.inputFormat,
      OutputFormat: classes.outputFormat,
      Compressed: false,
      NumberOfBuckets: statement.clusteredBy?.buckets ?? -1,
      SerdeInfo: { SerializationLibrary: classes.serializationLibrary, Parameters: serdeParametersOf(statement) },
      BucketColumns: [...(statement.clusteredBy?.columns ?? [])],
      SortColumns: (statement.clusteredBy?.sortedBy ?? []).map(({ column, descending }) => ({
        Column: column,
        SortOrder: descending ? 0 : 1,
      })),
      StoredAsSubDirectories: false,
    },
  };
}

function columnOf(column: { name: string; type: string; comment?: string }): Column {
  return {
    Name: column.name.toLowerCase(),
    Type: column.type,
    ...(column.comment === undefined ? {} : { Comment: column.comment }),
  };
}

function storageClassesOf(statement: CreateTable): StorageClasses {
  const { storedAs, rowFormat } = statement;
  const format = storedAs?.kind === 'format' ? storedAs.name : 'TEXTFILE';
  const classes = findStorageClasses(format);
  if (classes === undefined) {
    throw hiveError(
      `SemanticException: Unrecognized file format in STORED AS clause: '${format}'. Use one of ${storageFormatNames.join(', ')}`,
    );
  }
  return {
    inputFormat: storedAs?.kind === 'classes' ? storedAs.input : classes.inputFormat,
    outputFormat: storedAs?.kind === 'classes' ? storedAs.output : classes.outputFormat,
    serializationLibrary: rowFormat?.kind === 'serde' ? rowFormat.library : classes.serializationLibrary,
  };
}

function serdeParametersOf(statement: CreateTable): Record<string, string> {
  const { rowFormat } = statement;
  if (rowFormat === undefined) return { 'serialization.format': '1' };
  if (rowFormat.kind === 'serde') {
    return rowFormat.library === lazySimpleSerDe || Object.keys(rowFormat.properties).length === 0
      ? { 'serialization.format': rowFormat.properties['field.delim'] ?? '1', ...rowFormat.properties }
      : { ...rowFormat.properties };
  }
  const parameters: Record<string, string | undefined> = {
    'field.delim': rowFormat.fieldDelimiter,
    'serialization.format': rowFormat.fieldDelimiter ?? '1',
    'escape.delim': rowFormat.escape,
    'collection.delim': rowFormat.collectionDelimiter,
    'mapkey.delim': rowFormat.mapKeyDelimiter,
    'line.delim': rowFormat.lineDelimiter,
    'serialization.null.format': rowFormat.nullFormat,
  };
  return Object.fromEntries(
    Object.entries(parameters).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );
}

export async function dropTable(
  catalog: Catalog,
  statement: StatementOf<'drop-table' | 'drop-view'>,
  context: StatementContext,
): Promise<Outcome> {
  const { database, table } = tableNameOf(statement.name, context);
  const found = catalog.findTable(context.scope, database, table);
  const what = statement.kind === 'drop-view' ? 'View' : 'Table';
  if (found === undefined) {
    if (statement.ifExists) return nothing;
    throw hiveError(`SemanticException [Error 10001]: ${what} not found ${database}.${table}`);
  }
  if (isView(found) !== (statement.kind === 'drop-view')) {
    const other = isView(found) ? 'Cannot drop a view with DROP TABLE' : 'Cannot drop a base table with DROP VIEW';
    throw hiveError(`SemanticException [Error 10018]: ${other}`);
  }
  await catalog.deleteTable(context.scope, database, table);
  return nothing;
}

/** @param columns what the view's query gives */
export async function createView(
  catalog: Catalog,
  statement: StatementOf<'create-view'>,
  columns: readonly OutputColumn[],
  context: StatementContext,
): Promise<Outcome> {
  const { database, table } = tableNameOf(statement.name, context);
  requireDatabase(catalog, context, database);
  const current = catalog.findTable(context.scope, database, table);
  if (current !== undefined && !isView(current)) {
    throw queryError(
      'TABLE_ALREADY_EXISTS',
      `line ${statement.at.line}:${statement.at.column}: '${database}.${table}' is a table, not a view`,
    );
  }
  if (current !== undefined && !statement.replace) {
    throw queryError(
      'TABLE_ALREADY_EXISTS',
      `line ${statement.at.line}:${statement.at.column}: View already exists: 'awsdatacatalog.${database}.${table}'`,
    );
  }
  const input: TableInput = {
    Name: table,
    Owner: 'hadoop',
    TableType: 'VIRTUAL_VIEW',
    PartitionKeys: [],
    ViewOriginalText: encodeView({
      sql: statement.queryText,
      catalog: 'awsdatacatalog',
      database: context.defaults.database,
      columns: columns.map((column) => ({ name: column.name, type: formatType(column.type) })),
      comment: statement.comment,
    }),
    ViewExpandedText: '/* Presto View */',
    Parameters: { comment: 'Presto View', presto_view: 'true' },
    StorageDescriptor: {
      // A type that Hive cannot say is kept as text, as the view's own columns have the true one.
      Columns: columns.map((column) => ({ Name: column.name.toLowerCase(), Type: toHive(column.type) ?? 'string' })),
      Location: '',
      SerdeInfo: {},
    },
  };
  await (current === undefined
    ? insertTable(catalog, database, input, context)
    : catalog.updateTable(context.scope, database, input));
  return nothing;
}

/** @throws HIVE_UNSUPPORTED_TYPE naming the column that a table cannot have */
export function hiveColumn(column: OutputColumn): Column {
  const type = toHive(column.type);
  if (type === undefined || fromHive(type) === undefined) {
    throw queryError(
      'NOT_SUPPORTED',
      `Column '${column.name}' has the type ${formatType(column.type)}, which a table cannot have. Cast it to another type.`,
    );
  }
  return { Name: column.name.toLowerCase(), Type: type };
}
