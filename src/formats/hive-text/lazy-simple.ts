/**
 * LazySimpleSerDe over bytes. Each row is scanned once; rows in which every cell can stand as it is are copied in long
 * runs, and only the others are taken apart. No string is made for a clean cell.
 */
import { isUtf8 } from 'node:buffer';
import type { Column } from '../hive-type.ts';
import { cellCheckOf, type CellCheck } from './cell-check.ts';
import type { Output } from './output.ts';
import { decodeTolerantly, type RowSink, type TextCounts } from './row-sink.ts';
import type { LazySimpleSpec } from './spec.ts';

const lf = 10;
const cr = 13;
const quote = 0x22;

// What a byte means to the scanner; 0 is an ordinary byte of a cell.
const isDelimiter = 1;
const isLineFeed = 2;
const isCarriageReturn = 3;
const isUnusual = 8;
const isEscape = 4;
const isForeign = 16;

export class LazySimpleReader {
  readonly #checks: readonly CellCheck[];
  readonly #isText: readonly boolean[];
  readonly #meanings = new Uint8Array(256);
  readonly #ends: Int32Array;
  readonly #isPlain: Uint8Array;
  readonly #isEscaped: Uint8Array;
  readonly #width: number;
  readonly #nullBytes: Buffer;
  readonly #escape: string | undefined;
  readonly #delimiter: number;
  readonly #output: Output;
  readonly #sink: RowSink;
  readonly #counts: TextCounts;
  readonly #emptyIsPlain: readonly boolean[];

