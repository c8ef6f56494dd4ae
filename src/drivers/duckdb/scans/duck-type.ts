/** Hive's types in DuckDB's spelling. */
import { parseHiveType, type HiveType } from '#formats/hive-type';
import { quoteName } from '../instance.ts';

/** @throws InvalidInputException when the text is no Hive type */
export function duckTypeOf(hiveType: string): string {
  return formatDuckType(parseHiveType(hiveType));
}

export function formatDuckType(type: HiveType): string {
  switch (type.kind) {
    case 'boolean':
    case 'tinyint':
    case 'smallint':
    case 'bigint':
    case 'float':
    case 'double':
    case 'date':
    case 'timestamp':
      return type.kind.toUpperCase();
    case 'int':
      return 'INTEGER';
    case 'binary':
      return 'BLOB';
    case 'decimal':
      return `DECIMAL(${type.precision}, ${type.scale})`;
    case 'interval_year_month':
    case 'interval_day_time':
      return 'INTERVAL';
    case 'array':
      return `${formatDuckType(type.element)}[]`;
    case 'map':
      return `MAP(${formatDuckType(type.key)}, ${formatDuckType(type.value)})`;
    case 'struct':
      return structOf(type.fields.map((field) => [field.name, field.type]));
    case 'union':
      return structOf([
        ['tag', { kind: 'tinyint' }],
        ...type.members.map((member, index): [string, HiveType] => [`value_${index}`, member]),
      ]);
    case 'string':
    case 'char':
    case 'varchar':
    case 'unknown':
      return 'VARCHAR';
  }
}

function structOf(fields: readonly (readonly [string, HiveType])[]): string {
  return `STRUCT(${fields.map(([name, type]) => `${quoteName(name)} ${formatDuckType(type)}`).join(', ')})`;
}
