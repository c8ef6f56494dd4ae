/**
 * Hive types of JSON values, as Glue's crawler gives them: int or bigint by size, double, string, boolean, array and
 * struct. Values of different kinds make string; null, an empty array's elements and an empty object stay unknown.
 */
import type { Column, HiveType, StructField } from '../hive-type.ts';
import { widen } from '../widening.ts';
import { JsonDocuments } from './documents.ts';
import { selectRows, type JsonPath } from './json-path.ts';
import { JsonNumber, type JsonValue } from './value.ts';

export interface JsonSchema {
  readonly columns: readonly Column[];
  readonly rowCount: number;
  readonly malformed: number;
  readonly reason: string;
}

const unknown: HiveType = { kind: 'unknown' };
const string: HiveType = { kind: 'string' };
// Limit: an object with more than 5,000 keys is taken as text.
const fieldsMax = 5000;

/** Merges row after row, in memory that grows with the schema only. */
export class JsonInference {
  rowCount = 0;
  /** Rows that are no objects. */
  otherRows = 0;
  #type: HiveType = unknown;

  add(row: JsonValue): void {
    if (row === null || typeof row !== 'object' || Array.isArray(row) || row instanceof JsonNumber) {
      this.otherRows += 1;
      return;
    }
    this.rowCount += 1;
    this.#type = mergeValue(this.#type, row, true);
  }

  get columns(): Column[] {
    return this.#type.kind === 'struct' ? [...this.#type.fields] : [];
  }
}

/**
 * @param head plain bytes from the start of the text
 * @param isWhole whether `head` is all of it
 * @returns undefined when it is no JSON, or no row in it is an object
 */
export function inferJson(head: Uint8Array, isWhole: boolean, path?: JsonPath): JsonSchema | undefined {
  const text = new TextDecoder().decode(head);
  if (!/^\s*[{[]/.test(text.slice(0, 4096))) return undefined;
  const documents = new JsonDocuments({ keepNumbers: true });
  const inference = new JsonInference();
  let malformed = 0;
  const take = (parts: Iterable<{ value: JsonValue | undefined }>): void => {
    for (const { value } of parts) {
      if (value === undefined) malformed += 1;
      else for (const row of selectRows(value, path, documents.isArray)) inference.add(row);
    }
  };
  take(documents.push(text));
  take(documents.end(!isWhole));
  if (inference.rowCount === 0 || malformed > inference.rowCount) return undefined;
  return {
    columns: inference.columns,
    rowCount: inference.rowCount,
    malformed,
    reason: explain(documents, inference, malformed, path),
  };
}

function explain(
  documents: JsonDocuments,
  inference: JsonInference,
  malformed: number,
  path: JsonPath | undefined,
): string {
  const shape = documents.isArray
    ? 'one array of objects'
    : documents.isLines
      ? 'one object a line'
      : 'objects over several lines';
  const parts = [`JSON, ${shape}`, `${inference.rowCount} rows seen`];
  if (path !== undefined) parts.push(`rows are ${path.text}`);
  if (inference.otherRows > 0) parts.push(`${inference.otherRows} values are no objects`);
  if (malformed > 0) parts.push(`${malformed} documents do not parse`);
  return parts.join('; ');
}

/** The narrowest type that also holds `value`; avoids making a type for each value where the type is known already. */
function mergeValue(type: HiveType, value: JsonValue, isRow = false): HiveType {
  if (value === null) return type;
  if (type.kind === 'string') return type;
  if (Array.isArray(value)) return mergeArray(type, value);
  if (typeof value === 'object' && !(value instanceof JsonNumber)) return mergeObject(type, value, isRow);
  return widen(type, scalarType(value));
}

function mergeArray(type: HiveType, values: readonly JsonValue[]): HiveType {
  if (type.kind !== 'unknown' && type.kind !== 'array') return string;
  let element = type.kind === 'array' ? type.element : unknown;
  for (const value of values) element = mergeValue(element, value);
  return type.kind === 'array' && element === type.element ? type : { kind: 'array', element };
}

function mergeObject(type: HiveType, value: Readonly<Record<string, JsonValue>>, isRow: boolean): HiveType {
  const keys = Object.keys(value);
  if (keys.length === 0 && !isRow) return type.kind === 'unknown' || type.kind === 'struct' ? type : string;
  if (type.kind !== 'unknown' && type.kind !== 'struct') return string;
  const fields = type.kind === 'struct' ? type.fields : [];
  const places = placesOf(fields);
  let merged: StructField[] | undefined;
  for (const key of keys) {
    const place = places.get(key) ?? places.get(key.toLowerCase());
    const known = place === undefined ? undefined : (merged ?? fields)[place];
    const widened = mergeValue(known?.type ?? unknown, value[key] as JsonValue);
    if (known !== undefined && widened === known.type) continue;
    merged ??= [...fields];
    if (known === undefined) {
      places.set(key.toLowerCase(), merged.length);
      merged.push({ name: key, type: widened });
    } else merged[place as number] = { name: known.name, type: widened };
  }
  if (merged === undefined) return type;
  if (merged.length > fieldsMax && !isRow) return string;
  return { kind: 'struct', fields: merged };
}

function placesOf(fields: readonly StructField[]): Map<string, number> {
  return new Map(fields.map((field, index) => [field.name.toLowerCase(), index]));
}

const scalarTypes = {
  boolean: { kind: 'boolean' },
  int: { kind: 'int' },
  bigint: { kind: 'bigint' },
  double: { kind: 'double' },
} as const;

function scalarType(value: boolean | number | string | JsonNumber): HiveType {
  if (typeof value === 'string') return string;
  if (typeof value === 'boolean') return scalarTypes.boolean;
  const text = value instanceof JsonNumber ? value.text : String(value);
  if (!/^-?\d+$/.test(text)) return scalarTypes.double;
  const number = Number(text);
  if (number >= -(2 ** 31) && number < 2 ** 31) return scalarTypes.int;
  return Number.isSafeInteger(number) || (text.length <= 20 && BigInt.asIntN(64, BigInt(text)) === BigInt(text))
    ? scalarTypes.bigint
    : scalarTypes.double;
}
