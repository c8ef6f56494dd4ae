/** Function calls with all that may stand in and behind their parentheses: DISTINCT, ORDER BY, FILTER, OVER. */
import { notSupported } from '../errors.ts';
import type { Expression, FrameBound, FunctionCall, Identifier, WindowFrame, WindowSpec } from '../tree/expressions.ts';
import type { Grammar } from './expression-parser.ts';

/** @param name the function's name, already taken; `(` stands here */
export function parseCall(grammar: Grammar, name: Identifier): Expression {
  const { cursor } = grammar;
  const { at } = name;
  cursor.expect('(');
  const inside = cursor.accept('*') ? { args: [], star: true, distinct: false, orderBy: [] } : parseArguments(grammar);
  const nullsInside = parseNulls(grammar);
  cursor.expect(')');
  const withinGroup = name.value === 'listagg' ? parseWithinGroup(grammar) : {};
  if (cursor.is('MATCH_RECOGNIZE')) throw notSupported(cursor.at, 'MATCH_RECOGNIZE');
  const filter = parseFilter(grammar);
  const nulls = nullsInside ?? parseNulls(grammar);
  const over = cursor.accept('OVER') ? { over: cursor.is('(') ? parseWindow(grammar) : cursor.identifier() } : {};
  const call: FunctionCall = {
    kind: 'call',
    name,
    ...inside,
    ...withinGroup,
    ...filter,
    ...(nulls === undefined ? {} : { nulls }),
    ...over,
    at,
  };
  return call;
}

function parseArguments(grammar: Grammar): Pick<FunctionCall, 'args' | 'star' | 'distinct' | 'orderBy'> {
  const { cursor } = grammar;
  const distinct = cursor.accept('DISTINCT');
  if (!distinct) cursor.accept('ALL');
  const args = cursor.is(')') ? [] : cursor.list(() => grammar.expression());
  if (cursor.is('ON', 'OVERFLOW')) parseOverflow(grammar);
  const orderBy = cursor.accept('ORDER', 'BY') ? grammar.sortItems() : [];
  return { args, star: false, distinct, orderBy };
}

/** LISTAGG's `ON OVERFLOW ERROR` is what happens anyway; TRUNCATE is not done. */
function parseOverflow(grammar: Grammar): void {
  const { cursor } = grammar;
  cursor.expect('ON', 'OVERFLOW');
  if (cursor.is('TRUNCATE')) throw notSupported(cursor.at, 'LISTAGG ON OVERFLOW TRUNCATE');
  cursor.expect('ERROR');
}

function parseWithinGroup(grammar: Grammar): Partial<FunctionCall> {
  const { cursor } = grammar;
  cursor.expect('WITHIN', 'GROUP', '(', 'ORDER', 'BY');
  const orderBy = grammar.sortItems();
  cursor.expect(')');
  return { orderBy };
}

function parseFilter(grammar: Grammar): Partial<FunctionCall> {
  const { cursor } = grammar;
  if (!cursor.is('FILTER', '(')) return {};
  cursor.expect('FILTER', '(', 'WHERE');
  const filter = grammar.expression();
  cursor.expect(')');
  return { filter };
}

function parseNulls(grammar: Grammar): 'ignore' | 'respect' | undefined {
  if (grammar.cursor.accept('IGNORE', 'NULLS')) return 'ignore';
  return grammar.cursor.accept('RESPECT', 'NULLS') ? 'respect' : undefined;
}

/** `([base] [PARTITION BY …] [ORDER BY …] [frame])` */
export function parseWindow(grammar: Grammar): WindowSpec {
  const { cursor } = grammar;
  cursor.expect('(');
  const isBase = cursor.isIdentifier() && !['PARTITION', 'ROWS', 'RANGE', 'GROUPS'].includes(cursor.token.value);
  const base = isBase ? { base: cursor.identifier() } : {};
  const partitionBy = cursor.accept('PARTITION', 'BY') ? cursor.list(() => grammar.expression()) : [];
  const orderBy = cursor.accept('ORDER', 'BY') ? grammar.sortItems() : [];
  const frame = parseFrame(grammar);
  cursor.expect(')');
  return { ...base, partitionBy, orderBy, ...(frame === undefined ? {} : { frame }) };
}

function parseFrame(grammar: Grammar): WindowFrame | undefined {
  const { cursor } = grammar;
  const unit = cursor.acceptAny('ROWS', 'RANGE', 'GROUPS')?.toLowerCase() as WindowFrame['unit'] | undefined;
  if (unit === undefined) return undefined;
  if (!cursor.accept('BETWEEN')) return { unit, start: parseBound(grammar) };
  const start = parseBound(grammar);
  cursor.expect('AND');
  return { unit, start, end: parseBound(grammar) };
}

function parseBound(grammar: Grammar): FrameBound {
  const { cursor } = grammar;
  if (cursor.accept('UNBOUNDED')) {
    const side = cursor.expectAny('PRECEDING', 'FOLLOWING');
    return { kind: side === 'PRECEDING' ? 'unbounded-preceding' : 'unbounded-following' };
  }
  if (cursor.accept('CURRENT', 'ROW')) return { kind: 'current-row' };
  const offset = grammar.value();
  const side = cursor.expectAny('PRECEDING', 'FOLLOWING');
  return { kind: side === 'PRECEDING' ? 'preceding' : 'following', offset };
}
