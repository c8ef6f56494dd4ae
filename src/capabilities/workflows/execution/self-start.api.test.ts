import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SystemClock } from '#kernel/clock';
import { until } from '#testing';
import { openWorkflows } from '../workflows.fixture.ts';

const burst = 40;
const openBounds = { openMax: 1000, familyBurst: burst, familyPerSecond: 0 };
const { sfn } = await openWorkflows(new SystemClock(), { openBounds });
const roleArn = 'arn:aws:iam::000000000000:role/hydra';

/**
 * Starts a machine of those states and waits until nothing of it runs any more.
 * @param direct executions that the first one starts
 * @returns how its executions failed
 */
async function failuresOf(
  name: string,
  direct: number,
  states: (start: object) => object,
  pattern = '',
): Promise<string[]> {
  const stateMachineArn = `arn:aws:states:us-east-1:000000000000:stateMachine:${name}`;
  const Resource = `arn:aws:states:::states:startExecution${pattern}`;
  const start = { Type: 'Task', Resource, Parameters: { StateMachineArn: stateMachineArn } };
  const definition = JSON.stringify({ StartAt: 'A', States: states(start) });
  await sfn.createStateMachine({ name, roleArn, definition });
  await sfn.startExecution({ stateMachineArn });
  const list = async (statusFilter?: 'RUNNING' | 'FAILED') =>
    (await sfn.listExecutions({ stateMachineArn, statusFilter })).executions ?? [];
  await until(
    async () => (await list('FAILED')).length > 0 && (await list('RUNNING')).length === 0,
    'the end of all executions',
    20_000,
  );
  assert.equal((await list()).length, 1 + direct + burst);
  const failed = await list('FAILED');
  const ends = await Promise.all(failed.map(({ executionArn }) => sfn.describeExecution({ executionArn })));
  return ends.map(({ error, cause }) => `${error}: ${cause}`);
}

const limit =
  /^StepFunctions\.ExecutionLimitExceededException: .*has been reached\..*gave rise to more than 40 others.*Status Code: 400;/;

test('a machine that starts itself ends in a clear error', async () => {
  assert.match((await failuresOf('once', 1, (start) => ({ A: { ...start, End: true } })))[0] ?? '', limit);
});

test('a machine that starts itself twice dies out', async () => {
  const failures = await failuresOf('twice', 2, (start) => ({
    A: { ...start, Next: 'B' },
    B: { ...start, End: true },
  }));
  for (const failure of failures) assert.match(failure, limit);
});

test('a machine that waits for itself fails from the innermost execution to the outermost', async () => {
  const failures = await failuresOf('waits', 1, (start) => ({ A: { ...start, End: true } }), '.sync:2');
  assert.equal(failures.length, burst + 2);
  assert.match(failures[0] ?? '', limit);
  assert.match(failures.at(-1) ?? '', /^States\.TaskFailed: /);
});

test('a machine that starts itself for each item of a distributed Map dies out', async () => {
  const processor = (start: object): object => ({
    ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
    StartAt: 'S',
    States: { S: { ...start, End: true } },
  });
  const failures = await failuresOf('items', 3, (start) => ({
    A: { Type: 'Pass', Result: [1, 2, 3], Next: 'M' },
    M: { Type: 'Map', ItemProcessor: processor(start), End: true },
  }));
  assert.match(failures[0] ?? '', /^States\.ExceedToleratedFailureThreshold: /);
});

test('an execution that starts another for each of many items is no loop', async () => {
  const definition = JSON.stringify({ StartAt: 'P', States: { P: { Type: 'Pass', End: true } } });
  const { stateMachineArn: StateMachineArn } = await sfn.createStateMachine({ name: 'leaf', roleArn, definition });
  const Resource = 'arn:aws:states:::states:startExecution.sync:2';
  const start = { Type: 'Task', Resource, Parameters: { StateMachineArn }, End: true };
  const wide = {
    StartAt: 'M',
    States: {
      M: {
        Type: 'Map',
        ItemProcessor: {
          ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
          StartAt: 'S',
          States: { S: start },
        },
        End: true,
      },
    },
  };
  const { stateMachineArn } = await sfn.createStateMachine({ name: 'wide', roleArn, definition: JSON.stringify(wide) });
  const input = JSON.stringify(Array.from({ length: 2 * burst }, (_, item) => item));
  const { executionArn } = await sfn.startExecution({ stateMachineArn, input });
  await until(async () => (await sfn.describeExecution({ executionArn })).status === 'SUCCEEDED', 'its end', 20_000);
});
