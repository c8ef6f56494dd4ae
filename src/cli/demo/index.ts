/**
 * `millpond demo`: the data lake from an empty folder to an answer, each step as a user would do it by hand, over the
 * same AWS calls; then a workflow over two jobs. Progress goes to standard error, the answers to standard output.
 */
import { readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import colors from 'picocolors';
import { Interpreters } from '#functions';
import { settings } from '#kernel/config';
import { packageFolder } from '../../version.ts';
import { Client } from '../client.ts';
import { crawl } from '../crawl.ts';
import { deploy, describeEvent } from '../deploy.ts';
import { CliError, exitCodes } from '../exit.ts';
import { runJob } from '../job.ts';
import { formatBytes, formatDuration, type Output } from '../output.ts';
import { propose } from '../propose.ts';
import { query, type QueryAnswer } from '../sql.ts';
import { bannerOf, endOfWork, launch, type RunningPlatform } from '../start.ts';
import { findDemoData } from './data.ts';
import { addFile, formatCents, parseCents, type Totals } from './totals.ts';
import { prepareWorkflow, runAgain, runWorkflow, type WorkflowDemo } from './workflow.ts';

export interface DemoFlags {
  readonly once?: boolean;
  readonly data?: string;
  readonly months?: string;
  readonly rows?: string;
}

const stackName = 'data-lake';
const rawTable = '"nycitytaxi"."data"';
const parquetTable = '"nycitytaxi"."nytaxigreenparquet"';

export async function runDemo(flags: DemoFlags & object, output: Output): Promise<void> {
  const running = await launch(flags);
  try {
    output.note(bannerOf(running.platform, running.config));
    await walkThrough(running, flags, output);
    if (flags.once !== true) {
      output.note(`\n${nextSteps(running)}`);
      await endOfWork();
    }
  } finally {
    await running.stop();
  }
}

async function walkThrough(running: RunningPlatform, flags: DemoFlags, output: Output): Promise<void> {
  const { platform, config } = running;
  const client = new Client({ endpoint: platform.endpoint, region: config.region, ...platform.rootKey });
  const step = stepper(output);

  const bucket = await step('Deploy examples/data-lake/template.yaml', async () => deployStack(client, output));
  const data = findDemoData({
    ...(flags.data === undefined ? {} : { data: flags.data }),
    months: Number(flags.months ?? 3),
    rows: Number(flags.rows ?? 20_000),
    scratch: join(config.dataDir, 'demo'),
  });
  const expected = await step(`Put ${data.origin} into s3://${bucket}/data/`, () =>
    load(client, bucket, data.files, output),
  );
  await step('Crawl the CSV files', () => showCrawl(client, 'nytaxi', output));
  const raw = await step(`Ask the CSV table through Athena: Select * From ${rawTable} limit 10`, async () => {
    const answer = await query(client, `Select * From ${rawTable} limit 10`, { workgroup: 'taxi' });
    output.rows(answer.columns, answer.rows);
    return countAndSum(client, rawTable);
  });
  await step('Let a job script be proposed, and run it: CSV to Parquet', () => convert(client, bucket, output));
  await step('Crawl the Parquet files', () => showCrawl(client, 'nytaxiparquet', output));
  const parquet = await step('Ask the Parquet table: rides, fares and totals per rate code', async () => {
    const answer = await query(client, await ratesQuery(client), { workgroup: 'taxi' });
    output.rows(answer.columns, answer.rows);
    return countAndSum(client, parquetTable);
  });
  await step('Compare', () => compare(expected, raw, parquet, output));
  const missing = await missingForWorkflow(running);
  if (missing !== undefined || platform.livyUrl === undefined) {
    output.note(`\nThe workflow is left out: ${missing}`);
    return;
  }
  const demo: WorkflowDemo = {
    client,
    output,
    livyUrl: platform.livyUrl,
    buckets: join(config.dataDir, 'buckets'),
  };
  const rootPath = await step('Deploy examples/etl-workflow/template.yaml', () =>
    prepareWorkflow(demo, new Date().toISOString().replaceAll(/[:.]/g, '-').toLowerCase()),
  );
  await step('Run the workflow: two jobs in order, submitted through Livy by functions', () =>
    runWorkflow(demo, rootPath),
  );
  await step('Run it again: its output is there, so the first job fails', () => runAgain(demo, rootPath));
}

/** Why the workflow cannot run here. */
async function missingForWorkflow({ platform, config }: RunningPlatform): Promise<string | undefined> {
  if (platform.livyUrl === undefined) return 'another program has the port of Livy. Give --livy-port.';
  const python = new Interpreters(config.pythonPath, process.env).describePython();
  return python.then(
    () => undefined,
    () => 'its functions are in Python. Install python3.',
  );
}

/** Numbers the steps and tells how long each took. */
function stepper(output: Output): <T>(title: string, work: () => Promise<T> | T) => Promise<T> {
  let number = 0;
  return async (title, work) => {
    number += 1;
    output.note(`\n${colors.bold(colors.cyan(`${number}. ${title}`))}`);
    const started = performance.now();
    const result = await work();
    output.note(colors.dim(`   ${formatDuration(performance.now() - started)}`));
    return result;
  };
}

async function deployStack(client: Client, output: Output): Promise<string> {
  const body = readFileSync(join(packageFolder, 'examples', 'data-lake', 'template.yaml'), 'utf8');
  const outputs = await deploy(client, {
    stackName,
    body,
    onEvent: (event) => output.note(`   ${describeEvent(event)}`),
  });
  return String(outputs.find((entry) => entry.OutputKey === 'BucketName')?.OutputValue);
}

async function load(client: Client, bucket: string, files: readonly string[], output: Output): Promise<Totals> {
  const totals: Totals = { rows: 0, fareCents: 0n, totalCents: 0n };
  for (const [index, file] of files.entries()) {
    await client.putObject(bucket, `data/${basename(file)}`, { file });
    addFile(totals, file);
    output.progress(`   ${index + 1} of ${files.length} files, ${totals.rows} rides`, {
      done: index === files.length - 1,
    });
  }
  return totals;
}

async function showCrawl(client: Client, name: string, output: Output): Promise<void> {
  const answer = await crawl(client, name, { onProgress: (text) => output.progress(`   ${text}`) });
  output.rows(['name', 'classification', 'columns', 'location'], answer.tables);
}

async function convert(client: Client, bucket: string, output: Output): Promise<void> {
  const script = await propose(client, {
    database: 'nycitytaxi',
    table: 'data',
    target: `s3://${bucket}/nytaxigreenparquet/`,
  });
  await client.putObject(bucket, 'scripts/nytaxi-csv-parquet.sql', script);
  output.note(script.trimEnd().replaceAll(/^/gm, '   | '));
  await runJob(client, 'nytaxi-csv-parquet', {
    // The demo may be run again on the same folder.
    args: { '--overwrite': 'true' },
    onLog: (line) => output.note(`   ${colors.dim(line)}`),
    onProgress: (text) => output.progress(`   ${text}`),
  });
}

/** The query that the template saved, with the rate code under the name that these files give it. */
async function ratesQuery(client: Client): Promise<string> {
  const { Table: table } = await client.call('glue', 'GetTable', {
    DatabaseName: 'nycitytaxi',
    Name: 'nytaxigreenparquet',
  });
  const names = (table.StorageDescriptor.Columns as { Name: string }[]).map((column) => column.Name);
  const rateCode = names.find((name) => /^rate_?code_?id$/.test(name));
  if (rateCode === undefined)
    throw new CliError(`The files have no rate code among ${names.join(', ')}.`, exitCodes.failed);
  const { NamedQueryIds: ids } = await client.call('athena', 'ListNamedQueries', { WorkGroup: 'taxi' });
  const { NamedQueries: saved } = await client.call('athena', 'BatchGetNamedQuery', { NamedQueryIds: ids });
  const { QueryString: text } = saved.find((candidate: { Name: string }) => candidate.Name === 'rides per rate code');
  return String(text).replaceAll('rate_code_id', rateCode);
}

function countAndSum(client: Client, table: string): Promise<QueryAnswer> {
  const sum = (column: string): string => `sum(CAST(${column} AS decimal(18, 2))) AS ${column}`;
  return query(client, `SELECT count(*) AS rides, ${sum('fare_amount')}, ${sum('total_amount')} FROM ${table}`, {
    workgroup: 'taxi',
  });
}

function compare(expected: Totals, raw: QueryAnswer, parquet: QueryAnswer, output: Output): void {
  const answers = [
    {
      from: 'the files themselves',
      rides: expected.rows,
      fares: formatCents(expected.fareCents),
      totals: formatCents(expected.totalCents),
      time: '',
      scanned: '',
    },
    ...[
      { from: 'CSV through Athena', answer: raw },
      { from: 'Parquet through Athena', answer: parquet },
    ].map(({ from, answer }) => ({
      from,
      ...sumsOf(answer),
      time: formatDuration(answer.elapsedMs),
      scanned: formatBytes(answer.scannedBytes),
    })),
  ];
  output.rows(['from', 'rides', 'fares', 'totals', 'time', 'scanned'], answers);
  const [truth, ...others] = answers.map(({ rides, fares, totals }) => `${rides} ${fares} ${totals}`);
  if (others.some((answer) => answer !== truth))
    throw new CliError('The answers do not agree with the files.', exitCodes.failed);
  output.note(`   ${colors.green('All three agree to the cent.')}`);
}

function sumsOf(answer: QueryAnswer): { rides: number; fares: string; totals: string } {
  const row = answer.rows[0] ?? {};
  return {
    rides: Number(row['rides']),
    fares: formatCents(parseCents(String(row['fare_amount']))),
    totals: formatCents(parseCents(String(row['total_amount']))),
  };
}

function nextSteps({ platform, config }: RunningPlatform): string {
  const flags = config.dataDir === resolve(settings.dataDir.initial) ? '' : ` --data-dir ${config.dataDir}`;
  return [
    colors.bold('It stays up. In another terminal:'),
    `  npx millpond sql${flags} -w taxi 'Select * From ${rawTable} limit 10'`,
    `  npx millpond aws${flags} athena list-named-queries --work-group taxi`,
    `  eval "$(npx millpond env${flags})"      # then any AWS SDK or CLI reaches ${platform.endpoint}`,
    `  npx millpond destroy${flags} ${stackName}    # once the bucket is empty`,
    'Ctrl-C ends it; the lake stays in its folder.',
  ].join('\n');
}
