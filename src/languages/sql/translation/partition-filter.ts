/**
 * Partition pruning: a condition of the query read as a test of partition values.
 *
 * The test is three-valued and errs on the safe side: what it cannot evaluate is 'maybe', and only partitions for which
 * the whole condition is certainly not true are left out.
 */
import { quoteString } from '../quoting.ts';
import type { Expression } from '../tree/expressions.ts';
import { isInteger, isText } from '../types/coercion.ts';
import type { SqlType } from '../types/sql-type.ts';
import type { PartitionSource, Scope } from './scope.ts';
import type { PartitionFilter } from './translation.ts';

type Truth = true | false | null | 'maybe';
export type PartitionValues = Readonly<Record<string, string | null>>;
export type PartitionPredicate = {
  readonly test: (values: PartitionValues) => Truth;
  /** Keys that the condition fixes to certain texts. */
  readonly fixed: Readonly<Record<string, readonly string[]>>;
  readonly text: string;
};

/** A scalar that a partition's values decide; undefined is "cannot say". */
type Scalar = {
  readonly type: SqlType;
  readonly value: (values: PartitionValues) => string | bigint | number | null | undefined;
};

/** The filter that all the conditions on one scan make together. */
export function combineFilters(predicates: readonly PartitionPredicate[]): PartitionFilter {
  const fixedValues: Record<string, readonly string[]> = {};
  for (const { fixed } of predicates) {
    for (const [key, values] of Object.entries(fixed)) {
      const before = fixedValues[key];
      fixedValues[key] = before === undefined ? values : before.filter((value) => values.includes(value));
    }
  }
  return {
    matches: (values) =>
      predicates.every(({ test }) => {
        const truth = test(values);
        return truth === true || truth === 'maybe';
      }),
    fixedValues,
    text: predicates.map(({ text }) => text).join(' AND '),
  };
}

/** The conjuncts of a condition, each with the one scan it speaks of; those that speak of none or several are left out. */
export function partitionConjuncts(
  condition: Expression,
  scope: Scope,
): { readonly source: PartitionSource; readonly predicate: PartitionPredicate }[] {
  const terms = condition.kind === 'logical' && condition.operator === 'and' ? condition.terms : [condition];
  return terms.flatMap((term) => {
    if (term.kind === 'logical' && term.operator === 'and') return partitionConjuncts(term, scope);
    const sources = new Map<number, PartitionSource>();
    const reader = new PredicateReader(scope, (source) => sources.set(source.scan, source));
    const test = reader.truth(term);
    const [source] = sources.values();
    if (test === undefined || source === undefined || sources.size !== 1) return [];
    return [{ source, predicate: { test, fixed: reader.fixed(term), text: describe(term) } }];
  });
}

/** A condition in short, for EXPLAIN. */
function describe(node: Expression): string {
  switch (node.kind) {
    case 'name':
      return node.parts.map((part) => part.value).join('.');
    case 'literal':
      return node.value.type === 'string'
        ? quoteString(node.value.value)
        : 'digits' in node.value
          ? node.value.digits
          : node.value.type;
    case 'typed-literal':
      return `${node.type.kind} ${quoteString(node.text)}`;
    case 'comparison':
      return `${describe(node.left)} ${node.operator} ${describe(node.right)}`;
    case 'between':
      return `${describe(node.operand)} ${node.negated ? 'NOT ' : ''}BETWEEN ${describe(node.low)} AND ${describe(node.high)}`;
    case 'in-list':
      return `${describe(node.operand)} ${node.negated ? 'NOT ' : ''}IN (${node.items.map(describe).join(', ')})`;
    case 'logical':
      return `(${node.terms.map(describe).join(` ${node.operator.toUpperCase()} `)})`;
    case 'not':
      return `NOT ${describe(node.operand)}`;
    case 'is-null':
      return `${describe(node.operand)} IS ${node.negated ? 'NOT ' : ''}NULL`;
    case 'like':
      return `${describe(node.operand)} ${node.negated ? 'NOT ' : ''}LIKE ${describe(node.pattern)}`;
    case 'cast':
      return `CAST(${describe(node.operand)} AS ${node.type.kind})`;
    default:
      return `<${node.kind}>`;
  }
}

class PredicateReader {
  readonly #scope: Scope;
  readonly #onSource: (source: PartitionSource) => void;

  constructor(scope: Scope, onSource: (source: PartitionSource) => void) {
    this.#scope = scope;
    this.#onSource = onSource;
  }

