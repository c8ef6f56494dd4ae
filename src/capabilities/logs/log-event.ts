/** Log events, the limits of a batch, and the tokens that walk a stream in both directions. */
import { decodeToken, encodeToken } from '#kernel/paging';
import { invalidParameter } from './errors.ts';
import { dayMs } from './log-group.ts';

export interface NewLogEvent {
  readonly timestampMs: number;
  readonly message: string;
}

export interface LogEvent extends NewLogEvent {
  /** Grows with every event; orders events of one millisecond. */
  readonly id: number;
  readonly streamName: string;
  readonly ingestionMs: number;
}

/** Where a reader stands: between two events of a stream. */
export type Position = readonly [timestampMs: number, id: number];

/** Events of a batch that were not taken, as index bounds into it. */
export interface Rejected {
  readonly tooOldEndIndex?: number;
  readonly tooNewStartIndex?: number;
  readonly expiredEndIndex?: number;
}

// Limit: a PutLogEvents batch has at most 10,000 events and 1,048,576 bytes, counting 26 bytes for each event.
const batchEventsMax = 10_000;
const batchBytesMax = 1_048_576;
const eventOverheadBytes = 26;
const tooOldMs = 14 * dayMs;
const tooNewMs = 2 * 3_600_000;

export function eventSizeBytes(message: string): number {
  return Buffer.byteLength(message) + eventOverheadBytes;
}

/**
 * Checks a batch as a whole and parts it by time.
 * @throws InvalidParameterException when it is out of order, spans more than 24 hours or is too large
 */
export function sortOut(
  events: readonly NewLogEvent[],
  nowMs: number,
  retentionDays: number | undefined,
): { accepted: readonly NewLogEvent[]; rejected: Rejected } {
  checkBatch(events);
  const oldestMs = nowMs - tooOldMs;
  const expiredMs = retentionDays === undefined ? -Infinity : nowMs - retentionDays * dayMs;
  const tooOldEnd = events.filter((event) => event.timestampMs < oldestMs).length;
  const expiredEnd = events.filter((event) => event.timestampMs < expiredMs).length;
  const tooNewStart = events.findIndex((event) => event.timestampMs > nowMs + tooNewMs);
  return {
    accepted: events.slice(Math.max(tooOldEnd, expiredEnd), tooNewStart === -1 ? events.length : tooNewStart),
    rejected: {
      ...(tooOldEnd > 0 && { tooOldEndIndex: tooOldEnd }),
      ...(expiredEnd > 0 && { expiredEndIndex: expiredEnd }),
      ...(tooNewStart !== -1 && { tooNewStartIndex: tooNewStart }),
    },
  };
}

function checkBatch(events: readonly NewLogEvent[]): void {
  if (events.length > batchEventsMax) {
    throw invalidParameter(`The batch has ${events.length} log events; at most ${batchEventsMax} are allowed.`);
  }
  let sizeBytes = 0;
  for (const [index, event] of events.entries()) {
    sizeBytes += eventSizeBytes(event.message);
    const previous = events[index - 1];
    if (previous !== undefined && previous.timestampMs > event.timestampMs) {
      throw invalidParameter(
        `Log events in a single PutLogEvents request must be in chronological order; event ${index} is earlier than the one before.`,
      );
    }
  }
  if (sizeBytes > batchBytesMax) {
    throw invalidParameter(
      `The batch counts ${sizeBytes} bytes; at most ${batchBytesMax} are allowed. Send it in parts.`,
    );
  }
  const spanMs = (events.at(-1)?.timestampMs ?? 0) - (events[0]?.timestampMs ?? 0);
  if (spanMs > dayMs) {
    throw invalidParameter('The batch of log events in a single PutLogEvents request cannot span more than 24 hours.');
  }
}

/** The event id that FilterLogEvents gives: 56 digits, in the order of ingestion. */
export function eventIdOf(id: number): string {
  return String(id).padStart(56, '0');
}

export type Direction = 'f' | 'b';

export function formatPositionToken(direction: Direction, [timestampMs, id]: Position): string {
  return `${direction}/${encodeToken([timestampMs, id])}`;
}

export function parsePositionToken(token: string): { direction: Direction; position: Position } {
  const direction = token.slice(0, 1);
  if ((direction !== 'f' && direction !== 'b') || token[1] !== '/') throw badToken(token);
  const [timestampMs, id, ...rest] = decodeToken(token.slice(2), 'InvalidParameterException');
  if (typeof timestampMs !== 'number' || typeof id !== 'number' || rest.length > 0) throw badToken(token);
  return { direction, position: [timestampMs, id] };
}

function badToken(token: string): Error {
  return invalidParameter(`The specified nextToken is invalid: '${token.slice(0, 80)}'. Use the token of an answer.`);
}
