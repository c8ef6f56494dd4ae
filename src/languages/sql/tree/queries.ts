/** The query nodes: what a SELECT is made of, from WITH to LIMIT. */
import type { Expression, Identifier, Position, SortItem, WindowSpec } from './expressions.ts';

/** `table`, `database.table` or `catalog.database.table`. */
export interface QualifiedName {
  readonly parts: readonly Identifier[];
  readonly at: Position;
}

export interface Query {
  readonly with?: { readonly recursive: boolean; readonly entries: readonly CommonTable[] };
  readonly body: QueryBody;
  readonly orderBy: readonly SortItem[];
  readonly offset?: Expression;
  /** Absent is `ALL`. */
  readonly limit?: Expression;
  /** `FETCH FIRST n ROWS WITH TIES`. */
  readonly withTies: boolean;
  readonly at: Position;
}

export interface CommonTable {
  readonly name: Identifier;
  readonly columns?: readonly Identifier[];
  readonly query: Query;
}

export type QueryBody =
  | Select
  | { readonly kind: 'values'; readonly rows: readonly Expression[]; readonly at: Position }
  | { readonly kind: 'table'; readonly name: QualifiedName; readonly at: Position }
  | { readonly kind: 'nested'; readonly query: Query; readonly at: Position }
  | SetOperation;

export interface SetOperation {
  readonly kind: 'set';
  readonly operator: 'union' | 'intersect' | 'except';
  readonly all: boolean;
  readonly left: QueryBody;
  readonly right: QueryBody;
  readonly at: Position;
}

export interface Select {
  readonly kind: 'select';
  readonly distinct: boolean;
  readonly items: readonly SelectItem[];
  readonly from: readonly Relation[];
  readonly where?: Expression;
  readonly groupBy?: { readonly distinct: boolean; readonly elements: readonly GroupingElement[] };
  readonly having?: Expression;
  readonly windows: readonly { readonly name: Identifier; readonly spec: WindowSpec }[];
  readonly at: Position;
}

export type SelectItem =
  | { readonly kind: 'expression'; readonly expression: Expression; readonly alias?: Identifier }
  | {
      readonly kind: 'star';
      /** The base of `t.*` or of a row's `value.*`. */
      readonly base?: Expression;
      readonly columns?: readonly Identifier[];
      readonly at: Position;
    };

export type GroupingElement =
  | { readonly kind: 'simple'; readonly expressions: readonly Expression[]; readonly at: Position }
  | {
      readonly kind: 'sets' | 'cube' | 'rollup';
      readonly sets: readonly (readonly Expression[])[];
      readonly at: Position;
    };

export type JoinType = 'inner' | 'left' | 'right' | 'full' | 'cross';

export type Relation =
  | { readonly kind: 'relation'; readonly name: QualifiedName; readonly at: Position }
  | {
      readonly kind: 'aliased';
      readonly relation: Relation;
      readonly alias: Identifier;
      readonly columns?: readonly Identifier[];
      readonly at: Position;
    }
  | { readonly kind: 'subquery'; readonly query: Query; readonly lateral: boolean; readonly at: Position }
  | {
      readonly kind: 'unnest';
      readonly items: readonly Expression[];
      readonly ordinality: boolean;
      readonly at: Position;
    }
  | {
      readonly kind: 'sample';
      readonly relation: Relation;
      readonly method: 'bernoulli' | 'system';
      readonly percentage: Expression;
      readonly at: Position;
    }
  | {
      readonly kind: 'join';
      readonly type: JoinType;
      readonly left: Relation;
      readonly right: Relation;
      readonly condition?:
        | { readonly kind: 'on'; readonly expression: Expression }
        | { readonly kind: 'using'; readonly columns: readonly Identifier[] }
        | { readonly kind: 'natural' };
      readonly at: Position;
    };
