/**
 * Events as a row of the history keeps them: half the bytes of what the API shows, and so half the time of a write. Ids
 * count up from the row's first one, the name of the details follows from the type, and what is never truncated is not said.
 */
import type { HistoryEvent } from '../execution.ts';
import { detailsName, wholeData } from '../history.ts';

type Details = Readonly<Record<string, unknown>>;
type PackedEvent = readonly [previousEventId: number, timestampMs: number, type: string, details?: Details];

/** @param events with ids that follow each other */
export function packEvents(events: readonly HistoryEvent[]): string {
  return JSON.stringify(events.map(packed));
}

/** @param firstId of the row */
export function unpackEvents(text: string, firstId: number): HistoryEvent[] {
  const events = JSON.parse(text) as (PackedEvent | HistoryEvent)[];
  // Rows that were written before this form hold whole events.
  return events.map((event, index) => (isPacked(event) ? unpacked(event, firstId + index) : event));
}

function packed(event: HistoryEvent): PackedEvent {
  const { previousEventId, timestampMs, type } = event;
  const details = event[detailsName(type)];
  if (details === undefined) return [previousEventId, timestampMs, type];
  // Members that are undefined do not get into the text.
  const { input, output, assignedVariables } = details;
  if (input !== undefined) return [previousEventId, timestampMs, type, { ...details, inputDetails: undefined }];
  if (output === undefined) return [previousEventId, timestampMs, type, details];
  const kept =
    assignedVariables === undefined
      ? { ...details, outputDetails: undefined }
      : { ...details, outputDetails: undefined, assignedVariablesDetails: undefined };
  return [previousEventId, timestampMs, type, kept];
}

function unpacked([previousEventId, timestampMs, type, details]: PackedEvent, id: number): HistoryEvent {
  const event = { id, previousEventId, timestampMs, type };
  if (details === undefined) return event;
  return {
    ...event,
    [detailsName(type)]: {
      ...details,
      ...(details['input'] !== undefined && { inputDetails: wholeData }),
      ...(details['output'] !== undefined && { outputDetails: wholeData }),
      ...(details['assignedVariables'] !== undefined && { assignedVariablesDetails: wholeData }),
    },
  };
}

function isPacked(event: PackedEvent | HistoryEvent): event is PackedEvent {
  return Array.isArray(event);
}
