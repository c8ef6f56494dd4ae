/**
 * What an engine runs once before any translated query: settings, and macros for what DuckDB has no function for or
 * means otherwise. All macros start with `mp_`.
 *
 * An error is raised by a cast that fails: unlike DuckDB's error(), a cast is not volatile, so it may stand under TRY and
 * does not keep the optimizer from moving the expression. errorOfEngine in engine-errors.ts reads the text back.
 */

const raise = (message: string): string => `CAST((${message}) AS INTEGER)`;
const raiseText = (message: string): string => `CAST(${raise(message)} AS VARCHAR)`;

const whitespace = "' ' || chr(9) || chr(10) || chr(11) || chr(12) || chr(13)";

const macros: Readonly<Record<string, string>> = {
  // Numbers
  'mp_divisor(y)': `CASE WHEN y = 0 THEN ${raise("'DIVISION_BY_ZERO: Division by zero'")} ELSE y END`,
  'mp_divide_half_up(x, y)': `CASE WHEN y = 0 THEN ${raise("'DIVISION_BY_ZERO: Division by zero'")} ELSE (x // y) + CASE WHEN abs(x % y) * 2 >= abs(y) THEN CASE WHEN (x < 0) = (y < 0) THEN 1 ELSE -1 END ELSE 0 END END`,
  'mp_ln(x)': "CASE WHEN x < 0 THEN CAST('nan' AS DOUBLE) WHEN x = 0 THEN CAST('-infinity' AS DOUBLE) ELSE ln(x) END",
  'mp_log10(x)':
    "CASE WHEN x < 0 THEN CAST('nan' AS DOUBLE) WHEN x = 0 THEN CAST('-infinity' AS DOUBLE) ELSE log10(x) END",
  'mp_log2(x)':
    "CASE WHEN x < 0 THEN CAST('nan' AS DOUBLE) WHEN x = 0 THEN CAST('-infinity' AS DOUBLE) ELSE log2(x) END",
  'mp_sqrt(x)': "CASE WHEN x < 0 THEN CAST('nan' AS DOUBLE) ELSE sqrt(x) END",
  'mp_acos(x)': "CASE WHEN abs(x) > 1 THEN CAST('nan' AS DOUBLE) ELSE acos(x) END",
  'mp_asin(x)': "CASE WHEN abs(x) > 1 THEN CAST('nan' AS DOUBLE) ELSE asin(x) END",
  'mp_truncate(x, d)': 'trunc(x * pow(10, d)) / pow(10, d)',
  'mp_round_decimal(x, d)': 'round(x, d)',
  'mp_width_bucket(x, low, high, n)':
    'CAST(CASE WHEN low < high THEN CASE WHEN x < low THEN 0 WHEN x >= high THEN n + 1 ELSE floor(n * (x - low) / (high - low)) + 1 END ELSE CASE WHEN x > low THEN 0 WHEN x <= high THEN n + 1 ELSE floor(n * (low - x) / (low - high)) + 1 END END AS BIGINT)',
  'mp_to_base(x, radix)': "CASE WHEN x < 0 THEN '-' || lower(to_base(-x, radix)) ELSE lower(to_base(x, radix)) END",
  'mp_from_base(s, radix)':
    "CAST(list_reduce(list_transform(string_split(lower(ltrim(s, '-+')), ''), lambda c: CAST(strpos('0123456789abcdefghijklmnopqrstuvwxyz', c) - 1 AS HUGEINT)), lambda a, c: a * radix + c) * CASE WHEN s LIKE '-%' THEN -1 ELSE 1 END AS BIGINT)",
  'mp_shift_left(x, n)':
    'CASE WHEN n >= 64 THEN 0 ELSE CAST(CAST(x AS BIGINT) * CAST(pow(2, n) AS HUGEINT) AS BIGINT) END',
  'mp_bit_count(x, bits)': 'CAST(bit_count(x) - CASE WHEN x < 0 THEN 64 - bits ELSE 0 END AS BIGINT)',
  // Casts
  'mp_integer_text(s, name)': `CASE WHEN s IS NULL OR regexp_full_match(s, '[+-]?[0-9]+') THEN s ELSE ${raiseText("'INVALID_CAST_ARGUMENT: Cannot cast ''' || s || ''' to ' || upper(name)")} END`,
  'mp_boolean_of(s)': `CASE WHEN s IS NULL THEN NULL WHEN lower(s) IN ('t', 'true', '1') THEN true WHEN lower(s) IN ('f', 'false', '0') THEN false ELSE ${raise("'INVALID_CAST_ARGUMENT: Cannot cast ''' || s || ''' to BOOLEAN'")} = 0 END`,
  'mp_fit_text(s, n)': `CASE WHEN length(s) > n THEN ${raiseText("'INVALID_CAST_ARGUMENT: Value ' || s || ' cannot be represented as varchar(' || n || ')'")} ELSE s END`,
  'mp_scientific(sign, digits, exponent)':
    "sign || digits[1] || '.' || CASE WHEN rtrim(digits[2:], '0') = '' THEN '0' ELSE rtrim(digits[2:], '0') END || 'E' || CAST(exponent AS VARCHAR)",
  // Java prints 1.0E10 from ten million up and below a thousandth; the engine prints digits much further.
  'mp_double_text(s)': `CASE
    WHEN s IS NULL THEN NULL
    WHEN s = 'nan' THEN 'NaN' WHEN s = 'inf' THEN 'Infinity' WHEN s = '-inf' THEN '-Infinity'
    WHEN contains(s, 'e') THEN mp_scientific(CASE WHEN s LIKE '-%' THEN '-' ELSE '' END, replace(ltrim(string_split(s, 'e')[1], '-'), '.', ''), CAST(string_split(s, 'e')[2] AS INTEGER))
    WHEN length(string_split(ltrim(s, '-'), '.')[1]) > 7 THEN mp_scientific(CASE WHEN s LIKE '-%' THEN '-' ELSE '' END, replace(ltrim(s, '-'), '.', ''), length(string_split(ltrim(s, '-'), '.')[1]) - 1)
    WHEN regexp_full_match(s, '-?0\\.000[0-9]*') AND regexp_matches(s, '[1-9]') THEN mp_scientific(CASE WHEN s LIKE '-%' THEN '-' ELSE '' END, ltrim(replace(ltrim(s, '-'), '0.', ''), '0'), -(length(regexp_extract(s, '0\\.(0*)', 1)) + 1))
    ELSE s END`,
  'mp_day_second_text(i)':
    "CASE WHEN i IS NULL THEN NULL ELSE (CASE WHEN epoch_ms(i) < 0 THEN '-' ELSE '' END) || CAST(abs(epoch_ms(i)) // 86400000 AS VARCHAR) || ' ' || printf('%02d:%02d:%02d.%03d', abs(epoch_ms(i)) // 3600000 % 24, abs(epoch_ms(i)) // 60000 % 60, abs(epoch_ms(i)) // 1000 % 60, abs(epoch_ms(i)) % 1000) END",
  'mp_year_month_text(i)':
    "CASE WHEN i IS NULL THEN NULL ELSE (CASE WHEN datepart('year', i) * 12 + datepart('month', i) < 0 THEN '-' ELSE '' END) || CAST(abs(datepart('year', i) * 12 + datepart('month', i)) // 12 AS VARCHAR) || '-' || CAST(abs(datepart('year', i) * 12 + datepart('month', i)) % 12 AS VARCHAR) END",
  // Text
  'mp_trim(s)': `trim(s, ${whitespace})`,
  'mp_ltrim(s)': `ltrim(s, ${whitespace})`,
  'mp_rtrim(s)': `rtrim(s, ${whitespace})`,
  'mp_replace(s, old, new)':
    "CASE WHEN old = '' THEN new || array_to_string(list_transform(string_split(s, ''), lambda c: c || new), '') ELSE replace(s, old, new) END",
  'mp_substr(s, start, n)':
    "CASE WHEN start = 0 OR n <= 0 OR abs(start) > length(s) THEN CASE WHEN s IS NULL OR start IS NULL OR n IS NULL THEN NULL ELSE '' END ELSE substr(s, start, least(n, 4294967295)) END",
  'mp_split_limit(s, d, n)':
    'CASE WHEN len(string_split(s, d)) <= n THEN string_split(s, d) ELSE list_append(string_split(s, d)[1:n - 1], array_to_string(string_split(s, d)[n:], d)) END',
  'mp_split_part(s, d, n)': 'string_split(s, d)[n]',
  'mp_split_to_map(s, entry, pair)':
    'CASE WHEN s IS NULL THEN NULL ELSE map(list_transform(string_split(s, entry), lambda e: string_split(e, pair)[1]), list_transform(string_split(s, entry), lambda e: string_split(e, pair)[2])) END',
  'mp_strpos_nth(s, sub, n)':
    'CAST(CASE WHEN n > 0 THEN CASE WHEN len(string_split(s, sub)) <= n THEN 0 ELSE length(array_to_string(string_split(s, sub)[1:n], sub)) + 1 END ELSE CASE WHEN len(string_split(s, sub)) <= -n THEN 0 ELSE length(array_to_string(string_split(s, sub)[1:len(string_split(s, sub)) + n], sub)) + 1 END END AS BIGINT)',
  'mp_join_with(d, parts)':
    "CASE WHEN d IS NULL OR parts IS NULL THEN NULL ELSE coalesce(array_to_string(parts, d), '') END",
  'mp_regexp_extract(s, p, found)': 'CASE WHEN regexp_matches(s, p) THEN found END',
  'mp_regexp_position(s, p)':
    "CASE WHEN s IS NULL OR p IS NULL THEN NULL WHEN regexp_matches(s, p) THEN CAST(length(regexp_extract(s, '^([\\s\\S]*?)(?:' || p || ')', 1)) + 1 AS INTEGER) ELSE -1 END",
  'mp_url_parameter(query, name)':
    "list_transform(list_filter(string_split(query, '&'), lambda e: url_decode(replace(string_split(e, '=')[1], '+', '%20')) = name), lambda e: CASE WHEN contains(e, '=') THEN url_decode(replace(e[strpos(e, '=') + 1:], '+', '%20')) ELSE '' END)[1]",
  // Dates
  'mp_iso_timestamp(s)': 'CAST(s AS TIMESTAMPTZ)',
  'mp_date_sequence(a, b, step)':
    'list_transform(generate_series(CAST(a AS TIMESTAMP), CAST(b AS TIMESTAMP), step), lambda e: CAST(e AS DATE))',
  'mp_parse_duration(s)':
    "to_milliseconds(CAST(regexp_extract(s, '^\\s*([0-9.]+)', 1) AS DOUBLE) * CASE regexp_extract(s, '([a-z]+)\\s*$', 1) WHEN 'ms' THEN 1 WHEN 's' THEN 1000 WHEN 'm' THEN 60000 WHEN 'h' THEN 3600000 WHEN 'd' THEN 86400000 END)",
  // Arrays and maps
  'mp_concat_lists(a, b)': 'CASE WHEN a IS NULL OR b IS NULL THEN NULL ELSE list_concat(a, b) END',
  'mp_array_index(l, i)': `CASE WHEN i = 0 THEN ${raise("'INVALID_FUNCTION_ARGUMENT: SQL array indices start at 1'")} WHEN i < 0 THEN ${raise("'INVALID_FUNCTION_ARGUMENT: Array subscript is negative: ' || i")} WHEN i > len(l) THEN ${raise("'INVALID_FUNCTION_ARGUMENT: Array subscript must be less than or equal to array length: ' || i || ' > ' || len(l)")} ELSE i END`,
  'mp_map_key(m, k)': `CASE WHEN m IS NULL OR map_contains(m, k) THEN k ELSE [k][${raise("'INVALID_FUNCTION_ARGUMENT: Key not present in map: ' || CAST(k AS VARCHAR)")}] END`,
  'mp_element_at(l, i)': `l[CASE WHEN i = 0 THEN ${raise("'INVALID_FUNCTION_ARGUMENT: SQL array indices start at 1'")} ELSE i END]`,
  'mp_has_null(l)': 'len(list_filter(l, lambda e: e IS NULL)) > 0',
  'mp_contains(l, x)':
    'CASE WHEN l IS NULL OR x IS NULL THEN NULL WHEN list_contains(l, x) THEN true WHEN mp_has_null(l) THEN NULL ELSE false END',
  'mp_contains_sequence(l, part)':
    'CASE WHEN l IS NULL OR part IS NULL THEN NULL ELSE len(list_filter(range(1, len(l) - len(part) + 2), lambda i: l[i:i + len(part) - 1] = part)) > 0 END',
  'mp_distinct(l)':
    'list_filter(l, lambda e, i: coalesce(list_position(l, e), list_position(list_transform(l, lambda z: z IS NULL), true)) = i)',
  'mp_any(l)':
    'CASE WHEN l IS NULL THEN NULL WHEN list_contains(l, true) THEN true WHEN mp_has_null(l) THEN NULL ELSE false END',
  'mp_all(l)':
    'CASE WHEN l IS NULL THEN NULL WHEN list_contains(l, false) THEN false WHEN mp_has_null(l) THEN NULL ELSE true END',
  'mp_array_max(l)': 'CASE WHEN mp_has_null(l) THEN NULL ELSE list_max(l) END',
  'mp_array_min(l)': 'CASE WHEN mp_has_null(l) THEN NULL ELSE list_min(l) END',
  'mp_array_remove(l, x)': 'CASE WHEN x IS NULL THEN NULL ELSE list_filter(l, lambda e: e IS NULL OR e <> x) END',
  'mp_array_join(l, d)': "CASE WHEN l IS NULL OR d IS NULL THEN NULL ELSE coalesce(array_to_string(l, d), '') END",
  'mp_intersect(a, b)':
    'CASE WHEN a IS NULL OR b IS NULL THEN NULL ELSE mp_distinct(list_filter(a, lambda e: list_contains(b, e) OR (e IS NULL AND mp_has_null(b)))) END',
  'mp_except(a, b)':
    'CASE WHEN a IS NULL OR b IS NULL THEN NULL ELSE mp_distinct(list_filter(a, lambda e: NOT (list_contains(b, e) OR (e IS NULL AND mp_has_null(b))))) END',
  'mp_overlap(a, b)':
    'CASE WHEN a IS NULL OR b IS NULL THEN NULL WHEN list_has_any(a, b) THEN true WHEN (mp_has_null(a) AND len(b) > 0) OR (mp_has_null(b) AND len(a) > 0) THEN NULL ELSE false END',
  'mp_sequence(a, b, step)': `CASE WHEN step = 0 OR (step > 0) <> (b >= a) AND a <> b THEN [CAST(${raise("'INVALID_FUNCTION_ARGUMENT: sequence stop value should be greater than or equal to start value if step is greater than zero otherwise stop should be less than or equal to start'")} AS BIGINT)] ELSE generate_series(CAST(a AS BIGINT), CAST(b AS BIGINT), CAST(step AS BIGINT)) END`,
  'mp_shuffle(l)': 'list_transform(list_sort(list_transform(l, lambda e: {o: random(), v: e})), lambda e: e.v)',
  'mp_slice(l, start, n)': `CASE WHEN start = 0 THEN l[${raise("'INVALID_FUNCTION_ARGUMENT: SQL array indices start at 1'")}:1] WHEN start < 0 THEN CASE WHEN -start > len(l) THEN l[1:0] ELSE l[len(l) + start + 1:len(l) + start + n] END ELSE l[start:start + n - 1] END`,
  'mp_ngrams(l, n)':
    'CASE WHEN len(l) <= n THEN [l] ELSE list_transform(range(1, CAST(len(l) - n + 2 AS BIGINT)), lambda i: l[i:i + n - 1]) END',
  'mp_frequency(l)':
    'CASE WHEN l IS NULL THEN NULL ELSE map(mp_distinct(list_filter(l, lambda e: e IS NOT NULL)), list_transform(mp_distinct(list_filter(l, lambda e: e IS NOT NULL)), lambda e: CAST(len(list_filter(l, lambda z: z = e)) AS BIGINT))) END',
  // The last value of a key that stands twice wins nowhere in Trino: the first does.
  'mp_map_of(entries)':
    'CASE WHEN entries IS NULL THEN NULL ELSE map_from_entries(list_transform(list_filter(entries, lambda e, i: e.k IS NOT NULL AND list_position(list_transform(entries, lambda z: z.k), e.k) = i), lambda e: {k: e.k, v: e.v})) END',
  'mp_multimap_of(entries)':
    'CASE WHEN entries IS NULL THEN NULL ELSE map_from_entries(list_transform(mp_distinct(list_transform(list_filter(entries, lambda e: e.k IS NOT NULL), lambda e: e.k)), lambda key: {k: key, v: list_transform(list_filter(entries, lambda e: e.k = key), lambda e: e.v)})) END',
  'mp_skewness(l)':
    'list_transform([{n: list_count(l), m: list_avg(l)}], lambda s: list_transform([{a: list_sum(list_transform(l, lambda e: pow(e - s.m, 2))) / s.n, b: list_sum(list_transform(l, lambda e: pow(e - s.m, 3))) / s.n, n: s.n}], lambda t: CASE WHEN t.n < 3 THEN NULL ELSE t.b / pow(t.a, 1.5) END)[1])[1]',
  // JSON
  'mp_json_valid(s)': 'CASE WHEN json_valid(s) THEN CAST(s AS JSON) END',
  'mp_json_parse(s)': `CASE WHEN s IS NULL THEN NULL WHEN json_valid(s) THEN json(s) ELSE CAST(${raiseText("'INVALID_FUNCTION_ARGUMENT: Cannot convert value to JSON: ' || left(s, 100)")} AS JSON) END`,
  'mp_json_scalar(j)': "CASE WHEN json_type(j) = 'NULL' THEN NULL ELSE json_extract_string(j, '$') END",
  'mp_json_or_null(j)': "CASE WHEN json_type(j) = 'NULL' THEN NULL ELSE j END",
  'mp_json_extract_scalar(j, path)':
    "CASE WHEN json_type(j, path) IN ('OBJECT', 'ARRAY', 'NULL') THEN NULL ELSE json_extract_string(j, path) END",
  'mp_json_array_length(j)': "CASE WHEN json_type(j) = 'ARRAY' THEN CAST(json_array_length(j) AS BIGINT) END",
  'mp_json_array_get(j, i)':
    "CASE WHEN json_type(j) = 'ARRAY' THEN json_extract(j, CASE WHEN i < 0 THEN CAST(json_array_length(j) AS BIGINT) + i ELSE i END) END",
  'mp_json_array_contains(j, x)': "CASE WHEN json_type(j) = 'ARRAY' THEN list_contains(CAST(j AS JSON[]), x) END",
  'mp_json_size(j)':
    "CASE json_type(j) WHEN 'ARRAY' THEN CAST(json_array_length(j) AS BIGINT) WHEN 'OBJECT' THEN CAST(len(json_keys(j)) AS BIGINT) ELSE CASE WHEN j IS NULL THEN NULL ELSE 0 END END",
};

/** Statements to run once for each engine instance, before the configuration is locked. */
export const duckdbPrelude: readonly string[] = Object.entries(macros).map(
  ([head, body]) => `CREATE OR REPLACE MACRO ${head} AS ${body}`,
);

/** Settings the translation counts on. */
export const duckdbSettings: Readonly<Record<string, string>> = {
  TimeZone: 'UTC',
  default_null_order: 'nulls_last',
  ieee_floating_point_ops: 'true',
};
