/**
 * Avro object container files (Avro specification 1.12): schema as Hive types, rows in batches. Blocks may be plain or in
 * deflate, snappy, zstandard or bzip2.
 *
 * Limit: xz blocks and types that hold themselves are not read; a block is at most 256 MiB plain.
 */
import { crc32 } from 'node:zlib';
import { decompressBlock, type BlockCodec, type Chunks } from '../compression/index.ts';
import { ByteSource } from '../compression/byte-source.ts';
import { badData, unsupportedData } from '../errors.ts';
import type { Column } from '../hive-type.ts';
import type { RowBatch, Value } from '../row-batch.ts';
import { Cursor } from './cursor.ts';
import { compileSchema, type Node, type Reader } from './schema.ts';

export interface AvroMeta {
  readonly columns: readonly Column[];
  /** The writer's schema as JSON text: what Glue keeps as `avro.schema.literal`. */
  readonly schemaText: string;
  readonly codec: string;
}

export interface AvroReadOptions {
  /** Top-level fields to read, by name without case, in this order; all when absent. */
  readonly columns?: readonly string[];
  readonly batchRows?: number;
}

interface Header extends AvroMeta {
  readonly root: Node;
  readonly sync: Uint8Array;
  readonly sizeBytes: number;
}

const headerBytesMax = 16 * 2 ** 20;
const blockBytesMax = 256 * 2 ** 20;
const blockCodecs: Readonly<Record<string, BlockCodec>> = {
  null: 'none',
  deflate: 'raw-deflate',
  snappy: 'snappy',
  zstandard: 'zstd',
  bzip2: 'bzip2',
};

/**
 * @param head the first bytes of the file, with all of its header
 * @throws HIVE_BAD_DATA, HIVE_UNSUPPORTED_FORMAT
 */
export function readAvroMeta(head: Uint8Array): AvroMeta {
  const { columns, schemaText, codec } = parseHeader(head);
  return { columns, schemaText, codec };
}

/** Batches in the order of the file. @throws HIVE_BAD_DATA, HIVE_UNSUPPORTED_FORMAT naming the codec */
export async function* readAvro(chunks: Chunks, options: AvroReadOptions = {}): AsyncGenerator<RowBatch> {
  const source = new ByteSource(chunks);
  const header = await readHeader(source);
  const codec = blockCodecs[header.codec];
  if (codec === undefined) throw unsupportedData('avro', `the block codec '${header.codec}'`);
  const { columns, readers, places } = selectFields(header, options.columns);
  const batchRows = options.batchRows ?? 1024;
  let vectors: Value[][] = columns.map(() => []);
  let rowCount = 0;
  for (let number = 1; ; number += 1) {
    const block = await readBlock(source, header.sync, codec, number);
    if (block === undefined) break;
    for (let row = 0; row < block.count; row += 1) {
      for (const [index, read] of readers.entries()) {
        const value = read(block.cursor);
        const place = places[index] as number;
        if (place >= 0) (vectors[place] as Value[]).push(value);
      }
      rowCount += 1;
      if (rowCount < batchRows) continue;
      yield { columns, rowCount, vectors };
      vectors = columns.map(() => []);
      rowCount = 0;
    }
  }
  if (rowCount > 0) yield { columns, rowCount, vectors };
}

/** A file whose schema is no record has one column, `value`. */
function fieldsOf(
  root: Node,
): readonly { readonly name: string; readonly type: Column['type']; readonly read: Reader }[] {
  return root.fields ?? [{ name: 'value', type: root.type, read: root.read }];
}

function selectFields(
  header: Header,
  names: readonly string[] | undefined,
): { columns: Column[]; readers: Reader[]; places: number[] } {
  const fields = fieldsOf(header.root);
  const wanted = names
    ?.map((name) => name.toLowerCase())
    .filter((name) => fields.some((field) => field.name.toLowerCase() === name));
  const order = wanted ?? fields.map((field) => field.name.toLowerCase());
  return {
    columns: order.map((name) => header.columns.find((column) => column.name === name) as Column),
    readers: fields.map((field) => field.read),
    places: fields.map((field) => order.indexOf(field.name.toLowerCase())),
  };
}

async function readHeader(source: ByteSource): Promise<Header> {
  for (let size = 65_536; ; size *= 4) {
    const held = await source.fill(size);
    try {
      const header = parseHeader(held);
      source.skip(header.sizeBytes);
      return header;
    } catch (error) {
      // A long schema may go on behind what is held.
      if (held.length < size || size >= headerBytesMax) throw error;
    }
  }
}

function parseHeader(bytes: Uint8Array): Header {
  const cursor = new Cursor(bytes);
  if (Buffer.from(bytes.subarray(0, 4)).toString('latin1') !== 'Obj\u0001')
    throw badData('avro', 'it does not begin as an Avro file');
  cursor.at = 4;
  const entries = new Map<string, Uint8Array>();
  cursor.items(() => {
    const key = cursor.text();
    entries.set(key, cursor.take(cursor.size()));
  });
  const sync = Uint8Array.from(cursor.take(16));
  const schemaText = Buffer.from(entries.get('avro.schema') ?? []).toString('utf8');
  const root = compileSchema(schemaText);
  const codec = Buffer.from(entries.get('avro.codec') ?? Buffer.from('null')).toString('utf8');
  const columns = fieldsOf(root).map((field) => ({ name: field.name.toLowerCase(), type: field.type }));
  return { columns, schemaText, codec, root, sync, sizeBytes: cursor.at };
}

async function readBlock(
  source: ByteSource,
  sync: Uint8Array,
  codec: BlockCodec,
  number: number,
): Promise<{ count: number; cursor: Cursor } | undefined> {
  const where = `block ${number}`;
  const held = await source.fill(24);
  if (held.length === 0) return undefined;
  const head = new Cursor(held);
  const count = head.size();
  const size = head.size();
  if (count < 0 || size < 0 || size > blockBytesMax)
    throw badData('avro', `a block claims ${count} rows in ${size} bytes`, where);
  source.skip(head.at);
  const packed = await source.take(size);
  const mark = await source.take(16);
  if (packed.length < size || mark.length < 16) throw badData('avro', 'the file ends inside a block', where);
  if (!Buffer.from(mark.buffer, mark.byteOffset, 16).equals(sync))
    throw badData('avro', 'the mark behind a block is not that of the file', where);
  // Snappy's blocks carry a checksum of four bytes behind them.
  const body = codec === 'snappy' ? packed.subarray(0, Math.max(0, packed.length - 4)) : packed;
  const plain = decompressBlock(codec, body, blockBytesMax);
  if (codec === 'snappy' && crc32(plain) !== checksumBehind(packed))
    throw badData('avro', 'a checksum does not match', where);
  const cursor = new Cursor(plain);
  cursor.claim(count);
  return { count, cursor };
}

function checksumBehind(packed: Uint8Array): number {
  return packed.length < 4
    ? -1
    : Buffer.from(packed.buffer, packed.byteOffset, packed.byteLength).readUInt32BE(packed.length - 4);
}
