/** The rules of `Retry` and `Catch`. Developer guide, "Handling errors". */
import type { Json, JsonObject } from '../machine.ts';
import type { ExpressionRules } from './expression-rules.ts';
import { anything, integer, isObject, nonEmptyText, number, oneOf, type Check, type FieldRule } from './field-rule.ts';
import { secondsMax, type FieldRules } from './state-fields.ts';

// Limit: a retry waits at most 31,622,400 seconds (366 days), as in AWS.
const delayMax = 31_622_400;

const errorNames: Check = (value, { report }) => {
  if (!Array.isArray(value) || value.some((name) => typeof name !== 'string')) {
    return report('Expected value of type Array of String');
  }
  if (value.length === 0) return report('Array must not be empty');
  if (value.length > 1 && value.includes('States.ALL')) report("'States.ALL' must appear alone");
};

export const retrierFields: FieldRules = {
  ErrorEquals: { check: errorNames, isRequired: true },
  IntervalSeconds: { check: integer(1, secondsMax) },
  MaxAttempts: { check: integer(0, secondsMax) },
  BackoffRate: { check: number(1) },
  MaxDelaySeconds: { check: integer(1, delayMax - 1) },
  JitterStrategy: { check: oneOf('FULL', 'NONE') },
  Comment: { check: anything },
};

export function catcherFields(rules: ExpressionRules): FieldRules {
  const jsonata: FieldRule = { only: 'JSONata', check: rules.jsonataOnly };
  return {
    ErrorEquals: { check: errorNames, isRequired: true },
    Next: { check: nonEmptyText, isRequired: true },
    ResultPath: { only: 'JSONPath', check: rules.referencePath },
    Output: jsonata,
    Assign: { check: rules.assignments },
    Comment: { check: anything },
  };
}

/** What the entries of a list must be to each other. */
export function checkHandlerOrder(handlers: readonly Json[], report: (message: string, index: number) => void): void {
  handlers.forEach((handler, index) => {
    if (!isObject(handler)) return;
    const names = handler.ErrorEquals;
    if (Array.isArray(names) && names.includes('States.ALL') && index < handlers.length - 1) {
      report("'States.ALL' must appear in the last entry", index);
    }
    checkDelays(handler, (message) => report(message, index));
  });
}

function checkDelays({ MaxDelaySeconds, IntervalSeconds = 1 }: JsonObject, report: (message: string) => void): void {
  if (typeof MaxDelaySeconds !== 'number' || typeof IntervalSeconds !== 'number') return;
  if (MaxDelaySeconds <= IntervalSeconds) report("'MaxDelaySeconds' must be greater than 'IntervalSeconds'");
}
