/**
 * One month of taxi rides as a plain CSV file: `node examples/etl-workflow/trips.ts FILE [rows]`. The rides are those of the data lake's
 * generator, so that the same call writes the same bytes.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { generateMonths } from '../data-lake/generate.ts';

const rowsDefault = 20_000;

export function generateTrips(rows = rowsDefault): string {
  const [month] = generateMonths({ months: 1, rows });
  if (month === undefined) throw new Error(`There is no month of ${rows} rides.`);
  return gunzipSync(month.content).toString();
}

if (import.meta.main) {
  const [file = 'tripdata.csv', rows = String(rowsDefault)] = process.argv.slice(2);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, generateTrips(Number(rows)));
  console.log(`${rows} trips`);
}
