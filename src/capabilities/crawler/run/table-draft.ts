/** A data set as the catalog's table and partitions, with the parameters that Glue's crawlers write. */
import type { Column, PartitionInput, StorageDescriptor, TableInput } from '#catalog';
import { formatHiveType } from '#formats/hive-type';
import type { DataSet, Leaf } from '../discovery/grouping.ts';
import { type Shape, isPositional } from '../discovery/shape.ts';
import { cleanName, hivePart } from '../discovery/table-name.ts';

export interface DraftOptions {
  readonly bucket: string;
  readonly crawlerName: string;
  readonly createPartitionIndex: boolean;
}

export interface TableDraft {
  readonly location: string;
  readonly table: Omit<TableInput, 'Name'>;
  readonly partitions: readonly PartitionInput[];
  readonly reasons: readonly string[];
}

/** Parameters that change with every crawl and make no new version of a table. */
export const countParameters = ['averageRecordSize', 'objectCount', 'recordCount', 'sizeKey'] as const;

export function draftTable(set: DataSet, options: DraftOptions): TableDraft {
  const location = locationOf(options.bucket, set.root);
  const names = keyNames(set);
  const columns = withoutKeys(columnsOf(set.shape), names, isPositional(set.shape.format));
  const partitionKeys = names.map((name) => ({ Name: name, Type: 'string' }));
  const parameters = parametersOf(set.shape, options.crawlerName);
  return {
    location,
    table: {
      Owner: 'owner',
      TableType: 'EXTERNAL_TABLE',
      Retention: 0,
      PartitionKeys: partitionKeys,
      Parameters: {
        ...parameters,
        ...(options.createPartitionIndex && names.length > 0 && { 'partition_filtering.enabled': 'true' }),
      },
      StorageDescriptor: descriptorOf(set.shape, columns, location, parameters),
    },
    partitions: names.length === 0 ? [] : set.leaves.map((leaf) => draftPartition(set, leaf, columns, options)),
    reasons: set.reasons,
  };
}

function draftPartition(set: DataSet, leaf: Leaf, columns: Column[], options: DraftOptions): PartitionInput {
  const values = leaf.prefix
    .slice(set.root.length)
    .split('/')
    .filter(Boolean)
    .map((segment, level) => (set.levels[level]?.key === undefined ? segment : (hivePart(segment)?.value ?? segment)));
  const { shape } = leaf;
  const own = isPositional(shape.format) ? inOwnOrder(shape, columns) : columns;
  const parameters = parametersOf(shape, options.crawlerName);
  return {
    Values: values,
    Parameters: parameters,
    StorageDescriptor: descriptorOf(shape, own, locationOf(options.bucket, leaf.prefix), parameters),
  };
}

export function locationOf(bucket: string, keyOrPrefix: string): string {
  return `s3://${bucket}/${keyOrPrefix}`;
}

function columnsOf(shape: Shape): Column[] {
  return shape.columns.map((column) => ({
    Name: column.name.toLowerCase(),
    Type: formatHiveType(column.type),
    ...(column.comment !== undefined && { Comment: column.comment }),
  }));
}

/**
 * Lines are read by place, so a partition whose lines have other columns than the table keeps its own order; each column
 * has the table's type, in which the values of all partitions fit.
 */
function inOwnOrder(shape: Shape, columns: readonly Column[]): Column[] {
  const byName = new Map(columns.map((column) => [column.Name, column]));
  return columnsOf(shape).map((column) => byName.get(column.Name) ?? column);
}

/** A column that is a partition key too goes, as the folder's value is the one that counts; in lines it has its place. */
function withoutKeys(columns: readonly Column[], names: readonly string[], isByPlace: boolean): Column[] {
  return isByPlace ? [...columns] : columns.filter((column) => !names.includes(column.Name));
}

/** Names of the partition keys; plain folders are counted: `partition_0`, `partition_1`. */
function keyNames(set: DataSet): string[] {
  const taken = new Set(
    isPositional(set.shape.format) ? set.shape.columns.map((column) => column.name.toLowerCase()) : [],
  );
  const names: string[] = [];
  for (const [index, level] of set.levels.entries()) {
    const wanted = level.key === undefined ? `partition_${index}` : cleanName(level.key);
    let name = wanted;
    for (let count = 1; taken.has(name) || names.includes(name); count++) name = `${wanted}_${count}`;
    names.push(name);
  }
  return names;
}

function descriptorOf(
  shape: Shape,
  columns: Column[],
  location: string,
  parameters: Record<string, string>,
): StorageDescriptor {
  const { format } = shape;
  return {
    Columns: columns,
    Location: location,
    InputFormat: format.inputFormat,
    OutputFormat: format.outputFormat,
    Compressed: format.compression !== 'none',
    NumberOfBuckets: -1,
    SerdeInfo: { SerializationLibrary: format.serializationLibrary, Parameters: { ...format.serdeParameters } },
    BucketColumns: [],
    SortColumns: [],
    Parameters: parameters,
    StoredAsSubDirectories: false,
  };
}

function parametersOf(shape: Shape, crawlerName: string): Record<string, string> {
  const { format, objectCount, sizeBytes, rowCount } = shape;
  return {
    ...format.parameters,
    classification: format.classification,
    compressionType: compressionTypeOf(format.compression),
    typeOfData: 'file',
    averageRecordSize: String(rowCount === 0 ? 0 : Math.max(1, Math.round(sizeBytes / rowCount))),
    objectCount: String(objectCount),
    recordCount: String(rowCount),
    sizeKey: String(sizeBytes),
    CrawlerSchemaDeserializerVersion: '1.0',
    CrawlerSchemaSerializerVersion: '1.0',
    UPDATED_BY_CRAWLER: crawlerName,
  };
}

function compressionTypeOf(codec: Shape['format']['compression']): string {
  return codec.startsWith('snappy') ? 'snappy' : codec;
}
