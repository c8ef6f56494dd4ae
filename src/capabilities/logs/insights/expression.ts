/** Expressions of a query: arithmetic, comparisons and functions over the fields of a record. */
import type { TokenReader } from './token-reader.ts';
import { recordFunctions, parsePeriod } from './functions.ts';
import { fieldOf, numberOf, type QueryRecord, type Value } from './record.ts';

export type Expression = (record: QueryRecord) => Value;

// Limit: an expression of a query nests at most 50 deep.
const depthMax = 50;

/** @throws MalformedQueryException at what cannot be read */
export function parseExpression(reader: TokenReader, depth = 0): Expression {
  if (depth > depthMax) throw reader.fault(`an expression nests more than ${depthMax} deep`);
  return parseOr(reader, depth);
}

function parseOr(reader: TokenReader, depth: number): Expression {
  let left = parseAnd(reader, depth);
  while (reader.takeWord('or')) {
    const [one, other] = [left, parseAnd(reader, depth)];
    left = (record) => isTrue(one(record)) || isTrue(other(record));
  }
  return left;
}

function parseAnd(reader: TokenReader, depth: number): Expression {
  let left = parseNot(reader, depth);
  while (reader.takeWord('and')) {
    const [one, other] = [left, parseNot(reader, depth)];
    left = (record) => isTrue(one(record)) && isTrue(other(record));
  }
  return left;
}

function parseNot(reader: TokenReader, depth: number): Expression {
  if (depth > depthMax) throw reader.fault(`an expression nests more than ${depthMax} deep`);
  if (!reader.takeWord('not')) return parseComparison(reader, depth);
  const inner = parseNot(reader, depth + 1);
  return (record) => !isTrue(inner(record));
}

const comparisons: Readonly<Record<string, (order: number) => boolean>> = {
  '=': (order) => order === 0,
  '!=': (order) => order !== 0,
  '<': (order) => order < 0,
  '<=': (order) => order <= 0,
  '>': (order) => order > 0,
  '>=': (order) => order >= 0,
};

function parseComparison(reader: TokenReader, depth: number): Expression {
  const left = parseSum(reader, depth);
  const symbol = Object.keys(comparisons).find((one) => reader.takeSymbol(one));
  if (symbol !== undefined) {
    const holds = comparisons[symbol]!;
    const right = parseSum(reader, depth);
    return (record) => compareWith(symbol, holds, left(record), right(record));
  }
  if (reader.takeSymbol('=~')) return matching(left, reader, false);
  const isNot = reader.peekWord('not') && reader.peekWord('like', 1) ? reader.takeWord('not') : false;
  if (isNot || reader.peekWord('like')) {
    reader.takeWord('like');
    return matching(left, reader, isNot);
  }
  const isNotIn = reader.peekWord('not') && reader.peekWord('in', 1) ? reader.takeWord('not') : false;
  if (reader.takeWord('in')) return membership(left, reader, isNotIn, depth);
  return left;
}

function compareWith(symbol: string, holds: (order: number) => boolean, a: Value, b: Value): boolean {
  // What is not there differs from everything, and is neither less nor more.
  if (a === undefined || b === undefined) return symbol === '!=' && a !== b;
  return holds(compareValues(a, b));
}

/** Numbers as numbers, all else as text; what is not there comes first. */
export function compareValues(a: Value, b: Value): number {
  if (a === undefined || b === undefined) return Number(a !== undefined) - Number(b !== undefined);
  const [x, y] = [numberOf(a), numberOf(b)];
  if (!Number.isNaN(x) && !Number.isNaN(y)) return x - y;
  const [s, t] = [String(a), String(b)];
  return s < t ? -1 : Number(s > t);
}

/** `like 'part'`, `like /expression/`, `=~ /expression/` */
function matching(left: Expression, reader: TokenReader, isNot: boolean): Expression {
  const { kind, text } = reader.take();
  if (kind === 'regex') {
    const regex = reader.regexOf(text);
    return (record) => {
      const value = left(record);
      return value !== undefined && regex.matcher(String(value)).find() !== isNot;
    };
  }
  if (kind !== 'string') throw reader.faultAtLast("'like' takes a text in quotes or a /regular expression/");
  return (record) => {
    const value = left(record);
    return value !== undefined && String(value).includes(text) !== isNot;
  };
}

