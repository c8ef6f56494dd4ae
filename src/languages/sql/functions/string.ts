/** https://trino.io/docs/current/functions/string.html and regexp.html */
import { SqlError, notSupported } from '../errors.ts';
import { quoteString } from '../quoting.ts';
import { type CallSite, type FunctionForm, scalars } from './definition.ts';

const bigint = (sql: string): string => `CAST(${sql} AS BIGINT)`;

export const stringFunctions: readonly FunctionForm[] = scalars([
  ['length', 'varchar -> bigint', bigint('length($1)')],
  ['length', 'varbinary -> bigint', bigint('octet_length($1)')],
  ['lower', 'varchar -> varchar', 'lower($1)'],
  ['upper', 'varchar -> varchar', 'upper($1)'],
  ['trim', 'varchar -> varchar', 'mp_trim($1)'],
  ['trim', 'varchar, varchar -> varchar', 'trim($1, $2)'],
  ['ltrim', 'varchar -> varchar', 'mp_ltrim($1)'],
  ['ltrim', 'varchar, varchar -> varchar', 'ltrim($1, $2)'],
  ['rtrim', 'varchar -> varchar', 'mp_rtrim($1)'],
  ['rtrim', 'varchar, varchar -> varchar', 'rtrim($1, $2)'],
  ['replace', 'varchar, varchar -> varchar', "replace($1, $2, '')"],
  ['replace', 'varchar, varchar, varchar -> varchar', 'mp_replace($1, $2, $3)'],
  ['reverse', 'varchar -> varchar', 'reverse($1)'],
  ['lpad', 'varchar, bigint, varchar -> varchar', 'lpad($1, CAST($2 AS INTEGER), $3)'],
  ['rpad', 'varchar, bigint, varchar -> varchar', 'rpad($1, CAST($2 AS INTEGER), $3)'],
  ['substr', 'varchar, bigint -> varchar', 'mp_substr($1, $2, 9223372036854775807)'],
  ['substr', 'varchar, bigint, bigint -> varchar', 'mp_substr($1, $2, $3)'],
  ['substring', 'varchar, bigint -> varchar', 'mp_substr($1, $2, 9223372036854775807)'],
  ['substring', 'varchar, bigint, bigint -> varchar', 'mp_substr($1, $2, $3)'],
  ['split', 'varchar, varchar -> array(varchar)', 'string_split($1, $2)'],
  ['split', 'varchar, varchar, bigint -> array(varchar)', 'mp_split_limit($1, $2, $3)'],
  ['split_part', 'varchar, varchar, bigint -> varchar', 'mp_split_part($1, $2, $3)'],
  ['split_to_map', 'varchar, varchar, varchar -> map(varchar, varchar)', 'mp_split_to_map($1, $2, $3)'],
  ['strpos', 'varchar, varchar -> bigint', bigint('strpos($1, $2)')],
  ['strpos', 'varchar, varchar, bigint -> bigint', 'mp_strpos_nth($1, $2, $3)'],
  ['starts_with', 'varchar, varchar -> boolean', 'starts_with($1, $2)'],
  ['ends_with', 'varchar, varchar -> boolean', 'suffix($1, $2)'],
  ['chr', 'bigint -> varchar', 'chr(CAST($1 AS INTEGER))'],
  ['codepoint', 'varchar -> integer', 'unicode($1)'],
  ['translate', 'varchar, varchar, varchar -> varchar', 'translate($1, $2, $3)'],
  ['levenshtein_distance', 'varchar, varchar -> bigint', bigint('levenshtein($1, $2)')],
  ['hamming_distance', 'varchar, varchar -> bigint', bigint('hamming($1, $2)')],
  ['normalize', 'varchar -> varchar', 'nfc_normalize($1)'],
  ['to_utf8', 'varchar -> varbinary', 'encode($1)'],
  ['from_utf8', 'varbinary -> varchar', 'decode($1)'],
  ['concat', 'varchar, varchar... -> varchar', joined],
  [
    'concat',
    'array(T), array(T)... -> array(T)',
    (site) => site.args.map((arg) => arg.sql).reduce((left, right) => `mp_concat_lists(${left}, ${right})`),
  ],
  ['concat', 'array(T), T -> array(T)', 'mp_concat_lists($1, [$2])'],
  ['concat', 'T, array(T) -> array(T)', 'mp_concat_lists([$1], $2)'],
  ['concat', 'varbinary, varbinary... -> varbinary', joined],
  ['concat_ws', 'varchar, array(varchar) -> varchar', 'mp_join_with($1, $2)'],
  ['concat_ws', 'varchar, varchar, varchar... -> varchar', 'concat_ws($*)'],
  ['format', 'varchar, T -> varchar', format],
  ['format', 'varchar, T, U -> varchar', format],
  ['format', 'varchar, T, U, V -> varchar', format],
  ['format', 'varchar, T, U, V, W -> varchar', format],
  ['format', 'varchar, T, U, V, W, X -> varchar', format],
  ['regexp_like', 'varchar, varchar -> boolean', 'regexp_matches($1, $2)'],
  ['regexp_extract', 'varchar, varchar -> varchar', 'mp_regexp_extract($1, $2, regexp_extract($1, $2))'],
  ['regexp_extract', 'varchar, varchar, bigint -> varchar', (site) => regexpExtract(site)],
  ['regexp_extract_all', 'varchar, varchar -> array(varchar)', 'regexp_extract_all($1, $2)'],
  [
    'regexp_extract_all',
    'varchar, varchar, bigint -> array(varchar)',
    (site) => `regexp_extract_all(${site.args[0]?.sql}, ${site.args[1]?.sql}, ${group(site)})`,
  ],
  ['regexp_replace', 'varchar, varchar -> varchar', "regexp_replace($1, $2, '', 'g')"],
  [
    'regexp_replace',
    'varchar, varchar, varchar -> varchar',
    (site) => `regexp_replace(${site.args[0]?.sql}, ${site.args[1]?.sql}, ${replacement(site)}, 'g')`,
  ],
  [
    'regexp_replace',
    'varchar, varchar, function(array(varchar), varchar) -> varchar',
    (site) => {
      throw notSupported(site.at, 'regexp_replace with a lambda');
    },
  ],
  ['regexp_count', 'varchar, varchar -> bigint', bigint('len(regexp_extract_all($1, $2))')],
  ['regexp_split', 'varchar, varchar -> array(varchar)', 'string_split_regex($1, $2)'],
  ['regexp_position', 'varchar, varchar -> integer', 'mp_regexp_position($1, $2)'],
]);

