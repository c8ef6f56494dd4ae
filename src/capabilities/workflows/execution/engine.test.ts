import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { FakeClock } from '#kernel/clock';
import { isPlatformError } from '#kernel/errors';
import { useTempFolder } from '#testing';
import {
  ended,
  outline,
  revisionOf,
  scope,
  startEngine,
  type Call,
  type EngineOptions,
  type TestEngine,
} from './engine.fixture.ts';

const folder = useTempFolder();
const lambda = 'arn:aws:lambda:us-east-1:000000000000:function:f';
const signal = new AbortController().signal;

async function withEngine(options: EngineOptions, body: (engine: TestEngine) => Promise<void>): Promise<void> {
  const engine = startEngine(mkdtempSync(join(folder, 'engine-')), options);
  try {
    await body(engine);
  } finally {
    await engine.close();
  }
}

async function run(engine: TestEngine, definition: object, input = '{}', clock?: FakeClock) {
  const { arn } = await engine.executions.start({ scope, revision: revisionOf(definition), input });
  return await ended(engine, arn, clock);
}

function failing(error: string): Call {
  return async () => ({ FunctionError: 'Unhandled', Payload: Buffer.from(JSON.stringify({ errorType: error })) });
}

const code = (name: string) => (error: unknown) => isPlatformError(error, name);

test('an execution is started once by name and input while it runs', async () => {
  await withEngine({ clock: new FakeClock() }, async ({ executions }) => {
    const revision = revisionOf({ StartAt: 'W', States: { W: { Type: 'Wait', Seconds: 60, End: true } } });
    const [first, second] = await Promise.all([
      executions.start({ scope, revision, name: 'one', input: '{}' }),
      executions.start({ scope, revision, name: 'one', input: '{}' }),
    ]);
    assert.equal(first.arn, second.arn);
    await assert.rejects(
      executions.start({ scope, revision, name: 'one', input: '[]' }),
      code('ExecutionAlreadyExists'),
    );
    await executions.stop(first.arn, 'Why', 'because');
    const stopped = executions.getExecution(first.arn);
    assert.deepEqual([stopped.status, stopped.error, stopped.cause], ['ABORTED', 'Why', 'because']);
    await assert.rejects(
      executions.start({ scope, revision, name: 'one', input: '{}' }),
      code('ExecutionAlreadyExists'),
    );
    assert.equal(executions.countOpen(revision.machineArn), 0);
  });
});

test('each retrier counts its own retries, and a catcher gets what is left', async () => {
  const clock = new FakeClock();
  let calls = 0;
  const call: Call = async (...rest) => {
    calls++;
    return await failing(calls % 2 === 1 ? 'A' : 'B')(...rest);
  };
  await withEngine({ clock, call }, async (engine) => {
    const definition = {
      StartAt: 'T',
      States: {
        T: {
          Type: 'Task',
          Resource: lambda,
          Retry: [
            { ErrorEquals: ['A'], IntervalSeconds: 10, MaxAttempts: 2 },
            { ErrorEquals: ['States.ALL'], IntervalSeconds: 100, MaxAttempts: 1 },
          ],
          Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.problem', Next: 'End' }],
          End: true,
        },
        End: { Type: 'Pass', End: true },
      },
    };
    const startMs = clock.nowMs();
    const execution = await run(engine, definition, '{"kept": 1}', clock);
    assert.equal(execution.status, 'SUCCEEDED');
    // A, B, A, B: the second B finds its retrier used up.
    assert.equal(calls, 4);
    assert.deepEqual(JSON.parse(execution.output ?? ''), {
      kept: 1,
      problem: { Error: 'B', Cause: '{"errorType":"B"}' },
    });
    assert.ok((execution.stoppedMs ?? 0) - startMs >= 130_000);
  });
});

