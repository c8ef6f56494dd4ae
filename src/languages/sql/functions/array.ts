/** https://trino.io/docs/current/functions/array.html */
import { notSupported } from '../errors.ts';
import { fieldName, toEngineType } from '../types/engine-type.ts';
import type { SqlType } from '../types/sql-type.ts';
import { type CallSite, type FunctionForm, type Rendered, scalars } from './definition.ts';

export const arrayFunctions: readonly FunctionForm[] = scalars([
  ['cardinality', 'array(T) -> bigint', 'CAST(len($1) AS BIGINT)'],
  ['cardinality', 'map(K, V) -> bigint', 'CAST(cardinality($1) AS BIGINT)'],
  ['contains', 'array(T), T -> boolean', 'mp_contains($1, $2)'],
  ['contains_sequence', 'array(T), array(T) -> boolean', 'mp_contains_sequence($1, $2)'],
  ['element_at', 'array(T), bigint -> T', 'mp_element_at($1, $2)'],
  ['array_distinct', 'array(T) -> array(T)', 'mp_distinct($1)'],
  ['array_sort', 'array(T) -> array(T)', "list_sort($1, 'ASC', 'NULLS LAST')"],
  [
    'array_sort',
    'array(T), function(T, T, bigint) -> array(T)',
    (site) => {
      throw notSupported(
        site.at,
        'array_sort with a comparison function',
        'Sort transformed values, or reverse(array_sort(…)).',
      );
    },
  ],
  ['array_join', 'array(T), varchar -> varchar', (site) => joinTexts(site)],
  ['array_join', 'array(T), varchar, varchar -> varchar', (site) => joinTexts(site)],
  ['array_max', 'array(T) -> T', 'mp_array_max($1)'],
  ['array_min', 'array(T) -> T', 'mp_array_min($1)'],
  [
    'array_position',
    'array(T), T -> bigint',
    'CAST(coalesce(list_position($1, $2), CASE WHEN $1 IS NULL OR $2 IS NULL THEN NULL ELSE 0 END) AS BIGINT)',
  ],
  ['array_remove', 'array(T), T -> array(T)', 'mp_array_remove($1, $2)'],
  ['array_union', 'array(T), array(T) -> array(T)', 'mp_distinct(mp_concat_lists($1, $2))'],
  ['array_intersect', 'array(T), array(T) -> array(T)', 'mp_intersect($1, $2)'],
  ['array_except', 'array(T), array(T) -> array(T)', 'mp_except($1, $2)'],
  ['arrays_overlap', 'array(T), array(T) -> boolean', 'mp_overlap($1, $2)'],
  ['array_first', 'array(T) -> T', 'mp_element_at($1, 1)'],
  ['array_last', 'array(T) -> T', 'mp_element_at($1, -1)'],
  ['filter', 'array(T), function(T, boolean) -> array(T)', 'list_filter($1, $2)'],
  ['transform', 'array(T), function(T, U) -> array(U)', 'list_transform($1, $2)'],
  ['reduce', 'array(T), S, function(S, T, S), function(S, R) -> R', reduce],
  ['any_match', 'array(T), function(T, boolean) -> boolean', 'mp_any(list_transform($1, $2))'],
  ['all_match', 'array(T), function(T, boolean) -> boolean', 'mp_all(list_transform($1, $2))'],
  ['none_match', 'array(T), function(T, boolean) -> boolean', '(NOT mp_any(list_transform($1, $2)))'],
  ['flatten', 'array(array(T)) -> array(T)', 'flatten($1)'],
  ['repeat', 'T, bigint -> array(T)', 'list_transform(range($2), lambda i: $1)'],
  ['reverse', 'array(T) -> array(T)', 'list_reverse($1)'],
  ['sequence', 'bigint, bigint -> array(bigint)', 'mp_sequence($1, $2, CASE WHEN $1 <= $2 THEN 1 ELSE -1 END)'],
  ['sequence', 'bigint, bigint, bigint -> array(bigint)', 'mp_sequence($1, $2, $3)'],
  [
    'sequence',
    'date, date -> array(date)',
    'mp_date_sequence($1, $2, CASE WHEN $1 <= $2 THEN INTERVAL 1 DAY ELSE INTERVAL (-1) DAY END)',
  ],
  ['sequence', 'date, date, interval day to second -> array(date)', 'mp_date_sequence($1, $2, $3)'],
  ['sequence', 'date, date, interval year to month -> array(date)', 'mp_date_sequence($1, $2, $3)'],
  ['sequence', 'timestamp, timestamp, interval day to second -> array(timestamp)', 'generate_series($1, $2, $3)'],
  ['sequence', 'timestamp, timestamp, interval year to month -> array(timestamp)', 'generate_series($1, $2, $3)'],
  ['shuffle', 'array(T) -> array(T)', 'mp_shuffle($1)'],
  ['slice', 'array(T), bigint, bigint -> array(T)', 'mp_slice($1, $2, $3)'],
  ['trim_array', 'array(T), bigint -> array(T)', '$1[1:len($1) - $2]'],
  ['zip', 'array(T), array(U) -> array(T)', zip],
  ['zip', 'array(T), array(U), array(V) -> array(T)', zip],
  ['zip', 'array(T), array(U), array(V), array(W) -> array(T)', zip],
  ['zip_with', 'array(T), array(U), function(T, U, R) -> array(R)', zipWith],
  ['ngrams', 'array(T), bigint -> array(array(T))', 'mp_ngrams($1, $2)'],
  ['array_frequency', 'array(T) -> map(T, bigint)', 'mp_frequency($1)'],
]);

