/** UNNEST: alone, or over the relation to its left, whose rows it multiplies. */
import { typeMismatch } from '../errors.ts';
import type { Relation } from '../tree/queries.ts';
import { quoteString } from '../quoting.ts';
import { fieldName } from '../types/engine-type.ts';
import { bigintType, formatType, type SqlType } from '../types/sql-type.ts';
import type { FromResult, QueryHost, Surroundings } from './query-host.ts';
import { Scope, type ScopeColumn, type ScopeRelation } from './scope.ts';
import type { Typed } from '../expressions/typed.ts';

type Unnest = Extract<Relation, { kind: 'unnest' }>;

/** @param left the relation before it, whose columns the arrays may name; its rows are kept when `outer` */
export function unnestAlone(
  node: Unnest,
  left: FromResult | undefined,
  around: Surroundings,
  host: QueryHost,
  outer = false,
): FromResult {
  const scope = new Scope(left?.relations ?? [], around.scope);
  const items = host.expressions(scope, around, { plainClause: 'UNNEST' }).all(node.items);
  const alias = host.session.newName('u');
  const lists: string[] = [];
  const columns = items.flatMap((item) => expand(item, alias, lists));
  const padded = outer && left !== undefined ? padFirst(lists) : lists;
  const selected = padded.map((list, index) => `unnest(${list}) AS u${index}`);
  if (node.ordinality) {
    selected.push(`unnest(range(1, ${longest(lists)} + 1)) AS ordinality`);
    columns.push({ name: undefined, label: '', sql: `${alias}.ordinality`, type: bigintType });
  }
  const own: ScopeRelation = { qualifier: [], columns };
  if (left === undefined) return { sql: `(SELECT ${selected.join(', ')}) AS ${alias}`, relations: [own] };
  const { list, relations } = carryOver(left, alias);
  return {
    sql: `(SELECT ${[...list, ...selected].join(', ')} FROM ${left.sql}) AS ${alias}`,
    relations: [...relations, own],
  };
}

/** Adds an item's lists and gives the columns that come of them: a row gives one for each field, a map two. */
function expand(item: Typed, alias: string, lists: string[]): ScopeColumn[] {
  const { type } = item;
  const column = (list: string, columnType: SqlType): ScopeColumn => {
    lists.push(list);
    return { name: undefined, label: '', sql: `${alias}.u${lists.length - 1}`, type: columnType };
  };
  if (type.kind === 'map') {
    return [column(`map_keys(${item.sql})`, type.key), column(`map_values(${item.sql})`, type.value)];
  }
  if (type.kind !== 'array') throw typeMismatch(item.at, `Cannot unnest type: ${formatType(type)}`);
  const whole = column(item.sql, type.element);
  if (type.element.kind !== 'row') return [whole];
  return type.element.fields.map((field, index) => ({
    name: field.name?.toLowerCase(),
    label: field.name ?? '',
    sql: `struct_extract(${whole.sql}, ${quoteString(fieldName(field, index))})`,
    type: field.type,
  }));
}

function longest(lists: readonly string[]): string {
  const lengths = lists.map((list) => `coalesce(len(${list}), 0)`);
  return lengths.length === 1 ? (lengths[0] as string) : `greatest(${lengths.join(', ')})`;
}

/** Where every list is empty one NULL stands in the first, so that the row on the left stays. */
function padFirst(lists: readonly string[]): string[] {
  const [first = '', ...rest] = lists;
  return [`CASE WHEN ${longest(lists)} = 0 THEN [NULL] ELSE ${first} END`, ...rest];
}

/** The left relation's columns under new names in the SELECT that wraps it. */
function carryOver(left: FromResult, alias: string): { list: string[]; relations: ScopeRelation[] } {
  const list: string[] = [];
  const relations = left.relations.map((relation) => ({
    ...relation,
    columns: relation.columns.flatMap((column): ScopeColumn[] => {
      // "$path" would have to be read to be passed on.
      if (column.name === '$path') return [];
      const physical = `k${list.length}`;
      list.push(`${column.sql} AS ${physical}`);
      return [{ ...column, sql: `${alias}.${physical}` }];
    }),
  }));
  return { list, relations };
}
