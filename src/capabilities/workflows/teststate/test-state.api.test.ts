import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestStateCommandInput } from '@aws-sdk/client-sfn';
import { openWorkflows } from '../workflows.fixture.ts';

const { sfn } = await openWorkflows();
const roleArn = 'arn:aws:iam::000000000000:role/workflows';

function run(state: object, more: Partial<TestStateCommandInput> = {}) {
  return sfn.testState({ definition: JSON.stringify(state), roleArn, inspectionLevel: 'DEBUG', ...more });
}

const invoke = {
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke',
  Parameters: { FunctionName: 'f' },
  End: true,
};
const itemProcessor = {
  ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
  StartAt: 'In',
  States: { In: { Type: 'Pass', End: true } },
};

test('each step of the data is shown on its way through a state', async () => {
  const state = {
    Type: 'Task',
    Resource: 'arn:aws:states:::lambda:invoke',
    InputPath: '$.in',
    Parameters: { 'FunctionName.$': '$.name' },
    ResultSelector: { 'kept.$': '$.Payload' },
    ResultPath: '$.out',
    Assign: { seen: true },
    Next: 'After',
  };
  const { status, output, nextState, inspectionData } = await run(state, {
    input: '{"in":{"name":"f"}}',
    variables: '{"before":1}',
    mock: { result: '{"StatusCode":200,"Payload":7}' },
  });
  assert.deepEqual([status, output, nextState], ['SUCCEEDED', '{"in":{"name":"f"},"out":{"kept":7}}', 'After']);
  assert.deepEqual(inspectionData, {
    input: '{"in":{"name":"f"}}',
    afterInputPath: '{"name":"f"}',
    afterParameters: '{"FunctionName":"f"}',
    result: '{"StatusCode":200,"Payload":7}',
    afterResultSelector: '{"kept":7}',
    afterResultPath: '{"in":{"name":"f"},"out":{"kept":7}}',
    variables: '{"before":1,"seen":true}',
  });
});

test('an error is retried as often as its retrier allows, and then caught', async () => {
  const state = {
    ...invoke,
    Retry: [{ ErrorEquals: ['Slow'], IntervalSeconds: 2, MaxAttempts: 3, BackoffRate: 3 }],
    Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.error', Next: 'Handler' }],
  };
  const mock = { errorOutput: { error: 'Slow', cause: 'too slow' } };
  const again = await run(state, { mock, stateConfiguration: { retrierRetryCount: 2 } });
  assert.equal(again.status, 'RETRIABLE');
  assert.deepEqual(again.inspectionData?.errorDetails, { retryIndex: 0, retryBackoffIntervalSeconds: 18 });
  const over = await run(state, { mock, stateConfiguration: { retrierRetryCount: 3 } });
  assert.deepEqual(
    [over.status, over.nextState, over.output, over.error],
    ['CAUGHT_ERROR', 'Handler', '{"error":{"Error":"Slow","Cause":"too slow"}}', 'Slow'],
  );
  assert.equal(over.inspectionData?.errorDetails?.catchIndex, 0);
});

test('what an expression cannot do fails the state with the reason', async () => {
  const { status, error, cause } = await run({ Type: 'Pass', InputPath: '$.none', End: true });
  assert.deepEqual([status, error], ['FAILED', 'States.Runtime']);
  assert.match(cause ?? '', /\$\.none|\$\['none'\]/);
});

