/** DuckDB's errors at run time, told in Trino's words. */

export interface EngineError {
  /** A name of Trino's StandardErrorCode. */
  readonly code: string;
  readonly message: string;
}

/** Prefixes of the engine's messages by Trino's name for what they mean. */
const kinds: readonly (readonly [RegExp, string])[] = [
  [/^Conversion Error/, 'INVALID_CAST_ARGUMENT'],
  [/^Out of Range Error/, 'NUMERIC_VALUE_OUT_OF_RANGE'],
  [/^Out of Memory Error/, 'EXCEEDED_LOCAL_MEMORY_LIMIT'],
  [/^INTERRUPT Error/, 'USER_CANCELED'],
  [/^Invalid Input Error: More than one row returned by a subquery/, 'SUBQUERY_MULTIPLE_ROWS'],
  [/^Invalid Input Error/, 'INVALID_FUNCTION_ARGUMENT'],
];

/**
 * @param message what DuckDB said
 * @returns the code and text that the prelude's macros raised, or the engine's own under a code that fits
 */
export function errorOfEngine(message: string): EngineError {
  const raised = /'([A-Z][A-Z_]+): ((?:[^']|'(?! to INT32))*)' to INT32/s.exec(message);
  if (raised !== null) return { code: raised[1] ?? '', message: raised[2] ?? '' };
  const code = kinds.find(([pattern]) => pattern.test(message))?.[1] ?? 'GENERIC_INTERNAL_ERROR';
  return { code, message: message.replace(/\n\nLINE \d+:[\s\S]*$/, '').replace(/^[A-Za-z ]+ Error: /, '') };
}
