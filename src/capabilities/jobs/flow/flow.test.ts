import { suite, test } from 'node:test';
import assert from 'node:assert/strict';
import { PlatformError } from '#kernel/errors';
import { until } from '#testing';
import { FakeClock, openBench, scope, type Bench } from '../jobs.fixture.ts';

/** Every crawl ends at once, well or badly by the crawler's name. */
function crawlers(hub: () => Bench['hub']) {
  return {
    StartCrawler({ Name }: { Name: string }) {
      if (Name === 'none') throw new PlatformError('absent', 'EntityNotFoundException', 'Crawler none not found.');
      hub().publish({
        id: '1',
        source: 'aws.glue',
        detailType: 'Glue Crawler State Change',
        accountId: '000000000000',
        region: 'us-east-1',
        time: new Date(),
        resources: [],
        detail: { crawlerName: Name, state: Name === 'bad' ? 'Failed' : 'Succeeded' },
      });
      return {};
    },
  };
}

async function openFlow(clock?: FakeClock): Promise<Bench> {
  const found: { bench?: Bench } = {};
  const more = crawlers(() => found.bench!.hub);
  const bench = await openBench(clock === undefined ? { more } : { more, clock });
  found.bench = bench;
  bench.scripts.set('s3://code/fail.sql', 'fail').set('s3://code/wait.sql', 'wait');
  for (const name of ['first', 'second', 'third']) await makeJob(bench, name, 'job.sql');
  await makeJob(bench, 'failing', 'fail.sql');
  await makeJob(bench, 'waiting', 'wait.sql');
  return bench;
}

async function makeJob({ jobs }: Bench, name: string, script: string): Promise<void> {
  await jobs.jobs.createJob(scope, name, {
    role: 'r',
    command: { name: 'glueetl', scriptLocation: `s3://code/${script}` },
    defaultArguments: {},
    fixedArguments: {},
    maxRetries: 0,
    timeoutMinutes: 60,
    maxConcurrentRuns: 3,
    queuing: false,
    recorded: {},
  });
}

async function untilRun(bench: Bench, jobName: string, state = 'SUCCEEDED', count = 1): Promise<string> {
  const list = () => bench.jobs.runs.listRuns(scope, jobName, 1e9, 50).filter(({ run }) => run.state === state);
  await until(() => list().length >= count, `${count} run of ${jobName} in ${state}`);
  return list()[0]?.run.id ?? '';
}

suite('triggers', async () => {
  const bench = await openFlow();
  const { glue } = bench;

  test('an on-demand trigger starts its jobs with its arguments', async () => {
    await glue.createTrigger({
      Name: 'go',
      Type: 'ON_DEMAND',
      Actions: [{ JobName: 'first', Arguments: { '--day': '1' } }],
    });
    assert.equal((await glue.getTrigger({ Name: 'go' })).Trigger?.State, 'CREATED');
    await glue.startTrigger({ Name: 'go' });
    const runId = await untilRun(bench, 'first');
    const { JobRun } = await glue.getJobRun({ JobName: 'first', RunId: runId });
    assert.deepEqual([JobRun?.TriggerName, JobRun?.Arguments], ['go', { '--day': '1' }]);
  });

  test('a conditional trigger fires when all that it waits for has happened', async () => {
    await glue.createTrigger({
      Name: 'both',
      Type: 'CONDITIONAL',
      StartOnCreation: true,
      Predicate: {
        Logical: 'AND',
        Conditions: [
          { LogicalOperator: 'EQUALS', JobName: 'first', State: 'SUCCEEDED' },
          { LogicalOperator: 'EQUALS', CrawlerName: 'good', CrawlState: 'SUCCEEDED' },
        ],
      },
      Actions: [{ JobName: 'second' }],
    });
    await glue.startTrigger({ Name: 'go' });
    await untilRun(bench, 'first', 'SUCCEEDED', 2);
    assert.deepEqual(bench.jobs.runs.listRuns(scope, 'second', 1e9, 9), []);
    await glue.createTrigger({ Name: 'crawl', Type: 'ON_DEMAND', Actions: [{ CrawlerName: 'good' }] });
    await glue.startTrigger({ Name: 'crawl' });
    const runId = await untilRun(bench, 'second');
    const { JobRun } = await glue.getJobRun({ JobName: 'second', RunId: runId });
    assert.equal(JobRun?.PredecessorRuns?.[0]?.JobName, 'first');
  });

  test('a run that somebody started by hand sets no trigger off, as in AWS', async () => {
    await glue.createTrigger({
      Name: 'after-third',
      Type: 'CONDITIONAL',
      StartOnCreation: true,
      Predicate: { Conditions: [{ LogicalOperator: 'EQUALS', JobName: 'third', State: 'SUCCEEDED' }] },
      Actions: [{ JobName: 'waiting' }],
    });
    await glue.startJobRun({ JobName: 'third' });
    await untilRun(bench, 'third');
    await bench.jobs.flow.close();
    assert.deepEqual(bench.jobs.runs.listRuns(scope, 'waiting', 1e9, 9), []);
  });

  test('triggers are changed, listed by the job they start, stopped and deleted', async () => {
    await glue.updateTrigger({ Name: 'both', TriggerUpdate: { Description: 'new', Actions: [{ JobName: 'third' }] } });
    const { TriggerNames } = await glue.listTriggers({ DependentJobName: 'third' });
    assert.deepEqual(TriggerNames, ['both']);
    await glue.stopTrigger({ Name: 'both' });
    assert.equal((await glue.getTrigger({ Name: 'both' })).Trigger?.State, 'DEACTIVATED');
    await glue.deleteTrigger({ Name: 'both' });
    await assert.rejects(glue.getTrigger({ Name: 'both' }), { name: 'EntityNotFoundException' });
  });

  test('a trigger that could never fire is refused with the reason', async () => {
    const refused = (input: object, message: RegExp) =>
      assert.rejects(glue.createTrigger({ Name: 'x', Type: 'ON_DEMAND', Actions: [{ JobName: 'first' }], ...input }), {
        name: 'InvalidInputException',
        message,
      });
    await refused({ Actions: [] }, /0 actions/);
    await refused({ Actions: [{}] }, /JobName or a CrawlerName/);
    await refused({ Type: 'SCHEDULED' }, /needs a Schedule/);
    await refused({ Type: 'SCHEDULED', Schedule: 'cron(nonsense)' }, /cron/);
    await refused({ Type: 'CONDITIONAL' }, /Predicate/);
    await refused({ Type: 'EVENT' }, /WorkflowName/);
    await refused({ StartOnCreation: true }, /StartTrigger/);
  });
});

