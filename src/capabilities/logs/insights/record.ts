/** A log event as a query sees it: its own fields, and those found in its message. */
import { eventIdOf, type LogEvent } from '../log-event.ts';

export type Value = string | number | boolean | undefined;

export interface QueryRecord {
  /** Fields that the query has made, which hide those of the event. */
  readonly made: ReadonlyMap<string, Value>;
  readonly event?: LogEvent;
  readonly group?: string;
  readonly accountId?: string;
}

const reportNumbers: Readonly<Record<string, { readonly form: RegExp; readonly factor: number }>> = {
  '@duration': { form: /\tDuration: ([\d.]+) ms/, factor: 1 },
  '@billedDuration': { form: /\tBilled Duration: ([\d.]+) ms/, factor: 1 },
  '@initDuration': { form: /\tInit Duration: ([\d.]+) ms/, factor: 1 },
  '@memorySize': { form: /\tMemory Size: (\d+) MB/, factor: 1_000_000 },
  '@maxMemoryUsed': { form: /\tMax Memory Used: (\d+) MB/, factor: 1_000_000 },
};

/** Undefined where the record has no such field. */
export function fieldOf(record: QueryRecord, name: string): Value {
  if (record.made.has(name)) return record.made.get(name);
  const { event } = record;
  if (event === undefined) return undefined;
  switch (name) {
    case '@message':
      return event.message;
    case '@timestamp':
      return formatTime(event.timestampMs);
    case '@ingestionTime':
      return formatTime(event.ingestionMs);
    case '@logStream':
      return event.streamName;
    case '@log':
      return `${record.accountId}:${record.group}`;
    case '@ptr':
      return eventIdOf(event.id);
    default:
      return name.startsWith('@') ? functionField(event.message, name) : jsonField(event.message, name);
  }
}

/** `2026-01-31 12:00:00.000` */
export function formatTime(timeMs: number): string {
  return new Date(timeMs).toISOString().replace('T', ' ').replace('Z', '');
}

/** @returns NaN for what is no time */
export function parseTime(value: Value): number {
  if (typeof value === 'number') return value;
  const text = String(value ?? '');
  return /^\d+$/.test(text)
    ? Number(text)
    : Date.parse(/^\d{4}-\d\d-\d\d \d/.test(text) ? `${text.replace(' ', 'T')}Z` : text);
}

export function numberOf(value: Value): number {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN;
}

/** What Lambda's own lines say. */
function functionField(message: string, name: string): Value {
  const line = /^(START|END|REPORT) RequestId: (\S+)/.exec(message);
  if (name === '@type') return line?.[1];
  if (name === '@requestId') return line?.[2] ?? /^\S+\t([0-9a-f-]{36})\t/.exec(message)?.[1];
  const { form, factor = 1 } = reportNumbers[name] ?? {};
  const text = line?.[1] === 'REPORT' ? form?.exec(message)?.[1] : undefined;
  return text === undefined ? undefined : Number(text) * factor;
}

/** A member of the JSON in a message, by its names and indexes with dots between. */
function jsonField(message: string, path: string): Value {
  const start = message.indexOf('{');
  // Lambda writes time, request and level before the JSON of the code.
  if (start === -1 || !(start === 0 || /^\s*$|\t$/.test(message.slice(0, start)))) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(message.slice(start));
  } catch {
    return undefined;
  }
  return scalar(memberOf(value, path));
}

function memberOf(value: unknown, path: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  if (Object.hasOwn(value, path)) return (value as Record<string, unknown>)[path];
  for (let dot = path.indexOf('.'); dot !== -1; dot = path.indexOf('.', dot + 1)) {
    const head = path.slice(0, dot);
    if (!Object.hasOwn(value, head)) continue;
    const found = memberOf((value as Record<string, unknown>)[head], path.slice(dot + 1));
    if (found !== undefined) return found;
  }
  return undefined;
}

function scalar(value: unknown): Value {
  if (value === null || value === undefined) return undefined;
  if (typeof value === 'object') return JSON.stringify(value);
  return value as string | number | boolean;
}
