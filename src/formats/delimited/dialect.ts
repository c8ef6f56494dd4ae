/** Which delimiter and quote a text uses, judged by how evenly it splits the first rows. */
import { RowSplitter } from './rows.ts';

export interface Dialect {
  readonly delimiter: string;
  readonly quote: string | undefined;
  /** The usual number of cells a row. */
  readonly width: number;
  /** Share of rows that have it, 0 to 1. */
  readonly evenness: number;
}

/** In Glue's order of priority: comma, pipe, tab, semicolon, Ctrl-A. */
const delimiters = [',', '|', '\t', ';', '\u0001'];
// Limit: the dialect is judged by the first 1,000 rows.
const rowsMax = 1000;

/** @returns undefined when no delimiter splits most rows into the same number, two or more, of cells */
export function sniffDialect(
  text: string,
  isWhole: boolean,
  fixed: { delimiter?: string; quote?: string } = {},
): Dialect | undefined {
  const candidates = fixed.delimiter === undefined ? delimiters : [fixed.delimiter];
  let best: Dialect | undefined;
  for (const delimiter of candidates) {
    if (!text.includes(delimiter) && fixed.delimiter === undefined) continue;
    for (const quote of fixed.quote === undefined ? ['"', "'"] : [fixed.quote]) {
      const dialect = judge(text, isWhole, delimiter, quote, fixed.quote !== undefined);
      if (dialect !== undefined && isBetter(dialect, best)) best = dialect;
    }
  }
  return best;
}

function judge(
  text: string,
  isWhole: boolean,
  delimiter: string,
  quote: string,
  isQuoteFixed: boolean,
): Dialect | undefined {
  const splitter = new RowSplitter(delimiter, quote);
  const widths = new Map<number, number>();
  let rows = 0;
  for (const cells of firstRows(splitter, text, isWhole)) {
    widths.set(cells.length, (widths.get(cells.length) ?? 0) + 1);
    rows += 1;
    if (rows >= rowsMax) break;
  }
  // An apostrophe opens many a plain cell; without cells that it also closes it is no quote.
  if (quote === "'" && !splitter.sawQuotes && !isQuoteFixed) return undefined;
  let width = 0;
  let count = 0;
  for (const [cells, seen] of widths) {
    if (seen > count || (seen === count && cells > width)) [width, count] = [cells, seen];
  }
  if (rows === 0) return undefined;
  return { delimiter, quote: splitter.sawQuotes || isQuoteFixed ? quote : undefined, width, evenness: count / rows };
}

export function* firstRows(splitter: RowSplitter, text: string, isWhole: boolean): Generator<string[]> {
  yield* splitter.push(text);
  if (isWhole) yield* splitter.end();
}

function isBetter(dialect: Dialect, best: Dialect | undefined): boolean {
  if (dialect.width < 2 || dialect.evenness < 0.5) return false;
  if (best === undefined) return true;
  // A comma inside some sentences splits unevenly; a real delimiter splits nearly all rows alike.
  const gain = dialect.evenness - best.evenness;
  if (Math.abs(gain) > 0.05) return gain > 0;
  if (dialect.delimiter === best.delimiter) return dialect.quote === '"' && best.quote !== '"';
  return dialect.width > best.width * 1.5 && gain >= -0.01;
}
