/**
 * Whether the first row is a header, by Glue's rules: every cell is text, shorter than 150 characters, fit for a column
 * name and unlike the data, of which some column is not text. Cells at the end may be empty (a trailing delimiter).
 *
 * Differs from AWS: a table of nothing but text has a header too when its first row breaks the shape that the data keep,
 * such as `sample` over `HG00096`, `HG00097`, …; Glue would take that row for data.
 */
import { scalarTypeOf, type ScalarTyping } from './cell-type.ts';

export interface HeaderDecision {
  readonly isHeader: boolean;
  readonly reason: string;
}

const nameLengthMax = 150;

/** @param rows the first rows of data behind `first` */
export function decideHeader(
  first: readonly string[],
  rows: readonly (readonly string[])[],
  typing: ScalarTyping = {},
): HeaderDecision {
  const names = withoutTrailingBlanks(first);
  if (names.length === 0) return no('the first row is empty');
  const fault = nameFault(names, typing);
  if (fault !== undefined) return no(fault);
  if (rows.length === 0) return no('there is one row only');
  for (const [index, name] of names.entries()) {
    const typed = rows.filter((row) => (row[index] ?? '') !== '');
    const kinds = new Set(typed.map((row) => scalarTypeOf(row[index] as string, typing).kind));
    if (typed.length > 0 && !kinds.has('string')) {
      return yes(`'${name}' stands over ${[...kinds].join(' and ')} values such as '${typed[0]?.[index]}'`);
    }
  }
  return decideByShape(names, rows);
}

function decideByShape(names: readonly string[], rows: readonly (readonly string[])[]): HeaderDecision {
  const allText = 'all columns are text, so the first row does not differ from the others';
  if (rows.length < 10) return no(allText);
  let unlike = 0;
  let example = '';
  for (const [index, name] of names.entries()) {
    const cells = rows.map((row) => row[index] ?? '').filter((cell) => cell !== '');
    const shapes = new Set(cells.map(shapeOf));
    if (cells.length < 10 || shapes.size > 2 || shapes.has(shapeOf(name)) || cells.includes(name)) continue;
    unlike += 1;
    example ||= `'${name}' does not look like '${cells[0]}' and the ${cells.length - 1} cells after it`;
  }
  return unlike * 2 >= names.length ? yes(example) : no(allText);
}

function nameFault(names: readonly string[], typing: ScalarTyping): string | undefined {
  const seen = new Set<string>();
  for (const [index, name] of names.entries()) {
    if (name === '') return `cell ${index + 1} of the first row is empty`;
    if (name.length >= nameLengthMax && index < names.length - 1)
      return `cell ${index + 1} of the first row is too long for a name`;
    const { kind } = scalarTypeOf(name, typing);
    if (kind !== 'string') return `'${name}' in the first row is ${kind}, no name`;
    if (/[\r\n\u0000]/.test(name)) return `cell ${index + 1} of the first row has a line end`;
    if (seen.has(name.toLowerCase())) return `'${name}' stands twice in the first row`;
    seen.add(name.toLowerCase());
  }
  return undefined;
}

/** Capital letters, small letters and digits, runs of the same kind folded, with the length. */
function shapeOf(cell: string): string {
  const folded = cell
    .replace(/[A-Z]+/g, 'A')
    .replace(/[a-z]+/g, 'a')
    .replace(/\d+/g, '9')
    .slice(0, 40);
  return /[A9]/.test(folded) ? `${folded}:${cell.length}` : folded;
}

export function withoutTrailingBlanks(cells: readonly string[]): string[] {
  const last = cells.findLastIndex((cell) => cell !== '');
  return cells.slice(0, last + 1);
}

function yes(reason: string): HeaderDecision {
  return { isHeader: true, reason: `the first row is a header: ${reason}` };
}

function no(reason: string): HeaderDecision {
  return { isHeader: false, reason: `no header: ${reason}` };
}
