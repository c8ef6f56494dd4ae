/**
 * One cell of text as its column's type: the canonical text of the value, or nothing when it is none.
 *
 * Differs from AWS: blanks around numbers, dates and booleans are cut off, as Hive does; a fraction in an integer column
 * is no integer and gives NULL.
 */
import type { HiveType } from '../hive-type.ts';

export interface CellRules {
  /** OpenCSVSerde: bare numbers are days since 1970 in a date column, milliseconds in a timestamp column. */
  readonly isEpochTime: boolean;
  /** `timestamp.formats` or JSON: `2018-01-31T10:00:00Z` too. */
  readonly isIsoTime: boolean;
}

const bounds: Record<string, bigint> = { tinyint: 7n, smallint: 15n, int: 31n, bigint: 63n };
const integerPattern = /^[+-]?\d+$/;
const numberPattern = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,6}))?$/;
const datePattern = /^(\d{4})-(\d{1,2})-(\d{1,2})$/;
const timestampPattern =
  /^(\d{4})-(\d{1,2})-(\d{1,2})(?:([ T])(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,9}))?)?(Z|[+-]\d{2}:?\d{2})?)?$/;

/** @returns undefined when the text is no value of the type; the caller has dealt with NULL texts */
export function canonicalText(type: HiveType, text: string, rules: CellRules): string | undefined {
  switch (type.kind) {
    case 'string':
    case 'unknown':
      return text;
    case 'varchar':
    case 'char':
      return text.length <= type.length ? text : Array.from(text).slice(0, type.length).join('');
    case 'tinyint':
    case 'smallint':
    case 'int':
    case 'bigint':
      return integer(text.trim(), bounds[type.kind] ?? 63n);
    case 'float':
    case 'double':
      return floating(text.trim(), type.kind === 'float');
    case 'decimal':
      return decimal(text.trim(), type.precision, type.scale);
    case 'boolean':
      return boolean(text.trim());
    case 'date':
      return date(text.trim(), rules);
    case 'timestamp':
      return timestamp(text.trim(), rules);
    case 'binary':
      return binary(text);
    default:
      return undefined;
  }
}

function integer(text: string, bits: bigint): string | undefined {
  if (!integerPattern.test(text) || text.length > 60) return undefined;
  const value = BigInt(text.startsWith('+') ? text.slice(1) : text);
  return value >= -(1n << bits) && value < 1n << bits ? String(value) : undefined;
}

function floating(text: string, isSingle: boolean): string | undefined {
  if (text === 'NaN' || text === 'Infinity' || text === '-Infinity') return text;
  const match = numberPattern.exec(text);
  if (match === null || (match[2] === '' && (match[3] ?? '') === '')) return undefined;
  const value = isSingle ? Math.fround(Number(text)) : Number(text);
  if (!Number.isFinite(value)) return String(value);
  return Object.is(value, -0) ? '-0.0' : isSingle ? String(Number(text)) : String(value);
}

/** Rounds half up to the scale, as Hive does; undefined when there are more digits before the point than the type has. */
export function decimal(text: string, precision: number, scale: number): string | undefined {
  const match = numberPattern.exec(text);
  if (match === null) return undefined;
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match;
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  if (whole === '' && fraction === '') return undefined;
  const places = fraction.length - Number(exponent);
  if (digits.length > 400 || Math.abs(places) > 400) return undefined;
  const unscaled = rescale(BigInt(digits === '' ? '0' : digits), places, scale);
  const padded = String(unscaled).padStart(scale + 1, '0');
  if (unscaled !== 0n && String(unscaled).length > precision) return undefined;
  const cut = padded.length - scale;
  const number = scale === 0 ? padded : `${padded.slice(0, cut)}.${padded.slice(cut)}`;
  return sign === '-' && unscaled !== 0n ? `-${number}` : number;
}

function rescale(unscaled: bigint, places: number, scale: number): bigint {
  if (places <= scale) return unscaled * 10n ** BigInt(scale - places);
  const divisor = 10n ** BigInt(places - scale);
  return (unscaled + divisor / 2n) / divisor;
}

function boolean(text: string): string | undefined {
  const lower = text.toLowerCase();
  return lower === 'true' || lower === 'false' ? lower : undefined;
}

function date(text: string, rules: CellRules): string | undefined {
  const match = datePattern.exec(text);
  if (match !== null) return dayText(match[1], match[2], match[3]);
  if (rules.isEpochTime && integerPattern.test(text) && text.length <= 8) {
    return new Date(Number(text) * 86_400_000).toISOString().slice(0, 10);
  }
  const isTimestamp = rules.isIsoTime && timestampPattern.test(text);
  return isTimestamp ? timestamp(text, rules)?.slice(0, 10) : undefined;
}

function timestamp(text: string, rules: CellRules): string | undefined {
  if (rules.isEpochTime && integerPattern.test(text) && text.length <= 16) return instantText(Number(text));
  const match = timestampPattern.exec(text);
  if (match === null) return undefined;
  const [, year, month, dayOfMonth, separator, hour = '0', minute = '0', second = '0', fraction = '', zone] = match;
  if (!rules.isIsoTime && (separator === 'T' || zone !== undefined)) return undefined;
  const day = dayText(year, month, dayOfMonth);
  if (day === undefined || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  const clock = `${hour.padStart(2, '0')}:${minute.padStart(2, '0')}:${second.padStart(2, '0')}`;
  if (zone !== undefined && zone !== 'Z') return instantText(Date.parse(`${day}T${clock}${zone}`), fraction);
  return `${day} ${clock}${fraction === '' ? '' : `.${fraction}`}`;
}

function dayText(year = '', month = '', day = ''): string | undefined {
  const instant = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  instant.setUTCFullYear(Number(year));
  const isReal = instant.getUTCMonth() === Number(month) - 1 && instant.getUTCDate() === Number(day);
  return isReal ? `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}` : undefined;
}

/** @param fraction digits behind the second that replace the milliseconds */
export function instantText(epochMs: number, fraction?: string): string | undefined {
  if (!Number.isFinite(epochMs) || Math.abs(epochMs) > 8.64e15) return undefined;
  const text = new Date(epochMs).toISOString();
  if (!/^\d{4}-/.test(text)) return undefined;
  const digits = fraction ?? text.slice(20, 23).replace(/0+$/, '');
  return `${text.slice(0, 10)} ${text.slice(11, 19)}${digits === '' ? '' : `.${digits}`}`;
}

/** Hive writes binary as base64; text that is none is taken as its own bytes. Out comes hexadecimal text. */
function binary(text: string): string {
  const isBase64 = text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
  return Buffer.from(text, isBase64 ? 'base64' : 'utf8').toString('hex');
}
