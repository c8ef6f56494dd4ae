/** The state that is tested: a definition of its own, or one by name out of a whole machine. */
import { checkMachine, checkState, type Diagnostic, type Flow, type State } from '#languages/asl/index';
import { invalidDefinition, validation } from '../errors.ts';
import { describeDiagnostic } from '../machines/machines.ts';
import type { StateTest } from './request.ts';

export interface Subject {
  readonly state: State;
  /** Whether it works on one item of a Map around it. */
  readonly isInMap: boolean;
}

/** @throws InvalidDefinition, ValidationException when the machine has no such state */
export async function findSubject({
  definition,
  stateName,
}: Pick<StateTest, 'definition' | 'stateName'>): Promise<Subject> {
  if (stateName === undefined) {
    const { state, diagnostics } = await checkState(definition, { type: 'STANDARD' });
    if (state !== undefined) return { state, isInMap: false };
    throw refused(diagnostics);
  }
  const { machine, diagnostics } = await checkMachine(definition, { type: 'STANDARD' });
  if (machine === undefined) throw refused(diagnostics);
  const subject = findState(machine.flow, stateName);
  if (subject === undefined) throw validation(`State '${stateName}' not found in the state machine definition.`);
  return subject;
}

/** Names are unique over the whole machine, so that the depth does not matter. */
function findState(flow: Flow, name: string): Subject | undefined {
  const own = flow.states.get(name);
  if (own !== undefined) return { state: own, isInMap: false };
  for (const state of flow.states.values()) {
    const found = findInside(state, name);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A state of the branches or of the item processor, at any depth. */
export function findInside(state: State, name: string): Subject | undefined {
  const flows = state.type === 'Parallel' ? state.branches : state.type === 'Map' ? [state.processor] : [];
  for (const flow of flows) {
    const found = findState(flow, name);
    if (found !== undefined) return { ...found, isInMap: found.isInMap || state.type === 'Map' };
  }
  return undefined;
}

function refused(diagnostics: readonly Diagnostic[]) {
  const first = diagnostics.find(({ severity }) => severity === 'ERROR');
  return invalidDefinition(first === undefined ? 'The definition is not valid.' : describeDiagnostic(first));
}
