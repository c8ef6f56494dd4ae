/** https://trino.io/docs/current/functions/aggregate.html and window.html */
import { notSupported } from '../errors.ts';
import { type CallSite, type FunctionForm, type Row, aggregates } from './definition.ts';

const toBigint = 'CAST($ AS BIGINT)';
const twoDoubles =
  'corr covar_pop covar_samp regr_slope regr_intercept regr_r2 regr_avgx regr_avgy regr_sxx regr_sxy regr_syy'.split(
    ' ',
  );

const oneDouble: Readonly<Record<string, string>> = {
  stddev: 'stddev_samp($1)',
  stddev_samp: 'stddev_samp($1)',
  stddev_pop: 'stddev_pop($1)',
  variance: 'var_samp($1)',
  var_samp: 'var_samp($1)',
  var_pop: 'var_pop($1)',
  kurtosis: 'kurtosis($1)',
  geometric_mean: 'geomean($1)',
};

const rows: readonly Row[] = [
  ['count', '-> bigint', 'count(*)'],
  ['count', 'T -> bigint', 'count($1)'],
  ['count_if', 'boolean -> bigint', 'count_if($1)', toBigint],
  ['sum', 'I -> bigint', 'sum($1)', toBigint],
  ['sum', 'real -> real', 'sum($1)', 'CAST($ AS FLOAT)'],
  ['sum', 'double -> double', 'sum($1)'],
  [
    'sum',
    'N -> N',
    (site) => ({
      sql: `sum(${site.args[0]?.sql})`,
      type: { kind: 'decimal', precision: 38, scale: site.result.kind === 'decimal' ? site.result.scale : 0 },
    }),
  ],
  ['sum', 'interval day to second -> interval day to second', 'sum($1)'],
  ['avg', 'I -> double', 'avg($1)'],
  ['avg', 'double -> double', 'avg($1)'],
  ['avg', 'real -> real', 'avg($1)', 'CAST($ AS FLOAT)'],
  ['avg', 'N -> N', 'avg($1)', 'CAST($ AS $T)'],
  ['avg', 'interval day to second -> interval day to second', 'avg($1)'],
  ['min', 'T -> T', 'min($1)'],
  ['max', 'T -> T', 'max($1)'],
  ['min', 'T, bigint -> array(T)', 'min($1, $2)'],
  ['max', 'T, bigint -> array(T)', 'max($1, $2)'],
  ['min_by', 'T, K -> T', 'arg_min_null($1, $2)'],
  ['max_by', 'T, K -> T', 'arg_max_null($1, $2)'],
  ['min_by', 'T, K, bigint -> array(T)', 'arg_min($1, $2, $3)'],
  ['max_by', 'T, K, bigint -> array(T)', 'arg_max($1, $2, $3)'],
  ['arbitrary', 'T -> T', 'any_value($1)'],
  ['any_value', 'T -> T', 'any_value($1)'],
  ['array_agg', 'T -> array(T)', 'list($1)'],
  ['set_agg', 'T -> array(T)', 'list($1)', 'mp_distinct($)'],
  ['bool_and', 'boolean -> boolean', 'bool_and($1)'],
  ['bool_or', 'boolean -> boolean', 'bool_or($1)'],
  ['every', 'boolean -> boolean', 'bool_and($1)'],
  ['bitwise_and_agg', 'bigint -> bigint', 'bit_and($1)'],
  ['bitwise_or_agg', 'bigint -> bigint', 'bit_or($1)'],
  ['bitwise_xor_agg', 'bigint -> bigint', 'bit_xor($1)'],
  ['approx_distinct', 'T -> bigint', 'approx_count_distinct($1)', toBigint],
  ['approx_distinct', 'T, double -> bigint', 'approx_count_distinct($1)', toBigint],
  ['approx_percentile', 'bigint, double -> bigint', quantile, toBigint],
  ['approx_percentile', 'double, double -> double', quantile],
  [
    'approx_percentile',
    'bigint, array(double) -> array(bigint)',
    'approx_quantile($1, CAST($2 AS FLOAT[]))',
    'CAST($ AS BIGINT[])',
  ],
  ['approx_percentile', 'double, array(double) -> array(double)', 'approx_quantile($1, CAST($2 AS FLOAT[]))'],
  ['listagg', 'varchar -> varchar', "string_agg($1, '')"],
  ['listagg', 'varchar, varchar -> varchar', 'string_agg($1, $2)'],
  ['histogram', 'T -> map(T, bigint)', 'list($1)', 'mp_frequency($)'],
  ['map_agg', 'K, V -> map(K, V)', "list({'k': $1, 'v': $2})", 'mp_map_of($)'],
  ['multimap_agg', 'K, V -> map(K, array(V))', "list({'k': $1, 'v': $2})", 'mp_multimap_of($)'],
  ['skewness', 'double -> double', 'list($1)', 'mp_skewness($)'],
  ...twoDoubles.map((name): Row => [name, 'double, double -> double', `${name}($1, $2)`]),
  ...Object.entries(oneDouble).map(([name, render]): Row => [name, 'double -> double', render]),
];

function quantile(site: CallSite): string {
  const [value, share] = site.args;
  if (share?.constant === undefined)
    throw notSupported(site.at, 'approx_percentile with a percentage that is not a literal');
  return `approx_quantile(${value?.sql}, CAST(${share.sql} AS FLOAT))`;
}

export const aggregateFunctions: readonly FunctionForm[] = aggregates(rows);

const windowRows: readonly Row[] = [
  ['row_number', '-> bigint', 'row_number()'],
  ['rank', '-> bigint', 'rank()'],
  ['dense_rank', '-> bigint', 'dense_rank()'],
  ['percent_rank', '-> double', 'percent_rank()'],
  ['cume_dist', '-> double', 'cume_dist()'],
  ['ntile', 'bigint -> bigint', 'ntile($1)'],
  ['lag', 'T -> T', 'lag($1)'],
  ['lag', 'T, bigint -> T', 'lag($1, $2)'],
  ['lag', 'T, bigint, T -> T', 'lag($1, $2, $3)'],
  ['lead', 'T -> T', 'lead($1)'],
  ['lead', 'T, bigint -> T', 'lead($1, $2)'],
  ['lead', 'T, bigint, T -> T', 'lead($1, $2, $3)'],
  ['first_value', 'T -> T', 'first_value($1)'],
  ['last_value', 'T -> T', 'last_value($1)'],
  ['nth_value', 'T, bigint -> T', 'nth_value($1, $2)'],
];

export const windowFunctions: readonly FunctionForm[] = windowRows.map(([name, signature, render]) => ({
  name,
  kind: 'window',
  signature,
  render,
}));
