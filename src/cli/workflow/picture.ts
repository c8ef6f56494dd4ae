/**
 * A workflow as lines of text: its states in the order in which they may be reached, branches indented, each with what became of it
 * by the history of one execution.
 */
import colors from 'picocolors';
import { formatDuration } from '../output.ts';

interface Definition {
  readonly StartAt?: string;
  readonly States?: Readonly<Record<string, StateDefinition>>;
}

interface StateDefinition {
  readonly Type: string;
  readonly Next?: string;
  readonly Default?: string;
  readonly Choices?: readonly { readonly Next?: string }[];
  readonly Catch?: readonly { readonly Next?: string }[];
  readonly Branches?: readonly Definition[];
  readonly ItemProcessor?: Definition;
  readonly Iterator?: Definition;
}

export interface Node {
  readonly name: string;
  readonly type: string;
  readonly depth: number;
}

/** The members of a history event that the picture reads. */
export interface HistoryEvent {
  readonly type: string;
  readonly timestamp: Date;
  readonly stateEnteredEventDetails?: { readonly name: string };
  readonly stateExitedEventDetails?: { readonly name: string };
}

export type Fate = 'untouched' | 'running' | 'succeeded' | 'failed';

export interface Visit {
  fate: Fate;
  /** Times it was entered. */
  count: number;
  enteredMs: number;
  /** Of all its visits that have ended. */
  tookMs: number;
}

/** The states of a definition, those that are reached first before the others. */
export function nodesOf(definition: Definition, depth = 0): Node[] {
  const { States: states = {}, StartAt: start = '' } = definition;
  const order: string[] = [];
  const queue = [start];
  for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
    const state = states[name];
    if (state === undefined || order.includes(name)) continue;
    order.push(name);
    const choices = (state.Choices ?? []).map((choice) => choice.Next);
    const catches = (state.Catch ?? []).map((catcher) => catcher.Next);
    queue.push(...[...choices, state.Next, state.Default, ...catches].filter((next) => next !== undefined));
  }
  return order.flatMap((name) => {
    const state = states[name]!;
    const inner = [...(state.Branches ?? []), state.ItemProcessor ?? state.Iterator].filter(
      (flow) => flow !== undefined,
    );
    return [{ name, type: state.Type, depth }, ...inner.flatMap((flow) => nodesOf(flow, depth + 1))];
  });
}

/** @param status of the execution: what is still open when it ended takes its fate */
export function visitsOf(events: readonly HistoryEvent[], status: string): Map<string, Visit> {
  const visits = new Map<string, Visit>();
  for (const { timestamp, stateEnteredEventDetails: entered, stateExitedEventDetails: exited } of events) {
    if (entered) {
      const before = visits.get(entered.name) ?? { count: 0, tookMs: 0 };
      visits.set(entered.name, { ...before, fate: 'running', count: before.count + 1, enteredMs: timestamp.getTime() });
    }
    const visit = exited && visits.get(exited.name);
    if (visit) {
      visit.fate = 'succeeded';
      visit.tookMs += timestamp.getTime() - visit.enteredMs;
    }
  }
  if (status === 'RUNNING') return visits;
  for (const visit of visits.values()) {
    if (visit.fate === 'running') visit.fate = status === 'SUCCEEDED' ? 'succeeded' : 'failed';
  }
  return visits;
}

const marks: Readonly<Record<Fate, string>> = {
  untouched: colors.dim('○'),
  running: colors.cyan('●'),
  succeeded: colors.green('✔'),
  failed: colors.red('✖'),
};

export function drawLines(nodes: readonly Node[], visits: ReadonlyMap<string, Visit>): string[] {
  const width = Math.max(...nodes.map(({ name, depth }) => name.length + 2 * depth));
  return nodes.map(({ name, depth }) => {
    const visit = visits.get(name);
    const fate = visit?.fate ?? 'untouched';
    const label = '  '.repeat(depth) + name;
    if (visit === undefined) return `${marks[fate]} ${colors.dim(label)}`;
    const times = visit.count > 1 ? `  ${visit.count} x` : '';
    const facts = `${visit.tookMs >= 1 ? formatDuration(visit.tookMs) : ''}${times}`;
    return facts === '' ? `${marks[fate]} ${label}` : `${marks[fate]} ${label.padEnd(width)}  ${colors.dim(facts)}`;
  });
}
