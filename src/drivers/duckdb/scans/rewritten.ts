/**
 * Files that DuckDB cannot read as Hive does (tolerant text, JSON and grok SerDes, ORC, Avro), rewritten into plain text
 * in the scratch folder and read from there with an explicit schema.
 */
import { createReadStream } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { readAvro } from '#formats/avro/index';
import { decompress, detectCodec } from '#formats/compression/index';
import { normalise, type TextSpec } from '#formats/hive-text/index';
import { parseHiveType, type Column } from '#formats/hive-type';
import { readOrc, readOrcMeta } from '#formats/orc/index';
import { encodeBatch, plainLayoutOf, type PlainTextLayout } from '#formats/plain-text';
import type { RangeReader } from '#formats/range-reader';
import type { RowBatch } from '#formats/row-batch';
import { quoteName, quoteText } from '../instance.ts';
import { withPlace } from './bad-file.ts';
import { castCell } from './cell.ts';
import { formatDuckType } from './duck-type.ts';
import { groupFiles, withPartitionColumns } from './partition-columns.ts';
import { PlainOutput } from './plain-output.ts';
import type { Relation, Scan, ScanFile, ScanSource } from './scan.ts';

const readBytes = 1 << 20;
/** DuckDB makes buffers of a multiple of this, so it is raised only where a line needs it. */
const lineMinBytes = 2_000_000;
/** What DuckDB takes by itself for lines of at most `lineMinBytes`. Left to itself it takes 16 lines of the longest. */
const bufferMinBytes = 16 * lineMinBytes;

export interface Scratch {
  readonly folder: string;
  /** A name that nobody used before in this work. */
  nextName(): string;
  readonly signal: AbortSignal;
}

/** @param spec how text lines become cells; absent for ORC and Avro */
export async function rewrittenRelation(
  scan: Scan,
  source: ScanSource,
  files: readonly ScanFile[],
  spec: TextSpec | undefined,
  scratch: Scratch,
): Promise<Relation> {
  const used = usedColumns(scan, source);
  const layout = spec?.layout ?? plainLayoutOf(used);
  const columns = spec?.columns ?? used;
  const totals = { rows: 0, badCells: 0, raggedRows: 0 };
  const plainFiles: ScanFile[] = [];
  let lineMaxBytes = lineMinBytes;
  await mkdir(scratch.folder, { recursive: true });
  for (const group of groupFiles(scan, files)) {
    const path = join(scratch.folder, `${scratch.nextName()}.${layout.format}`);
    const output = new PlainOutput(path);
    try {
      for (const file of group) {
        scratch.signal.throwIfAborted();
        await rewriteFile(source, file, used, spec, layout, output, totals, scratch.signal).catch((error: unknown) => {
          throw withPlace(error, file.uri);
        });
      }
    } finally {
      await output.close();
    }
    lineMaxBytes = Math.max(lineMaxBytes, 2 * output.longestLineBytes);
    plainFiles.push({ ...(group[0] as ScanFile), path });
  }
  const cells = scan.columns.map((column) => cellOf(column, columns, layout));
  const read = (group: readonly ScanFile[], options: { fileName: boolean }): string =>
    plainReader(group, columns, layout, { ...options, lineMaxBytes });
  return {
    sql: withPartitionColumns(scan, plainFiles, cells, read),
    scannedBytes: files.reduce((sum, file) => sum + file.sizeBytes, 0),
    rows: totals.rows,
    tolerant: spec !== undefined,
    badCells: totals.badCells,
    raggedRows: totals.raggedRows,
  };
}

/** The query's columns as the files have them, by name without case. */
function usedColumns(scan: Scan, source: ScanSource): Column[] {
  return source.fileColumns
    .filter((column) => scan.columns.some((used) => used.name.toLowerCase() === column.name.toLowerCase()))
    .map((column) => ({ name: column.name, type: parseHiveType(column.type) }));
}

async function rewriteFile(
  source: ScanSource,
  file: ScanFile,
  used: readonly Column[],
  spec: TextSpec | undefined,
  layout: PlainTextLayout,
  output: PlainOutput,
  totals: { rows: number; badCells: number; raggedRows: number },
  signal: AbortSignal,
): Promise<void> {
  if (spec !== undefined) {
    const counts = await normalise(await plainBytes(file, signal), spec, (bytes) => output.write(bytes));
    totals.rows += counts.rows;
    totals.raggedRows += counts.raggedRows;
    totals.badCells += counts.badCells.reduce((sum, count) => sum + count, 0);
    return;
  }
  for await (const batch of source.format === 'orc' ? orcBatches(source, file, used) : avroBatches(file, used)) {
    signal.throwIfAborted();
    totals.rows += batch.rowCount;
    await output.write(encodeBatch(alignBatch(batch, used), layout));
  }
}

/** The file's bytes with any compression taken off. */
async function plainBytes(file: ScanFile, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
  const handle = await open(file.path);
  const head = Buffer.alloc(16);
  const { bytesRead } = await handle.read(head, 0, 16, 0);
  await handle.close();
  const codec = detectCodec(file.uri, head.subarray(0, bytesRead));
  const stream = createReadStream(file.path, { highWaterMark: readBytes, signal });
  return codec === 'none' ? stream : decompress(stream, codec);
}

