/** Literals: the only way a user's text reaches the engine as a value, always quoted anew. */
import { SqlError } from '../errors.ts';
import { quoteString } from '../quoting.ts';
import type { ExpressionOf, IntervalUnit, Position } from '../tree/expressions.ts';
import { toEngineType } from '../types/engine-type.ts';
import {
  booleanType,
  daySecondType,
  doubleType,
  formatType,
  type SqlType,
  unknownType,
  varbinaryType,
  yearMonthType,
} from '../types/sql-type.ts';
import { typed, type Typed } from './typed.ts';

export function translateLiteral({ value, at }: ExpressionOf<'literal'>): Typed {
  switch (value.type) {
    case 'null':
      return typed('NULL', unknownType, at);
    case 'boolean':
      return { ...typed(value.value ? 'true' : 'false', booleanType, at), constant: String(value.value) };
    case 'integer':
      return integer(value.digits, at);
    case 'decimal':
      return decimal(value.digits, at);
    case 'double':
      return { ...typed(`CAST(${quoteString(value.digits)} AS DOUBLE)`, doubleType, at), constant: value.digits };
    case 'string': {
      const length = Array.from(value.value).length;
      return { ...typed(quoteString(value.value), { kind: 'varchar', length }, at), constant: value.value };
    }
    case 'binary':
      return typed(`unhex(${quoteString(value.hex)})`, varbinaryType, at);
  }
}

function integer(digits: string, at: Position): Typed {
  const value = BigInt(digits.startsWith('-') ? digits.slice(1) : digits) * (digits.startsWith('-') ? -1n : 1n);
  if (BigInt.asIntN(64, value) !== value)
    throw new SqlError('INVALID_LITERAL', at, `Invalid numeric literal: ${digits}`);
  const type: SqlType = BigInt.asIntN(32, value) === value ? { kind: 'integer' } : { kind: 'bigint' };
  const sql = value < 0n ? `(${value})` : String(value);
  return { ...typed(sql, type, at), constant: String(value) };
}

function decimal(text: string, at: Position): Typed {
  const negative = text.startsWith('-');
  const [whole = '', fraction = ''] = text.replace('-', '').split('.');
  const digits = whole.replace(/^0+/, '');
  const precision = Math.max(digits.length + fraction.length, 1);
  if (precision > 38)
    throw new SqlError('INVALID_LITERAL', at, `Invalid decimal literal '${text}': more than 38 digits`);
  const type: SqlType = { kind: 'decimal', precision, scale: fraction.length };
  const value = `${negative ? '-' : ''}${digits === '' ? '0' : digits}${fraction === '' ? '' : `.${fraction}`}`;
  return { ...typed(`CAST(${quoteString(value)} AS ${toEngineType(type)})`, type, at), constant: value };
}

const zoned = /^(.*\d)\s*(Z|UTC|[+-]\d\d:?\d\d|[A-Za-z]+(?:\/[A-Za-z_+\-0-9]+)+)$/;

/** `DATE '…'`, `TIMESTAMP '… Europe/Paris'` … @throws INVALID_LITERAL for a text that is none */
export function translateTypedLiteral({ type, text, at }: ExpressionOf<'typed-literal'>): Typed {
  const trimmed = text.trim();
  switch (type.kind) {
    case 'date':
      if (!isDate(trimmed)) throw invalid(type, text, at);
      return { ...typed(`CAST(${quoteString(trimmed)} AS DATE)`, type, at), constant: trimmed };
    case 'timestamp':
      return timestamp(trimmed, text, at);
    case 'time':
      if (!/^\d{1,2}:\d{2}(:\d{2}(\.\d{1,12})?)?$/.test(trimmed)) throw invalid(type, text, at);
      return typed(`CAST(${quoteString(trimmed)} AS TIME)`, { ...type, precision: fractionDigits(trimmed) }, at);
    case 'json':
      return typed(`mp_json_parse(${quoteString(text)})`, type, at);
    case 'decimal':
      return decimal(trimmed, at);
    case 'char':
      return { ...typed(quoteString(text), { kind: 'char', length: Array.from(text).length }, at), constant: text };
    case 'varchar':
      return { ...typed(quoteString(text), type, at), constant: text };
    case 'boolean':
      if (!/^(true|false)$/i.test(trimmed)) throw invalid(type, text, at);
      return typed(trimmed.toLowerCase(), type, at);
    case 'uuid':
      return typed(`CAST(${quoteString(trimmed)} AS UUID)`, type, at);
    default:
      if (!/^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$|^(NaN|Infinity|-Infinity)$/i.test(trimmed))
        throw invalid(type, text, at);
      return typed(`CAST(${quoteString(trimmed)} AS ${toEngineType(type)})`, type, at);
  }
}

