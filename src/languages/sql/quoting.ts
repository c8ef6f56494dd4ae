/** How text becomes DuckDB's identifiers and literals: the only two ways user text reaches the engine. */

/** `"name"`, with quotes doubled. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** `'text'`, with quotes doubled. A NUL cannot stand in a statement, so it becomes `chr(0)`. */
export function quoteString(text: string): string {
  if (!text.includes('\0')) return `'${text.replaceAll("'", "''")}'`;
  return `(${text
    .split('\0')
    .map((part) => quoteString(part))
    .join(' || chr(0) || ')})`;
}

/** A JavaScript value as a SQL literal. @throws RangeError for a number that is not finite */
export function formatSqlLiteral(value: string | number | bigint | boolean | null): string {
  if (value === null) return 'NULL';
  if (typeof value === 'string') return quoteString(value);
  if (typeof value === 'number' && !Number.isFinite(value)) throw new RangeError(`${value} has no literal`);
  return String(value);
}
