/** SHOW: lists from the catalog, in the lines that Athena prints. */
import type { Catalog } from '#catalog';
import { formatType, fromHive, listFunctions, type QualifiedName, type StatementOf } from '#languages/sql/index';
import { textColumn } from '../results/result-column.ts';
import { decodeView } from '../tables/view-text.ts';
import { isView } from '../tables/relations.ts';
import { hiveError, requireDatabase, requireTable } from './names.ts';
import { formatPartition } from './partition-name.ts';
import type { Outcome, StatementContext } from './statement.ts';

export function showDatabases(
  catalog: Catalog,
  statement: StatementOf<'show-databases'>,
  context: StatementContext,
): Outcome {
  const matches = hivePattern(statement.pattern);
  const names = catalog.listDatabases(context.scope).map((database) => database.Name);
  return text('database_name', names.filter(matches));
}

export function showTables(
  catalog: Catalog,
  statement: StatementOf<'show-tables' | 'show-views'>,
  context: StatementContext,
): Outcome {
  const database = databaseOf(statement.database, context);
  requireDatabase(catalog, context, database);
  const matches = hivePattern(statement.pattern);
  const onlyViews = statement.kind === 'show-views';
  const tables = catalog.listTables(context.scope, database).filter((table) => !onlyViews || isView(table));
  return text(onlyViews ? 'views' : 'tab_name', tables.map((table) => table.Name).filter(matches));
}

function databaseOf(name: QualifiedName | undefined, context: StatementContext): string {
  return name?.parts.at(-1)?.value ?? context.defaults.database;
}

export function showColumns(
  catalog: Catalog,
  statement: StatementOf<'show-columns'>,
  context: StatementContext,
): Outcome {
  const table = requireTable(catalog, context, statement.name);
  const columns = [...(table.StorageDescriptor?.Columns ?? []), ...(table.PartitionKeys ?? [])];
  return text(
    'field',
    columns.map((column) => column.Name.padEnd(20)),
  );
}

export function showPartitions(
  catalog: Catalog,
  statement: StatementOf<'show-partitions'>,
  context: StatementContext,
): Outcome {
  const table = requireTable(catalog, context, statement.name);
  const keys = table.PartitionKeys ?? [];
  if (keys.length === 0)
    throw hiveError(`SemanticException [Error 10001]: Table ${table.Name} is not a partitioned table`);
  const wanted = new Map((statement.partition ?? []).map(({ key, value }) => [key.toLowerCase(), value]));
  const matches = (values: readonly string[]): boolean =>
    keys.every((key, index) => {
      const value = wanted.get(key.Name.toLowerCase());
      return value === undefined || value === values[index];
    });
  const partitions = catalog.listPartitions(context.scope, table.DatabaseName, table.Name, { matches });
  return text('partition', [...partitions].map((partition) => formatPartition(table, partition.Values)).sort());
}

export function showProperties(
  catalog: Catalog,
  statement: StatementOf<'show-properties'>,
  context: StatementContext,
): Outcome {
  const table = requireTable(catalog, context, statement.name);
  const parameters = table.Parameters ?? {};
  const columns = [textColumn('prpt_name'), textColumn('prpt_value')];
  if (statement.property !== undefined) {
    const value = parameters[statement.property];
    return {
      kind: 'text',
      columns,
      lines: [value ?? `Table ${table.DatabaseName}.${table.Name} does not have property: ${statement.property}`],
    };
  }
  const lines = Object.keys(parameters)
    .sort()
    .map((name) => `${name}\t${parameters[name]}`);
  return { kind: 'text', columns, lines };
}

export function showCreateTable(
  catalog: Catalog,
  statement: StatementOf<'show-create-table' | 'show-create-view'>,
  context: StatementContext,
): Outcome {
  const table = requireTable(catalog, context, statement.name);
  if (isView(table)) return showViewText(table.DatabaseName, table.Name, decodeView(table).sql);
  const storage = table.StorageDescriptor ?? {};
  const lines: string[] = [`CREATE EXTERNAL TABLE \`${table.DatabaseName}.${table.Name}\`(`];
  lines.push(...columnLines(storage.Columns ?? []));
  const comment = table.Parameters?.['comment'];
  if (comment !== undefined) lines.push('COMMENT ', `  ${quoted(comment)}`);
  const keys = table.PartitionKeys ?? [];
  if (keys.length > 0) lines.push('PARTITIONED BY ( ', ...columnLines(keys));
  const serde = storage.SerdeInfo ?? {};
  lines.push('ROW FORMAT SERDE ', `  ${quoted(serde.SerializationLibrary ?? '')} `);
  const serdeParameters = Object.entries(serde.Parameters ?? {}).filter(
    ([key, value]) => key !== 'serialization.format' || value !== '1',
  );
  if (serdeParameters.length > 0) lines.push('WITH SERDEPROPERTIES ( ', ...pairLines(serdeParameters));
  lines.push('STORED AS INPUTFORMAT ', `  ${quoted(storage.InputFormat ?? '')} `);
  lines.push('OUTPUTFORMAT ', `  ${quoted(storage.OutputFormat ?? '')}`);
  lines.push('LOCATION', `  ${quoted(storage.Location ?? '')}`);
  const hidden = new Set(['EXTERNAL', 'comment']);
  const parameters = Object.entries(table.Parameters ?? {}).filter(([key]) => !hidden.has(key));
  if (parameters.length > 0) lines.push('TBLPROPERTIES (', ...pairLines(parameters));
  return text('createtab_stmt', lines);
}

