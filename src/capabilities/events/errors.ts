/** The errors of EventBridge and EventBridge Scheduler. */
import { PlatformError } from '#kernel/errors';

export function ruleAbsent(name: string, bus: string): PlatformError {
  return absent(`Rule ${name} does not exist on EventBus ${bus}.`);
}

export function ruleExists(name: string, bus: string): PlatformError {
  return exists(`Rule ${name} already exists on EventBus ${bus}. Choose another name.`);
}

export function busAbsent(name: string): PlatformError {
  return absent(`Event bus ${name} does not exist.`);
}

export function busStatementAbsent(bus: string, sid: string): PlatformError {
  return absent(`Statement with the provided id '${sid}' does not exist on EventBus ${bus}.`);
}

export function absent(message: string): PlatformError {
  return new PlatformError('absent', 'ResourceNotFoundException', message);
}

export function archiveAbsent(name: string): PlatformError {
  return absent(`Archive ${name} does not exist.`);
}

export function replayAbsent(name: string): PlatformError {
  return absent(`Replay ${name} does not exist.`);
}

/** For a replay that has ended, or is on its way to it. */
export function replayNotRunning(name: string, state: string): PlatformError {
  return new PlatformError(
    'conflict',
    'IllegalStatusException',
    `Replay ${name} is not in a valid state for this operation: it is ${state}.`,
  );
}

export function connectionAbsent(name: string): PlatformError {
  return absent(`Failed to describe the connection(s). Connection '${name}' does not exist.`);
}

export function destinationAbsent(name: string): PlatformError {
  return absent(`Failed to describe the api-destination(s). An api-destination '${name}' does not exist.`);
}

export function scheduleAbsent(name: string): PlatformError {
  return absent(`Schedule ${name} does not exist.`);
}

export function exists(message: string): PlatformError {
  return new PlatformError('conflict', 'ResourceAlreadyExistsException', message);
}

/** The code under which Scheduler says that a name is taken. */
export function conflict(message: string): PlatformError {
  return new PlatformError('conflict', 'ConflictException', message);
}

export function quotaExceeded(message: string): PlatformError {
  return new PlatformError('invalid', 'ServiceQuotaExceededException', message);
}

export function validation(message: string): PlatformError {
  return new PlatformError('invalid', 'ValidationException', message);
}

export function limitExceeded(message: string): PlatformError {
  return new PlatformError('invalid', 'LimitExceededException', message);
}

export function policyTooLong(message: string): PlatformError {
  return new PlatformError('invalid', 'PolicyLengthExceededException', message);
}

/** A target that could not be reached or answered with a failure; delivered again later. */
export function targetFailed(message: string, cause?: unknown): PlatformError {
  return new PlatformError('unavailable', 'SDK_CLIENT_ERROR', message, { cause });
}
