/** What a Parquet file says about itself in its footer (parquet.thrift, format 2.11): schema, rows, row groups, statistics. */
import { badData, unsupportedData } from '../errors.ts';
import type { Column } from '../hive-type.ts';
import { readRange, type RangeReader } from '../range-reader.ts';
import { buildSchema, columnsOf, leavesOf, physicalNames, type SchemaNode } from './schema.ts';
import { CompactReader, bytesOf, numberOf, structOf, structsOf, textOf, type ThriftStruct } from './thrift.ts';

export interface ParquetColumnChunk {
  /** Dotted path of the leaf (`user.tags.list.element`). */
  readonly path: string;
  readonly codec: string;
  readonly valueCount: number;
  readonly compressedBytes: number;
  readonly uncompressedBytes: number;
  readonly nullCount?: number;
  /** Smallest and largest value as text, where the writer gave them and the type has an order that can be told. */
  readonly min?: string;
  readonly max?: string;
}

export interface ParquetRowGroup {
  readonly rowCount: number;
  readonly totalBytes: number;
  readonly columns: readonly ParquetColumnChunk[];
}

export interface ParquetMeta {
  readonly columns: readonly Column[];
  readonly rowCount: number;
  readonly rowGroups: readonly ParquetRowGroup[];
  readonly createdBy: string;
  readonly keyValues: Readonly<Record<string, string>>;
}

// Limit: a footer is at most 256 MiB.
const footerBytesMax = 256 * 2 ** 20;
const codecs = ['none', 'snappy', 'gzip', 'lzo', 'brotli', 'lz4', 'zstd', 'lz4_raw'];

/** @throws HIVE_BAD_DATA; HIVE_UNSUPPORTED_FORMAT for an encrypted footer */
export async function readParquetMeta(reader: RangeReader): Promise<ParquetMeta> {
  if (reader.sizeBytes < 12) throw badData('parquet', `the file has ${reader.sizeBytes} bytes only`);
  const tail = await readRange(reader, reader.sizeBytes - 8, 8, 'parquet', 'the end');
  const magic = Buffer.from(tail).toString('latin1', 4);
  if (magic === 'PARE') throw unsupportedData('parquet', 'an encrypted footer');
  if (magic !== 'PAR1') throw badData('parquet', 'it does not end in PAR1');
  const length = new DataView(tail.buffer, tail.byteOffset).getUint32(0, true);
  if (length > footerBytesMax) throw badData('parquet', `the footer claims ${length} bytes`);
  const footer = await readRange(reader, reader.sizeBytes - 8 - length, length, 'parquet', 'the footer');
  const meta = new CompactReader(footer).struct();
  const schema = buildSchema(structsOf(meta, 2));
  const leaves = leavesOf(schema);
  const rowGroups = structsOf(meta, 4).map((group) => rowGroupOf(group, leaves));
  // Some writers leave the file's own count at 0; the row groups hold what is read.
  const rowCount = rowGroups.length > 0 ? rowGroups.reduce((sum, group) => sum + group.rowCount, 0) : numberOf(meta, 3);
  if (rowCount === undefined || rowCount < 0 || !Number.isSafeInteger(rowCount))
    throw badData('parquet', 'the footer has no sound row count');
  return {
    columns: columnsOf(schema),
    rowCount,
    rowGroups,
    createdBy: textOf(meta, 6) ?? '',
    keyValues: Object.fromEntries(structsOf(meta, 5).map((pair) => [textOf(pair, 1) ?? '', textOf(pair, 2) ?? ''])),
  };
}

function rowGroupOf(group: ThriftStruct, leaves: ReadonlyMap<string, SchemaNode>): ParquetRowGroup {
  return {
    rowCount: numberOf(group, 3) ?? 0,
    totalBytes: numberOf(group, 2) ?? 0,
    columns: structsOf(group, 1).flatMap((chunk) => {
      const meta = structOf(chunk, 3);
      return meta === undefined ? [] : [columnChunkOf(meta, leaves)];
    }),
  };
}

function columnChunkOf(meta: ThriftStruct, leaves: ReadonlyMap<string, SchemaNode>): ParquetColumnChunk {
  const parts = meta.get(3);
  const path = Array.isArray(parts)
    ? parts.map((part) => (part instanceof Uint8Array ? Buffer.from(part).toString('utf8') : '')).join('.')
    : '';
  const statistics = structOf(meta, 12);
  const leaf = leaves.get(path);
  const nullCount = numberOf(statistics, 3);
  const min = statisticText(leaf, statistics, 6, 2);
  const max = statisticText(leaf, statistics, 5, 1);
  return {
    path,
    codec: codecs[numberOf(meta, 4) ?? -1] ?? 'unknown',
    valueCount: numberOf(meta, 5) ?? 0,
    uncompressedBytes: numberOf(meta, 6) ?? 0,
    compressedBytes: numberOf(meta, 7) ?? 0,
    ...(nullCount === undefined ? {} : { nullCount }),
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
  };
}

/** The newer field where it is given; the older one, whose order for text was never fixed, for numbers only. */
function statisticText(
  leaf: SchemaNode | undefined,
  statistics: ThriftStruct | undefined,
  newer: number,
  older: number,
): string | undefined {
  if (leaf === undefined || statistics === undefined) return undefined;
  const physical = physicalNames[leaf.physical ?? -1];
  const isText = physical === 'binary' && (leaf.converted === 0 || leaf.logical?.has(1) === true);
  const bytes = bytesOf(statistics, newer) ?? (isText ? undefined : bytesOf(statistics, older));
  if (bytes === undefined) return undefined;
  const isUnsigned = (leaf.converted ?? 0) >= 11 && (leaf.converted ?? 0) <= 14;
  const isSignedInteger = (leaf.converted ?? 0) >= 15 && (leaf.converted ?? 0) <= 18;
  const isPlainNumber = leaf.converted === undefined && leaf.logical === undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (isText) return Buffer.from(bytes).toString('utf8');
  if (isUnsigned || !(isPlainNumber || isSignedInteger)) return undefined;
  if (physical === 'int32' && bytes.length === 4) return String(view.getInt32(0, true));
  if (physical === 'int64' && bytes.length === 8) return String(view.getBigInt64(0, true));
  if (physical === 'float' && bytes.length === 4) return String(view.getFloat32(0, true));
  if (physical === 'double' && bytes.length === 8) return String(view.getFloat64(0, true));
  return undefined;
}
