/** Calls that are no ordinary functions: their arguments or their type follow rules of their own. */
import { SqlError, typeMismatch } from '../errors.ts';
import { quoteString } from '../quoting.ts';
import type { FunctionCall } from '../tree/expressions.ts';
import { toEngineType } from '../types/engine-type.ts';
import { bigintType, formatType, mapOf, type SqlType, unknownType, varcharType } from '../types/sql-type.ts';
import type { ExpressionTranslator } from './expressions.ts';
import { atTimeZone } from './time-zones.ts';
import { comparison } from './operators.ts';
import { typed, type Typed, unify } from './typed.ts';

type Special = (node: FunctionCall, translator: ExpressionTranslator) => Typed;

const specials: Readonly<Record<string, Special>> = {
  if: conditional,
  coalesce,
  nullif,
  try: (node, translator) => {
    const [value] = args(node, translator, 1, 1);
    return typed(`TRY(${value?.sql})`, value?.type ?? unknownType, node.at);
  },
  typeof: (node, translator) => {
    const [value] = args(node, translator, 1, 1);
    return typed(quoteString(formatType(value?.type ?? unknownType)), varcharType, node.at);
  },
  grouping: (node, translator) => {
    const { grouping } = translator.context;
    if (grouping !== undefined) grouping.isAggregated = true;
    const values = args(node, translator, 1, 63);
    return typed(`CAST(grouping(${values.map(({ sql }) => sql).join(', ')}) AS BIGINT)`, bigintType, node.at);
  },
  at_timezone: (node, translator) => {
    const [value, zone] = args(node, translator, 2, 2);
    return atTimeZone(value as Typed, zone as Typed, node.at);
  },
  map: (node, translator) =>
    node.args.length === 0 ? typed('MAP {}', mapOf(unknownType, unknownType), node.at) : buildMap(node, translator),
  map_from_entries: mapFromEntries,
};

export function specialForm(node: FunctionCall, translator: ExpressionTranslator): Typed | undefined {
  if (node.star) return countAll(node);
  const special = Object.hasOwn(specials, node.name.value) ? specials[node.name.value] : undefined;
  return special?.(node, translator);
}

/** `count(*)` is handled as `count()`; no other function takes a star. */
function countAll(node: FunctionCall): undefined {
  if (node.name.value !== 'count')
    throw new SqlError('FUNCTION_NOT_FOUND', node.at, `only count takes *, not '${node.name.text}'`);
  return undefined;
}

function args(node: FunctionCall, translator: ExpressionTranslator, least: number, most: number): Typed[] {
  if (node.args.length < least || node.args.length > most) {
    throw new SqlError(
      'INVALID_ARGUMENTS',
      node.at,
      `Invalid number of arguments for '${node.name.text}' function: ${node.args.length}`,
    );
  }
  if (node.over !== undefined || node.filter !== undefined || node.distinct) {
    throw new SqlError(
      'INVALID_ARGUMENTS',
      node.at,
      `OVER, FILTER and DISTINCT are not allowed with '${node.name.text}'`,
    );
  }
  return translator.all(node.args);
}

function conditional(node: FunctionCall, translator: ExpressionTranslator): Typed {
  const all = args(node, translator, 2, 3);
  const [condition, ...results] = all;
  if (condition?.type.kind !== 'boolean' && condition?.type.kind !== 'unknown') {
    throw typeMismatch(
      node.at,
      `IF condition must evaluate to a boolean (actual: ${formatType(condition?.type ?? unknownType)})`,
    );
  }
  const { values, type } = unify(
    results,
    (a, b) => `Result types for IF must be the same: ${formatType(a)} vs ${formatType(b)}`,
  );
  const otherwise = values[1] === undefined ? '' : ` ELSE ${values[1].sql}`;
  return typed(`CASE WHEN ${condition.sql} THEN ${values[0]?.sql}${otherwise} END`, type, node.at);
}

function coalesce(node: FunctionCall, translator: ExpressionTranslator): Typed {
  const { values, type } = unify(
    args(node, translator, 2, 10_000),
    (a, b) =>
      `All COALESCE operands must be the same type or coercible to a common type. Cannot find common type between ${formatType(a)} and ${formatType(b)}`,
  );
  return typed(`coalesce(${values.map(({ sql }) => sql).join(', ')})`, type, node.at);
}

function nullif(node: FunctionCall, translator: ExpressionTranslator): Typed {
  const [first, second] = args(node, translator, 2, 2) as [Typed, Typed];
  const equal = comparison('=', first, second, node.at);
  return typed(`CASE WHEN ${equal.sql} THEN NULL ELSE ${first.sql} END`, first.type, node.at);
}

function buildMap(node: FunctionCall, translator: ExpressionTranslator): Typed {
  const [keys, values] = args(node, translator, 2, 2) as [Typed, Typed];
  if (keys.type.kind !== 'array' || values.type.kind !== 'array') {
    throw typeMismatch(
      node.at,
      `Unexpected parameters (${formatType(keys.type)}, ${formatType(values.type)}) for function map. Expected: map(array(K), array(V))`,
    );
  }
  return typed(`map(${keys.sql}, ${values.sql})`, mapOf(keys.type.element, values.type.element), node.at);
}

function mapFromEntries(node: FunctionCall, translator: ExpressionTranslator): Typed {
  const [entries] = args(node, translator, 1, 1) as [Typed];
  const row: SqlType | undefined = entries.type.kind === 'array' ? entries.type.element : undefined;
  const [key, value] = row?.kind === 'row' ? row.fields : [];
  if (row?.kind !== 'row' || key === undefined || value === undefined || row.fields.length !== 2) {
    throw typeMismatch(
      node.at,
      `Unexpected parameters (${formatType(entries.type)}) for function map_from_entries. Expected: map_from_entries(array(row(K,V)))`,
    );
  }
  const part = (index: number, type: SqlType): string =>
    `CAST(list_transform(${entries.sql}, lambda e: struct_extract_at(e, ${index})) AS ${toEngineType(type)}[])`;
  return typed(`map(${part(1, key.type)}, ${part(2, value.type)})`, mapOf(key.type, value.type), node.at);
}
