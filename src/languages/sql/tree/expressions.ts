/** The expression nodes of Trino's language. Every node says where it stands in the text, for messages. */
import type { SqlType } from '../types/sql-type.ts';
import type { Query } from './queries.ts';

/** One-based, as Trino counts: `line 1:8`. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** A name as the user wrote it; `value` is in lower case because names are case-insensitive. */
export interface Identifier {
  readonly value: string;
  readonly quoted: boolean;
  /** The spelling before it was lowered, for row fields and output names. */
  readonly text: string;
  readonly at: Position;
}

export type LiteralValue =
  | { readonly type: 'null' }
  | { readonly type: 'boolean'; readonly value: boolean }
  /** Decimal digits without a point. */
  | { readonly type: 'integer'; readonly digits: string }
  | { readonly type: 'decimal'; readonly digits: string }
  | { readonly type: 'double'; readonly digits: string }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'binary'; readonly hex: string };

export type ComparisonOperator = '=' | '<>' | '<' | '<=' | '>' | '>=';
export type ArithmeticOperator = '+' | '-' | '*' | '/' | '%';
export type IntervalUnit = 'year' | 'month' | 'week' | 'day' | 'hour' | 'minute' | 'second';

export type Expression =
  | { readonly kind: 'literal'; readonly value: LiteralValue; readonly at: Position }
  | { readonly kind: 'typed-literal'; readonly type: SqlType; readonly text: string; readonly at: Position }
  | {
      readonly kind: 'interval';
      readonly negative: boolean;
      readonly text: string;
      readonly from: IntervalUnit;
      readonly to?: IntervalUnit;
      readonly at: Position;
    }
  /** `?`, counted from 0. */
  | { readonly kind: 'parameter'; readonly index: number; readonly at: Position }
  /** `a`, `t.a`, `db.t.a`, `a.field`: which of these it is, name resolution decides. */
  | { readonly kind: 'name'; readonly parts: readonly Identifier[]; readonly at: Position }
  | { readonly kind: 'field'; readonly base: Expression; readonly field: Identifier; readonly at: Position }
  | { readonly kind: 'subscript'; readonly base: Expression; readonly index: Expression; readonly at: Position }
  /** `AND`, `OR`: flat, so that a thousand terms are no thousand levels. */
  | {
      readonly kind: 'logical';
      readonly operator: 'and' | 'or';
      readonly terms: readonly Expression[];
      readonly at: Position;
    }
  | { readonly kind: 'not'; readonly operand: Expression; readonly at: Position }
  | {
      readonly kind: 'comparison';
      readonly operator: ComparisonOperator;
      readonly left: Expression;
      readonly right: Expression;
      readonly at: Position;
    }
  | {
      readonly kind: 'quantified';
      readonly operator: ComparisonOperator;
      readonly quantifier: 'all' | 'any';
      readonly left: Expression;
      readonly query: Query;
      readonly at: Position;
    }
  | {
      readonly kind: 'distinct-from';
      readonly left: Expression;
      readonly right: Expression;
      readonly negated: boolean;
      readonly at: Position;
    }
  | {
      readonly kind: 'arithmetic';
      readonly operator: ArithmeticOperator;
      readonly left: Expression;
      readonly right: Expression;
      readonly at: Position;
    }
  | { readonly kind: 'sign'; readonly operator: '+' | '-'; readonly operand: Expression; readonly at: Position }
  | { readonly kind: 'concat'; readonly terms: readonly Expression[]; readonly at: Position }
  | {
      readonly kind: 'between';
      readonly operand: Expression;
      readonly low: Expression;
      readonly high: Expression;
      readonly negated: boolean;
      readonly at: Position;
    }
  | {
      readonly kind: 'in-list';
      readonly operand: Expression;
      readonly items: readonly Expression[];
      readonly negated: boolean;
      readonly at: Position;
    }
  | {
      readonly kind: 'in-query';
      readonly operand: Expression;
      readonly query: Query;
      readonly negated: boolean;
      readonly at: Position;
    }
  | {
      readonly kind: 'like';
      readonly operand: Expression;
      readonly pattern: Expression;
      readonly escape?: Expression;
      readonly negated: boolean;
      readonly at: Position;
    }
  | { readonly kind: 'is-null'; readonly operand: Expression; readonly negated: boolean; readonly at: Position }
  | { readonly kind: 'exists'; readonly query: Query; readonly at: Position }
  | { readonly kind: 'subquery'; readonly query: Query; readonly at: Position }
  | {
      readonly kind: 'case';
      readonly operand?: Expression;
      readonly branches: readonly { readonly when: Expression; readonly result: Expression }[];
      readonly otherwise?: Expression;
      readonly at: Position;
    }
  | {
      readonly kind: 'cast';
      readonly operand: Expression;
      readonly type: SqlType;
      readonly safe: boolean;
      readonly at: Position;
    }
  | { readonly kind: 'extract'; readonly field: string; readonly operand: Expression; readonly at: Position }
  | { readonly kind: 'at-time-zone'; readonly operand: Expression; readonly zone: Expression; readonly at: Position }
  | { readonly kind: 'array'; readonly items: readonly Expression[]; readonly at: Position }
  | { readonly kind: 'row'; readonly items: readonly Expression[]; readonly at: Position }
  | {
      readonly kind: 'lambda';
      readonly parameters: readonly Identifier[];
      readonly body: Expression;
      readonly at: Position;
    }
  | FunctionCall;

export type ExpressionOf<K extends Expression['kind']> = Extract<Expression, { kind: K }>;

export interface FunctionCall {
  readonly kind: 'call';
  readonly name: Identifier;
  readonly args: readonly Expression[];
  /** `count(*)`. */
  readonly star: boolean;
  readonly distinct: boolean;
  readonly orderBy: readonly SortItem[];
  readonly filter?: Expression;
  readonly nulls?: 'ignore' | 'respect';
  readonly over?: WindowSpec | Identifier;
  readonly at: Position;
}

export interface SortItem {
  readonly expression: Expression;
  readonly descending: boolean;
  readonly nulls?: 'first' | 'last';
}

export interface WindowSpec {
  readonly base?: Identifier;
  readonly partitionBy: readonly Expression[];
  readonly orderBy: readonly SortItem[];
  readonly frame?: WindowFrame;
}

export interface WindowFrame {
  readonly unit: 'rows' | 'range' | 'groups';
  readonly start: FrameBound;
  readonly end?: FrameBound;
}

export type FrameBound =
  | { readonly kind: 'unbounded-preceding' | 'unbounded-following' | 'current-row' }
  | { readonly kind: 'preceding' | 'following'; readonly offset: Expression };
