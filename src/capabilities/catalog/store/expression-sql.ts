/** A partition expression as a condition of SQLite over the typed key columns, so that its index is used. */
import type { SqlValue } from '#kernel/state';
import type { Expression } from '../expression.ts';
import type { KeyKind } from '../partition.ts';

/** The first keys of a partition are kept in columns of their own, typed for comparison. */
export const typedColumns = ['v0', 'v1', 'v2', 'v3'] as const;

export interface Condition {
  readonly sql: string;
  readonly parameters: SqlValue[];
}

export function toCondition(expression: Expression): Condition {
  const parameters: SqlValue[] = [];
  const text = (node: Expression): string => {
    switch (node.kind) {
      case 'and':
      case 'or':
        return `(${node.terms.map(text).join(` ${node.kind.toUpperCase()} `)})`;
      case 'not':
        return `NOT ${text(node.term)}`;
      case 'null':
        return `(${keyColumn(node.key, node.type)} IS NULL)`;
      case 'compare':
        parameters.push(node.value);
        return `(${keyColumn(node.key, node.type)} ${node.operator} ?)`;
      case 'in':
        parameters.push(...node.values);
        return `(${keyColumn(node.key, node.type)} IN (${node.values.map(() => '?').join(', ')}))`;
      case 'between':
        parameters.push(node.low, node.high);
        return `(${keyColumn(node.key, node.type)} BETWEEN ? AND ?)`;
      case 'like':
        parameters.push(globOf(node.pattern));
        return `(${keyColumn(node.key, node.type)} GLOB ?)`;
    }
  };
  return { sql: text(expression), parameters };
}

function keyColumn(position: number, type: KeyKind): string {
  const column = typedColumns[position];
  if (column !== undefined) return column;
  // Limit: keys from the fifth on are read out of the partition's values row by row, without an index.
  const value = `json_extract("key", '$[${position}]')`;
  if (type === 'text') return `NULLIF(${value}, '__HIVE_DEFAULT_PARTITION__')`;
  const isNumber = `${value} GLOB '*[0-9]*' AND ${value} NOT GLOB '*[^-+0-9.eE]*'`;
  return `(CASE WHEN ${isNumber} THEN CAST(${value} AS ${type === 'whole' ? 'INTEGER' : 'REAL'}) END)`;
}

/** SQL's LIKE as SQLite's GLOB, which minds the case as Glue does. */
function globOf(pattern: string): string {
  return pattern.replace(/[*?[\]%_]/g, (sign) =>
    sign === '%' ? '*' : sign === '_' ? '?' : sign === ']' ? ']' : `[${sign}]`,
  );
}
