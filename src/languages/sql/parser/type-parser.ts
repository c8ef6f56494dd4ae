/** Types in Trino's spelling, inside a statement (CAST) and alone. */
import { syntaxError } from '../errors.ts';
import type { SqlType, SqlTypeOf } from '../types/sql-type.ts';
import { Cursor } from './cursor.ts';
import { tokenize } from './tokens.ts';

const simpleTypes: Readonly<Record<string, SqlType>> = {
  BOOLEAN: { kind: 'boolean' },
  TINYINT: { kind: 'tinyint' },
  SMALLINT: { kind: 'smallint' },
  INTEGER: { kind: 'integer' },
  INT: { kind: 'integer' },
  BIGINT: { kind: 'bigint' },
  REAL: { kind: 'real' },
  VARBINARY: { kind: 'varbinary' },
  DATE: { kind: 'date' },
  JSON: { kind: 'json' },
  UUID: { kind: 'uuid' },
  UNKNOWN: { kind: 'unknown' },
  STRING: { kind: 'varchar' },
  FLOAT: { kind: 'real' },
};

/** @throws SYNTAX_ERROR for text that is no type */
export function parseType(text: string): SqlType {
  const cursor = new Cursor(text, tokenize(text));
  const type = readType(cursor);
  cursor.expectEnd();
  return type;
}

export function readType(cursor: Cursor): SqlType {
  return cursor.nested(() => readArraySuffix(cursor, readBase(cursor)));
}

/** `integer ARRAY` is the standard's older form of `array(integer)`. */
function readArraySuffix(cursor: Cursor, base: SqlType): SqlType {
  let type = base;
  while (cursor.is('ARRAY')) {
    cursor.next();
    type = { kind: 'array', element: type };
  }
  return type;
}

function readBase(cursor: Cursor): SqlType {
  const { token } = cursor;
  if (token.kind !== 'word' && token.kind !== 'quoted') throw cursor.mismatch('<type>');
  const name = token.value.toUpperCase();
  cursor.next();
  switch (name) {
    case 'DOUBLE':
      cursor.accept('PRECISION');
      return { kind: 'double' };
    case 'DECIMAL':
    case 'NUMERIC':
      return readDecimal(cursor);
    case 'VARCHAR': {
      const length = readSize(cursor);
      return length === undefined ? { kind: 'varchar' } : { kind: 'varchar', length };
    }
    case 'CHAR':
      return { kind: 'char', length: readSize(cursor) ?? 1 };
    case 'TIME':
    case 'TIMESTAMP':
      return readTime(cursor, name === 'TIME' ? 'time' : 'timestamp');
    case 'INTERVAL':
      return readInterval(cursor);
    case 'ARRAY':
      return { kind: 'array', element: readArgument(cursor, 1)[0] as SqlType };
    case 'MAP': {
      const [key, value] = readArgument(cursor, 2);
      return { kind: 'map', key: key as SqlType, value: value as SqlType };
    }
    case 'ROW':
      return readRow(cursor);
    default: {
      const simple = Object.hasOwn(simpleTypes, name) ? simpleTypes[name] : undefined;
      if (simple === undefined) throw syntaxError(token.at, `Unknown type: ${token.text}`);
      return simple;
    }
  }
}

function readDecimal(cursor: Cursor): SqlType {
  const { at } = cursor;
  if (!cursor.accept('(')) return { kind: 'decimal', precision: 38, scale: 0 };
  const precision = cursor.integer();
  const scale = cursor.accept(',') ? cursor.integer() : 0;
  cursor.expect(')');
  if (precision < 1 || precision > 38)
    throw syntaxError(at, `DECIMAL precision must be in range [1, 38]: ${precision}`);
  if (scale > precision)
    throw syntaxError(at, `DECIMAL scale must be in range [0, precision (${precision})]: ${scale}`);
  return { kind: 'decimal', precision, scale };
}

function readSize(cursor: Cursor): number | undefined {
  if (!cursor.accept('(')) return undefined;
  const size = cursor.integer();
  cursor.expect(')');
  return size;
}

function readTime(cursor: Cursor, kind: 'time' | 'timestamp'): SqlTypeOf<'time' | 'timestamp'> {
  const { at } = cursor;
  const precision = readSize(cursor) ?? 3;
  if (precision > 12) throw syntaxError(at, `${kind.toUpperCase()} precision must be in range [0, 12]: ${precision}`);
  const withTimeZone = cursor.accept('WITH', 'TIME', 'ZONE');
  if (!withTimeZone) cursor.accept('WITHOUT', 'TIME', 'ZONE');
  return { kind, precision, withTimeZone };
}

function readInterval(cursor: Cursor): SqlType {
  const from = cursor.expectAny('DAY', 'YEAR');
  cursor.expect('TO', from === 'DAY' ? 'SECOND' : 'MONTH');
  return { kind: 'interval', unit: from === 'DAY' ? 'day to second' : 'year to month' };
}

/** `(type, …)`, or `<type, …>` as older texts write it. */
function readArgument(cursor: Cursor, count: number): SqlType[] {
  const closing = cursor.expectAny('(', '<') === '(' ? ')' : '>';
  const types = [readType(cursor)];
  while (types.length < count) {
    cursor.expect(',');
    types.push(readType(cursor));
  }
  cursor.expect(closing);
  return types;
}

function readRow(cursor: Cursor): SqlType {
  const fields = cursor.parenthesized(() => {
    const start = cursor.index;
    if (cursor.isIdentifier()) {
      const name = cursor.identifier();
      if (!cursor.is(',') && !cursor.is(')') && !cursor.is('(')) {
        // `timestamp with time zone` and `double precision` are types of several words and not a name and a type.
        const severalWords = ['timestamp', 'time', 'double', 'interval'].includes(name.value) && !name.quoted;
        const isType =
          severalWords &&
          (cursor.is('WITH') ||
            cursor.is('WITHOUT') ||
            cursor.is('PRECISION') ||
            cursor.is('DAY') ||
            cursor.is('YEAR'));
        if (!isType) return { name: name.text, type: readType(cursor) };
      }
      cursor.rewind(start);
    }
    return { type: readType(cursor) };
  });
  return { kind: 'row', fields };
}
