/** Glue SQL jobs with retries: every run that was accepted comes to an end, and its output is there whole or not at all. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Athena } from '@aws-sdk/client-athena';
import { Glue, type JobRun } from '@aws-sdk/client-glue';
import { S3 } from '@aws-sdk/client-s3';
import { drive as loop, runQuery, settings, type CrashContext, type Held } from './platform.ts';

export { command, ready } from './platform.ts';

const bucket = 'crash-jobs';
const rows = 20_000;
const job = 'unload';
const retries = 3;

const script = `UNLOAD (SELECT n, cast(n AS varchar) AS t, n % 4 AS part FROM UNNEST(sequence(1, ${rows})) AS s (n))
TO 's3://${bucket}/out/\${id}/' WITH (format = 'PARQUET', partitioned_by = ARRAY['part'])`;

/** No run may be under way longer than this after a restart. */
const settleMs = 60_000;

/** Runs that the platform has accepted: it answered with their id. */
const accepted = new Map<string, string>();
const readBack = new Set<string>();

export async function drive(context: CrashContext): Promise<void> {
  const common = settings(context);
  const [glue, s3] = [new Glue(common), new S3(common)];
  await s3.createBucket({ Bucket: bucket }).catch(() => undefined);
  await s3.putObject({ Bucket: bucket, Key: 'job.sql', Body: script }).catch(() => undefined);
  const Command = { Name: 'glueetl', ScriptLocation: `s3://${bucket}/job.sql` };
  const limits = { MaxRetries: retries, ExecutionProperty: { MaxConcurrentRuns: 20 } };
  await glue.createJob({ Name: job, Role: 'GlueRole', Command, ...limits }).catch(() => undefined);
  await loop(context, 3, async (id) => {
    context.attempt(id);
    const { JobRunId } = await glue.startJobRun({ JobName: job, Arguments: { '--id': id } });
    accepted.set(JobRunId!, id);
    for (;;) {
      const { JobRun: run } = await glue.getJobRun({ JobName: job, RunId: JobRunId! });
      if (run?.JobRunState === 'SUCCEEDED') return context.ack(id);
      if (isFinal(run!)) throw new Error(run?.ErrorMessage);
      await sleep(20);
    }
  });
  glue.destroy();
  s3.destroy();
}

function isFinal(run: JobRun): boolean {
  return !/^(?:STARTING|RUNNING|STOPPING|WAITING)$/.test(run.JobRunState ?? '');
}

/** All runs once none is under way any more, or the time is up. */
async function settled(context: CrashContext): Promise<JobRun[]> {
  const glue = new Glue(settings(context));
  const deadline = performance.now() + settleMs;
  for (;;) {
    const runs: JobRun[] = [];
    for (let NextToken: string | undefined; ;) {
      const page = await glue.getJobRuns({ JobName: job, ...(NextToken === undefined ? {} : { NextToken }) });
      runs.push(...(page.JobRuns ?? []));
      NextToken = page.NextToken;
      if (NextToken === undefined) break;
    }
    if (runs.every(isFinal) || performance.now() > deadline) {
      glue.destroy();
      return runs;
    }
    await sleep(50);
  }
}

export async function* inspect(context: CrashContext): AsyncIterable<Held> {
  const succeeded = (await settled(context)).filter((run) => run.JobRunState === 'SUCCEEDED');
  for (const run of succeeded) yield { id: run.Arguments!['--id']! };
}

export async function check(context: CrashContext): Promise<string[]> {
  const runs = await settled(context);
  const known = new Set(runs.map(({ Id }) => Id!));
  const succeeded = new Set(
    runs.filter((run) => run.JobRunState === 'SUCCEEDED').map((run) => run.Arguments!['--id']!),
  );
  const outputs = await folders(context);
  return [
    ...runs.filter((run) => !isFinal(run)).map(({ Id, JobRunState }) => `run ${Id} is stuck in ${JobRunState}`),
    ...[...accepted].filter(([run]) => !known.has(run)).map(([run]) => `the accepted run ${run} is gone`),
    // A crash in each of four tries is possible and no violation; an end without all of its tries is.
    ...[...accepted.values()]
      .filter((id) => !succeeded.has(id) && triesOf(runs, id) <= retries)
      .map((id) => `${id} did not succeed after ${triesOf(runs, id)} tries: ${lastError(runs, id)}`),
    ...[...succeeded].filter((id) => !outputs.has(id)).map((id) => `${id} succeeded without an output`),
    ...[...outputs].filter((id) => !succeeded.has(id)).map((id) => `${id} has an output and did not succeed`),
    ...(await misread(context, succeeded)),
  ];
}

function triesOf(runs: readonly JobRun[], id: string): number {
  return runs.filter((run) => run.Arguments?.['--id'] === id).length;
}

function lastError(runs: readonly JobRun[], id: string): string | undefined {
  return runs.find((run) => run.Arguments?.['--id'] === id)?.ErrorMessage;
}

async function folders(context: CrashContext): Promise<Set<string>> {
  const s3 = new S3(settings(context));
  const found = new Set<string>();
  for (let ContinuationToken: string | undefined; ;) {
    const more = ContinuationToken === undefined ? {} : { ContinuationToken };
    const page = await s3.listObjectsV2({ Bucket: bucket, Prefix: 'out/', Delimiter: '/', ...more });
    for (const { Prefix } of page.CommonPrefixes ?? []) found.add(Prefix!.split('/')[1]!);
    ContinuationToken = page.NextContinuationToken;
    if (ContinuationToken === undefined) break;
  }
  s3.destroy();
  return found;
}

/** Reads what is new since the last look, by SQL. */
async function misread(context: CrashContext, ids: ReadonlySet<string>): Promise<string[]> {
  const fresh = [...ids].filter((id) => !readBack.has(id)).slice(-12);
  if (fresh.length === 0) return [];
  const athena = new Athena(settings(context));
  const OutputLocation = `s3://${bucket}/results/`;
  const table = `round_${context.round}`;
  await runQuery(athena, 'CREATE DATABASE IF NOT EXISTS crash', { OutputLocation });
  await runQuery(
    athena,
    `CREATE EXTERNAL TABLE crash.${table} (n int, t string) PARTITIONED BY (id string, part int) STORED AS PARQUET LOCATION 's3://${bucket}/out/'
     TBLPROPERTIES ('projection.enabled' = 'true', 'projection.id.type' = 'enum', 'projection.id.values' = '${fresh.join()}',
     'projection.part.type' = 'integer', 'projection.part.range' = '0,3', 'storage.location.template' = 's3://${bucket}/out/\${id}/part=\${part}/')`,
    { OutputLocation },
  );
  const [, ...counts] = await runQuery(
    athena,
    `SELECT id, count(*), sum(n), count(DISTINCT t) FROM crash.${table} GROUP BY id`,
    { OutputLocation },
  );
  await runQuery(athena, `DROP TABLE crash.${table}`, { OutputLocation });
  athena.destroy();
  const expected = [String(rows), String((rows * (rows + 1)) / 2), String(rows)].join();
  const read = new Map(counts.map(([id, ...figures]) => [id!, figures.join()]));
  for (const id of fresh) readBack.add(id);
  return fresh
    .filter((id) => read.get(id) !== expected)
    .map((id) => `the output of ${id} holds ${read.get(id)} in place of ${expected}`);
}
