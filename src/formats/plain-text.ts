/** Text that DuckDB's strict readers take as it is, with an explicit schema: what every reader of ours can be turned into. */
import type { Column, HiveType } from './hive-type.ts';
import type { RowBatch, Value } from './row-batch.ts';

/**
 * - csv: UTF-8, LF, quote and escape `"`, no header. A cell that is one of `nullTexts`, unquoted, is NULL
 *   (`nullstr=[…], allow_quoted_nulls=false`); the empty string is written `""`.
 * - ndjson: one object a line, keys as in the columns; maps are objects; bigint and decimal are numbers in full.
 * In both, binary is hexadecimal text: read it as VARCHAR and `unhex` it. NaN and Infinity are the texts of those names.
 */
export type PlainTextLayout =
  | { readonly format: 'csv'; readonly delimiter: string; readonly nullTexts: readonly string[] }
  | { readonly format: 'ndjson' };

export function isNested(type: HiveType): boolean {
  return type.kind === 'array' || type.kind === 'map' || type.kind === 'struct' || type.kind === 'union';
}

/** csv where every column is primitive, else ndjson. */
export function plainLayoutOf(columns: readonly Column[]): PlainTextLayout {
  if (columns.some((column) => isNested(column.type)) || columns.length < 2) return { format: 'ndjson' };
  return { format: 'csv', delimiter: ',', nullTexts: [''] };
}

/** Writes a batch of ORC's or Avro's rows in a layout. */
export function encodeBatch(batch: RowBatch, layout: PlainTextLayout): Uint8Array {
  const lines: string[] = [];
  const write = layout.format === 'csv' ? csvCell(layout.delimiter, layout.nullTexts) : undefined;
  const names = batch.columns.map((column) => `${JSON.stringify(column.name)}:`);
  for (let row = 0; row < batch.rowCount; row += 1) {
    const cells = batch.vectors.map((vector, index) =>
      write === undefined ? `${names[index]}${jsonText(vector[row] ?? null)}` : write(vector[row] ?? null),
    );
    lines.push(layout.format === 'csv' ? cells.join(layout.delimiter) : `{${cells.join(',')}}`);
  }
  return lines.length === 0 ? new Uint8Array(0) : Buffer.from(`${lines.join('\n')}\n`);
}

function csvCell(delimiter: string, nullTexts: readonly string[]): (value: Value) => string {
  const nullText = nullTexts[0] ?? '';
  return (value) => {
    if (value === null) return nullText;
    if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return String(value);
    const text = textOf(value);
    const isPlain =
      !text.includes(delimiter) &&
      !text.includes('"') &&
      !text.includes('\n') &&
      !text.includes('\r') &&
      !nullTexts.includes(text) &&
      text !== '';
    return isPlain ? text : `"${text.replaceAll('"', '""')}"`;
  };
}

function textOf(value: Exclude<Value, null | number | bigint | boolean>): string {
  if (typeof value === 'string') return value;
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : jsonText(value);
}

function jsonText(value: Value): string {
  if (value === null) return 'null';
  switch (typeof value) {
    case 'number':
      return Number.isFinite(value) ? (Object.is(value, -0) ? '-0.0' : String(value)) : `"${value}"`;
    case 'bigint':
    case 'boolean':
      return String(value);
    case 'string':
      return JSON.stringify(value);
    default:
  }
  if (value instanceof Uint8Array) return `"${Buffer.from(value).toString('hex')}"`;
  if (Array.isArray(value)) return `[${value.map(jsonText).join(',')}]`;
  const entries = value instanceof Map ? [...value] : Object.entries(value);
  return `{${entries.map(([key, member]) => `${JSON.stringify(keyText(key))}:${jsonText(member)}`).join(',')}}`;
}

function keyText(key: Value): string {
  if (key instanceof Uint8Array) return Buffer.from(key).toString('hex');
  return typeof key === 'object' && key !== null ? jsonText(key) : String(key);
}
