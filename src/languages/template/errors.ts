/** What can be wrong with a template, in CloudFormation's words; all are `ValidationError`. */
import { PlatformError } from '#kernel/errors';

/** The text is no template: not well-formed, an unknown section, a missing member. */
export function formatError(detail: string): PlatformError {
  return new PlatformError('invalid', 'ValidationError', `Template format error: ${detail}`);
}

/** A function, reference or parameter in a well-formed template does not work out. */
export function templateError(detail: string): PlatformError {
  return new PlatformError('invalid', 'ValidationError', `Template error: ${detail}`);
}

/** An error whose text starts with neither of the usual prefixes. */
export function validationError(message: string): PlatformError {
  return new PlatformError('invalid', 'ValidationError', message);
}