function membership(left: Expression, reader: TokenReader, isNot: boolean, depth: number): Expression {
  reader.expectSymbol('[');
  const items = reader.list(() => parseExpression(reader, depth + 1));
  reader.expectSymbol(']');
  return (record) => {
    const value = left(record);
    return items.some((item) => compareWith('=', (order) => order === 0, value, item(record))) !== isNot;
  };
}

type Operator = (a: number, b: number) => number;

const sums: Readonly<Record<string, Operator>> = { '+': (a, b) => a + b, '-': (a, b) => a - b };
const products: Readonly<Record<string, Operator>> = {
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '%': (a, b) => a % b,
};
const powers: Readonly<Record<string, Operator>> = { '^': (a, b) => a ** b };

function parseSum(reader: TokenReader, depth: number): Expression {
  return parseChain(reader, sums, () => parseProduct(reader, depth));
}

function parseProduct(reader: TokenReader, depth: number): Expression {
  return parseChain(reader, products, () => parseChain(reader, powers, () => parseSign(reader, depth)));
}

function parseChain(
  reader: TokenReader,
  operators: Readonly<Record<string, Operator>>,
  parseNext: () => Expression,
): Expression {
  let left = parseNext();
  for (;;) {
    const symbol = Object.keys(operators).find((one) => reader.takeSymbol(one));
    if (symbol === undefined) return left;
    const [one, other, compute] = [left, parseNext(), operators[symbol]!];
    left = (record) => {
      const result = compute(numberOf(one(record)), numberOf(other(record)));
      return Number.isFinite(result) ? result : undefined;
    };
  }
}

function parseSign(reader: TokenReader, depth: number): Expression {
  if (depth > depthMax) throw reader.fault(`an expression nests more than ${depthMax} deep`);
  if (!reader.takeSymbol('-')) return parsePrimary(reader, depth);
  const inner = parseSign(reader, depth + 1);
  return (record) => {
    const number = numberOf(inner(record));
    return Number.isNaN(number) ? undefined : -number;
  };
}

function parsePrimary(reader: TokenReader, depth: number): Expression {
  if (reader.takeSymbol('(')) {
    const inner = parseExpression(reader, depth + 1);
    reader.expectSymbol(')');
    return inner;
  }
  const { kind, text } = reader.take();
  if (kind === 'number') return () => Number(text);
  if (kind === 'string') return () => text;
  if (kind === 'quotedName') return (record) => fieldOf(record, text);
  if (kind !== 'name') throw reader.faultAtLast(`unexpected '${text === '' ? 'end of the query' : text}'`);
  if (reader.peekSymbol('(')) return parseCall(text, reader, depth);
  if (parsePeriod(text) !== undefined || /^(?:true|false)$/i.test(text)) return () => text;
  if (/^\d/.test(text)) throw reader.faultAtLast(`'${text}' is neither a number nor a field`);
  return (record) => fieldOf(record, text);
}

function parseCall(name: string, reader: TokenReader, depth: number): Expression {
  const meant = reader.meaningOf(name);
  if (meant !== undefined) return meant;
  const key = name.toLowerCase();
  const compute = recordFunctions.get(key === 'bin' ? 'datefloor' : key);
  if (compute === undefined) throw reader.faultAtLast(`the function '${name}' is not served here`);
  reader.expectSymbol('(');
  const values = reader.peekSymbol(')') ? [] : reader.list(() => parseExpression(reader, depth + 1));
  reader.expectSymbol(')');
  if (key === 'bin') values.unshift((record) => fieldOf(record, '@timestamp'));
  return (record) => compute(...values.map((value) => value(record)));
}

export function isTrue(value: Value): boolean {
  return value === true || value === 'true' || (typeof value === 'number' && value !== 0);
}
