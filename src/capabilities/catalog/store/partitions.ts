/** Rows of partitions. Values, location and counts are a partition's own; the rest of its descriptor is shared. */
import { createHash } from 'node:crypto';
import type { Db, SqlValue } from '#kernel/state';
import { comparable, keyKind } from '../partition.ts';
import type { Partition, PartitionInput } from '../partition.ts';
import type { Column, StorageDescriptor, Table } from '../table.ts';
import { type Condition, typedColumns } from './expression-sql.ts';
import { decodeRecord, encodeRecord } from './record.ts';
import type { StoredTable } from './tables.ts';

interface PartitionRow {
  readonly key: string;
  readonly created_ms: number;
  readonly location: string | null;
  readonly descriptor: number | null;
  readonly body: string;
}

/** What a row keeps beside its values, location and shared descriptor. */
interface PartitionBody {
  readonly LastAccessTime?: Date | undefined;
  readonly LastAnalyzedTime?: Date | undefined;
  readonly Parameters?: Record<string, string> | undefined;
  readonly descriptorParameters?: Record<string, string> | undefined;
}

export interface PartitionRange {
  /** Only those whose key is greater. */
  readonly after: string;
  readonly limit: number;
  readonly condition?: Condition | undefined;
  readonly segment?: { readonly number: number; readonly total: number } | undefined;
}

const rowColumns = '"key", created_ms, location, descriptor, body';

/** The text under which a partition is kept and by which partitions are ordered. */
export function partitionKey(values: readonly string[]): string {
  return JSON.stringify(values);
}

export function selectPartition(db: Db, stored: StoredTable, values: readonly string[]): Partition | undefined {
  const row = db
    .prepare<PartitionRow>(`SELECT ${rowColumns} FROM catalog_partition WHERE table_id = ? AND "key" = ?`)
    .get(stored.id, partitionKey(values));
  return row && toPartition(stored.table, row, descriptorReader(db));
}

export function selectPartitions(
  db: Db,
  stored: StoredTable,
  range: PartitionRange,
): { key: string; partition: Partition }[] {
  const conditions = ['table_id = ?', '"key" > ?'];
  const parameters: SqlValue[] = [stored.id, range.after];
  if (range.condition) {
    conditions.push(range.condition.sql);
    parameters.push(...range.condition.parameters);
  }
  if (range.segment) {
    conditions.push('id % ? = ?');
    parameters.push(range.segment.total, range.segment.number);
  }
  const rows = db
    .prepare<PartitionRow>(
      `SELECT ${rowColumns} FROM catalog_partition WHERE ${conditions.join(' AND ')} ORDER BY "key" LIMIT ?`,
    )
    .all(...parameters, range.limit);
  const readDescriptor = descriptorReader(db);
  return rows.map((row) => ({ key: row.key, partition: toPartition(stored.table, row, readDescriptor) }));
}

export function hasPartitions(db: Db, id: number): boolean {
  return db.prepare('SELECT 1 FROM catalog_partition WHERE table_id = ? LIMIT 1').get(id) !== undefined;
}

export function hasPartition(db: Db, id: number, values: readonly string[]): boolean {
  return (
    db.prepare('SELECT 1 FROM catalog_partition WHERE table_id = ? AND "key" = ?').get(id, partitionKey(values)) !==
    undefined
  );
}

