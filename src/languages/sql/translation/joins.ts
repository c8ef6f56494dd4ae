/** Joins, with ON, USING and NATURAL; a lateral right side sees the left one. */
import { SqlError, notSupported } from '../errors.ts';
import type { Identifier } from '../tree/expressions.ts';
import type { JoinType, Relation } from '../tree/queries.ts';
import { commonType } from '../types/coercion.ts';
import { formatType } from '../types/sql-type.ts';
import type { FromResult, QueryHost, Surroundings } from './query-host.ts';
import { Scope, type ScopeColumn, type ScopeRelation } from './scope.ts';
import { coerce, typed } from '../expressions/typed.ts';
import { renamed } from './renaming.ts';
import { unnestAlone } from './unnest.ts';

type Join = Extract<Relation, { kind: 'join' }>;

/** `a, b, c` of a FROM: cross joins from left to right. */
export function crossJoinAll(relations: readonly Relation[], around: Surroundings, host: QueryHost): FromResult {
  const [first, ...rest] = relations;
  let left = host.relation(first as Relation, around);
  for (const right of rest) left = joinPair(left, right, { type: 'cross', at: right.at }, around, host);
  return left;
}

export function joinRelations(node: Join, around: Surroundings, host: QueryHost): FromResult {
  // A chain of joins grows to the left; it is walked down first so that its length costs no stack.
  const chain: Join[] = [];
  let leftmost: Relation = node;
  while (leftmost.kind === 'join') {
    chain.push(leftmost);
    leftmost = leftmost.left;
  }
  let left = host.relation(leftmost, around);
  for (const join of chain.reverse()) left = joinPair(left, join.right, join, around, host);
  return left;
}

type Kind = Pick<Join, 'type' | 'condition' | 'at'>;

function joinPair(
  left: FromResult,
  rightNode: Relation,
  join: Kind,
  around: Surroundings,
  host: QueryHost,
): FromResult {
  const unnest = findUnnest(rightNode);
  if (unnest !== undefined) return joinUnnest(left, rightNode, unnest, join, around, host);
  const lateral = isLateral(rightNode);
  const rightAround = lateral ? { ...around, scope: new Scope(left.relations, around.scope) } : around;
  const right = host.relation(rightNode, rightAround);
  const { sql: condition, relations } = combine(left, right, join, around, host);
  const word = join.type === 'cross' ? 'CROSS JOIN' : `${join.type.toUpperCase()} JOIN`;
  return {
    sql: `${left.sql} ${word} ${right.isJoin === true ? `(${right.sql})` : right.sql}${condition === undefined ? '' : ` ON ${condition}`}`,
    relations,
    isJoin: true,
  };
}

function isLateral(node: Relation): boolean {
  return node.kind === 'aliased' ? isLateral(node.relation) : node.kind === 'subquery' && node.lateral;
}

function findUnnest(node: Relation): Extract<Relation, { kind: 'unnest' }> | undefined {
  if (node.kind === 'aliased') return findUnnest(node.relation);
  return node.kind === 'unnest' ? node : undefined;
}

function joinUnnest(
  left: FromResult,
  node: Relation,
  unnest: Extract<Relation, { kind: 'unnest' }>,
  join: Kind,
  around: Surroundings,
  host: QueryHost,
): FromResult {
  const { type, condition } = join;
  const isTrue =
    condition?.kind === 'on' &&
    condition.expression.kind === 'literal' &&
    condition.expression.value.type === 'boolean' &&
    condition.expression.value.value;
  if (type !== 'cross' && !((type === 'left' || type === 'inner') && isTrue)) {
    throw notSupported(join.at, `${type.toUpperCase()} JOIN UNNEST with a condition other than ON TRUE`);
  }
  const result = unnestAlone(unnest, left, around, host, type === 'left');
  if (node.kind !== 'aliased') return result;
  const own = result.relations.slice(-1);
  return { sql: result.sql, relations: [...result.relations.slice(0, -1), renamed(own, node)] };
}

