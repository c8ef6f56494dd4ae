/** ORC's dates, timestamps and decimals as the texts that rows carry. */
import { badData } from '../errors.ts';
import type { Integer, IntegerRuns } from './run-length.ts';

const dayMs = 86_400_000;
/** Seconds from 1970 to 2015-01-01, from which ORC counts. */
const epochSeconds = 1_420_070_400;

export function dateText(days: number): string {
  const date = new Date(days * dayMs);
  if (Number.isNaN(date.getTime())) throw badData('orc', `day ${days} is out of range`);
  return isoText(date).slice(0, -14);
}

/** Years beyond 9999 and before 0 as the SQL engines write them, without the sign ISO puts before six digits. */
function isoText(date: Date): string {
  return date
    .toISOString()
    .replace(/^\+0*/, '')
    .replace(/^-0*(\d{4})/, '-$1');
}

/** Digits behind the point are made `scale` by adding or cutting zeros; ORC keeps each value's own scale. */
export function decimalText(unscaled: Integer, ownScale: number, scale: number): string {
  if (Math.abs(ownScale) > 100) throw badData('orc', `a decimal has the scale ${ownScale}`);
  let value = BigInt(unscaled);
  if (ownScale < scale) value *= 10n ** BigInt(scale - ownScale);
  else if (ownScale > scale) value /= 10n ** BigInt(ownScale - scale);
  return formatDecimal(value, scale);
}

export function formatDecimal(unscaled: bigint, scale: number): string {
  if (scale === 0) return String(unscaled);
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0');
  return `${unscaled < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/**
 * Timestamps without a zone are kept as seconds since 2015 began in the writer's zone, and mean that zone's wall clock.
 * The low three bits of the nanoseconds say how many zeros were cut off.
 */
export function timestampReader(seconds: IntegerRuns, nanos: IntegerRuns, timezone: string): () => string {
  const offsetAt = zoneOffset(timezone);
  const base = epochSeconds - offsetAt(epochSeconds);
  return () => {
    let instant = Number(seconds.next()) + base;
    const packed = Number(nanos.next());
    const zeros = packed % 8;
    const nano = Math.floor(packed / 8) * (zeros === 0 ? 1 : 10 ** (zeros + 1));
    if (instant < 0 && nano > 999_999) instant -= 1;
    return timestampText(instant + offsetAt(instant), nano);
  };
}

/** @param nano 0 to 999,999,999 */
export function timestampText(seconds: number, nano: number): string {
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime()) || nano < 0 || nano > 999_999_999)
    throw badData('orc', `the timestamp ${seconds}.${nano} is out of range`);
  const text = isoText(date);
  const fraction = nano === 0 ? '' : `.${String(nano).padStart(9, '0').replace(/0+$/, '')}`;
  return `${text.slice(0, -5).replace('T', ' ')}${fraction}`;
}

/** Seconds that the zone's wall clock is ahead of UTC at an instant; 0 for UTC and for zones that are not known. */
function zoneOffset(timezone: string): (epochSecond: number) => number {
  if (['', 'UTC', 'GMT', 'Etc/UTC', 'Z'].includes(timezone)) return () => 0;
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en-US', { timeZone: timezone, timeZoneName: 'longOffset' });
  } catch {
    throw badData('orc', `the writer's time zone '${timezone}' is not known`);
  }
  const known = new Map<number, number>();
  return (epochSecond) => {
    const quarter = Math.floor(epochSecond / 900);
    let offset = known.get(quarter);
    if (offset === undefined) {
      const name =
        format.formatToParts(new Date(quarter * 900_000)).find((part) => part.type === 'timeZoneName')?.value ?? '';
      const match = /GMT([+-])(\d{2}):(\d{2})(?::(\d{2}))?/.exec(name);
      offset =
        match === null
          ? 0
          : (match[1] === '-' ? -1 : 1) * (Number(match[2]) * 3600 + Number(match[3]) * 60 + Number(match[4] ?? 0));
      known.set(quarter, offset);
    }
    return offset;
  };
}
