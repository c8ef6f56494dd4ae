/** ORC's tail: postscript, footer, stripe footers (ORC specification v1, sections "File Tail" and "Stripes"). */
import { decompressBlock, type BlockCodec } from '../compression/index.ts';
import { badData, overLimit, unsupportedData } from '../errors.ts';
import type { Column, HiveType } from '../hive-type.ts';
import { readRange, type RangeReader } from '../range-reader.ts';
import {
  bytesField,
  messagesField,
  numberField,
  numbersField,
  parseMessage,
  textsField,
  type Message,
} from './protobuf.ts';

export interface OrcType {
  readonly id: number;
  readonly kind: number;
  readonly children: readonly OrcType[];
  readonly names: readonly string[];
  readonly length: number;
  readonly precision: number;
  readonly scale: number;
}

export interface OrcStripe {
  readonly offset: number;
  readonly indexBytes: number;
  readonly dataBytes: number;
  readonly footerBytes: number;
  readonly rowCount: number;
  /** All of the stripe. */
  readonly sizeBytes: number;
}

export interface OrcFile {
  readonly root: OrcType;
  readonly columns: readonly Column[];
  readonly rowCount: number;
  readonly stripes: readonly OrcStripe[];
  readonly codec: BlockCodec;
  readonly compression: string;
  readonly blockBytes: number;
  readonly writer: string;
}

const codecs: readonly (readonly [string, BlockCodec | undefined])[] = [
  ['none', 'none'],
  ['zlib', 'raw-deflate'],
  ['snappy', 'snappy'],
  ['lzo', undefined],
  ['lz4', 'lz4'],
  ['zstd', 'zstd'],
];
// Limit: a stream of a stripe is at most 1 GiB plain, metadata at most 256 MiB, types nest at most 100 deep.
const streamBytesMax = 2 ** 30;
const metadataBytesMax = 256 * 2 ** 20;
const depthMax = 100;

/** @throws HIVE_BAD_DATA, HIVE_UNSUPPORTED_FORMAT */
export async function readOrcFile(reader: RangeReader): Promise<OrcFile> {
  if (reader.sizeBytes < 4) throw badData('orc', `the file has ${reader.sizeBytes} bytes only`);
  const tail = await readRange(
    reader,
    Math.max(0, reader.sizeBytes - 16_384),
    Math.min(16_384, reader.sizeBytes),
    'orc',
    'the end',
  );
  const length = tail.at(-1) as number;
  if (length + 1 > tail.length) throw badData('orc', 'the postscript is longer than the file');
  const postscript = parseMessage(tail.subarray(tail.length - 1 - length, tail.length - 1));
  if (Buffer.from(bytesField(postscript, 8000) ?? []).toString('latin1') !== 'ORC')
    throw badData('orc', 'the postscript does not say ORC');
  const [compression, codec] = codecs[numberField(postscript, 2) ?? 0] ?? ['unknown', undefined];
  if (codec === undefined) throw unsupportedData('orc', `the codec ${compression}`);
  const blockBytes = Math.min(numberField(postscript, 3) ?? 262_144, 2 ** 26);
  const footerBytes = numberField(postscript, 1) ?? 0;
  const footerStart = reader.sizeBytes - 1 - length - footerBytes;
  if (footerBytes > metadataBytesMax) throw badData('orc', `the footer claims ${footerBytes} bytes`);
  const packed = await readRange(reader, footerStart, footerBytes, 'orc', 'the footer');
  const footer = parseMessage(decompressStream(packed, codec, blockBytes, metadataBytesMax));
  const root = buildTypes(messagesField(footer, 4));
  const stripes = messagesField(footer, 3).map(stripeOf);
  const rowCount = numberField(footer, 6) ?? 0;
  const sum = stripes.reduce((total, stripe) => total + stripe.rowCount, 0);
  if (sum !== rowCount) throw badData('orc', `the footer counts ${rowCount} rows, its stripes ${sum}`);
  return {
    root,
    columns: columnsOf(root),
    rowCount,
    stripes,
    codec,
    compression,
    blockBytes,
    writer: writerOf(footer),
  };
}

function stripeOf(message: Message, index: number): OrcStripe {
  const [offset = 0, indexBytes = 0, dataBytes = 0, footerBytes = 0, rowCount = 0] = [1, 2, 3, 4, 5].map((field) =>
    numberField(message, field),
  );
  // The best packing there is: 512 equal values in 4 bytes, deflated a thousandfold.
  if (rowCount > (dataBytes + 1) * 140_000)
    throw badData('orc', `${dataBytes} bytes cannot hold ${rowCount} rows`, `stripe ${index + 1}`);
  return { offset, indexBytes, dataBytes, footerBytes, rowCount, sizeBytes: indexBytes + dataBytes + footerBytes };
}