function combine(
  left: FromResult,
  right: FromResult,
  join: Kind,
  around: Surroundings,
  host: QueryHost,
): { sql: string | undefined; relations: ScopeRelation[] } {
  const { condition, type } = join;
  const sides = [...left.relations, ...right.relations];
  if (condition?.kind === 'using' || condition?.kind === 'natural') {
    const names = condition.kind === 'using' ? condition.columns : sharedNames(left, right, join);
    return using(names, left, right, type, host);
  }
  const scope = new Scope(sides, around.scope);
  const relations = [
    ...nullable(left.relations, type === 'right' || type === 'full'),
    ...nullable(right.relations, type === 'left' || type === 'full'),
  ];
  if (condition === undefined) return { sql: undefined, relations };
  const { sql } = host
    .expressions(scope, around, { plainClause: 'JOIN clause' })
    .condition(condition.expression, 'JOIN ON clause');
  const [ofLeft, ofRight] = [scansOf(left), scansOf(right)];
  host.prune(
    condition.expression,
    scope,
    (scan) =>
      (type === 'inner' || type === 'right' ? ofLeft.has(scan) : false) ||
      (type === 'inner' || type === 'left' ? ofRight.has(scan) : false),
  );
  return { sql, relations };
}

function scansOf(side: FromResult): Set<number> {
  return new Set(
    side.relations.flatMap((relation) =>
      relation.columns.flatMap((column) => (column.partition === undefined ? [] : [column.partition.scan])),
    ),
  );
}

/** A side that an outer join fills with NULLs: conditions on it no longer tell which partitions are needed. */
function nullable(relations: readonly ScopeRelation[], isNullable: boolean): ScopeRelation[] {
  if (!isNullable) return [...relations];
  return relations.map((relation) => ({
    ...relation,
    columns: relation.columns.map(({ partition: _, ...column }) => column),
  }));
}

function sharedNames(left: FromResult, right: FromResult, join: Kind): Identifier[] {
  const names = (side: FromResult): (string | undefined)[] =>
    side.relations.flatMap((relation) =>
      relation.columns.filter((column) => column.hidden !== true).map((column) => column.name),
    );
  const ofRight = new Set(names(right));
  const shared = names(left).filter((name) => name !== undefined && ofRight.has(name)) as string[];
  return shared.map((value) => ({ value, text: value, quoted: true, at: join.at }));
}

/** USING: one column in the place of two; `*` shows it once and first, the two stay reachable by their tables. */
function using(
  names: readonly Identifier[],
  left: FromResult,
  right: FromResult,
  type: JoinType,
  host: QueryHost,
): { sql: string; relations: ScopeRelation[] } {
  const merged: ScopeColumn[] = [];
  const conditions: string[] = [];
  const hidden = new Set<ScopeColumn>();
  for (const name of names) {
    const [a, b] = [find(left, name), find(right, name)];
    const common = commonType(a.type, b.type);
    if (common === undefined) {
      throw new SqlError(
        'TYPE_MISMATCH',
        name.at,
        `Column '${name.text}' has types ${formatType(a.type)} and ${formatType(b.type)}, which do not compare`,
      );
    }
    const [x, y] = [
      coerce(typed(a.sql, a.type, name.at), common).sql,
      coerce(typed(b.sql, b.type, name.at), common).sql,
    ];
    conditions.push(`${x} = ${y}`);
    const sql = type === 'full' ? `coalesce(${x}, ${y})` : type === 'right' ? y : x;
    host.session.use(a.onUse);
    host.session.use(b.onUse);
    merged.push({ name: name.value, label: name.text, sql, type: common });
    hidden.add(a).add(b);
  }
  const hide = (relations: readonly ScopeRelation[]): ScopeRelation[] =>
    relations.map((relation) => ({
      ...relation,
      columns: relation.columns.map((column) => (hidden.has(column) ? { ...column, hidden: true } : column)),
    }));
  const relations = [
    { qualifier: [], columns: merged },
    ...nullable(hide(left.relations), type === 'right' || type === 'full'),
    ...nullable(hide(right.relations), type === 'left' || type === 'full'),
  ];
  return { sql: conditions.length === 0 ? 'true' : conditions.join(' AND '), relations };
}

function find(side: FromResult, name: Identifier): ScopeColumn {
  const { column } = new Scope(side.relations).resolve([name], name.at);
  return column;
}
