/**
 * Delimited text as a relation, by DuckDB's own reader where its answer is provably Hive's.
 *
 * The reader is told to take every cell as text, strictly, without quotes; cells become values by `castCell`. What then
 * could still differ without an error is looked for in the bytes first: an empty line (a row for Hive, nothing for
 * DuckDB), a line larger than DuckDB's buffer (nothing either) and a byte-order mark. Any error of the strict reader (ragged rows, mixed line ends, bytes that are not UTF-8)
 * sends the file to the tolerant reader, and the verdict is remembered for as long as the file does not change.
 */
import { createReadStream } from 'node:fs';
import { decompress } from '#formats/compression/index';
import { needsTolerantReader, textSpecOf, type TextSpec } from '#formats/hive-text/index';
import { parseHiveType } from '#formats/hive-type';
import { quoteName, quoteText } from '../instance.ts';
import { withPlace } from './bad-file.ts';
import { castCell, castValue, hasCellForm } from './cell.ts';
import { withPartitionColumns } from './partition-columns.ts';
import { fileKey, type Relation, type Scan, type ScanFile, type ScanSource } from './scan.ts';

// Limit: verdicts on 50,000 files are remembered in a process.
const verdictsMax = 50_000;
const chunkBytes = 1 << 20;
const newLine = 10;
/** DuckDB's own limit. A line longer than its buffer, 16 of these, it leaves out without a word. */
const lineMaxBytes = 2_000_000;

export class TextVerdicts {
  readonly #clean = new Map<string, boolean>();

  /** Whether DuckDB's reader may have this file; looks at all of its bytes once. */
  async isClean(file: ScanFile, signal: AbortSignal): Promise<boolean> {
    const key = fileKey(file);
    const known = this.#clean.get(key);
    if (known !== undefined) return known;
    const codec = textCodecOf(file);
    const clean = codec !== undefined && !(await hasOddLines(file, codec, signal));
    this.#remember(key, clean);
    return clean;
  }

  /** DuckDB's reader refused the file, or one that was read with it. */
  markDirty(file: ScanFile): void {
    this.#remember(fileKey(file), false);
  }

  #remember(key: string, clean: boolean): void {
    const oldest = this.#clean.keys().next();
    if (this.#clean.size >= verdictsMax && oldest.done !== true) this.#clean.delete(oldest.value);
    this.#clean.set(key, clean);
  }
}

export function specOf(source: ScanSource): TextSpec {
  return textSpecOf({
    serializationLibrary: source.serializationLibrary,
    serdeParameters: source.serdeParameters,
    tableParameters: source.tableParameters,
    inputFormat: source.inputFormat,
    columns: source.fileColumns.map((column) => ({ name: column.name, type: parseHiveType(column.type) })),
  });
}

/** Whether the table's definition lets DuckDB's reader try. */
export function mayReadStrictly(source: ScanSource, spec: TextSpec): boolean {
  return (
    spec.serde === 'lazy-simple' &&
    spec.layout.format === 'csv' &&
    spec.skipFooterLines === 0 &&
    source.serdeParameters['escape.delim'] === undefined &&
    !needsTolerantReader(spec) &&
    source.fileColumns.every((column) => hasCellForm(column.type))
  );
}