/** Chunks of a compressed stream: a 3-byte header, low byte first, whose lowest bit says that the chunk is stored plain. */
export function decompressStream(
  bytes: Uint8Array,
  codec: BlockCodec,
  blockBytes: number,
  sizeMaxBytes = streamBytesMax,
): Uint8Array {
  if (codec === 'none') return bytes;
  const parts: Uint8Array[] = [];
  let size = 0;
  for (let at = 0; at < bytes.length;) {
    if (at + 3 > bytes.length) throw badData('orc', 'a compressed stream ends inside a chunk header');
    const header = (bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16);
    const length = header >>> 1;
    at += 3;
    if (at + length > bytes.length) throw badData('orc', 'a compressed stream ends inside a chunk');
    const chunk = bytes.subarray(at, at + length);
    at += length;
    const plain = (header & 1) === 1 ? chunk : decompressBlock(codec, chunk, blockBytes);
    size += plain.length;
    if (size > sizeMaxBytes) throw overLimit('orc', 'a stream', `${sizeMaxBytes} bytes`);
    parts.push(plain);
  }
  return parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts, size);
}

function buildTypes(messages: readonly Message[]): OrcType {
  const build = (id: number, depth: number): OrcType => {
    const message = messages[id];
    if (message === undefined) throw badData('orc', `type ${id} is missing`);
    if (depth > depthMax) throw badData('orc', `types nest deeper than ${depthMax}`);
    const children = numbersField(message, 2).map((child) => {
      // Children come behind their parents, so types cannot go round in a circle.
      if (child <= id) throw badData('orc', `type ${child} is a child of type ${id}`);
      return build(child, depth + 1);
    });
    return {
      id,
      kind: numberField(message, 1) ?? 0,
      children,
      names: textsField(message, 3),
      length: numberField(message, 4) ?? 0,
      precision: numberField(message, 5) ?? 0,
      scale: numberField(message, 6) ?? 0,
    };
  };
  return build(0, 0);
}

function columnsOf(root: OrcType): Column[] {
  if (root.kind !== kinds.struct) return [{ name: '_col0', type: hiveTypeOf(root) }];
  return root.children.map((child, index) => ({
    name: (root.names[index] ?? `_col${index}`).toLowerCase(),
    type: hiveTypeOf(child),
  }));
}

export const kinds = {
  boolean: 0,
  byte: 1,
  short: 2,
  int: 3,
  long: 4,
  float: 5,
  double: 6,
  string: 7,
  binary: 8,
  timestamp: 9,
  list: 10,
  map: 11,
  struct: 12,
  union: 13,
  decimal: 14,
  date: 15,
  varchar: 16,
  char: 17,
  timestampInstant: 18,
} as const;

const primitives: Readonly<Record<number, HiveType>> = {
  [kinds.boolean]: { kind: 'boolean' },
  [kinds.byte]: { kind: 'tinyint' },
  [kinds.short]: { kind: 'smallint' },
  [kinds.int]: { kind: 'int' },
  [kinds.long]: { kind: 'bigint' },
  [kinds.float]: { kind: 'float' },
  [kinds.double]: { kind: 'double' },
  [kinds.string]: { kind: 'string' },
  [kinds.binary]: { kind: 'binary' },
  [kinds.timestamp]: { kind: 'timestamp' },
  [kinds.timestampInstant]: { kind: 'timestamp' },
  [kinds.date]: { kind: 'date' },
};

export function hiveTypeOf(type: OrcType): HiveType {
  const primitive = primitives[type.kind];
  if (primitive !== undefined) return primitive;
  const child = (index: number): HiveType => {
    const own = type.children[index];
    if (own === undefined) throw badData('orc', `type ${type.id} lacks a child`);
    return hiveTypeOf(own);
  };
  switch (type.kind) {
    case kinds.list:
      return { kind: 'array', element: child(0) };
    case kinds.map:
      return { kind: 'map', key: child(0), value: child(1) };
    case kinds.struct:
      return {
        kind: 'struct',
        fields: type.children.map((own, index) => ({
          name: type.names[index] ?? `_col${index}`,
          type: hiveTypeOf(own),
        })),
      };
    case kinds.union:
      return { kind: 'union', members: type.children.map(hiveTypeOf) };
    case kinds.decimal:
      return type.precision === 0 || type.precision > 38
        ? { kind: 'decimal', precision: 38, scale: 10 }
        : { kind: 'decimal', precision: type.precision, scale: Math.min(type.scale, type.precision) };
    case kinds.varchar:
      return { kind: 'varchar', length: Math.min(Math.max(1, type.length), 65_535) };
    case kinds.char:
      return { kind: 'char', length: Math.min(Math.max(1, type.length), 255) };
    default:
      throw unsupportedData('orc', `the type of kind ${type.kind}`);
  }
}

function writerOf(footer: Message): string {
  const names = ['ORC Java', 'ORC C++', 'Presto', 'Scritchley Go', 'Trino', 'CUDF'];
  return names[numberField(footer, 9) ?? 0] ?? 'unknown';
}
