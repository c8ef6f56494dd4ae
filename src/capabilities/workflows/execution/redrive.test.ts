import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { FakeClock } from '#kernel/clock';
import { until, useTempFolder } from '#testing';
import { ended, outline, revisionOf, scope, startEngine, type Call, type TestEngine } from './engine.fixture.ts';

const folder = useTempFolder();
const lambda = 'arn:aws:lambda:us-east-1:000000000000:function:f';
const task = { Type: 'Task', Resource: lambda, End: true };

/** A function that gives its payload back, and fails for the payloads in `ill`. */
function echo(ill: Set<string>) {
  const calls: string[] = [];
  const call: Call = async (_service, _operation, input) => {
    const payload = String(input['Payload']);
    calls.push(payload);
    if (!ill.has(payload)) return { Payload: Buffer.from(payload) };
    return { FunctionError: 'Unhandled', Payload: Buffer.from('{"errorType":"Ill"}') };
  };
  return { call, calls };
}

async function fail(engine: TestEngine, definition: object, input: unknown, clock?: FakeClock): Promise<string> {
  const { arn } = await engine.executions.start({
    scope,
    revision: revisionOf(definition),
    input: JSON.stringify(input),
  });
  const { status } = await ended(engine, arn, clock);
  assert.equal(status, 'FAILED');
  return arn;
}

/** The types of the events from a number on. */
function typesFrom(engine: TestEngine, arn: string, first: number): string[] {
  return outline(engine, arn)
    .slice(first)
    .map((line) => line.split(' ')[1] ?? '');
}

test('a redrive of a Parallel state runs the branches that failed or were aborted, also after a restart', async () => {
  const ill = new Set(['2']);
  const { call, calls } = echo(ill);
  const clock = new FakeClock();
  const home = mkdtempSync(join(folder, 'engine-'));
  let engine = startEngine(home, { call, clock });
  const branch = (payload: number, seconds: number) => ({
    StartAt: `Wait ${payload}`,
    States: {
      [`Wait ${payload}`]: { Type: 'Wait', Seconds: seconds, Next: `Give ${payload}` },
      [`Give ${payload}`]: { Type: 'Pass', Result: payload, Next: `Task ${payload}` },
      [`Task ${payload}`]: task,
    },
  });
  const branches = [branch(1, 1), branch(2, 10), branch(3, 600)];
  const definition = { StartAt: 'P', States: { P: { Type: 'Parallel', Branches: branches, End: true } } };
  const arn = await fail(engine, definition, {}, clock);
  assert.deepEqual(calls, ['1', '2']);
  const count = outline(engine, arn).length;
  await engine.close();
  ill.clear();
  engine = startEngine(home, { call, clock });
  try {
    await engine.executions.redrive(arn);
    await engine.close();
    engine = startEngine(home, { call, clock });
    assert.equal((await ended(engine, arn, clock, 10_000)).output, '[1,2,3]');
    // At least once: the restart may have cut off the call of the second branch.
    assert.equal(calls.filter((payload) => payload === '1').length, 1);
    assert.equal(calls.at(-1), '3');
    const types = typesFrom(engine, arn, count);
    assert.equal(types[0], 'ExecutionRedriven');
    assert.equal(types.filter((type) => type.endsWith('Entered')).length, 2);
  } finally {
    await engine.close();
  }
});

test('a redrive of an inline Map runs the items that failed and those that never began', async () => {
  const ill = new Set(['2', '4']);
  const { call, calls } = echo(ill);
  const engine = startEngine(mkdtempSync(join(folder, 'engine-')), { call });
  try {
    const definition = {
      StartAt: 'M',
      States: {
        M: { Type: 'Map', MaxConcurrency: 1, ItemProcessor: { StartAt: 'T', States: { T: task } }, Next: 'After' },
        After: { Type: 'Pass', End: true },
      },
    };
    const arn = await fail(engine, definition, [1, 2, 3, 4, 5]);
    assert.deepEqual(calls, ['1', '2']);
    const count = outline(engine, arn).length;
    ill.delete('2');
    await engine.executions.redrive(arn);
    assert.equal((await ended(engine, arn)).status, 'FAILED');
    assert.deepEqual(calls, ['1', '2', '2', '3', '4']);
    assert.deepEqual(typesFrom(engine, arn, count).slice(0, 6), [
      'ExecutionRedriven',
      'LambdaFunctionScheduled',
      'LambdaFunctionStarted',
      'LambdaFunctionSucceeded',
      'TaskStateExited',
      'MapIterationSucceeded',
    ]);
    ill.clear();
    await engine.executions.redrive(arn);
    const execution = await ended(engine, arn);
    assert.equal(execution.output, '[1,2,3,4,5]');
    assert.equal(execution.redriveCount, 2);
    assert.deepEqual(calls, ['1', '2', '2', '3', '4', '4', '5']);
  } finally {
    await engine.close();
  }
});

test('a redrive goes on inside a Map in a Parallel state, each result in its place', async () => {
  const ill = new Set(['2']);
  const { call, calls } = echo(ill);
  const engine = startEngine(mkdtempSync(join(folder, 'engine-')), { call });
  try {
    const map = {
      StartAt: 'M',
      States: {
        M: { Type: 'Map', MaxConcurrency: 1, ItemProcessor: { StartAt: 'T', States: { T: task } }, End: true },
      },
    };
    const other = { StartAt: 'O', States: { O: { Type: 'Pass', Result: 'o', End: true } } };
    const definition = { StartAt: 'P', States: { P: { Type: 'Parallel', Branches: [map, other], End: true } } };
    const arn = await fail(engine, definition, [1, 2, 3]);
    ill.clear();
    await engine.executions.redrive(arn);
    assert.equal((await ended(engine, arn)).output, '[[1,2,3],"o"]');
    assert.deepEqual(calls, ['1', '2', '2', '3']);
  } finally {
    await engine.close();
  }
});

