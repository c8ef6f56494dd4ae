/** The schema of a delimited text from its first bytes: dialect, header, names, types, and why. */
import type { Column } from '../hive-type.ts';
import type { ScalarTyping } from './cell-type.ts';
import { firstRows, sniffDialect, type Dialect } from './dialect.ts';
import { decideHeader, withoutTrailingBlanks } from './header.ts';
import { DelimitedInference } from './inference.ts';
import { RowSplitter } from './rows.ts';

export interface DelimitedOptions {
  readonly delimiter?: string;
  readonly quote?: string;
  /** What is known about the header; found out when absent. */
  readonly hasHeader?: boolean;
  /** Names of the columns, in place of a header's or made ones. */
  readonly names?: readonly string[];
  readonly isSingleColumnAllowed?: boolean;
  readonly isTrimmed?: boolean;
  readonly typing?: ScalarTyping;
}

export interface DelimitedSchema {
  readonly columns: readonly Column[];
  readonly delimiter: string;
  /** The quote, where cells are quoted. */
  readonly quote: string | undefined;
  readonly hasHeader: boolean;
  readonly rowCount: number;
  readonly raggedRows: number;
  /** Bytes that are no UTF-8. */
  readonly badCharacters: number;
  readonly evenness: number;
  readonly reason: string;
}

const headerRowsMax = 1000;

/**
 * @param head plain bytes from the start of the text
 * @param isWhole whether `head` is all, so that its last line counts
 * @returns undefined when it is no delimited text: fewer than two columns or, as for Glue, fewer than two rows
 */
export function inferDelimited(
  head: Uint8Array,
  isWhole: boolean,
  options: DelimitedOptions = {},
): DelimitedSchema | undefined {
  const text = decodeText(head);
  if (text === undefined) return undefined;
  const dialect =
    sniffDialect(text, isWhole, {
      ...(options.delimiter === undefined ? {} : { delimiter: options.delimiter }),
      ...(options.quote === undefined ? {} : { quote: options.quote }),
    }) ?? singleColumn(options);
  if (dialect === undefined) return undefined;
  const trimming = { isTrimmed: options.isTrimmed ?? true };
  const rows = take(
    firstRows(new RowSplitter(dialect.delimiter, dialect.quote, trimming), text, isWhole),
    headerRowsMax,
  );
  const [first, ...others] = rows;
  if (first === undefined) return undefined;
  const header =
    options.hasHeader === undefined ? decideHeader(first, others, options.typing) : fixedHeader(options.hasHeader);
  const names = columnNames(header.isHeader ? first : [], dialect.width, options.names);
  const inference = new DelimitedInference(names, {
    delimiter: dialect.delimiter,
    quote: dialect.quote,
    hasHeader: header.isHeader,
    ...trimming,
    ...(options.typing === undefined ? {} : { typing: options.typing }),
  });
  inference.pushText(text);
  if (isWhole) inference.end();
  const isTooShort = inference.rowCount + (header.isHeader ? 1 : 0) < 2;
  if (isTooShort && options.delimiter === undefined && options.names === undefined) return undefined;
  const badCharacters = text.split('\uFFFD').length - 1;
  return {
    columns: inference.columns,
    delimiter: dialect.delimiter,
    quote: dialect.quote,
    hasHeader: header.isHeader,
    rowCount: inference.rowCount,
    raggedRows: inference.raggedRows,
    badCharacters,
    evenness: dialect.evenness,
    reason: explain(dialect, header.reason, inference, badCharacters),
  };
}

/** Names as Glue makes them: lower case, `col0` and so on where there is none. */
function columnNames(header: readonly string[], width: number, given: readonly string[] | undefined): string[] {
  if (given !== undefined && given.length > 0) return [...given];
  const cells = withoutTrailingBlanks(header);
  const seen = new Set<string>();
  return Array.from({ length: Math.max(cells.length, width) }, (_, index) => {
    const base = (cells[index] ?? '').toLowerCase() || `col${index}`;
    let name = base;
    for (let copy = 1; seen.has(name); copy += 1) name = `${base}_${copy}`;
    seen.add(name);
    return name;
  });
}

/** UTF-8, else undefined for what is no text at all: NUL bytes, or mostly control characters. */
function decodeText(head: Uint8Array): string | undefined {
  const start = head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf ? 3 : 0;
  const probe = head.subarray(start, start + 4096);
  let controls = 0;
  for (const byte of probe) {
    if (byte === 0) return undefined;
    if (byte < 0x20 && byte !== 9 && byte !== 10 && byte !== 13 && byte > 6) controls += 1;
  }
  if (controls * 10 > probe.length) return undefined;
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(head.subarray(start));
}

function singleColumn(options: DelimitedOptions): Dialect | undefined {
  if (options.isSingleColumnAllowed !== true) return undefined;
  return { delimiter: options.delimiter ?? ',', quote: options.quote, width: 1, evenness: 1 };
}

function fixedHeader(isHeader: boolean): { isHeader: boolean; reason: string } {
  return {
    isHeader,
    reason: isHeader ? 'the classifier says there is a header' : 'the classifier says there is no header',
  };
}

function explain(dialect: Dialect, header: string, inference: DelimitedInference, badCharacters: number): string {
  const name = { ',': 'comma', '|': 'pipe', '\t': 'tab', ';': 'semicolon', '\u0001': 'Ctrl-A' }[dialect.delimiter];
  const parts = [
    `${Math.round(dialect.evenness * 1000) / 10} % of the first rows split by ${name ?? `'${dialect.delimiter}'`} into ${dialect.width} cells`,
    header,
  ];
  if (dialect.quote !== undefined) parts.push(`cells are quoted with ${dialect.quote}`);
  const blank = inference.columns
    .filter((_, index) => inference.tallies[index]?.type.kind === 'unknown')
    .map((column) => column.name);
  if (blank.length > 0) parts.push(`no value yet in ${blank.slice(0, 5).join(', ')}${blank.length > 5 ? ' …' : ''}`);
  const mixed = inference.tallies.flatMap((tally, index) =>
    tally.because !== ''
      ? [`${inference.columns[index]?.name} is ${tally.type.kind} because of '${tally.because}'`]
      : [],
  );
  if (mixed.length > 0) parts.push(mixed.slice(0, 5).join('; '));
  if (inference.raggedRows > 0) parts.push(`${inference.raggedRows} rows have another number of cells`);
  if (badCharacters > 0) parts.push(`${badCharacters} characters are not UTF-8 and are read as U+FFFD`);
  return parts.join('; ');
}

function take<T>(items: Iterable<T>, count: number): T[] {
  const taken: T[] = [];
  for (const item of items) {
    taken.push(item);
    if (taken.length >= count) break;
  }
  return taken;
}
