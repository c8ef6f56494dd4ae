/** Trino's types as DuckDB's. */
import { quoteIdentifier } from '../quoting.ts';
import type { RowField, SqlType } from './sql-type.ts';

const simple: Readonly<Partial<Record<SqlType['kind'], string>>> = {
  boolean: 'BOOLEAN',
  tinyint: 'TINYINT',
  smallint: 'SMALLINT',
  integer: 'INTEGER',
  bigint: 'BIGINT',
  real: 'FLOAT',
  double: 'DOUBLE',
  varchar: 'VARCHAR',
  char: 'VARCHAR',
  varbinary: 'BLOB',
  date: 'DATE',
  json: 'JSON',
  uuid: 'UUID',
  unknown: 'INTEGER',
  interval: 'INTERVAL',
};

/**
 * DuckDB's type for values of a Trino type. A row's fields without a name are `field0`, `field1` ….
 * Limit: timestamps keep microseconds; the finer digits of timestamp(9) are cut.
 * Differs from AWS: a row's field without a name shows as `field0` in JSON, where Trino shows an empty name.
 */
export function toEngineType(type: SqlType): string {
  switch (type.kind) {
    case 'decimal':
      return `DECIMAL(${type.precision},${type.scale})`;
    case 'time':
      return 'TIME';
    case 'timestamp':
      return type.withTimeZone ? 'TIMESTAMPTZ' : 'TIMESTAMP';
    case 'array':
      return `${toEngineType(type.element)}[]`;
    case 'map':
      return `MAP(${toEngineType(type.key)}, ${toEngineType(type.value)})`;
    case 'row':
      return `STRUCT(${type.fields
        .map((field, index) => `${quoteIdentifier(fieldName(field, index))} ${toEngineType(field.type)}`)
        .join(', ')})`;
    default:
      return simple[type.kind] as string;
  }
}

/** The name a row's field has in the engine. */
export function fieldName(field: RowField | undefined, index: number): string {
  return field?.name?.toLowerCase() ?? `field${index}`;
}
