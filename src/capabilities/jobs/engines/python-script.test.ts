import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { CloudWatchLogs } from '@aws-sdk/client-cloudwatch-logs';
import { Glue } from '@aws-sdk/client-glue';
import { S3 } from '@aws-sdk/client-s3';
import { clientConfig, until } from '#testing';
import { startTestPlatform } from '../../../testing/platform.ts';

suite('Python shell jobs', async () => {
  const platform = await startTestPlatform();
  const glue = new Glue(clientConfig(platform.endpoint));
  const logs = new CloudWatchLogs(clientConfig(platform.endpoint));
  const s3 = new S3(clientConfig(platform.endpoint));
  await s3.createBucket({ Bucket: 'code' });
  after(async () => {
    for (const client of [glue, logs, s3]) client.destroy();
    await platform.close();
  });
  const define = async (Name: string, Body: string, Timeout = 5): Promise<void> => {
    await s3.putObject({ Bucket: 'code', Key: `${Name}.py`, Body });
    const Command = { Name: 'pythonshell', ScriptLocation: `s3://code/${Name}.py`, PythonVersion: '3.9' };
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

  test('fail with what Python says, and are stopped', async () => {
    await define('bad', 'raise KeyError("fare")\n');
    assert.equal((await run('bad', 'FAILED'))?.ErrorMessage, "KeyError: 'fare'");
    await define('hang', 'import time\ntime.sleep(600)\n');
    const running = await run('hang', 'RUNNING');
    await glue.batchStopJobRun({ JobName: 'hang', JobRunIds: [running?.Id ?? ''] });
    await until(async () => (await stateOf('hang', running?.Id ?? ''))?.JobRunState === 'STOPPED', 'the stop', 10_000);
  });
});