suite('workflows', async () => {
  const bench = await openFlow();
  const { glue } = bench;
  const chain = async (Name: string, firstAction: object, watch: object, thenJob: string) => {
    await glue.createWorkflow({ Name, DefaultRunProperties: { env: 'test' }, MaxConcurrentRuns: 1 });
    await glue.createTrigger({ Name: `${Name}-start`, WorkflowName: Name, Type: 'ON_DEMAND', Actions: [firstAction] });
    await glue.createTrigger({
      Name: `${Name}-then`,
      WorkflowName: Name,
      Type: 'CONDITIONAL',
      StartOnCreation: true,
      Predicate: { Conditions: [{ LogicalOperator: 'EQUALS', ...watch }] },
      Actions: [{ JobName: thenJob }],
    });
  };
  const start = async (Name: string) => (await glue.startWorkflowRun({ Name })).RunId ?? '';
  const ended = async (Name: string, RunId: string) => {
    await until(async () => (await glue.getWorkflowRun({ Name, RunId })).Run?.CompletedOn !== undefined, 'the end');
    return (await glue.getWorkflowRun({ Name, RunId, IncludeGraph: true })).Run;
  };

  test('a crawl and the job behind it run as one, and the graph shows what was done', async () => {
    await chain('lake', { CrawlerName: 'good' }, { CrawlerName: 'good', CrawlState: 'SUCCEEDED' }, 'first');
    const RunId = await start('lake');
    const run = await ended('lake', RunId);
    assert.equal(run?.Status, 'COMPLETED');
    assert.deepEqual([run?.Statistics?.TotalActions, run?.Statistics?.SucceededActions], [2, 2]);
    assert.deepEqual(run?.Graph?.Nodes?.map((node) => node.Name).sort(), ['first', 'good', 'lake-start', 'lake-then']);
    assert.equal(run?.Graph?.Edges?.length, 3);
    const job = run?.Graph?.Nodes?.find((node) => node.Type === 'JOB');
    assert.equal(job?.JobDetails?.JobRuns?.[0]?.JobRunState, 'SUCCEEDED');
    const work = bench.works.find((one) => one.arguments['--WORKFLOW_RUN_ID'] === RunId);
    assert.equal(work?.arguments['--WORKFLOW_NAME'], 'lake');
  });

  test('properties of a run begin with those of the workflow and can be added to', async () => {
    const RunId = await start('lake');
    await glue.putWorkflowRunProperties({ Name: 'lake', RunId, RunProperties: { day: '1' } });
    const { RunProperties } = await glue.getWorkflowRunProperties({ Name: 'lake', RunId });
    assert.deepEqual(RunProperties, { env: 'test', day: '1' });
    await ended('lake', RunId);
  });

  test('a condition that does not come true ends the run without what hangs on it', async () => {
    await chain('broken', { JobName: 'failing' }, { JobName: 'failing', State: 'SUCCEEDED' }, 'second');
    const run = await ended('broken', await start('broken'));
    assert.deepEqual([run?.Status, run?.Statistics?.TotalActions, run?.Statistics?.FailedActions], ['COMPLETED', 1, 1]);
  });

  test('an action that cannot start ends the run in ERROR and says why', async () => {
    await chain('lost', { CrawlerName: 'none' }, { CrawlerName: 'none', CrawlState: 'SUCCEEDED' }, 'second');
    const run = await ended('lost', await start('lost'));
    assert.deepEqual([run?.Status, run?.Statistics?.ErroredActions], ['ERROR', 1]);
    assert.match(run?.ErrorMessage ?? '', /Crawler none not found/);
  });

  test('a run over the limit is refused, and a stopped one starts nothing more', async () => {
    await chain('slow', { JobName: 'waiting' }, { JobName: 'waiting', State: 'STOPPED' }, 'second');
    const RunId = await start('slow');
    await assert.rejects(start('slow'), { name: 'ConcurrentRunsExceededException' });
    await untilRun(bench, 'waiting', 'RUNNING');
    await glue.stopWorkflowRun({ Name: 'slow', RunId });
    const run = await ended('slow', RunId);
    assert.deepEqual([run?.Status, run?.Statistics?.TotalActions, run?.Statistics?.StoppedActions], ['STOPPED', 1, 1]);
  });

  test('a workflow interrupted by a restart goes on with what hangs on the interrupted job', async () => {
    await chain('again', { JobName: 'waiting' }, { JobName: 'waiting', State: 'FAILED' }, 'third');
    const runId = (await bench.jobs.flow.startWorkflow(scope, 'again')).id;
    await untilRun(bench, 'waiting', 'RUNNING');
    await bench.restart();
    await until(() => bench.jobs.workflows.getRun(scope, 'again', runId).run.state === 'COMPLETED');
    const jobs = bench.jobs.workflows.getRun(scope, 'again', runId).jobRuns;
    assert.deepEqual(
      jobs.map((run) => [run.jobName, run.state]),
      [
        ['waiting', 'FAILED'],
        ['third', 'SUCCEEDED'],
      ],
    );
  });

  test('a workflow goes away with its triggers', async () => {
    await bench.glue.deleteWorkflow({ Name: 'lake' });
    await assert.rejects(bench.glue.getTrigger({ Name: 'lake-start' }), { name: 'EntityNotFoundException' });
    await assert.rejects(bench.glue.startWorkflowRun({ Name: 'lake' }), { name: 'EntityNotFoundException' });
  });
});