export function insertPartition(db: Db, stored: StoredTable, input: PartitionInput, createdMs: number): void {
  const descriptor = input.StorageDescriptor && putDescriptor(db, stored.id, input.StorageDescriptor);
  db.prepare(
    `INSERT INTO catalog_partition (table_id, "key", v0, v1, v2, v3, created_ms, location, descriptor, body)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  ).run(
    stored.id,
    partitionKey(input.Values),
    ...typedValues(stored.table.PartitionKeys ?? [], input.Values),
    createdMs,
    input.StorageDescriptor?.Location ?? null,
    descriptor ?? null,
    encodeRecord(bodyOf(input)),
  );
}

/** Writes the new definition over the partition with `values`, whose own values may change with it. */
export function updatePartition(db: Db, stored: StoredTable, values: readonly string[], input: PartitionInput): void {
  const descriptor = input.StorageDescriptor && putDescriptor(db, stored.id, input.StorageDescriptor);
  db.prepare(
    `UPDATE catalog_partition SET "key" = ?, v0 = ?, v1 = ?, v2 = ?, v3 = ?, location = ?, descriptor = ?, body = ?
     WHERE table_id = ? AND "key" = ?`,
  ).run(
    partitionKey(input.Values),
    ...typedValues(stored.table.PartitionKeys ?? [], input.Values),
    input.StorageDescriptor?.Location ?? null,
    descriptor ?? null,
    encodeRecord(bodyOf(input)),
    stored.id,
    partitionKey(values),
  );
}

/** @returns whether there was such a partition */
export function deletePartition(db: Db, id: number, values: readonly string[]): boolean {
  const key = partitionKey(values);
  db.prepare(`DELETE FROM catalog_statistics WHERE table_id = ? AND "partition" = ?`).run(id, key);
  return Number(db.prepare('DELETE FROM catalog_partition WHERE table_id = ? AND "key" = ?').run(id, key).changes) > 0;
}

/** Types the stored values anew after the table's partition keys got other types. */
export function retypePartitions(db: Db, id: number, keys: readonly Column[]): void {
  const rows = db
    .prepare<{ id: number; key: string }>('SELECT id, "key" FROM catalog_partition WHERE table_id = ?')
    .all(id);
  const update = db.prepare('UPDATE catalog_partition SET v0 = ?, v1 = ?, v2 = ?, v3 = ? WHERE id = ?');
  for (const row of rows) update.run(...typedValues(keys, JSON.parse(row.key) as string[]), row.id);
}

function typedValues(keys: readonly Column[], values: readonly string[]): SqlValue[] {
  return typedColumns.map((_column, position) => {
    const value = values[position];
    return value === undefined ? null : comparable(value, keyKind(keys[position]?.Type));
  });
}

function bodyOf(input: PartitionInput): PartitionBody {
  return {
    LastAccessTime: input.LastAccessTime,
    LastAnalyzedTime: input.LastAnalyzedTime,
    Parameters: input.Parameters,
    descriptorParameters: input.StorageDescriptor?.Parameters,
  };
}

function putDescriptor(db: Db, tableId: number, descriptor: StorageDescriptor): number {
  const body = encodeRecord({ ...descriptor, Location: undefined, Parameters: undefined });
  const digest = createHash('sha256').update(body).digest('base64url');
  const found = db
    .prepare<{ id: number }>('SELECT id FROM catalog_descriptor WHERE table_id = ? AND digest = ?')
    .get(tableId, digest);
  if (found) return found.id;
  const { lastInsertRowid } = db
    .prepare('INSERT INTO catalog_descriptor (table_id, digest, body) VALUES (?, ?, ?)')
    .run(tableId, digest, body);
  return Number(lastInsertRowid);
}

type DescriptorReader = (id: number) => StorageDescriptor;

/** Reads each shared descriptor once for as long as the reader is kept. */
function descriptorReader(db: Db): DescriptorReader {
  const known = new Map<number, StorageDescriptor>();
  return (id) => {
    let descriptor = known.get(id);
    if (descriptor === undefined) {
      const row = db.prepare<{ body: string }>('SELECT body FROM catalog_descriptor WHERE id = ?').get(id);
      descriptor = row ? (decodeRecord(row.body) as StorageDescriptor) : {};
      known.set(id, descriptor);
    }
    return descriptor;
  };
}

function toPartition(table: Table, row: PartitionRow, readDescriptor: DescriptorReader): Partition {
  const { descriptorParameters, ...body } = decodeRecord(row.body) as PartitionBody;
  return {
    ...body,
    Values: JSON.parse(row.key) as string[],
    DatabaseName: table.DatabaseName,
    TableName: table.Name,
    CatalogId: table.CatalogId,
    CreationTime: new Date(row.created_ms),
    StorageDescriptor:
      row.descriptor === null
        ? undefined
        : { ...readDescriptor(row.descriptor), Location: row.location ?? undefined, Parameters: descriptorParameters },
  };
}
