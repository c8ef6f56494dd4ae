/** INSERT: the query's columns brought into the table's order and types. */
import type { Table } from '#catalog';
import {
  formatType,
  isCoercible,
  quoteIdentifier,
  toEngineType,
  type OutputColumn,
  type Position,
} from '#languages/sql/index';
import { queryError } from '../errors.ts';
import { columnsOf } from '../tables/relations.ts';
import type { PlannedQuery } from './planner.ts';

/**
 * @param named the columns that the statement lists; the others become NULL
 * @throws TYPE_MISMATCH, COLUMN_NOT_FOUND, MISMATCHED_COLUMN_ALIASES in Trino's words
 */
export function alignColumns(
  planned: PlannedQuery,
  table: Table,
  named: readonly string[] | undefined,
  at: Position,
): PlannedQuery {
  const wanted = [
    ...columnsOf(table, table.StorageDescriptor?.Columns ?? []),
    ...columnsOf(table, table.PartitionKeys ?? []),
  ];
  const place = `line ${at.line}:${at.column}`;
  const names = named?.map((name) => name.toLowerCase()) ?? wanted.map((column) => column.name);
  const unknown = names.find((name) => !wanted.some((column) => column.name === name));
  if (unknown !== undefined)
    throw queryError('COLUMN_NOT_FOUND', `${place}: Insert column name does not exist in target table: ${unknown}`);
  const given = planned.translation.columns;
  const mismatch = (): Error =>
    queryError(
      'TYPE_MISMATCH',
      `${place}: Insert query has mismatched column types: Table: [${names.map((name) => formatType(wanted.find((column) => column.name === name)?.type ?? { kind: 'unknown' })).join(', ')}], Query: [${given.map((column) => formatType(column.type)).join(', ')}]`,
    );
  if (given.length !== names.length) throw mismatch();
  const columns: OutputColumn[] = [];
  const cells = wanted.map((column) => {
    columns.push({ name: column.name, type: column.type, anonymous: false });
    const index = names.indexOf(column.name);
    const source = given[index];
    if (source === undefined) return `CAST(NULL AS ${toEngineType(column.type)}) AS ${quoteIdentifier(column.name)}`;
    const isText = column.type.kind === 'varchar' && source.type.kind === 'varchar';
    if (!isText && !isCoercible(source.type, column.type)) throw mismatch();
    return `CAST(i.c${index} AS ${toEngineType(column.type)}) AS ${quoteIdentifier(column.name)}`;
  });
  const aliases = given.map((_, index) => `c${index}`).join(', ');
  const sql = `SELECT ${cells.join(', ')} FROM (${planned.translation.sql}) AS i(${aliases})`;
  return { ...planned, translation: { ...planned.translation, sql, columns } };
}
