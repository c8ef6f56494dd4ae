/** Front door of the functions capability: Lambda functions, their versions, layers, event sources and addresses. */
export { createFunctions, type FunctionsConfig, type FunctionsParts } from './capability.ts';
export { findIsolation, type IsolationFacts } from './runtime/isolation.ts';
export { Interpreters } from './runtime/interpreter.ts';
export { functionsSchema } from './store/schema.ts';