/** `reduce(list, state, step, finish)`: the engine folds a list of one type, so the state travels as a struct. */
function reduce(site: CallSite): string {
  const [list, state, step, finish] = site.args;
  const type = toEngineType(state?.type as SqlType);
  const element = toEngineType(list?.type.kind === 'array' ? list.type.element : { kind: 'unknown' });
  const [stepNames, stepBody] = lambdaParts(step?.sql ?? '');
  const [finishNames, finishBody] = lambdaParts(finish?.sql ?? '');
  const [s = '', x = ''] = stepNames;
  const start = `{'s': CAST(${state?.sql} AS ${type}), 'x': CAST(NULL AS ${element})}`;
  const items = `list_transform(${list?.sql}, lambda e: {'s': CAST(NULL AS ${type}), 'x': CAST(e AS ${element})})`;
  // Named after the lambda's own parameter, so that a lambda within a lambda cannot take them for its own.
  const [a, b] = [`a${s}`, `b${s}`];
  const body = substitute(substitute(stepBody, s, `${a}.s`), x, `${b}.x`);
  const folded = `list_reduce(${items}, lambda ${a}, ${b}: {'s': CAST(${body} AS ${type}), 'x': CAST(NULL AS ${element})}, ${start}).s`;
  return `list_transform([${folded}], lambda ${finishNames[0]}: ${finishBody})[1]`;
}

/** Names and body of `lambda a, b: body`, as calls.ts writes it. */
function lambdaParts(sql: string): [string[], string] {
  const colon = sql.indexOf(': ');
  return [sql.slice('lambda '.length, colon).split(', '), sql.slice(colon + 2)];
}

/** Lambda parameters are named p0, p1 … and stand in no string that could be mistaken, since they are matched whole outside quotes. */
function substitute(sql: string, name: string, by: string): string {
  return sql.replaceAll(/'(?:[^']|'')*'|"(?:[^"]|"")*"|\bp\d+\b/g, (found) => (found === name ? by : found));
}

function joinTexts(site: CallSite): string {
  const [list, separator, nulls] = site.args;
  const element = list?.type.kind === 'array' ? list.type.element : undefined;
  const isDouble = element?.kind === 'double' || element?.kind === 'real';
  const text = isDouble ? 'mp_double_text(CAST(e AS VARCHAR))' : 'CAST(e AS VARCHAR)';
  const texts = `list_transform(${list?.sql}, lambda e: ${text})`;
  return nulls === undefined
    ? `mp_array_join(${texts}, ${separator?.sql})`
    : `mp_array_join(list_transform(${texts}, lambda e: coalesce(e, ${nulls.sql})), ${separator?.sql})`;
}

/** Rows of the i-th elements; shorter arrays end in NULLs. */
function zip(site: CallSite): Rendered {
  const types = site.args.map((arg) => (arg.type.kind === 'array' ? arg.type.element : arg.type));
  const lengths = site.args.map((arg) => `len(${arg.sql})`).join(', ');
  const fields = site.args.map((arg, index) => `"${fieldName(undefined, index)}" := ${arg.sql}[i]`).join(', ');
  const nulls = site.args.map((arg) => `${arg.sql} IS NULL`).join(' OR ');
  return {
    sql: `CASE WHEN ${nulls} THEN NULL ELSE list_transform(range(1, greatest(${lengths}) + 1), lambda i: struct_pack(${fields})) END`,
    type: { kind: 'array', element: { kind: 'row', fields: types.map((type) => ({ type })) } },
  };
}

function zipWith(site: CallSite): string {
  const [first, second, lambda] = site.args;
  const [names, body] = lambdaParts(lambda?.sql ?? '');
  const [a = '', b = ''] = names;
  const position = `i${a}`;
  const inner = substitute(substitute(body, a, `${first?.sql}[${position}]`), b, `${second?.sql}[${position}]`);
  return `CASE WHEN ${first?.sql} IS NULL OR ${second?.sql} IS NULL THEN NULL ELSE list_transform(range(1, greatest(len(${first?.sql}), len(${second?.sql})) + 1), lambda ${position}: ${inner}) END`;
}
