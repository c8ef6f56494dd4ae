/** Rows and sums of trip files, counted from their text alone: what the queries' answers are held against. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

export interface Totals {
  rows: number;
  /** In cents, exact. */
  fareCents: bigint;
  totalCents: bigint;
}

/** Adds a file of TLC trips (`.csv` or `.csv.gz`) to the totals. Its columns are found by their names. */
export function addFile(totals: Totals, path: string): void {
  const bytes = readFileSync(path);
  addText(totals, (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('latin1'));
}

export function addText(totals: Totals, text: string): void {
  const [header = '', ...lines] = text.split(/\r?\n/);
  const names = header.split(',');
  const fare = names.indexOf('fare_amount');
  const total = names.indexOf('total_amount');
  for (const line of lines) {
    if (line === '') continue;
    const cells = line.split(',');
    totals.rows += 1;
    totals.fareCents += parseCents(cells[fare] ?? '');
    totals.totalCents += parseCents(cells[total] ?? '');
  }
}

/** `-12.5` is -1250 cents; blank counts as nothing. */
export function parseCents(text: string): bigint {
  const match = /^(-?)(\d*)(?:\.(\d{0,2})\d*)?$/.exec(text.trim());
  if (!match) return 0n;
  const cents = BigInt(`${match[2] || '0'}${(match[3] ?? '').padEnd(2, '0')}`);
  return match[1] === '-' ? -cents : cents;
}

export function formatCents(cents: bigint): string {
  const digits = String(cents < 0n ? -cents : cents).padStart(3, '0');
  return `${cents < 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}
