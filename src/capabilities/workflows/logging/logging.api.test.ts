import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '#testing';
import { openWorkflows } from '../workflows.fixture.ts';

const { sfn, logs } = await openWorkflows();
const scope = '000000000000/us-east-1';
const roleArn = 'arn:aws:iam::000000000000:role/workflows';

interface Line {
  readonly id: string;
  readonly type: string;
  readonly execution_arn: string;
}

function linesOf(group: string, count: number): Promise<Line[]> {
  const read = (): Line[] | undefined => {
    try {
      const { events } = logs.filterEvents(scope, group, { matches: () => true, limit: 1000 });
      return events.length >= count ? events.map(({ message }) => JSON.parse(message) as Line) : undefined;
    } catch {
      return undefined;
    }
  };
  return eventually(read, `${count} lines in ${group}`);
}

function machineOf(name: string, level: 'ALL' | 'ERROR', definition: object) {
  const logGroupArn = `arn:aws:logs:us-east-1:000000000000:log-group:/states/${name}:*`;
  const destinations = [{ cloudWatchLogsLogGroup: { logGroupArn } }];
  return sfn.createStateMachine({
    name,
    roleArn,
    type: 'EXPRESS',
    definition: JSON.stringify(definition),
    loggingConfiguration: { level, includeExecutionData: true, destinations },
  });
}

test('an Express execution leaves its whole history in the log group of its machine', async () => {
  const definition = { StartAt: 'A', States: { A: { Type: 'Pass', Result: 'x', End: true } } };
  const { stateMachineArn } = await machineOf('told', 'ALL', definition);
  const { executionArn, output } = await sfn.startSyncExecution({ stateMachineArn });
  assert.equal(output, '"x"');
  const lines = await linesOf('/states/told', 4);
  assert.deepEqual(
    lines.map(({ id, type }) => [id, type]),
    [
      ['1', 'ExecutionStarted'],
      ['2', 'PassStateEntered'],
      ['3', 'PassStateExited'],
      ['4', 'ExecutionSucceeded'],
    ],
  );
  assert.equal(lines[0]?.execution_arn, executionArn);
});

test('the level ERROR tells of failures only', async () => {
  const definition = { StartAt: 'F', States: { F: { Type: 'Fail', Error: 'E' } } };
  const { stateMachineArn } = await machineOf('failing', 'ERROR', definition);
  await sfn.startSyncExecution({ stateMachineArn });
  const lines = await linesOf('/states/failing', 2);
  assert.deepEqual(
    lines.map(({ type }) => type),
    ['FailStateEntered', 'ExecutionFailed'],
  );
});
