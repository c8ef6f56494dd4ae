/** Expressions to the engine's SQL, with Trino's types: names, operators and the forms of the standard. */
import { SqlError, notSupported, typeMismatch } from '../errors.ts';
import { quoteIdentifier, quoteString } from '../quoting.ts';
import type { Expression, ExpressionOf, Identifier, Position } from '../tree/expressions.ts';
import type { Query } from '../tree/queries.ts';
import { commonType, isText } from '../types/coercion.ts';
import { fieldName, toEngineType } from '../types/engine-type.ts';
import { arrayOf, booleanType, formatType, type SqlType } from '../types/sql-type.ts';
import { translateCall } from './calls.ts';
import { cast } from './casts.ts';
import { extractField } from './date-fields.ts';
import type { ExpressionContext, SubqueryResult } from './expression-context.ts';
import { translateInterval, translateLiteral, translateTypedLiteral } from './literals.ts';
import { arithmetic, comparison, concatenate, negate, subscript } from './operators.ts';
import { atTimeZone } from './time-zones.ts';
import { Scope } from '../translation/scope.ts';
import { coerce, expectType, typed, type Typed, unify } from './typed.ts';

export class ExpressionTranslator {
  readonly context: ExpressionContext;

  constructor(context: ExpressionContext) {
    this.context = context;
  }

  /** The same place with another scope in front, for lambdas. */
  within(scope: ExpressionContext['scope']): ExpressionTranslator {
    return new ExpressionTranslator({ ...this.context, scope, plainClause: 'Lambda expression' });
  }

  translate(node: Expression): Typed {
    const { grouping } = this.context;
    const strays = grouping?.strays.length ?? 0;
    const result = this.#translate(node);
    // What stands whole in GROUP BY may be read, columns and all.
    if (grouping?.keys.has(result.sql) === true) grouping.strays.length = strays;
    return result;
  }

  all(nodes: readonly Expression[]): Typed[] {
    return nodes.map((node) => this.translate(node));
  }

  condition(node: Expression, what: string): Typed {
    return expectType(this.translate(node), booleanType, what);
  }