export function showCreateView(
  catalog: Catalog,
  statement: StatementOf<'show-create-table' | 'show-create-view'>,
  context: StatementContext,
): Outcome {
  const table = requireTable(catalog, context, statement.name);
  if (!isView(table)) throw hiveError(`SemanticException: ${table.DatabaseName}.${table.Name} is a table, not a view`);
  return showViewText(table.DatabaseName, table.Name, decodeView(table).sql);
}

function showViewText(database: string, name: string, sql: string): Outcome {
  return text('Create View', [`CREATE VIEW ${database}.${name} AS`, ...sql.split('\n')]);
}

function columnLines(
  columns: readonly { Name: string; Type?: string | undefined; Comment?: string | undefined }[],
): string[] {
  return columns.map((column, index) => {
    const comment = column.Comment === undefined ? '' : ` COMMENT ${quoted(column.Comment)}`;
    return `  \`${column.Name}\` ${column.Type ?? 'string'}${comment}${index === columns.length - 1 ? ')' : ', '}`;
  });
}

function pairLines(pairs: readonly (readonly [string, string])[]): string[] {
  return pairs
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value], index) => `  ${quoted(key)}=${quoted(value)}${index === pairs.length - 1 ? ')' : ', '}`);
}

/** With the escapes that the parser of CREATE TABLE takes back. */
function quoted(value: string): string {
  const text = value
    .replaceAll('\\', '\\\\')
    .replaceAll("'", "\\'")
    .replace(/[\u0000-\u001f]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return `'${text}'`;
}

export function describeView(
  catalog: Catalog,
  statement: StatementOf<'describe-view'>,
  context: StatementContext,
): Outcome {
  const table = requireTable(catalog, context, statement.name);
  if (!isView(table)) throw hiveError(`SemanticException: ${table.DatabaseName}.${table.Name} is a table, not a view`);
  const lines = (table.StorageDescriptor?.Columns ?? []).map((column) => {
    const type = fromHive(column.Type ?? 'string');
    return `${column.Name}\t${type === undefined ? column.Type : formatType(type)}\t\t`;
  });
  return { kind: 'text', lines, columns: ['Column', 'Type', 'Extra', 'Comment'].map(textColumn) };
}

/** One line a form of a function: its name, what it takes and gives, and whether it aggregates. */
export function showFunctions(pattern: string | undefined): Outcome {
  const matches = hivePattern(pattern);
  const lines = listFunctions()
    .filter(({ name }) => matches(name.toLowerCase()))
    .map(({ name, signature, kind }) => `${name}\t${signature}\t${kind}`);
  return { kind: 'text', lines, columns: ['Function', 'Signature', 'Function Type'].map(textColumn) };
}

/** Hive's patterns: `*` is anything, `|` is or; a SQL LIKE's `%` is taken too. */
function hivePattern(pattern: string | undefined): (name: string) => boolean {
  if (pattern === undefined) return () => true;
  const choices = pattern
    .toLowerCase()
    .split('|')
    .map((choice) => choice.split(/[*%]/));
  return (name) => choices.some((pieces) => matchesPieces(name, pieces));
}

/** Whether the pieces stand in the name in order, the first at its start and the last at its end: no regular expression. */
function matchesPieces(name: string, pieces: readonly string[]): boolean {
  const first = pieces[0] ?? '';
  const last = pieces.at(-1) ?? '';
  if (pieces.length === 1) return name === first;
  if (!name.startsWith(first) || !name.endsWith(last) || name.length < first.length + last.length) return false;
  let at = first.length;
  for (const piece of pieces.slice(1, -1)) {
    const found = name.indexOf(piece, at);
    if (found === -1) return false;
    at = found + piece.length;
  }
  return at <= name.length - last.length;
}

function text(column: string, lines: readonly string[]): Outcome {
  return { kind: 'text', lines, columns: [textColumn(column)] };
}
