/** Events on their whole way through the platform: from an object to queues, topics and functions. */
import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { CloudWatchLogs } from '@aws-sdk/client-cloudwatch-logs';
import { EventBridge } from '@aws-sdk/client-eventbridge';
import { Lambda } from '@aws-sdk/client-lambda';
import { S3 } from '@aws-sdk/client-s3';
import { SNS } from '@aws-sdk/client-sns';
import { SQS } from '@aws-sdk/client-sqs';
import { clientConfig, until } from '#testing';
import { startTestPlatform } from '../../testing/platform.ts';
import { zipOf } from '../functions/functions.fixture.ts';

const arnOf = (service: string, resource: string): string => `arn:aws:${service}:us-east-1:000000000000:${resource}`;

suite('an object that arrives', async () => {
  const platform = await startTestPlatform();
  const config = clientConfig(platform.endpoint);
  const [events, s3, sqs, sns] = [new EventBridge(config), new S3(config), new SQS(config), new SNS(config)];
  const [lambda, logs] = [new Lambda(config), new CloudWatchLogs(config)];
  const Bucket = 'arrivals';
  after(async () => {
    for (const client of [events, s3, sqs, sns, lambda, logs]) client.destroy();
    await platform.close();
  });

  async function receive(QueueUrl: string | undefined): Promise<string> {
    let body: string | undefined;
    await until(async () => {
      const { Messages = [] } = await sqs.receiveMessage({ QueueUrl });
      body = Messages[0]?.Body;
      return body !== undefined;
    }, 'a message');
    return body ?? '';
  }

  async function saidBy(name: string, pattern: RegExp): Promise<void> {
    await until(
      async () => {
        const { events: lines = [] } = await logs
          .filterLogEvents({ logGroupName: `/aws/lambda/${name}` })
          .catch(() => ({ events: [] }));
        return lines.some(({ message = '' }) => pattern.test(message));
      },
      `a line of ${name}`,
      20_000,
    );
  }

  test('is told by a rule and by a notification to queues', async () => {
    const { QueueUrl: byRule } = await sqs.createQueue({ QueueName: 'by-rule' });
    const { QueueUrl: byBucket } = await sqs.createQueue({ QueueName: 'by-bucket' });
    await s3.createBucket({ Bucket });
    await s3.putBucketNotificationConfiguration({
      Bucket,
      NotificationConfiguration: {
        EventBridgeConfiguration: {},
        QueueConfigurations: [{ QueueArn: arnOf('sqs', 'by-bucket'), Events: ['s3:ObjectCreated:*'] }],
      },
    });
    assert.match(await receive(byBucket), /s3:TestEvent/);
    const pattern = {
      source: ['aws.s3'],
      'detail-type': ['Object Created'],
      detail: { object: { key: [{ suffix: '.csv' }] } },
    };
    await events.putRule({ Name: 'arrivals', EventPattern: JSON.stringify(pattern) });
    const InputTransformer = {
      InputPathsMap: { key: '$.detail.object.key' },
      InputTemplate: '{"rootPath": "s3://arrivals/<key>"}',
    };
    await events.putTargets({
      Rule: 'arrivals',
      Targets: [{ Id: 't', Arn: arnOf('sqs', 'by-rule'), InputTransformer }],
    });
    await s3.putObject({ Bucket, Key: 'trips/2017.csv', Body: 'x' });
    assert.equal(await receive(byRule), '{"rootPath":"s3://arrivals/trips/2017.csv"}');
    assert.match(await receive(byBucket), /"eventName":"ObjectCreated:Put".*"key":"trips\/2017.csv"/);
  });

  test('is told to functions, by a notification and by a rule', async () => {
    const ZipFile = await zipOf({
      'index.js': 'exports.handler = async (event) => console.log(JSON.stringify(event));',
    });
    for (const FunctionName of ['noticed', 'ruled']) {
      await lambda.createFunction({
        FunctionName,
        Role: 'arn:aws:iam::000000000000:role/f',
        Runtime: 'nodejs22.x',
        Handler: 'index.handler',
        Code: { ZipFile },
      });
    }
    const LambdaFunctionArn = arnOf('lambda', 'function:noticed');
    await s3.putBucketNotificationConfiguration({
      Bucket,
      NotificationConfiguration: {
        EventBridgeConfiguration: {},
        LambdaFunctionConfigurations: [{ LambdaFunctionArn, Events: ['s3:ObjectCreated:*'] }],
      },
    });
    await events.putTargets({ Rule: 'arrivals', Targets: [{ Id: 'f', Arn: arnOf('lambda', 'function:ruled') }] });
    await s3.putObject({ Bucket, Key: 'trips/2018.csv', Body: 'x' });
    await saidBy('noticed', /"Records":.*"key":"trips\/2018.csv"/);
    await saidBy('ruled', /"detail-type":"Object Created"/);
  });

  test('is told to the subscribers of a topic', async () => {
    const { TopicArn } = await sns.createTopic({ Name: 'arrivals' });
    const { QueueUrl } = await sqs.createQueue({ QueueName: 'subscriber' });
    await sns.subscribe({ TopicArn, Protocol: 'sqs', Endpoint: arnOf('sqs', 'subscriber') });
    await s3.putBucketNotificationConfiguration({
      Bucket,
      NotificationConfiguration: { TopicConfigurations: [{ TopicArn, Events: ['s3:ObjectRemoved:*'] }] },
    });
    assert.match(await receive(QueueUrl), /s3:TestEvent/);
    await s3.deleteObject({ Bucket, Key: 'trips/2018.csv' });
    assert.match(await receive(QueueUrl), /ObjectRemoved:Delete/);
  });
});