async function* avroBatches(file: ScanFile, used: readonly Column[]): AsyncGenerator<RowBatch> {
  yield* readAvro(createReadStream(file.path, { highWaterMark: readBytes }), {
    columns: used.map((column) => column.name),
  });
}

/**
 * Athena reads ORC columns by position unless the SerDe says `orc.column.index.access=false`; names are used wherever
 * every used name is in the file, since position then gives the same or a worse answer.
 */
async function* orcBatches(source: ScanSource, file: ScanFile, used: readonly Column[]): AsyncGenerator<RowBatch> {
  const handle = await open(file.path);
  try {
    const reader: RangeReader = {
      sizeBytes: file.sizeBytes,
      async read(offset, lengthBytes) {
        const bytes = Buffer.allocUnsafe(lengthBytes);
        const { bytesRead } = await handle.read(bytes, 0, lengthBytes, offset);
        return bytes.subarray(0, bytesRead);
      },
    };
    const meta = await readOrcMeta(reader);
    const inFile = meta.columns.map((column) => column.name.toLowerCase());
    const byName =
      source.serdeParameters['orc.column.index.access'] === 'false' ||
      used.every((column) => inFile.includes(column.name.toLowerCase()));
    if (byName) {
      yield* readOrc(reader, { columns: used.map((column) => column.name) });
      return;
    }
    const renamed = new Map<string, string>();
    for (const column of used) {
      const index = source.fileColumns.findIndex((other) => other.name === column.name);
      const name = meta.columns[index]?.name;
      if (name !== undefined) renamed.set(name, column.name);
    }
    for await (const batch of readOrc(reader, { columns: [...renamed.keys()] })) {
      yield {
        ...batch,
        columns: batch.columns.map((column) => ({ ...column, name: renamed.get(column.name) ?? column.name })),
      };
    }
  } finally {
    await handle.close();
  }
}

/** The batch with exactly the wanted columns, in their order; one that the file does not have is NULL. */
function alignBatch(batch: RowBatch, wanted: readonly Column[]): RowBatch {
  const vectors = wanted.map((column) => {
    const index = batch.columns.findIndex((other) => other.name.toLowerCase() === column.name.toLowerCase());
    return batch.vectors[index] ?? Array.from({ length: batch.rowCount }, () => null);
  });
  return { columns: wanted, rowCount: batch.rowCount, vectors };
}

function cellOf(column: { name: string; type: string }, columns: readonly Column[], layout: PlainTextLayout): string {
  const duckType = formatDuckType(parseHiveType(column.type));
  const name = quoteName(column.name);
  const index = columns.findIndex((other) => other.name.toLowerCase() === column.name.toLowerCase());
  const found = columns[index];
  if (found === undefined) return `CAST(NULL AS ${duckType}) AS ${name}`;
  const cell = quoteName(`c${index}`);
  if (duckType === 'BLOB') return `unhex(${layout.format === 'ndjson' ? quoteName(found.name) : cell}) AS ${name}`;
  if (layout.format === 'ndjson') return `CAST(${quoteName(found.name)} AS ${duckType}) AS ${name}`;
  return duckType === 'VARCHAR'
    ? `${castCell(cell, column.type)} AS ${name}`
    : `TRY_CAST(nullif(${cell}, '') AS ${duckType}) AS ${name}`;
}

function plainReader(
  files: readonly ScanFile[],
  columns: readonly Column[],
  layout: PlainTextLayout,
  options: { fileName: boolean; lineMaxBytes: number },
): string {
  const { fileName, lineMaxBytes } = options;
  const paths = files.map((file) => quoteText(file.path)).join(', ');
  if (layout.format === 'ndjson') {
    const types = columns.map(
      ({ name, type }) => `${quoteText(name)}: ${quoteText(type.kind === 'binary' ? 'VARCHAR' : formatDuckType(type))}`,
    );
    const any = types.length === 0 ? "'$any': 'VARCHAR'" : types.join(', ');
    return (
      `read_json([${paths}], format = 'newline_delimited', columns = {${any}}, compression = 'uncompressed', ` +
      `maximum_object_size = ${8 * lineMaxBytes}, hive_partitioning = false, filename = ${fileName})`
    );
  }
  const cells = Math.max(columns.length, 1);
  const types = Array.from({ length: cells }, (_, index) => `${quoteText(`c${index}`)}: 'VARCHAR'`).join(', ');
  return (
    `read_csv([${paths}], auto_detect = false, header = false, delim = ${quoteText(layout.delimiter)}, quote = '"', ` +
    `escape = '"', comment = '', columns = {${types}}, nullstr = [${layout.nullTexts.map(quoteText).join(', ')}], new_line = '\\n', ` +
    `allow_quoted_nulls = false, max_line_size = ${lineMaxBytes}, ` +
    `buffer_size = ${Math.max(bufferMinBytes, lineMaxBytes)}, compression = 'none', hive_partitioning = false, filename = ${fileName})`
  );
}
