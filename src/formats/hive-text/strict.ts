/** Whether DuckDB's own CSV reader may read the bytes of a file: where it and Hive cannot differ. */
import { lineEnd } from './lines.ts';
import { LazySimpleReader } from './lazy-simple.ts';
import { OpenCsvReader } from './open-csv.ts';
import { Output } from './output.ts';
import { RowSink, emptyCounts } from './row-sink.ts';
import { needsTolerantReader, type TextSpec } from './spec.ts';

/**
 * @param bytes whole lines, a piece of a file or all of it
 * @param isStart whether the header lines are among them
 * @returns true when every row is one kind of line end (LF), exactly one cell a column, valid UTF-8, and each cell is one
 * that stands in the plain layout as it is: reading the bytes with the layout's options gives Hive's answer
 */
export function isStrictText(bytes: Uint8Array, spec: TextSpec, isStart = true): boolean {
  if (needsTolerantReader(spec)) return false;
  const block = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let start = 0;
  if (isStart) for (let line = 0; line < spec.skipHeaderLines; line += 1) start = lineEnd(block, start, block.length);
  if (start > 0 && block[start - 2] === 13) return false;
  const output = new OneRun();
  const counts = emptyCounts(spec.columns);
  const sink = new RowSink(spec.columns, spec.layout, { isEpochTime: false, isIsoTime: false }, output, counts);
  const reader =
    spec.serde === 'lazy-simple'
      ? new LazySimpleReader(spec, output, sink, counts)
      : spec.serde === 'open-csv'
        ? new OpenCsvReader(spec, output, sink, counts)
        : undefined;
  if (reader === undefined) return false;
  try {
    reader.read(block.subarray(start));
  } catch (error) {
    if (error instanceof Rewritten) return false;
    throw error;
  }
  return true;
}

class Rewritten extends Error {}

/** Takes one copy of everything, and gives up at the first sign that a row is rewritten. */
class OneRun extends Output {
  #copies = 0;

  override copy(_from: Buffer, _start: number, end: number): void {
    this.#copies += 1;
    if (this.#copies > 1 || end < _from.length) throw new Rewritten();
  }

  override byte(): void {
    // A last line without its end.
  }

  override text(): void {
    throw new Rewritten();
  }
}
