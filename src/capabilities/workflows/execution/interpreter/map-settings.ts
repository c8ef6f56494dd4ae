/** The fields of a Map state that are numbers or lists: from constants, paths or expressions, with AWS's words for bad ones. */
import {
  StateFailure,
  isJsonata,
  unexpectedType,
  type Expression,
  type Json,
  type MapState,
  type Scope,
} from '#languages/asl/index';
import { evaluate, sourceOf } from './data-flow.ts';
import type { Steps } from './steps.ts';

/** How many failures a Map state bears; absent: none at all. */
export interface Tolerances {
  readonly count?: number;
  readonly percentage?: number;
}

export function* itemsOf(state: MapState, selected: Json, scope: Scope): Steps<readonly Json[]> {
  const { items } = state;
  const value = items === undefined ? selected : yield* evaluate(items, selected, scope);
  if (Array.isArray(value)) return value as readonly Json[];
  if (state.queryLanguage === 'JSONata') {
    throw items === undefined
      ? new StateFailure(
          'States.QueryEvaluationError',
          `Map state input must be an array but was: ${JSON.stringify(value)}`,
        )
      : unexpectedType(items, 'array', value);
  }
  // A path into the context is told without its first dollar sign, as AWS does.
  const source = typeof items?.source === 'string' ? items.source.replace(/^\$\$/, '$') : '$';
  throw new StateFailure('States.Runtime', `Reference path "${source}" must point to array.`);
}

/** 0 is no bound. */
export function* concurrencyOf(state: MapState, selected: Json, scope: Scope): Steps<number> {
  const value = yield* numberOf(state.maxConcurrency, selected, scope, 'integer');
  if (value !== undefined && value < 0) throw new StateFailure('States.Runtime', 'MaxConcurrency cannot be negative.');
  return value ?? 0;
}

export function* tolerancesOf(state: MapState, selected: Json, scope: Scope): Steps<Tolerances> {
  const count = yield* numberOf(state.toleratedFailureCount, selected, scope, 'integer');
  const percentage = yield* numberOf(state.toleratedFailurePercentage, selected, scope, 'float');
  if (count !== undefined && count < 0) {
    throw new StateFailure('States.Runtime', 'ToleratedFailureCount cannot be negative.');
  }
  if (percentage !== undefined && (percentage < 0 || percentage > 100)) {
    throw new StateFailure('States.Runtime', 'ToleratedFailurePercentage must be between 0 and 100.');
  }
  return { ...(count !== undefined && { count }), ...(percentage !== undefined && { percentage }) };
}

/** How items are put into batches. */
export interface Batching {
  readonly maxItemsPerBatch?: number;
  readonly maxBytesPerBatch?: number;
  readonly batchInput?: Json;
}

export function* batchingOf({ itemBatcher }: MapState, selected: Json, scope: Scope): Steps<Batching> {
  if (itemBatcher === undefined) return {};
  const { batchInput, maxItems, maxInputBytes } = itemBatcher;
  const frame = batchInput === undefined ? undefined : yield* evaluate(batchInput, selected, scope);
  const count = maxItems === undefined ? undefined : yield* evaluate(maxItems, selected, scope);
  const bytes = maxInputBytes === undefined ? undefined : yield* evaluate(maxInputBytes, selected, scope);
  return {
    ...(frame !== undefined && { batchInput: frame }),
    ...(typeof count === 'number' && { maxItemsPerBatch: count }),
    ...(typeof bytes === 'number' && { maxBytesPerBatch: bytes }),
  };
}

/** JSONPath takes numbers as text too. */
function* numberOf(
  expression: Expression | undefined,
  root: Json,
  scope: Scope,
  kind: 'integer' | 'float',
): Steps<number | undefined> {
  if (expression === undefined) return undefined;
  const value = yield* evaluate(expression, root, scope);
  const isText = typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value);
  const number = typeof value === 'number' ? value : isText ? Number(value) : Number.NaN;
  if (kind === 'float' ? !Number.isNaN(number) : Number.isInteger(number)) return number;
  if (isJsonata(expression)) throw unexpectedType(expression, 'number', value);
  const shown = typeof value === 'string' ? value : JSON.stringify(value);
  const cause = `The ${expression.field} field refers to value "${shown}" which is not a valid ${kind}: ${sourceOf(expression)}`;
  throw new StateFailure('States.Runtime', cause);
}
