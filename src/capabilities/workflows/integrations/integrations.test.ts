import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Athena } from '@aws-sdk/client-athena';
import { S3 } from '@aws-sdk/client-s3';
import { SFN, type DescribeExecutionOutput } from '@aws-sdk/client-sfn';
import { SQS } from '@aws-sdk/client-sqs';
import { clientConfig, until } from '#testing';
import { startTestPlatform, type TestPlatform } from '../../../testing/platform.ts';

let platform: TestPlatform;
let sfn: SFN;
let s3: S3;
let count = 0;

before(async () => {
  platform = await startTestPlatform();
  const config = clientConfig(platform.endpoint);
  sfn = new SFN(config);
  s3 = new S3({ ...config, forcePathStyle: true });
  await s3.createBucket({ Bucket: 'errands' });
});

after(async () => {
  sfn.destroy();
  s3.destroy();
  await platform.close();
});

async function start(definition: object, input: unknown = {}): Promise<string> {
  const { stateMachineArn } = await sfn.createStateMachine({
    name: `machine-${++count}`,
    roleArn: 'arn:aws:iam::000000000000:role/sfn',
    definition: JSON.stringify(definition),
  });
  const { executionArn = '' } = await sfn.startExecution({ stateMachineArn, input: JSON.stringify(input) });
  return executionArn;
}

async function end(executionArn: string): Promise<DescribeExecutionOutput> {
  let execution: DescribeExecutionOutput | undefined;
  await until(async () => {
    execution = await sfn.describeExecution({ executionArn });
    return execution.status !== 'RUNNING';
  });
  assert.ok(execution);
  return execution;
}

function task(resource: string, parameters: object): object {
  const Resource = `arn:aws:states:::${resource}`;
  return { StartAt: 'T', States: { T: { Type: 'Task', Resource, Parameters: parameters, End: true } } };
}

test('an SDK integration speaks PascalCase both ways and names its errors as the SDK does', async () => {
  const listed = await end(await start(task('aws-sdk:s3:listBuckets', {})));
  const { Buckets } = JSON.parse(listed.output ?? '') as { Buckets: { Name: string; CreationDate: string }[] };
  assert.ok(Buckets.some(({ Name }) => Name === 'errands'));
  const missing = await end(await start(task('aws-sdk:s3:getObject', { Bucket: 'errands', Key: 'none' })));
  assert.equal(missing.error, 'S3.NoSuchKeyException');
  assert.match(
    missing.cause ?? '',
    /\(Service: S3, Status Code: 404, Request ID: [0-9a-f-]+\) \(SDK Attempt Count: 1\)$/,
  );
});

test('an action that is not served fails the state and says so', async () => {
  const { error, cause } = await end(await start(task('aws-sdk:athena:listApplicationDPUSizes', {})));
  assert.deepEqual(
    [error, /does not serve athena:ListApplicationDPUSizes/.test(cause ?? '')],
    ['States.Runtime', true],
  );
});

test('a task whose parameters name a field that its action does not have is not started', async () => {
  const arn = await start(task('sqs:sendMessage', { QueueUrl: 'q', MessageBody: 'b', Nope: 1 }));
  const { error, cause } = await end(arn);
  assert.equal(error, 'States.Runtime');
  assert.equal(
    cause,
    "An error occurred while executing the state 'T' (entered at the event id #2). The Parameters " +
      '\'{"QueueUrl":"q","MessageBody":"b","Nope":1}\' could not be used to start the Task: ' +
      '[The field "Nope" is not supported by Step Functions]',
  );
  const { events = [] } = await sfn.getExecutionHistory({ executionArn: arn });
  assert.deepEqual(
    events.map(({ type }) => type),
    ['ExecutionStarted', 'TaskStateEntered', 'ExecutionFailed'],
  );
});

test('a message with a task token waits for its answer', async () => {
  const sqs = new SQS(clientConfig(platform.endpoint));
  const { QueueUrl } = await sqs.createQueue({ QueueName: 'callbacks' });
  const MessageBody = { 'token.$': '$$.Task.Token', 'n.$': '$.n' };
  const arn = await start(task('sqs:sendMessage.waitForTaskToken', { QueueUrl, MessageBody }), { n: 1 });
  const { Messages = [] } = await sqs.receiveMessage({ QueueUrl, WaitTimeSeconds: 10 });
  const body = JSON.parse(Messages[0]?.Body ?? '') as { token: string; n: number };
  assert.equal(body.n, 1);
  await sfn.sendTaskSuccess({ taskToken: body.token, output: '{"answer": 42}' });
  assert.equal((await end(arn)).output, '{"answer":42}');
  sqs.destroy();
});

