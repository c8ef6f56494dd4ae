/** Statements: which one it is, and what is not done, refused by its name. */
import { notSupported } from '../errors.ts';
import type { Expression, Position } from '../tree/expressions.ts';
import type { Statement } from '../tree/statements.ts';
import { parseAlter } from './alter-parser.ts';
import { parseCreate } from './create-parser.ts';
import { Cursor } from './cursor.ts';
import { parsePropertyValues } from './ddl-clauses.ts';
import { QueryParser } from './query-parser.ts';
import { parseDescribe, parseShow } from './show-parser.ts';
import { type Token, tokenize } from './tokens.ts';

type Parse = (queries: QueryParser, at: Position) => Statement;

const statements: Readonly<Record<string, Parse>> = {
  SELECT: parseQuery,
  WITH: parseQuery,
  VALUES: parseQuery,
  TABLE: parseQuery,
  CREATE: (queries) => parseCreate(queries),
  DROP: (queries, at) => parseDrop(queries.cursor, at),
  ALTER: (queries, at) => parseAlter(queries.cursor, at),
  MSCK: (queries, at) => parseRepair(queries.cursor, at),
  INSERT: parseInsert,
  UNLOAD: parseUnload,
  SHOW: (queries, at) => parseShow(queries.cursor, at),
  DESCRIBE: (queries, at) => parseDescribe(queries.cursor, at),
  DESC: (queries, at) => parseDescribe(queries.cursor, at),
  EXPLAIN: parseExplain,
  PREPARE: parsePrepare,
  EXECUTE: parseExecute,
  DEALLOCATE: (queries, at) => {
    queries.cursor.expect('DEALLOCATE', 'PREPARE');
    return { kind: 'deallocate', name: queries.cursor.identifier().value, at };
  },
  USE: parseUse,
};

/** Statements that we know by name and do not run; the value is what to do. */
const refused: Readonly<Record<string, string>> = {
  DELETE: 'Rows of external tables are not deleted; write the rest to a new table with CREATE TABLE AS.',
  UPDATE: 'Rows of external tables are not updated; write a new table with CREATE TABLE AS.',
  MERGE: 'Write a new table with CREATE TABLE AS.',
  TRUNCATE: 'Delete the objects at the table’s location.',
  OPTIMIZE: 'It is for Iceberg tables.',
  VACUUM: 'It is for Iceberg tables.',
  ANALYZE: '',
  GRANT: 'Permissions are IAM policies.',
  REVOKE: 'Permissions are IAM policies.',
  DENY: 'Permissions are IAM policies.',
  CALL: '',
  SET: '',
  RESET: '',
  START: 'Every statement stands for itself.',
  COMMIT: 'Every statement stands for itself.',
  ROLLBACK: 'Every statement stands for itself.',
  REFRESH: '',
  COMMENT: 'Give the comment in CREATE or ALTER.',
  COPY: 'Read files through an external table; write them with UNLOAD.',
  ATTACH: '',
  DETACH: '',
  PRAGMA: '',
  INSTALL: '',
  LOAD: '',
  EXPORT: 'Write files with UNLOAD.',
  IMPORT: '',
  CHECKPOINT: '',
  FORCE: '',
  FROM: 'A query starts with SELECT.',
  SUMMARIZE: '',
  PIVOT: '',
  UNPIVOT: '',
};

/**
 * One statement; a semicolon behind it is allowed.
 * @throws SYNTAX_ERROR with Trino's `line L:C: mismatched input …`, NOT_SUPPORTED for what is understood and not done
 */
export function parseStatement(text: string): Statement {
  const cursor = new Cursor(text, tokenize(text));
  const statement = readStatement(new QueryParser(cursor));
  while (cursor.accept(';'));
  cursor.expectEnd();
  return statement;
}

/** Statements separated by semicolons; empty ones are left out. Positions count from the start of the whole text. */
export function parseScript(text: string): Statement[] {
  return splitTokens(tokenize(text)).map((tokens) => {
    const cursor = new Cursor(text, tokens);
    const statement = readStatement(new QueryParser(cursor));
    cursor.expectEnd();
    return statement;
  });
}

/** The texts of a script's statements, comments between them left out. */
export function splitScript(text: string): string[] {
  return splitTokens(tokenize(text)).map((tokens) => text.slice(tokens[0]?.start, tokens.at(-2)?.end));
}

/** One expression, as an execution parameter is. */
export function parseExpression(text: string): Expression {
  const cursor = new Cursor(text, tokenize(text));
  const expression = new QueryParser(cursor).expression();
  cursor.expectEnd();
  return expression;
}

/** Tokens of each statement, each list closed by an end token. */
function splitTokens(tokens: readonly Token[]): Token[][] {
  const parts: Token[][] = [];
  let part: Token[] = [];
  for (const token of tokens) {
    const ends = token.kind === 'end' || (token.kind === 'symbol' && token.value === ';');
    if (!ends) part.push(token);
    else if (part.length > 0) {
      parts.push([...part, { ...token, kind: 'end', text: '<EOF>' }]);
      part = [];
    }
  }
  return parts;
}

function readStatement(queries: QueryParser): Statement {
  const { cursor } = queries;
  const { at, token } = cursor;
  if (token.kind === 'symbol' && token.value === '(') return parseQuery(queries, at);
  const parse = token.kind === 'word' && Object.hasOwn(statements, token.value) ? statements[token.value] : undefined;
  if (parse !== undefined) return cursor.nested(() => parse(queries, at));
  if (token.kind === 'word' && Object.hasOwn(refused, token.value)) {
    throw notSupported(at, token.value, refused[token.value] || undefined);
  }
  throw cursor.mismatch(...Object.keys(statements).map((name) => `'${name}'`));
}

