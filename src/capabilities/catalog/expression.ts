/**
 * Partition expressions: the filter of GetPartitions, in the manner of a SQL WHERE clause over the partition keys.
 *
 *   or      := and (OR and)*
 *   and     := not (AND not)*
 *   not     := NOT not | '(' or ')' | test
 *   test    := operand (= | <> | != | < | <= | > | >=) operand
 *            | operand [NOT] IN '(' literal (, literal)* ')'
 *            | operand [NOT] BETWEEN literal AND literal
 *            | operand [NOT] LIKE string
 *            | operand IS [NOT] NULL
 *   literal := string | number | DATE string | TIMESTAMP string
 */
import { invalidInput } from './errors.ts';
import { type Comparable, type KeyKind, comparable, keyKind } from './partition.ts';
import type { Column } from './table.ts';

export type Comparison = '=' | '<>' | '<' | '<=' | '>' | '>=';

/** `key` is the position of the partition key that is tested. */
export type Expression =
  | { readonly kind: 'and' | 'or'; readonly terms: readonly Expression[] }
  | { readonly kind: 'not'; readonly term: Expression }
  | {
      readonly kind: 'compare';
      readonly key: number;
      readonly type: KeyKind;
      readonly operator: Comparison;
      readonly value: Comparable;
    }
  | { readonly kind: 'in'; readonly key: number; readonly type: KeyKind; readonly values: readonly Comparable[] }
  | {
      readonly kind: 'between';
      readonly key: number;
      readonly type: KeyKind;
      readonly low: Comparable;
      readonly high: Comparable;
    }
  | { readonly kind: 'like'; readonly key: number; readonly type: KeyKind; readonly pattern: string }
  | { readonly kind: 'null'; readonly key: number; readonly type: KeyKind };

// Limit: 64 nested parentheses or NOTs and 500 tests in one partition expression.
const depthMax = 64;
const testsMax = 500;

interface Token {
  readonly kind: 'word' | 'string' | 'number' | 'symbol' | 'end';
  readonly text: string;
  readonly position: number;
}

/** @throws InvalidInputException naming the position and what was expected */
export function parseExpression(text: string, keys: readonly Column[]): Expression {
  return new ExpressionParser(text, keys).parse();
}

class ExpressionParser {
  readonly #text: string;
  readonly #tokens: Token[];
  readonly #keys: ReadonlyMap<string, { position: number; column: Column }>;
  #next = 0;
  #depth = 0;
  #tests = 0;

  constructor(text: string, keys: readonly Column[]) {
    this.#text = text;
    this.#tokens = tokenize(text);
    this.#keys = new Map(keys.map((column, position) => [column.Name.toLowerCase(), { position, column }]));
  }

