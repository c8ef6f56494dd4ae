/** Which types go into which by themselves: Trino's TypeCoercion. */
import { formatType, sameType, type SqlType, type SqlTypeOf } from './sql-type.ts';

const integerRank: Readonly<Partial<Record<SqlType['kind'], number>>> = {
  tinyint: 1,
  smallint: 2,
  integer: 3,
  bigint: 4,
};
const integerDigits: Readonly<Partial<Record<SqlType['kind'], number>>> = {
  tinyint: 3,
  smallint: 5,
  integer: 10,
  bigint: 19,
};

export function isInteger(type: SqlType): boolean {
  return type.kind in integerRank;
}

export function isNumeric(type: SqlType): boolean {
  return isInteger(type) || type.kind === 'decimal' || type.kind === 'real' || type.kind === 'double';
}

export function isText(type: SqlType): boolean {
  return type.kind === 'varchar' || type.kind === 'char';
}

/** The type both become where they meet (`=`, CASE, UNION, IN); undefined when they do not. */
export function commonType(a: SqlType, b: SqlType): SqlType | undefined {
  if (a.kind === 'unknown') return b;
  if (b.kind === 'unknown' || sameType(a, b)) return a;
  if (isNumeric(a) && isNumeric(b)) return commonNumber(a, b);
  if (isText(a) && isText(b)) return commonText(a, b);
  if (isTime(a) && isTime(b)) return commonTime(a, b);
  if (a.kind === 'array' && b.kind === 'array') {
    const element = commonType(a.element, b.element);
    return element && { kind: 'array', element };
  }
  if (a.kind === 'map' && b.kind === 'map') {
    const key = commonType(a.key, b.key);
    const value = commonType(a.value, b.value);
    return key && value && { kind: 'map', key, value };
  }
  return a.kind === 'row' && b.kind === 'row' ? commonRow(a, b) : undefined;
}

/** Whether a value of `from` is taken where `to` is wanted, without a cast. */
export function isCoercible(from: SqlType, to: SqlType): boolean {
  const common = commonType(from, to);
  if (common === undefined) return false;
  return (
    sameType(common, to) ||
    (isText(to) && isText(from)) ||
    (to.kind === 'timestamp' && common.kind === 'timestamp' && common.withTimeZone === to.withTimeZone)
  );
}

/** A number as a decimal: an integer becomes decimal(digits, 0). */
export function asDecimal(type: SqlType): { precision: number; scale: number } | undefined {
  if (type.kind === 'decimal') return type;
  const digits = integerDigits[type.kind];
  return digits === undefined ? undefined : { precision: digits, scale: 0 };
}

export function decimalOf(precision: number, scale: number): SqlType {
  return { kind: 'decimal', precision: Math.min(38, Math.max(precision, 1)), scale: Math.min(scale, 38) };
}

function commonNumber(a: SqlType, b: SqlType): SqlType {
  if (a.kind === 'double' || b.kind === 'double') return { kind: 'double' };
  if (a.kind === 'real' || b.kind === 'real') return { kind: 'real' };
  if (isInteger(a) && isInteger(b)) return (integerRank[a.kind] ?? 0) >= (integerRank[b.kind] ?? 0) ? a : b;
  const left = asDecimal(a) as { precision: number; scale: number };
  const right = asDecimal(b) as { precision: number; scale: number };
  const scale = Math.max(left.scale, right.scale);
  const whole = Math.max(left.precision - left.scale, right.precision - right.scale);
  return decimalOf(whole + scale, scale);
}

function commonText(a: SqlType, b: SqlType): SqlType {
  if (a.kind === 'char' && b.kind === 'char') return a.length >= b.length ? a : b;
  const lengths = [a, b].map((type) => (isText(type) ? (type as { length?: number }).length : undefined));
  if (lengths[0] === undefined || lengths[1] === undefined) return { kind: 'varchar' };
  return { kind: 'varchar', length: Math.max(lengths[0], lengths[1]) };
}

function isTime(type: SqlType): type is Moment {
  return type.kind === 'date' || type.kind === 'timestamp' || type.kind === 'time';
}

type Moment = { readonly kind: 'date' } | SqlTypeOf<'time'> | SqlTypeOf<'timestamp'>;

function commonTime(a: Moment, b: Moment): SqlType | undefined {
  if (a.kind === 'date') return b.kind === 'timestamp' ? b : undefined;
  if (b.kind === 'date') return a.kind === 'timestamp' ? a : undefined;
  if (a.kind !== b.kind) return undefined;
  const precision = Math.max(a.precision, b.precision);
  const withTimeZone = a.withTimeZone || b.withTimeZone;
  const zone = zoneOf(a) ?? zoneOf(b);
  return { kind: a.kind, precision, withTimeZone, ...(zone === undefined ? {} : { zone }) };
}

function zoneOf(type: Moment): string | undefined {
  return type.kind === 'timestamp' ? type.zone : undefined;
}

function commonRow(a: SqlType & { kind: 'row' }, b: SqlType & { kind: 'row' }): SqlType | undefined {
  if (a.fields.length !== b.fields.length) return undefined;
  const fields = [];
  for (const [index, field] of a.fields.entries()) {
    const other = b.fields[index];
    const type = other && commonType(field.type, other.type);
    if (type === undefined) return undefined;
    const name =
      field.name !== undefined && field.name.toLowerCase() === other?.name?.toLowerCase() ? field.name : undefined;
    fields.push(name === undefined ? { type } : { name, type });
  }
  return { kind: 'row', fields };
}

/** Both types in Trino's spelling, for a message: `integer and varchar(3)`. */
export function formatTypes(types: readonly SqlType[]): string {
  return types.map((type) => formatType(type)).join(', ');
}
