/**
 * OpenCSVSerde over bytes: cells may be quoted, a doubled or escaped quote is a quote, and a line end always ends the row,
 * since Hive cuts lines before the SerDe sees them. Rows whose cells stand in RFC 4180 form already are copied in runs.
 */
import { isUtf8 } from 'node:buffer';
import { cellCheckOf, type CellCheck } from './cell-check.ts';
import type { Output } from './output.ts';
import { decodeTolerantly, type RowSink, type TextCounts } from './row-sink.ts';
import type { OpenCsvSpec } from './spec.ts';
import { lineEnd } from './lines.ts';

const lf = 10;
const cr = 13;
const rfcQuote = 0x22;

export class OpenCsvReader {
  readonly #checks: readonly CellCheck[];
  readonly #isText: readonly boolean[];
  readonly #spec: OpenCsvSpec;
  readonly #output: Output;
  readonly #sink: RowSink;
  readonly #counts: TextCounts;
  /** Bytes that end the quick scan of a cell; 2 those over 127. */
  readonly #special = new Uint8Array(256);
  readonly #starts: Int32Array;
  readonly #ends: Int32Array;

  constructor(spec: OpenCsvSpec, output: Output, sink: RowSink, counts: TextCounts) {
    this.#spec = spec;
    this.#checks = spec.columns.map((column) => cellCheckOf(column.type));
    this.#isText = spec.columns.map((column) => ['string', 'char', 'varchar'].includes(column.type.kind));
    this.#output = output;
    this.#sink = sink;
    this.#counts = counts;
    this.#starts = new Int32Array(spec.columns.length);
    this.#ends = new Int32Array(spec.columns.length);
    this.#special.fill(2, 128);
    for (const byte of [lf, cr, rfcQuote, spec.separator, spec.quote, spec.escape]) this.#special[byte] = 1;
  }

  read(block: Buffer): void {
    const canCopy =
      this.#spec.layout.format === 'csv' && this.#spec.quote === rfcQuote && this.#spec.escape !== rfcQuote;
    let runStart = 0;
    let at = 0;
    while (at < block.length) {
      const rowStart = at;
      const end = canCopy ? this.#scan(block, rowStart) : -1;
      if (end >= 0 && this.#blanks === 0) {
        this.#counts.rows += 1;
        at = end + 1;
        if (block[end] === lf) continue;
        this.#output.copy(block, runStart, end);
        this.#output.byte(lf);
        if (block[end] === cr && block[at] === lf) at += 1;
        runStart = at;
        continue;
      }
      if (runStart < rowStart) this.#output.copy(block, runStart, rowStart);
      at = lineEnd(block, rowStart, block.length);
      runStart = at;
      if (end >= 0) this.#fillBlanks(block, rowStart, end);
      else this.#rewrite(block, rowStart, at);
    }
    if (runStart < block.length) this.#output.copy(block, runStart, block.length);
  }

  /** Cells of the row scanned last that are empty and must be written out. */
  #blanks = 0;

