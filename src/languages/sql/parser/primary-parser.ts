/** What an expression starts with: literals, names, calls, CASE, CAST and the forms with a syntax of their own. */
import { notSupported, syntaxError } from '../errors.ts';
import type { Expression, Identifier, IntervalUnit, Position } from '../tree/expressions.ts';
import { parseCall } from './call-parser.ts';
import type { Grammar } from './expression-parser.ts';
import { readType } from './type-parser.ts';

type Form = (grammar: Grammar, at: Position) => Expression;

/** Forms that start with a word of their own. */
const forms: Readonly<Record<string, Form>> = {
  NULL: (grammar, at) => literal(grammar, at, { type: 'null' }),
  TRUE: (grammar, at) => literal(grammar, at, { type: 'boolean', value: true }),
  FALSE: (grammar, at) => literal(grammar, at, { type: 'boolean', value: false }),
  CASE: parseCase,
  CAST: (grammar, at) => parseCast(grammar, at, false),
  EXISTS: parseExists,
  EXTRACT: parseExtract,
  TRIM: parseTrim,
  CURRENT_DATE: wordCall,
  CURRENT_TIME: wordCall,
  CURRENT_TIMESTAMP: wordCall,
  CURRENT_USER: wordCall,
  CURRENT_CATALOG: wordCall,
  CURRENT_SCHEMA: wordCall,
  LOCALTIME: wordCall,
  LOCALTIMESTAMP: wordCall,
  NORMALIZE: parseNormalize,
  LISTAGG: (grammar) => parseCall(grammar, word(grammar)),
  GROUPING: (grammar) => parseCall(grammar, word(grammar)),
};

/** Forms whose word may also be a name; the token behind decides. */
const softForms: Readonly<Record<string, { readonly behind: (grammar: Grammar) => boolean; readonly form: Form }>> = {
  TRY_CAST: {
    behind: (grammar) => grammar.cursor.is('TRY_CAST', '('),
    form: (grammar, at) => parseCast(grammar, at, true),
  },
  ARRAY: { behind: (grammar) => grammar.cursor.is('ARRAY', '['), form: parseArray },
  ROW: { behind: (grammar) => grammar.cursor.is('ROW', '('), form: parseRow },
  POSITION: { behind: (grammar) => grammar.cursor.is('POSITION', '('), form: parsePosition },
  SUBSTRING: { behind: (grammar) => grammar.cursor.is('SUBSTRING', '('), form: parseSubstring },
  INTERVAL: { behind: startsInterval, form: parseInterval },
};

const typedLiterals = new Set([
  'DATE',
  'TIME',
  'TIMESTAMP',
  'DECIMAL',
  'DOUBLE',
  'REAL',
  'BIGINT',
  'INTEGER',
  'SMALLINT',
  'TINYINT',
  'JSON',
  'CHAR',
  'VARCHAR',
  'UUID',
  'BOOLEAN',
]);

export function parsePrimary(grammar: Grammar): Expression {
  return parsePostfix(grammar, parseAtom(grammar));
}

function parsePostfix(grammar: Grammar, atom: Expression): Expression {
  const { cursor } = grammar;
  let base = atom;
  for (let steps = 0; ; steps++) {
    cursor.refuseDeeper(steps);
    const { at } = cursor;
    if (cursor.is('[')) {
      cursor.next();
      const index = grammar.expression();
      cursor.expect(']');
      base = { kind: 'subscript', base, index, at };
    } else if (cursor.is('.') && cursor.isIdentifier(1)) {
      cursor.next();
      const field = cursor.identifier();
      base = base.kind === 'name' ? { ...base, parts: [...base.parts, field] } : { kind: 'field', base, field, at };
    } else {
      return base;
    }
  }
}

function parseAtom(grammar: Grammar): Expression {
  const { cursor } = grammar;
  const { token, at } = cursor;
  switch (token.kind) {
    case 'integer':
      cursor.next();
      return { kind: 'literal', value: { type: 'integer', digits: token.value }, at };
    case 'decimal':
    case 'double':
      cursor.next();
      return { kind: 'literal', value: { type: token.kind, digits: token.value }, at };
    case 'string':
      cursor.next();
      return { kind: 'literal', value: { type: 'string', value: token.value }, at };
    case 'binary':
      cursor.next();
      return { kind: 'literal', value: { type: 'binary', hex: token.value }, at };
    case 'symbol':
      return parseSymbol(grammar, at);
    case 'word':
      return parseWord(grammar, at);
    default:
      return parseName(grammar, at);
  }
}

function parseSymbol(grammar: Grammar, at: Position): Expression {
  const { cursor } = grammar;
  if (cursor.is('?')) {
    cursor.next();
    return grammar.parameter(at);
  }
  if (!cursor.is('(')) throw cursor.mismatch('<expression>');
  const lambda = parseLambdaParameters(grammar);
  if (lambda !== undefined) return { kind: 'lambda', parameters: lambda, body: grammar.expression(), at };
  cursor.next();
  if (grammar.isQuery()) {
    const query = grammar.query();
    cursor.expect(')');
    return { kind: 'subquery', query, at };
  }
  const items = cursor.list(() => grammar.expression());
  cursor.expect(')');
  return items.length === 1 ? (items[0] as Expression) : { kind: 'row', items, at };
}

