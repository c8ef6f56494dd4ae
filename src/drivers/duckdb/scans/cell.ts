/**
 * A cell of text as a value of its Hive type, by Hive's rules and not by DuckDB's: what does not fit is NULL, `1.5` is no
 * bigint, `1_000` no number, `2018-01-31T10:00:00Z` no timestamp.
 *
 * The first branch of each CASE is the cheap proof for the usual spelling (the value prints as the text it came from); a
 * regular expression is asked only about the rest.
 */
import { parseHiveType } from '#formats/hive-type';
import { formatDuckType } from './duck-type.ts';

/** DuckDB's reading of a cell, which `castCell` accepts or not; undefined for types that are not read by a cast. */
export function castValue(cell: string, hiveType: string): string | undefined {
  const type = parseHiveType(hiveType);
  const isText = ['boolean', 'varchar', 'char', 'string', 'unknown'].includes(type.kind);
  return isText ? undefined : `TRY_CAST(${cell} AS ${formatDuckType(type)})`;
}

/**
 * Both are named several times, and DuckDB computes a cast under a CASE as often as it stands there, so that they should be
 * plain columns of a subquery.
 * @param cell SQL of a VARCHAR @param value SQL of its `castValue`
 */
export function castCell(cell: string, hiveType: string, value = castValue(cell, hiveType) ?? ''): string {
  const type = parseHiveType(hiveType);
  switch (type.kind) {
    case 'tinyint':
    case 'smallint':
    case 'int':
    case 'bigint':
      return proved(cell, value, '[+-]?[0-9]+');
    case 'float':
    case 'double':
      return `CASE WHEN contains(${cell}, '_') THEN NULL WHEN isfinite(${value}) THEN ${value} WHEN trim(${cell}) IN ('NaN', 'Infinity', '+Infinity', '-Infinity') THEN ${value} END`;
    case 'decimal':
      return `CASE WHEN contains(${cell}, '_') THEN NULL ELSE ${value} END`;
    case 'boolean':
      return `CASE lower(${cell}) WHEN 'true' THEN true WHEN 'false' THEN false END`;
    case 'date':
      return proved(cell, value, '[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}');
    case 'timestamp':
      return proved(cell, value, '[0-9]{4}-[0-9]{2}-[0-9]{2}( [0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,9})?)?');
    case 'varchar':
    case 'char':
      return `left(${cell}, ${type.length})`;
    case 'string':
    case 'unknown':
      return cell;
    default:
      return value;
  }
}

/** Whether `castCell` knows the type: one that has a text form in a single cell. */
export function hasCellForm(hiveType: string): boolean {
  return !['binary', 'array', 'map', 'struct', 'union', 'interval_year_month', 'interval_day_time'].includes(
    parseHiveType(hiveType).kind,
  );
}

/** A partition key's value, which stands in the catalog as text. */
export function castPartitionValue(literal: string, hiveType: string): string {
  return `CAST(${literal} AS ${formatDuckType(parseHiveType(hiveType))})`;
}

function proved(cell: string, value: string, pattern: string): string {
  return `CASE WHEN CAST(${value} AS VARCHAR) = ${cell} THEN ${value} WHEN regexp_full_match(${cell}, '${pattern}') THEN ${value} END`;
}
