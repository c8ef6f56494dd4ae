/** What DuckDB says, in Trino's words: error names that clients and people look for. */
import { PlatformError } from '#kernel/errors';
import { errorOfEngine } from '#languages/sql/index';

/** In order; the first that matches names the error. */
const rules: readonly {
  readonly pattern: RegExp;
  readonly code: string;
  readonly message?: (match: RegExpExecArray) => string;
}[] = [
  // Raised by our own SQL and readers, as `error('DIVISION_BY_ZERO: …')`.
  { pattern: /(?:^|: )([A-Z][A-Z0-9]+(?:_[A-Z0-9]+)+): (.*)$/s, code: '' },
  {
    pattern: /Out of Memory Error/,
    code: 'EXCEEDED_LOCAL_MEMORY_LIMIT',
    message: () => 'Query exceeded the memory limit and what may be spilled to disk',
  },
  {
    pattern: /(max_temp_directory_size|No space left on device)/,
    code: 'EXCEEDED_LOCAL_MEMORY_LIMIT',
    message: () => 'Query exceeded the space for spilled data',
  },
  {
    pattern: /Conversion Error: Could not convert string '(.*)' to (\w+)/s,
    code: 'INVALID_CAST_ARGUMENT',
    message: (match) => `Cannot cast '${match[1]}' to ${match[2]}`,
  },
  { pattern: /Conversion Error: (.*)/s, code: 'INVALID_CAST_ARGUMENT' },
  { pattern: /division by zero/i, code: 'DIVISION_BY_ZERO', message: () => 'Division by zero' },
  { pattern: /(Out of Range Error|Overflow)/i, code: 'NUMERIC_VALUE_OUT_OF_RANGE' },
  {
    pattern: /More than one row returned by a subquery/,
    code: 'SUBQUERY_MULTIPLE_ROWS',
    message: () => 'Scalar sub-query has returned multiple rows',
  },
  {
    pattern: /(No magic bytes found|not a valid Parquet|Invalid Input Error: File '.*' too small to be a Parquet)/i,
    code: 'HIVE_BAD_DATA',
    message: () => 'Not valid Parquet file',
  },
  {
    pattern: /(IO Error.*(No such file|Cannot open file)|No files found)/s,
    code: 'HIVE_CANNOT_OPEN_SPLIT',
    message: () => 'A file of the table is gone or cannot be read; run the query again',
  },
  { pattern: /^Binder Error: (.*)/s, code: 'TYPE_MISMATCH' },
  { pattern: /(Parser Error: .*depth|Max expression depth)/is, code: 'STATEMENT_TOO_LARGE' },
  { pattern: /^Invalid Input Error: (.*)/s, code: 'INVALID_FUNCTION_ARGUMENT' },
];

export function translateEngineError(message: string): PlatformError {
  // The macros of the front end raise their errors as a cast that fails.
  const raised = errorOfEngine(message);
  if (message.includes(`'${raised.code}: `))
    return new PlatformError('invalid', raised.code, firstLine(raised.message));
  for (const { pattern, code, message: textOf } of rules) {
    const match = pattern.exec(message);
    if (match === null) continue;
    if (code === '') return new PlatformError('invalid', match[1] ?? '', firstLine(match[2] ?? ''));
    return new PlatformError('invalid', code, textOf?.(match) ?? firstLine(match[1] ?? message), { cause: message });
  }
  const kind = raised.code === 'GENERIC_INTERNAL_ERROR' ? 'internal' : 'invalid';
  return new PlatformError(kind, raised.code, firstLine(raised.message), { cause: message });
}

/** DuckDB adds hints about its own functions and shows the SQL it was given, which is not the user's. */
function firstLine(message: string): string {
  return message.split('\n', 1)[0]?.slice(0, 2000) ?? '';
}
