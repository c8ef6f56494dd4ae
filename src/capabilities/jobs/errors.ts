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

/** In Livy's words; its API answers 404. */
export function applicationAbsent(id: number | string): PlatformError {
  return new PlatformError('absent', 'SessionNotFound', `Session '${id}' not found.`);
}

/** In Livy's words. */
export function nameTaken(name: string, id: number): PlatformError {
  return new PlatformError('invalid', 'DuplicateName', `Duplicate session name: Some(${name}) for session ${id}`);
}

/** A request that Livy cannot read or carry out. */
export function livyRefused(message: string): PlatformError {
  return new PlatformError('invalid', 'IllegalArgument', message);
}

/** EMR says both absence and nonsense with one code. */
export function emrInvalid(message: string): PlatformError {
  return new PlatformError('invalid', 'InvalidRequestException', message);
}

/** An application that cannot run here; the message becomes its reason. */
export function applicationFailed(message: string, cause?: unknown): PlatformError {
  return new PlatformError('invalid', 'ApplicationFailed', message, { cause });
}

/** A request to Livy that this server does not take from where it comes. */
export function denied(message: string): PlatformError {
  return new PlatformError('denied', 'AccessDenied', message);
}

export function statementAbsent(id: number): PlatformError {
  return new PlatformError('absent', 'StatementNotFound', `Statement not found: ${id}`);
}

/** What EMR refuses because of where a cluster stands. */
export function emrRefused(message: string): PlatformError {
  return new PlatformError('invalid', 'ValidationException', message);
}