/** The relation of clean files, all of one codec; `fieldDelimiter` is one byte of ASCII. */
export function strictRelation(scan: Scan, source: ScanSource, files: readonly ScanFile[], spec: TextSpec): Relation {
  const delimiter = fieldDelimiter(source);
  const codec = (files[0] && textCodecOf(files[0])) ?? 'none';
  const nullText = source.serdeParameters['serialization.null.format'] ?? '\\N';
  const columns = source.fileColumns.map((_, index) => `${quoteText(`c${index}`)}: 'VARCHAR'`).join(', ');
  const texts = scan.columns.map((column) => {
    const index = source.fileColumns.findIndex((other) => other.name.toLowerCase() === column.name.toLowerCase());
    return index === -1 ? 'CAST(NULL AS VARCHAR)' : quoteName(`c${index}`);
  });
  const values = scan.columns.map((column, index) => castValue(texts[index] ?? '', column.type));
  const read = (group: readonly ScanFile[], options: { fileName: boolean }): string => {
    const named = values.flatMap((value, index) =>
      value === undefined ? [] : [`${value} AS ${quoteName(`value${index}`)}`],
    );
    return `(SELECT ${['*', ...named].join(', ')} FROM ${readText(group, options)})`;
  };
  const readText = (group: readonly ScanFile[], options: { fileName: boolean }): string =>
    `read_csv([${group.map((file) => quoteText(file.path)).join(', ')}], auto_detect = false, header = false, ` +
    `skip = ${spec.skipHeaderLines}, delim = ${quoteText(delimiter)}, quote = '', escape = '', comment = '', ` +
    `columns = {${columns}}, null_padding = true, nullstr = ${quoteText(nullText)}, compression = ${quoteText(codec)}, ` +
    `hive_partitioning = false, filename = ${options.fileName})`;
  const cells = scan.columns.map((column, index) => {
    const value = values[index] === undefined ? undefined : quoteName(`value${index}`);
    return `${castCell(texts[index] ?? '', column.type, value)} AS ${quoteName(column.name)}`;
  });
  const scannedBytes = files.reduce((sum, file) => sum + file.sizeBytes, 0);
  return {
    sql: withPartitionColumns(scan, files, cells, read),
    scannedBytes,
    tolerant: false,
    badCells: 0,
    raggedRows: 0,
  };
}

/** The error of DuckDB's CSV reader that means "not strict text", as against an error of the query. */
export function isTextRefusal(message: string): boolean {
  return /CSV (Error on Line|Parser state machine)|not utf-8 encoded|Maximum line size/i.test(message);
}

function fieldDelimiter(source: ScanSource): string {
  const text = source.serdeParameters['field.delim'] ?? source.serdeParameters['serialization.format'] ?? '\u0001';
  return /^\d{1,3}$/.test(text) ? String.fromCharCode(Number(text)) : text;
}

export type TextCodec = 'none' | 'gzip' | 'zstd';

/** The compression by the file's name; undefined for those that DuckDB's reader cannot take off. */
export function textCodecOf(file: ScanFile): TextCodec | undefined {
  if (/\.(bz2|snappy|lz4|deflate|br|xz|lzo)$/i.test(file.uri)) return undefined;
  if (/\.gz$/i.test(file.uri)) return 'gzip';
  return /\.(zst|zstd)$/i.test(file.uri) ? 'zstd' : 'none';
}

/** Empty lines, overlong ones or a byte-order mark; compressed bytes without a telling name are caught by the strict reader itself. */
async function hasOddLines(file: ScanFile, codec: TextCodec, signal: AbortSignal): Promise<boolean> {
  const stream = createReadStream(file.path, { highWaterMark: chunkBytes });
  try {
    let tail = Buffer.alloc(0);
    let isFirst = true;
    let openBytes = 0;
    for await (const piece of codec === 'none' ? stream : decompress(stream, codec)) {
      signal.throwIfAborted();
      const bytes = Buffer.from(
        (piece as Uint8Array).buffer,
        (piece as Uint8Array).byteOffset,
        (piece as Uint8Array).byteLength,
      );
      if (isFirst && startsOddly(bytes)) return true;
      isFirst = false;
      const lineEnd = bytes.indexOf(newLine);
      openBytes += lineEnd === -1 ? bytes.length : lineEnd;
      if (openBytes > lineMaxBytes) return true;
      if (lineEnd !== -1) openBytes = bytes.length - 1 - bytes.lastIndexOf(newLine);
      const seam = Buffer.concat([tail, bytes.subarray(0, 2)]);
      if (hasEmptyLine(seam) || hasEmptyLine(bytes)) return true;
      tail = Buffer.from(bytes.length >= 2 ? bytes.subarray(-2) : Buffer.concat([tail, bytes]).subarray(-2));
    }
    return false;
  } catch (error) {
    throw withPlace(error, file.uri);
  } finally {
    stream.destroy();
  }
}

function startsOddly(bytes: Buffer): boolean {
  return bytes[0] === 0x0a || bytes[0] === 0x0d || (bytes[0] === 0xef && bytes[1] === 0xbb);
}

function hasEmptyLine(bytes: Buffer): boolean {
  return bytes.includes('\n\n') || bytes.includes('\n\r\n');
}
