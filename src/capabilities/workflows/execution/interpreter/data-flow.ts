/**
 * How data passes through one state, in the order of the specification: InputPath, Parameters | Arguments, the state's
 * work, ResultSelector, ResultPath, OutputPath | Output, Assign. Pure: the interpreter and TestState both use it, the
 * latter with a `note` that hears of each step's value.
 */
import {
  StateFailure,
  isJsonata,
  unexpectedType,
  type Catcher,
  type ChoiceState,
  type Expression,
  type FailState,
  type Handling,
  type Json,
  type JsonObject,
  type PassState,
  type ReferencePath,
  type Scope,
  type State,
} from '#languages/asl/index';
import { Datum } from '../datum.ts';
import { settled, type Steps } from './steps.ts';

/** Steps that TestState shows, by the names of its inspection data. */
export type Step =
  | 'afterInputPath'
  | 'afterParameters'
  | 'afterArguments'
  | 'afterResultSelector'
  | 'afterResultPath'
  | 'variables';

export type Note = (step: Step, value: Json) => void;

/** What a state leaves behind. */
export interface Completion {
  readonly output: Datum;
  /** Values by variable name. */
  readonly assigned?: JsonObject;
  /** Absent: the flow ends here. */
  readonly next?: string;
}

type Assignments = ReadonlyMap<string, Expression>;

/** The input after InputPath. */
export function* selectInput(state: State, scope: Scope, note?: Note): Steps<Json> {
  const { inputPath } = state;
  if (inputPath === undefined && state.queryLanguage === 'JSONata') return scope.input;
  const value =
    inputPath === undefined ? scope.input : inputPath === null ? {} : yield* evaluate(inputPath, scope.input, scope);
  note?.('afterInputPath', value);
  return value;
}

/** What the state's work is given. @param selected the input after InputPath */
export function* parametersOf(
  state: { readonly parameters?: Expression; readonly queryLanguage: State['queryLanguage'] },
  selected: Json,
  scope: Scope,
  note?: Note,
): Steps<Json> {
  const value = state.parameters === undefined ? selected : yield* evaluate(state.parameters, selected, scope);
  note?.(state.queryLanguage === 'JSONata' ? 'afterArguments' : 'afterParameters', value);
  return value;
}

/** From the result of a Task, Parallel or Map state to its output. */
export function* completeWork(state: Handling & State, result: Json, scope: Scope, note?: Note): Steps<Completion> {
  const withResult = scopeWith(scope, { result });
  if (state.queryLanguage === 'JSONata') return yield* completeJsonata(state, Datum.of(result), withResult, note);
  const selected =
    state.resultSelector === undefined ? result : yield* evaluate(state.resultSelector, result, withResult);
  note?.('afterResultSelector', selected);
  const assigned = yield* assignments(state.assign, selected, withResult, note);
  const combined = combine(state.resultPath, scope.input, selected, note);
  return { ...(yield* leave(state, combined, scope)), ...assigned, ...nextOf(state) };
}

export function* completePass(state: PassState, input: Datum, scope: Scope, note?: Note): Steps<Completion> {
  if (state.queryLanguage === 'JSONata') return yield* completeJsonata(state, input, scope, note);
  const selected = yield* selectInput(state, scope, note);
  const result = state.result ?? (yield* parametersOf(state, selected, scope, note));
  note?.('afterResultSelector', result);
  const assigned = yield* assignments(state.assign, result, scope, note);
  const combined = combine(state.resultPath, scope.input, result, note);
  return { ...(yield* leave(state, combined, scope, input)), ...assigned, ...nextOf(state) };
}

/** Of Wait and Succeed, which pass their input on. */
export function* completePassing(state: State, input: Datum, scope: Scope, note?: Note): Steps<Completion> {
  if (state.queryLanguage === 'JSONata') return yield* completeJsonata(state, input, scope, note);
  const selected = yield* selectInput(state, scope, note);
  const assigned = yield* assignments(state.assign, selected, scope, note);
  return { ...(yield* leave(state, selected, scope, input)), ...assigned, ...nextOf(state) };
}