function joined(site: CallSite): string {
  return `(${site.args.map((arg) => arg.sql).join(' || ')})`;
}

function group(site: CallSite): string {
  const constant = site.args[2]?.constant;
  if (constant === undefined) throw notSupported(site.at, `${site.name} with a group that is not a literal`);
  if (!/^\d$/.test(constant)) throw new SqlError('INVALID_ARGUMENTS', site.at, `Pattern has no group ${constant}`);
  return constant;
}

function regexpExtract(site: CallSite): string {
  const [text, pattern] = site.args.map((arg) => arg.sql);
  return `mp_regexp_extract(${text}, ${pattern}, regexp_extract(${text}, ${pattern}, ${group(site)}))`;
}

/** Trino names groups `$1`, the engine `\1`; `\$` is a dollar. */
function replacement(site: CallSite): string {
  const value = site.args[2];
  if (value?.constant === undefined) {
    throw notSupported(site.at, 'regexp_replace with a replacement that is not a literal');
  }
  const text = value.constant.replaceAll(
    /\\(.)|\$(\d)|\$\{(\w+)\}|\\$/g,
    (whole: string, escaped?: string, digit?: string, name?: string) => {
      if (name !== undefined) throw notSupported(site.at, `the named group '\${${name}}'`);
      if (digit !== undefined) return `\\${digit}`;
      return escaped === '\\' ? '\\\\' : (escaped ?? whole);
    },
  );
  return quoteString(text);
}

/** Java's format for the conversions that mean the same in the engine's printf. */
function format(site: CallSite): string {
  const [pattern, ...values] = site.args;
  if (pattern?.constant === undefined) throw notSupported(site.at, 'format with a pattern that is not a literal');
  const conversions = [...pattern.constant.matchAll(/%(?:%|n|[-0,+ #(]*\d*(?:\.\d+)?([a-zA-Z$]))/g)];
  const taking = conversions.flatMap(([whole, letter]) => (letter === undefined ? [] : [{ whole, letter }]));
  const strange = taking.find(({ letter }) => !'sdfxX'.includes(letter));
  if (strange !== undefined) throw notSupported(site.at, `the conversion '${strange.whole}' in format`);
  if (taking.length > values.length) {
    throw new SqlError('INVALID_ARGUMENTS', site.at, `format has no argument for '${taking[values.length]?.whole}'`);
  }
  return formatParts(
    pattern.constant,
    values.map((value) => ({ sql: value.sql, type: value.type.kind })),
    site,
  );
}

/** Each conversion becomes one expression, joined with the texts between them. */
function formatParts(pattern: string, values: readonly { sql: string; type: string }[], site: CallSite): string {
  const parts: string[] = [];
  let last = 0;
  let next = 0;
  for (const match of pattern.matchAll(/%(?:(%)|(n)|([-0,+ ]*)(\d*)(?:\.(\d+))?([sdfxX]))/g)) {
    parts.push(quoteString(pattern.slice(last, match.index)));
    last = match.index + match[0].length;
    const [, percent, newline, flags = '', width = '', precision = '', letter = 's'] = match;
    if (percent !== undefined) parts.push("'%'");
    else if (newline !== undefined) parts.push('chr(10)');
    else
      parts.push(
        conversion(values[next++] ?? { sql: 'NULL', type: 'unknown' }, { flags, width, precision, letter }, site),
      );
  }
  parts.push(quoteString(pattern.slice(last)));
  return `(${parts.filter((part) => part !== "''").join(' || ') || "''"})`;
}

interface Conversion {
  readonly flags: string;
  readonly width: string;
  readonly precision: string;
  readonly letter: string;
}

function conversion(
  value: { sql: string; type: string },
  { flags, width, precision, letter }: Conversion,
  site: CallSite,
): string {
  const grouping = flags.includes(',') ? ',' : '';
  const plain = flags.replace(',', '');
  const alignment = plain.includes('-') ? '<' : letter === 's' ? '>' : '';
  const zero = plain.includes('0') ? '0' : '';
  const sign = plain.includes('+') ? '+' : '';
  const isInteger = ['tinyint', 'smallint', 'integer', 'bigint'].includes(value.type);
  if ('dxX'.includes(letter) && !isInteger)
    throw new SqlError('INVALID_ARGUMENTS', site.at, `format: '%${letter}' takes an integer, not ${value.type}`);
  const argument =
    letter === 's'
      ? `coalesce(CAST(${value.sql} AS VARCHAR), 'null')`
      : letter === 'f'
        ? `CAST(${value.sql} AS DOUBLE)`
        : value.sql;
  const digits =
    letter === 'f'
      ? `.${precision === '' ? '6' : precision}f`
      : letter === 's'
        ? precision === ''
          ? ''
          : `.${precision}s`
        : letter;
  return `format(${quoteString(`{:${width === '' ? '' : alignment}${sign}${zero}${width}${grouping}${digits}}`)}, ${argument})`;
}