  /** Undefined where nothing can be said of the node at all. */
  truth(node: Expression): ((values: PartitionValues) => Truth) | undefined {
    switch (node.kind) {
      case 'logical':
        return this.#logical(node.operator, node.terms);
      case 'not': {
        const inner = this.truth(node.operand);
        return inner && ((values) => not(inner(values)));
      }
      case 'comparison':
        return this.#comparison(node.operator, node.left, node.right);
      case 'between': {
        const low = this.#comparison('>=', node.operand, node.low);
        const high = this.#comparison('<=', node.operand, node.high);
        if (low === undefined || high === undefined) return undefined;
        return (values) => negatedIf(node.negated, and([low(values), high(values)]));
      }
      case 'in-list': {
        const tests = node.items.map((item) => this.#comparison('=', node.operand, item));
        if (tests.some((test) => test === undefined)) return undefined;
        return (values) =>
          negatedIf(node.negated, or(tests.map((test) => (test as (v: PartitionValues) => Truth)(values))));
      }
      case 'is-null': {
        const operand = this.#scalar(node.operand);
        if (operand === undefined) return undefined;
        return (values) => {
          const value = operand.value(values);
          return value === undefined ? 'maybe' : (value === null) !== node.negated;
        };
      }
      case 'like':
        return this.#like(node);
      default:
        return undefined;
    }
  }

  /** The texts a condition fixes a key to: `k = 'a'`, `k IN ('a', 'b')`. */
  fixed(node: Expression): Record<string, string[]> {
    const isList = node.kind === 'in-list' && !node.negated;
    const isEqual = node.kind === 'comparison' && node.operator === '=';
    if (!isList && !isEqual) return {};
    const operands = isList ? [node.operand, ...node.items] : isEqual ? [node.left, node.right] : [];
    const names = operands.filter((operand) => operand.kind === 'name');
    const texts = operands.flatMap((operand) => literalText(operand));
    const [name] = names;
    if (names.length !== 1 || name === undefined || texts.length !== operands.length - 1) return {};
    const key = this.#source(name)?.key;
    return key === undefined ? {} : { [key]: texts };
  }

  #logical(operator: 'and' | 'or', terms: readonly Expression[]): ((values: PartitionValues) => Truth) | undefined {
    const tests = terms.map((term) => this.truth(term));
    const known = tests.filter((test) => test !== undefined);
    // An AND prunes by the terms that are understood; an OR only when all of them are.
    if (known.length === 0 || (operator === 'or' && known.length < tests.length)) return undefined;
    const unknown: Truth[] = known.length < tests.length ? ['maybe'] : [];
    return (values) => (operator === 'and' ? and : or)([...known.map((test) => test(values)), ...unknown]);
  }

  #comparison(operator: string, left: Expression, right: Expression): ((values: PartitionValues) => Truth) | undefined {
    const [a, b] = [this.#scalar(left), this.#scalar(right)];
    if (a === undefined || b === undefined) return undefined;
    return (values) => {
      const [x, y] = [a.value(values), b.value(values)];
      if (x === null || y === null) return null;
      if (x === undefined || y === undefined) return 'maybe';
      if ((typeof x === 'string') !== (typeof y === 'string')) return 'maybe';
      const order = compare(x, y);
      return (
        { '=': order === 0, '<>': order !== 0, '<': order < 0, '<=': order <= 0, '>': order > 0, '>=': order >= 0 }[
          operator
        ] ?? 'maybe'
      );
    };
  }

