/**
 * CAST and TRY_CAST: where the engine's own cast means something else, a macro of the prelude does Trino's.
 * https://trino.io/docs/current/functions/conversion.html
 */
import { typeMismatch } from '../errors.ts';
import type { Position } from '../tree/expressions.ts';
import { isInteger, isNumeric, isText } from '../types/coercion.ts';
import { toEngineType } from '../types/engine-type.ts';
import { formatType, sameType, type SqlType, varcharType } from '../types/sql-type.ts';
import { quoteString } from '../quoting.ts';
import { typed, type Typed } from './typed.ts';

/** @throws TYPE_MISMATCH `Cannot cast … to …` where Trino has no such cast */
export function cast(value: Typed, type: SqlType, safe: boolean, at: Position): Typed {
  const sql = castSql(value, type, at);
  if (!safe) return typed(sql, type, at);
  return typed(`TRY(${sql})`, type, at);
}

function castSql(value: Typed, type: SqlType, at: Position): string {
  const from = value.type;
  const plain = `CAST(${value.sql} AS ${toEngineType(type)})`;
  if (from.kind === 'unknown') return `CAST(NULL AS ${toEngineType(type)})`;
  if (sameType(from, type) && type.kind !== 'varchar') return value.sql;
  if (type.kind === 'json') return toJson(value, at);
  if (from.kind === 'json') return fromJson(value, type, at);
  if (isText(type)) return toText(value, type, at);
  if (isText(from)) return fromText(value, type, plain, at);
  if (isNumeric(from) || from.kind === 'boolean') return fromNumber(value, type, plain, at);
  if (isComposite(from) || isComposite(type)) return compositeCast(value, type, plain, at);
  return fromTime(value, type, plain, at);
}

function cannotCast(value: Typed, type: SqlType, at: Position): Error {
  return typeMismatch(at, `Cannot cast ${formatType(value.type)} to ${formatType(type)}`);
}

function isComposite(type: SqlType): boolean {
  return type.kind === 'array' || type.kind === 'map' || type.kind === 'row';
}

function fromNumber(value: Typed, type: SqlType, plain: string, at: Position): string {
  if (!isNumeric(type) && type.kind !== 'boolean') throw cannotCast(value, type, at);
  if (isInteger(type) && (value.type.kind === 'double' || value.type.kind === 'real')) {
    // Trino rounds halves away from zero; the engine's cast rounds them to even.
    return `CAST(round(${value.sql}) AS ${toEngineType(type)})`;
  }
  return plain;
}

function fromText(value: Typed, type: SqlType, plain: string, at: Position): string {
  if (isInteger(type))
    return `CAST(mp_integer_text(${value.sql}, ${quoteString(formatType(type))}) AS ${toEngineType(type)})`;
  switch (type.kind) {
    case 'boolean':
      return `mp_boolean_of(${value.sql})`;
    case 'timestamp':
      return type.withTimeZone ? `CAST(${value.sql} AS TIMESTAMPTZ)` : plain;
    case 'real':
    case 'double':
    case 'decimal':
    case 'date':
    case 'time':
    case 'uuid':
      return plain;
    default:
      throw cannotCast(value, type, at);
  }
}

function fromTime(value: Typed, type: SqlType, plain: string, at: Position): string {
  const from = value.type;
  const zone = from.kind === 'timestamp' ? from.zone : undefined;
  const isMoment = (kind: string): boolean => kind === 'date' || kind === 'timestamp' || kind === 'time';
  if (
    !isMoment(from.kind) ||
    !isMoment(type.kind) ||
    (from.kind === 'date' && type.kind === 'time') ||
    (from.kind === 'time' && type.kind === 'date')
  ) {
    throw cannotCast(value, type, at);
  }
  if (zone !== undefined && !(type.kind === 'timestamp' && type.withTimeZone)) {
    return `CAST(timezone(${quoteString(zone)}, ${value.sql}) AS ${toEngineType(type)})`;
  }
  return plain;
}

