import { suite, test } from 'node:test';
import assert from 'node:assert/strict';
import { until } from '#testing';
import { FakeClock, jobInput, openBench, runUntil, scope, untilState } from './jobs.fixture.ts';

suite('job definitions', async () => {
  const bench = await openBench();

  test('a job comes back as it was made, with the defaults of AWS', async () => {
    const { glue } = bench;
    await glue.createJob({ ...jobInput, Tags: { team: 'lake' }, WorkerType: 'G.1X', NumberOfWorkers: 2 });
    const { Job } = await glue.getJob({ JobName: 'nightly' });
    assert.equal(Job?.Command?.ScriptLocation, 's3://code/job.sql');
    assert.deepEqual([Job?.MaxRetries, Job?.Timeout, Job?.ExecutionProperty?.MaxConcurrentRuns], [0, 2880, 1]);
    assert.deepEqual([Job?.WorkerType, Job?.NumberOfWorkers], ['G.1X', 2]);
    const ResourceArn = 'arn:aws:glue:us-east-1:000000000000:job/nightly';
    assert.deepEqual((await glue.getTags({ ResourceArn })).Tags, { team: 'lake' });
    await assert.rejects(glue.createJob(jobInput), { name: 'AlreadyExistsException' });
  });

  test('jobs are updated, listed, found in a batch and deleted', async () => {
    const { glue } = bench;
    await glue.updateJob({ JobName: 'nightly', JobUpdate: { ...jobInput, Description: 'new' } });
    assert.equal((await glue.getJob({ JobName: 'nightly' })).Job?.Description, 'new');
    await glue.createJob({ ...jobInput, Name: 'other' });
    assert.deepEqual((await glue.listJobs({ Tags: { team: 'lake' } })).JobNames, ['nightly']);
    const batch = await glue.batchGetJobs({ JobNames: ['other', 'none'] });
    assert.deepEqual([batch.Jobs?.length, batch.JobsNotFound], [1, ['none']]);
    await glue.deleteJob({ JobName: 'other' });
    await assert.rejects(glue.getJob({ JobName: 'other' }), { name: 'EntityNotFoundException' });
  });

  test('a script that nothing here can run is refused when the job is made', async () => {
    const withScript = (ScriptLocation: string, Name = 'glueetl') =>
      bench.glue.createJob({ ...jobInput, Name: 'x', Command: { Name, ScriptLocation } });
    await assert.rejects(withScript('s3://code/job.scala'), {
      name: 'InvalidInputException',
      message: /no script that runs as glueetl: jobs run \.sql, glueetl and pythonshell \.py too/,
    });
    await assert.rejects(withScript('s3://code/job.py', 'sql'), { message: /no script that runs as sql/ });
    await assert.rejects(bench.glue.createJob({ ...jobInput, Name: 'x', MaxCapacity: 2, WorkerType: 'G.1X' }), {
      message: /do not set Max Capacity if using Worker Type/,
    });
    await assert.rejects(withScript('job.sql'), { message: /s3:\/\/bucket\/key/ });
    await assert.rejects(withScript('s3://code/job.sql', 'gluestreaming'), { message: /gluestreaming/ });
    await assert.rejects(bench.glue.createJob({ ...jobInput, Name: 'x', DefaultArguments: { target: 'y' } }), {
      message: /'target'/,
    });
  });
});

