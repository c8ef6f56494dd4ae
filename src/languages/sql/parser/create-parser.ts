/** CREATE: databases, external tables in Hive's full form, tables from queries, views. */
import { notSupported, syntaxError } from '../errors.ts';
import type { Position } from '../tree/expressions.ts';
import type { QualifiedName } from '../tree/queries.ts';
import type { CreateTable, Properties, RowFormat, Statement, StoredAs } from '../tree/statements.ts';
import type { Cursor } from './cursor.ts';
import {
  columnName,
  parseColumns,
  parseLocation,
  parseProperties,
  parsePropertyValues,
  parseText,
} from './ddl-clauses.ts';
import type { Grammar } from './expression-parser.ts';

export function parseCreate(grammar: Grammar): Statement {
  const { cursor } = grammar;
  const { at } = cursor;
  cursor.expect('CREATE');
  const replace = cursor.accept('OR', 'REPLACE');
  if (cursor.accept('VIEW')) return parseView(grammar, replace, at);
  if (cursor.is('PROTECTED') || cursor.is('MATERIALIZED')) throw notSupported(at, `CREATE ${cursor.token.value} VIEW`);
  if (replace) throw cursor.mismatch();
  if (cursor.acceptAny('DATABASE', 'SCHEMA') !== undefined) return parseDatabase(cursor, at);
  if (
    ['FUNCTION', 'ROLE', 'CATALOG', 'TEMPORARY', 'SECRET', 'MACRO', 'TYPE', 'INDEX', 'SEQUENCE'].some((word) =>
      cursor.is(word),
    )
  ) {
    throw notSupported(at, `CREATE ${cursor.token.value}`);
  }
  const external = cursor.accept('EXTERNAL');
  if (external && (cursor.is('SCHEMA') || cursor.is('DATABASE') || cursor.is('FUNCTION'))) {
    throw notSupported(at, `CREATE EXTERNAL ${cursor.token.value}`);
  }
  cursor.expect('TABLE');
  const ifNotExists = cursor.accept('IF', 'NOT', 'EXISTS');
  const name = cursor.qualifiedName(true);
  return external
    ? parseTable(cursor, { name, ifNotExists, external, at })
    : parseTableOrQuery(grammar, name, ifNotExists, at);
}

function parseView(grammar: Grammar, replace: boolean, at: Position): Statement {
  const { cursor } = grammar;
  const name = cursor.qualifiedName(true);
  if (cursor.is('(')) throw notSupported(cursor.at, 'a column list in CREATE VIEW', 'Name the columns in the SELECT.');
  const comment = cursor.accept('COMMENT') ? { comment: cursor.string() } : {};
  if (cursor.accept('SECURITY')) cursor.expectAny('DEFINER', 'INVOKER');
  cursor.expect('AS');
  const { start } = cursor.token;
  const query = grammar.query();
  return {
    kind: 'create-view',
    name,
    replace,
    ...comment,
    query,
    queryText: cursor.source.slice(start, cursor.lastEnd),
    at,
  };
}

function parseDatabase(cursor: Cursor, at: Position): Statement {
  const ifNotExists = cursor.accept('IF', 'NOT', 'EXISTS');
  const name = cursor.anyIdentifier().value;
  const comment = cursor.accept('COMMENT') ? { comment: parseText(cursor) } : {};
  const location = cursor.accept('LOCATION') ? { location: parseLocation(cursor) } : {};
  const properties = cursor.accept('WITH', 'DBPROPERTIES') ? parseProperties(cursor) : {};
  return { kind: 'create-database', name, ifNotExists, ...comment, ...location, properties, at };
}

/** `CREATE TABLE`: from a query when AS follows, else Hive's form without EXTERNAL. */
function parseTableOrQuery(grammar: Grammar, name: QualifiedName, ifNotExists: boolean, at: Position): Statement {
  const { cursor } = grammar;
  if (cursor.is('LIKE')) throw notSupported(cursor.at, 'CREATE TABLE LIKE');
  if (cursor.is('(') && !isAliasList(cursor)) return parseTable(cursor, { name, ifNotExists, external: false, at });
  const aliases = cursor.is('(') ? { columnAliases: cursor.parenthesized(() => cursor.identifier()) } : {};
  const comment = cursor.accept('COMMENT') ? { comment: cursor.string() } : {};
  const propertiesAt = cursor.at;
  const properties = cursor.accept('WITH') ? parsePropertyValues(cursor) : {};
  if (String(properties['table_type'] ?? 'HIVE').toUpperCase() !== 'HIVE') {
    throw notSupported(
      propertiesAt,
      `table_type = '${String(properties['table_type'])}'`,
      'Hive tables are (leave table_type out).',
    );
  }
  cursor.expect('AS');
  const query = grammar.query();
  const withData = !cursor.accept('WITH', 'NO', 'DATA');
  if (withData) cursor.accept('WITH', 'DATA');
  return { kind: 'create-table-as', name, ifNotExists, ...aliases, ...comment, properties, query, withData, at };
}

/** `(a, b)` without types. */
function isAliasList(cursor: Cursor): boolean {
  return cursor.isIdentifier(1) && [',', ')'].includes(cursor.peek(2).value);
}

type Head = Pick<CreateTable, 'name' | 'ifNotExists' | 'external' | 'at'>;
type Clauses = { -readonly [K in keyof Omit<CreateTable, 'kind' | keyof Head>]?: CreateTable[K] };

