/**
 * Templates like those that AWS's samples publish, written from their descriptions: each is deployed as it stands, does
 * what it is for, and is deleted again.
 */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { after, suite, test } from 'node:test';
import { missingPython, until } from '#testing';
import { startTestPlatform } from '../../testing/platform.ts';
import { Cloud } from './public.fixture.ts';
import { eventsOf, settled } from './stacks.fixture.ts';

const folder = join(import.meta.dirname, 'testdata', 'public');
const withoutPython = missingPython();
const Capabilities = ['CAPABILITY_NAMED_IAM' as const, 'CAPABILITY_AUTO_EXPAND' as const];

interface Sample {
  readonly file: string;
  readonly parameters?: Readonly<Record<string, string>>;
  /** A bucket that has to be there before. */
  readonly bucket?: string;
  /** A bucket of the stack that has to be empty for its deletion. */
  readonly emptied?: string;
  works(cloud: Cloud, outputs: Readonly<Record<string, string | undefined>>): Promise<void>;
}

const samples: readonly Sample[] = [
  {
    file: 'sqs-lambda.yaml',
    async works(cloud, { QueueURL, FunctionName }) {
      await cloud.sqs.sendMessage({ QueueUrl: QueueURL, MessageBody: 'from the queue' });
      await cloud.logged(FunctionName, 'message from the queue');
    },
  },
  {
    file: 'sns-lambda.yaml',
    async works(cloud, { TopicArn, FunctionName }) {
      await cloud.sns.publish({ TopicArn, Message: 'from the topic' });
      await cloud.logged(FunctionName, 'INFO message from the topic');
    },
  },
  {
    file: 'sns-sqs.yaml',
    async works(cloud, { TopicArn, QueueURL }) {
      const kind = (StringValue: string) => ({ kind: { DataType: 'String', StringValue } });
      await cloud.sns.publish({ TopicArn, Message: 'a note', MessageAttributes: kind('note') });
      await cloud.sns.publish({ TopicArn, Message: 'an order', MessageAttributes: kind('order') });
      assert.equal(await cloud.receive(QueueURL), 'an order');
    },
  },
  {
    file: 's3-lambda.yaml',
    parameters: { SourceBucketName: 'public-s3-lambda' },
    emptied: 'public-s3-lambda',
    async works(cloud, { FunctionName }) {
      await cloud.upload('public-s3-lambda', 'a.txt', 'no');
      await cloud.upload('public-s3-lambda', 'b c.csv', 'yes');
      const line = await cloud.logged(FunctionName, 'object ');
      assert.match(line, /object public-s3-lambda b[ +]c\.csv 3/);
    },
  },
  {
    file: 's3-sqs.yaml',
    async works(cloud, { BucketName = '', QueueURL }) {
      await cloud.upload(BucketName, 'out/x', '1');
      await cloud.upload(BucketName, 'in/x', '1');
      for (;;) {
        const told = JSON.parse(await cloud.receive(QueueURL)) as {
          Event?: string;
          Records?: { s3: { object: { key: string } } }[];
        };
        if (told.Event === 's3:TestEvent') continue;
        assert.equal(told.Records?.[0]?.s3.object.key, 'in/x');
        break;
      }
      await cloud.empty(BucketName);
    },
  },
  {
    file: 'eventbridge-bus-sqs.yaml',
    async works(cloud, { BusName, QueueURL }) {
      const order = (id: string, amount: number) => ({
        EventBusName: BusName,
        Source: 'shop.orders',
        DetailType: 'order',
        Detail: JSON.stringify({ id, amount }),
      });
      await cloud.events.putEvents({ Entries: [order('small', 5), order('large', 500)] });
      assert.deepEqual(JSON.parse(await cloud.receive(QueueURL)), { order: 'large', amount: 500 });
    },
  },
  {
    file: 'eventbridge-lambda.yaml',
    async works(cloud, { FunctionName, VersionArn = '' }) {
      assert.match(VersionArn, /:function:.*:1$/);
      const Detail = JSON.stringify({ location: 'NY-5', amount: 3 });
      await cloud.events.putEvents({ Entries: [{ Source: 'custom.myATMapp', DetailType: 'transaction', Detail }] });
      await cloud.logged(FunctionName, 'transaction {"location":"NY-5"');
    },
  },
  {
    file: 's3-eventbridge.yaml',
    parameters: { BucketName: 'public-s3-eventbridge' },
    emptied: 'public-s3-eventbridge',
    async works(cloud, { QueueURL }) {
      await cloud.upload('public-s3-eventbridge', 'new.csv', '1');
      const event = JSON.parse(await cloud.receive(QueueURL)) as { detail: { object: { key: string } } };
      assert.equal(event.detail.object.key, 'new.csv');
    },
  },
  {
    file: 'custom-resource-s3-cleanup.yaml',
    async works(cloud, { Greeting, FunctionName }) {
      assert.equal(Greeting, 'hello data');
      await cloud.logged(FunctionName, 'Create data');
    },
  },
  {
    file: 'sfn-sqs.yaml',
    async works(cloud, { StateMachineArn, QueueURL }) {
      await cloud.run(StateMachineArn, { greeting: 'hello' });
      assert.deepEqual(JSON.parse(await cloud.receive(QueueURL)), { greeting: 'hello' });
    },
  },
  {
    file: 'sam-connectors.yaml',
    async works(cloud, { Flow, QueueURL, Policy }) {
      await cloud.run(Flow, { order: 21 });
      assert.deepEqual(JSON.parse(await cloud.receive(QueueURL)), { order: 42 });
      assert.match(Policy ?? '', /^arn:aws:iam::000000000000:policy\//);
    },
  },
  {
    file: 'logs-lambda-sam.yaml',
    async works(cloud, { Log: logGroupName, FunctionName }) {
      await cloud.logs.createLogStream({ logGroupName, logStreamName: 's' });
      const logEvents = ['all is well', 'ERROR no disk'].map((message) => ({ message, timestamp: Date.now() }));
      await cloud.logs.putLogEvents({ logGroupName, logStreamName: 's', logEvents });
      assert.match(await cloud.logged(FunctionName, 'heard'), /heard ERROR no disk/);
    },
  },
  {
    file: 'sfn-callback.yaml',
    async works(cloud, { StateMachineArn: stateMachineArn, QueueURL }) {
      const answers = [{ approved: true }, { approved: false }];
      const outcomes: unknown[] = [];
      for (const answer of answers) {
        const { executionArn } = await cloud.sfn.startExecution({ stateMachineArn, input: '{"request":"a day off"}' });
        const { token, request } = JSON.parse(await cloud.receive(QueueURL)) as { token: string; request: string };
        assert.equal(request, 'a day off');
        await cloud.sfn.sendTaskSuccess({ taskToken: token, output: JSON.stringify(answer) });
        outcomes.push(await cloud.outcomeOf(executionArn));
      }
      const [approved, refused] = outcomes as [{ answer: unknown }, { error: string }];
      assert.deepEqual(approved.answer, { approved: true });
      assert.equal(refused.error, 'Refused');
    },
  },
  {
    file: 'lambda-sfn.yaml',
    async works(cloud, { StateMachineArn }) {
      assert.deepEqual(await cloud.run(StateMachineArn, { amount: 120 }), { amount: 120, large: true });
      const refused = (await cloud.run(StateMachineArn, { amount: -1 })) as { error: string };
      assert.equal(refused.error, 'Refused');
    },
  },
  {
    file: 'eventbridge-schedule-to-sfn.yaml',
    async works(cloud, { StateMachineArn, ScheduleName: Name }) {
      const { Target } = await cloud.scheduler.getSchedule({ Name });
      assert.equal(Target?.Arn, StateMachineArn);
      await cloud.events.putEvents({ Entries: [{ Source: 'shop.orders', DetailType: 'o', Detail: '{"id":7}' }] });
      await until(async () => {
        const { executions = [] } = await cloud.sfn.listExecutions({ stateMachineArn: StateMachineArn });
        return executions.some(({ status }) => status === 'SUCCEEDED');
      }, 'an execution that the rule started');
    },
  },
  {
    file: 'step-functions-athena-glue-sam.yaml',
    parameters: { LogBucketName: 'public-logs' },
    emptied: 'public-logs',
    async works(cloud, { StateMachineArn }) {
      await cloud.upload('public-logs', 'logs/a.csv', 'level,millis\nINFO,3\nWARN,700\nINFO,4\n');
      const outcome = (await cloud.run(StateMachineArn, {})) as {
        ResultSet?: { Rows: { Data: { VarCharValue: string }[] }[] };
      };
      assert.ok(outcome.ResultSet, JSON.stringify(outcome));
      const rows = outcome.ResultSet.Rows.slice(1).map(({ Data }) => Data.map(({ VarCharValue }) => VarCharValue));
      assert.deepEqual(rows, [
        ['INFO', '2'],
        ['WARN', '1'],
      ]);
    },
  },
  {
    file: 'sfn-query-large-datasets-sam.yaml',
    parameters: { DataBucket: 'public-orders' },
    bucket: 'public-orders',
    async works(cloud, { StateMachineArn, QueueURL }) {
      await cloud.upload('public-orders', 'orders/a.csv', 'item,amount\nbook,5\npen,2\n');
      await cloud.run(StateMachineArn, {});
      assert.deepEqual(JSON.parse(await cloud.receive(QueueURL)), [{ value: '7' }, { value: '2' }]);
    },
  },
  {
    file: 'athena-glue-s3.yaml',
    parameters: { DataBucketName: 'public-sales' },
    emptied: 'public-sales',
    async works(cloud, { Database }) {
      await cloud.upload('public-sales', 'sales/a.csv', 'item,amount\nbook,5\npen,2\n');
      const { QueryExecutionId } = await cloud.athena.startQueryExecution({
        QueryString: 'SELECT sum(amount) FROM sales',
        QueryExecutionContext: { Database },
        ResultConfiguration: { OutputLocation: 's3://public-sales/results/' },
      });
      await until(async () => {
        const { QueryExecution } = await cloud.athena.getQueryExecution({ QueryExecutionId });
        assert.notEqual(QueryExecution?.Status?.State, 'FAILED', QueryExecution?.Status?.StateChangeReason);
        return QueryExecution?.Status?.State === 'SUCCEEDED';
      }, 'the query');
      const { ResultSet } = await cloud.athena.getQueryResults({ QueryExecutionId });
      assert.equal(ResultSet?.Rows?.[1]?.Data?.[0]?.VarCharValue, '7');
    },
  },
  {
    file: 'sfn-glue-sam.yaml',
    parameters: { ScriptBucket: 'public-scripts' },
    bucket: 'public-scripts',
    async works(cloud, { StateMachineArn }) {
      await cloud.upload('public-scripts', 'scripts/job.sql', 'SELECT 1');
      const run = (await cloud.run(StateMachineArn, {})) as { JobRunState: string };
      assert.equal(run.JobRunState, 'SUCCEEDED', JSON.stringify(run));
    },
  },
  {
    file: 'aws-etl-orchestrator.yaml',
    parameters: { ArtifactBucketName: 'public-artifacts' },
    bucket: 'public-artifacts',
    async works(cloud, { StateMachineArn: stateMachineArn, ActivityArn: activityArn }) {
      const { executionArn } = await cloud.sfn.startExecution({ stateMachineArn });
      const { taskToken, input = '' } = await cloud.sfn.getActivityTask({ activityArn, workerName: 'runner' });
      assert.deepEqual(JSON.parse(input), { GlueJobName: 'ProcessMarketingData' });
      await cloud.sfn.sendTaskSuccess({ taskToken, output: '{"done":true}' });
      assert.deepEqual(await cloud.outcomeOf(executionArn), { done: true });
    },
  },
  {
    file: 'emr-cluster.yaml',
    parameters: { EMRLogDir: 's3://public-emr/logs/' },
    bucket: 'public-emr',
    async works(cloud, { ClusterId }) {
      const { Cluster } = await cloud.emr.describeCluster({ ClusterId });
      assert.equal(Cluster?.Name, 'public-emr-cluster-cluster');
      assert.match(Cluster.Status?.State ?? '', /WAITING|RUNNING/);
    },
  },
];

suite('public templates', async () => {
  const platform = await startTestPlatform();
  const cloud = new Cloud(platform.endpoint);
  const { cloudFormation } = cloud;
  after(async () => {
    cloud.destroy();
    await platform.close();
  });
  for (const sample of samples) {
    const TemplateBody = readFileSync(join(folder, sample.file), 'utf8');
    const skip = TemplateBody.includes('python3') && withoutPython;
    test(`${sample.file} is deployed by a change set, works and is deleted`, { skip }, async () => {
      const StackName = `public-${sample.file.replace('.yaml', '')}`;
      if (sample.bucket !== undefined) await cloud.s3.createBucket({ Bucket: sample.bucket });
      const Parameters = Object.entries(sample.parameters ?? {}).map(([ParameterKey, ParameterValue]) => ({
        ParameterKey,
        ParameterValue,
      }));
      await cloudFormation.createChangeSet({
        StackName,
        ChangeSetName: 'first',
        ChangeSetType: 'CREATE',
        TemplateBody,
        Parameters,
        Capabilities,
      });
      await cloudFormation.executeChangeSet({ StackName, ChangeSetName: 'first' });
      const stack = await settled(cloudFormation, StackName);
      const story = (await eventsOf(cloudFormation, StackName)).filter((line) => line.includes('FAILED'));
      assert.equal(stack.StackStatus, 'CREATE_COMPLETE', story.join('\n'));
      const outputs = (stack.Outputs ?? []).map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue] as const);
      await sample.works(cloud, Object.fromEntries(outputs) as Record<string, string | undefined>);
      if (sample.emptied !== undefined) await cloud.empty(sample.emptied);
      await cloudFormation.deleteStack({ StackName });
      const gone = await settled(cloudFormation, stack.StackId ?? '');
      const end = (await eventsOf(cloudFormation, stack.StackId ?? '')).filter((line) => line.includes('FAILED'));
      assert.equal(gone.StackStatus, 'DELETE_COMPLETE', end.join('\n'));
    });
  }

  for (const file of globSync(join(folder, 'refused', '*.yaml'))) {
    test(`refused/${basename(file)} fails naming what is not served`, async () => {
      const TemplateBody = readFileSync(file, 'utf8');
      const named = /Unrecognized resource types: \[AWS::|Events of the type 'Api' are not served here/;
      await assert.rejects(
        cloudFormation.createStack({ StackName: `refused-${basename(file, '.yaml')}`, TemplateBody, Capabilities }),
        named,
      );
    });
  }
});