test('a query that is waited for ends its task by its event', async () => {
  const athena = new Athena(clientConfig(platform.endpoint));
  const query = (QueryString: string): object =>
    task('athena:startQueryExecution.sync', {
      QueryString,
      WorkGroup: 'primary',
      ResultConfiguration: { OutputLocation: 's3://errands/results/' },
    });
  const good = await end(await start(query('SELECT 1 AS one')));
  const { QueryExecution } = JSON.parse(good.output ?? '') as {
    QueryExecution: { QueryExecutionId: string; Status: { State: string } };
  };
  assert.equal(QueryExecution.Status.State, 'SUCCEEDED');
  const { ResultSet } = await athena.getQueryResults({ QueryExecutionId: QueryExecution.QueryExecutionId });
  assert.equal(ResultSet?.Rows?.[1]?.Data?.[0]?.VarCharValue, '1');
  const bad = await end(await start(query('SELECT * FROM nowhere')));
  assert.equal(bad.error, 'States.TaskFailed');
  athena.destroy();
});

test('a nested execution that fails fails the task that waits for it', async () => {
  const { stateMachineArn } = await sfn.createStateMachine({
    name: 'inner',
    roleArn: 'arn:aws:iam::000000000000:role/sfn',
    definition: JSON.stringify({ StartAt: 'F', States: { F: { Type: 'Fail', Error: 'Inner', Cause: 'so' } } }),
  });
  const outer = await end(await start(task('states:startExecution.sync:2', { StateMachineArn: stateMachineArn })));
  assert.equal(outer.error, 'States.TaskFailed');
  const { Status, Error: error } = JSON.parse(outer.cause ?? '') as { Status: string; Error: string };
  assert.deepEqual([Status, error], ['FAILED', 'Inner']);
});

test('a distributed Map reads CSV from S3, works in batches and writes its results there', async () => {
  const rows = Array.from({ length: 7 }, (_, index) => `${index},"name, ${index}"`);
  await s3.putObject({ Bucket: 'errands', Key: 'in/items.csv', Body: ['id,name', ...rows].join('\n') });
  const arn = await start({
    StartAt: 'M',
    States: {
      M: {
        Type: 'Map',
        ItemReader: {
          Resource: 'arn:aws:states:::s3:getObject',
          ReaderConfig: { InputType: 'CSV', CSVHeaderLocation: 'FIRST_ROW' },
          Parameters: { Bucket: 'errands', Key: 'in/items.csv' },
        },
        ItemSelector: { 'name.$': '$$.Map.Item.Value.name', 'source.$': '$$.Map.Item.Source' },
        ItemBatcher: { MaxItemsPerBatch: 3, BatchInput: { all: true } },
        ItemProcessor: {
          ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
          StartAt: 'P',
          States: { P: { Type: 'Pass', End: true } },
        },
        ResultWriter: { Resource: 'arn:aws:states:::s3:putObject', Parameters: { Bucket: 'errands', Prefix: 'out' } },
        End: true,
      },
    },
  });
  const execution = await end(arn);
  assert.equal(execution.status, 'SUCCEEDED', execution.cause);
  const { ResultWriterDetails } = JSON.parse(execution.output ?? '') as { ResultWriterDetails: { Key: string } };
  const manifest = await readJson<{ ResultFiles: { SUCCEEDED: { Key: string }[] } }>(ResultWriterDetails.Key);
  const results = await readJson<{ Output: string }[]>(manifest.ResultFiles.SUCCEEDED[0]?.Key ?? '');
  type Batch = { BatchInput: object; Items: { name: string; source: string }[] };
  const batches = results.map(({ Output }) => JSON.parse(Output) as Batch);
  assert.deepEqual(
    batches.map(({ Items }) => Items.length),
    [3, 3, 1],
  );
  assert.deepEqual(batches[2]?.Items[0], { name: 'name, 6', source: 's3://errands/in/items.csv' });
  const { mapRuns = [] } = await sfn.listMapRuns({ executionArn: arn });
  await assert.rejects(sfn.listMapRuns({ executionArn: `${arn}0` }), { name: 'ExecutionDoesNotExist' });
  const run = await sfn.describeMapRun({ mapRunArn: mapRuns[0]?.mapRunArn });
  assert.deepEqual([run.itemCounts?.succeeded, run.executionCounts?.succeeded], [7, 3]);
});

async function readJson<Value>(Key: string): Promise<Value> {
  const { Body } = await s3.getObject({ Bucket: 'errands', Key });
  return JSON.parse((await Body?.transformToString()) ?? '') as Value;
}
