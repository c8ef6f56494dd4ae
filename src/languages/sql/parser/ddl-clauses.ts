/** Clauses that several data-definition statements share: Hive columns, properties, partitions, strings. */
import { syntaxError } from '../errors.ts';
import type { Position } from '../tree/expressions.ts';
import type {
  ColumnDefinition,
  PartitionCondition,
  PartitionSpec,
  Properties,
  PropertyValue,
} from '../tree/statements.ts';
import type { Cursor } from './cursor.ts';

/** Trino's and the standard's names for what Hive calls otherwise. */
const hiveNames: Readonly<Record<string, string>> = {
  integer: 'int',
  varchar: 'string',
  real: 'float',
  dec: 'decimal',
  numeric: 'decimal',
};
const hiveTypes = new Set(
  'boolean tinyint smallint int bigint float double decimal string varchar char binary date timestamp array map struct'.split(
    ' ',
  ),
);

/** `(name type [COMMENT '…'], …)` */
export function parseColumns(cursor: Cursor): ColumnDefinition[] {
  return cursor.parenthesized(() => parseColumn(cursor));
}

export function parseColumn(cursor: Cursor): ColumnDefinition {
  const name = columnName(cursor);
  cursor.accept(':');
  const type = parseHiveType(cursor);
  const comment = cursor.accept('COMMENT') ? { comment: parseText(cursor) } : {};
  return { name, type, ...comment };
}

/** Hive reserves fewer words than Trino: `date`, `end` or `order` may be a column. */
export function columnName(cursor: Cursor): string {
  if (cursor.isIdentifier()) return cursor.anyIdentifier().value;
  if (!cursor.isKind('word')) throw cursor.mismatch('<identifier>');
  return cursor.next().text.toLowerCase();
}

/** A Hive type in the catalog's spelling: lower case, no spaces. @throws SYNTAX_ERROR for an unknown one */
export function parseHiveType(cursor: Cursor): string {
  return cursor.nested(() => {
    const { at, token } = cursor;
    if (!cursor.isKind('word')) throw cursor.mismatch('<type>');
    const written = cursor.next().text.toLowerCase();
    if (written === 'double') cursor.accept('PRECISION');
    const isSized = cursor.is('(');
    const name = isSized && written === 'varchar' ? written : (hiveNames[written] ?? written);
    if (!hiveTypes.has(name)) throw syntaxError(at, `Unknown type: ${token.text}`);
    if (name === 'array') return parseArrayArgument(cursor);
    if (name === 'map') return parseMapArguments(cursor);
    if (name === 'struct') return parseStructFields(cursor);
    if (!isSized) return name === 'decimal' ? 'decimal(10,0)' : name;
    const sizes = cursor.parenthesized(() => cursor.integer());
    const allowed = name === 'decimal' ? 2 : name === 'varchar' || name === 'char' ? 1 : 0;
    if (sizes.length > allowed)
      throw syntaxError(at, `${name} takes ${allowed === 0 ? 'no parameters' : `at most ${allowed}`}`);
    return name === 'decimal' ? `decimal(${sizes[0]},${sizes[1] ?? 0})` : `${name}(${sizes[0]})`;
  });
}

function parseArrayArgument(cursor: Cursor): string {
  cursor.expect('<');
  const element = parseHiveType(cursor);
  cursor.expect('>');
  return `array<${element}>`;
}

function parseStructFields(cursor: Cursor): string {
  cursor.expect('<');
  const fields = cursor.list(() => parseStructField(cursor));
  cursor.expect('>');
  return `struct<${fields.join(',')}>`;
}

function parseMapArguments(cursor: Cursor): string {
  cursor.expect('<');
  const key = parseHiveType(cursor);
  cursor.expect(',');
  const value = parseHiveType(cursor);
  cursor.expect('>');
  return `map<${key},${value}>`;
}

function parseStructField(cursor: Cursor): string {
  const name = columnName(cursor);
  cursor.expect(':');
  const type = parseHiveType(cursor);
  if (cursor.accept('COMMENT')) parseText(cursor);
  return `${name}:${type}`;
}

