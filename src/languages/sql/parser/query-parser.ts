/** Queries: WITH, set operations, SELECT and what follows it. FROM is in relation-parser.ts. */
import { notSupported } from '../errors.ts';
import type { Expression, Identifier, Position, SortItem } from '../tree/expressions.ts';
import type { CommonTable, GroupingElement, Query, QueryBody, Select, SelectItem } from '../tree/queries.ts';
import { isReserved, type Cursor } from './cursor.ts';
import { ExpressionParser, type Grammar } from './expression-parser.ts';
import { parseWindow } from './call-parser.ts';
import { parseRelation } from './relation-parser.ts';

export class QueryParser implements Grammar {
  readonly cursor: Cursor;
  readonly #expressions: ExpressionParser;
  #parameters = 0;

  constructor(cursor: Cursor) {
    this.cursor = cursor;
    this.#expressions = new ExpressionParser(this);
  }

  expression(): Expression {
    return this.#expressions.parse();
  }

  value(): Expression {
    return this.#expressions.value();
  }

  parameter(at: Position): Expression {
    return { kind: 'parameter', index: this.#parameters++, at };
  }

  /** Asked behind an opening parenthesis: `((SELECT 1) + 1)` holds an expression, `((SELECT 1) UNION …)` a query. */
  isQuery(): boolean {
    const { cursor } = this;
    let opened = 0;
    while (cursor.peek(opened).kind === 'symbol' && cursor.peek(opened).value === '(') opened++;
    const { kind, value } = cursor.peek(opened);
    if (kind !== 'word' || !['SELECT', 'WITH', 'VALUES', 'TABLE'].includes(value)) return false;
    return opened === 0 || this.#closesToQuery();
  }

  /** Whether what stands behind the parenthesis that opens here can follow a query. */
  #closesToQuery(): boolean {
    let depth = 0;
    for (let ahead = 0; ; ahead++) {
      const { kind, value } = this.cursor.peek(ahead);
      if (kind === 'end') return true;
      if (kind !== 'symbol') continue;
      if (value === '(') depth++;
      if (value === ')' && --depth === 0) {
        const behind = this.cursor.peek(ahead + 1).value;
        return [')', 'UNION', 'INTERSECT', 'EXCEPT', 'ORDER', 'LIMIT', 'OFFSET', 'FETCH'].includes(behind);
      }
    }
  }

  sortItems(): SortItem[] {
    return this.cursor.list(() => {
      const expression = this.expression();
      const descending = this.cursor.acceptAny('ASC', 'DESC') === 'DESC';
      if (!this.cursor.accept('NULLS')) return { expression, descending };
      const nulls = this.cursor.expectAny('FIRST', 'LAST') === 'FIRST' ? 'first' : 'last';
      return { expression, descending, nulls };
    });
  }

  query(): Query {
    return this.cursor.nested(() => {
      const { cursor } = this;
      const { at } = cursor;
      const entries = this.#with();
      const body = this.#body();
      const orderBy = cursor.accept('ORDER', 'BY') ? this.sortItems() : [];
      const offset = cursor.accept('OFFSET') ? { offset: this.#rowCount() } : {};
      if (offset.offset !== undefined && !cursor.accept('ROWS')) cursor.accept('ROW');
      const limit = this.#limit();
      // Presto and Athena take OFFSET before LIMIT; many write it behind.
      if (cursor.is('OFFSET')) throw cursor.mismatch();
      return { ...entries, body, orderBy, ...offset, ...limit, at };
    });
  }

  #with(): Pick<Query, 'with'> {
    const { cursor } = this;
    if (!cursor.accept('WITH')) return {};
    const recursive = cursor.accept('RECURSIVE');
    const entries = cursor.list((): CommonTable => {
      const name = cursor.identifier();
      const columns = cursor.is('(') ? { columns: cursor.parenthesized(() => cursor.identifier()) } : {};
      cursor.expect('AS', '(');
      const query = this.query();
      cursor.expect(')');
      return { name, ...columns, query };
    });
    return { with: { recursive, entries } };
  }

  #limit(): Pick<Query, 'limit' | 'withTies'> {
    const { cursor } = this;
    if (cursor.accept('LIMIT')) {
      return cursor.accept('ALL') ? { withTies: false } : { limit: this.#rowCount(), withTies: false };
    }
    if (!cursor.accept('FETCH')) return { withTies: false };
    cursor.expectAny('FIRST', 'NEXT');
    const one: Expression = { kind: 'literal', value: { type: 'integer', digits: '1' }, at: cursor.at };
    const limit = cursor.is('ROW') || cursor.is('ROWS') ? one : this.#rowCount();
    cursor.expectAny('ROWS', 'ROW');
    if (cursor.accept('ONLY')) return { limit, withTies: false };
    cursor.expect('WITH', 'TIES');
    return { limit, withTies: true };
  }

