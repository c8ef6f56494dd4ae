import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { FakeClock } from '#kernel/clock';
import { useTempFolder } from '#testing';
import { ended, outline, revisionOf, scope, startEngine, type Call, type TestEngine } from './engine.fixture.ts';

const folder = useTempFolder();

/** A machine with every way of waiting that survives: retries, a wait, branches, items, a call. */
const representative = {
  StartAt: 'Call',
  States: {
    Call: {
      Type: 'Task',
      Resource: 'arn:aws:states:::lambda:invoke',
      Parameters: { FunctionName: 'f', 'Payload.$': '$' },
      ResultSelector: { 'answer.$': '$.Payload' },
      Retry: [{ ErrorEquals: ['Flaky'], IntervalSeconds: 5, MaxAttempts: 3 }],
      Next: 'Rest',
    },
    Rest: { Type: 'Wait', Seconds: 30, Assign: { seen: 'yes' }, Next: 'Both' },
    Both: {
      Type: 'Parallel',
      Branches: [
        { StartAt: 'Left', States: { Left: { Type: 'Wait', Seconds: 3, End: true } } },
        { StartAt: 'Right', States: { Right: { Type: 'Pass', Result: { list: [1, 2, 3] }, End: true } } },
      ],
      Next: 'Each',
    },
    Each: {
      Type: 'Map',
      ItemsPath: '$[1].list',
      MaxConcurrency: 2,
      ItemProcessor: {
        StartAt: 'Pause',
        States: {
          Pause: { Type: 'Wait', Seconds: 2, Next: 'Keep' },
          Keep: { Type: 'Pass', Parameters: { 'value.$': '$', 'seen.$': '$seen' }, End: true },
        },
      },
      End: true,
    },
  },
};

/** Fails once with `Flaky`, then answers. */
function flaky(): { call: Call; calls: () => number } {
  let calls = 0;
  return {
    calls: () => calls,
    call: async () => {
      calls++;
      return calls === 1
        ? { FunctionError: 'Unhandled', Payload: Buffer.from('{"errorType":"Flaky"}'), StatusCode: 200 }
        : { Payload: Buffer.from('{"ok":true}'), StatusCode: 200 };
    },
  };
}

function place(name: string): string {
  const path = join(folder, name);
  mkdirSync(path, { recursive: true });
  return path;
}

test('a crash behind any write of the journal leads to the same end and the same history', async () => {
  const copies: string[] = [];
  const clock = new FakeClock();
  let engine: TestEngine | undefined;
  const snapshot = (): void => {
    const copy = place(`copy-${copies.length}`);
    engine?.state.backup(join(copy, 'state.sqlite'));
    copies.push(copy);
  };
  const options = { clock, call: flaky().call, observe: () => queueMicrotask(snapshot) };
  engine = startEngine(place('origin'), options);
  const { arn } = await engine.executions.start({ scope, revision: revisionOf(representative), input: '{}' });
  const expected = await ended(engine, arn, clock);
  const history = outline(engine, arn);
  await engine.close();
  assert.equal(expected.status, 'SUCCEEDED');
  assert.ok(copies.length >= 8, `${copies.length} writes`);
  for (const [index, copy] of copies.entries()) {
    const later = new FakeClock(clock.nowMs() + 1000);
    const again = startEngine(copy, { clock: later, call: flaky().call });
    const execution = await ended(again, arn, later);
    assert.equal(execution.status, 'SUCCEEDED', `behind write ${index}: ${execution.cause ?? ''}`);
    assert.equal(execution.output, expected.output, `behind write ${index}`);
    assert.deepEqual(typesOf(outline(again, arn)), typesOf(history), `behind write ${index}`);
    await again.close();
  }
});

/** Types in order of their ids, with the repeats of a call and the retries that the copy's own call needs taken out. */
function typesOf(lines: readonly string[]): string[] {
  const types = lines
    .map((line) => line.split(' ')[1] ?? '')
    .filter((type) => !/^Task(Scheduled|Started|Failed)$/.test(type));
  return types.sort();
}

test('a call whose outcome a crash lost is made again, once, and shows in the history', async () => {
  const home = place('lost-outcome');
  let calls = 0;
  const called = Promise.withResolvers<void>();
  const never: Call = async () => {
    calls++;
    called.resolve();
    await new Promise(() => undefined);
  };
  const first = startEngine(home, { call: never });
  const definition = {
    StartAt: 'T',
    States: { T: { Type: 'Task', Resource: 'arn:aws:lambda:us-east-1:000000000000:function:f', End: true } },
  };
  const { arn } = await first.executions.start({ scope, revision: revisionOf(definition), input: '{"a": 1}' });
  await called.promise;
  const copy = place('lost-outcome-copy');
  first.state.backup(join(copy, 'state.sqlite'));

  const second = startEngine(copy, {
    call: async () => {
      calls++;
      return { Payload: Buffer.from('2'), StatusCode: 200 };
    },
  });
  const execution = await ended(second, arn);
  assert.equal(execution.output, '2');
  assert.equal(calls, 2);
  const started = outline(second, arn).filter((line) => line.endsWith('LambdaFunctionStarted'));
  assert.equal(started.length, 2);
  await second.close();
  first.state.close();
});

