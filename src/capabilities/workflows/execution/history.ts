/**
 * The history: events with ids counted from 1 and a chain of previous ids for each branch. What stands here is what
 * GetExecutionHistory shows; it is also the journal of the execution.
 * Specification: Step Functions API reference, HistoryEvent; the chain as AWS was recorded to build it.
 */
import type { JsonObject } from '#languages/asl/index';
import type { Datum } from './datum.ts';
import type { HistoryEvent } from './execution.ts';

// Limit: a Standard execution has at most 25,000 events; with the last one it fails.
export const eventsMaxDefault = 25_000;

/** Raised where an event would take the last place, which belongs to the failure itself. */
export class HistoryFull extends Error {
  override readonly name = 'HistoryFull';
}

type Details = Readonly<Record<string, unknown>>;

export function eventOf(
  id: number,
  previousEventId: number,
  timestampMs: number,
  type: string,
  details?: Details,
): HistoryEvent {
  const event = { id, previousEventId, timestampMs, type };
  if (details === undefined) return event;
  const name = detailsName(type);
  // Written out for the two that make up most of a history: objects of one shape are made several times faster.
  if (name === 'stateEnteredEventDetails') {
    return { id, previousEventId, timestampMs, type, stateEnteredEventDetails: details };
  }
  if (name === 'stateExitedEventDetails') {
    return { id, previousEventId, timestampMs, type, stateExitedEventDetails: details };
  }
  return { ...event, [name]: details };
}

type DetailsName = `${string}EventDetails`;

/** Event types by state type, since text that is put together each time is slow to look up. */
export const enteredTypes = eventTypes('Entered');
export const exitedTypes = eventTypes('Exited');

function eventTypes<Suffix extends string>(suffix: Suffix) {
  return {
    Pass: `PassState${suffix}`,
    Task: `TaskState${suffix}`,
    Choice: `ChoiceState${suffix}`,
    Wait: `WaitState${suffix}`,
    Succeed: `SucceedState${suffix}`,
    Fail: `FailState${suffix}`,
    Parallel: `ParallelState${suffix}`,
    Map: `MapState${suffix}`,
  } as const;
}

/** The states share the details of their entries and exits. */
const stateDetails: ReadonlyMap<string, DetailsName> = new Map<string, DetailsName>([
  ...Object.values(enteredTypes).map((type) => [type, 'stateEnteredEventDetails'] as const),
  ...Object.values(exitedTypes).map((type) => [type, 'stateExitedEventDetails'] as const),
]);

/** The member that holds an event's details; most types have one of their own. */
export function detailsName(type: string): DetailsName {
  return stateDetails.get(type) ?? `${type.charAt(0).toLowerCase()}${type.slice(1)}EventDetails`;
}

/** What the history says beside data that it shows in full. */
export const wholeData = { truncated: false };

export function inputDetails(input: Datum | string): Details {
  return { input: typeof input === 'string' ? input : input.text, inputDetails: wholeData };
}

export function outputDetails(output: Datum | string): Details {
  return { output: typeof output === 'string' ? output : output.text, outputDetails: wholeData };
}

export function exitDetails(name: string, output: Datum, assigned: JsonObject | undefined): Details {
  const details = { name, ...outputDetails(output) };
  if (assigned === undefined || Object.keys(assigned).length === 0) return details;
  const texts = Object.entries(assigned).map(([variable, value]) => [variable, JSON.stringify(value)]);
  return { ...details, assignedVariables: Object.fromEntries(texts), assignedVariablesDetails: wholeData };
}

/** Members that hold data of the user, left out where `includeExecutionData` is off. */
const dataMembers = new Set(['input', 'output', 'parameters', 'assignedVariables']);

/** The event without inputs and outputs. */
export function withoutData(event: HistoryEvent): HistoryEvent {
  return Object.fromEntries(
    Object.entries(event).map(([name, value]) => {
      if (typeof value !== 'object' || value === null) return [name, value];
      const kept = Object.entries(value as Details).filter(([member]) => !dataMembers.has(member));
      return [name, Object.fromEntries(kept.map(([member, detail]) => [member, hidden(member, detail)]))];
    }),
  ) as unknown as HistoryEvent;
}

function hidden(member: string, detail: unknown): unknown {
  return member.endsWith('Details') ? { truncated: true } : detail;
}
