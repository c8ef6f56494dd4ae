/**
 * Whether the bytes of a cell can go through as they are: DuckDB's cast and Hive's reading agree on them. Anything unusual
 * is left to `canonicalText`, so these only know the common forms, quickly.
 */
import type { HiveType } from '../hive-type.ts';

/** The cell is not empty and holds neither quotes nor bytes over 127. */
export type CellCheck = (bytes: Uint8Array, start: number, end: number) => boolean;

export function cellCheckOf(type: HiveType): CellCheck {
  switch (type.kind) {
    case 'string':
    case 'unknown':
      return anything;
    case 'char':
    case 'varchar': {
      const { length } = type;
      return (_bytes, start, end) => end - start <= length;
    }
    case 'tinyint':
      return (bytes, start, end) => isInteger(bytes, start, end, 2);
    case 'smallint':
      return (bytes, start, end) => isInteger(bytes, start, end, 4);
    case 'int':
      return (bytes, start, end) => isInteger(bytes, start, end, 9);
    case 'bigint':
      return (bytes, start, end) => isInteger(bytes, start, end, 18);
    case 'float':
      return (bytes, start, end) => end - start <= 30 && isPlainNumber(bytes, start, end, 30);
    case 'double':
      return (bytes, start, end) => end - start <= 60 && isPlainNumber(bytes, start, end, 60);
    case 'decimal': {
      // One digit less than fits, so that rounding up cannot overflow.
      const wholeDigitsMax = type.precision - type.scale - 1;
      return (bytes, start, end) => isPlainNumber(bytes, start, end, wholeDigitsMax);
    }
    case 'boolean':
      return isBoolean;
    case 'date':
      return (bytes, start, end) => end - start === 10 && isDay(bytes, start);
    case 'timestamp':
      return isTimestamp;
    default:
      return () => false;
  }
}

function anything(): boolean {
  return true;
}

function isInteger(bytes: Uint8Array, start: number, end: number, digitsMax: number): boolean {
  const first = bytes[start] === 45 ? start + 1 : start;
  const digits = end - first;
  if (digits < 1 || digits > digitsMax) return false;
  for (let at = first; at < end; at += 1) {
    const byte = bytes[at] as number;
    if (byte < 48 || byte > 57) return false;
  }
  return true;
}

/** `12`, `12.5`, `-0.5`: digits on both sides of a point, no exponent. */
function isPlainNumber(bytes: Uint8Array, start: number, end: number, wholeDigitsMax: number): boolean {
  const first = bytes[start] === 45 ? start + 1 : start;
  let at = first;
  while (at < end) {
    const byte = bytes[at] as number;
    if (byte < 48 || byte > 57) break;
    at += 1;
  }
  const wholeDigits = at - first;
  if (wholeDigits === 0 || wholeDigits > wholeDigitsMax) return false;
  if (at === end) return true;
  if (bytes[at] !== 46 || at + 1 === end) return false;
  for (at += 1; at < end; at += 1) {
    const byte = bytes[at] as number;
    if (byte < 48 || byte > 57) return false;
  }
  return true;
}

function isBoolean(bytes: Uint8Array, start: number, end: number): boolean {
  const length = end - start;
  const word = (bytes[start] as number) === 116 ? 'true' : 'false';
  if (length !== word.length) return false;
  for (let index = 0; index < length; index += 1) if (bytes[start + index] !== word.charCodeAt(index)) return false;
  return true;
}

const monthDays = Uint8Array.of(0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31);

/** `2018-01-31`; 29 February is left to the exact reading. */
function isDay(bytes: Uint8Array, start: number): boolean {
  if (bytes[start + 4] !== 45 || bytes[start + 7] !== 45) return false;
  const year = pair(bytes, start) * 100 + pair(bytes, start + 2);
  const month = pair(bytes, start + 5);
  const day = pair(bytes, start + 8);
  return year >= 1 && month >= 1 && month <= 12 && day >= 1 && day <= (monthDays[month] as number);
}

/** `2018-01-31 10:00:00` with up to six digits of a second behind a point. */
function isTimestamp(bytes: Uint8Array, start: number, end: number): boolean {
  const length = end - start;
  if (length < 19 || length > 26 || length === 20 || !isDay(bytes, start)) return false;
  if (bytes[start + 10] !== 32 || bytes[start + 13] !== 58 || bytes[start + 16] !== 58) return false;
  const isClock =
    inRange(pair(bytes, start + 11), 23) &&
    inRange(pair(bytes, start + 14), 59) &&
    inRange(pair(bytes, start + 17), 59);
  if (!isClock || length === 19) return isClock;
  if (bytes[start + 19] !== 46) return false;
  for (let at = start + 20; at < end; at += 1) {
    const byte = bytes[at] as number;
    if (byte < 48 || byte > 57) return false;
  }
  return true;
}

function inRange(value: number, most: number): boolean {
  return value >= 0 && value <= most;
}

/** Two digits as a number; far below zero when they are none. */
function pair(bytes: Uint8Array, at: number): number {
  const tens = (bytes[at] as number) - 48;
  const ones = (bytes[at + 1] as number) - 48;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : -100_000;
}
