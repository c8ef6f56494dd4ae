/** The second half of the walk-through with the AWS SDK: more data, crawl, convert, query. Reads the usual AWS variables. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Athena } from '@aws-sdk/client-athena';
import { Glue } from '@aws-sdk/client-glue';
import { S3 } from '@aws-sdk/client-s3';
import { generateMonths } from './generate.ts';

const bucket = 'nytaxi-000000000000-us-east-1';
const database = 'nycitytaxi';
const s3 = new S3({ forcePathStyle: true });
const glue = new Glue();
const athena = new Athena();

async function crawl(name: string): Promise<void> {
  await glue.startCrawler({ Name: name });
  while ((await glue.getCrawler({ Name: name })).Crawler?.State !== 'READY') await sleep(100);
}

async function columnsOf(table: string): Promise<number | undefined> {
  return (await glue.getTable({ DatabaseName: database, Name: table })).Table?.StorageDescriptor?.Columns?.length;
}

async function query(sql: string): Promise<string[][]> {
  const { QueryExecutionId } = await athena.startQueryExecution({ QueryString: sql, WorkGroup: 'taxi' });
  for (;;) {
    const { Status } = (await athena.getQueryExecution({ QueryExecutionId })).QueryExecution ?? {};
    if (Status?.State === 'SUCCEEDED') break;
    if (Status?.State === 'FAILED' || Status?.State === 'CANCELLED') throw new Error(Status.StateChangeReason);
    await sleep(50);
  }
  const { ResultSet } = await athena.getQueryResults({ QueryExecutionId });
  return (ResultSet?.Rows ?? []).map((row) => (row.Data ?? []).map((cell) => cell.VarCharValue ?? ''));
}

let months = 0;
for (const { name, content } of generateMonths({ months: 4, rows: 5000 })) {
  await s3.putObject({ Bucket: bucket, Key: `data/${name}`, Body: content });
  months += 1;
}
console.log(`put       ${months} months`);

await crawl('nytaxi');
console.log(`crawled   data: ${await columnsOf('data')} columns`);

const { JobRunId } = await glue.startJobRun({ JobName: 'nytaxi-csv-parquet', Arguments: { '--overwrite': 'true' } });
for (let state = 'RUNNING'; ; await sleep(100)) {
  state = (await glue.getJobRun({ JobName: 'nytaxi-csv-parquet', RunId: JobRunId })).JobRun?.JobRunState ?? 'FAILED';
  if (['STARTING', 'RUNNING', 'WAITING'].includes(state)) continue;
  console.log(`converted ${state}`);
  break;
}

await crawl('nytaxiparquet');
console.log(`crawled   nytaxigreenparquet: ${await columnsOf('nytaxigreenparquet')} columns`);

const [, ...rates] = await query(`SELECT rate_code_id, count(*) FROM ${database}.nytaxigreenparquet GROUP BY 1`);
console.log(`rides     ${rates.reduce((sum, [, rides]) => sum + Number(rides), 0)}`);
