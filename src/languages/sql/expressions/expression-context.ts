/** What an expression needs to know of the place where it stands. */
import type { SqlError } from '../errors.ts';
import type { Identifier, WindowSpec } from '../tree/expressions.ts';
import type { Query } from '../tree/queries.ts';
import type { SqlType } from '../types/sql-type.ts';
import type { Scope } from '../translation/scope.ts';
import type { Session } from '../translation/session.ts';

export interface SubqueryResult {
  readonly sql: string;
  readonly columns: readonly { readonly physical: string; readonly type: SqlType }[];
}

/** Aggregates of one SELECT: which keys it groups by, and which columns stand outside of both. */
export class Grouping {
  /** SQL of the grouping expressions. */
  readonly keys = new Set<string>();
  isAggregated = false;
  hasWindow = false;
  /** GROUPING SETS, CUBE or ROLLUP: a key is NULL in their totals. */
  hasSets = false;
  /** Depth of aggregate calls around the expression being translated. */
  inAggregate = 0;
  /** Columns read outside of aggregates and keys, with the error that tells so. */
  readonly strays: SqlError[] = [];
}

export interface ExpressionContext {
  readonly session: Session;
  readonly scope: Scope;
  /** The clause, as messages name it: `WHERE clause`. Undefined where aggregates and windows are allowed. */
  readonly plainClause?: string;
  readonly grouping?: Grouping;
  readonly windows: readonly { readonly name: Identifier; readonly spec: WindowSpec }[];
  subquery(query: Query, scope: Scope): SubqueryResult;
}
