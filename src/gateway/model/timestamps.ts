/** Timestamps as the wire protocols write them (Smithy 2.0, `timestampFormat` trait). */
import type { TimestampFormat } from './model.ts';

/** @returns undefined when the text is no time in this format, which is read leniently as AWS does. */
export function parseTimestamp(value: unknown, format: TimestampFormat): Date | undefined {
  if (typeof value === 'number') return fromEpochSeconds(value);
  if (typeof value !== 'string' || value === '') return undefined;
  if (format === 'unixTimestamp' || /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(value))
    return fromEpochSeconds(Number(value));
  if (!/^\d{4}-\d\d-\d\d|^[A-Z][a-z]{2}, /.test(value)) return undefined;
  const time = new Date(value);
  return Number.isNaN(time.getTime()) ? undefined : time;
}

export function formatTimestamp(time: Date, format: 'iso8601' | 'rfc822'): string {
  if (format === 'rfc822') return time.toUTCString();
  return time.toISOString().replace('.000Z', 'Z');
}

/** Seconds with up to three decimals, as JSON and CBOR carry them. */
export function epochSeconds(time: Date): number {
  return time.getTime() / 1000;
}

function fromEpochSeconds(seconds: number): Date | undefined {
  const time = new Date(Math.round(seconds * 1000));
  return Number.isNaN(time.getTime()) ? undefined : time;
}