  parse(): Expression {
    const expression = this.#or();
    if (this.#token.kind !== 'end') throw this.#unexpected('AND, OR or the end');
    return expression;
  }

  #or(): Expression {
    const terms = [this.#and()];
    while (this.#accept('OR')) terms.push(this.#and());
    return terms.length === 1 && terms[0] ? terms[0] : { kind: 'or', terms };
  }

  #and(): Expression {
    const terms = [this.#not()];
    while (this.#accept('AND')) terms.push(this.#not());
    return terms.length === 1 && terms[0] ? terms[0] : { kind: 'and', terms };
  }

  #not(): Expression {
    if (++this.#depth > depthMax)
      throw invalidInput(`The partition expression is nested deeper than ${depthMax} levels.`);
    try {
      if (this.#accept('NOT')) return { kind: 'not', term: this.#not() };
      if (!this.#accept('(')) return this.#test();
      const inner = this.#or();
      this.#expect(')');
      return inner;
    } finally {
      this.#depth--;
    }
  }

  #test(): Expression {
    if (++this.#tests > testsMax) throw invalidInput(`The partition expression has more than ${testsMax} tests.`);
    if (this.#token.kind !== 'word' || this.#isTypedLiteral()) return this.#turnedComparison();
    const key = this.#key();
    if (this.#accept('IS')) {
      const negated = this.#accept('NOT');
      this.#expect('NULL');
      return negate(negated, { kind: 'null', key: key.position, type: key.type });
    }
    const negated = this.#accept('NOT');
    if (this.#accept('IN')) return negate(negated, this.#in(key));
    if (this.#accept('BETWEEN')) return negate(negated, this.#between(key));
    if (this.#accept('LIKE')) return negate(negated, this.#like(key));
    if (negated) throw this.#unexpected('IN, BETWEEN or LIKE');
    return {
      kind: 'compare',
      key: key.position,
      type: key.type,
      operator: this.#operator(),
      value: this.#literal(key),
    };
  }

  /** `2017 <= year` is `year >= 2017`. */
  #turnedComparison(): Expression {
    const start = this.#next;
    if (this.#isTypedLiteral()) this.#next++;
    this.#next++;
    const operator = this.#operator();
    const key = this.#key();
    const end = this.#next;
    this.#next = start;
    const value = this.#literal(key);
    this.#next = end;
    return { kind: 'compare', key: key.position, type: key.type, operator: turned[operator], value };
  }

  #in(key: Key): Expression {
    this.#expect('(');
    const values = [this.#literal(key)];
    while (this.#accept(',')) values.push(this.#literal(key));
    this.#expect(')');
    return { kind: 'in', key: key.position, type: key.type, values };
  }

  #between(key: Key): Expression {
    const low = this.#literal(key);
    this.#expect('AND');
    return { kind: 'between', key: key.position, type: key.type, low, high: this.#literal(key) };
  }

  #like(key: Key): Expression {
    if (key.type !== 'text') throw invalidInput(`LIKE needs a string key; '${key.name}' is ${key.hiveType}.`);
    if (this.#token.kind !== 'string') throw this.#unexpected('a pattern in single quotes');
    return { kind: 'like', key: key.position, type: key.type, pattern: this.#take().text };
  }

  #key(): Key {
    if (this.#token.kind !== 'word') throw this.#unexpected('the name of a partition key');
    const token = this.#take();
    const found = this.#keys.get(token.text.toLowerCase());
    if (found === undefined) {
      throw invalidInput(
        `'${token.text}' is no partition key. The keys are [${[...this.#keys.values()].map(({ column }) => column.Name).join(', ')}].`,
      );
    }
    const type = keyKind(found.column.Type);
    const hiveType = found.column.Type ?? 'string';
    if (type === undefined) {
      throw invalidInput(
        `Partition key '${token.text}' has type ${hiveType}, which partition expressions cannot compare.`,
      );
    }
    return { position: found.position, type, name: found.column.Name, hiveType };
  }

  #literal(key: Key): Comparable {
    if (this.#isTypedLiteral()) this.#next++;
    const token = this.#token;
    if (token.kind !== 'string' && token.kind !== 'number') throw this.#unexpected('a value');
    if (token.kind === 'number' && key.type === 'text') {
      throw invalidInput(
        `Partition key '${key.name}' is ${key.hiveType}: write the value as '${token.text}', in single quotes.`,
      );
    }
    this.#next++;
    const value = comparable(token.text, key.type === 'whole' && token.text.includes('.') ? 'decimal' : key.type);
    if (value === null && key.type !== 'text') {
      throw invalidInput(`'${token.text}' is not a number, and partition key '${key.name}' is ${key.hiveType}.`);
    }
    return value;
  }

  #operator(): Comparison {
    const token = this.#token;
    const operator = token.text === '!=' ? '<>' : token.text;
    if (token.kind !== 'symbol' || !(operator in turned)) throw this.#unexpected('a comparison');
    this.#next++;
    return operator as Comparison;
  }

  /** DATE '…' and TIMESTAMP '…'; without the quoted text they are names of keys. */
  #isTypedLiteral(): boolean {
    return /^(date|timestamp)$/i.test(this.#token.text) && this.#tokens[this.#next + 1]?.kind === 'string';
  }

  get #token(): Token {
    return this.#tokens[this.#next] ?? { kind: 'end', text: '', position: this.#text.length };
  }

  #take(): Token {
    const token = this.#token;
    this.#next++;
    return token;
  }

  #accept(text: string): boolean {
    const token = this.#token;
    const matches = (token.kind === 'word' || token.kind === 'symbol') && token.text.toUpperCase() === text;
    if (matches) this.#next++;
    return matches;
  }

  #expect(text: string): void {
    if (!this.#accept(text)) throw this.#unexpected(text);
  }

  #unexpected(expected: string): Error {
    const { kind, text, position } = this.#token;
    const found = kind === 'end' ? 'its end' : `'${text}'`;
    return invalidInput(`Partition expression, character ${position + 1}: expected ${expected}, found ${found}.`);
  }
}

interface Key {
  readonly position: number;
  readonly type: KeyKind;
  readonly name: string;
  readonly hiveType: string;
}

/** What a comparison becomes when its sides change places. */
const turned: Readonly<Record<Comparison, Comparison>> = {
  '=': '=',
  '<>': '<>',
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
};

function negate(negated: boolean, term: Expression): Expression {
  return negated ? { kind: 'not', term } : term;
}

const tokenPattern =
  /\s+|'((?:[^']|'')*)'|["`]([^"`]+)["`]|([+-]?(?:\d+\.?\d*|\.\d+)(?![\w]))|([A-Za-z_$][\w$]*)|(<>|!=|<=|>=|[=<>(),])/gy;

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  const pattern = new RegExp(tokenPattern);
  let position = 0;
  while (position < text.length) {
    pattern.lastIndex = position;
    const match = pattern.exec(text);
    if (!match) {
      throw invalidInput(
        `Partition expression, character ${position + 1}: '${text.slice(position, position + 10)}' is not understood.`,
      );
    }
    const [whole, quoted, name, number, word, symbol] = match;
    if (quoted !== undefined) tokens.push({ kind: 'string', text: quoted.replaceAll("''", "'"), position });
    else if (number !== undefined) tokens.push({ kind: 'number', text: number, position });
    else if (symbol !== undefined) tokens.push({ kind: 'symbol', text: symbol, position });
    else if (name ?? word) tokens.push({ kind: 'word', text: name ?? word ?? '', position });
    position += whole.length;
  }
  return tokens;
}
