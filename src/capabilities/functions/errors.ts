/** The errors of Lambda, in its own words where they are known. */
import { PlatformError, type ErrorKind } from '#kernel/errors';

const user = { Type: 'User' };

function lambdaError(kind: ErrorKind, code: string, message: string, details: object = user): PlatformError {
  return new PlatformError(kind, code, message, { details: { ...details } });
}

/** @param what the kind and the ARN or name, such as `Function not found: arn:…` */
export function absent(what: string): PlatformError {
  return lambdaError('absent', 'ResourceNotFoundException', what);
}

export function functionAbsent(arn: string): PlatformError {
  return absent(`Function not found: ${arn}`);
}

export function noSuchResource(): PlatformError {
  return absent('The resource you requested does not exist.');
}

export function conflict(message: string): PlatformError {
  return lambdaError('conflict', 'ResourceConflictException', message);
}

export function invalidParameter(message: string, cause?: unknown): PlatformError {
  return new PlatformError('invalid', 'InvalidParameterValueException', message, {
    details: user,
    ...(cause !== undefined && { cause }),
  });
}

export function preconditionFailed(): PlatformError {
  return lambdaError(
    'conflict',
    'PreconditionFailedException',
    'The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id',
  );
}

export function badContent(message: string): PlatformError {
  return lambdaError('invalid', 'InvalidRequestContentException', `Could not parse request body into json: ${message}`);
}

export function requestTooLarge(limitBytes: number): PlatformError {
  return lambdaError(
    'invalid',
    'RequestTooLargeException',
    `Request must be smaller than ${limitBytes} bytes for the InvokeFunction operation`,
  );
}

export function recursiveInvocation(arn: string): PlatformError {
  return lambdaError(
    'invalid',
    'RecursiveInvocationException',
    `Detected excessive recursive invocations of ${arn}. PutFunctionRecursionConfig with RecursiveLoop Allow lets it go on.`,
  );
}

export type ThrottleReason = 'ReservedFunctionConcurrentInvocationLimitExceeded' | 'ConcurrentInvocationLimitExceeded';

export function throttled(reason: ThrottleReason): PlatformError {
  return lambdaError('throttled', 'TooManyRequestsException', 'Rate Exceeded.', { ...user, Reason: reason });
}

export function unavailable(message: string, cause?: unknown): PlatformError {
  return new PlatformError('unavailable', 'ServiceException', message, {
    details: { Type: 'Service' },
    ...(cause !== undefined && { cause }),
  });
}

/** An archive that is no zip, or one that must not be unpacked. */
export function badArchive(why?: string, cause?: unknown): PlatformError {
  const message = 'Could not unzip uploaded file. Please check your file, then try to upload again.';
  return invalidParameter(why === undefined ? message : `${message} (${why})`, cause);
}
