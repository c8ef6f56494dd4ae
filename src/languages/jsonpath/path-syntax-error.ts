/** A text that is no JSONPath. */
export class PathSyntaxError extends Error {
  override readonly name = 'PathSyntaxError';
}
