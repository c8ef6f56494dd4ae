/** What is wrong with a pattern, in the words of EventBridge; SNS puts the bare reason into words of its own. */
import { PlatformError } from '#kernel/errors';

export class PatternError extends PlatformError {
  /** Without a closing full stop. */
  readonly reason: string;

  constructor(reason: string) {
    super('invalid', 'InvalidEventPatternException', `Event pattern is not valid. Reason: ${reason}.`);
    this.reason = reason;
  }
}

export function badPattern(reason: string): PatternError {
  return new PatternError(reason);
}