  #like(node: Extract<Expression, { kind: 'like' }>): ((values: PartitionValues) => Truth) | undefined {
    const operand = this.#scalar(node.operand);
    if (
      operand === undefined ||
      node.escape !== undefined ||
      node.pattern.kind !== 'literal' ||
      node.pattern.value.type !== 'string'
    )
      return undefined;
    const pattern = node.pattern.value.value;
    return (values) => {
      const value = operand.value(values);
      if (value === null) return null;
      if (typeof value !== 'string') return 'maybe';
      return negatedIf(node.negated, matchesLike(value, pattern));
    };
  }

  #source(node: Expression): PartitionSource | undefined {
    if (node.kind !== 'name') return undefined;
    try {
      const { column, taken, isOuter } = this.#scope.resolve(node.parts, node.at);
      return isOuter || taken !== node.parts.length ? undefined : column.partition;
    } catch {
      // The condition is translated as well, and that raises the error with its place.
      return undefined;
    }
  }

  #scalar(node: Expression): Scalar | undefined {
    const source = this.#source(node);
    if (source !== undefined) {
      this.#onSource(source);
      return { type: source.type, value: (values) => read(values[source.key], source.type) };
    }
    if (node.kind === 'literal') return literalScalar(node.value);
    if (
      node.kind === 'sign' &&
      node.operator === '-' &&
      node.operand.kind === 'literal' &&
      node.operand.value.type === 'integer'
    ) {
      const value = -BigInt(node.operand.value.digits);
      return { type: { kind: 'bigint' }, value: () => value };
    }
    if (node.kind === 'typed-literal' && node.type.kind === 'date' && /^\d{4}-\d\d-\d\d$/.test(node.text)) {
      return { type: node.type, value: () => node.text };
    }
    if (node.kind === 'cast') return this.#cast(node);
    return node.kind === 'concat' ? this.#concat(node.terms) : undefined;
  }

  #cast(node: Extract<Expression, { kind: 'cast' }>): Scalar | undefined {
    const operand = this.#scalar(node.operand);
    const { type } = node;
    const isPlain = isInteger(type) || type.kind === 'date' || (type.kind === 'varchar' && type.length === undefined);
    if (operand === undefined || !isPlain) return undefined;
    return {
      type,
      value: (values) => {
        const value = operand.value(values);
        if (value === null || value === undefined || typeof value === 'number')
          return typeof value === 'number' ? undefined : value;
        return read(String(value), type);
      },
    };
  }

  #concat(terms: readonly Expression[]): Scalar | undefined {
    const parts = terms.map((term) => this.#scalar(term));
    if (parts.some((part) => part === undefined || !isText(part.type))) return undefined;
    return {
      type: { kind: 'varchar' },
      value: (values) => {
        const texts = parts.map((part) => part?.value(values));
        if (texts.includes(null)) return null;
        return texts.every((text) => typeof text === 'string') ? texts.join('') : undefined;
      },
    };
  }
}

function literalText(node: Expression): string[] {
  if (node.kind === 'typed-literal' && node.type.kind === 'date') return [node.text];
  if (node.kind !== 'literal') return [];
  if (node.value.type === 'string') return [node.value.value];
  return node.value.type === 'integer' ? [node.value.digits] : [];
}

function literalScalar(value: Extract<Expression, { kind: 'literal' }>['value']): Scalar | undefined {
  if (value.type === 'string') return { type: { kind: 'varchar' }, value: () => value.value };
  if (value.type === 'integer') return { type: { kind: 'bigint' }, value: () => BigInt(value.digits) };
  if (value.type === 'null') return { type: { kind: 'unknown' }, value: () => null };
  if (value.type === 'decimal' || value.type === 'double')
    return { type: { kind: 'double' }, value: () => Number(value.digits) };
  return undefined;
}

/** A partition's text as its key's type; undefined for a text that is not plainly of it. */
function read(text: string | null | undefined, type: SqlType): string | bigint | number | null | undefined {
  if (text === null || text === undefined) return text;
  if (type.kind === 'varchar') return text;
  if (isInteger(type)) return /^-?\d{1,19}$/.test(text) ? BigInt(text) : undefined;
  if (type.kind === 'date') return /^\d{4}-\d\d-\d\d$/.test(text) ? text : undefined;
  return undefined;
}

/** By code points, as Trino orders text; JavaScript's own order is by UTF-16 units. */
function compare(a: string | bigint | number, b: string | bigint | number): number {
  if (typeof a === 'string' && typeof b === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b));
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Linear in the product of both lengths: no regular expression is built from a user's pattern. */
export function matchesLike(text: string, pattern: string): boolean {
  const [chars, wanted] = [Array.from(text), Array.from(pattern)];
  let [at, from, star, mark] = [0, 0, -1, 0];
  while (at < chars.length) {
    if (wanted[from] === '%') {
      star = from++;
      mark = at;
    } else if (wanted[from] === '_' || wanted[from] === chars[at]) {
      at++;
      from++;
    } else if (star !== -1) {
      from = star + 1;
      at = ++mark;
    } else {
      return false;
    }
  }
  return wanted.slice(from).every((char) => char === '%');
}

function not(truth: Truth): Truth {
  return typeof truth === 'boolean' ? !truth : truth;
}

function negatedIf(negated: boolean, truth: Truth): Truth {
  return negated ? not(truth) : truth;
}

function and(truths: readonly Truth[]): Truth {
  if (truths.includes(false)) return false;
  if (truths.includes('maybe')) return 'maybe';
  return truths.includes(null) ? null : true;
}

function or(truths: readonly Truth[]): Truth {
  if (truths.includes(true)) return true;
  if (truths.includes('maybe')) return 'maybe';
  return truths.includes(null) ? null : false;
}
