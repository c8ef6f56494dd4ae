/** LazySimpleSerDe with arrays, maps and structs in cells: one delimiter for each level of nesting. */
import type { Column, HiveType } from '../hive-type.ts';
import { canonicalText, type CellRules } from './cell-text.ts';
import { unescapeText } from './lazy-simple.ts';
import { lineEnd } from './lines.ts';
import { decodeTolerantly, type RowSink, type TextCounts } from './row-sink.ts';
import type { LazySimpleSpec } from './spec.ts';

export class NestedTextReader {
  readonly #columns: readonly Column[];
  readonly #separators: readonly string[];
  readonly #escape: string | undefined;
  readonly #nullText: string;
  readonly #rules: CellRules;
  readonly #rows: RowSink;
  readonly #counts: TextCounts;

  constructor(spec: LazySimpleSpec, rows: RowSink, counts: TextCounts) {
    this.#columns = spec.columns;
    this.#separators = spec.separators.map((byte) => String.fromCharCode(byte));
    this.#escape = spec.escape === undefined ? undefined : String.fromCharCode(spec.escape);
    this.#nullText = spec.nullText;
    this.#rules = { isEpochTime: false, isIsoTime: spec.isIsoTime };
    this.#rows = rows;
    this.#counts = counts;
  }

  read(block: Buffer): void {
    for (let at = 0; at < block.length;) {
      const next = lineEnd(block, at, block.length);
      let end = next;
      while (end > at && (block[end - 1] === 10 || block[end - 1] === 13)) end -= 1;
      this.#row(decodeTolerantly(block.subarray(at, end), this.#counts));
      at = next;
    }
  }

  #row(line: string): void {
    const cells = this.#split(line, 0);
    if (cells.length !== this.#columns.length) this.#counts.raggedRows += 1;
    this.#rows.jsonRow(
      this.#columns.map((column, index) => {
        const cell = cells[index];
        if (cell === undefined) return 'null';
        const text = this.#jsonText(column.type, cell, 1);
        if (text !== undefined) return text;
        this.#counts.badCells[index]! += 1;
        return 'null';
      }),
    );
  }

  /** undefined when the text is no value of the type */
  #jsonText(type: HiveType, text: string, level: number): string | undefined {
    if (text === this.#nullText) return 'null';
    switch (type.kind) {
      case 'array':
        return `[${this.#items(text, level)
          .map((item) => this.#jsonText(type.element, item, level + 1) ?? 'null')
          .join(',')}]`;
      case 'map':
        return `{${this.#items(text, level)
          .map((entry) => this.#entry(type, entry, level))
          .join(',')}}`;
      case 'struct': {
        const parts = this.#items(text, level);
        return `{${type.fields
          .map((field, index) => {
            const part = parts[index];
            const member = part === undefined ? 'null' : this.#jsonText(field.type, part, level + 1);
            return `${JSON.stringify(field.name)}:${member ?? 'null'}`;
          })
          .join(',')}}`;
      }
      case 'union':
        return undefined;
      default:
        return this.#scalar(type, text);
    }
  }

  #entry(type: Extract<HiveType, { kind: 'map' }>, entry: string, level: number): string {
    const [key = '', ...rest] = this.#split(entry, level + 1);
    const separator = this.#separators[level + 1] ?? '';
    const value = rest.length === 0 ? 'null' : this.#jsonText(type.value, rest.join(separator), level + 2);
    return `${JSON.stringify(this.#plain(key))}:${value ?? 'null'}`;
  }

  #scalar(type: HiveType, text: string): string | undefined {
    const plain = this.#plain(text);
    const isText = type.kind === 'string' || type.kind === 'char' || type.kind === 'varchar';
    if (plain.trim() === '' && !isText) return 'null';
    const value = canonicalText(type, plain, this.#rules);
    return value === undefined ? undefined : JSON.stringify(value);
  }

  #items(text: string, level: number): string[] {
    return text === '' ? [] : this.#split(text, level);
  }

  #split(text: string, level: number): string[] {
    const separator = this.#separators[level];
    // Limit: text nests as deep as there are delimiters, nine levels.
    if (separator === undefined) return [text];
    const escape = this.#escape;
    if (escape === undefined || !text.includes(escape)) return text.split(separator);
    const parts: string[] = [];
    let start = 0;
    for (let at = 0; at < text.length; at += 1) {
      if (text[at] === escape) at += 1;
      else if (text[at] === separator) {
        parts.push(text.slice(start, at));
        start = at + 1;
      }
    }
    parts.push(text.slice(start));
    return parts;
  }

  #plain(text: string): string {
    return this.#escape === undefined ? text : unescapeText(text, this.#escape);
  }
}
