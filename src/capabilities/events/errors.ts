/** The errors of EventBridge. */
import { PlatformError } from '#kernel/errors';

export function ruleAbsent(name: string): PlatformError {
  return new PlatformError('absent', 'ResourceNotFoundException', `Rule ${name} does not exist on EventBus default.`);
}

export function ruleExists(name: string): PlatformError {
  return new PlatformError(
    'conflict',
    'ResourceAlreadyExistsException',
    `Rule ${name} already exists on EventBus default. Choose another name.`,
  );
}

export function busAbsent(name: string): PlatformError {
  return new PlatformError(
    'absent',
    'ResourceNotFoundException',
    `Event bus ${name} does not exist. Only the bus 'default' is served.`,
  );
}

export function validation(message: string): PlatformError {
  return new PlatformError('invalid', 'ValidationException', message);
}

export function badPattern(reason: string): PlatformError {
  return new PlatformError('invalid', 'InvalidEventPatternException', `Event pattern is not valid. Reason: ${reason}.`);
}

export function limitExceeded(message: string): PlatformError {
  return new PlatformError('invalid', 'LimitExceededException', message);
}
