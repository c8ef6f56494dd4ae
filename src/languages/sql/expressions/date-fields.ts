/** EXTRACT and the functions that read one field of a date or time: `year(x)`, `day_of_week(x)` … */
import { notSupported, typeMismatch } from '../errors.ts';
import { quoteString } from '../quoting.ts';
import type { Position } from '../tree/expressions.ts';
import { bigintType, formatType, type SqlType } from '../types/sql-type.ts';
import { typed, type Typed } from './typed.ts';

/** Trino's field as the engine's SQL over `$`; all answer a bigint. Weeks are ISO weeks, Monday is 1. */
const fields: Readonly<Record<string, string>> = {
  year: 'year($)',
  quarter: 'quarter($)',
  month: 'month($)',
  week: 'weekofyear($)',
  week_of_year: 'weekofyear($)',
  day: 'day($)',
  day_of_month: 'day($)',
  day_of_week: 'isodow($)',
  dow: 'isodow($)',
  day_of_year: 'dayofyear($)',
  doy: 'dayofyear($)',
  year_of_week: 'isoyear($)',
  yow: 'isoyear($)',
  hour: 'hour($)',
  minute: 'minute($)',
  second: 'second($)',
  millisecond: '(millisecond($) % 1000)',
};

/** Names that are functions too; `week_of_year` and the others alike. */
export const dateFieldNames = Object.keys(fields).filter((name) => name !== 'dow' && name !== 'doy');

export function extractField(field: string, operand: Typed, at: Position): Typed {
  const template = Object.hasOwn(fields, field) ? fields[field] : undefined;
  if (template === undefined) throw notSupported(at, `EXTRACT(${field.toUpperCase()} FROM …)`);
  const { kind } = operand.type;
  if (!['date', 'timestamp', 'time', 'interval', 'unknown'].includes(kind)) {
    throw typeMismatch(
      at,
      `Type of argument to extract must be DATE, TIME, TIMESTAMP, or INTERVAL (actual ${formatType(operand.type)})`,
    );
  }
  return typed(`CAST(${template.replaceAll('$', () => localSql(operand))} AS BIGINT)`, bigintType, at);
}

/** The value as its zone's clock shows it: what fields, truncation and formats are read from. */
export function localSql(value: { readonly sql: string; readonly type: SqlType }): string {
  const { type, sql } = value;
  if (type.kind !== 'timestamp' || !type.withTimeZone) return sql;
  return `timezone(${quoteString(type.zone ?? 'UTC')}, ${sql})`;
}

/** Back from the zone's clock to the instant. */
export function instantSql(local: string, type: SqlType): string {
  if (type.kind !== 'timestamp' || !type.withTimeZone) return local;
  return `timezone(${quoteString(type.zone ?? 'UTC')}, ${local})`;
}
