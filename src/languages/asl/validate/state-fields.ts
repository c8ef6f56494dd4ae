/** The fields of each type of state. Developer guide, "States". */
import { hasIntegration } from './integrations.ts';
import type { ExpressionRules } from './expression-rules.ts';
import {
  anything,
  boolean,
  integer,
  nonEmptyText,
  number,
  object,
  oneOf,
  text,
  type Check,
  type FieldRule,
} from './field-rule.ts';
import { parseResource } from '../resource.ts';
import { parseTimestamp } from '../timestamp.ts';

// Limit: waits, timeouts and heartbeats have at most 99,999,999 seconds, as in AWS.
export const secondsMax = 99_999_999;

export type FieldRules = Readonly<Record<string, FieldRule>>;
export type StateType = 'Pass' | 'Task' | 'Choice' | 'Wait' | 'Succeed' | 'Fail' | 'Parallel' | 'Map';

const resource: Check = (value, { report }) => {
  const parsed = typeof value === 'string' ? parseResource(value) : undefined;
  if (!parsed) report('Value is not a valid resource ARN');
  else if (parsed.kind === 'integration' && !hasIntegration(parsed)) {
    report(unknownResource(parsed.arn));
  }
};

export function unknownResource(arn: string): string {
  return `The resource provided ${arn} is not recognized. The value is not a valid resource ARN, or the resource is not available in this region.`;
}

const timestamp: Check = (value, { report }) => {
  if (typeof value !== 'string' || parseTimestamp(value) === undefined)
    report('String does not match RFC3339 timestamp');
};

const items: Check = (value, { report }) => {
  if (!Array.isArray(value)) report('Expected value of type Array');
};

const nonEmptyList: Check = (value, { report }) => {
  if (!Array.isArray(value)) report('Expected value of type Array');
  else if (value.length === 0) report('Array must not be empty');
};

/** The tables, bound to the expressions of one machine. */
export function stateFields(rules: ExpressionRules): Readonly<Record<StateType, FieldRules>> {
  const jsonpath = (check: Check): FieldRule => ({ only: 'JSONPath', check });
  const jsonata = (check: Check): FieldRule => ({ only: 'JSONata', check });
  const both = (check: Check): FieldRule => ({ check });
  const required = (check: Check): FieldRule => ({ check, isRequired: true });

  const common = { Type: both(text), Comment: both(anything), QueryLanguage: both(oneOf('JSONPath', 'JSONata')) };
  const flowing = { Next: both(nonEmptyText), End: both(boolean) };
  const selecting = { InputPath: jsonpath(rules.nullablePath), OutputPath: jsonpath(rules.nullablePath) };
  const output = { Output: jsonata(rules.jsonataOnly) };
  const assign = { Assign: both(rules.assignments) };
  const seconds = integer(0, secondsMax);
  const timeout = integer(1, secondsMax);
  const handling = {
    ResultSelector: jsonpath(rules.payload),
    ResultPath: jsonpath(rules.referencePath),
    Retry: both(items),
    Catch: both(items),
  };
  const payload = { Parameters: jsonpath(rules.payload), Arguments: jsonata(rules.jsonataOnly) };
  const base = { ...common, ...selecting, ...output };
  const moving = { ...base, ...flowing, ...assign };
  return {
    Pass: {
      ...moving,
      Result: jsonpath(anything),
      Parameters: jsonpath(rules.payload),
      ResultPath: jsonpath(rules.referencePath),
    },
    Task: {
      ...moving,
      ...handling,
      ...payload,
      Resource: required(resource),
      TimeoutSeconds: both(rules.constantOr(timeout)),
      TimeoutSecondsPath: jsonpath(rules.pathOrIntrinsic),
      HeartbeatSeconds: both(rules.constantOr(timeout)),
      HeartbeatSecondsPath: jsonpath(rules.pathOrIntrinsic),
      Credentials: both(rules.payload),
    },
    Choice: { ...base, ...assign, Choices: required(nonEmptyList), Default: both(nonEmptyText) },
    Wait: {
      ...moving,
      Seconds: both(rules.constantOr(seconds)),
      SecondsPath: jsonpath(rules.pathOrIntrinsic),
      Timestamp: both(rules.constantOr(timestamp)),
      TimestampPath: jsonpath(rules.pathOrIntrinsic),
    },
    Succeed: base,
    Fail: {
      ...common,
      Error: both(rules.constantOr(text)),
      ErrorPath: jsonpath(rules.pathOrIntrinsic),
      Cause: both(rules.constantOr(text)),
      CausePath: jsonpath(rules.pathOrIntrinsic),
    },
    Parallel: { ...moving, ...handling, ...payload, Branches: required(nonEmptyList) },
    Map: {
      ...moving,
      ...handling,
      Parameters: jsonpath(rules.payload),
      ItemProcessor: both(object),
      Iterator: both(object),
      Items: jsonata(rules.constantOr(itemsOrExpression(rules))),
      ItemsPath: jsonpath(rules.pathOrIntrinsic),
      ItemSelector: both(rules.payload),
      ItemReader: both(object),
      ItemBatcher: both(object),
      ResultWriter: both(object),
      Label: both(text),
      MaxConcurrency: both(rules.constantOr(integer(0, Number.MAX_SAFE_INTEGER))),
      MaxConcurrencyPath: jsonpath(rules.pathOrIntrinsic),
      ToleratedFailureCount: both(rules.constantOr(integer(0, Number.MAX_SAFE_INTEGER))),
      ToleratedFailureCountPath: jsonpath(rules.pathOrIntrinsic),
      ToleratedFailurePercentage: both(rules.constantOr(number(0, 100))),
      ToleratedFailurePercentagePath: jsonpath(rules.pathOrIntrinsic),
    },
  };
}

/** A list written out may hold expressions. */
function itemsOrExpression(rules: ExpressionRules): Check {
  return (value, place) => {
    if (Array.isArray(value)) rules.jsonataOnly(value, place);
    else items(value, place);
  };
}