test('a callback ends its task once: late, doubled and made-up tokens are refused', async () => {
  let token = '';
  const call: Call = async (_service, _operation, input) => {
    token = String(input['messageBody'] ?? input['MessageBody']);
    return { MessageId: 'm' };
  };
  await withEngine({ call }, async (engine) => {
    const definition = {
      StartAt: 'T',
      States: {
        T: {
          Type: 'Task',
          Resource: 'arn:aws:states:::sqs:sendMessage.waitForTaskToken',
          Parameters: { QueueUrl: 'http://q', 'MessageBody.$': '$$.Task.Token' },
          End: true,
        },
      },
    };
    const { executions } = engine;
    const { arn } = await executions.start({ scope, revision: revisionOf(definition), input: '{}' });
    while (!outline(engine, arn).some((line) => line.endsWith('TaskSubmitted'))) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await assert.rejects(executions.taskSucceeded('nonsense', '{}'), code('InvalidToken'));
    await assert.rejects(executions.taskSucceeded(token, '{'), code('InvalidOutput'));
    const answers = await Promise.allSettled([
      executions.taskSucceeded(token, '{"by": 1}'),
      executions.taskSucceeded(token, '{"by": 2}'),
    ]);
    assert.deepEqual(answers.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
    assert.equal((await ended(engine, arn)).output, '{"by":1}');
    await assert.rejects(executions.taskHeartbeat(token), code('TaskTimedOut'));
    assert.deepEqual(outline(engine, arn), [
      '1<0 ExecutionStarted',
      '2<0 TaskStateEntered',
      '3<2 TaskScheduled',
      '4<3 TaskStarted',
      '5<4 TaskSubmitted',
      '6<5 TaskSucceeded',
      '7<6 TaskStateExited',
      '8<7 ExecutionSucceeded',
    ]);
  });
});

test('an activity goes to one worker, its heartbeats keep it alive, and silence ends it', async () => {
  const clock = new FakeClock();
  await withEngine({ clock }, async (engine) => {
    const activity = 'arn:aws:states:us-east-1:000000000000:activity:work';
    const definition = {
      StartAt: 'T',
      States: { T: { Type: 'Task', Resource: activity, HeartbeatSeconds: 10, TimeoutSeconds: 100, End: true } },
    };
    const { executions } = engine;
    const polls = [
      executions.nextActivityTask(activity, 'a', signal),
      executions.nextActivityTask(activity, 'b', signal),
    ];
    const { arn } = await executions.start({ scope, revision: revisionOf(definition), input: '{"n": 1}' });
    const task = await Promise.race(polls);
    assert.equal(task?.input, '{"n":1}');
    clock.advance(9_000);
    await executions.taskHeartbeat(task?.token ?? '');
    clock.advance(9_000);
    assert.equal(executions.getExecution(arn).status, 'RUNNING');
    const execution = await ended(engine, arn, clock);
    assert.equal(execution.error, 'States.HeartbeatTimeout');
    await assert.rejects(executions.taskSucceeded(task?.token ?? '', '{}'), code('TaskTimedOut'));
    clock.advance(60_000);
    assert.ok((await Promise.all(polls)).includes(undefined));
  });
});

test('an execution fails with its last event when its history is full', async () => {
  await withEngine({ eventsMax: 100 }, async (engine) => {
    const definition = {
      StartAt: 'A',
      States: {
        A: { Type: 'Choice', Choices: [{ Variable: '$.stop', IsPresent: true, Next: 'Z' }], Default: 'B' },
        B: { Type: 'Pass', Next: 'A' },
        Z: { Type: 'Succeed' },
      },
    };
    const execution = await run(engine, definition);
    assert.equal(execution.status, 'FAILED');
    assert.equal(execution.error, 'States.Runtime');
    const [last] = engine.executions.history(execution.arn, { sizeMax: 1, reverse: true }).items;
    assert.deepEqual([last?.id, last?.type], [100, 'ExecutionFailed']);
  });
});

test('data of more than 256 KiB fails the state that made it', async () => {
  await withEngine({}, async (engine) => {
    const definition = {
      StartAt: 'A',
      States: { A: { Type: 'Pass', Parameters: { 'a.$': '$.text', 'b.$': '$.text' }, End: true } },
    };
    const execution = await run(engine, definition, JSON.stringify({ text: 'x'.repeat(200_000) }));
    assert.equal(execution.error, 'States.DataLimitExceeded');
  });
});

test('an execution that runs for longer than its machine allows is timed out', async () => {
  const clock = new FakeClock();
  await withEngine({ clock }, async (engine) => {
    const definition = {
      StartAt: 'W',
      TimeoutSeconds: 5,
      States: { W: { Type: 'Wait', Seconds: 60, End: true } },
    };
    assert.equal((await run(engine, definition, '{}', clock)).status, 'TIMED_OUT');
  });
});

test('a redriven execution goes on at the state that failed', async () => {
  let isWell = false;
  const call: Call = async (...rest) => (isWell ? { Payload: Buffer.from('1') } : await failing('Ill')(...rest));
  await withEngine({ call }, async (engine) => {
    const definition = {
      StartAt: 'A',
      States: {
        A: { Type: 'Pass', Assign: { kept: 7 }, Next: 'T' },
        T: { Type: 'Task', Resource: lambda, ResultPath: '$.t', Next: 'Z' },
        Z: { Type: 'Pass', Parameters: { 'kept.$': '$kept', 't.$': '$.t' }, End: true },
      },
    };
    const failed = await run(engine, definition);
    assert.equal(failed.error, 'Ill');
    isWell = true;
    await engine.executions.redrive(failed.arn, 'once');
    await engine.executions.redrive(failed.arn, 'once');
    const execution = await ended(engine, failed.arn);
    assert.equal(execution.output, '{"kept":7,"t":1}');
    assert.equal(execution.redriveCount, 1);
    assert.deepEqual(
      outline(engine, failed.arn)
        .map((line) => line.split(' ')[1])
        .filter((type) => type?.startsWith('Execution')),
      ['ExecutionStarted', 'ExecutionFailed', 'ExecutionRedriven', 'ExecutionSucceeded'],
    );
    await assert.rejects(engine.executions.redrive(failed.arn), code('ExecutionNotRedrivable'));
  });
});

test('too many failures end a distributed Map and what is still running of it', async () => {
  const call: Call = async (_service, _operation, input) => {
    const item = String(input['Payload']);
    if (item === '1') return await failing('Bad')('', '', {});
    return { Payload: Buffer.from(item) };
  };
  await withEngine({ call }, async (engine) => {
    const machine = (tolerated: number) => ({
      StartAt: 'M',
      States: {
        M: {
          Type: 'Map',
          ToleratedFailureCount: tolerated,
          ItemProcessor: {
            ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
            StartAt: 'T',
            States: { T: { Type: 'Task', Resource: lambda, End: true } },
          },
          End: true,
        },
      },
    });
    assert.equal((await run(engine, machine(1), '[0,1,2]')).output, '[0,2]');
    const failed = await run(engine, machine(0), '[0,1,2]');
    assert.equal(failed.error, 'States.ExceedToleratedFailureThreshold');
    const [mapRun] = engine.executions.mapRuns.list(failed.arn, { sizeMax: 1 }).items;
    assert.equal(mapRun?.status, 'FAILED');
  });
});

test('work that nobody waits for any more is ended', async () => {
  const clock = new FakeClock();
  const operations: string[] = [];
  const call: Call = async (_service, operation) => {
    operations.push(operation);
    return { QueryExecutionId: 'q', QueryExecution: { Status: { State: 'RUNNING' } } };
  };
  await withEngine({ clock, call }, async (engine) => {
    const query = {
      Type: 'Task',
      Resource: 'arn:aws:states:::athena:startQueryExecution.sync',
      Parameters: { QueryString: 'SELECT 1' },
      End: true,
    };
    const timed = await run(engine, { StartAt: 'Q', States: { Q: { ...query, TimeoutSeconds: 5 } } }, '{}', clock);
    assert.equal(timed.error, 'States.Timeout');
    const branches = [
      { StartAt: 'Q', States: { Q: query } },
      {
        StartAt: 'W',
        States: { W: { Type: 'Wait', Seconds: 60, Next: 'F' }, F: { Type: 'Fail', Error: 'Sibling' } },
      },
    ];
    const parallel = { StartAt: 'P', States: { P: { Type: 'Parallel', Branches: branches, End: true } } };
    assert.equal((await run(engine, parallel, '{}', clock)).error, 'Sibling');
    assert.equal(operations.filter((name) => name === 'StopQueryExecution').length, 2);
  });
});

test('an Express execution answers at once and ends by itself when its caller leaves', async () => {
  const clock = new FakeClock();
  await withEngine({ clock }, async (engine) => {
    const pass = revisionOf({ StartAt: 'A', States: { A: { Type: 'Pass', End: true } } }, 'EXPRESS');
    const result = await engine.executions.startSync({ scope, revision: pass, input: '{"a": 1}' }, signal);
    assert.deepEqual([result.status, result.output], ['SUCCEEDED', '{"a": 1}']);
    const wait = revisionOf({ StartAt: 'W', States: { W: { Type: 'Wait', Seconds: 600, End: true } } }, 'EXPRESS');
    const leaving = new AbortController();
    const left = engine.executions.startSync({ scope, revision: wait, input: '{}' }, leaving.signal);
    leaving.abort(new Error('gone'));
    await assert.rejects(left, /gone/);
    const late = engine.executions.startSync({ scope, revision: wait, input: '{}' }, signal);
    await new Promise((resolve) => setTimeout(resolve, 5));
    clock.advance(300_000);
    assert.equal((await late).status, 'TIMED_OUT');
  });
});

test('a write that fails is made again: nothing that was acknowledged is lost', async () => {
  const clock = new FakeClock();
  await withEngine({ clock }, async (engine) => {
    const definition = { StartAt: 'W', States: { W: { Type: 'Wait', Seconds: 5, End: true } } };
    const { arn } = await engine.executions.start({ scope, revision: revisionOf(definition), input: '{}' });
    // Any write to the history fails, as on a full disk.
    const trigger = `CREATE TRIGGER full_disk BEFORE INSERT ON workflows_history BEGIN SELECT raise(ABORT, 'full'); END`;
    await engine.state.write((db) => db.exec(trigger));
    clock.advance(5_000);
    await assert.rejects(engine.executions.start({ scope, revision: revisionOf(definition), input: '{}' }), /full/);
    assert.equal(engine.executions.getExecution(arn).status, 'RUNNING');
    await engine.state.write((db) => db.exec('DROP TRIGGER full_disk'));
    assert.equal((await ended(engine, arn, clock)).status, 'SUCCEEDED');
    assert.equal(outline(engine, arn).filter((line) => line.endsWith('WaitStateExited')).length, 1);
  });
});
