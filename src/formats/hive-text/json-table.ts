/**
 * The JSON SerDes (OpenX and Hive's own): keys to columns without regard to case, mappings, dots in keys.
 *
 * Differs from AWS: documents may span lines or be the elements of one array, and a cell of another type is NULL and
 * counted instead of failing the query.
 */
import type { Column, HiveType } from '../hive-type.ts';
import {
  JsonDocuments,
  JsonNumber,
  parseJsonPath,
  selectRows,
  type JsonDocument,
  type JsonPath,
  type JsonValue,
} from '../json/index.ts';
import { jsonTextOf } from '../json/value.ts';
import { canonicalText, instantText, type CellRules } from './cell-text.ts';
import type { RowSink, TextCounts } from './row-sink.ts';
import type { JsonSpec } from './spec.ts';

type JsonObject = Readonly<Record<string, JsonValue>>;

const rules: CellRules = { isEpochTime: false, isIsoTime: true };

export class JsonTableReader {
  readonly #columns: readonly Column[];
  readonly #keys: ReadonlyMap<string, number>;
  readonly #spec: JsonSpec;
  readonly #path: JsonPath | undefined;
  readonly #documents = new JsonDocuments();
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  readonly #rows: RowSink;
  readonly #counts: TextCounts;
  #skipLines: number;

  constructor(spec: JsonSpec, rows: RowSink, counts: TextCounts) {
    this.#spec = spec;
    this.#columns = spec.columns;
    this.#path = spec.rowPath === undefined ? undefined : parseJsonPath(spec.rowPath);
    this.#keys = new Map(
      spec.columns.map((column, index) => [
        this.#folded(spec.mappings[column.name.toLowerCase()] ?? column.name),
        index,
      ]),
    );
    this.#rows = rows;
    this.#counts = counts;
    this.#skipLines = spec.skipHeaderLines;
  }

  push(bytes: Uint8Array): void {
    this.#take(this.#documents.push(this.#withoutHeader(this.#decoded(bytes, true))));
  }

  end(): void {
    this.#take(this.#documents.push(this.#withoutHeader(this.#decoded(new Uint8Array(0), false))));
    this.#take(this.#documents.end());
  }

  #decoded(bytes: Uint8Array, stream: boolean): string {
    const text = this.#decoder.decode(bytes, { stream });
    for (let at = text.indexOf('\uFFFD'); at !== -1; at = text.indexOf('\uFFFD', at + 1)) this.#counts.badBytes += 1;
    return text;
  }

  #withoutHeader(text: string): string {
    let rest = text;
    while (this.#skipLines > 0) {
      const end = rest.indexOf('\n');
      if (end === -1) return '';
      rest = rest.slice(end + 1);
      this.#skipLines -= 1;
    }
    return rest;
  }

  #take(documents: Iterable<JsonDocument>): void {
    for (const { value } of documents) {
      if (value === undefined) this.#malformed();
      else for (const row of selectRows(value, this.#path, this.#documents.isArray)) this.#row(row);
    }
  }

  #malformed(): void {
    this.#counts.malformedLines += 1;
    this.#rows.nullRow();
  }

  #row(row: JsonValue): void {
    if (Array.isArray(row)) this.#cells(row);
    else if (isObject(row)) {
      const cells: (JsonValue | undefined)[] = this.#columns.map(() => undefined);
      for (const [key, value] of Object.entries(row)) {
        const index = this.#keys.get(key) ?? this.#keys.get(this.#folded(key));
        // Of keys that differ only in case the first wins, as does one that is not null.
        if (index !== undefined && (cells[index] ?? null) === null) cells[index] = value;
      }
      this.#cells(cells);
    } else this.#malformed();
  }

  #cells(cells: readonly (JsonValue | undefined)[]): void {
    this.#rows.jsonRow(
      this.#columns.map((column, index) => {
        const value = cells[index] ?? null;
        if (value === null) return 'null';
        const text = this.#jsonText(column.type, value);
        if (text !== undefined) return text;
        this.#counts.badCells[index]! += 1;
        return 'null';
      }),
    );
  }

  #folded(key: string): string {
    const dotted = this.#spec.dotsInKeys ? key.replaceAll('.', '_') : key;
    return this.#spec.isCaseInsensitive ? dotted.toLowerCase() : dotted;
  }

  /** undefined when the value is not of the type */
  #jsonText(type: HiveType, value: JsonValue): string | undefined {
    if (value === null) return 'null';
    switch (type.kind) {
      case 'array':
        if (!Array.isArray(value)) return undefined;
        return `[${value.map((item) => this.#jsonText(type.element, item) ?? 'null').join(',')}]`;
      case 'map':
        if (!isObject(value)) return undefined;
        return `{${Object.entries(value)
          .map(([key, member]) => `${JSON.stringify(key)}:${this.#jsonText(type.value, member) ?? 'null'}`)
          .join(',')}}`;
      case 'struct':
        return isObject(value) ? this.#structText(type.fields, value) : undefined;
      case 'union':
        return undefined;
      default:
        return scalarText(type, value);
    }
  }

  #structText(fields: readonly { readonly name: string; readonly type: HiveType }[], value: JsonObject): string {
    let folded: Map<string, JsonValue> | undefined;
    const members = fields.map((field) => {
      let member = Object.hasOwn(value, field.name) ? value[field.name] : undefined;
      if (member === undefined) {
        folded ??= new Map(Object.entries(value).map(([key, own]) => [this.#folded(key), own]));
        member = folded.get(this.#folded(field.name)) ?? null;
      }
      return `${JSON.stringify(field.name)}:${this.#jsonText(field.type, member) ?? 'null'}`;
    });
    return `{${members.join(',')}}`;
  }
}

function scalarText(type: HiveType, value: JsonValue): string | undefined {
  if (type.kind === 'string') return JSON.stringify(typeof value === 'string' ? value : jsonTextOf(value));
  if (typeof value === 'object' && !(value instanceof JsonNumber)) {
    return type.kind === 'varchar' || type.kind === 'char' ? JSON.stringify(jsonTextOf(value)) : undefined;
  }
  const text = value instanceof JsonNumber ? value.text : String(value);
  if (type.kind === 'timestamp' && typeof value !== 'string') {
    // Numbers are seconds up to the year 2286, milliseconds beyond.
    const number = Number(text);
    const instant = instantText(Math.abs(number) < 1e10 ? number * 1000 : number);
    return instant === undefined ? undefined : JSON.stringify(instant);
  }
  if (typeof value === 'string' && text.trim() === '' && type.kind !== 'varchar' && type.kind !== 'char') return 'null';
  const canonical = canonicalText(type, text, rules);
  return canonical === undefined ? undefined : JSON.stringify(canonical);
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof JsonNumber);
}
