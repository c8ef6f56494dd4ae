/**
 * The one error that crosses a boundary. Domain code raises it without knowing any protocol; the gateway turns the
 * kind into a status and the code into the envelope of the caller's wire protocol.
 */
export type ErrorKind = 'invalid' | 'absent' | 'conflict' | 'denied' | 'throttled' | 'unavailable' | 'internal';

export interface PlatformErrorOptions {
  /** Members that the service model adds to this error's shape, by their model names (`Resource`, `ArgumentName` …). */
  readonly details?: Readonly<Record<string, unknown>>;
  /** What lies beneath, for the log; never sent to a client. */
  readonly cause?: unknown;
}

export class PlatformError extends Error {
  override readonly name = 'PlatformError';
  readonly kind: ErrorKind;
  /** The name a client sees, as AWS spells it (`EntityNotFoundException`, `NoSuchKey`). */
  readonly code: string;
  readonly details: Readonly<Record<string, unknown>>;

  /** @param message names the offending value and says what to do. */
  constructor(kind: ErrorKind, code: string, message: string, options: PlatformErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.kind = kind;
    this.code = code;
    this.details = options.details ?? {};
  }
}

export function isPlatformError(error: unknown, code?: string): error is PlatformError {
  return error instanceof PlatformError && (code === undefined || error.code === code);
}

/** A mistake of ours, not of the caller: answers as `internal`, logged with its stack. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new PlatformError('internal', 'InternalFailure', message);
}

/** The text of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
