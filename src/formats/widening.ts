/**
 * One type for values of two: how a column's type grows over rows, files and partitions.
 *
 * `unknown` gives way to anything, so a column that is empty in one month and numeric in the next is numeric. Integers
 * grow to the wider integer, then to decimal or double; what has no common type of its own becomes string, the type in
 * which no value is lost. Dates and timestamps together are string too: as text a date is no timestamp for Hive.
 */
import type { Column, HiveType, StructField } from './hive-type.ts';

const string: HiveType = { kind: 'string' };
const double: HiveType = { kind: 'double' };
const integers = ['tinyint', 'smallint', 'int', 'bigint'];
const integerDigits: Record<string, number> = { tinyint: 3, smallint: 5, int: 10, bigint: 19 };

/** The narrowest type that holds the values of both. */
export function widen(a: HiveType, b: HiveType): HiveType {
  if (a === b || b.kind === 'unknown') return a;
  if (a.kind === 'unknown') return b;
  if (a.kind === 'struct' && b.kind === 'struct') return { kind: 'struct', fields: widenFields(a.fields, b.fields) };
  if (a.kind === 'array' && b.kind === 'array') return { kind: 'array', element: widen(a.element, b.element) };
  if (a.kind === 'map' && b.kind === 'map') {
    return { kind: 'map', key: widen(a.key, b.key), value: widen(a.value, b.value) };
  }
  if (a.kind === 'union' && b.kind === 'union') return widenUnions(a.members, b.members);
  if (isNumeric(a) && isNumeric(b)) return widenNumbers(a, b);
  if (isBounded(a) && isBounded(b)) return widenBounded(a, b);
  return a.kind === b.kind ? a : string;
}

/** Merges two column lists by name, without case; the order of `a`, then what only `b` has. */
export function widenColumns(a: readonly Column[], b: readonly Column[]): Column[] {
  return widenFields(a, b);
}

function widenFields<F extends StructField>(a: readonly F[], b: readonly F[]): F[] {
  const merged = new Map(a.map((field) => [field.name.toLowerCase(), field]));
  for (const field of b) {
    const key = field.name.toLowerCase();
    const known = merged.get(key);
    merged.set(key, known === undefined ? field : { ...known, type: widen(known.type, field.type) });
  }
  return [...merged.values()];
}

function widenUnions(a: readonly HiveType[], b: readonly HiveType[]): HiveType {
  const isSame = a.length === b.length && a.every((member, index) => member.kind === b[index]?.kind);
  if (!isSame) return string;
  return { kind: 'union', members: a.map((member, index) => widen(member, b[index] as HiveType)) };
}

function isNumeric(type: HiveType): boolean {
  return integers.includes(type.kind) || type.kind === 'decimal' || type.kind === 'float' || type.kind === 'double';
}

function widenNumbers(a: HiveType, b: HiveType): HiveType {
  const [rankA, rankB] = [integers.indexOf(a.kind), integers.indexOf(b.kind)];
  if (rankA >= 0 && rankB >= 0) return rankA > rankB ? a : b;
  if (a.kind === b.kind && a.kind !== 'decimal') return a;
  if (a.kind === 'double' || b.kind === 'double' || a.kind === 'float' || b.kind === 'float') return double;
  const [left, right] = [decimalOf(a), decimalOf(b)];
  const scale = Math.max(left.scale, right.scale);
  const precision = Math.max(left.precision - left.scale, right.precision - right.scale) + scale;
  return precision <= 38 ? { kind: 'decimal', precision, scale } : double;
}

function decimalOf(type: HiveType): { precision: number; scale: number } {
  return type.kind === 'decimal' ? type : { precision: integerDigits[type.kind] ?? 38, scale: 0 };
}

type Bounded = Extract<HiveType, { kind: 'char' | 'varchar' }>;

function isBounded(type: HiveType): type is Bounded {
  return type.kind === 'char' || type.kind === 'varchar';
}

function widenBounded(a: Bounded, b: Bounded): HiveType {
  const length = Math.max(a.length, b.length);
  return a.kind === 'char' && b.kind === 'char' ? { kind: 'char', length } : { kind: 'varchar', length };
}
