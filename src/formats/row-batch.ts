/** Rows as columns: what the readers of ORC and Avro give, a bounded number of rows at a time. */
import type { Column } from './hive-type.ts';

/**
 * One cell.
 * - tinyint, smallint, int, float, double: number; bigint: bigint
 * - string, char, varchar: string; binary: Uint8Array; boolean: boolean
 * - decimal: exact text (`-12.30`); date: `2018-01-31`; timestamp: `2018-01-31 10:00:00.123456789`, zeros at the end cut
 * - array: Value[]; map: Map; struct and union: StructValue (a union has `tag` and `value_<tag>`)
 */
export type Value = null | boolean | number | bigint | string | Uint8Array | Value[] | Map<Value, Value> | StructValue;
export interface StructValue {
  readonly [name: string]: Value;
}

export interface RowBatch {
  readonly columns: readonly Column[];
  readonly rowCount: number;
  /** One array a column, each `rowCount` long. */
  readonly vectors: readonly (readonly Value[])[];
}