  #translate(node: Expression): Typed {
    switch (node.kind) {
      case 'literal':
        return translateLiteral(node);
      case 'typed-literal':
        return translateTypedLiteral(node);
      case 'interval':
        return translateInterval(node);
      case 'name':
        return this.#name(node);
      case 'field':
        return fieldOf(this.translate(node.base), node.field);
      case 'subscript':
        return subscriptOf(this.translate(node.base), this.translate(node.index), node.at);
      case 'logical':
        return this.#logical(node);
      case 'not':
        return typed(
          `(NOT ${this.condition(node.operand, 'Value of logical NOT expression').sql})`,
          booleanType,
          node.at,
        );
      case 'comparison':
        return comparison(node.operator, this.translate(node.left), this.translate(node.right), node.at);
      case 'arithmetic':
        return arithmetic(node.operator, this.translate(node.left), this.translate(node.right), node.at);
      case 'sign':
        return node.operator === '+' ? this.translate(node.operand) : this.#negative(node);
      case 'concat':
        return concatenate(this.all(node.terms), node.at);
      case 'case':
        return this.#case(node);
      case 'cast':
        return cast(this.translate(node.operand), node.type, node.safe, node.at);
      case 'array':
        return this.#array(node);
      case 'row':
        return rowOf(this.all(node.items), node.at);
      case 'extract':
        return extractField(node.field, this.translate(node.operand), node.at);
      case 'at-time-zone':
        return atTimeZone(this.translate(node.operand), this.translate(node.zone), node.at);
      case 'call':
        return translateCall(node, this);
      case 'lambda':
        throw typeMismatch(node.at, 'a lambda stands only as an argument of a function that takes one');
      case 'parameter':
        return {
          ...this.within(new Scope([])).translate(this.context.session.parameter(node.index, node.at)),
          at: node.at,
        };
      default:
        return this.#predicate(node);
    }
  }

  #predicate(node: Expression): Typed {
    switch (node.kind) {
      case 'between':
        return this.#between(node);
      case 'in-list':
        return this.#inList(node);
      case 'in-query':
        return this.#inQuery(node);
      case 'like':
        return this.#like(node);
      case 'is-null':
        return typed(
          `(${this.translate(node.operand).sql} IS ${node.negated ? 'NOT ' : ''}NULL)`,
          booleanType,
          node.at,
        );
      case 'distinct-from':
        return this.#distinctFrom(node);
      case 'exists':
        return typed(`EXISTS (${this.#run(node).sql})`, booleanType, node.at);
      case 'subquery':
        return this.#subquery(node);
      case 'quantified':
        return this.#quantified(node);
      default:
        throw notSupported(node.at, `the expression '${node.kind}'`);
    }
  }

  #name(node: ExpressionOf<'name'>): Typed {
    const { column, taken, isOuter, isLocal } = this.context.scope.resolve(node.parts, node.at);
    this.context.session.use(column.onUse);
    const { grouping } = this.context;
    if (
      grouping !== undefined &&
      grouping.inAggregate === 0 &&
      !isOuter &&
      !isLocal &&
      !grouping.keys.has(column.sql)
    ) {
      const name = node.parts.map((part) => part.text).join('.');
      grouping.strays.push(
        new SqlError(
          'EXPRESSION_NOT_AGGREGATE',
          node.at,
          `'${name}' must be an aggregate expression or appear in GROUP BY clause`,
        ),
      );
    }
    const base = typed(column.sql, column.type, node.at);
    return node.parts.slice(taken).reduce(fieldOf, base);
  }

  #negative(node: ExpressionOf<'sign'>): Typed {
    const { operand } = node;
    if (operand.kind === 'literal' && (operand.value.type === 'integer' || operand.value.type === 'decimal')) {
      return translateLiteral({ ...operand, value: { ...operand.value, digits: `-${operand.value.digits}` } });
    }
    return negate(this.translate(operand), node.at);
  }

  #logical(node: ExpressionOf<'logical'>): Typed {
    const word = node.operator.toUpperCase();
    const terms = node.terms.map((term) => this.condition(term, `Logical expression term`).sql);
    return typed(`(${terms.join(` ${word} `)})`, booleanType, node.at);
  }

  #case(node: ExpressionOf<'case'>): Typed {
    const operand = node.operand === undefined ? undefined : this.translate(node.operand);
    const conditions = node.branches.map(({ when }) =>
      operand === undefined
        ? this.condition(when, 'CASE WHEN clause').sql
        : comparison('=', operand, this.translate(when), when.at).sql,
    );
    const results = node.branches.map(({ result }) => this.translate(result));
    if (node.otherwise !== undefined) results.push(this.translate(node.otherwise));
    const { values, type } = unify(
      results,
      (a, b) =>
        `All CASE results must be the same type or coercible to a common type. Cannot find common type between ${formatType(a)} and ${formatType(b)}`,
    );
    const branches = conditions.map((condition, index) => `WHEN ${condition} THEN ${values[index]?.sql}`);
    const otherwise = node.otherwise === undefined ? '' : ` ELSE ${values.at(-1)?.sql}`;
    return typed(`CASE ${branches.join(' ')}${otherwise} END`, type, node.at);
  }

  #array(node: ExpressionOf<'array'>): Typed {
    const { values, type } = unify(
      this.all(node.items),
      (a, b) =>
        `All ARRAY elements must be the same type or coercible to a common type. Cannot find common type between ${formatType(a)} and ${formatType(b)}`,
    );
    const sql = `[${values.map((value) => value.sql).join(', ')}]`;
    const bare = type.kind === 'unknown' ? sql : `CAST(${sql} AS ${toEngineType(arrayOf(type))})`;
    return typed(bare, arrayOf(type), node.at);
  }

  #between(node: ExpressionOf<'between'>): Typed {
    const operand = this.translate(node.operand);
    const low = comparison('>=', operand, this.translate(node.low), node.at);
    const high = comparison('<=', operand, this.translate(node.high), node.at);
    return typed(`(${node.negated ? 'NOT ' : ''}(${low.sql} AND ${high.sql}))`, booleanType, node.at);
  }

  #inList(node: ExpressionOf<'in-list'>): Typed {
    const { values } = unify(
      [this.translate(node.operand), ...this.all(node.items)],
      (a, b) => `IN value and list items must be the same type: ${formatType(a)} and ${formatType(b)}`,
    );
    const [operand, ...items] = values.map((value) => value.sql);
    return typed(`(${operand} ${node.negated ? 'NOT ' : ''}IN (${items.join(', ')}))`, booleanType, node.at);
  }

  #inQuery(node: ExpressionOf<'in-query'>): Typed {
    const operand = this.translate(node.operand);
    const { sql, column } = this.#singleColumn(node);
    const type = commonType(operand.type, column.type);
    if (type === undefined) {
      throw typeMismatch(
        node.at,
        `Value expression and result of subquery must be of the same type: ${formatType(operand.type)} vs ${formatType(column.type)}`,
      );
    }
    const query = `SELECT ${coerce(typed(quoteIdentifier(column.physical), column.type, node.at), type).sql} FROM (${sql})`;
    return typed(`(${coerce(operand, type).sql} ${node.negated ? 'NOT ' : ''}IN (${query}))`, booleanType, node.at);
  }

  #quantified(node: ExpressionOf<'quantified'>): Typed {
    const operand = this.translate(node.left);
    const { sql, column } = this.#singleColumn(node);
    const type = commonType(operand.type, column.type);
    if (type === undefined)
      throw typeMismatch(
        node.at,
        `Cannot apply operator: ${formatType(operand.type)} ${node.operator} ${formatType(column.type)}`,
      );
    const word = node.quantifier.toUpperCase();
    return typed(`(${coerce(operand, type).sql} ${node.operator} ${word} (${sql}))`, booleanType, node.at);
  }

  #run(node: { readonly query: Query; readonly at: Position }): SubqueryResult {
    const { scope } = this.context;
    if (scope.kind === 'lambda') throw notSupported(node.at, 'a subquery in a lambda expression');
    return this.context.subquery(node.query, scope);
  }

  #subquery(node: ExpressionOf<'subquery'>): Typed {
    const { sql, column } = this.#singleColumn(node);
    return typed(`(${sql})`, column.type, node.at);
  }

  #singleColumn(node: { readonly query: ExpressionOf<'subquery'>['query']; readonly at: Expression['at'] }): {
    sql: string;
    column: { physical: string; type: SqlType };
  } {
    const { sql, columns } = this.#run(node);
    const [column] = columns;
    if (column === undefined || columns.length !== 1) {
      throw new SqlError(
        'NOT_SUPPORTED',
        node.at,
        `Multiple columns returned by subquery are not yet supported. Found ${columns.length}`,
      );
    }
    return { sql, column };
  }

  #like(node: ExpressionOf<'like'>): Typed {
    const [operand, pattern] = [this.translate(node.operand), this.translate(node.pattern)];
    for (const [value, what] of [
      [operand, 'Left side'],
      [pattern, 'Pattern'],
    ] as const) {
      if (!isText(value.type) && value.type.kind !== 'unknown') {
        throw typeMismatch(
          value.at,
          `${what} of LIKE expression must evaluate to a varchar (actual: ${formatType(value.type)})`,
        );
      }
    }
    const escape = node.escape === undefined ? '' : ` ESCAPE ${this.translate(node.escape).sql}`;
    return typed(`(${operand.sql} ${node.negated ? 'NOT ' : ''}LIKE ${pattern.sql}${escape})`, booleanType, node.at);
  }

  #distinctFrom(node: ExpressionOf<'distinct-from'>): Typed {
    const { values } = unify(
      [this.translate(node.left), this.translate(node.right)],
      (a, b) => `Cannot apply operator: ${formatType(a)} IS DISTINCT FROM ${formatType(b)}`,
    );
    return typed(
      `(${values[0]?.sql} IS ${node.negated ? 'NOT ' : ''}DISTINCT FROM ${values[1]?.sql})`,
      booleanType,
      node.at,
    );
  }
}