/** @throws StateFailure States.Runtime when no rule matches and there is no default */
export function* completeChoice(state: ChoiceState, input: Datum, scope: Scope, note?: Note): Steps<Completion> {
  const selected = yield* selectInput(state, scope, note);
  for (const rule of state.choices) {
    if (!(yield* settled(rule.test.matches(selected, scope)))) continue;
    const assigned = yield* assignments(rule.assign, selected, scope, note);
    const left =
      rule.output === undefined
        ? yield* leave(state, selected, scope, input)
        : { output: Datum.of(yield* evaluate(rule.output, selected, scope)) };
    return { ...left, ...assigned, next: rule.next };
  }
  if (state.default === undefined) {
    throw new StateFailure(
      'States.Runtime',
      'Failed to transition out of the state. The state does not point to a next state.',
    );
  }
  const passed = yield* completePassing({ ...state }, input, scope);
  return { ...passed, next: state.default };
}

/** What a catcher makes of an error. @param errorOutput `{ Error, Cause }` */
export function* completeCatch(
  state: Handling & State,
  catcher: Catcher,
  errorOutput: JsonObject,
  scope: Scope,
  note?: Note,
): Steps<Completion> {
  const withError = scopeWith(scope, { errorOutput });
  const assigned = yield* assignments(catcher.assign, errorOutput, withError, note);
  let output: Json;
  if (state.queryLanguage === 'JSONata') {
    output = catcher.output === undefined ? errorOutput : yield* evaluate(catcher.output, errorOutput, withError);
  } else {
    output = combine(catcher.resultPath, scope.input, errorOutput, note);
  }
  return { output: Datum.of(output), ...assigned, next: catcher.next };
}

/** The scope with a result or an error added. */
export function scopeWith(scope: Scope, more: { readonly result: Json } | { readonly errorOutput: Json }): Scope {
  return Object.defineProperties(
    Object.create(scope) as Scope,
    Object.fromEntries(Object.entries(more).map(([name, value]) => [name, { value, enumerable: true }])),
  );
}

export function evaluate(expression: Expression, root: Json, scope: Scope): Steps<Json> {
  return settled(expression.evaluate(root, scope));
}

/** An expression as it was written. */
/** How a Fail state ends. @throws StateFailure when a text of its own cannot be made */
export function* failureOf({ error, cause }: FailState, scope: Scope): Steps<StateFailure> {
  return new StateFailure(yield* failureText(error, scope), yield* failureText(cause, scope));
}

function* failureText(expression: Expression | undefined, scope: Scope): Steps<string | undefined> {
  if (expression === undefined) return undefined;
  const value = yield* evaluate(expression, scope.input, scope);
  if (typeof value === 'string') return value;
  if (isJsonata(expression)) throw unexpectedType(expression, 'string', value);
  return JSON.stringify(value);
}

export function sourceOf({ source }: Expression): string {
  return typeof source === 'string' ? source : JSON.stringify(source);
}

function* completeJsonata(state: State, passed: Datum, scope: Scope, note?: Note): Steps<Completion> {
  const output = state.output === undefined ? passed : Datum.of(yield* evaluate(state.output, passed.value, scope));
  const assigned = yield* assignments(state.assign, passed.value, scope, note);
  return { output, ...assigned, ...nextOf(state) };
}

/** All values are evaluated on the variables as they were. */
function* assignments(
  assign: Assignments | undefined,
  root: Json,
  scope: Scope,
  note?: Note,
): Steps<{ assigned?: JsonObject }> {
  if (assign === undefined) return {};
  const assigned: Record<string, Json> = {};
  for (const [name, expression] of assign) assigned[name] = yield* evaluate(expression, root, scope);
  note?.('variables', assigned);
  return { assigned };
}

function combine(path: ReferencePath | null | undefined, input: Json, result: Json, note?: Note): Json {
  const combined = path === undefined ? result : path === null ? input : path.insert(input, result);
  note?.('afterResultPath', combined);
  return combined;
}

function* leave(state: State, value: Json, scope: Scope, input?: Datum): Steps<{ output: Datum }> {
  const { outputPath } = state;
  const output =
    outputPath === undefined ? value : outputPath === null ? {} : yield* evaluate(outputPath, value, scope);
  // The same value keeps its text, as it was written.
  return { output: input !== undefined && output === scope.input ? input : Datum.of(output) };
}

function nextOf(state: State): { next?: string } {
  return 'next' in state && state.next !== undefined ? { next: state.next } : {};
}
