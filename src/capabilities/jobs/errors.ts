/** The errors of Glue's jobs, triggers and workflows. */
import { PlatformError } from '#kernel/errors';

/** @param what the thing and its name, such as `Job nightly` */
export function absent(what: string): PlatformError {
  return new PlatformError('absent', 'EntityNotFoundException', `${what} not found.`);
}

export function exists(what: string): PlatformError {
  return new PlatformError('conflict', 'AlreadyExistsException', `${what} already exists.`);
}

export function invalidInput(message: string): PlatformError {
  return new PlatformError('invalid', 'InvalidInputException', message);
}

export function concurrentRuns(what: string, max: number): PlatformError {
  return new PlatformError(
    'throttled',
    'ConcurrentRunsExceededException',
    `Concurrent runs exceeded for ${what}: ${max} may run at once. Wait for one to end, or raise MaxConcurrentRuns.`,
  );
}

/** The script of a run is wrong or its engine said no; the message becomes the run's ErrorMessage. */
export function scriptFailed(message: string, cause?: unknown): PlatformError {
  return new PlatformError('invalid', 'ScriptFailed', message, { cause });
}
