/** The Amazon States Language: text to a compiled machine. */
export { checkMachine, checkState, compileMachine, compileState, type StateCompilation } from './compile.ts';
export { StateFailure } from './failure.ts';
export { isJsonata, unexpectedType } from './jsonata/unexpected-type.ts';
export { JsonSyntaxError, JsonTooDeep, parseJsonText } from './json-text.ts';
export type * from './machine.ts';
export { parseResource } from './resource.ts';
export { matchesError, retryDelaySeconds } from './retry.ts';
export { parseTimestamp } from './timestamp.ts';
export type { Compilation, CompileOptions, Diagnostic } from './validation.ts';