suite('triggers over time', async () => {
  test('a schedule starts its job each time until it is stopped', async () => {
    const clock = new FakeClock();
    const bench = await openFlow(clock);
    const trigger = {
      name: 'hourly',
      type: 'SCHEDULED' as const,
      schedule: 'cron(0 * * * ? *)',
      actions: [{ jobName: 'first', recorded: {} }],
    };
    await bench.jobs.triggers.createTrigger(scope, trigger, { startOnCreation: true });
    clock.advance(3_600_000);
    await untilRun(bench, 'first');
    clock.advance(3_600_000);
    await untilRun(bench, 'first', 'SUCCEEDED', 2);
    await bench.jobs.triggers.stopTrigger(scope, 'hourly');
    clock.advance(3_600_000);
    await bench.jobs.flow.close();
    assert.equal(bench.jobs.runs.listRuns(scope, 'first', 1e9, 9).length, 2);
  });

  test('events start a workflow in batches, or when the window is over', async () => {
    const clock = new FakeClock();
    const bench = await openFlow(clock);
    const { triggers, workflows } = bench.jobs;
    await workflows.createWorkflow(scope, 'arrivals', {});
    await assert.rejects(triggers.notify(scope, 'arrivals', 'e0'), { message: /no active trigger/ });
    const trigger = {
      name: 'on-event',
      type: 'EVENT' as const,
      workflowName: 'arrivals',
      batch: { size: 2, windowSeconds: 60 },
      actions: [{ jobName: 'first', recorded: {} }],
    };
    await triggers.createTrigger(scope, trigger, { startOnCreation: true });
    await triggers.notify(scope, 'arrivals', 'e1');
    assert.equal(workflows.listRuns(scope, 'arrivals', 1e9, 9).length, 0);
    await triggers.notify(scope, 'arrivals', 'e2');
    assert.equal(workflows.findLastRun(scope, 'arrivals')?.run.properties['aws:eventIds'], '["e1","e2"]');
    await triggers.notify(scope, 'arrivals', 'e3');
    clock.advance(60_000);
    await until(() => workflows.listRuns(scope, 'arrivals', 1e9, 9).length === 2);
    assert.equal(workflows.findLastRun(scope, 'arrivals')?.run.properties['aws:eventIds'], '["e3"]');
    await untilRun(bench, 'first', 'SUCCEEDED', 2);
  });
});