function compositeCast(value: Typed, type: SqlType, plain: string, at: Position): string {
  const from = value.type;
  if (from.kind !== type.kind) throw cannotCast(value, type, at);
  if (from.kind === 'row' && type.kind === 'row') {
    if (from.fields.length !== type.fields.length) throw cannotCast(value, type, at);
    // The engine matches a struct's fields by name, Trino by position.
    return rowCast(value, type, at);
  }
  if (from.kind === 'array' && type.kind === 'array') {
    const element = typed('e', from.element, at);
    return `list_transform(${value.sql}, lambda e: ${castSql(element, type.element, at)})`;
  }
  return plain;
}

function rowCast(value: Typed, type: SqlType & { kind: 'row' }, at: Position): string {
  const from = value.type as SqlType & { kind: 'row' };
  const fields = type.fields.map((field, index) => {
    const source = typed(`struct_extract_at(${value.sql}, ${index + 1})`, from.fields[index]?.type as SqlType, at);
    const name = field.name?.toLowerCase() ?? `field${index}`;
    return `"${name.replaceAll('"', '""')}" := ${castSql(source, field.type, at)}`;
  });
  return `CASE WHEN ${value.sql} IS NULL THEN NULL ELSE struct_pack(${fields.join(', ')}) END`;
}

function toJson(value: Typed, at: Position): string {
  const from = value.type;
  if (from.kind === 'json') return value.sql;
  if (from.kind === 'varbinary' || from.kind === 'interval' || from.kind === 'uuid')
    throw cannotCast(value, { kind: 'json' }, at);
  if (from.kind === 'timestamp' || from.kind === 'date') return `to_json(${toText(value, varcharType, at)})`;
  return `to_json(${value.sql})`;
}

function fromJson(value: Typed, type: SqlType, at: Position): string {
  const scalar = `json_extract_string(${value.sql}, '$')`;
  if (isText(type)) return truncated(`mp_json_scalar(${value.sql})`, type);
  if (type.kind === 'boolean' || isNumeric(type)) {
    return isInteger(type)
      ? `CAST(round(CAST(${scalar} AS DECIMAL(38,6))) AS ${toEngineType(type)})`
      : `CAST(${scalar} AS ${toEngineType(type)})`;
  }
  if (isComposite(type)) return `CAST(mp_json_or_null(${value.sql}) AS ${toEngineType(type)})`;
  throw cannotCast(value, type, at);
}

/** A value as Trino prints it in a cast to varchar. */
export function toText(value: Typed, type: SqlType, at: Position): string {
  const sql = textOf(value);
  if (sql === undefined) throw cannotCast(value, type, at);
  return truncated(sql, type, !isText(value.type));
}

function textOf(value: Typed): string | undefined {
  const { type, sql } = value;
  switch (type.kind) {
    case 'varchar':
    case 'char':
      return sql;
    case 'boolean':
    case 'tinyint':
    case 'smallint':
    case 'integer':
    case 'bigint':
    case 'decimal':
    case 'date':
    case 'uuid':
      return `CAST(${sql} AS VARCHAR)`;
    case 'real':
    case 'double':
      return `mp_double_text(CAST(${sql} AS VARCHAR))`;
    case 'time':
      return `CAST(${sql} AS VARCHAR)`;
    case 'timestamp':
      return timestampText(sql, type);
    case 'interval':
      return type.unit === 'day to second' ? `mp_day_second_text(${sql})` : `mp_year_month_text(${sql})`;
    default:
      return undefined;
  }
}

function timestampText(sql: string, type: SqlType & { kind: 'timestamp' }): string {
  const digits = type.precision === 0 ? '' : type.precision <= 3 ? '.%g' : '.%f';
  const format = quoteString(`%Y-%m-%d %H:%M:%S${digits}`);
  if (!type.withTimeZone) return `strftime(${sql}, ${format})`;
  const zone = type.zone ?? 'UTC';
  return `(strftime(timezone(${quoteString(zone)}, ${sql}), ${format}) || ${quoteString(` ${zone}`)})`;
}

/** varchar(n) cuts a longer text; a number that does not fit is an error. */
function truncated(sql: string, type: SqlType, strict = false): string {
  const length = type.kind === 'varchar' || type.kind === 'char' ? type.length : undefined;
  if (length === undefined) return sql;
  const cut = strict ? `mp_fit_text(${sql}, ${length})` : `left(${sql}, ${length})`;
  return type.kind === 'char' ? `rpad(${cut}, ${length}, ' ')` : cut;
}
