/** The errors of Step Functions, in its own words. */
import { PlatformError, type ErrorKind } from '#kernel/errors';

export function validation(message: string): PlatformError {
  return new PlatformError('invalid', 'ValidationException', message);
}

/** A value that a service model's constraint refuses, in the words of that check. */
export function constraint(member: string, value: unknown, must: string): PlatformError {
  return validation(
    `1 validation error detected: Value '${String(value)}' at '${member}' failed to satisfy constraint: ${must}`,
  );
}

export const invalidName = quoting('invalid', 'InvalidName', 'Invalid Name');
export const invalidArn = quoting('invalid', 'InvalidArn', 'Invalid Arn');
export const invalidToken = (): PlatformError => failure('invalid', 'InvalidToken', "Invalid Token: 'Invalid token'");
export const invalidExecutionInput = quoting(
  'invalid',
  'InvalidExecutionInput',
  'Invalid State Machine Execution Input',
);
export const invalidOutput = quoting('invalid', 'InvalidOutput', 'Invalid Output');
export const invalidDefinition = quoting('invalid', 'InvalidDefinition', 'Invalid State Machine Definition');

export function invalidLogging(message: string): PlatformError {
  return failure('invalid', 'InvalidLoggingConfiguration', `Invalid Logging Configuration: ${message}`);
}

export function invalidEncryption(message: string): PlatformError {
  return failure('invalid', 'InvalidEncryptionConfiguration', `Invalid Encryption Configuration: ${message}`);
}

export function missingParameter(message: string): PlatformError {
  return failure('invalid', 'MissingRequiredParameter', message);
}

export const machineAbsent = quoting('absent', 'StateMachineDoesNotExist', 'State Machine Does Not Exist');
export const machineExists = quoting('conflict', 'StateMachineAlreadyExists', 'State Machine Already Exists');
export const machineDeleting = quoting('conflict', 'StateMachineDeleting', 'State Machine is deleting');
export const executionAbsent = quoting('absent', 'ExecutionDoesNotExist', 'Execution Does Not Exist');
export const executionExists = quoting('conflict', 'ExecutionAlreadyExists', 'Execution Already Exists');
export const activityAbsent = quoting('absent', 'ActivityDoesNotExist', 'Activity Does Not Exist');
export const activityExists = quoting('conflict', 'ActivityAlreadyExists', 'Activity Already Exists');
export const taskAbsent = quoting('absent', 'TaskDoesNotExist', 'Task does not exist');
export const taskTimedOut = (): PlatformError =>
  failure('conflict', 'TaskTimedOut', "Task Timed Out: 'Provided task does not exist anymore'");

export function resourceAbsent(arn: string): PlatformError {
  return new PlatformError('absent', 'ResourceNotFound', `Resource not found: '${arn}'`, {
    details: { resourceName: arn },
  });
}

/** What an alias or a version refers to is not there. */
export function referenceAbsent(): PlatformError {
  return failure('absent', 'ResourceNotFound', 'Request references a resource that does not exist.');
}

export function conflict(message: string): PlatformError {
  return failure('conflict', 'ConflictException', message);
}

/** For templates: the operation itself answers a second creation with the alias there is. */
export const aliasExists = quoting('conflict', 'ConflictException', 'State Machine Alias Already Exists');

export function typeNotSupported(
  message = 'This operation is not supported by this type of state machine',
): PlatformError {
  return failure('invalid', 'StateMachineTypeNotSupported', message);
}

export function executionNotRedrivable(message: string): PlatformError {
  return failure('conflict', 'ExecutionNotRedrivable', message);
}

/** @param which the bound that was met, as a sentence */
export function executionLimit(which: string): PlatformError {
  const words =
    'The maximum number of running executions has been reached. Running executions must end or be stopped before a new ' +
    'execution can be started.';
  return failure('throttled', 'ExecutionLimitExceeded', `${words} (${which})`);
}

export function workerLimit(message: string): PlatformError {
  return failure('throttled', 'ActivityWorkerLimitExceeded', message);
}

export function quotaExceeded(message: string): PlatformError {
  return failure('invalid', 'ServiceQuotaExceededException', message);
}

export function tooManyTags(arn: string): PlatformError {
  return new PlatformError('invalid', 'TooManyTags', `Too many tags: a resource carries at most 50. ('${arn}')`, {
    details: { resourceName: arn },
  });
}

function failure(kind: ErrorKind, code: string, message: string): PlatformError {
  return new PlatformError(kind, code, message);
}

function quoting(kind: ErrorKind, code: string, words: string): (subject: string) => PlatformError {
  return (subject) => failure(kind, code, `${words}: '${subject}'`);
}