test('a Map shows its settings and fails over its tolerated failures', async () => {
  const state = {
    Type: 'Map',
    ItemsPath: '$.list',
    ItemSelector: { 'value.$': '$$.Map.Item.Value' },
    ItemProcessor: itemProcessor,
    MaxConcurrency: 3,
    ToleratedFailureCount: 1,
    End: true,
  };
  const more = { input: '{"list":[1,2]}', mock: { result: '["a","b"]' } };
  const good = await run(state, more);
  assert.deepEqual([good.status, good.output], ['SUCCEEDED', '["a","b"]']);
  assert.equal(good.inspectionData?.afterItemSelector, '[{"value":1},{"value":2}]');
  assert.deepEqual([good.inspectionData?.maxConcurrency, good.inspectionData?.toleratedFailureCount], [3, 1]);
  const bad = await run(state, { ...more, stateConfiguration: { mapIterationFailureCount: 2 } });
  assert.deepEqual([bad.status, bad.error], ['FAILED', 'States.ExceedToleratedFailureThreshold']);
  await assert.rejects(run(state, { ...more, stateConfiguration: { mapIterationFailureCount: 3 } }), {
    message: 'Map iteration failure count must be less than or equal to the number of Map iterations',
  });
});

test('a state of a whole definition is found at any depth', async () => {
  const machine = { StartAt: 'M', States: { M: { Type: 'Map', ItemProcessor: itemProcessor, End: true } } };
  const found = await run(machine, { stateName: 'In', input: '{"a":1}' });
  assert.deepEqual([found.status, found.output], ['SUCCEEDED', '{"a":1}']);
  await assert.rejects(run(machine, { stateName: 'Other' }), { name: 'ValidationException', message: /'Other'/ });
});

test('a mock that does not fit the state or the service is refused', async () => {
  const refused = (state: object, mock: TestStateCommandInput['mock'], message: RegExp) =>
    assert.rejects(run(state, { mock }), { name: 'ValidationException', message });
  await refused({ Type: 'Pass', End: true }, { result: '{}' }, /'Pass' is not supported/);
  await refused(invoke, { result: 'no json' }, /valid JSON/);
  await refused(invoke, { result: '{"StatusCode":"200"}' }, /Field 'StatusCode' must be a number/);
  await refused(invoke, { result: '{}', errorOutput: {} }, /only one of/);
  const branch = { StartAt: 'B', States: { B: { Type: 'Pass', End: true } } };
  await refused({ Type: 'Parallel', Branches: [branch], End: true }, { result: '[1,2]' }, /same number of items/);
});

test('a task without a mock is really done, and tells what went wrong', async () => {
  const describe = {
    Type: 'Task',
    Resource: 'arn:aws:states:::aws-sdk:sfn:describeStateMachine',
    Parameters: { StateMachineArn: 'arn:aws:states:us-east-1:000000000000:stateMachine:none' },
    End: true,
  };
  const absent = await run(describe);
  assert.deepEqual([absent.status, absent.error], ['FAILED', 'Sfn.StateMachineDoesNotExistException']);
  const definition = '{"StartAt":"A","States":{"A":{"Type":"Succeed"}}}';
  const { stateMachineArn } = await sfn.createStateMachine({ name: 'tested', definition, roleArn });
  const unknown = await run({ ...describe, Parameters: { Foo: 1 } });
  assert.equal(
    `${unknown.error}: ${unknown.cause}`,
    'States.Runtime: The Parameters \'{"Foo":1}\' could not be used to start the Task: ' +
      '[The field "Foo" is not supported by Step Functions]',
  );
  const found = await run({ ...describe, Parameters: { StateMachineArn: stateMachineArn } });
  assert.equal(found.status, 'SUCCEEDED', found.cause);
  assert.equal((JSON.parse(found.output ?? '') as { Name: string }).Name, 'tested');
  const { roleArn: _roleArn, ...unsigned } = { definition: JSON.stringify(describe), roleArn };
  await assert.rejects(sfn.testState(unsigned), { name: 'ValidationException', message: /RoleArn/ });
});