suite('job runs', async () => {
  const bench = await openBench();
  bench.scripts.set('s3://code/wait.sql', 'wait').set('s3://code/fail.sql', 'fail');
  const make = (Name: string, script: string, more: object = {}) =>
    bench.glue.createJob({
      ...jobInput,
      Name,
      Command: { Name: 'glueetl', ScriptLocation: `s3://code/${script}` },
      ...more,
    });

  test('a run succeeds with the arguments of the job under those of the run', async () => {
    const { glue } = bench;
    await make('args', 'job.sql', {
      DefaultArguments: { '--a': '1', '--b': '1' },
      NonOverridableArguments: { '--c': '9' },
    });
    const { JobRunId: RunId = '' } = await glue.startJobRun({ JobName: 'args', Arguments: { '--b': '2', '--c': '2' } });
    await untilState(bench, 'args', RunId, 'SUCCEEDED');
    const work = bench.works.find((candidate) => candidate.runId === RunId);
    assert.deepEqual(work?.arguments, { '--a': '1', '--b': '2', '--c': '9' });
    assert.equal(work?.caller.arn, 'arn:aws:sts::000000000000:assumed-role/GlueRole/GlueJobRunnerSession');
    const { JobRun } = await glue.getJobRun({ JobName: 'args', RunId });
    assert.deepEqual(JobRun?.Arguments, { '--b': '2', '--c': '2' });
    assert.ok(JobRun?.CompletedOn);
  });

  test('the output of a run is in its log stream and its end is told as an event', async () => {
    await make('told', 'job.sql');
    const runId = await runUntil(bench, 'told', 'SUCCEEDED');
    const { events } = bench.logs.getEvents(scope, '/aws-glue/jobs/output', runId, { limit: 10, fromHead: true });
    assert.equal(
      events.some((event) => event.message === 'says ok'),
      true,
    );
    const told = bench.events.filter((event) => event.detail['jobRunId'] === runId);
    assert.deepEqual(
      told.map((event) => [event.detailType, event.detail['state']]),
      [['Glue Job State Change', 'SUCCEEDED']],
    );
  });

  test('a failed run says why, in its record and in the error log', async () => {
    await make('broken', 'fail.sql');
    const runId = await runUntil(bench, 'broken', 'FAILED');
    assert.match(bench.jobs.runs.getRun(scope, 'broken', runId).errorMessage ?? '', /the script is wrong/);
    const { events } = bench.logs.getEvents(scope, '/aws-glue/jobs/error', runId, { limit: 10, fromHead: true });
    assert.match(events[0]?.message ?? '', /the script is wrong/);
  });

  test('a failed run is tried again as often as the job says', async () => {
    await make('stubborn', 'fail.sql', { MaxRetries: 2 });
    const runId = await runUntil(bench, 'stubborn', 'FAILED');
    await untilState(bench, 'stubborn', runId, 'FAILED');
    await until(() => bench.jobs.runs.listRuns(scope, 'stubborn', 1e9, 9).every(({ run }) => run.state === 'FAILED'));
    await until(() => bench.jobs.runs.listRuns(scope, 'stubborn', 1e9, 9).length === 3);
    const { JobRuns } = await bench.glue.getJobRuns({ JobName: 'stubborn' });
    assert.deepEqual(
      JobRuns?.map((run) => run.Id),
      [`${runId}_attempt_2`, `${runId}_attempt_1`, runId],
    );
    assert.deepEqual(
      JobRuns?.map((run) => run.Attempt),
      [2, 1, 0],
    );
  });

  test('a script that is missing fails the run and names the object', async () => {
    await make('lost', 'lost.sql');
    const runId = await runUntil(bench, 'lost', 'FAILED');
    assert.match(bench.jobs.runs.getRun(scope, 'lost', runId).errorMessage ?? '', /s3:\/\/code\/lost\.sql/);
  });

  test('a run over the limit is refused, and one that may queue waits for its place', async () => {
    const { glue } = bench;
    await make('single', 'wait.sql');
    const first = await runUntil(bench, 'single', 'RUNNING');
    await assert.rejects(glue.startJobRun({ JobName: 'single' }), { name: 'ConcurrentRunsExceededException' });
    const { JobRunId: second = '' } = await glue.startJobRun({ JobName: 'single', JobRunQueuingEnabled: true });
    assert.equal(bench.jobs.runs.getRun(scope, 'single', second).state, 'WAITING');
    await until(() => bench.works.some((work) => work.runId === first));
    bench.release();
    await untilState(bench, 'single', first, 'SUCCEEDED');
    await until(() => bench.works.some((work) => work.runId === second));
    bench.release();
    await untilState(bench, 'single', second, 'SUCCEEDED');
  });

  test('a run is stopped, and one that has ended or never was is told as an error', async () => {
    await make('halted', 'wait.sql');
    const runId = await runUntil(bench, 'halted', 'RUNNING');
    const answer = await bench.glue.batchStopJobRun({ JobName: 'halted', JobRunIds: [runId, 'jr_none'] });
    assert.deepEqual(
      answer.SuccessfulSubmissions?.map((item) => item.JobRunId),
      [runId],
    );
    assert.equal(answer.Errors?.[0]?.ErrorDetail?.ErrorCode, 'EntityNotFoundException');
    await untilState(bench, 'halted', runId, 'STOPPED');
    const again = await bench.glue.batchStopJobRun({ JobName: 'halted', JobRunIds: [runId] });
    assert.equal(again.Errors?.length, 1);
  });

  test('runs are listed newest first in pages', async () => {
    const { glue } = bench;
    await make('often', 'job.sql', { ExecutionProperty: { MaxConcurrentRuns: 9 } });
    const ids: string[] = [];
    for (let index = 0; index < 3; index++) ids.unshift(await runUntil(bench, 'often', 'SUCCEEDED'));
    const first = await glue.getJobRuns({ JobName: 'often', MaxResults: 2 });
    const second = await glue.getJobRuns({ JobName: 'often', MaxResults: 2, NextToken: first.NextToken });
    assert.deepEqual(
      [...(first.JobRuns ?? []), ...(second.JobRuns ?? [])].map((run) => run.Id),
      ids,
    );
    assert.equal(second.NextToken, undefined);
  });
});

suite('job runs over time', async () => {
  test('a run that takes too long ends in TIMEOUT', async () => {
    const clock = new FakeClock();
    const bench = await openBench({ clock });
    bench.scripts.set('s3://code/job.sql', 'wait');
    await bench.jobs.jobs.createJob(scope, 'slow', {
      role: 'r',
      command: { name: 'glueetl', scriptLocation: 's3://code/job.sql' },
      defaultArguments: {},
      fixedArguments: {},
      maxRetries: 0,
      timeoutMinutes: 5,
      maxConcurrentRuns: 1,
      queuing: false,
      recorded: {},
    });
    const run = await bench.jobs.runs.startRun(scope, { jobName: 'slow' });
    await until(() => bench.works.length === 1);
    clock.advance(5 * 60_000);
    await untilState(bench, 'slow', run.id, 'TIMEOUT');
    assert.match(bench.jobs.runs.getRun(scope, 'slow', run.id).errorMessage ?? '', /5 minutes/);
  });

  test('a run that a restart interrupts ends FAILED with that reason and is tried again', async () => {
    const bench = await openBench();
    bench.scripts.set('s3://code/job.sql', 'wait');
    await bench.glue.createJob({ ...jobInput, MaxRetries: 1 });
    const runId = await runUntil(bench, 'nightly', 'RUNNING');
    await bench.restart();
    assert.equal(bench.jobs.runs.getRun(scope, 'nightly', runId).state, 'FAILED');
    assert.match(bench.jobs.runs.getRun(scope, 'nightly', runId).errorMessage ?? '', /platform ended/);
    bench.scripts.set('s3://code/job.sql', 'ok');
    await until(() => bench.works.length === 2);
    bench.release();
    await untilState(bench, 'nightly', `${runId}_attempt_1`, 'SUCCEEDED');
  });
});