/** `base.field` of a row. @throws COLUMN_NOT_FOUND */
export function fieldOf(base: Typed, field: Identifier): Typed {
  if (base.type.kind !== 'row') {
    throw typeMismatch(field.at, `Expression ${formatType(base.type)} is not of type ROW`);
  }
  const { fields } = base.type;
  const index = fields.findIndex((candidate) => candidate.name?.toLowerCase() === field.value);
  const found = fields[index];
  if (found === undefined)
    throw new SqlError('COLUMN_NOT_FOUND', field.at, `Column '${field.text}' cannot be resolved`);
  const sql = `struct_extract(${base.sql}, ${quoteString(fieldName(found, index))})`;
  return typed(sql, found.type, field.at);
}

function subscriptOf(base: Typed, index: Typed, at: Typed['at']): Typed {
  if (base.type.kind !== 'row') return subscript(base, index, at);
  const position = Number(index.constant);
  const field = base.type.fields[position - 1];
  if (field === undefined)
    throw typeMismatch(at, `a row is subscripted by a number from 1 to ${base.type.fields.length}`);
  return typed(`struct_extract_at(${base.sql}, ${position})`, field.type, at);
}

export function rowOf(items: readonly Typed[], at: Typed['at']): Typed {
  const fields = items.map((item) => ({ type: item.type }));
  const parts = items.map((item, index) => `${quoteIdentifier(fieldName(undefined, index))} := ${item.sql}`);
  return typed(`struct_pack(${parts.join(', ')})`, { kind: 'row', fields }, at);
}
