/** Expressions by precedence climbing; what starts one is in primary-parser.ts. */
import { syntaxError } from '../errors.ts';
import type { ArithmeticOperator, ComparisonOperator, Expression, Position, SortItem } from '../tree/expressions.ts';
import type { Query } from '../tree/queries.ts';
import type { Cursor } from './cursor.ts';
import { parsePrimary } from './primary-parser.ts';

/** How tightly an operator binds. */
const binding = { or: 1, and: 2, not: 3, predicate: 4, concat: 5, sum: 6, product: 7, sign: 8, zone: 9 } as const;

const comparisons = new Set(['=', '<>', '<', '<=', '>', '>=']);

/** What primaries need of the whole grammar; it is handed in because queries and expressions contain each other. */
export interface Grammar {
  readonly cursor: Cursor;
  expression(): Expression;
  /** An operand without predicates and logical operators: what BETWEEN's bounds are. */
  value(): Expression;
  sortItems(): SortItem[];
  query(): Query;
  /** Whether a query starts here. */
  isQuery(): boolean;
  parameter(at: Position): Expression;
}

export class ExpressionParser {
  readonly #grammar: Grammar;
  readonly #cursor: Cursor;
  /** Height of the tallest expression that was completed since this was last set to 0. */
  #tallest = 0;

  constructor(grammar: Grammar) {
    this.#grammar = grammar;
    this.#cursor = grammar.cursor;
  }

  parse(minimum = 0): Expression {
    return this.#cursor.nested(() => {
      const outer = this.#tallest;
      this.#tallest = 0;
      let left = this.#prefix(minimum);
      let height = this.#tallest + 1;
      for (;;) {
        this.#tallest = 0;
        const next = this.#infix(left, minimum);
        if (next === undefined) break;
        left = next;
        height = Math.max(height, this.#tallest) + 1;
        // A chain `a + b + c …` grows to the left without nesting in the parser; it is measured here.
        this.#cursor.refuseDeeper(height);
      }
      this.#tallest = Math.max(outer, height);
      return left;
    });
  }

  value(): Expression {
    return this.parse(binding.concat);
  }

  #prefix(minimum: number): Expression {
    const cursor = this.#cursor;
    const { at } = cursor;
    if (minimum <= binding.not && cursor.is('NOT')) {
      cursor.next();
      return { kind: 'not', operand: this.parse(binding.not), at };
    }
    if (cursor.is('-') || cursor.is('+')) {
      const operator = cursor.next().value as '+' | '-';
      return { kind: 'sign', operator, operand: this.parse(binding.sign), at };
    }
    return parsePrimary(this.#grammar);
  }

  #infix(left: Expression, minimum: number): Expression | undefined {
    const { at, token } = this.#cursor;
    const { value } = token;
    if (token.kind === 'symbol') {
      if (comparisons.has(value)) return minimum <= binding.predicate ? this.#comparison(left, at) : undefined;
      if (value === '||' && minimum <= binding.concat) return this.#concat(left, at);
      if ('+-'.includes(value) && minimum <= binding.sum) return this.#arithmetic(left, binding.sum, at);
      if ('*/%'.includes(value) && minimum <= binding.product) return this.#arithmetic(left, binding.product, at);
      return undefined;
    }
    if (token.kind !== 'word') return undefined;
    if (value === 'OR' && minimum <= binding.or) return this.#logical(left, 'or', at);
    if (value === 'AND' && minimum <= binding.and) return this.#logical(left, 'and', at);
    if (value === 'AT' && this.#cursor.is('AT', 'TIME', 'ZONE') && minimum <= binding.zone) return this.#zone(left, at);
    return minimum <= binding.predicate ? this.#predicate(left, at) : undefined;
  }

  #arithmetic(left: Expression, level: number, at: Position): Expression {
    const operator = this.#cursor.next().value as ArithmeticOperator;
    return { kind: 'arithmetic', operator, left, right: this.parse(level + 1), at };
  }

  #logical(left: Expression, operator: 'and' | 'or', at: Position): Expression {
    const terms = [left];
    const word = operator.toUpperCase();
    while (this.#cursor.is(word)) {
      this.#cursor.next();
      terms.push(this.parse(binding[operator] + 1));
    }
    return { kind: 'logical', operator, terms, at };
  }

  #concat(left: Expression, at: Position): Expression {
    const terms = [left];
    while (this.#cursor.is('||')) {
      this.#cursor.next();
      terms.push(this.parse(binding.concat + 1));
    }
    return { kind: 'concat', terms, at };
  }

  #zone(operand: Expression, at: Position): Expression {
    this.#cursor.expect('AT', 'TIME', 'ZONE');
    return { kind: 'at-time-zone', operand, zone: this.parse(binding.zone + 1), at };
  }

  #comparison(left: Expression, at: Position): Expression {
    const cursor = this.#cursor;
    const operator = cursor.next().value as ComparisonOperator;
    const quantifier = ['ALL', 'ANY', 'SOME'].find((word) => cursor.is(word, '('));
    if (quantifier === undefined) return { kind: 'comparison', operator, left, right: this.value(), at };
    cursor.next();
    cursor.expect('(');
    const query = this.#grammar.query();
    cursor.expect(')');
    return { kind: 'quantified', operator, quantifier: quantifier === 'ALL' ? 'all' : 'any', left, query, at };
  }

  #predicate(operand: Expression, at: Position): Expression | undefined {
    const cursor = this.#cursor;
    if (cursor.is('IS')) return this.#is(operand, at);
    const negated = cursor.is('NOT') && ['BETWEEN', 'IN', 'LIKE'].some((word) => cursor.is('NOT', word));
    if (negated) cursor.next();
    if (cursor.is('BETWEEN')) {
      cursor.next();
      const low = this.value();
      cursor.expect('AND');
      return { kind: 'between', operand, low, high: this.value(), negated, at };
    }
    if (cursor.is('IN')) {
      cursor.next();
      return this.#in(operand, negated, at);
    }
    if (cursor.is('LIKE')) {
      cursor.next();
      const pattern = this.value();
      const escape = cursor.accept('ESCAPE') ? { escape: this.value() } : {};
      return { kind: 'like', operand, pattern, ...escape, negated, at };
    }
    return undefined;
  }

  #is(operand: Expression, at: Position): Expression {
    const cursor = this.#cursor;
    cursor.expect('IS');
    const negated = cursor.accept('NOT');
    if (cursor.accept('NULL')) return { kind: 'is-null', operand, negated, at };
    if (cursor.accept('DISTINCT')) {
      cursor.expect('FROM');
      return { kind: 'distinct-from', left: operand, right: this.value(), negated, at };
    }
    throw cursor.mismatch();
  }

  #in(operand: Expression, negated: boolean, at: Position): Expression {
    const cursor = this.#cursor;
    cursor.expect('(');
    if (this.#grammar.isQuery()) {
      const query = this.#grammar.query();
      cursor.expect(')');
      return { kind: 'in-query', operand, query, negated, at };
    }
    if (cursor.is(')')) throw syntaxError(cursor.at, "mismatched input ')'. Expecting: <expression>, <query>");
    const items = cursor.list(() => this.parse());
    cursor.expect(')');
    return { kind: 'in-list', operand, items, negated, at };
  }
}