function parseTable(cursor: Cursor, head: Head): Statement {
  if (cursor.is('LIKE')) throw notSupported(cursor.at, 'CREATE TABLE LIKE');
  const columns = parseColumns(cursor);
  const clauses: Clauses = {};
  let serdeProperties: Properties = {};
  // Hive fixes an order; Athena takes these clauses in any, each once.
  for (;;) {
    const { at } = cursor;
    const clause = parseTableClause(cursor);
    if (clause === undefined) break;
    if ('serdeProperties' in clause) serdeProperties = clause.serdeProperties;
    else {
      const again = Object.keys(clause).find((key) => key in clauses);
      if (again !== undefined) throw syntaxError(at, `this clause stands twice (${again})`);
      Object.assign(clauses, clause);
    }
  }
  refuseIceberg(clauses, head.at);
  const { rowFormat } = clauses;
  if (rowFormat?.kind === 'serde') {
    clauses.rowFormat = { ...rowFormat, properties: { ...rowFormat.properties, ...serdeProperties } };
  }
  const { partitionedBy = [], properties = {}, ...rest } = clauses;
  return { kind: 'create-table', ...head, columns, partitionedBy, properties, ...rest };
}

function refuseIceberg(clauses: Clauses, at: Position): void {
  const type = Object.entries(clauses.properties ?? {}).find(([key]) => key.toLowerCase() === 'table_type')?.[1];
  if (type !== undefined && type.toUpperCase() !== 'HIVE') {
    throw notSupported(at, `a table with table_type '${type}'`, 'Create a Hive table with CREATE EXTERNAL TABLE.');
  }
}

function parseTableClause(cursor: Cursor): Clauses | { readonly serdeProperties: Properties } | undefined {
  if (cursor.accept('COMMENT')) return { comment: parseText(cursor) };
  if (cursor.is('PARTITIONED', 'BY')) return parsePartitionedBy(cursor);
  if (cursor.is('CLUSTERED', 'BY')) return parseClusteredBy(cursor);
  if (cursor.accept('ROW', 'FORMAT')) return { rowFormat: parseRowFormat(cursor) };
  if (cursor.accept('WITH', 'SERDEPROPERTIES')) return { serdeProperties: parseProperties(cursor) };
  if (cursor.accept('STORED')) {
    if (cursor.is('BY')) throw notSupported(cursor.at, 'STORED BY');
    cursor.expect('AS');
    return { storedAs: parseStoredAs(cursor) };
  }
  if (cursor.accept('LOCATION')) return { location: parseLocation(cursor) };
  if (cursor.accept('TBLPROPERTIES')) return { properties: parseProperties(cursor) };
  if (cursor.is('SKEWED')) throw notSupported(cursor.at, 'SKEWED BY');
  return undefined;
}

function parsePartitionedBy(cursor: Cursor): Clauses {
  cursor.expect('PARTITIONED', 'BY');
  if (cursor.is('(') && cursor.isIdentifier(1) && ['(', ',', ')'].includes(cursor.peek(2).value)) {
    throw notSupported(
      cursor.at,
      'partition transforms (of Iceberg tables)',
      'Give each key a type: PARTITIONED BY (year int).',
    );
  }
  return { partitionedBy: parseColumns(cursor) };
}

function parseClusteredBy(cursor: Cursor): Clauses {
  cursor.expect('CLUSTERED', 'BY');
  const columns = cursor.parenthesized(() => columnName(cursor));
  const sortedBy = cursor.accept('SORTED', 'BY')
    ? cursor.parenthesized(() => ({
        column: columnName(cursor),
        descending: cursor.acceptAny('ASC', 'DESC') === 'DESC',
      }))
    : [];
  cursor.expect('INTO');
  const buckets = cursor.integer();
  cursor.expect('BUCKETS');
  return { clusteredBy: { columns, sortedBy, buckets } };
}

function parseRowFormat(cursor: Cursor): RowFormat {
  if (cursor.accept('SERDE')) {
    const library = parseText(cursor);
    const properties = cursor.accept('WITH', 'SERDEPROPERTIES') ? parseProperties(cursor) : {};
    return { kind: 'serde', library, properties };
  }
  cursor.expect('DELIMITED');
  const format: Record<string, string> = {};
  for (;;) {
    if (cursor.accept('FIELDS', 'TERMINATED', 'BY')) format['fieldDelimiter'] = parseText(cursor);
    else if (cursor.accept('ESCAPED', 'BY')) format['escape'] = parseText(cursor);
    else if (cursor.accept('COLLECTION', 'ITEMS', 'TERMINATED', 'BY'))
      format['collectionDelimiter'] = parseText(cursor);
    else if (cursor.accept('MAP', 'KEYS', 'TERMINATED', 'BY')) format['mapKeyDelimiter'] = parseText(cursor);
    else if (cursor.accept('LINES', 'TERMINATED', 'BY')) format['lineDelimiter'] = parseText(cursor);
    else if (cursor.accept('NULL', 'DEFINED', 'AS')) format['nullFormat'] = parseText(cursor);
    else return { kind: 'delimited', ...format };
  }
}

const storageFormats = ['TEXTFILE', 'PARQUET', 'ORC', 'AVRO', 'SEQUENCEFILE', 'RCFILE', 'JSON', 'ION'];

function parseStoredAs(cursor: Cursor): StoredAs {
  if (cursor.accept('INPUTFORMAT')) {
    const input = parseText(cursor);
    cursor.expect('OUTPUTFORMAT');
    return { kind: 'classes', input, output: parseText(cursor) };
  }
  return { kind: 'format', name: cursor.expectAny(...storageFormats) };
}
