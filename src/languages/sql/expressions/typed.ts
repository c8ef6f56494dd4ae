/** A translated expression: the engine's SQL, Trino's type, and its value where it is a constant. */
import { typeMismatch } from '../errors.ts';
import type { Position } from '../tree/expressions.ts';
import { commonType, isCoercible, isText } from '../types/coercion.ts';
import { toEngineType } from '../types/engine-type.ts';
import { formatType, sameType, type SqlType, unknownType } from '../types/sql-type.ts';

export interface Typed {
  /** Stands alone: never needs parentheses around it. */
  readonly sql: string;
  readonly type: SqlType;
  readonly at: Position;
  /** The text of a string or number that the query gives literally. */
  readonly constant?: string;
}

export function typed(sql: string, type: SqlType, at: Position): Typed {
  return { sql, type, at };
}

/** The value as another type that it goes into by itself. */
export function coerce(value: Typed, type: SqlType): Typed {
  if (sameType(value.type, type) || type.kind === 'unknown') return value;
  if (isText(value.type) && isText(type)) return { ...value, type };
  const from = toEngineType(value.type);
  const to = toEngineType(type);
  const sql = from === to && value.type.kind !== 'unknown' ? value.sql : `CAST(${value.sql} AS ${to})`;
  return { ...value, sql, type };
}

/** All as the one type they have in common. @throws TYPE_MISMATCH by `describe` */
export function unify(
  values: readonly Typed[],
  describe: (a: SqlType, b: SqlType) => string,
): { values: Typed[]; type: SqlType } {
  let type: SqlType = unknownType;
  for (const value of values) {
    const common = commonType(type, value.type);
    if (common === undefined) throw typeMismatch(value.at, describe(type, value.type));
    type = common;
  }
  return { values: values.map((value) => coerce(value, type)), type };
}

export function expectType(value: Typed, type: SqlType, what: string): Typed {
  if (isCoercible(value.type, type)) return coerce(value, type);
  throw typeMismatch(value.at, `${what} must evaluate to a ${formatType(type)} (actual: ${formatType(value.type)})`);
}
