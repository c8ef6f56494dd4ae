/** The functions of a query: those of one record, and those of many that `stats` takes. */
import { formatTime, numberOf, parseTime, type Value } from './record.ts';

export type QueryFunction = (...values: Value[]) => Value;

const units: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
};

/** A period such as `5m` or `30min` in ms; undefined for what is none. */
export function parsePeriod(text: string): number | undefined {
  const [, count, unit = ''] = /^(\d+)(ms|msec|s|sec|m|min|mn|h|hr|d|day|w|week)s?$/.exec(text) ?? [];
  const known = unit.startsWith('ms') ? 'ms' : unit.slice(0, 1);
  const ms = Number(count) * (units[known] ?? Number.NaN);
  return ms > 0 ? ms : undefined;
}

function onNumbers(compute: (...numbers: number[]) => number): QueryFunction {
  return (...values) => {
    const result = compute(...values.map(numberOf));
    return Number.isFinite(result) ? result : undefined;
  };
}

function onText(compute: (text: string, ...more: Value[]) => Value): QueryFunction {
  return (text, ...more) => (text === undefined ? undefined : compute(String(text), ...more));
}

function cutStart(text: string, characters: Value): string {
  let from = 0;
  while (from < text.length && isCut(text.charAt(from), characters)) from++;
  return text.slice(from);
}

function cutEnd(text: string, characters: Value): string {
  let to = text.length;
  while (to > 0 && isCut(text.charAt(to - 1), characters)) to--;
  return text.slice(0, to);
}

/** Spaces, unless the query names the characters. */
function isCut(character: string, characters: Value): boolean {
  return characters === undefined ? character.trim() === '' : String(characters).includes(character);
}

function onTime(step: (timeMs: number, periodMs: number) => number): QueryFunction {
  return (time, period) => {
    const timeMs = step(parseTime(time), parsePeriod(String(period)) ?? Number.NaN);
    return Number.isFinite(timeMs) ? formatTime(timeMs) : undefined;
  };
}

const isEmpty = (value: Value): boolean => value === undefined || value === '';

/** By their names in lower case. */
export const recordFunctions: ReadonlyMap<string, QueryFunction> = new Map<string, QueryFunction>([
  ['abs', onNumbers(Math.abs)],
  ['ceil', onNumbers(Math.ceil)],
  ['floor', onNumbers(Math.floor)],
  ['greatest', onNumbers(Math.max)],
  ['least', onNumbers(Math.min)],
  ['log', onNumbers(Math.log)],
  ['sqrt', onNumbers(Math.sqrt)],
  ['ispresent', (value) => value !== undefined],
  ['coalesce', (...values) => values.find((value) => value !== undefined)],
  ['isempty', (value) => isEmpty(value)],
  ['isblank', (value) => isEmpty(value) || String(value).trim() === ''],
  ['concat', (...values) => values.map((value) => String(value ?? '')).join('')],
  ['strlen', onText((text) => Array.from(text).length)],
  ['toupper', onText((text) => text.toUpperCase())],
  ['tolower', onText((text) => text.toLowerCase())],
  ['trim', onText((text, characters) => cutStart(cutEnd(text, characters), characters))],
  ['ltrim', onText(cutStart)],
  ['rtrim', onText(cutEnd)],
  [
    'substr',
    onText((text, start, length) =>
      text.slice(numberOf(start), length === undefined ? undefined : numberOf(start) + numberOf(length)),
    ),
  ],
  ['replace', onText((text, from, to) => text.replaceAll(String(from ?? ''), () => String(to ?? '')))],
  ['strcontains', onText((text, part) => (text.includes(String(part ?? '')) ? 1 : 0))],
  ['datefloor', onTime((timeMs, periodMs) => Math.floor(timeMs / periodMs) * periodMs)],
  ['dateceil', onTime((timeMs, periodMs) => Math.ceil(timeMs / periodMs) * periodMs)],
  ['frommillis', (ms) => (Number.isFinite(numberOf(ms)) ? formatTime(numberOf(ms)) : undefined)],
  ['tomillis', (time) => (Number.isFinite(parseTime(time)) ? parseTime(time) : undefined)],
]);

/** A value and when its event happened. */
export interface Sample {
  readonly value: Value;
  readonly timeMs: number;
}

/** @param argument a number behind the field, as in `pct(@duration, 95)` */
export type Aggregate = (samples: readonly Sample[], argument: number) => Value;

function ofNumbers(compute: (numbers: number[], argument: number) => number | undefined): Aggregate {
  return (samples, argument) => {
    const numbers = samples.map(({ value }) => numberOf(value)).filter((number) => !Number.isNaN(number));
    return numbers.length === 0 ? undefined : compute(numbers, argument);
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function percentile(numbers: number[], percent: number): number | undefined {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1))];
}

function deviation(numbers: readonly number[]): number {
  const mean = sum(numbers) / numbers.length;
  return Math.sqrt(sum(numbers.map((number) => (number - mean) ** 2)) / numbers.length);
}

function extreme(pick: (a: Sample, b: Sample) => boolean): Aggregate {
  return (samples) => {
    const present = samples.filter(({ value }) => value !== undefined);
    return present.reduce<Sample | undefined>(
      (best, sample) => (best === undefined || pick(sample, best) ? sample : best),
      undefined,
    )?.value;
  };
}

/** By their names in lower case. */
export const aggregates: ReadonlyMap<string, Aggregate> = new Map<string, Aggregate>([
  ['count', (samples) => samples.filter(({ value }) => value !== undefined).length],
  ['count_distinct', (samples) => new Set(samples.flatMap(({ value }) => value ?? [])).size],
  ['sum', ofNumbers(sum)],
  ['avg', ofNumbers((numbers) => sum(numbers) / numbers.length)],
  ['min', ofNumbers((numbers) => numbers.reduce((a, b) => Math.min(a, b)))],
  ['max', ofNumbers((numbers) => numbers.reduce((a, b) => Math.max(a, b)))],
  ['median', ofNumbers((numbers) => percentile(numbers, 50))],
  ['pct', ofNumbers(percentile)],
  ['stddev', ofNumbers(deviation)],
  ['earliest', extreme((a, b) => a.timeMs < b.timeMs)],
  ['latest', extreme((a, b) => a.timeMs >= b.timeMs)],
  ['sortsfirst', extreme((a, b) => String(a.value) < String(b.value))],
  ['sortslast', extreme((a, b) => String(a.value) > String(b.value))],
]);