  /** An integer or `?`. */
  #rowCount(): Expression {
    const { cursor } = this;
    const { at } = cursor;
    if (cursor.accept('?')) return this.parameter(at);
    if (!cursor.isKind('integer')) throw cursor.mismatch('<integer>');
    return { kind: 'literal', value: { type: 'integer', digits: cursor.next().value }, at };
  }

  /** UNION and EXCEPT bind alike and to the left; INTERSECT binds tighter. */
  #body(): QueryBody {
    return this.#setOperations(['UNION', 'EXCEPT'], () =>
      this.#setOperations(['INTERSECT'], () => this.#primaryBody()),
    );
  }

  #setOperations(words: readonly ('UNION' | 'EXCEPT' | 'INTERSECT')[], operand: () => QueryBody): QueryBody {
    let left = operand();
    for (;;) {
      const { at } = this.cursor;
      const operator = this.cursor.acceptAny(...words)?.toLowerCase() as 'union' | 'intersect' | 'except' | undefined;
      if (operator === undefined) return left;
      const all = this.cursor.accept('ALL');
      if (!all) this.cursor.accept('DISTINCT');
      left = { kind: 'set', operator, all, left, right: operand(), at };
    }
  }

  #primaryBody(): QueryBody {
    const { cursor } = this;
    const { at } = cursor;
    if (cursor.is('SELECT')) return this.#select();
    if (cursor.accept('VALUES')) return { kind: 'values', rows: cursor.list(() => this.expression()), at };
    if (cursor.accept('TABLE')) return { kind: 'table', name: cursor.qualifiedName(), at };
    if (!cursor.accept('(')) throw cursor.mismatch("'SELECT'", "'TABLE'", "'VALUES'");
    const query = this.query();
    cursor.expect(')');
    return { kind: 'nested', query, at };
  }

  #select(): Select {
    const { cursor } = this;
    const { at } = cursor;
    cursor.expect('SELECT');
    const distinct = cursor.accept('DISTINCT');
    if (!distinct) cursor.accept('ALL');
    const items = cursor.list(() => this.#selectItem());
    const from = cursor.accept('FROM') ? cursor.list(() => parseRelation(this)) : [];
    const where = cursor.accept('WHERE') ? { where: this.expression() } : {};
    const groupBy = cursor.accept('GROUP') ? { groupBy: this.#groupBy() } : {};
    const having = cursor.accept('HAVING') ? { having: this.expression() } : {};
    if (cursor.is('QUALIFY')) throw notSupported(cursor.at, 'QUALIFY', 'Filter the window in an outer query.');
    const windows = cursor.accept('WINDOW') ? cursor.list(() => this.#namedWindow()) : [];
    return { kind: 'select', distinct, items, from, ...where, ...groupBy, ...having, windows, at };
  }

  #namedWindow(): Select['windows'][number] {
    const name = this.cursor.identifier();
    this.cursor.expect('AS');
    return { name, spec: parseWindow(this) };
  }

  #selectItem(): SelectItem {
    const { cursor } = this;
    const { at } = cursor;
    if (cursor.accept('*')) return { kind: 'star', at };
    const expression = this.expression();
    if (cursor.accept('.')) {
      cursor.expect('*');
      const columns = cursor.is('AS', '(')
        ? { columns: (cursor.next(), cursor.parenthesized(() => cursor.identifier())) }
        : {};
      return { kind: 'star', base: expression, ...columns, at };
    }
    const alias = this.#alias();
    return { kind: 'expression', expression, ...(alias === undefined ? {} : { alias }) };
  }

  #alias(): Identifier | undefined {
    const { cursor } = this;
    if (cursor.accept('AS')) return cursor.identifier();
    const { kind, value } = cursor.token;
    if (kind === 'quoted') return cursor.identifier();
    // A word that can follow a select item is no alias, though it is not reserved.
    const follows = ['LIMIT', 'OFFSET', 'FETCH', 'WINDOW', 'QUALIFY'];
    return kind === 'word' && !isReserved(value) && !follows.includes(value) ? cursor.identifier() : undefined;
  }

  #groupBy(): NonNullable<Select['groupBy']> {
    const { cursor } = this;
    cursor.expect('BY');
    const distinct = cursor.accept('DISTINCT');
    if (!distinct) cursor.accept('ALL');
    return { distinct, elements: cursor.list(() => this.#groupingElement()) };
  }

  #groupingElement(): GroupingElement {
    const { cursor } = this;
    const { at } = cursor;
    const kind = cursor.is('CUBE', '(') ? 'cube' : cursor.is('ROLLUP', '(') ? 'rollup' : undefined;
    if (kind !== undefined) {
      cursor.next();
      return { kind, sets: cursor.parenthesized(() => this.#groupingSet()), at };
    }
    if (cursor.accept('GROUPING', 'SETS'))
      return { kind: 'sets', sets: cursor.parenthesized(() => this.#groupingSet()), at };
    if (cursor.accept('(', ')')) return { kind: 'simple', expressions: [], at };
    const expression = this.expression();
    return { kind: 'simple', expressions: expression.kind === 'row' ? expression.items : [expression], at };
  }

  #groupingSet(): Expression[] {
    const { cursor } = this;
    if (cursor.accept('(', ')')) return [];
    const expression = this.expression();
    return expression.kind === 'row' ? [...expression.items] : [expression];
  }
}
