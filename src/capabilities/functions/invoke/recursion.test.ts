import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { S3 } from '@aws-sdk/client-s3';
import { SNS } from '@aws-sdk/client-sns';
import { SQS } from '@aws-sdk/client-sqs';
import { clientConfig, until } from '#testing';
import { startFunctions } from '../functions.fixture.ts';
import { roundsMax } from './lineage.ts';

/** AWS's own SDK passes the trace header on. */
const source = `
import { Lambda } from '@aws-sdk/client-lambda';
import { S3 } from '@aws-sdk/client-s3';
import { SNS } from '@aws-sdk/client-sns';
import { SQS } from '@aws-sdk/client-sqs';
const { SERVICE, TARGET, COUNTER } = process.env;
const sqs = new SQS({});
const send = {
  sqs: (QueueUrl) => sqs.sendMessage({ QueueUrl, MessageBody: 'again' }),
  s3: (Bucket) => new S3({ forcePathStyle: true }).putObject({ Bucket, Key: 'again', Body: 'x' }),
  sns: (TopicArn) => new SNS({}).publish({ TopicArn, Message: 'again' }),
  lambda: (FunctionName) => new Lambda({}).invoke({ FunctionName, InvocationType: 'Event' }),
};
export const handler = async () => {
  await sqs.sendMessage({ QueueUrl: COUNTER, MessageBody: 'x' });
  await send[SERVICE](TARGET);
};`;

suite('a function that its own outcome calls', async () => {
  const { create, lambda, platform } = await startFunctions();
  const sqs = new SQS(clientConfig(platform.endpoint));
  const sns = new SNS(clientConfig(platform.endpoint));
  after(() => [sqs, sns].forEach((client) => client.destroy()));
  const newQueue = async (QueueName: string) => (await sqs.createQueue({ QueueName })).QueueUrl ?? '';
  const arnOf = (name: string): string => `arn:aws:sqs:us-east-1:000000000000:${name}`;
  const count = async (QueueUrl: string): Promise<number> => {
    const AttributeNames = ['ApproximateNumberOfMessages' as const];
    const { Attributes } = await sqs.getQueueAttributes({ QueueUrl, AttributeNames });
    return Number(Attributes?.['ApproximateNumberOfMessages'] ?? 0);
  };
  const begin = async (name: string, SERVICE: string, TARGET: string): Promise<string> => {
    const COUNTER = await newQueue(`${name}-counter`);
    await newQueue(`${name}-dead`);
    await create(
      name,
      { 'index.mjs': source },
      {
        Environment: { Variables: { SERVICE, TARGET, COUNTER } },
        DeadLetterConfig: { TargetArn: arnOf(`${name}-dead`) },
      },
    );
    return COUNTER;
  };

  test('through itself is stopped after 16 rounds, and its dead letter says why', async () => {
    const counter = await begin('self', 'lambda', 'self');
    await lambda.invoke({ FunctionName: 'self', InvocationType: 'Event' });
    const QueueUrl = await newQueue('self-dead');
    const dead = await sqs.receiveMessage({ QueueUrl, WaitTimeSeconds: 20, MessageAttributeNames: ['All'] });
    assert.match(
      dead.Messages?.[0]?.MessageAttributes?.['ErrorMessage']?.StringValue ?? '',
      /^Detected excessive recursive invocations of arn:.*:function:self\./,
    );
    assert.equal(await count(counter), roundsMax);
  });

  test('through the notifications of a bucket is stopped', async () => {
    const s3 = new S3(clientConfig(platform.endpoint));
    await s3.createBucket({ Bucket: 'loop' });
    const counter = await begin('writer', 's3', 'loop');
    const LambdaFunctionArn = 'arn:aws:lambda:us-east-1:000000000000:function:writer';
    const LambdaFunctionConfigurations = [{ LambdaFunctionArn, Events: ['s3:ObjectCreated:*' as const] }];
    const NotificationConfiguration = { LambdaFunctionConfigurations };
    await s3.putBucketNotificationConfiguration({ Bucket: 'loop', NotificationConfiguration });
    await s3.putObject({ Bucket: 'loop', Key: 'first', Body: 'x' });
    s3.destroy();
    const QueueUrl = await newQueue('writer-dead');
    assert.equal((await sqs.receiveMessage({ QueueUrl, WaitTimeSeconds: 20 })).Messages?.length, 1);
    assert.equal(await count(counter), roundsMax);
  });

  test('through a topic is stopped as well', async () => {
    const { TopicArn = '' } = await sns.createTopic({ Name: 'loop' });
    const counter = await begin('told', 'sns', TopicArn);
    const Endpoint = 'arn:aws:lambda:us-east-1:000000000000:function:told';
    await sns.subscribe({ TopicArn, Protocol: 'lambda', Endpoint });
    await sns.publish({ TopicArn, Message: 'go' });
    const QueueUrl = await newQueue('told-dead');
    assert.equal((await sqs.receiveMessage({ QueueUrl, WaitTimeSeconds: 20 })).Messages?.length, 1);
    assert.equal(await count(counter), roundsMax);
  });

  test('through its own destination is stopped too', async () => {
    const COUNTER = await newQueue('own-counter');
    await newQueue('own-dead');
    const js = source.replace('await send[SERVICE](TARGET);', '');
    const more = { Environment: { Variables: { COUNTER } }, DeadLetterConfig: { TargetArn: arnOf('own-dead') } };
    await create('own', { 'index.mjs': js }, more);
    const Destination = 'arn:aws:lambda:us-east-1:000000000000:function:own';
    const OnSuccess = { Destination };
    await lambda.putFunctionEventInvokeConfig({ FunctionName: 'own', DestinationConfig: { OnSuccess } });
    await lambda.invoke({ FunctionName: 'own', InvocationType: 'Event' });
    const QueueUrl = await newQueue('own-dead');
    assert.equal((await sqs.receiveMessage({ QueueUrl, WaitTimeSeconds: 20 })).Messages?.length, 1);
    assert.equal(await count(COUNTER), roundsMax);
  });

  test('through a queue is stopped, or goes on where that is allowed', async () => {
    const work = await newQueue('loop');
    const counter = await begin('fed', 'sqs', work);
    const FunctionName = 'fed';
    assert.equal((await lambda.getFunctionRecursionConfig({ FunctionName })).RecursiveLoop, 'Terminate');
    const { UUID } = await lambda.createEventSourceMapping({ FunctionName, EventSourceArn: arnOf('loop') });
    await sqs.sendMessage({ QueueUrl: work, MessageBody: 'go' });
    const problem = async (): Promise<boolean> =>
      /recursive/.test((await lambda.getEventSourceMapping({ UUID })).LastProcessingResult ?? '');
    await until(problem, 'the loop to be stopped', 20_000);
    assert.equal(await count(counter), roundsMax);
    await lambda.putFunctionRecursionConfig({ FunctionName, RecursiveLoop: 'Allow' });
    assert.equal((await lambda.getFunctionRecursionConfig({ FunctionName })).RecursiveLoop, 'Allow');
    await sqs.sendMessage({ QueueUrl: work, MessageBody: 'go' });
    await until(async () => (await count(counter)) > 2 * roundsMax + 2, 'the loop to go on', 20_000);
    await lambda.deleteEventSourceMapping({ UUID });
  });
});
