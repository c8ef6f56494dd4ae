/** The errors of CloudWatch Logs. */
import { PlatformError } from '#kernel/errors';

export function groupAbsent(name: string): PlatformError {
  return new PlatformError(
    'absent',
    'ResourceNotFoundException',
    `The specified log group does not exist: '${name}'. Create it with CreateLogGroup, or check the region.`,
  );
}

export function streamAbsent(group: string, name: string): PlatformError {
  return new PlatformError(
    'absent',
    'ResourceNotFoundException',
    `The specified log stream does not exist: '${name}' in log group '${group}'. Create it with CreateLogStream.`,
  );
}

export function groupExists(name: string): PlatformError {
  return new PlatformError(
    'conflict',
    'ResourceAlreadyExistsException',
    `The specified log group already exists: '${name}'.`,
  );
}

export function streamExists(group: string, name: string): PlatformError {
  return new PlatformError(
    'conflict',
    'ResourceAlreadyExistsException',
    `The specified log stream already exists: '${name}' in log group '${group}'.`,
  );
}

export function invalidParameter(message: string): PlatformError {
  return new PlatformError('invalid', 'InvalidParameterException', message);
}

export function subscriptionAbsent(name: string): PlatformError {
  return new PlatformError(
    'absent',
    'ResourceNotFoundException',
    `The specified subscription filter does not exist: '${name}'.`,
  );
}

export function queryAbsent(id: string): PlatformError {
  return new PlatformError('absent', 'ResourceNotFoundException', `Query with id '${id.slice(0, 80)}' not found.`);
}

/** @param start place of the first character that is wrong, from 0 */
export function malformedQuery(why: string, start: number, end: number): PlatformError {
  const message = `${why} (characters ${start} to ${end})`;
  const location = { startCharOffset: start, endCharOffset: end };
  return new PlatformError('invalid', 'MalformedQueryException', message, {
    details: { queryCompileError: { location, message: why } },
  });
}

export function tooManySubscriptions(): PlatformError {
  return new PlatformError(
    'conflict',
    'LimitExceededException',
    'Resource limit exceeded: a log group has at most 2 subscription filters.',
  );
}

export function groupProtected(name: string): PlatformError {
  return new PlatformError(
    'conflict',
    'OperationAbortedException',
    `Log group '${name}' is protected against deletion. Turn that off with PutLogGroupDeletionProtection first.`,
  );
}