/** `(a, b) ->`, `() ->`: taken only when the arrow is there. */
function parseLambdaParameters(grammar: Grammar): Identifier[] | undefined {
  const { cursor } = grammar;
  let ahead = 1;
  while (cursor.isIdentifier(ahead) && cursor.peek(ahead + 1).value === ',') ahead += 2;
  if (cursor.isIdentifier(ahead)) ahead++;
  const closes = cursor.peek(ahead).kind === 'symbol' && cursor.peek(ahead).value === ')';
  if (!closes || cursor.peek(ahead + 1).kind !== 'symbol' || cursor.peek(ahead + 1).value !== '->') return undefined;
  cursor.expect('(');
  const parameters = cursor.is(')') ? [] : cursor.list(() => cursor.identifier());
  cursor.expect(')', '->');
  return parameters;
}

function parseWord(grammar: Grammar, at: Position): Expression {
  const { cursor } = grammar;
  const { value } = cursor.token;
  const form = Object.hasOwn(forms, value) ? forms[value] : undefined;
  if (form !== undefined) return form(grammar, at);
  const soft = Object.hasOwn(softForms, value) ? softForms[value] : undefined;
  if (soft?.behind(grammar) === true) return soft.form(grammar, at);
  if (typedLiterals.has(value)) {
    const typed = parseTypedLiteral(grammar, at);
    if (typed !== undefined) return typed;
  }
  if (
    value.startsWith('JSON_') &&
    ['JSON_TABLE', 'JSON_OBJECT', 'JSON_ARRAY'].includes(value) &&
    cursor.peek(1).value === '('
  ) {
    throw notSupported(at, value);
  }
  return parseName(grammar, at);
}

function parseName(grammar: Grammar, at: Position): Expression {
  const { cursor } = grammar;
  if (!cursor.isIdentifier()) throw cursor.mismatch('<expression>');
  const name = cursor.identifier();
  if (cursor.is('->')) {
    cursor.next();
    return { kind: 'lambda', parameters: [name], body: grammar.expression(), at };
  }
  return cursor.is('(') ? parseCall(grammar, name) : { kind: 'name', parts: [name], at };
}

/** `DATE '2020-01-01'`, `timestamp(3) with time zone '…'`: a type directly before a string. */
function parseTypedLiteral(grammar: Grammar, at: Position): Expression | undefined {
  const { cursor } = grammar;
  const isCandidate =
    cursor.peek(1).kind === 'string' ||
    cursor.is('DOUBLE', 'PRECISION') ||
    (['TIME', 'TIMESTAMP'].includes(cursor.token.value) &&
      (cursor.peek(1).value === 'WITH' || cursor.peek(4).kind === 'string'));
  if (!isCandidate) return undefined;
  const start = cursor.index;
  const type = readType(cursor);
  if (!cursor.isKind('string')) {
    cursor.rewind(start);
    return undefined;
  }
  return { kind: 'typed-literal', type, text: cursor.string(), at };
}

function parseCase(grammar: Grammar, at: Position): Expression {
  const { cursor } = grammar;
  cursor.expect('CASE');
  const operand = cursor.is('WHEN') ? {} : { operand: grammar.expression() };
  const branches = [];
  while (cursor.accept('WHEN')) {
    const when = grammar.expression();
    cursor.expect('THEN');
    branches.push({ when, result: grammar.expression() });
  }
  if (branches.length === 0) throw cursor.mismatch();
  const otherwise = cursor.accept('ELSE') ? { otherwise: grammar.expression() } : {};
  cursor.expect('END');
  return { kind: 'case', ...operand, branches, ...otherwise, at };
}

function parseCast(grammar: Grammar, at: Position, safe: boolean): Expression {
  const { cursor } = grammar;
  cursor.next();
  cursor.expect('(');
  const operand = grammar.expression();
  cursor.expect('AS');
  const type = readType(cursor);
  cursor.expect(')');
  return { kind: 'cast', operand, type, safe, at };
}

function parseExists(grammar: Grammar, at: Position): Expression {
  const { cursor } = grammar;
  cursor.expect('EXISTS', '(');
  const query = grammar.query();
  cursor.expect(')');
  return { kind: 'exists', query, at };
}

function parseExtract(grammar: Grammar, at: Position): Expression {
  const { cursor } = grammar;
  cursor.expect('EXTRACT', '(');
  const field = cursor.identifier().value;
  cursor.expect('FROM');
  const operand = grammar.expression();
  cursor.expect(')');
  return { kind: 'extract', field, operand, at };
}

