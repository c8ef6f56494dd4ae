/** ALTER DATABASE and ALTER TABLE, in Hive's forms. */
import { notSupported } from '../errors.ts';
import type { Position } from '../tree/expressions.ts';
import type { AlterTableAction, PartitionSpec, Statement } from '../tree/statements.ts';
import type { Cursor } from './cursor.ts';
import {
  columnName,
  parseColumn,
  parseColumns,
  parseLocation,
  parsePartitionCondition,
  parsePartitionSpec,
  parseProperties,
} from './ddl-clauses.ts';

export function parseAlter(cursor: Cursor, at: Position): Statement {
  cursor.expect('ALTER');
  if (cursor.is('VIEW')) throw notSupported(at, 'ALTER VIEW', 'Use CREATE OR REPLACE VIEW.');
  if (cursor.acceptAny('DATABASE', 'SCHEMA') !== undefined) {
    const name = cursor.anyIdentifier().value;
    if (cursor.is('SET', 'LOCATION') || cursor.is('SET', 'OWNER') || cursor.is('RENAME')) {
      throw notSupported(cursor.at, `ALTER DATABASE … ${cursor.token.value}`);
    }
    cursor.expect('SET', 'DBPROPERTIES');
    return { kind: 'alter-database', name, properties: parseProperties(cursor), at };
  }
  cursor.expect('TABLE');
  const name = cursor.qualifiedName(true);
  return { kind: 'alter-table', name, action: parseAction(cursor), at };
}

function parseAction(cursor: Cursor): AlterTableAction {
  const { at } = cursor;
  if (cursor.is('RENAME', 'TO')) throw notSupported(at, 'ALTER TABLE … RENAME TO');
  const partition = cursor.is('PARTITION') ? { partition: parsePartitionSpec(cursor) } : {};
  if (partition.partition === undefined) {
    if (cursor.is('ADD', 'PARTITION') || cursor.is('ADD', 'IF')) return parseAddPartitions(cursor);
    if (cursor.is('DROP', 'PARTITION') || cursor.is('DROP', 'IF')) return parseDropPartitions(cursor);
    if (cursor.accept('SET', 'TBLPROPERTIES')) return { kind: 'set-properties', properties: parseProperties(cursor) };
  } else if (cursor.accept('RENAME', 'TO')) {
    return { kind: 'rename-partition', from: partition.partition, to: parsePartitionSpec(cursor) };
  }
  return parseColumnAction(cursor, partition);
}

function parseColumnAction(cursor: Cursor, partition: { partition?: PartitionSpec }): AlterTableAction {
  const { at } = cursor;
  if (cursor.accept('ADD', 'COLUMNS')) return { kind: 'add-columns', ...partition, columns: parseColumns(cursor) };
  if (cursor.accept('REPLACE', 'COLUMNS'))
    return { kind: 'replace-columns', ...partition, columns: parseColumns(cursor) };
  if (cursor.accept('SET', 'LOCATION')) return { kind: 'set-location', ...partition, location: parseLocation(cursor) };
  if (cursor.accept('CHANGE')) {
    cursor.accept('COLUMN');
    const from = columnName(cursor);
    const column = parseColumn(cursor);
    if (cursor.accept('FIRST'))
      return { kind: 'change-column', ...partition, from, column, position: { kind: 'first' } };
    if (!cursor.accept('AFTER')) return { kind: 'change-column', ...partition, from, column };
    return {
      kind: 'change-column',
      ...partition,
      from,
      column,
      position: { kind: 'after', column: columnName(cursor) },
    };
  }
  for (const action of [
    ['SET', 'SERDE'],
    ['SET', 'FILEFORMAT'],
    ['UNSET', 'TBLPROPERTIES'],
    ['DROP', 'COLUMN'],
    ['RENAME', 'COLUMN'],
    ['CLUSTERED', 'BY'],
    ['TOUCH'],
    ['COMPACT'],
    ['CONCATENATE'],
  ]) {
    if (cursor.is(...action)) throw notSupported(at, `ALTER TABLE … ${action.join(' ')}`);
  }
  throw cursor.mismatch();
}

function parseAddPartitions(cursor: Cursor): AlterTableAction {
  cursor.expect('ADD');
  const ifNotExists = cursor.accept('IF', 'NOT', 'EXISTS');
  const partitions = [];
  while (partitions.length === 0 || cursor.is('PARTITION') || cursor.accept(',')) {
    const spec = parsePartitionSpec(cursor);
    partitions.push({ spec, ...(cursor.accept('LOCATION') ? { location: parseLocation(cursor) } : {}) });
  }
  return { kind: 'add-partitions', ifNotExists, partitions };
}

function parseDropPartitions(cursor: Cursor): AlterTableAction {
  cursor.expect('DROP');
  const ifExists = cursor.accept('IF', 'EXISTS');
  const partitions = [parsePartitionCondition(cursor)];
  while (cursor.accept(',')) partitions.push(parsePartitionCondition(cursor));
  cursor.accept('PURGE');
  return { kind: 'drop-partitions', ifExists, partitions };
}
