/** What the tests of this language share: machines in few words, and a scope. */
import { checkMachine } from './compile.ts';
import type { Json, JsonObject, Machine, QueryLanguage, Scope, State } from './machine.ts';
import type { Diagnostic } from './validation.ts';

export function definitionOf(states: JsonObject, more: JsonObject = {}): string {
  return JSON.stringify({ StartAt: Object.keys(states)[0] ?? 'A', States: states, ...more });
}

/** @throws when it is refused */
export async function machineOf(states: JsonObject, queryLanguage: QueryLanguage = 'JSONPath'): Promise<Machine> {
  const { machine, diagnostics } = await checkMachine(definitionOf(states, { QueryLanguage: queryLanguage }), {
    type: 'STANDARD',
  });
  if (!machine) throw new Error(JSON.stringify(diagnostics));
  return machine;
}

/** A machine of one state. */
export async function stateOf<Type extends State['type']>(
  type: Type,
  fields: JsonObject,
  queryLanguage?: QueryLanguage,
): Promise<State & { type: Type }> {
  const ends = type === 'Choice' || type === 'Succeed' || type === 'Fail' ? {} : { End: true };
  const machine = await machineOf(
    { A: { Type: type, ...ends, ...fields }, ...(type === 'Choice' && targets) },
    queryLanguage,
  );
  return machine.flow.states.get('A') as State & { type: Type };
}

const targets = { Yes: { Type: 'Succeed' }, No: { Type: 'Succeed' } };

/** `CODE: message at place` of each error. */
export async function errorsOf(text: string, type: 'STANDARD' | 'EXPRESS' = 'STANDARD'): Promise<string[]> {
  const { diagnostics } = await checkMachine(text, { type });
  return diagnostics.filter(({ severity }) => severity === 'ERROR').map(line);
}

export function line({ code, message, location }: Diagnostic): string {
  return `${code}: ${message} at ${location}`;
}

export function scopeOf(variables: JsonObject = {}, more: Partial<Scope> = {}): Scope {
  return {
    input: {},
    context: { Execution: { Name: 'run' }, State: { Name: 'A' } },
    variable: (name) => variables[name],
    variableNames: () => Object.keys(variables),
    nowMs: () => 0,
    random: () => 0.5,
    ...more,
  };
}

export type { Json };