test('a Map shows what an ItemsPointer finds and how its items are put into batches', async () => {
  const state = {
    Type: 'Map',
    ItemReader: {
      Resource: 'arn:aws:states:::s3:getObject',
      ReaderConfig: { InputType: 'JSON', ItemsPointer: '/in/list' },
      Parameters: { Bucket: 'b', Key: 'k' },
    },
    ItemSelector: { 'n.$': '$$.Map.Item.Value' },
    ItemBatcher: { MaxItemsPerBatch: 2, BatchInput: { all: true } },
    ItemProcessor: itemProcessor,
    End: true,
  };
  const { inspectionData } = await run(state, {
    input: '{}',
    stateConfiguration: { mapItemReaderData: '{"in":{"list":[1,2,3]}}' },
    mock: { result: '[]' },
  });
  assert.equal(inspectionData?.afterItemsPointer, '[1,2,3]');
  assert.equal(inspectionData.afterItemSelector, '[{"n":1},{"n":2},{"n":3}]');
  assert.deepEqual(JSON.parse(inspectionData.afterItemBatcher ?? ''), [
    { BatchInput: { all: true }, Items: [{ n: 1 }, { n: 2 }] },
    { BatchInput: { all: true }, Items: [{ n: 3 }] },
  ]);
});

test('a state inside a Map sees its input as the first item', async () => {
  const inner = { Type: 'Pass', Parameters: { 'item.$': '$$.Map.Item' }, End: true };
  const processor = { StartAt: 'In', States: { In: inner } };
  const machine = { StartAt: 'M', States: { M: { Type: 'Map', ItemProcessor: processor, End: true } } };
  const { output } = await run(machine, { stateName: 'In', input: '{"a":1}' });
  assert.equal(output, '{"item":{"Index":0,"Value":{"a":1},"Source":"STATE_DATA"}}');
});

test('the mock of a job that is waited for is what tells how the job stands', async () => {
  const state = {
    Type: 'Task',
    Resource: 'arn:aws:states:::states:startExecution.sync:2',
    Parameters: { StateMachineArn: 'arn:aws:states:us-east-1:000000000000:stateMachine:m' },
    End: true,
  };
  const described = {
    ExecutionArn: 'arn:aws:states:us-east-1:000000000000:execution:m:e',
    StateMachineArn: 'arn:aws:states:us-east-1:000000000000:stateMachine:m',
    StartDate: '2026-01-01T00:00:00Z',
    Status: 'SUCCEEDED',
    Output: { a: 1 },
  };
  const good = await run(state, { mock: { result: JSON.stringify(described) } });
  assert.equal(good.status, 'SUCCEEDED', good.cause);
  const started = { ExecutionArn: described.ExecutionArn, StartDate: described.StartDate };
  await assert.rejects(run(state, { mock: { result: JSON.stringify(started) } }), {
    name: 'ValidationException',
    message: /Required field 'StateMachineArn' is missing/,
  });
});

test('a JSONata expression of another type than its field takes fails the state and says which', async () => {
  const failure = async (state: object): Promise<string> => {
    const { error, cause } = await run({ QueryLanguage: 'JSONata', ...state });
    return `${error}: ${cause?.replace(/^.*specified for the/, '')}`;
  };
  const words = (field: string, expected: string, but: string): string =>
    `States.QueryEvaluationError:  field '${field}' returned an unexpected result type. Expected '${expected}', but was ${but}`;
  assert.equal(await failure({ Type: 'Fail', Error: '{% 5 %}' }), words('Error', 'string', "'number' for value: 5"));
  const wait = (fields: object): object => ({ Type: 'Wait', ...fields, End: true });
  assert.equal(await failure(wait({ Seconds: '{% "1" %}' })), words('Seconds', 'number', '\'string\' for value: "1"'));
  assert.equal(
    await failure(wait({ Timestamp: '{% null %}' })),
    words('Timestamp', 'string', "'null' for value: null"),
  );
});

test('a task that waits for its answer is given a token when no context is', async () => {
  const Parameters = { QueueUrl: 'q', 'MessageBody.$': '$$.Task.Token' };
  const state = { Type: 'Task', Resource: 'arn:aws:states:::sqs:sendMessage.waitForTaskToken', Parameters, End: true };
  const { status, inspectionData, cause } = await run(state, { mock: { result: '{}' } });
  assert.equal(status, 'SUCCEEDED', cause);
  assert.match(inspectionData?.afterParameters ?? '', /"MessageBody":"[0-9a-f-]{36}"/);
});
