/** The rules of a container of states: its fields, names, transitions and ends. */
import type { JsonObject } from '../machine.ts';
import type { Diagnostics } from './diagnostics.ts';
import { isObject } from './field-rule.ts';

export interface Transition {
  readonly target: string;
  readonly location: string;
}

/** Where a state may go, in the order of its fields. */
export function transitionsOf(state: JsonObject, location: string): Transition[] {
  const found: Transition[] = [];
  const add = (target: unknown, at: string): void => {
    if (typeof target === 'string') found.push({ target, location: `${location}/${at}` });
  };
  if (state.Type !== 'Choice') add(state.Next, 'Next');
  for (const field of ['Choices', 'Catch']) {
    const list = state[field];
    if (!Array.isArray(list)) continue;
    for (const [index, item] of list.entries()) if (isObject(item)) add(item.Next, `${field}[${index}]/Next`);
  }
  add(state.Default, 'Default');
  return found;
}

/**
 * Every transition leads to a state of the same container, one state ends it, and each can be reached. AWS says `Next` for every
 * kind of transition, and looks for states out of reach only where there is an end.
 */
export function checkTransitions(flow: JsonObject, location: string, diagnostics: Diagnostics): void {
  const states = flow.States as JsonObject;
  const pointer = (name: string): string => `${location}/States/${name}`;
  const dangling = (transition: Transition): void =>
    diagnostics.error('MISSING_TRANSITION_TARGET', `Missing 'Next' target: ${transition.target}`, transition.location);

  if (typeof flow.StartAt === 'string' && !Object.hasOwn(states, flow.StartAt)) {
    dangling({ target: flow.StartAt, location: `${location}/StartAt` });
  }
  for (const [name, state] of Object.entries(states)) {
    if (!isObject(state)) continue;
    transitionsOf(state, pointer(name))
      .filter(({ target }) => !Object.hasOwn(states, target))
      .forEach(dangling);
  }
  if (!Object.values(states).some(isTerminal)) {
    diagnostics.error('MISSING_END_STATE', 'Workflow has no terminal state');
    return;
  }
  // Without a start nothing can be said of what follows it.
  if (flow.StartAt === undefined) return;
  const reached = reachedFrom(flow.StartAt, states);
  for (const name of Object.keys(states)) {
    if (!reached.has(name)) {
      diagnostics.error('MISSING_TRANSITION_TARGET', `State "${name}" is not reachable.`, pointer(name));
    }
  }
}

function isTerminal(state: unknown): boolean {
  const { End, Type } = isObject(state as JsonObject) ? (state as JsonObject) : {};
  return End === true || Type === 'Succeed' || Type === 'Fail';
}

function reachedFrom(start: unknown, states: JsonObject): ReadonlySet<string> {
  const reached = new Set<string>();
  const waiting = typeof start === 'string' ? [start] : [];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const state = states[name];
    if (reached.has(name) || !Object.hasOwn(states, name) || !isObject(state)) continue;
    reached.add(name);
    waiting.push(...transitionsOf(state, '').map(({ target }) => target));
  }
  return reached;
}