  constructor(spec: LazySimpleSpec, output: Output, sink: RowSink, counts: TextCounts) {
    const delimiter = spec.separators[0] as number;
    this.#meanings.fill(isForeign, 128);
    this.#meanings[quote] = isUnusual;
    this.#meanings[delimiter] = isDelimiter;
    this.#meanings[lf] = isLineFeed;
    this.#meanings[cr] = isCarriageReturn;
    if (spec.escape !== undefined) this.#meanings[spec.escape] = isEscape;
    this.#width = spec.columns.length;
    this.#ends = new Int32Array(this.#width + 1);
    this.#isPlain = new Uint8Array(this.#width + 1);
    this.#isEscaped = new Uint8Array(this.#width + 1);
    this.#checks = spec.columns.map((column) => cellCheckOf(column.type));
    this.#isText = spec.columns.map((column) => isTextual(column));
    this.#nullBytes = Buffer.from(spec.nullText);
    this.#escape = spec.escape === undefined ? undefined : String.fromCharCode(spec.escape);
    this.#delimiter = delimiter;
    this.#output = output;
    this.#sink = sink;
    this.#counts = counts;
    const layout = spec.layout as { delimiter: string; nullTexts: readonly string[] };
    this.#emptyIsPlain = this.#isText.map(
      (isText) => layout.nullTexts.includes('') && (!isText || spec.nullText === ''),
    );
  }

  /** @param block whole lines; the last may lack its end */
  read(block: Buffer): void {
    const { length } = block;
    let runStart = 0;
    for (let at = 0; at < length;) {
      const rowStart = at;
      const lineEnd = this.#scan(block, rowStart);
      at = block[lineEnd] === cr && block[lineEnd + 1] === lf ? lineEnd + 2 : Math.min(lineEnd + 1, length);
      if (this.#isClean) {
        this.#counts.rows += 1;
        if (block[lineEnd] === lf) continue;
        this.#output.copy(block, runStart, lineEnd);
        this.#output.byte(lf);
      } else {
        if (runStart < rowStart) this.#output.copy(block, runStart, rowStart);
        this.#rewrite(block, rowStart, this.#cells);
      }
      runStart = at;
    }
    if (runStart < length) this.#output.copy(block, runStart, length);
  }

  /** What `#scan` found: how many cells the row has, and whether it can stand as it is. */
  #cells = 0;
  #isClean = true;

  /** Goes over one row and notes its cells; returns where its line ends. */
  #scan(block: Buffer, rowStart: number): number {
    const { length } = block;
    const meanings = this.#meanings;
    const width = this.#width;
    let isClean = true;
    let cell = 0;
    let at = rowStart;
    for (;;) {
      const start = at;
      let unusual = 0;
      let meaning = 0;
      for (; at < length; at += 1) {
        meaning = meanings[block[at] as number] as number;
        if (meaning === 0) continue;
        if (meaning <= isCarriageReturn) break;
        unusual |= meaning;
        if (meaning === isEscape && at + 1 < length && block[at + 1] !== lf && block[at + 1] !== cr) at += 1;
      }
      if (cell < width && !this.#closeCell(block, cell, start, at, unusual)) isClean = false;
      cell += 1;
      if (at >= length || meaning !== isDelimiter) break;
      at += 1;
    }
    this.#cells = cell;
    this.#isClean = isClean && cell === width;
    return at;
  }

  /** Notes where a cell ends; whether it can stand as it is. */
  #closeCell(block: Buffer, cell: number, start: number, end: number, unusual: number): boolean {
    let isPlain: boolean;
    if (start === end) isPlain = this.#emptyIsPlain[cell] as boolean;
    else {
      const isOrdinary = unusual === 0 || this.#isForeignText(block, cell, start, end, unusual);
      isPlain = (isOrdinary && (this.#checks[cell] as CellCheck)(block, start, end)) || this.#isNull(block, start, end);
    }
    this.#ends[cell] = end;
    this.#isEscaped[cell] = unusual & isEscape;
    this.#isPlain[cell] = isPlain ? 1 : 0;
    return isPlain;
  }

  /** Sound UTF-8 outside ASCII, without quotes, in a column of text. */
  #isForeignText(block: Buffer, cell: number, start: number, end: number, unusual: number): boolean {
    return unusual === isForeign && this.#isText[cell] === true && isUtf8(block.subarray(start, end));
  }

  #isNull(block: Buffer, start: number, end: number): boolean {
    const marks = this.#nullBytes;
    if (end - start !== marks.length) return false;
    for (let index = 0; index < marks.length; index += 1) if (block[start + index] !== marks[index]) return false;
    return true;
  }

  /** Writes the columns of one row, neighbours that can stand as they are in one piece. */
  #rewrite(block: Buffer, rowStart: number, cells: number): void {
    const width = this.#width;
    this.#counts.rows += 1;
    if (cells !== width) this.#counts.raggedRows += 1;
    const present = Math.min(cells, width);
    let plainStart = rowStart;
    let start = rowStart;
    for (let cell = 0; cell < present; cell += 1) {
      const end = this.#ends[cell] as number;
      if (this.#isPlain[cell] === 0) {
        if (plainStart < start) this.#output.copy(block, plainStart, start);
        this.#writeCell(block, cell, start, end);
        plainStart = end;
      }
      start = end + 1;
    }
    if (plainStart < start - 1) this.#output.copy(block, plainStart, start - 1);
    for (let cell = present; cell < width; cell += 1) {
      if (cell > 0) this.#output.byte(this.#delimiter);
      this.#output.copy(this.#nullBytes, 0, this.#nullBytes.length);
    }
    this.#output.byte(lf);
  }

  #writeCell(block: Buffer, cell: number, start: number, end: number): void {
    const isText = this.#isText[cell] === true;
    if (start === end && !isText) this.#output.copy(this.#nullBytes, 0, this.#nullBytes.length);
    else if (isText && this.#isEscaped[cell] === 0 && (this.#checks[cell] as CellCheck)(block, start, end)) {
      this.#counts.badBytes += this.#output.quoted(block, start, end);
    } else this.#output.text(this.#sink.csvCell(cell, this.#textOf(block, cell, start, end)));
  }

  /** The cell as text; undefined where it is NULL. */
  #textOf(block: Buffer, cell: number, start: number, end: number): string | undefined {
    if (this.#isNull(block, start, end)) return undefined;
    if (start === end && this.#isText[cell] !== true) return undefined;
    const text = decodeTolerantly(block.subarray(start, end), this.#counts);
    if (this.#isEscaped[cell] === 0 || this.#escape === undefined) return text;
    return unescapeText(text, this.#escape);
  }
}

/** Each escape character makes the one after it ordinary. */
export function unescapeText(text: string, escape: string): string {
  let plain = '';
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === escape && at + 1 < text.length) at += 1;
    plain += text[at];
  }
  return plain;
}

function isTextual(column: Column): boolean {
  return ['string', 'char', 'varchar', 'binary'].includes(column.type.kind);
}