function invalid(type: SqlType, text: string, at: Position): SqlError {
  return new SqlError(
    'INVALID_LITERAL',
    at,
    `'${text}' is not a valid ${formatType(type)
      .replace(/\(\d+\)/, '')
      .toUpperCase()} literal`,
  );
}

function isDate(text: string): boolean {
  const match = /^[+-]?(\d{4,})-(\d{1,2})-(\d{1,2})$/.exec(text);
  return (
    match !== null && Number(match[2]) >= 1 && Number(match[2]) <= 12 && Number(match[3]) >= 1 && Number(match[3]) <= 31
  );
}

function fractionDigits(text: string): number {
  return Math.min(/\.(\d+)/.exec(text)?.[1]?.length ?? 0, 12);
}

function timestamp(text: string, written: string, at: Position): Typed {
  const zone = zoned.exec(text);
  const isZoned = zone !== null && zone[1]?.includes(':') === true;
  const local = isZoned ? (zone[1] ?? '') : text;
  const shape = /^(\S+?)(?:[ T](\d{1,2}:\d{2}(?::\d{2}(?:\.\d{1,12})?)?))?$/.exec(local);
  const type: SqlType = { kind: 'timestamp', precision: fractionDigits(local), withTimeZone: isZoned };
  if (shape === null || !isDate(shape[1] ?? '')) throw invalid(type, written, at);
  const plain = `CAST(${quoteString(local)} AS TIMESTAMP)`;
  if (!isZoned) return { ...typed(plain, type, at), constant: local };
  const name = zone[2] ?? 'UTC';
  if (/^[+-]/.test(name)) return typed(`CAST(${quoteString(`${local}${name}`)} AS TIMESTAMPTZ)`, type, at);
  const engineName = name === 'Z' ? 'UTC' : name;
  return typed(`timezone(${quoteString(engineName)}, ${plain})`, { ...type, zone: engineName }, at);
}

const months: Readonly<Partial<Record<IntervalUnit, number>>> = { year: 12, month: 1 };
const milliseconds: Readonly<Partial<Record<IntervalUnit, number>>> = {
  week: 604_800_000,
  day: 86_400_000,
  hour: 3_600_000,
  minute: 60_000,
  second: 1000,
};
const order: readonly IntervalUnit[] = ['day', 'hour', 'minute', 'second'];

/** `INTERVAL '2' DAY`, `INTERVAL '3 04:05:06.789' DAY TO SECOND`, `INTERVAL '1-6' YEAR TO MONTH` */
export function translateInterval({ negative, text, from, to, at }: ExpressionOf<'interval'>): Typed {
  const sign = (negative ? -1 : 1) * (text.trim().startsWith('-') ? -1 : 1);
  const body = text.trim().replace(/^[+-]/, '');
  const parts = body.split(/[- :]/).map(Number);
  const isMonths = months[from] !== undefined;
  const units =
    to === undefined
      ? [from]
      : isMonths
        ? (['year', 'month'] as const)
        : order.slice(order.indexOf(from), order.indexOf(to) + 1);
  const fits = parts.length === units.length && parts.every((part) => Number.isFinite(part) && part >= 0);
  if (!fits || body === '' || (isMonths && to !== undefined && to !== 'month')) {
    throw new SqlError(
      'INVALID_LITERAL',
      at,
      `'${text}' is not a valid interval literal of ${from.toUpperCase()}${to === undefined ? '' : ` TO ${to.toUpperCase()}`}`,
    );
  }
  const table = isMonths ? months : milliseconds;
  const total = sign * units.reduce((sum, unit, index) => sum + (parts[index] as number) * (table[unit] ?? 0), 0);
  if (isMonths) return typed(`to_months(${Math.trunc(total)})`, yearMonthType, at);
  return typed(`to_milliseconds(${total.toFixed(3)})`, daySecondType, at);
}