/** `trim(text)`, `trim(text, chars)`, `trim([BOTH | LEADING | TRAILING] [chars] FROM text)`. */
function parseTrim(grammar: Grammar, at: Position): Expression {
  const { cursor } = grammar;
  const name = word(grammar);
  cursor.expect('(');
  const side = cursor.acceptAny('LEADING', 'TRAILING', 'BOTH');
  const value = side === 'LEADING' ? 'ltrim' : side === 'TRAILING' ? 'rtrim' : 'trim';
  const args: Expression[] = cursor.is('FROM') ? [] : [grammar.expression()];
  if (cursor.accept('FROM')) args.unshift(grammar.expression());
  else if (cursor.accept(',')) args.push(grammar.expression());
  cursor.expect(')');
  return callOf({ ...name, value }, args, at);
}

function parsePosition(grammar: Grammar, at: Position): Expression {
  const { cursor } = grammar;
  const name = word(grammar);
  cursor.expect('(');
  const needle = grammar.value();
  cursor.expect('IN');
  const text = grammar.value();
  cursor.expect(')');
  return callOf({ ...name, value: 'strpos' }, [text, needle], at);
}

function parseSubstring(grammar: Grammar, at: Position): Expression {
  const { cursor } = grammar;
  const name = word(grammar);
  cursor.expect('(');
  const args = [grammar.expression()];
  if (cursor.accept('FROM')) {
    args.push(grammar.expression());
    if (cursor.accept('FOR')) args.push(grammar.expression());
  } else {
    while (cursor.accept(',')) args.push(grammar.expression());
  }
  cursor.expect(')');
  return callOf(name, args, at);
}

function parseNormalize(grammar: Grammar, at: Position): Expression {
  const { cursor } = grammar;
  const name = word(grammar);
  cursor.expect('(');
  const args = [grammar.expression()];
  if (cursor.accept(',')) {
    const form = cursor.expectAny('NFC', 'NFD', 'NFKC', 'NFKD');
    if (form !== 'NFC') throw notSupported(at, `normalize(…, ${form})`, 'NFC is.');
  }
  cursor.expect(')');
  return callOf(name, args, at);
}

function parseArray(grammar: Grammar, at: Position): Expression {
  const { cursor } = grammar;
  cursor.expect('ARRAY', '[');
  const items = cursor.is(']') ? [] : cursor.list(() => grammar.expression());
  cursor.expect(']');
  return { kind: 'array', items, at };
}

function parseRow(grammar: Grammar, at: Position): Expression {
  grammar.cursor.expect('ROW');
  return { kind: 'row', items: grammar.cursor.parenthesized(() => grammar.expression()), at };
}

function startsInterval({ cursor }: Grammar): boolean {
  const second = cursor.peek(1);
  return (
    second.kind === 'string' || ((second.value === '+' || second.value === '-') && cursor.peek(2).kind === 'string')
  );
}

const intervalUnits: readonly IntervalUnit[] = ['year', 'month', 'week', 'day', 'hour', 'minute', 'second'];

function parseInterval(grammar: Grammar, at: Position): Expression {
  const { cursor } = grammar;
  cursor.expect('INTERVAL');
  const sign = cursor.acceptAny('+', '-');
  const text = cursor.string();
  const unit = (): IntervalUnit => {
    const found = intervalUnits.find((name) => cursor.is(name.toUpperCase()) || cursor.is(`${name.toUpperCase()}S`));
    if (found === undefined) throw cursor.mismatch(...intervalUnits.map((name) => `'${name.toUpperCase()}'`));
    cursor.next();
    return found;
  };
  const from = unit();
  const to = cursor.accept('TO') ? { to: unit() } : {};
  return { kind: 'interval', negative: sign === '-', text, from, ...to, at };
}

/** The word that stands here as a name, reserved or not. */
function word(grammar: Grammar): Identifier {
  const token = grammar.cursor.next();
  return { value: token.text.toLowerCase(), text: token.text, quoted: false, at: token.at };
}

/** `current_date`: a call without parentheses; `current_timestamp(6)`: with a precision. */
function wordCall(grammar: Grammar, at: Position): Expression {
  const { cursor } = grammar;
  const name = word(grammar);
  if (!cursor.accept('(')) return callOf(name, [], at);
  const precision = cursor.integer();
  cursor.expect(')');
  if (precision > 12) throw syntaxError(at, `precision must be in range [0, 12]: ${precision}`);
  return callOf(name, [{ kind: 'literal', value: { type: 'integer', digits: String(precision) }, at }], at);
}

function literal(
  grammar: Grammar,
  at: Position,
  value: { type: 'null' } | { type: 'boolean'; value: boolean },
): Expression {
  grammar.cursor.next();
  return { kind: 'literal', value, at };
}

function callOf(name: Identifier, args: readonly Expression[], at: Position): Expression {
  return { kind: 'call', name, args, star: false, distinct: false, orderBy: [], at };
}