function parseQuery(queries: QueryParser, at: Position): Statement {
  return { kind: 'query', query: queries.query(), at };
}

function parseDrop(cursor: Cursor, at: Position): Statement {
  cursor.expect('DROP');
  if (cursor.is('COLUMN') || cursor.is('FUNCTION') || cursor.is('ROLE'))
    throw notSupported(at, `DROP ${cursor.token.value}`);
  const what = cursor.expectAny('TABLE', 'VIEW', 'DATABASE', 'SCHEMA');
  const ifExists = cursor.accept('IF', 'EXISTS');
  if (what === 'TABLE' || what === 'VIEW') {
    const name = cursor.qualifiedName(true);
    if (what === 'TABLE') cursor.accept('PURGE');
    return { kind: what === 'TABLE' ? 'drop-table' : 'drop-view', name, ifExists, at };
  }
  const name = cursor.anyIdentifier().value;
  const cascade = cursor.acceptAny('RESTRICT', 'CASCADE') === 'CASCADE';
  return { kind: 'drop-database', name, ifExists, cascade, at };
}

function parseRepair(cursor: Cursor, at: Position): Statement {
  cursor.expect('MSCK', 'REPAIR', 'TABLE');
  const name = cursor.qualifiedName(true);
  if (cursor.is('SYNC') || cursor.is('DROP'))
    throw notSupported(cursor.at, 'MSCK REPAIR TABLE … DROP or SYNC PARTITIONS');
  cursor.accept('ADD', 'PARTITIONS');
  return { kind: 'repair-table', name, at };
}

function parseInsert(queries: QueryParser, at: Position): Statement {
  const { cursor } = queries;
  cursor.expect('INSERT');
  if (cursor.is('OVERWRITE'))
    throw notSupported(cursor.at, 'INSERT OVERWRITE', 'Use CREATE TABLE AS with a new location.');
  cursor.expect('INTO');
  cursor.accept('TABLE');
  const name = cursor.qualifiedName(true);
  const hasColumns = cursor.is('(') && cursor.isIdentifier(1);
  const columns = hasColumns ? { columns: cursor.parenthesized(() => cursor.anyIdentifier()) } : {};
  return { kind: 'insert', name, ...columns, query: queries.query(), at };
}

function parseUnload(queries: QueryParser, at: Position): Statement {
  const { cursor } = queries;
  cursor.expect('UNLOAD', '(');
  const query = queries.query();
  cursor.expect(')', 'TO');
  const location = cursor.string();
  const properties = cursor.accept('WITH') ? parsePropertyValues(cursor) : {};
  return { kind: 'unload', query, location, properties, at };
}

function parseExplain(queries: QueryParser, at: Position): Statement {
  const { cursor } = queries;
  cursor.expect('EXPLAIN');
  const analyze = cursor.accept('ANALYZE');
  const verbose = analyze && cursor.accept('VERBOSE');
  const options: Record<string, string> = { FORMAT: 'TEXT', TYPE: analyze ? 'DISTRIBUTED' : 'LOGICAL' };
  if (cursor.is('(', 'FORMAT') || cursor.is('(', 'TYPE')) {
    cursor.parenthesized(() => {
      const key = cursor.expectAny('FORMAT', 'TYPE');
      options[key] =
        key === 'FORMAT'
          ? cursor.expectAny('TEXT', 'GRAPHVIZ', 'JSON')
          : cursor.expectAny('LOGICAL', 'DISTRIBUTED', 'VALIDATE', 'IO');
    });
  }
  const statement = readStatement(queries);
  return {
    kind: 'explain',
    analyze,
    verbose,
    format: options['FORMAT'] ?? '',
    type: options['TYPE'] ?? '',
    statement,
    at,
  };
}

function parsePrepare(queries: QueryParser, at: Position): Statement {
  const { cursor } = queries;
  cursor.expect('PREPARE');
  const name = cursor.identifier().text;
  cursor.expect('FROM');
  const { start } = cursor.token;
  const statement = readStatement(queries);
  return { kind: 'prepare', name, statement, statementText: cursor.source.slice(start, cursor.lastEnd), at };
}

function parseExecute(queries: QueryParser, at: Position): Statement {
  const { cursor } = queries;
  cursor.expect('EXECUTE');
  if (cursor.is('IMMEDIATE')) throw notSupported(at, 'EXECUTE IMMEDIATE');
  const name = cursor.identifier().text;
  const given = cursor.accept('USING') ? cursor.list(() => parseArgument(queries)) : [];
  const values = given.map(({ value }) => value);
  return { kind: 'execute', name, arguments: values, argumentTexts: given.map(({ text }) => text), at };
}

function parseArgument(queries: QueryParser): { value: Expression; text: string } {
  const { cursor } = queries;
  const { start } = cursor.token;
  const value = queries.expression();
  return { value, text: cursor.source.slice(start, cursor.lastEnd) };
}

function parseUse(queries: QueryParser, at: Position): Statement {
  const { cursor } = queries;
  cursor.expect('USE');
  const first = cursor.identifier().value;
  if (!cursor.accept('.')) return { kind: 'use', database: first, at };
  return { kind: 'use', catalog: first, database: cursor.identifier().value, at };
}