test('timers that fell due while the platform was down fire once, oldest first', async () => {
  const home = place('overdue');
  const clock = new FakeClock();
  const first = startEngine(home, { clock });
  const wait = (seconds: number) => ({ StartAt: 'W', States: { W: { Type: 'Wait', Seconds: seconds, End: true } } });
  const arns: string[] = [];
  for (const seconds of [50, 20, 40]) {
    arns.push((await first.executions.start({ scope, revision: revisionOf(wait(seconds)), input: '{}' })).arn);
  }
  await first.close();

  const order: string[] = [];
  const later = new FakeClock(clock.nowMs() + 3_600_000);
  const second = startEngine(home, { clock: later });
  second.events.subscribe(({ detail }) => {
    if (detail['status'] === 'SUCCEEDED') order.push(String(detail['executionArn']));
  });
  for (const arn of arns) await ended(second, arn, later, 1);
  for (const arn of arns)
    assert.equal(outline(second, arn).filter((line) => line.endsWith('WaitStateExited')).length, 1);
  assert.equal(order.length, 3);
  await second.close();
});

test('a wait of a year ends after a year', async () => {
  const clock = new FakeClock();
  const engine = startEngine(place('year'), { clock });
  const definition = { StartAt: 'W', States: { W: { Type: 'Wait', Seconds: 31_536_000, End: true } } };
  const { arn } = await engine.executions.start({ scope, revision: revisionOf(definition), input: '{}' });
  clock.advance(31_535_999_000);
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(engine.executions.getExecution(arn).status, 'RUNNING');
  clock.advance(1_000);
  assert.equal((await ended(engine, arn)).status, 'SUCCEEDED');
  await engine.close();
});

test('a map run goes on after a crash: every item once, in order', async () => {
  const home = place('map-run');
  const clock = new FakeClock();
  const definition = {
    StartAt: 'M',
    States: {
      M: {
        Type: 'Map',
        MaxConcurrency: 3,
        ItemProcessor: {
          ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
          StartAt: 'W',
          States: { W: { Type: 'Wait', Seconds: 10, End: true } },
        },
        End: true,
      },
    },
  };
  const first = startEngine(home, { clock });
  const input = '[0,1,2,3,4,5,6,7]';
  const { arn } = await first.executions.start({ scope, revision: revisionOf(definition), input });
  clock.advance(10_000);
  await new Promise((resolve) => setTimeout(resolve, 50));
  await first.close();

  const second = startEngine(home, { clock });
  const execution = await ended(second, arn, clock, 10_000);
  assert.equal(execution.output, input);
  const [mapRun] = second.executions.mapRuns.list(arn, { sizeMax: 10 }).items;
  assert.equal(mapRun?.status, 'SUCCEEDED');
  assert.equal(mapRun?.executionCounts.succeeded, 8);
  const children = second.executions.listExecutions({ mapRunArn: mapRun?.arn ?? '' }, { sizeMax: 100 }).items;
  assert.equal(children.length, 8);
  await second.close();
});

test('a job run whose start a crash lost is found again, not started twice', async () => {
  const home = place('job-run');
  const runs: { Id: string; StartedOn: Date; JobRunState: string }[] = [];
  const started = Promise.withResolvers<void>();
  let isLost = true;
  const call: Call = async (_service, operation) => {
    if (operation === 'GetJobRuns') return { JobRuns: runs };
    if (operation === 'GetJobRun') return { JobRun: { ...runs[0], JobRunState: 'SUCCEEDED' } };
    runs.push({ Id: `jr_${runs.length}`, StartedOn: new Date(), JobRunState: 'RUNNING' });
    started.resolve();
    if (isLost) await new Promise(() => undefined);
    return { JobRunId: runs.at(-1)?.Id };
  };
  const first = startEngine(home, { call });
  const Resource = 'arn:aws:states:::glue:startJobRun.sync';
  const definition = {
    StartAt: 'T',
    States: { T: { Type: 'Task', Resource, Parameters: { JobName: 'j' }, End: true } },
  };
  const { arn } = await first.executions.start({ scope, revision: revisionOf(definition), input: '{}' });
  await started.promise;
  const copy = place('job-run-copy');
  first.state.backup(join(copy, 'state.sqlite'));
  isLost = false;
  const second = startEngine(copy, { call });
  const execution = await ended(second, arn);
  assert.equal(execution.status, 'SUCCEEDED', execution.cause);
  assert.equal(runs.length, 1);
  await second.close();
  first.state.close();
});
