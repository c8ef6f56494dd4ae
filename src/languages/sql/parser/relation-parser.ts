/** What stands in FROM: tables, subqueries, UNNEST, joins, aliases, samples. */
import { notSupported } from '../errors.ts';
import type { Expression } from '../tree/expressions.ts';
import type { JoinType, Relation } from '../tree/queries.ts';
import { isReserved, nestingMax } from './cursor.ts';
import type { Grammar } from './expression-parser.ts';

/** Words that may follow a relation and therefore are no alias, though they are not reserved. */
const followers = new Set([
  'LIMIT',
  'OFFSET',
  'FETCH',
  'WINDOW',
  'TABLESAMPLE',
  'MATCH_RECOGNIZE',
  'QUALIFY',
  'SET',
  'FINAL',
]);

export function parseRelation(grammar: Grammar): Relation {
  const { cursor } = grammar;
  let left = parseSampled(grammar);
  for (let joins = 0; ; joins++) {
    const { at } = cursor;
    const natural = cursor.accept('NATURAL');
    const type = parseJoinType(grammar);
    if (type === undefined) {
      if (natural) throw cursor.mismatch();
      return left;
    }
    if (joins >= nestingMax) throw notSupported(at, `more than ${nestingMax} joins in one FROM`);
    const right = parseSampled(grammar);
    if (type === 'cross') left = { kind: 'join', type, left, right, at };
    else if (natural) left = { kind: 'join', type, left, right, condition: { kind: 'natural' }, at };
    else left = { kind: 'join', type, left, right, ...parseCondition(grammar), at };
  }
}

function parseJoinType(grammar: Grammar): JoinType | undefined {
  const { cursor } = grammar;
  if (cursor.accept('CROSS')) {
    cursor.expect('JOIN');
    return 'cross';
  }
  if (cursor.accept('JOIN')) return 'inner';
  const side = cursor.acceptAny('INNER', 'LEFT', 'RIGHT', 'FULL');
  if (side === undefined) return undefined;
  if (side !== 'INNER') cursor.accept('OUTER');
  cursor.expect('JOIN');
  return side.toLowerCase() as JoinType;
}

function parseCondition(grammar: Grammar): Pick<Extract<Relation, { kind: 'join' }>, 'condition'> {
  const { cursor } = grammar;
  if (cursor.accept('ON')) return { condition: { kind: 'on', expression: grammar.expression() } };
  if (!cursor.accept('USING')) throw cursor.mismatch();
  return { condition: { kind: 'using', columns: cursor.parenthesized(() => cursor.identifier()) } };
}

function parseSampled(grammar: Grammar): Relation {
  const { cursor } = grammar;
  const relation = parseAliased(grammar);
  const { at } = cursor;
  if (!cursor.accept('TABLESAMPLE')) return relation;
  const method = cursor.expectAny('BERNOULLI', 'SYSTEM') === 'SYSTEM' ? 'system' : 'bernoulli';
  cursor.expect('(');
  const percentage: Expression = grammar.expression();
  cursor.expect(')');
  return { kind: 'sample', relation, method, percentage, at };
}

function parseAliased(grammar: Grammar): Relation {
  const { cursor } = grammar;
  const relation = cursor.nested(() => parsePrimaryRelation(grammar));
  if (cursor.is('MATCH_RECOGNIZE')) throw notSupported(cursor.at, 'MATCH_RECOGNIZE');
  const { at, token } = cursor;
  const named = cursor.accept('AS');
  const isAlias =
    token.kind === 'quoted' || (token.kind === 'word' && !isReserved(token.value) && !followers.has(token.value));
  if (!named && !isAlias) return relation;
  const alias = cursor.identifier();
  const columns = cursor.is('(') ? { columns: cursor.parenthesized(() => cursor.identifier()) } : {};
  return { kind: 'aliased', relation, alias, ...columns, at };
}

function parsePrimaryRelation(grammar: Grammar): Relation {
  const { cursor } = grammar;
  const { at } = cursor;
  if (cursor.accept('UNNEST')) {
    const items = cursor.parenthesized(() => grammar.expression());
    return { kind: 'unnest', items, ordinality: cursor.accept('WITH', 'ORDINALITY'), at };
  }
  if (cursor.is('LATERAL', '(')) {
    cursor.next();
    cursor.expect('(');
    const query = grammar.query();
    cursor.expect(')');
    return { kind: 'subquery', query, lateral: true, at };
  }
  if (cursor.is('TABLE', '(')) throw notSupported(at, 'a table function, TABLE(…),');
  if (cursor.is('JSON_TABLE', '(')) throw notSupported(at, 'JSON_TABLE');
  if (cursor.is('(')) return parseParenthesized(grammar);
  const name = cursor.qualifiedName();
  if (
    cursor.is('FOR', 'TIMESTAMP') ||
    cursor.is('FOR', 'VERSION') ||
    cursor.is('FOR', 'SYSTEM_TIME') ||
    cursor.is('FOR', 'SYSTEM_VERSION')
  ) {
    throw notSupported(cursor.at, 'time travel (FOR … AS OF)');
  }
  if (cursor.is('(')) throw notSupported(at, `the table function '${name.parts.map((part) => part.text).join('.')}'`);
  return { kind: 'relation', name, at };
}

/** A subquery or a relation in parentheses: `(a JOIN b ON …)`. */
function parseParenthesized(grammar: Grammar): Relation {
  const { cursor } = grammar;
  const { at } = cursor;
  cursor.expect('(');
  if (grammar.isQuery()) {
    const query = grammar.query();
    cursor.expect(')');
    return { kind: 'subquery', query, lateral: false, at };
  }
  const relation = parseRelation(grammar);
  cursor.expect(')');
  return relation;
}
