/** The errors of the Data Catalog, in the words and codes that Glue's clients look for. */
import { PlatformError } from '#kernel/errors';

export function databaseNotFound(name: string): PlatformError {
  return new PlatformError('absent', 'EntityNotFoundException', `Database ${name} not found.`);
}

export function tableNotFound(name: string): PlatformError {
  return new PlatformError('absent', 'EntityNotFoundException', `Table ${name} not found.`);
}

export function partitionNotFound(values: readonly string[]): PlatformError {
  return new PlatformError(
    'absent',
    'EntityNotFoundException',
    `Partition with values [${values.join(', ')}] not found.`,
  );
}

/** @param what the thing and its name, such as `Connection warehouse` */
export function entityNotFound(what: string): PlatformError {
  return new PlatformError('absent', 'EntityNotFoundException', `${what} not found.`);
}

export function databaseExists(name: string): PlatformError {
  return alreadyExists(`Database ${name}`);
}

export function tableExists(name: string): PlatformError {
  return alreadyExists(`Table ${name}`);
}

export function partitionExists(values: readonly string[]): PlatformError {
  return alreadyExists(`Partition with values [${values.join(', ')}]`);
}

export function alreadyExists(what: string): PlatformError {
  return new PlatformError('conflict', 'AlreadyExistsException', `${what} already exists.`);
}

export function concurrentUpdate(name: string, expected: string, actual: string): PlatformError {
  return new PlatformError(
    'conflict',
    'ConcurrentModificationException',
    `Update of table ${name} failed due to concurrent modification: it is at version ${actual}, not ${expected}. Read it again and repeat the change.`,
  );
}

export function invalidInput(message: string): PlatformError {
  return new PlatformError('invalid', 'InvalidInputException', message);
}

export function numberLimitExceeded(message: string): PlatformError {
  return new PlatformError('invalid', 'ResourceNumberLimitExceededException', message);
}

export function policyCondition(message: string): PlatformError {
  return new PlatformError('conflict', 'ConditionCheckFailureException', message);
}
