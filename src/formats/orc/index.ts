/**
 * Apache ORC, file versions 0.11 and 0.12 (ORC specification v1): schema, counts, and rows in batches, with only the
 * columns that are asked for. Compression none, zlib, snappy, lz4, zstd.
 *
 * Limit: LZO and column encryption are not read; a union is given as a struct of its tag and value.
 */
import { badData } from '../errors.ts';
import type { Column } from '../hive-type.ts';
import { readRange, type RangeReader } from '../range-reader.ts';
import type { RowBatch, Value } from '../row-batch.ts';
import { columnReader, type StripeStreams } from './column.ts';
import { decompressStream, kinds, readOrcFile, type OrcFile, type OrcStripe, type OrcType } from './meta.ts';
import { bytesField, messagesField, numberField, parseMessage } from './protobuf.ts';

export interface OrcMeta {
  readonly columns: readonly Column[];
  readonly rowCount: number;
  readonly stripes: readonly { readonly rowCount: number; readonly offset: number; readonly sizeBytes: number }[];
  readonly compression: string;
  readonly writer: string;
}

export interface OrcReadOptions {
  /** Top-level columns to read, by name without case, in this order; all when absent. */
  readonly columns?: readonly string[];
  readonly batchRows?: number;
}

/** @throws HIVE_BAD_DATA, HIVE_UNSUPPORTED_FORMAT */
export async function readOrcMeta(reader: RangeReader): Promise<OrcMeta> {
  return readOrcFile(reader);
}

/** Batches in the order of the file. @throws HIVE_BAD_DATA naming the stripe, HIVE_UNSUPPORTED_FORMAT */
export async function* readOrc(reader: RangeReader, options: OrcReadOptions = {}): AsyncGenerator<RowBatch> {
  const file = await readOrcFile(reader);
  const wanted = selectColumns(file, options.columns);
  const batchRows = options.batchRows ?? 1024;
  for (const [index, stripe] of file.stripes.entries()) {
    yield* readStripe(reader, file, stripe, wanted, batchRows, `stripe ${index + 1}`);
  }
}

interface Wanted {
  readonly column: Column;
  readonly type: OrcType;
}

function selectColumns(file: OrcFile, names: readonly string[] | undefined): Wanted[] {
  const types = file.root.kind === kinds.struct ? file.root.children : [file.root];
  const all = file.columns.map((column, index) => ({ column, type: types[index] as OrcType }));
  if (names === undefined) return all;
  return names.flatMap((name) => all.filter(({ column }) => column.name === name.toLowerCase()));
}

async function* readStripe(
  reader: RangeReader,
  file: OrcFile,
  stripe: OrcStripe,
  wanted: readonly Wanted[],
  batchRows: number,
  where: string,
): AsyncGenerator<RowBatch> {
  const streams = await readStreams(reader, file, stripe, new Set(wanted.flatMap(({ type }) => idsOf(type))), where);
  const readers = wanted.map(({ type }) => columnReader(type, streams));
  const columns = wanted.map(({ column }) => column);
  for (let row = 0; row < stripe.rowCount; row += batchRows) {
    const rowCount = Math.min(batchRows, stripe.rowCount - row);
    const vectors: Value[][] = readers.map((read) => read(rowCount));
    yield { columns, rowCount, vectors };
  }
}

function idsOf(type: OrcType): number[] {
  return [type.id, ...type.children.flatMap(idsOf)];
}

/** Reads the streams of the wanted columns only; they are decompressed when first used. */
async function readStreams(
  reader: RangeReader,
  file: OrcFile,
  stripe: OrcStripe,
  wanted: ReadonlySet<number>,
  where: string,
): Promise<StripeStreams> {
  const footerStart = stripe.offset + stripe.indexBytes + stripe.dataBytes;
  const packed = await readRange(reader, footerStart, stripe.footerBytes, 'orc', `the footer of ${where}`);
  const footer = parseMessage(decompressStream(packed, file.codec, file.blockBytes));
  const held = new Map<string, Uint8Array>();
  let at = stripe.offset;
  for (const message of messagesField(footer, 1)) {
    const kind = numberField(message, 1) ?? 0;
    const column = numberField(message, 2) ?? 0;
    const length = numberField(message, 3) ?? 0;
    if (wanted.has(column) && kind <= 5)
      held.set(`${column}/${kind}`, await readRange(reader, at, length, 'orc', `a stream of ${where}`));
    at += length;
  }
  if (at > footerStart) throw badData('orc', 'streams are longer than their stripe', where);
  const encodings = messagesField(footer, 2).map((message) => ({
    kind: numberField(message, 1) ?? 0,
    dictionarySize: numberField(message, 2) ?? 0,
  }));
  return {
    stream: (column, kind) =>
      decompressStream(held.get(`${column}/${kind}`) ?? new Uint8Array(0), file.codec, file.blockBytes),
    has: (column, kind) => held.has(`${column}/${kind}`),
    encoding: (column) => encodings[column] ?? { kind: 0, dictionarySize: 0 },
    timezone: Buffer.from(bytesField(footer, 3) ?? []).toString('utf8'),
  };
}
