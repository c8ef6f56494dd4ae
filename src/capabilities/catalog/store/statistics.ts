/** Rows of column statistics, of whole tables and of single partitions. */
import type { Db } from '#kernel/state';
import type { ColumnStatistics } from '../records/statistics.ts';
import { decodeRecord, encodeRecord } from './record.ts';

/** @param partition the partition's key, or empty for the whole table */
export function selectStatistics(
  db: Db,
  tableId: number,
  partition: string,
  column: string,
): ColumnStatistics | undefined {
  const row = db
    .prepare<{ body: string }>(
      'SELECT body FROM catalog_statistics WHERE table_id = ? AND "partition" = ? AND column_name = ?',
    )
    .get(tableId, partition, column);
  return row && (decodeRecord(row.body) as ColumnStatistics);
}

export function putStatistics(db: Db, tableId: number, partition: string, statistics: ColumnStatistics): void {
  db.prepare(
    `INSERT INTO catalog_statistics (table_id, "partition", column_name, body) VALUES (?, ?, ?, ?)
     ON CONFLICT (table_id, "partition", column_name) DO UPDATE SET body = excluded.body`,
  ).run(tableId, partition, statistics.ColumnName, encodeRecord(statistics));
}

/** @returns whether there were any */
export function deleteStatistics(db: Db, tableId: number, partition: string, column: string): boolean {
  const { changes } = db
    .prepare('DELETE FROM catalog_statistics WHERE table_id = ? AND "partition" = ? AND column_name = ?')
    .run(tableId, partition, column);
  return Number(changes) > 0;
}
