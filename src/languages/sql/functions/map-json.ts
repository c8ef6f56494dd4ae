/** https://trino.io/docs/current/functions/map.html and json.html */
import { SqlError, notSupported } from '../errors.ts';
import { quoteString } from '../quoting.ts';
import { type Argument, type CallSite, type FunctionForm, scalars } from './definition.ts';

export const mapFunctions: readonly FunctionForm[] = scalars([
  ['map_keys', 'map(K, V) -> array(K)', 'map_keys($1)'],
  ['map_values', 'map(K, V) -> array(V)', 'map_values($1)'],
  ['map_entries', 'map(K, V) -> array(K)', mapEntries],
  ['map_concat', 'map(K, V), map(K, V)... -> map(K, V)', 'map_concat($*)'],
  ['element_at', 'map(K, V), K -> V', 'map_extract_value($1, $2)'],
  ['map_filter', 'map(K, V), function(K, V, boolean) -> map(K, V)', (site) => overEntries(site, 'filter')],
  ['transform_keys', 'map(K, V), function(K, V, R) -> map(R, V)', (site) => overEntries(site, 'keys')],
  ['transform_values', 'map(K, V), function(K, V, R) -> map(K, R)', (site) => overEntries(site, 'values')],
]);

function mapEntries(site: CallSite): { sql: string; type: Argument['type'] } {
  const [map] = site.args;
  const type = map?.type;
  const fields = type?.kind === 'map' ? [{ type: type.key }, { type: type.value }] : [];
  return {
    sql: `list_transform(map_entries(${map?.sql}), lambda e: struct_pack("field0" := e.key, "field1" := e.value))`,
    type: { kind: 'array', element: { kind: 'row', fields } },
  };
}

/** A lambda of key and value over the entries of a map. */
function overEntries(site: CallSite, what: 'filter' | 'keys' | 'values'): string {
  const [map, lambda] = site.args;
  const sql = lambda?.sql ?? '';
  const colon = sql.indexOf(': ');
  const [key = '', value = ''] = sql.slice('lambda '.length, colon).split(', ');
  // Named after the lambda's own parameter, so that a lambda within a lambda cannot take it for its own.
  const entry = `e${key}`;
  const body = sql
    .slice(colon + 2)
    .replaceAll(/'(?:[^']|'')*'|"(?:[^"]|"")*"|\bp\d+\b/g, (found) =>
      found === key ? `${entry}.key` : found === value ? `${entry}.value` : found,
    );
  const entries = `map_entries(${map?.sql})`;
  if (what === 'filter') return `map_from_entries(list_filter(${entries}, lambda ${entry}: ${body}))`;
  const each = (part: string): string => `list_transform(${entries}, lambda ${entry}: ${part})`;
  return what === 'keys' ? `map(${each(body)}, map_values(${map?.sql}))` : `map(map_keys(${map?.sql}), ${each(body)})`;
}

export const jsonFunctions: readonly FunctionForm[] = scalars([
  ['json_parse', 'varchar -> json', 'mp_json_parse($1)'],
  ['json_format', 'json -> varchar', 'CAST($1 AS VARCHAR)'],
  ['json_extract', 'json, varchar -> json', (site) => extract(site, 'json_extract')],
  ['json_extract', 'varchar, varchar -> json', (site) => extract(site, 'json_extract')],
  ['json_extract_scalar', 'json, varchar -> varchar', (site) => extract(site, 'mp_json_extract_scalar')],
  ['json_extract_scalar', 'varchar, varchar -> varchar', (site) => extract(site, 'mp_json_extract_scalar')],
  ['json_array_length', 'json -> bigint', 'mp_json_array_length($1)'],
  ['json_array_length', 'varchar -> bigint', 'mp_json_array_length(mp_json_valid($1))'],
  ['json_array_get', 'json, bigint -> json', 'mp_json_array_get($1, $2)'],
  ['json_array_get', 'varchar, bigint -> json', 'mp_json_array_get(mp_json_valid($1), $2)'],
  ['json_array_contains', 'json, T -> boolean', 'mp_json_array_contains($1, to_json($2))'],
  ['json_array_contains', 'varchar, T -> boolean', 'mp_json_array_contains(mp_json_valid($1), to_json($2))'],
  ['json_size', 'json, varchar -> bigint', (site) => `mp_json_size(${extract(site, 'json_extract')})`],
  ['json_size', 'varchar, varchar -> bigint', (site) => `mp_json_size(${extract(site, 'json_extract')})`],
  ['is_json_scalar', 'json -> boolean', "(json_type($1) NOT IN ('OBJECT', 'ARRAY'))"],
  ['is_json_scalar', 'varchar -> boolean', "(json_type($1) NOT IN ('OBJECT', 'ARRAY'))"],
  ['json_value', 'varchar, varchar -> varchar', (site) => extract(site, 'mp_json_extract_scalar')],
  ['json_value', 'json, varchar -> varchar', (site) => extract(site, 'mp_json_extract_scalar')],
  ['json_query', 'varchar, varchar -> varchar', (site) => `CAST(${extract(site, 'json_extract')} AS VARCHAR)`],
  ['json_query', 'json, varchar -> varchar', (site) => `CAST(${extract(site, 'json_extract')} AS VARCHAR)`],
  ['json_exists', 'varchar, varchar -> boolean', (site) => `(${extract(site, 'json_extract')} IS NOT NULL)`],
  ['json_exists', 'json, varchar -> boolean', (site) => `(${extract(site, 'json_extract')} IS NOT NULL)`],
]);

function extract(site: CallSite, name: string): string {
  const [value, path] = site.args;
  if (path?.constant === undefined) throw notSupported(site.at, `${site.name} with a path that is not a literal`);
  // A text that is no JSON answers NULL in Trino; the engine would raise.
  const json = value?.type.kind === 'json' ? value.sql : `mp_json_valid(${value?.sql})`;
  return `${name}(${json}, ${quoteString(enginePath(path.constant, site))})`;
}

/** Trino's path (`$.a[0]["b c"]`) in the engine's spelling. @throws for wildcards, filters and malformed paths */
function enginePath(path: string, site: CallSite): string {
  const body = path.trim().replace(/^(?:lax|strict)\s+/, '');
  const bad = (): SqlError => new SqlError('INVALID_ARGUMENTS', site.at, `Invalid JSON path: '${path}'`);
  if (!body.startsWith('$')) throw bad();
  let rest = body.slice(1);
  let result = '$';
  while (rest !== '') {
    if (/^\.\.|^\.\*|^\[\*\]|^\[\?/.test(rest))
      throw notSupported(site.at, `the JSON path '${path}'`, 'Wildcards, recursion and filters are not done.');
    const match =
      /^\.([^.[\]"'\s]+)|^\.?"((?:[^"\\]|\\.)*)"|^\[(\d+)\]|^\["((?:[^"\\]|\\.)*)"\]|^\['((?:[^'\\]|\\.)*)'\]/.exec(
        rest,
      );
    if (match === null) throw bad();
    const name = match[1] ?? match[2] ?? match[4] ?? match[5];
    if (name !== undefined && name.includes('"'))
      throw notSupported(site.at, `the JSON path '${path}'`, 'Quotes in keys are not done.');
    result += match[3] === undefined ? `."${name}"` : `[${match[3]}]`;
    rest = rest.slice(match[0].length);
  }
  return result;
}
