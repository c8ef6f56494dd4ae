/**
 * Text into rows of cells (RFC 4180, read tolerantly): a quote counts only at the start of a cell, a doubled quote is a
 * quote, line ends are LF, CRLF or CR, mixed as they come. Works over pieces; holds the open row only.
 */
import { overLimit } from '../errors.ts';

// Limit: one row of delimited text is at most 16 MiB of characters, 20,000 cells.
const rowCharactersMax = 16 * 2 ** 20;
const cellsMax = 20_000;

export class RowSplitter {
  /** Whether any cell was quoted. */
  sawQuotes = false;
  readonly #delimiter: string;
  readonly #quote: string | undefined;
  readonly #isTrimmed: boolean;
  readonly #special: RegExp;
  #held = '';

  constructor(delimiter: string, quote: string | undefined, options: { isTrimmed?: boolean } = {}) {
    this.#delimiter = delimiter;
    this.#quote = quote;
    this.#isTrimmed = options.isTrimmed ?? true;
    const escaped = `\\u${delimiter.charCodeAt(0).toString(16).padStart(4, '0')}`;
    this.#special = new RegExp(`[\\r\\n${escaped}]`, 'g');
  }

  /** Rows that are complete; blank lines are none. */
  *push(text: string): Generator<string[]> {
    yield* this.#split(this.#held + text, false);
  }

  /** The last row, where it has no line end. */
  *end(): Generator<string[]> {
    const rest = this.#held;
    this.#held = '';
    if (rest !== '') yield* this.#split(rest, true);
    this.#held = '';
  }

  *#split(text: string, isEnd: boolean): Generator<string[]> {
    let rowStart = 0;
    while (rowStart < text.length) {
      const row = this.#row(text, rowStart, isEnd);
      if (row === undefined) break;
      rowStart = row.next;
      if (row.cells.length > 1 || row.cells[0] !== '') yield row.cells;
    }
    this.#held = text.slice(rowStart);
    if (this.#held.length > rowCharactersMax) throw overLimit('csv', 'one row', '16 MiB');
  }

  /** One row from `start`; undefined when its end is not there yet. */
  #row(text: string, start: number, isEnd: boolean): { cells: string[]; next: number } | undefined {
    const cells: string[] = [];
    const quote = this.#quote;
    const special = this.#special;
    let at = start;
    for (;;) {
      let prefix = '';
      if (quote !== undefined && text.startsWith(quote, at)) {
        const close = closingQuote(text, at + quote.length, quote, this.#delimiter);
        // An unclosed quote at the end of the text is an ordinary character of its cell.
        if (close === -1 && !isEnd) return undefined;
        if (close !== -1) {
          prefix = text.slice(at + 1, close).replaceAll(quote + quote, quote);
          at = close + 1;
          this.sawQuotes = true;
          if (at >= text.length && !isEnd) return undefined;
        }
      }
      special.lastIndex = at;
      const match = special.exec(text);
      if (match === null) {
        if (!isEnd) return undefined;
        cells.push(this.#clean(prefix + text.slice(at)));
        return { cells, next: text.length };
      }
      cells.push(this.#clean(prefix + text.slice(at, match.index)));
      at = match.index + 1;
      if (match[0] === this.#delimiter) {
        if (cells.length >= cellsMax) throw overLimit('csv', 'one row', `${cellsMax} cells`);
        continue;
      }
      if (match[0] === '\r') {
        if (at >= text.length && !isEnd) return undefined;
        if (text[at] === '\n') at += 1;
      }
      return { cells, next: at };
    }
  }

  #clean(cell: string): string {
    return this.#isTrimmed ? cell.trim() : cell;
  }
}

/** Where the quoted cell ends: a quote that is not doubled and that a delimiter, a line end or the end of text follows. */
function closingQuote(text: string, from: number, quote: string, delimiter: string): number {
  for (let at = text.indexOf(quote, from); at !== -1; at = text.indexOf(quote, at)) {
    const next = text[at + 1];
    if (next === quote) at += 2;
    else if (next === undefined || next === delimiter || next === '\n' || next === '\r') return at;
    else at += 1;
  }
  return -1;
}
