/** When a Wait state ends. States language, "Wait State". */
import { StateFailure, isJsonata, unexpectedType, type Json, type Scope, type WaitState } from '#languages/asl/index';
import { parseTimestamp } from '#languages/asl/timestamp';
import { evaluate, selectInput, sourceOf } from './data-flow.ts';
import type { Steps } from './steps.ts';

// Limit: a wait has at most 99,999,999 seconds.
const secondsMax = 99_999_999;

/** @returns the due time in ms since the epoch @throws StateFailure for values that are no wait */
export function* dueMsOf(state: WaitState, scope: Scope, enteredMs: number): Steps<number> {
  const { kind, value: expression } = state.until;
  const selected = yield* selectInput(state, scope);
  const value = yield* evaluate(expression, selected, scope);
  const source = sourceOf(expression);
  const isWritten = isJsonata(expression);
  const expected = kind === 'seconds' ? 'number' : 'string';
  if (isWritten && typeof value !== expected) throw unexpectedType(expression, expected, value);
  if (kind === 'seconds') return enteredMs + secondsOf(value, source, isWritten) * 1000;
  const timeMs = typeof value === 'string' ? parseTimestamp(value) : undefined;
  if (timeMs !== undefined) return Math.max(timeMs, enteredMs);
  throw state.queryLanguage === 'JSONata'
    ? evaluationFailed(
        `The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string: ${textOf(value)}`,
        'Timestamp',
      )
    : new StateFailure(
        'States.Runtime',
        `The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format string: ${source} == ${textOf(value)}`,
      );
}

function secondsOf(value: Json, source: string, isWritten: boolean): number {
  const isInteger = typeof value === 'number' && Number.isInteger(value);
  if (isWritten) {
    if (!isInteger || value < 0 || value > secondsMax) {
      throw evaluationFailed(
        `The JSONata expression '${source.replace(/^\{%\s*|\s*%\}$/g, '')}' specified for the field 'Seconds' returned an invalid value: ${textOf(value)}`,
        'Seconds',
      );
    }
    return value;
  }
  if (!isInteger) {
    const cause = `The SecondsPath parameter cannot be parsed as a long value: ${source} == ${textOf(value)}`;
    throw new StateFailure('States.Runtime', cause);
  }
  if (value < 0) {
    const cause = `The SecondsPath parameter references a negative value: ${source} == ${value}`;
    throw new StateFailure('States.Runtime', cause);
  }
  if (value > secondsMax) {
    const cause = `The SecondsPath parameter references a value larger than ${secondsMax}: ${source} == ${value}`;
    throw new StateFailure('States.Runtime', cause);
  }
  return value;
}

function evaluationFailed(cause: string, field: string): StateFailure {
  return new StateFailure('States.QueryEvaluationError', cause, field);
}

function textOf(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
