/** How a function is declared: a signature in Trino's types and what it becomes in the engine. */
import type { Position } from '../tree/expressions.ts';
import type { SqlType } from '../types/sql-type.ts';

/** An argument as a family sees it: coerced to the signature's type. */
export interface Argument {
  readonly sql: string;
  readonly type: SqlType;
  readonly at: Position;
  /** The text of a literal. */
  readonly constant?: string;
}

export interface CallSite {
  readonly name: string;
  readonly args: readonly Argument[];
  readonly result: SqlType;
  readonly at: Position;
  readonly session: { readonly now: Date; readonly user: string; readonly catalog: string; readonly database: string };
}

/** A family may answer with a type of its own where the signature cannot say it (decimals, zones). */
export type Rendered = string | { readonly sql: string; readonly type: SqlType };

export interface FunctionForm {
  readonly name: string;
  readonly kind: 'scalar' | 'aggregate' | 'window';
  /**
   * `varchar, bigint -> varchar`. Single capital letters are type variables (N: any number; M: date or timestamp),
   * `...` behind the last parameter repeats it, `function(T, U)` is a lambda from T to U.
   */
  readonly signature: string;
  /** `$1`, `$2` … stand for the arguments, `$*` for all of them. */
  readonly render: string | ((site: CallSite) => Rendered);
  /** For aggregates: what goes around the call with its FILTER and OVER; `$` stands for it, `$T` for the result's type. */
  readonly wrap?: string;
}

/** `[name, signature, render]` rows, the usual form of a family. */
export type Row = readonly [name: string, signature: string, render: FunctionForm['render'], wrap?: string];

export function scalars(rows: readonly Row[]): FunctionForm[] {
  return rows.map(([name, signature, render]) => ({ name, kind: 'scalar', signature, render }));
}

export function aggregates(rows: readonly Row[]): FunctionForm[] {
  return rows.map(([name, signature, render, wrap]) => ({
    name,
    kind: 'aggregate',
    signature,
    render,
    ...(wrap === undefined ? {} : { wrap }),
  }));
}