test('a failure that is retried or caught starts the whole state again or leaves it', async () => {
  const ill = new Set(['2']);
  const { call, calls } = echo(ill);
  const engine = startEngine(mkdtempSync(join(folder, 'engine-')), { call });
  try {
    const definition = {
      StartAt: 'M',
      States: {
        M: {
          Type: 'Map',
          MaxConcurrency: 1,
          ItemProcessor: { StartAt: 'T', States: { T: task } },
          Retry: [{ ErrorEquals: ['Ill'], IntervalSeconds: 1, MaxAttempts: 1 }],
          Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Caught' }],
          End: true,
        },
        Caught: { Type: 'Pass', Result: 'caught', End: true },
      },
    };
    const { arn } = await engine.executions.start({ scope, revision: revisionOf(definition), input: '[1,2,3]' });
    assert.equal((await ended(engine, arn)).output, '"caught"');
    assert.deepEqual(calls, ['1', '2', '1', '2']);
    for (const table of ['thread', 'items', 'results']) {
      const row = engine.state.reader.prepare<{ n: number }>(`SELECT count(*) AS n FROM workflows_${table}`).get();
      assert.equal(row?.n, 0, `rows are left in ${table}`);
    }
  } finally {
    await engine.close();
  }
});

for (const type of ['STANDARD', 'EXPRESS']) {
  test(`a redrive of a map run takes up its ${type} children that failed and starts those that never began`, async () => {
    const ill = new Set(['2', '3']);
    const { call, calls } = echo(ill);
    const home = mkdtempSync(join(folder, 'engine-'));
    let engine = startEngine(home, { call });
    const definition = {
      StartAt: 'M',
      States: {
        M: {
          Type: 'Map',
          MaxConcurrency: 1,
          ToleratedFailureCount: 1,
          ItemProcessor: {
            ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: type },
            StartAt: 'First',
            States: { First: { Type: 'Pass', Next: 'T' }, T: task },
          },
          End: true,
        },
      },
    };
    const arn = await fail(engine, definition, [1, 2, 3, 4]);
    assert.deepEqual(calls, ['1', '2', '3']);
    const count = outline(engine, arn).length;
    await engine.close();
    ill.clear();
    engine = startEngine(home, { call });
    try {
      await engine.executions.redrive(arn);
      const execution = await ended(engine, arn);
      assert.equal(execution.output, '[1,2,3,4]');
      assert.deepEqual(calls, ['1', '2', '3', '2', '3', '4']);
      assert.deepEqual(typesFrom(engine, arn, count), [
        'ExecutionRedriven',
        'MapRunRedriven',
        'MapRunSucceeded',
        'MapStateSucceeded',
        'MapStateExited',
        'ExecutionSucceeded',
      ]);
      const [mapRun] = engine.executions.mapRuns.list(arn, { sizeMax: 10 }).items;
      assert.equal(mapRun?.status, 'SUCCEEDED');
      assert.equal(mapRun?.redriveCount, 1);
      assert.equal(mapRun?.executionCounts.succeeded, 4);
      const children = engine.executions.listExecutions({ mapRunArn: mapRun?.arn ?? '' }, { sizeMax: 10 }).items;
      assert.equal(children.filter(({ redriveCount }) => redriveCount === 1).length, 2);
    } finally {
      await engine.close();
    }
  });
}

test('a map run that was stopped goes on where it was', async () => {
  const { promise: letGo, resolve } = Promise.withResolvers<void>();
  const { call, calls } = echo(new Set());
  const held: Call = async (...rest) => {
    if (String(rest[2]['Payload']) !== '1') await letGo;
    return call(...rest);
  };
  const engine = startEngine(mkdtempSync(join(folder, 'engine-')), { call: held });
  try {
    const definition = {
      StartAt: 'M',
      States: {
        M: {
          Type: 'Map',
          ItemProcessor: {
            ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
            StartAt: 'T',
            States: { T: task },
          },
          End: true,
        },
      },
    };
    const { arn } = await engine.executions.start({ scope, revision: revisionOf(definition), input: '[1,2,3]' });
    const mapRun = () => engine.executions.mapRuns.list(arn, { sizeMax: 1 }).items[0];
    await until(() => mapRun()?.executionCounts.succeeded === 1);
    await engine.executions.stop(arn);
    await engine.executions.redrive(arn);
    resolve();
    assert.equal((await ended(engine, arn)).output, '[1,2,3]');
    assert.equal(calls.filter((payload) => payload === '1').length, 1);
    assert.equal(mapRun()?.executionCounts.succeeded, 3);
  } finally {
    await engine.close();
  }
});

test('a map run that was redriven 1,000 times fails its state instead', async () => {
  const { call } = echo(new Set(['1']));
  const engine = startEngine(mkdtempSync(join(folder, 'engine-')), { call });
  try {
    const itemProcessor = {
      ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
      StartAt: 'T',
      States: { T: task },
    };
    const definition = { StartAt: 'M', States: { M: { Type: 'Map', ItemProcessor: itemProcessor, End: true } } };
    const arn = await fail(engine, definition, [1]);
    await engine.state.write((db) => db.prepare('UPDATE workflows_map_run SET redrive_count = 999').run());
    const again = async (): Promise<string | undefined> => {
      await engine.executions.redrive(arn);
      return (await ended(engine, arn)).error;
    };
    assert.equal(await again(), 'States.ExceedToleratedFailureThreshold');
    assert.equal(await again(), 'States.Runtime');
    assert.equal(engine.executions.getExecution(arn).cause?.includes('1000 times'), true);
  } finally {
    await engine.close();
  }
});
