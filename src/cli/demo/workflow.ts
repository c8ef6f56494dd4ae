/** The demo's end: the Spark ETL workflow of `examples/etl-workflow`, in its SQL form, drawn while it runs. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateTrips } from '../../../examples/etl-workflow/trips.ts';
import { packageFolder } from '../../version.ts';
import type { Client } from '../client.ts';
import { deploy, describeEvent } from '../deploy.ts';
import { CliError, exitCodes } from '../exit.ts';
import type { Output } from '../output.ts';
import { failureOf, followExecution, startWorkflow } from '../workflow/index.ts';

const bucket = 'etl-workflow';
const machine = 'Spark-ETL-State-Machine';
const folder = join(packageFolder, 'examples', 'etl-workflow');

export interface WorkflowDemo {
  readonly client: Client;
  readonly output: Output;
  /** Where Livy listens. */
  readonly livyUrl: string;
  /** Folder of the buckets: the answer is read as the plain file it is. */
  readonly buckets: string;
}

/** Puts input and jobs under a root path of their own and deploys the stack. @returns the root path */
export async function prepareWorkflow({ client, output, livyUrl }: WorkflowDemo, run: string): Promise<string> {
  await client.call('s3', 'CreateBucket', { Bucket: bucket }).catch((error: { code?: string }) => {
    if (error.code !== 'BucketAlreadyOwnedByYou') throw error;
  });
  const prefix = `${run}/emr-step-functions`;
  await client.putObject(bucket, `${prefix}/input/tripdata.csv`, generateTrips());
  for (const file of readdirSync(join(folder, 'jobs'))) {
    await client.putObject(bucket, `${prefix}/${file}`, { file: join(folder, 'jobs', file) });
  }
  await deploy(client, {
    stackName: 'etl-workflow',
    body: readFileSync(join(folder, 'template.yaml'), 'utf8'),
    parameters: { S3RootPath: `s3://${bucket}`, LivyPort: new URL(livyUrl).port, PollSeconds: '1' },
    onEvent: (event) => output.note(`   ${describeEvent(event)}`),
  });
  return `s3://${bucket}/${run}`;
}

/** @throws CliError when the execution fails */
export async function runWorkflow({ client, output, buckets }: WorkflowDemo, rootPath: string): Promise<void> {
  const execution = await startWorkflow(client, machine, { input: JSON.stringify({ rootPath }) });
  const ended = await followExecution(client, execution, output);
  if (ended.status !== 'SUCCEEDED') throw new CliError(failureOf(ended), exitCodes.failed);
  const status = join(buckets, rootPath.slice('s3://'.length), 'emr-step-functions', 'rate-code-status');
  const [header = [], ...lines] = readdirSync(status)
    .flatMap((file) => readFileSync(join(status, file), 'utf8').trimEnd().split('\n'))
    .map((line) => line.split(','));
  output.rows(
    header,
    lines.map((cells) => Object.fromEntries(cells.map((cell, index) => [header[index] ?? '', cell]))),
  );
}

/** The same again: it has to fail, because the output of the first job is there. */
export async function runAgain({ client, output }: WorkflowDemo, rootPath: string): Promise<void> {
  const execution = await startWorkflow(client, machine, { input: JSON.stringify({ rootPath }) });
  const ended = await followExecution(client, execution, output);
  if (ended.status !== 'FAILED') throw new CliError('The second run did not fail.', exitCodes.failed);
  output.note(`   ${ended.cause}`);
}