  /** Where the row's line ends, if every cell stands in RFC 4180 form or is empty, and fits its type; else -1. */
  #scan(block: Buffer, rowStart: number): number {
    const { separator } = this.#spec;
    const width = this.#checks.length;
    this.#blanks = 0;
    let at = rowStart;
    for (let cell = 0; cell < width; cell += 1) {
      this.#starts[cell] = at;
      at = block[at] === rfcQuote ? this.#scanQuoted(block, cell, at) : this.#scanBare(block, cell, at);
      if (at === -1) return -1;
      this.#ends[cell] = at;
      const next = block[at];
      if (cell < width - 1) {
        if (next !== separator) return -1;
        at += 1;
      } else if (next !== undefined && next !== lf && next !== cr) return -1;
    }
    return at;
  }

  #scanBare(block: Buffer, cell: number, start: number): number {
    let at = start;
    let foreign = 0;
    for (; at < block.length; at += 1) {
      const kind = this.#special[block[at] as number] as number;
      if (kind === 1) break;
      foreign |= kind;
    }
    if (at === start) {
      if (this.#isText[cell] === true) this.#blanks += 1;
      return at;
    }
    return this.#fits(block, cell, start, at, foreign) ? at : -1;
  }

  #scanQuoted(block: Buffer, cell: number, open: number): number {
    const { separator } = this.#spec;
    let at = open + 1;
    let foreign = 0;
    for (; at < block.length; at += 1) {
      const byte = block[at] as number;
      const kind = this.#special[byte] as number;
      if (kind === 1 && byte !== separator) {
        if (byte !== rfcQuote) return -1;
        if (block[at + 1] !== rfcQuote) break;
        at += 1;
      }
      foreign |= kind & 2;
    }
    if (at >= block.length) return -1;
    if (at === open + 1) {
      if (this.#isText[cell] !== true) this.#blanks += 1;
      return at + 1;
    }
    return this.#fits(block, cell, open + 1, at, foreign) ? at + 1 : -1;
  }

  #fits(block: Buffer, cell: number, start: number, end: number, foreign: number): boolean {
    if (foreign !== 0 && !(this.#isText[cell] === true && isUtf8(block.subarray(start, end)))) return false;
    return (this.#checks[cell] as CellCheck)(block, start, end);
  }

  /** A row that is sound but for cells that are empty: no text is `""`, no value of another type is NULL. */
  #fillBlanks(block: Buffer, rowStart: number, end: number): void {
    this.#counts.rows += 1;
    let plainStart = rowStart;
    for (let cell = 0; cell < this.#checks.length; cell += 1) {
      const start = this.#starts[cell] as number;
      const stop = this.#ends[cell] as number;
      const isText = this.#isText[cell] === true;
      const isBlank = isText ? stop === start : stop === start + 2 && block[start] === rfcQuote;
      if (!isBlank) continue;
      this.#output.copy(block, plainStart, start);
      if (isText) this.#output.text('""');
      plainStart = stop;
    }
    if (plainStart < end) this.#output.copy(block, plainStart, end);
    this.#output.byte(lf);
  }

  #rewrite(block: Buffer, start: number, end: number): void {
    let stop = end;
    if (block[stop - 1] === lf && stop > start) stop -= 1;
    if (block[stop - 1] === cr && stop > start) stop -= 1;
    const { cells, isOpen } = splitQuoted(decodeTolerantly(block.subarray(start, stop), this.#counts), this.#spec);
    if (isOpen) this.#counts.malformedLines += 1;
    if (cells.length !== this.#checks.length) this.#counts.raggedRows += 1;
    this.#sink.row(cells);
  }
}

/**
 * One line into cells as the opencsv library splits it, whose rules are its own: an escape character goes away where it
 * escapes nothing, and a quote in the middle of a cell stays in it and yet opens a quoted part.
 * @returns also whether a quote is still open at the end; then the last cell is the rest of the line
 */
export function splitQuoted(
  line: string,
  spec: { separator: number; quote: number; escape: number },
): { cells: string[]; isOpen: boolean } {
  const separator = String.fromCharCode(spec.separator);
  const quote = String.fromCharCode(spec.quote);
  const escape = String.fromCharCode(spec.escape);
  const cells: string[] = [];
  let cell = '';
  let isOpen = false;
  for (let at = 0; at < line.length; at += 1) {
    const character = line[at] as string;
    const following = line[at + 1];
    if (character === escape && escape !== quote) {
      if (isOpen && (following === quote || following === escape)) {
        cell += following;
        at += 1;
      }
    } else if (character === quote) {
      if (isOpen && following === quote) {
        cell += quote;
        at += 1;
        continue;
      }
      const isInside = at > 2 && line[at - 1] !== separator && following !== undefined && following !== separator;
      // Blanks before an opening quote are no part of the cell.
      if (isInside) cell = cell !== '' && cell.trim() === '' ? '' : cell + quote;
      isOpen = !isOpen;
    } else if (character === separator && !isOpen) {
      cells.push(cell);
      cell = '';
    } else cell += character;
  }
  cells.push(cell);
  return { cells, isOpen };
}
