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

export function groupProtected(name: string): PlatformError {
  return new PlatformError(
    'conflict',
    'OperationAbortedException',
    `Log group '${name}' is protected against deletion. Turn that off with PutLogGroupDeletionProtection first.`,
  );
}
