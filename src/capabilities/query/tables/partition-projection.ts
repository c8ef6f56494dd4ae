/**
 * Partition projection: partitions that are computed from the table's properties instead of being kept in the catalog.
 * https://docs.aws.amazon.com/athena/latest/ug/partition-projection-setting-up.html
 */
import { PlatformError } from '#kernel/errors';
import type { PartitionFilter } from '#languages/sql/index';

export interface ProjectedPartition {
  /** In the order of the table's partition keys. */
  readonly values: readonly string[];
  readonly location: string;
}

export interface ProjectionRequest {
  readonly keys: readonly string[];
  readonly properties: Readonly<Record<string, string>>;
  readonly tableLocation: string;
  readonly filter: PartitionFilter | undefined;
  readonly now: Date;
}

// Limit: a query may look at 1,000,000 projected partitions.
const partitionsMax = 1_000_000;

export function isProjected(properties: Readonly<Record<string, string>>): boolean {
  return properties['projection.enabled']?.toLowerCase() === 'true';
}

/** @throws INVALID_TABLE_PROPERTY naming the property */
export function projectPartitions(request: ProjectionRequest): ProjectedPartition[] {
  const { keys, filter } = request;
  const domains = keys.map((key) => {
    const domain = domainOf(request, key.toLowerCase());
    const fixed = filter?.fixedValues[key.toLowerCase()];
    return fixed === undefined || domain === undefined
      ? domain
      : domain.filter((value) => fixed.includes(value) || fixed.some((other) => sameNumber(other, value)));
  });
  const found: ProjectedPartition[] = [];
  const values: string[] = [];
  let looked = 0;
  const walk = (depth: number): void => {
    if (depth === keys.length) {
      if (++looked > partitionsMax) throw tooMany();
      const record = Object.fromEntries(keys.map((key, index) => [key.toLowerCase(), values[index] ?? null]));
      if (filter === undefined || filter.matches(record))
        found.push({ values: [...values], location: locationOf(request, values) });
      return;
    }
    for (const value of domains[depth] ?? []) {
      values[depth] = value;
      walk(depth + 1);
    }
  };
  walk(0);
  return found;
}

function domainOf(request: ProjectionRequest, key: string): readonly string[] {
  const property = (name: string): string | undefined => request.properties[`projection.${key}.${name}`];
  const required = (name: string): string => {
    const value = property(name);
    if (value === undefined) throw badProperty(key, name, 'is missing');
    return value;
  };
  switch (property('type')?.toLowerCase()) {
    case 'enum':
      return required('values')
        .split(',')
        .map((value) => value.trim());
    case 'integer':
      return integers(key, required('range'), property('interval') ?? '1', property('digits'));
    case 'date':
      return dates(key, request.now, {
        range: required('range'),
        format: required('format'),
        interval: property('interval'),
        unit: property('interval.unit'),
      });
    case 'injected': {
      const fixed = request.filter?.fixedValues[key];
      if (fixed === undefined || fixed.length === 0) {
        throw new PlatformError(
          'invalid',
          'CONSTRAINT_VIOLATION',
          `For the injected projected partition column ${key}, the WHERE clause must contain only static equality conditions, and at least one such condition must be present.`,
        );
      }
      return fixed;
    }
    default:
      throw badProperty(key, 'type', `is '${property('type')}'; use enum, integer, date or injected`);
  }
}

function integers(key: string, range: string, interval: string, digits: string | undefined): string[] {
  const match = /^\s*(-?\d{1,15})\s*,\s*(-?\d{1,15})\s*$/.exec(range);
  const step = Number(interval);
  if (match === null) throw badProperty(key, 'range', `is '${range}'; write two whole numbers, such as 1,12`);
  if (!Number.isSafeInteger(step) || step < 1)
    throw badProperty(key, 'interval', `is '${interval}'; write a whole number from 1`);
  const [from, to] = [Number(match[1]), Number(match[2])];
  if ((to - from) / step > partitionsMax) throw tooMany();
  const values: string[] = [];
  for (let value = from; value <= to; value += step) {
    values.push(digits === undefined ? String(value) : String(value).padStart(Number(digits), '0'));
  }
  return values;
}

type Unit = 'YEARS' | 'MONTHS' | 'WEEKS' | 'DAYS' | 'HOURS' | 'MINUTES' | 'SECONDS';

function dates(
  key: string,
  now: Date,
  options: { range: string; format: string; interval: string | undefined; unit: string | undefined },
): string[] {
  const [fromText, toText] = options.range.split(',').map((part) => part.trim());
  const unit = unitOf(key, options.unit, options.format);
  const step = Number(options.interval ?? '1');
  if (!Number.isSafeInteger(step) || step < 1) {
    throw badProperty(key, 'interval', `is '${options.interval}'; write a whole number from 1`);
  }
  if (fromText === undefined || toText === undefined)
    throw badProperty(key, 'range', `is '${options.range}'; write two dates or NOW`);
  const from = boundOf(key, fromText, options.format, now);
  const to = boundOf(key, toText, options.format, now);
  const values: string[] = [];
  for (let count = 0, date = from; date <= to; count++, date = addUnits(from, unit, count * step)) {
    if (count > partitionsMax) throw tooMany();
    const text = formatDate(date, options.format);
    if (values.at(-1) !== text) values.push(text);
  }
  return values;
}

