/** What a query's columns must be to become files. */
import type { OutputColumn } from '#languages/sql/index';
import { queryError } from '../errors.ts';

/** @throws MISSING_COLUMN_NAME, DUPLICATE_COLUMN_NAME */
export function namedColumns(columns: readonly OutputColumn[]): readonly OutputColumn[] {
  const seen = new Set<string>();
  for (const [index, column] of columns.entries()) {
    const name = column.name.toLowerCase();
    if (column.anonymous) throw queryError('MISSING_COLUMN_NAME', `Column name not specified at position ${index + 1}`);
    if (seen.has(name))
      throw queryError('DUPLICATE_COLUMN_NAME', `Column name '${column.name}' specified more than once`);
    seen.add(name);
  }
  return columns;
}

export function checkPartitionColumns(columns: readonly OutputColumn[], partitionedBy: readonly string[]): void {
  const last = columns.slice(columns.length - partitionedBy.length).map((column) => column.name.toLowerCase());
  if (partitionedBy.length >= columns.length && partitionedBy.length > 0) {
    throw queryError('INVALID_TABLE_PROPERTY', 'A table needs at least one column that is no partition key');
  }
  if (partitionedBy.some((name, index) => name !== last[index])) {
    throw queryError(
      'HIVE_COLUMN_ORDER_MISMATCH',
      `Partition keys must be the last columns in the table and in the same order as the table properties: [${partitionedBy.join(', ')}], but the last columns are [${last.join(', ')}]`,
    );
  }
}

/** @throws NOT_SUPPORTED: text files of nested values would need delimiters of their own */
export function checkTextColumns(columns: readonly OutputColumn[]): void {
  const nested = columns.find((column) => ['array', 'map', 'row'].includes(column.type.kind));
  if (nested !== undefined)
    throw queryError(
      'NOT_SUPPORTED',
      `Writing the nested column '${nested.name}' as TEXTFILE is not supported; use PARQUET or JSON`,
    );
}
