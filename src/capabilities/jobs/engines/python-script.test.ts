import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { CloudWatchLogs } from '@aws-sdk/client-cloudwatch-logs';
import { Glue } from '@aws-sdk/client-glue';
import { S3 } from '@aws-sdk/client-s3';
import { clientConfig, until } from '#testing';
import { startTestPlatform } from '../../../testing/platform.ts';
import { confOf } from './python-script.ts';

suite('Python jobs', async () => {
  const platform = await startTestPlatform({ sparkHome: '/nowhere' });
  const glue = new Glue(clientConfig(platform.endpoint));
  const logs = new CloudWatchLogs(clientConfig(platform.endpoint));
  const s3 = new S3(clientConfig(platform.endpoint));
  await s3.createBucket({ Bucket: 'code' });
  after(async () => {
    for (const client of [glue, logs, s3]) client.destroy();
    await platform.close();
  });
  const define = async (Name: string, Body: string, kind = 'pythonshell', Timeout = 5): Promise<void> => {
    await s3.putObject({ Bucket: 'code', Key: `${Name}.py`, Body });
    const Command = { Name: kind, ScriptLocation: `s3://code/${Name}.py`, PythonVersion: '3.9' };
    await glue.createJob({ Name, Role: 'GlueRole', Command, Timeout, DefaultArguments: { '--day': 'monday' } });
  };
  const stateOf = async (JobName: string, RunId: string) => (await glue.getJobRun({ JobName, RunId })).JobRun;
  const run = async (JobName: string, state: string) => {
    const { JobRunId = '' } = await glue.startJobRun({ JobName, Arguments: { '--who': 'ann' } });
    await until(async () => (await stateOf(JobName, JobRunId))?.JobRunState === state, `${JobName} ${state}`, 20_000);
    return stateOf(JobName, JobRunId);
  };

  test('get their arguments and a key of their role, and print to the output log', async () => {
    await define('hello', 'import os, sys\nprint(sys.argv[1:5], os.environ["AWS_ENDPOINT_URL"])\n');
    const { Id: logStreamName } = (await run('hello', 'SUCCEEDED')) ?? {};
    const { events = [] } = await logs.getLogEvents({ logGroupName: '/aws-glue/jobs/output', logStreamName });
    const expected = `['--day', 'monday', '--who', 'ann'] ${platform.endpoint}`;
    assert.ok(
      events.some(({ message }) => message === expected),
      events.map(({ message }) => message).join('\n'),
    );
  });

  test('resolve their options by the awsglue library, and import their extra files', async () => {
    await s3.putObject({ Bucket: 'code', Key: 'lib/fares.py', Body: 'def fare(miles):\n    return 2 * miles\n' });
    const body = [
      'import sys',
      'from awsglue.utils import getResolvedOptions, GlueArgumentError',
      'from fares import fare',
      "given = getResolvedOptions(sys.argv, ['day', 'who', 'JOB_NAME'])",
      "print(given['day'], given['who'], given['JOB_NAME'], fare(4))",
      'try:',
      "    getResolvedOptions(sys.argv, ['day', 'absent'])",
      'except GlueArgumentError as error:',
      '    print(error)',
      'for count in range(5000):',
      '    print("line", count)',
    ];
    await define('options', body.join('\n'));
    const Arguments = { '--who': '--ann', '--extra-py-files': 's3://code/lib/fares.py' };
    const { JobRunId = '' } = await glue.startJobRun({ JobName: 'options', Arguments });
    await until(async () => (await stateOf('options', JobRunId))?.CompletedOn !== undefined, 'the end', 20_000);
    assert.equal((await stateOf('options', JobRunId))?.ErrorMessage, undefined);
    const page = { logGroupName: '/aws-glue/jobs/output', logStreamName: JobRunId };
    const { events: first = [] } = await logs.getLogEvents({ ...page, startFromHead: true });
    const said = first.map(({ message }) => message);
    assert.ok(said.includes('monday --ann options 8'), said.slice(0, 20).join('\n'));
    assert.ok(said.includes('the following arguments are required: --absent'));
    const { events: last = [] } = await logs.getLogEvents(page);
    assert.deepEqual([last.at(-2)?.message, /succeeded/.test(last.at(-1)?.message ?? '')], ['line 4999', true]);
  });

  test('for Spark say what is missing where it is not installed', async () => {
    await define('etl', 'from pyspark.context import SparkContext\n', 'glueetl');
    assert.match((await run('etl', 'FAILED'))?.ErrorMessage ?? '', /This job needs Spark.*pip install pyspark/);
  });

  test('take the properties of Spark as Glue writes them in one argument', () => {
    assert.deepEqual(confOf('spark.a=1 --conf spark.b=x=y z'), { 'spark.a': '1', 'spark.b': 'x=y z' });
    assert.deepEqual(confOf(undefined), {});
    assert.throws(() => confOf('spark.a'), /--conf: 'spark\.a' is not name=value/);
  });

  test('fail with what Python says, and are stopped', async () => {
    await define('bad', 'raise KeyError("fare")\n');
    assert.equal((await run('bad', 'FAILED'))?.ErrorMessage, "KeyError: 'fare'");
    await define('hang', 'import time\ntime.sleep(600)\n');
    const running = await run('hang', 'RUNNING');
    await glue.batchStopJobRun({ JobName: 'hang', JobRunIds: [running?.Id ?? ''] });
    await until(async () => (await stateOf('hang', running?.Id ?? ''))?.JobRunState === 'STOPPED', 'the stop', 10_000);
  });
});
