/** Exit codes and the one way a command fails. */
import { isPlatformError, messageOf, type ErrorKind } from '#kernel/errors';

export const exitCodes = {
  ok: 0,
  /** The thing asked for failed: a query, a stack, a job. */
  failed: 1,
  usage: 2,
  notFound: 3,
  denied: 4,
  unreachable: 5,
  timedOut: 124,
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exitCode: ExitCode;
  readonly hint: string | undefined;

  constructor(message: string, exitCode: ExitCode, hint?: string) {
    super(message);
    this.exitCode = exitCode;
    this.hint = hint;
  }
}

const codeOfKind: Readonly<Record<ErrorKind, ExitCode>> = {
  invalid: exitCodes.usage,
  absent: exitCodes.notFound,
  conflict: exitCodes.failed,
  denied: exitCodes.denied,
  throttled: exitCodes.failed,
  unavailable: exitCodes.unreachable,
  internal: exitCodes.failed,
};

/** What to print for anything that was thrown, and the code to end with. */
export function describeFailure(error: unknown): { message: string; hint: string | undefined; exitCode: ExitCode } {
  if (error instanceof CliError) return { message: error.message, hint: error.hint, exitCode: error.exitCode };
  if (isPlatformError(error))
    return { message: `${error.code}: ${error.message}`, hint: undefined, exitCode: codeOfKind[error.kind] };
  return {
    message: messageOf(error),
    hint: 'This looks like a mistake of Millpond. Run again with --debug for the stack.',
    exitCode: exitCodes.failed,
  };
}
