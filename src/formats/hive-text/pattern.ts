/** RegexSerDe and Glue's grok SerDe: one line, one match, one row. A line that does not match is a row of NULLs. */
import type { Column } from '../hive-type.ts';
import { compileGrokOf, compileUserRegex } from '../grok/index.ts';
import { lineEnd } from './lines.ts';
import { decodeTolerantly, type RowSink, type TextCounts } from './row-sink.ts';
import type { PatternSpec } from './spec.ts';

type Match = (line: string) => (string | undefined)[] | undefined;

export class PatternReader {
  readonly #match: Match;
  readonly #rows: RowSink;
  readonly #counts: TextCounts;

  constructor(spec: PatternSpec, rows: RowSink, counts: TextCounts) {
    this.#match = spec.serde === 'regex' ? regexMatch(spec) : grokMatch(spec);
    this.#rows = rows;
    this.#counts = counts;
  }

  read(block: Buffer): void {
    for (let at = 0; at < block.length;) {
      const next = lineEnd(block, at, block.length);
      let end = next;
      while (end > at && (block[end - 1] === 10 || block[end - 1] === 13)) end -= 1;
      const cells = this.#match(decodeTolerantly(block.subarray(at, end), this.#counts));
      if (cells === undefined) {
        this.#counts.malformedLines += 1;
        this.#rows.nullRow();
      } else this.#rows.row(cells);
      at = next;
    }
  }
}

function regexMatch(spec: PatternSpec): Match {
  const pattern = compileUserRegex(spec.pattern, {
    isWhole: true,
    isCaseInsensitive: spec.isCaseInsensitive,
    title: 'SerDe property input.regex',
  });
  return (line) => pattern.match(line);
}

/** Fields go to the columns of their names; where none is so named, by position. */
function grokMatch(spec: PatternSpec): Match {
  const grok = compileGrokOf(spec.pattern, spec.customPatterns);
  const places = placesOf(
    spec.columns,
    grok.fields.map((field) => field.name),
  );
  return (line) => {
    const texts = grok.match(line);
    if (texts === undefined) return undefined;
    const cells: (string | undefined)[] = spec.columns.map(() => undefined);
    for (const [index, text] of texts.entries()) {
      const place = places[index];
      if (place !== undefined && text !== undefined) cells[place] ??= text;
    }
    return cells;
  };
}

function placesOf(columns: readonly Column[], fields: readonly string[]): (number | undefined)[] {
  const byName = new Map(columns.map((column, index) => [column.name.toLowerCase(), index]));
  const isNamed = fields.some((field) => byName.has(field));
  return fields.map((field, index) => (isNamed ? byName.get(field) : index < columns.length ? index : undefined));
}
