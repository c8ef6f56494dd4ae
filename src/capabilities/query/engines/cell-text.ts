/**
 * SQL that writes a value as Athena writes it into a result: `1.0E10`, `2018-01-31 10:00:00.000`, `{a=1, b=[x, null]}`.
 * A number prints as Java prints it, because Trino does.
 */
import { quoteIdentifier, quoteString, type SqlType } from '#languages/sql/index';

/** Macros that the text needs; the prelude of every instance. */
export const cellTextMacros: readonly string[] = [
  // The digits come from DuckDB's shortest form ('1.5e-05', '12345678.9'); Java moves the point behind the first digit and
  // drops plus signs. A list of one and a lambda give a part its name: a macro's argument stands in for itself wherever it
  // is used, which made this expression cost more to plan than most queries to run.
  `CREATE TEMP MACRO mp_cell_scientific(t) AS
     CASE WHEN starts_with(t, '-') THEN '-' ELSE '' END || list_transform([string_split(ltrim(t, '-'), 'e')], lambda parts:
       list_transform([string_split(parts[1], '.')], lambda number:
         list_transform([rtrim(ltrim(array_to_string(number, ''), '0'), '0')], lambda digits:
           digits[1] || '.' || CASE WHEN length(digits) > 1 THEN digits[2:] ELSE '0' END || 'E' || CAST(
             coalesce(CAST(parts[2] AS INTEGER), 0) + CASE WHEN ltrim(number[1], '0') <> '' THEN length(ltrim(number[1], '0')) - 1
               ELSE length(ltrim(number[2], '0')) - length(number[2]) - 1 END AS VARCHAR))[1])[1])[1]`,
  `CREATE TEMP MACRO mp_cell_number(x) AS
     CASE WHEN x = 0 OR (abs(x) >= 1e-3 AND abs(x) < 1e7) THEN CAST(x AS VARCHAR)
          WHEN isnan(x) THEN 'NaN'
          WHEN isinf(x) THEN CASE WHEN x > 0 THEN 'Infinity' ELSE '-Infinity' END
          ELSE mp_cell_scientific(CAST(x AS VARCHAR)) END`,
  // Runs of hexadecimal digits in pairs: '61 62'.
  `CREATE TEMP MACRO mp_cell_bytes(x) AS trim(regexp_replace(lower(hex(x)), '(..)', '\\1 ', 'g'))`,
];

/** @returns SQL of a VARCHAR, NULL where the value is */
export function cellText(value: string, type: SqlType, depth = 0): string {
  switch (type.kind) {
    case 'varchar':
    case 'char':
      return value;
    case 'real':
    case 'double':
      return `mp_cell_number(${value})`;
    case 'varbinary':
      return `mp_cell_bytes(${value})`;
    case 'timestamp':
      return timestampText(value, type);
    case 'time':
      return fractionText(`CAST(${value} AS VARCHAR)`, 8, type.precision);
    case 'array': {
      const element = `e${depth}`;
      return `('[' || array_to_string(list_transform(${value}, lambda ${element}: ${orNull(cellText(element, type.element, depth + 1))}), ', ') || ']')`;
    }
    case 'map': {
      const entry = `e${depth}`;
      const key = cellText(`${entry}.key`, type.key, depth + 1);
      const text = orNull(cellText(`${entry}.value`, type.value, depth + 1));
      return `('{' || array_to_string(list_transform(map_entries(${value}), lambda ${entry}: ${key} || '=' || ${text}), ', ') || '}')`;
    }
    case 'row': {
      const fields = type.fields.map((field, index) => {
        const member = `struct_extract_at(${value}, ${index + 1})`;
        return `${quoteString(`${field.name ?? `field${index}`}=`)} || ${orNull(cellText(member, field.type, depth + 1))}`;
      });
      return `CASE WHEN ${value} IS NULL THEN NULL ELSE '{' || ${fields.join(" || ', ' || ")} || '}' END`;
    }
    default:
      return `CAST(${value} AS VARCHAR)`;
  }
}

/** Each column of the query as text; `name(index)` is what it is called. */
export function textColumns(columns: readonly { type: SqlType }[], name: (index: number) => string): string {
  return columns
    .map((column, index) => `${cellText(`r.c${index}`, column.type)} AS ${quoteIdentifier(name(index))}`)
    .join(', ');
}

function orNull(text: string): string {
  return `coalesce(${text}, 'null')`;
}

function timestampText(value: string, type: Extract<SqlType, { kind: 'timestamp' }>): string {
  const zone = type.zone ?? 'UTC';
  const local = type.withTimeZone ? `timezone(${quoteString(zone)}, ${value})` : value;
  const text = fractionText(`CAST(${local} AS VARCHAR)`, 19, type.precision);
  return type.withTimeZone ? `(${text} || ${quoteString(` ${zone}`)})` : text;
}

/** `10:00:00.5` with the wanted number of digits behind the point. @param whole length of the text before the point */
function fractionText(text: string, whole: number, precision: number): string {
  if (precision === 0) return `left(${text}, ${whole})`;
  return `(left(${text}, ${whole}) || '.' || left(rpad(substr(${text}, ${whole + 2}), ${precision}, '0'), ${precision}))`;
}