function unitOf(key: string, unit: string | undefined, format: string): Unit {
  const given = unit?.toUpperCase().replace(/S?$/, 'S');
  if (given !== undefined) {
    if (['YEARS', 'MONTHS', 'WEEKS', 'DAYS', 'HOURS', 'MINUTES', 'SECONDS'].includes(given)) return given as Unit;
    throw badProperty(key, 'interval.unit', `is '${unit}'; use YEARS, MONTHS, WEEKS, DAYS, HOURS, MINUTES or SECONDS`);
  }
  const letters = format.replaceAll(/'[^']*'/g, '');
  if (letters.includes('s')) return 'SECONDS';
  if (letters.includes('m')) return 'MINUTES';
  if (/[HhKk]/.test(letters)) return 'HOURS';
  if (letters.includes('d')) return 'DAYS';
  return letters.includes('M') ? 'MONTHS' : 'YEARS';
}

/** `NOW`, `NOW-3YEARS`, `NOW+1DAY`, or a date in the column's format. */
function boundOf(key: string, text: string, format: string, now: Date): Date {
  const relative = /^NOW\s*(?:([+-])\s*(\d+)\s*(YEAR|MONTH|WEEK|DAY|HOUR|MINUTE|SECOND)S?)?$/i.exec(text);
  if (relative !== null) {
    if (relative[1] === undefined) return now;
    const count = Number(relative[2]) * (relative[1] === '-' ? -1 : 1);
    return addUnits(now, `${relative[3]?.toUpperCase()}S` as Unit, count);
  }
  const date = parseDate(text, format);
  if (date === undefined) throw badProperty(key, 'range', `has '${text}', which is not in the format ${format}`);
  return date;
}

/** Pieces of a Java date pattern: runs of one letter, quoted text, anything else. */
function piecesOf(format: string): { letter: string; length: number; literal: string }[] {
  return [...format.matchAll(/'([^']*)'|([A-Za-z])\2*|[^A-Za-z']+/g)].map(([all, quoted, letter]) => {
    if (letter !== undefined) return { letter, length: all.length, literal: '' };
    return { letter: '', length: 0, literal: quoted === undefined ? all : quoted === '' ? "'" : quoted };
  });
}

function parseDate(text: string, format: string): Date | undefined {
  const parts: Record<string, number> = { y: 1970, M: 1, d: 1, H: 0, m: 0, s: 0 };
  let at = 0;
  for (const { letter, length, literal } of piecesOf(format)) {
    if (letter === '') {
      if (!text.startsWith(literal, at)) return undefined;
      at += literal.length;
      continue;
    }
    const digits = /^\d+/.exec(
      text.slice(at, at + (length === 1 ? 4 : Math.max(length, letter === 'y' ? 4 : length))),
    )?.[0];
    if (digits === undefined) return undefined;
    parts[letter === 'k' || letter === 'h' ? 'H' : letter] = Number(digits);
    at += digits.length;
  }
  const { y = 1970, M = 1, d = 1, H = 0, m = 0, s = 0 } = parts;
  return at === text.length ? new Date(Date.UTC(y, M - 1, d, H, m, s)) : undefined;
}

function formatDate(date: Date, format: string): string {
  const values: Record<string, number> = {
    y: date.getUTCFullYear(),
    M: date.getUTCMonth() + 1,
    d: date.getUTCDate(),
    H: date.getUTCHours(),
    m: date.getUTCMinutes(),
    s: date.getUTCSeconds(),
  };
  return piecesOf(format)
    .map(({ letter, length, literal }) => {
      if (letter === '') return literal;
      const value = String(values[letter] ?? 0);
      return letter === 'y' && length === 2 ? value.slice(-2) : value.padStart(length, '0');
    })
    .join('');
}

function addUnits(date: Date, unit: Unit, count: number): Date {
  const next = new Date(date);
  if (unit === 'YEARS') next.setUTCFullYear(next.getUTCFullYear() + count);
  else if (unit === 'MONTHS') next.setUTCMonth(next.getUTCMonth() + count);
  else {
    const seconds = { WEEKS: 604_800, DAYS: 86_400, HOURS: 3600, MINUTES: 60, SECONDS: 1 }[unit];
    next.setTime(next.getTime() + count * seconds * 1000);
  }
  return next;
}

function locationOf(request: ProjectionRequest, values: readonly string[]): string {
  const template = request.properties['storage.location.template'];
  const location =
    template === undefined
      ? `${request.tableLocation.replace(/\/*$/, '/')}${request.keys.map((key, index) => `${key}=${values[index]}`).join('/')}`
      : request.keys.reduce((text, key, index) => text.replaceAll(`\${${key}}`, values[index] ?? ''), template);
  return location.endsWith('/') ? location : `${location}/`;
}

/** `WHERE month = 1` means `01` where the projection writes two digits. */
function sameNumber(a: string, b: string): boolean {
  return /^-?\d+$/.test(a) && /^-?\d+$/.test(b) && Number(a) === Number(b);
}

function badProperty(key: string, name: string, what: string): PlatformError {
  return new PlatformError('invalid', 'INVALID_TABLE_PROPERTY', `Table property projection.${key}.${name} ${what}.`);
}

function tooMany(): PlatformError {
  return new PlatformError(
    'invalid',
    'HIVE_EXCEEDED_PARTITION_LIMIT',
    `The projection has more than ${partitionsMax} partitions for this query. Add conditions on the partition keys, or narrow the ranges.`,
  );
}
