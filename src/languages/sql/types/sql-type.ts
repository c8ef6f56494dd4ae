/** Trino's types: model and spelling. https://trino.io/docs/current/language/types.html */

export type SimpleTypeName =
  | 'boolean'
  | 'tinyint'
  | 'smallint'
  | 'integer'
  | 'bigint'
  | 'real'
  | 'double'
  | 'varbinary'
  | 'date'
  | 'json'
  | 'uuid'
  /** The type of NULL. */
  | 'unknown';

export interface RowField {
  readonly name?: string;
  readonly type: SqlType;
}

export type SqlType =
  | { readonly kind: SimpleTypeName }
  | { readonly kind: 'decimal'; readonly precision: number; readonly scale: number }
  /** Without a length it is unbounded. */
  | { readonly kind: 'varchar'; readonly length?: number }
  | { readonly kind: 'char'; readonly length: number }
  | { readonly kind: 'time'; readonly precision: number; readonly withTimeZone: boolean }
  | {
      readonly kind: 'timestamp';
      readonly precision: number;
      readonly withTimeZone: boolean;
      /** The zone its fields are read in, where the query names one (`AT TIME ZONE 'Asia/Tokyo'`); UTC otherwise. */
      readonly zone?: string;
    }
  | { readonly kind: 'interval'; readonly unit: 'day to second' | 'year to month' }
  | { readonly kind: 'array'; readonly element: SqlType }
  | { readonly kind: 'map'; readonly key: SqlType; readonly value: SqlType }
  | { readonly kind: 'row'; readonly fields: readonly RowField[] };

export type SqlTypeOf<K extends SqlType['kind']> = Extract<SqlType, { kind: K }>;

export const booleanType: SqlType = { kind: 'boolean' };
export const integerType: SqlType = { kind: 'integer' };
export const bigintType: SqlType = { kind: 'bigint' };
export const realType: SqlType = { kind: 'real' };
export const doubleType: SqlType = { kind: 'double' };
export const varcharType: SqlType = { kind: 'varchar' };
export const varbinaryType: SqlType = { kind: 'varbinary' };
export const dateType: SqlType = { kind: 'date' };
export const jsonType: SqlType = { kind: 'json' };
export const uuidType: SqlType = { kind: 'uuid' };
export const unknownType: SqlType = { kind: 'unknown' };
export const timestampType: SqlType = { kind: 'timestamp', precision: 3, withTimeZone: false };
export const timestampTzType: SqlType = { kind: 'timestamp', precision: 3, withTimeZone: true };
export const daySecondType: SqlType = { kind: 'interval', unit: 'day to second' };
export const yearMonthType: SqlType = { kind: 'interval', unit: 'year to month' };

export function arrayOf(element: SqlType): SqlTypeOf<'array'> {
  return { kind: 'array', element };
}

export function mapOf(key: SqlType, value: SqlType): SqlTypeOf<'map'> {
  return { kind: 'map', key, value };
}

/** Trino's spelling: `decimal(10,2)`, `row(a integer)`, `timestamp(3) with time zone`. */
export function formatType(type: SqlType): string {
  switch (type.kind) {
    case 'decimal':
      return `decimal(${type.precision},${type.scale})`;
    case 'varchar':
      return type.length === undefined ? 'varchar' : `varchar(${type.length})`;
    case 'char':
      return `char(${type.length})`;
    case 'time':
    case 'timestamp':
      return `${type.kind}(${type.precision})${type.withTimeZone ? ' with time zone' : ''}`;
    case 'interval':
      return `interval ${type.unit}`;
    case 'array':
      return `array(${formatType(type.element)})`;
    case 'map':
      return `map(${formatType(type.key)}, ${formatType(type.value)})`;
    case 'row':
      return `row(${type.fields.map(formatField).join(', ')})`;
    default:
      return type.kind;
  }
}

function formatField(field: RowField): string {
  if (field.name === undefined) return formatType(field.type);
  const name = /^[a-z_][a-z0-9_]*$/i.test(field.name) ? field.name : `"${field.name.replaceAll('"', '""')}"`;
  return `${name} ${formatType(field.type)}`;
}

/** The type's name without its parameters, as result metadata gives it: `varchar`, `timestamp with time zone`. */
export function baseTypeName(type: SqlType): string {
  if (type.kind === 'time' || type.kind === 'timestamp') {
    return type.withTimeZone ? `${type.kind} with time zone` : type.kind;
  }
  return type.kind === 'interval' ? `interval ${type.unit}` : type.kind;
}

export function sameType(a: SqlType, b: SqlType): boolean {
  return formatType(a) === formatType(b);
}
