/** The failure of a JSONata expression whose value has another type than its field takes, in AWS's words. */
import { StateFailure } from '../failure.ts';
import type { Expression, Json } from '../machine.ts';
import { expressionIn } from './jsonata-expression.ts';

/** Whether it is written in JSONata, and not a path or a constant. */
export function isJsonata({ source }: Expression): boolean {
  return expressionIn(source) !== undefined;
}

export function unexpectedType({ source, field }: Expression, expected: string, value: Json): StateFailure {
  const type = value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
  return new StateFailure(
    'States.QueryEvaluationError',
    `The JSONata expression '${expressionIn(source) ?? JSON.stringify(source)}' specified for the field '${field}' ` +
      `returned an unexpected result type. Expected '${expected}', but was '${type}' for value: ${JSON.stringify(value)}`,
    field,
  );
}
