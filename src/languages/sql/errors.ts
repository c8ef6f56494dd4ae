/** What can be wrong with a statement, in Trino's words and with Trino's error names. */
import { PlatformError } from '#kernel/errors';
import type { Position } from './tree/expressions.ts';

/** Error names of Trino's StandardErrorCode that this front end raises. */
export type SqlErrorCode =
  | 'SYNTAX_ERROR'
  | 'NOT_SUPPORTED'
  | 'TYPE_MISMATCH'
  | 'TABLE_NOT_FOUND'
  | 'COLUMN_NOT_FOUND'
  | 'FUNCTION_NOT_FOUND'
  | 'AMBIGUOUS_NAME'
  | 'DUPLICATE_COLUMN_NAME'
  | 'DUPLICATE_NAMED_QUERY'
  | 'MISMATCHED_COLUMN_ALIASES'
  | 'MISSING_COLUMN_NAME'
  | 'INVALID_LITERAL'
  | 'INVALID_ARGUMENTS'
  | 'INVALID_PARAMETER_USAGE'
  | 'INVALID_COLUMN_REFERENCE'
  | 'EXPRESSION_NOT_AGGREGATE'
  | 'EXPRESSION_NOT_SCALAR'
  | 'INVALID_WINDOW_FRAME'
  | 'VIEW_IS_STALE'
  | 'VIEW_IS_RECURSIVE'
  | 'STATEMENT_TOO_LARGE';

/** A `PlatformError` whose code is Trino's and whose message starts with `line L:C:`. */
export class SqlError extends PlatformError {
  readonly line: number;
  readonly column: number;
  /** A second sentence that says what to do, where there is one. */
  readonly hint: string | undefined;

  constructor(code: SqlErrorCode, at: Position, message: string, hint?: string) {
    super('invalid', code, `line ${at.line}:${at.column}: ${message}`, {
      details: { line: at.line, column: at.column, ...(hint === undefined ? {} : { hint }) },
    });
    this.line = at.line;
    this.column = at.column;
    this.hint = hint;
  }
}

export function syntaxError(at: Position, message: string, hint?: string): SqlError {
  return new SqlError('SYNTAX_ERROR', at, message, hint);
}

/** A construct that we know and do not run: it names itself. */
export function notSupported(at: Position, construct: string, hint?: string): SqlError {
  return new SqlError('NOT_SUPPORTED', at, `${construct} is not supported`, hint);
}

export function typeMismatch(at: Position, message: string): SqlError {
  return new SqlError('TYPE_MISMATCH', at, message);
}
