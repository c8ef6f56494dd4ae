/**
 * The tolerant Hive text reader: text as Hive's and Athena's SerDes read it, written out as text that DuckDB's strict
 * readers take. No row is lost: a cell that is not of its type is NULL and counted, a short row is filled with NULLs.
 */
import type { Chunks } from '../compression/index.ts';
import { JsonTableReader } from './json-table.ts';
import { LazySimpleReader } from './lazy-simple.ts';
import { lineBlocks, withoutMark } from './lines.ts';
import { NestedTextReader } from './nested-text.ts';
import { OpenCsvReader } from './open-csv.ts';
import { Output } from './output.ts';
import { PatternReader } from './pattern.ts';
import { RowSink, emptyCounts, type TextCounts } from './row-sink.ts';
import type { JsonSpec, TextSpec } from './spec.ts';

export {
  needsTolerantReader,
  textSpecOf,
  type JsonSpec,
  type LazySimpleSpec,
  type OpenCsvSpec,
  type PatternSpec,
  type TextSpec,
  type TextTable,
} from './spec.ts';
export type { TextCounts } from './row-sink.ts';
export { isStrictText } from './strict.ts';

/** Takes clean bytes; a returned promise is awaited before the next piece is made. The buffer is reused afterwards. */
export type TextSink = (bytes: Uint8Array) => void | Promise<void>;

/** Turns blocks of whole lines into rows of plain text. */
export interface BlockReader {
  read(block: Buffer): void;
}

const pieceBytes = 1 << 18;

/**
 * Reads tolerant Hive text and writes the spec's plain layout.
 * @param chunks plain (decompressed) bytes of one file; header lines are counted per file
 * @throws EXCEEDED_SIZE_LIMIT for a line over 64 MiB; errors of `chunks` and `sink` pass unchanged
 */
export async function normalise(chunks: Chunks, spec: TextSpec, sink: TextSink): Promise<TextCounts> {
  const counts = emptyCounts(spec.columns);
  const output = new Output();
  const rules = { isEpochTime: spec.serde === 'open-csv', isIsoTime: spec.isIsoTime };
  const rows = new RowSink(spec.columns, spec.layout, rules, output, counts);
  const flush = async (fromBytes: number): Promise<void> => {
    if (output.size > 0 && output.size >= fromBytes) await sink(output.take());
  };
  if (isJsonSpec(spec)) {
    const reader = new JsonTableReader(spec, rows, counts);
    let isFirst = true;
    for await (const chunk of chunks) {
      reader.push(isFirst ? withoutMark(chunk) : chunk);
      isFirst = false;
      await flush(pieceBytes);
    }
    reader.end();
  } else {
    const reader = blockReaderOf(spec, output, rows, counts);
    for await (const block of lineBlocks(chunks, spec)) {
      reader.read(block);
      await flush(pieceBytes);
    }
  }
  await flush(0);
  return counts;
}

function isJsonSpec(spec: TextSpec): spec is JsonSpec {
  return spec.serde === 'json-openx' || spec.serde === 'json-hive';
}

function blockReaderOf(
  spec: Exclude<TextSpec, JsonSpec>,
  output: Output,
  rows: RowSink,
  counts: TextCounts,
): BlockReader {
  switch (spec.serde) {
    case 'lazy-simple':
      return spec.layout.format === 'csv'
        ? new LazySimpleReader(spec, output, rows, counts)
        : new NestedTextReader(spec, rows, counts);
    case 'open-csv':
      return new OpenCsvReader(spec, output, rows, counts);
    default:
      return new PatternReader(spec, rows, counts);
  }
}
