/**
 * The comparisons inside `{ … }` and `[ … ]` filter patterns: `$.status >= 500 && $.path = "/api/*"`.
 * Follows "Filter pattern syntax" of the CloudWatch Logs user guide. Regular expressions (`%…%`) run in linear time.
 */
import { RE2JS } from 're2js';
import { messageOf } from '#kernel/errors';
import { matchesWildcard } from '#kernel/wildcard';
import { invalidParameter } from './errors.ts';

export type Expression = (document: unknown) => boolean;

type Comparison = '=' | '!=' | '<' | '<=' | '>' | '>=';
type Step = string | number;

/** Stands in a path for every element or member. */
const every = '*';

// Limit: expressions nest at most 50 parentheses deep.
const depthMax = 50;

const tokenForm =
  /\s*(?:(&&|\|\||\(|\)|!=|<=|>=|=|<|>)|"((?:[^"\\]|\\.)*)"|%((?:[^%\\]|\\.)*)%|(\$(?:\[(?:\d+|\*|'[^']*'|"[^"]*")\]|\.[^\s.[\]=!<>()&|]+)*)|([^\s()=!<>&|"]+))/y;

interface Token {
  readonly kind: 'symbol' | 'text' | 'regex' | 'path' | 'word';
  readonly text: string;
}

/**
 * @param fields names that may stand on the left of a comparison; undefined when paths (`$.a`) do
 * @throws InvalidParameterException naming what cannot be read
 */
export function parseExpression(source: string, fields?: readonly string[]): Expression {
  return new ExpressionParser(source, fields).parse();
}

class ExpressionParser {
  readonly #tokens: readonly Token[];
  readonly #source: string;
  readonly #fields: readonly string[] | undefined;
  #at = 0;
  #depth = 0;

  constructor(source: string, fields: readonly string[] | undefined) {
    this.#source = source;
    this.#fields = fields;
    this.#tokens = tokenize(source);
  }

  parse(): Expression {
    const expression = this.#any();
    const rest = this.#tokens[this.#at];
    if (rest !== undefined) throw badPattern(this.#source, `'${rest.text}' is not expected here`);
    return expression;
  }

  #any(): Expression {
    const parts = [this.#all()];
    while (this.#takes('||')) parts.push(this.#all());
    return parts.length === 1 ? parts[0]! : (document) => parts.some((part) => part(document));
  }

  #all(): Expression {
    const parts = [this.#one()];
    while (this.#takes('&&')) parts.push(this.#one());
    return parts.length === 1 ? parts[0]! : (document) => parts.every((part) => part(document));
  }

  #one(): Expression {
    if (!this.#takes('(')) return this.#comparison();
    if (++this.#depth > depthMax) throw badPattern(this.#source, `it nests more than ${depthMax} parentheses`);
    const inner = this.#any();
    if (!this.#takes(')')) throw badPattern(this.#source, "')' is missing");
    this.#depth--;
    return inner;
  }

  #comparison(): Expression {
    const steps = this.#left();
    const operator = this.#next('an operator');
    const word = operator.text.toUpperCase();
    if (operator.kind === 'word' && word === 'EXISTS') return (document) => valuesAt(document, steps).length > 0;
    if (operator.kind === 'word' && word === 'NOT') {
      const exists = this.#next('EXISTS');
      if (exists.text.toUpperCase() !== 'EXISTS') throw badPattern(this.#source, 'NOT must be followed by EXISTS');
      return (document) => valuesAt(document, steps).length === 0;
    }
    if (operator.kind === 'word' && word === 'IS') return this.#constant(steps);
    if (operator.kind !== 'symbol' || !/^(?:=|!=|<=?|>=?)$/.test(operator.text)) {
      throw badPattern(this.#source, `'${operator.text}' is not an operator`);
    }
    const test = operandTest(operator.text as Comparison, this.#next('a value'), this.#source);
    return (document) => valuesAt(document, steps).some(test);
  }

  #constant(steps: readonly Step[]): Expression {
    const name = this.#next('NULL, TRUE or FALSE').text.toUpperCase();
    const wanted = { NULL: null, TRUE: true, FALSE: false }[name];
    if (wanted === undefined) throw badPattern(this.#source, `IS takes NULL, TRUE or FALSE, not '${name}'`);
    return (document) => valuesAt(document, steps).some((value) => value === wanted);
  }

  #left(): readonly Step[] {
    const token = this.#next('a property');
    if (this.#fields === undefined) {
      if (token.kind === 'path') return stepsOf(token.text);
      throw badPattern(this.#source, `'${token.text}' is not a property such as $.name`);
    }
    if (token.kind === 'word' && this.#fields.includes(token.text)) return [token.text];
    throw badPattern(this.#source, `'${token.text}' is not a field of the pattern`);
  }

  #next(wanted: string): Token {
    const token = this.#tokens[this.#at++];
    if (token === undefined) throw badPattern(this.#source, `${wanted} is missing at its end`);
    return token;
  }

  #takes(symbol: string): boolean {
    const token = this.#tokens[this.#at];
    if (token?.kind !== 'symbol' || token.text !== symbol) return false;
    this.#at++;
    return true;
  }
}

function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  tokenForm.lastIndex = 0;
  while (source.slice(tokenForm.lastIndex).trim() !== '') {
    const at = tokenForm.lastIndex;
    const match = tokenForm.exec(source);
    if (match === null) throw badPattern(source, `it cannot be read at '${source.slice(at).trim().slice(0, 20)}'`);
    const [, symbol, text, regex, path, word] = match;
    if (symbol !== undefined) tokens.push({ kind: 'symbol', text: symbol });
    else if (text !== undefined) tokens.push({ kind: 'text', text: text.replace(/\\(.)/gs, '$1') });
    else if (regex !== undefined) tokens.push({ kind: 'regex', text: regex });
    else if (path !== undefined) tokens.push({ kind: 'path', text: path });
    else tokens.push({ kind: 'word', text: word ?? '' });
  }
  return tokens;
}

function stepsOf(path: string): Step[] {
  return [...path.matchAll(/\[(\d+)\]|\[(\*)\]|\['([^']*)'\]|\["([^"]*)"\]|\.([^\s.[\]]+)/g)].map((match) =>
    match[1] === undefined ? (match[2] ?? match[3] ?? match[4] ?? match[5] ?? '') : Number(match[1]),
  );
}

function valuesAt(document: unknown, steps: readonly Step[]): unknown[] {
  let values: unknown[] = [document];
  for (const step of steps) {
    values = values.flatMap((value) => {
      if (typeof value !== 'object' || value === null) return [];
      if (step === every) return Object.values(value) as unknown[];
      return Object.hasOwn(value, step) ? [(value as Record<Step, unknown>)[step]] : [];
    });
  }
  return values;
}

function operandTest(comparison: Comparison, operand: Token, source: string): (actual: unknown) => boolean {
  if (operand.kind === 'regex') {
    const regex = compileRegex(operand.text);
    if (comparison !== '=' && comparison !== '!=') throw badPattern(source, `${comparison} cannot take an expression`);
    return (actual) => typeof actual === 'string' && regex.matcher(actual).find() === (comparison === '=');
  }
  const number = operand.kind === 'word' && operand.text !== '' ? Number(operand.text) : Number.NaN;
  if (!Number.isNaN(number)) return (actual) => compareNumbers(comparison, numberOf(actual), number);
  if (comparison !== '=' && comparison !== '!=') {
    throw badPattern(source, `${comparison} compares numbers, and '${operand.text}' is none`);
  }
  return (actual) => typeof actual === 'string' && matchesWildcard(operand.text, actual) === (comparison === '=');
}

/** The value as a number; text of a space-delimited field counts when it is one. */
function numberOf(value: unknown): number {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN;
}

function compareNumbers(comparison: Comparison, actual: number, wanted: number): boolean {
  if (Number.isNaN(actual)) return false;
  switch (comparison) {
    case '=':
      return actual === wanted;
    case '!=':
      return actual !== wanted;
    case '<':
      return actual < wanted;
    case '<=':
      return actual <= wanted;
    case '>':
      return actual > wanted;
    case '>=':
      return actual >= wanted;
  }
}

export function compileRegex(pattern: string): RE2JS {
  try {
    return RE2JS.compile(pattern);
  } catch (error) {
    throw badPattern(pattern, messageOf(error));
  }
}

export function badPattern(pattern: string, why: string): Error {
  return invalidParameter(`Invalid filter pattern '${pattern.slice(0, 120)}': ${why}.`);
}