/** A string of DDL: single or double quotes, with Hive's backslash escapes (`'\t'`, `'\001'`, `'\\'`). */
export function parseText(cursor: Cursor): string {
  if (!cursor.isKind('string') && !cursor.isKind('quoted')) throw cursor.mismatch('<string>');
  return unescapeHive(cursor.next().value);
}

const escapes: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', b: '\b', Z: '\x1a', '0': '\0' };

/** Escapes of Hive strings: three octal digits, `\u` with four hexadecimal ones, the usual letters; `\x` is `x` for any other x. */
export function unescapeHive(text: string): string {
  return text.replaceAll(
    /\\(?:([0-3][0-7]{2})|u([0-9a-fA-F]{4})|(.))/gs,
    (_, octal?: string, hex?: string, char = '') => {
      if (octal !== undefined) return String.fromCodePoint(Number.parseInt(octal, 8));
      if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
      // LIKE wildcards keep their backslash, as in Hive.
      if (char === '%' || char === '_') return `\\${char}`;
      return escapes[char] ?? char;
    },
  );
}

/** `('k'='v', …)` */
export function parseProperties(cursor: Cursor): Properties {
  const properties: Record<string, string> = Object.create(null) as Record<string, string>;
  cursor.parenthesized(() => {
    const key = parseText(cursor);
    cursor.expect('=');
    properties[key] = parseText(cursor);
  });
  return { ...properties };
}

/** `(format = 'PARQUET', partitioned_by = ARRAY['a'], bucket_count = 4)`; a key twice is an error. */
export function parsePropertyValues(cursor: Cursor): Record<string, PropertyValue> {
  const properties: Record<string, PropertyValue> = Object.create(null) as Record<string, PropertyValue>;
  cursor.parenthesized(() => {
    const key = cursor.anyIdentifier();
    if (key.value in properties) throw syntaxError(key.at, `the property '${key.value}' stands twice`);
    cursor.expect('=');
    properties[key.value] = parsePropertyValue(cursor);
  });
  return { ...properties };
}

function parsePropertyValue(cursor: Cursor): PropertyValue {
  if (cursor.accept('TRUE')) return true;
  if (cursor.accept('FALSE')) return false;
  if (cursor.isKind('integer')) return cursor.integer();
  if (cursor.isKind('decimal') || cursor.isKind('double')) return Number(cursor.next().value);
  if (!cursor.accept('ARRAY')) return cursor.string();
  cursor.expect('[');
  const items = cursor.is(']')
    ? []
    : cursor.list(() => (cursor.isKind('integer') ? cursor.integer() : cursor.string()));
  cursor.expect(']');
  return items;
}

/** `PARTITION (year = '2020', month = 1)` */
export function parsePartitionSpec(cursor: Cursor): PartitionSpec {
  cursor.expect('PARTITION');
  return cursor.parenthesized(() => {
    const key = columnName(cursor);
    cursor.expect('=');
    return { key, value: parsePartitionValue(cursor) };
  });
}

export function parsePartitionCondition(cursor: Cursor): PartitionCondition {
  cursor.expect('PARTITION');
  return cursor.parenthesized(() => {
    const key = columnName(cursor);
    const operator = cursor.expectAny('=', '<>', '<=', '<', '>=', '>');
    return { key, operator, value: parsePartitionValue(cursor) };
  });
}

function parsePartitionValue(cursor: Cursor): string {
  const negative = cursor.accept('-') ? '-' : '';
  if (cursor.isKind('integer') || cursor.isKind('decimal')) return `${negative}${cursor.next().value}`;
  if (negative !== '') throw cursor.mismatch('<number>');
  cursor.acceptAny('DATE', 'TIMESTAMP');
  return parseText(cursor);
}

/** `s3://bucket/path`. @throws SYNTAX_ERROR for anything else */
export function parseLocation(cursor: Cursor): string {
  const at: Position = cursor.at;
  const location = parseText(cursor);
  if (!/^s3[an]?:\/\//i.test(location)) {
    throw syntaxError(at, `LOCATION is an S3 path (s3://bucket/prefix/), not '${location.slice(0, 200)}'`);
  }
  return location;
}
