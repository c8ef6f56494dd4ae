/** What the parts of a query's translation ask of each other; queries.ts is the whole. */
import type { Expression } from '../tree/expressions.ts';
import type { Query, Relation, Select } from '../tree/queries.ts';
import type { SqlType } from '../types/sql-type.ts';
import type { Grouping } from '../expressions/expression-context.ts';
import type { ExpressionTranslator } from '../expressions/expressions.ts';
import type { PartitionSource, Scope, ScopeRelation } from './scope.ts';
import type { Session } from './session.ts';
import type { Defaults } from './translation.ts';

export interface QueryColumn {
  /** Lower case; undefined when the query gives none. */
  readonly name: string | undefined;
  readonly label: string;
  /** The column's name in the generated SQL, unique among its neighbours. */
  readonly physical: string;
  readonly type: SqlType;
  readonly partition?: PartitionSource;
  readonly onUse?: () => void;
}

export interface QueryResult {
  readonly sql: string;
  readonly columns: readonly QueryColumn[];
}

/** A WITH entry that is in sight. */
export interface CommonTableEntry {
  readonly alias: string;
  readonly columns: readonly QueryColumn[];
  references: number;
}

/** Where a query stands: what names mean around it. */
export interface Surroundings {
  readonly scope: Scope | undefined;
  readonly tables: ReadonlyMap<string, CommonTableEntry>;
  readonly defaults: Defaults;
}

export interface FromResult {
  readonly sql: string;
  readonly relations: readonly ScopeRelation[];
  /** The SQL is a join, which needs parentheses on the right of another. */
  readonly isJoin?: boolean;
}

export interface QueryHost {
  readonly session: Session;
  query(query: Query, around: Surroundings): QueryResult;
  expressions(
    scope: Scope,
    around: Surroundings,
    options?: { plainClause?: string; grouping?: Grouping; windows?: Select['windows'] },
  ): ExpressionTranslator;
  relation(relation: Relation, around: Surroundings): FromResult;
  /** Gives each scan the conditions on its partition keys; `allowed` says of which scans the condition may speak. */
  prune(condition: Expression, scope: Scope, allowed: (scan: number) => boolean): void;
}
