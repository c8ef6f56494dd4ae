/** What can go wrong with stacks, with CloudFormation's codes and words. */
import { PlatformError } from '#kernel/errors';
import type { StackStatus } from './stack.ts';

export function invalid(message: string): PlatformError {
  return new PlatformError('invalid', 'ValidationError', message);
}

export function stackAbsent(name: string): PlatformError {
  return invalid(`Stack with id ${name} does not exist`);
}

/** Operations that change a stack answer with other words than those that describe one. */
export function stackToChangeAbsent(name: string): PlatformError {
  return invalid(`Stack [${name}] does not exist`);
}

export function stackExists(name: string): PlatformError {
  return new PlatformError('conflict', 'AlreadyExistsException', `Stack [${name}] already exists`);
}

export function wrongStatus(stackId: string, status: StackStatus, action: string): PlatformError {
  return invalid(`Stack:${stackId} is in ${status} state and can not be ${action}.`);
}

export function nothingToUpdate(): PlatformError {
  return invalid('No updates are to be performed.');
}

export function insufficientCapabilities(needed: readonly string[]): PlatformError {
  return new PlatformError(
    'invalid',
    'InsufficientCapabilitiesException',
    `Requires capabilities : [${needed.join(', ')}]`,
  );
}

export function terminationProtected(name: string): PlatformError {
  return invalid(
    `Stack [${name}] cannot be deleted while TerminationProtection is enabled. Switch it off with UpdateTerminationProtection first.`,
  );
}

export function changeSetAbsent(name: string): PlatformError {
  return new PlatformError('absent', 'ChangeSetNotFound', `ChangeSet [${name}] does not exist`);
}

export function changeSetExists(name: string): PlatformError {
  return new PlatformError(
    'conflict',
    'AlreadyExistsException',
    `ChangeSet ${name} cannot be created due to a name conflict: it exists already.`,
  );
}

export function changeSetNotExecutable(id: string, status: string): PlatformError {
  return new PlatformError(
    'invalid',
    'InvalidChangeSetStatus',
    `ChangeSet [${id}] cannot be executed in its current status of [${status}]`,
  );
}

export function resourceAbsent(logicalId: string, stackName: string): PlatformError {
  return invalid(`Resource ${logicalId} does not exist for stack ${stackName}`);
}
