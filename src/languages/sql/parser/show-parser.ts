/** SHOW and DESCRIBE. */
import { notSupported } from '../errors.ts';
import type { Position } from '../tree/expressions.ts';
import type { QualifiedName } from '../tree/queries.ts';
import type { Statement } from '../tree/statements.ts';
import type { Cursor } from './cursor.ts';
import { columnName, parsePartitionSpec, parseText } from './ddl-clauses.ts';

export function parseShow(cursor: Cursor, at: Position): Statement {
  cursor.expect('SHOW');
  const what = cursor.expectAny(
    'DATABASES',
    'SCHEMAS',
    'TABLES',
    'VIEWS',
    'COLUMNS',
    'PARTITIONS',
    'CREATE',
    'TBLPROPERTIES',
    'FUNCTIONS',
    'CATALOGS',
    'SESSION',
    'STATS',
    'GRANTS',
    'ROLES',
    'CURRENT',
    'ROLE',
  );
  switch (what) {
    case 'DATABASES':
    case 'SCHEMAS':
      if (cursor.acceptAny('FROM', 'IN') !== undefined) cursor.identifier();
      return { kind: 'show-databases', ...parsePattern(cursor), at };
    case 'TABLES':
    case 'VIEWS':
      return {
        kind: what === 'TABLES' ? 'show-tables' : 'show-views',
        ...parseDatabase(cursor),
        ...parsePattern(cursor),
        at,
      };
    case 'COLUMNS':
      return { kind: 'show-columns', name: parseColumnsOf(cursor), at };
    case 'PARTITIONS': {
      cursor.acceptAny('FROM', 'IN');
      const name = cursor.qualifiedName(true);
      return {
        kind: 'show-partitions',
        name,
        ...(cursor.is('PARTITION') ? { partition: parsePartitionSpec(cursor) } : {}),
        at,
      };
    }
    case 'CREATE': {
      if (cursor.is('SCHEMA') || cursor.is('DATABASE')) throw notSupported(at, `SHOW CREATE ${cursor.token.value}`);
      const kind = cursor.expectAny('TABLE', 'VIEW') === 'TABLE' ? 'show-create-table' : 'show-create-view';
      return { kind, name: cursor.qualifiedName(true), at };
    }
    case 'TBLPROPERTIES': {
      const name = cursor.qualifiedName(true);
      if (!cursor.accept('(')) return { kind: 'show-properties', name, at };
      const property = parseText(cursor);
      cursor.expect(')');
      return { kind: 'show-properties', name, property, at };
    }
    case 'FUNCTIONS':
    case 'CATALOGS':
    case 'SESSION':
      return {
        kind: `show-${what.toLowerCase() as 'functions' | 'catalogs' | 'session'}`,
        ...parsePattern(cursor),
        at,
      };
    default:
      throw notSupported(at, `SHOW ${what}`);
  }
}

function parseDatabase(cursor: Cursor): { database?: QualifiedName } {
  return cursor.acceptAny('FROM', 'IN') === undefined ? {} : { database: cursor.qualifiedName(true) };
}

/** `'a*|b'`, `LIKE 'a%'` */
function parsePattern(cursor: Cursor): { pattern?: string } {
  const like = cursor.accept('LIKE');
  if (!like && !cursor.isKind('string')) return {};
  return { pattern: cursor.string() };
}

/** `SHOW COLUMNS IN db.t`, `IN t IN db` */
function parseColumnsOf(cursor: Cursor): QualifiedName {
  cursor.expectAny('FROM', 'IN');
  const name = cursor.qualifiedName(true);
  if (cursor.acceptAny('FROM', 'IN') === undefined) return name;
  return { parts: [...cursor.qualifiedName(true).parts, ...name.parts], at: name.at };
}

export function parseDescribe(cursor: Cursor, at: Position): Statement {
  cursor.expectAny('DESCRIBE', 'DESC');
  if (cursor.is('INPUT') || cursor.is('OUTPUT')) throw notSupported(at, `DESCRIBE ${cursor.token.value}`);
  if (cursor.is('DATABASE') || cursor.is('SCHEMA') || cursor.is('FUNCTION'))
    throw notSupported(at, `DESCRIBE ${cursor.token.value}`);
  if (cursor.is('VIEW') && cursor.isIdentifier(1)) {
    cursor.next();
    return { kind: 'describe-view', name: cursor.qualifiedName(true), at };
  }
  const word = cursor.isIdentifier(1) ? cursor.acceptAny('FORMATTED', 'EXTENDED') : undefined;
  const mode = word === undefined ? 'plain' : word === 'FORMATTED' ? 'formatted' : 'extended';
  const name = cursor.qualifiedName(true);
  const partition = cursor.is('PARTITION') ? { partition: parsePartitionSpec(cursor) } : {};
  const isColumn = cursor.isIdentifier();
  return { kind: 'describe', name, mode, ...partition, ...(isColumn ? { column: parsePath(cursor) } : {}), at };
}

/** `col`, `col.field`, `col.$elem$` */
function parsePath(cursor: Cursor): string {
  const parts = [columnName(cursor)];
  while (cursor.accept('.')) {
    const marked = cursor.accept('$');
    const part = columnName(cursor);
    if (marked) cursor.expect('$');
    parts.push(marked ? `$${part}$` : part);
  }
  return parts.join('.');
}
