/** How Athena describes a result's column, by its Trino type. */
import { baseTypeName, type SqlType } from '#languages/sql/index';
import type { ResultColumn } from '../execution.ts';

const fixed: Readonly<Record<string, readonly [precision: number, scale: number]>> = {
  boolean: [0, 0],
  tinyint: [3, 0],
  smallint: [5, 0],
  integer: [10, 0],
  bigint: [19, 0],
  real: [17, 0],
  double: [17, 0],
  varbinary: [1_073_741_824, 0],
  timestamp: [3, 0],
  'timestamp with time zone': [3, 0],
  time: [3, 0],
  'time with time zone': [3, 0],
};
const unboundedLength = 2_147_483_647;

export function resultColumn(name: string, type: SqlType): ResultColumn {
  const base = baseTypeName(type);
  const named = (precision: number, scale: number, typeName = base): ResultColumn => ({
    name,
    type: typeName,
    precision,
    scale,
    caseSensitive: type.kind === 'varchar' || type.kind === 'char',
  });
  if (type.kind === 'decimal') return named(type.precision, type.scale);
  if (type.kind === 'varchar') return named(type.length ?? unboundedLength, 0);
  if (type.kind === 'char') return named(type.length, 0);
  const [precision, scale] = fixed[base] ?? [0, 0];
  // Athena keeps Hive's word for this one.
  return named(precision, scale, base === 'real' ? 'float' : base);
}

/** A column of a statement that answers in text. */
export function textColumn(name: string): ResultColumn {
  return { name, type: 'string', precision: 0, scale: 0, caseSensitive: false };
}
