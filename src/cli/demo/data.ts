/** The files that the demo loads: a user's own, or generated ones. */
import { existsSync, globSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { generateMonths } from '../../../examples/data-lake/generate.ts';
import { CliError, exitCodes } from '../exit.ts';

export interface DemoData {
  readonly files: readonly string[];
  readonly origin: string;
}

export interface DemoDataOptions {
  readonly data?: string;
  readonly months: number;
  readonly rows: number;
  /** Where generated files are put. */
  readonly scratch: string;
}

export function findDemoData({ data, months, rows, scratch }: DemoDataOptions): DemoData {
  if (data === undefined) return generate(scratch, months, rows);
  if (!existsSync(data))
    throw new CliError(
      `There is no folder ${data}.`,
      exitCodes.notFound,
      'Give --data a folder with TLC trip files (.csv or .csv.gz).',
    );
  const files = globSync(join(data, '*.{csv,csv.gz}')).sort();
  if (files.length === 0)
    throw new CliError(
      `${data} holds no .csv or .csv.gz file.`,
      exitCodes.notFound,
      'Give --data a folder with TLC trip files.',
    );
  return { files, origin: `${files.length} files of ${data}` };
}

function generate(scratch: string, months: number, rows: number): DemoData {
  if (!(months >= 1 && rows >= 2)) throw new CliError('--months takes 1 or more, --rows 2 or more.', exitCodes.usage);
  mkdirSync(scratch, { recursive: true });
  const files: string[] = [];
  for (const month of generateMonths({ months, rows })) {
    const file = join(scratch, basename(month.name));
    writeFileSync(file, month.content);
    files.push(file);
  }
  return { files, origin: `${files.length} generated months of ${rows} rides` };
}
