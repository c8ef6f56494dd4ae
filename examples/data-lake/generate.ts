/**
 * Taxi rides that look like New York's yellow cab records, the odd corners included: a surcharge column that is blank
 * until 2019, lines that end in CR LF in two months except the very last, blank and unknown rate codes, refunds with
 * negative amounts, and one fare that nobody paid. The same seed gives the same bytes.
 *
 *     node examples/data-lake/generate.ts FOLDER [--months 3] [--rows 20000] [--first 2018-11]
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';

export interface GenerateOptions {
  readonly months: number;
  /** Rides of each month. */
  readonly rows: number;
  /** First month, such as `2018-11`. */
  readonly first?: string;
  readonly seed?: number;
}

export interface MonthFile {
  /** `yellow_tripdata_2018-11.csv.gz` */
  readonly name: string;
  readonly content: Buffer;
  readonly rows: number;
}

export const columns = [
  'vendor_id',
  'pickup_datetime',
  'dropoff_datetime',
  'passenger_count',
  'trip_distance',
  'rate_code_id',
  'store_and_fwd_flag',
  'pickup_location_id',
  'dropoff_location_id',
  'payment_type',
  'fare_amount',
  'extra',
  'mta_tax',
  'tip_amount',
  'tolls_amount',
  'improvement_surcharge',
  'total_amount',
  'congestion_surcharge',
] as const;

const surchargeSince = '2019-01';
const crLfMonths = new Set(['2019-01', '2019-02']);
const absurdFareCents = 42_949_020;
/** Chances out of 10,000, as counted in real months. */
const rateCodes: readonly (readonly [string, number])[] = [
  ['2', 237],
  ['5', 48],
  ['3', 21],
  ['4', 8],
  ['', 6],
  ['99', 2],
  ['6', 1],
];

export function* generateMonths({ months, rows, first = '2018-11', seed = 1 }: GenerateOptions): Generator<MonthFile> {
  const [year = 2018, month = 1] = first.split('-').map(Number);
  for (let index = 0; index < months; index++) {
    const start = new Date(Date.UTC(year, month - 1 + index, 1));
    const label = start.toISOString().slice(0, 7);
    const content = monthText(label, start, rows, randomFrom(seed * 1000 + index));
    yield { name: `yellow_tripdata_${label}.csv.gz`, content: gzipSync(content, { level: 6 }), rows };
  }
}

function monthText(label: string, start: Date, rows: number, random: () => number): string {
  const lines = [columns.join(',')];
  for (let row = 0; row < rows; row++) lines.push(ride(label, start, random, row === Math.floor(rows / 2)));
  const lineEnd = crLfMonths.has(label) ? '\r\n' : '\n';
  return `${lines.slice(0, -1).join(lineEnd)}${lineEnd}${lines.at(-1)}\n`;
}

function ride(label: string, start: Date, random: () => number, absurd: boolean): string {
  const below = (limit: number): number => Math.floor(random() * limit);
  const pickupMs = start.getTime() + below(28 * 86_400) * 1000;
  const hundredths = 20 + Math.floor(random() ** 3 * 2500);
  const minutes = 2 + Math.round(hundredths * (0.02 + random() * 0.05));
  const rateCode = pick(rateCodes, below(10_000)) ?? '1';
  const refund = below(2000) === 0 ? -1 : 1;
  const fare =
    refund *
    (absurd
      ? absurdFareCents
      : rateCode === '2'
        ? 5200
        : 250 + 50 * Math.round((hundredths * 2.5 + minutes * 20) / 50));
  const extra = refund * ([0, 50, 100][below(3)] ?? 0);
  const payment = refund < 0 ? 3 : below(10) < 7 ? 1 : 2;
  const tip = payment === 1 ? Math.round(((Math.abs(fare) % 10_000) * below(31)) / 100) : 0;
  const tolls = below(20) === 0 ? 576 : 0;
  const surcharge =
    label < surchargeSince
      ? undefined
      : label === surchargeSince && below(3) > 0
        ? undefined
        : below(20) === 0
          ? 0
          : 250;
  const total = fare + extra + refund * 50 + tip + tolls + refund * 30 + (surcharge ?? 0);
  return [
    1 + below(2),
    timestamp(pickupMs),
    timestamp(pickupMs + minutes * 60_000 + below(60) * 1000),
    below(100) === 0 ? 0 : 1 + below(6),
    money(hundredths),
    rateCode,
    below(200) === 0 ? 'Y' : 'N',
    1 + below(265),
    1 + below(265),
    payment,
    ...[fare, extra, refund * 50, tip, tolls, refund * 30, total].map(money),
    surcharge === undefined ? '' : money(surcharge),
  ].join(',');
}

function pick(chances: readonly (readonly [string, number])[], draw: number): string | undefined {
  let left = draw;
  for (const [value, chance] of chances) {
    if (left < chance) return value;
    left -= chance;
  }
  return undefined;
}

/** Cents as the files write them: `8.5`, `0.0`, `12.36`. */
function money(cents: number): string {
  const sign = cents < 0 ? '-' : '';
  const whole = Math.floor(Math.abs(cents) / 100);
  const rest = Math.abs(cents) % 100;
  return `${sign}${whole}.${rest % 10 === 0 ? rest / 10 : String(rest).padStart(2, '0')}`;
}

function timestamp(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19).replace('T', ' ');
}

/** mulberry32: small, even, and the same everywhere. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

if (import.meta.main) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      months: { type: 'string', default: '3' },
      rows: { type: 'string', default: '20000' },
      first: { type: 'string', default: '2018-11' },
    },
  });
  const [folder] = positionals;
  if (folder === undefined) {
    console.error(
      'Name a folder: node examples/data-lake/generate.ts FOLDER [--months 3] [--rows 20000] [--first 2018-11]',
    );
    process.exit(2);
  }
  mkdirSync(folder, { recursive: true });
  for (const { name, content, rows } of generateMonths({
    months: Number(values.months),
    rows: Number(values.rows),
    first: values.first,
  })) {
    writeFileSync(join(folder, name), content);
    console.log(`${join(folder, name)}  ${rows} rides`);
  }
}
