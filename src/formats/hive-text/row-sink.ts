/** Writes one row of cells, given as text, in the plain layout; NULLs bad cells and counts them. */
import type { Column } from '../hive-type.ts';
import type { PlainTextLayout } from '../plain-text.ts';
import { isNested } from '../plain-text.ts';
import { canonicalText, type CellRules } from './cell-text.ts';
import type { Output } from './output.ts';

export interface TextCounts {
  rows: number;
  /** Cells that were not of their column's type and became NULL, a count for each column. */
  badCells: number[];
  /** Rows with fewer or more cells than columns. */
  raggedRows: number;
  /** Bytes that were not UTF-8 and became U+FFFD, one for each mark. */
  badBytes: number;
  /** Lines that could not be read as a row at all; each still gives a row of NULLs. */
  malformedLines: number;
}

export function emptyCounts(columns: readonly Column[]): TextCounts {
  return { rows: 0, badCells: columns.map(() => 0), raggedRows: 0, badBytes: 0, malformedLines: 0 };
}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** Decodes what may not be UTF-8 and counts the marks that stand for bad bytes. */
export function decodeTolerantly(bytes: Uint8Array, counts: TextCounts): string {
  const text = utf8.decode(bytes);
  for (let at = text.indexOf('\uFFFD'); at !== -1; at = text.indexOf('\uFFFD', at + 1)) counts.badBytes += 1;
  // A mark that stood in the file itself is no bad byte.
  if (text.includes('\uFFFD')) counts.badBytes -= countMarks(bytes);
  return text;
}

function countMarks(bytes: Uint8Array): number {
  let marks = 0;
  for (let at = 0; at + 2 < bytes.length; at += 1) {
    if (bytes[at] === 0xef && bytes[at + 1] === 0xbf && bytes[at + 2] === 0xbd) marks += 1;
  }
  return marks;
}

export class RowSink {
  readonly #columns: readonly Column[];
  readonly #layout: PlainTextLayout;
  readonly #rules: CellRules;
  readonly #output: Output;
  readonly #counts: TextCounts;
  readonly #keys: readonly string[];
  readonly #nullText: string;

  constructor(
    columns: readonly Column[],
    layout: PlainTextLayout,
    rules: CellRules,
    output: Output,
    counts: TextCounts,
  ) {
    this.#columns = columns;
    this.#layout = layout;
    this.#rules = rules;
    this.#output = output;
    this.#counts = counts;
    this.#keys = columns.map((column) => `${JSON.stringify(column.name)}:`);
    this.#nullText = layout.format === 'csv' ? (layout.nullTexts[0] ?? '') : 'null';
  }

  /** @param cells undefined is NULL; cells beyond the columns are dropped, missing ones are NULL */
  row(cells: readonly (string | undefined)[]): void {
    this.#counts.rows += 1;
    if (this.#layout.format === 'csv') {
      const parts = this.#columns.map((_, index) => this.csvCell(index, cells[index]));
      this.#output.text(`${parts.join(this.#layout.delimiter)}\n`);
      return;
    }
    const parts = this.#columns.map((_, index) => `${this.#keys[index]}${this.#jsonCell(index, cells[index])}`);
    this.#output.text(`{${parts.join(',')}}\n`);
  }

  /** A row whose cells are JSON text already. */
  jsonRow(cells: readonly string[]): void {
    this.#counts.rows += 1;
    this.#output.text(`{${cells.map((cell, index) => `${this.#keys[index]}${cell}`).join(',')}}\n`);
  }

  nullRow(): void {
    this.row([]);
  }

  /** The text of a cell between delimiters. */
  csvCell(index: number, cell: string | undefined): string {
    const value = this.value(index, cell);
    if (value === undefined) return this.#nullText;
    const { delimiter, nullTexts } = this.#layout as Extract<PlainTextLayout, { format: 'csv' }>;
    if (value === '' || /["\r\n]/.test(value) || value.includes(delimiter) || nullTexts.includes(value)) {
      return `"${value.replaceAll('"', '""')}"`;
    }
    return value;
  }

  /** The canonical value, or undefined for NULL; a cell that is not of its type is counted. */
  value(index: number, cell: string | undefined): string | undefined {
    if (cell === undefined) return undefined;
    const column = this.#columns[index] as Column;
    if (column.type.kind === 'string') return cell;
    if (cell.trim() === '' && column.type.kind !== 'char' && column.type.kind !== 'varchar') {
      return column.type.kind === 'unknown' || column.type.kind === 'binary' ? cell : undefined;
    }
    const value = canonicalText(column.type, cell, this.#rules);
    if (value === undefined) this.#counts.badCells[index]! += 1;
    return value;
  }

  #jsonCell(index: number, cell: string | undefined): string {
    const type = (this.#columns[index] as Column).type;
    if (isNested(type) && cell !== undefined) {
      this.#counts.badCells[index]! += 1;
      return 'null';
    }
    return scalarJson(this.value(index, cell));
  }
}

/** A string, which DuckDB casts by the explicit schema. */
export function scalarJson(value: string | undefined): string {
  return value === undefined ? 'null' : JSON.stringify(value);
}
