/** https://trino.io/docs/current/functions/math.html and bitwise.html */
import { decimalOf } from '../types/coercion.ts';
import { toEngineType } from '../types/engine-type.ts';
import { type CallSite, type FunctionForm, type Rendered, scalars } from './definition.ts';

const unary = [
  'acos',
  'asin',
  'atan',
  'cbrt',
  'cos',
  'cosh',
  'degrees',
  'exp',
  'ln',
  'log10',
  'log2',
  'radians',
  'sin',
  'sinh',
  'sqrt',
  'tan',
  'tanh',
];
/** Where the engine raises and Trino answers NaN or -Infinity. */
const guarded: Readonly<Record<string, string>> = {
  ln: 'mp_ln($1)',
  log10: 'mp_log10($1)',
  log2: 'mp_log2($1)',
  sqrt: 'mp_sqrt($1)',
  acos: 'mp_acos($1)',
  asin: 'mp_asin($1)',
};

export const mathFunctions: readonly FunctionForm[] = scalars([
  ...unary.map((name) => [name, 'double -> double', guarded[name] ?? `${name}($1)`] as const),
  ['abs', 'N -> N', 'abs($1)'],
  ['ceil', 'N -> N', (site) => wholePart(site, 'ceil')],
  ['ceiling', 'N -> N', (site) => wholePart(site, 'ceil')],
  ['floor', 'N -> N', (site) => wholePart(site, 'floor')],
  ['round', 'N -> N', (site) => wholePart(site, 'round')],
  ['round', 'N, bigint -> N', roundTo],
  ['truncate', 'N -> N', (site) => wholePart(site, 'trunc')],
  ['truncate', 'N, bigint -> N', 'mp_truncate($1, $2)'],
  ['sign', 'N -> N', (site) => `CAST(sign(${site.args[0]?.sql}) AS ${toEngineType(site.result)})`],
  ['mod', 'I, I -> I', '($1 % mp_divisor($2))'],
  [
    'mod',
    'N, N -> N',
    (site) =>
      site.result.kind === 'decimal'
        ? `(${site.args[0]?.sql} % mp_divisor(${site.args[1]?.sql}))`
        : `fmod(${site.args[0]?.sql}, ${site.args[1]?.sql})`,
  ],
  ['pow', 'double, double -> double', 'pow($1, $2)'],
  ['power', 'double, double -> double', 'pow($1, $2)'],
  ['log', 'double, double -> double', '(mp_ln($2) / mp_ln($1))'],
  ['atan2', 'double, double -> double', 'atan2($1, $2)'],
  ['pi', '-> double', 'pi()'],
  ['e', '-> double', 'exp(CAST(1 AS DOUBLE))'],
  ['nan', '-> double', "CAST('nan' AS DOUBLE)"],
  ['infinity', '-> double', "CAST('infinity' AS DOUBLE)"],
  ['is_nan', 'double -> boolean', 'isnan($1)'],
  ['is_finite', 'double -> boolean', 'isfinite($1)'],
  ['is_infinite', 'double -> boolean', 'isinf($1)'],
  ['random', '-> double', 'random()'],
  ['rand', '-> double', 'random()'],
  ['random', 'bigint -> bigint', 'CAST(floor(random() * $1) AS BIGINT)'],
  ['rand', 'bigint -> bigint', 'CAST(floor(random() * $1) AS BIGINT)'],
  ['random', 'bigint, bigint -> bigint', '($1 + CAST(floor(random() * ($2 - $1)) AS BIGINT))'],
  ['width_bucket', 'double, double, double, bigint -> bigint', 'mp_width_bucket($1, $2, $3, $4)'],
  ['width_bucket', 'double, array(double) -> bigint', 'CAST(len(list_filter($2, lambda edge: edge <= $1)) AS BIGINT)'],
  ['to_base', 'bigint, bigint -> varchar', 'mp_to_base($1, CAST($2 AS INTEGER))'],
  ['from_base', 'varchar, bigint -> bigint', 'mp_from_base($1, $2)'],
  ['bitwise_and', 'bigint, bigint -> bigint', '($1 & $2)'],
  ['bitwise_or', 'bigint, bigint -> bigint', '($1 | $2)'],
  ['bitwise_xor', 'bigint, bigint -> bigint', 'xor($1, $2)'],
  ['bitwise_not', 'bigint -> bigint', '(~$1)'],
  ['bitwise_left_shift', 'bigint, bigint -> bigint', 'mp_shift_left($1, $2)'],
  ['bitwise_right_shift_arithmetic', 'bigint, bigint -> bigint', '($1 >> $2)'],
  ['bit_count', 'bigint, bigint -> bigint', 'mp_bit_count($1, CAST($2 AS INTEGER))'],
  ['greatest', 'T, T... -> T', (site) => extreme(site, 'greatest')],
  ['least', 'T, T... -> T', (site) => extreme(site, 'least')],
]);

/** The result of a decimal has no fraction; an integer stays what it is. */
function wholePart(site: CallSite, name: string): Rendered {
  const [value] = site.args;
  const { result } = site;
  if (value === undefined || result.kind === 'real' || result.kind === 'double')
    return `CAST(${name}(${value?.sql}) AS ${toEngineType(result)})`;
  if (result.kind !== 'decimal') return value.sql;
  const type = decimalOf(result.precision - result.scale + Math.min(result.scale, 1), 0);
  return { sql: `CAST(${name}(${value.sql}) AS ${toEngineType(type)})`, type };
}

function roundTo(site: CallSite): Rendered {
  const [value, digits] = site.args;
  if (site.result.kind === 'decimal') {
    const type = decimalOf(site.result.precision + 1, site.result.scale);
    return {
      sql: `CAST(mp_round_decimal(${value?.sql}, CAST(${digits?.sql} AS INTEGER)) AS ${toEngineType(type)})`,
      type,
    };
  }
  return `CAST(round(${value?.sql}, CAST(${digits?.sql} AS INTEGER)) AS ${toEngineType(site.result)})`;
}

/** NULL when any argument is NULL; the engine's own would leave NULLs out. */
function extreme(site: CallSite, name: string): string {
  const nulls = site.args.map((arg) => `${arg.sql} IS NULL`).join(' OR ');
  return `CASE WHEN ${nulls} THEN NULL ELSE ${name}(${site.args.map((arg) => arg.sql).join(', ')}) END`;
}
