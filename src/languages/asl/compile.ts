/** Definitions to machines: parse, validate by AWS's rules, compile. States language and developer guide, "State machine structure". */
import { FlowCompiler } from './compile/flow-compiler.ts';
import { JsonSyntaxError, JsonTooDeep, parseJsonText, type ParsedJson } from './json-text.ts';
import { loadJsonata, type JsonataLibrary } from './jsonata/library.ts';
import type { JsonObject, Machine, QueryLanguage, State } from './machine.ts';
import { Diagnostics } from './validate/diagnostics.ts';
import { validateMachine, validateSingleState } from './validate/machine-rules.ts';
import type { Compilation, CompileOptions, Diagnostic } from './validation.ts';

// Limit: a definition has at most 1 MB, as in AWS.
const definitionMaxBytes = 1_048_576;

export interface StateCompilation {
  readonly diagnostics: readonly Diagnostic[];
  /** Absent when a diagnostic is an error. Its name is empty. */
  readonly state?: State;
}

/**
 * A machine from its text. JSONata expressions are compiled, and refused, when they are first evaluated: what comes from a user goes
 * through `checkMachine` once.
 */
export function compileMachine(text: string, options: CompileOptions): Compilation {
  return compile(text, options, undefined);
}

/** As `compileMachine`, with the syntax of all JSONata expressions checked: what CreateStateMachine and its like answer by. */
export async function checkMachine(text: string, options: CompileOptions): Promise<Compilation> {
  return compile(text, options, await libraryFor(text));
}

/** The definition of one state by itself, as TestState takes it: transitions lead anywhere. */
export function compileState(text: string, options: CompileOptions): StateCompilation {
  return compileSingle(text, options, undefined);
}

/** As `compileState`, with the syntax of all JSONata expressions checked. */
export async function checkState(text: string, options: CompileOptions): Promise<StateCompilation> {
  return compileSingle(text, options, await libraryFor(text));
}

async function libraryFor(text: string): Promise<JsonataLibrary | undefined> {
  return text.includes('{%') ? await loadJsonata() : undefined;
}

function compile(text: string, options: CompileOptions, jsonata: JsonataLibrary | undefined): Compilation {
  const diagnostics = new Diagnostics();
  const parsed = parse(text, diagnostics);
  if (parsed) validateMachine(parsed, options, jsonata, diagnostics);
  if (!parsed || diagnostics.hasErrors) return { diagnostics: diagnostics.list };
  const definition = parsed.value as JsonObject;
  const queryLanguage = (definition.QueryLanguage as QueryLanguage | undefined) ?? 'JSONPath';
  const machine: Machine = {
    queryLanguage,
    ...(typeof definition.Comment === 'string' && { comment: definition.Comment }),
    ...(definition.TimeoutSeconds !== undefined && { timeoutSeconds: definition.TimeoutSeconds as number }),
    flow: new FlowCompiler(queryLanguage, jsonata).flow(definition),
    definition: text,
  };
  return { diagnostics: diagnostics.list, machine };
}

function compileSingle(text: string, options: CompileOptions, jsonata: JsonataLibrary | undefined): StateCompilation {
  const diagnostics = new Diagnostics();
  const parsed = parse(text, diagnostics);
  if (parsed) validateSingleState(parsed, options, jsonata, diagnostics);
  if (!parsed || diagnostics.hasErrors) return { diagnostics: diagnostics.list };
  const state = new FlowCompiler('JSONPath', jsonata).state('', parsed.value as JsonObject);
  return { diagnostics: diagnostics.list, state };
}

function parse(text: string, diagnostics: Diagnostics): ParsedJson | undefined {
  if (text.trim() === '') {
    diagnostics.schema('Definition must be a valid JSON object');
    return undefined;
  }
  if (Buffer.byteLength(text) > definitionMaxBytes) {
    diagnostics.schema(`The definition is larger than ${definitionMaxBytes} bytes`);
    return undefined;
  }
  try {
    return parseJsonText(text);
  } catch (error) {
    if (error instanceof JsonSyntaxError) diagnostics.error('INVALID_JSON_DESCRIPTION', error.message, error.location);
    else if (error instanceof JsonTooDeep) diagnostics.error('TOO_DEEPLY_NESTED', error.message);
    else throw error;
    return undefined;
  }
}
