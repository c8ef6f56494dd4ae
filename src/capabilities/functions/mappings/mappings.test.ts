import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { SQS } from '@aws-sdk/client-sqs';
import { CloudWatchLogs } from '@aws-sdk/client-cloudwatch-logs';
import { clientConfig, until } from '#testing';
import { startFunctions } from '../functions.fixture.ts';

/** Says what it got and fails as the body asks. */
const source = `
export const handler = async ({ Records }) => {
  console.log('batch ' + Records.map(({ body }) => body).sort().join());
  if (Records.some(({ body }) => body === 'all')) throw new Error('all');
  return { batchItemFailures: Records.filter(({ body }) => body === 'bad').map(({ messageId }) => ({ itemIdentifier: messageId })) };
};`;

suite('an event source mapping', async () => {
  const { create, lambda, platform } = await startFunctions();
  const sqs = new SQS(clientConfig(platform.endpoint));
  const logs = new CloudWatchLogs(clientConfig(platform.endpoint));
  after(() => [sqs, logs].forEach((client) => client.destroy()));
  const queueOf = async (QueueName: string, Attributes: Record<string, string> = {}) => {
    const { QueueUrl = '' } = await sqs.createQueue({ QueueName, Attributes });
    return { QueueUrl, arn: `arn:aws:sqs:us-east-1:000000000000:${QueueName}` };
  };
  const heard = async (name: string): Promise<string> => {
    const answer = await logs
      .filterLogEvents({ logGroupName: `/aws/lambda/${name}`, filterPattern: 'batch' })
      .catch(() => ({ events: [] }));
    return (answer.events ?? []).map(({ message }) => message?.split('batch ')[1]?.trim()).join(' ');
  };
  const left = async (QueueUrl: string): Promise<number> => {
    const names = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const;
    const { Attributes } = await sqs.getQueueAttributes({ QueueUrl, AttributeNames: [...names] });
    return names.reduce((sum, name) => sum + Number(Attributes?.[name] ?? 0), 0);
  };

  test('hands messages over in batches, deletes what was processed and leaves what failed', async () => {
    await create('worker', { 'index.mjs': source }, { Timeout: 5 });
    const { QueueUrl, arn } = await queueOf('work', { VisibilityTimeout: '30' });
    const { UUID, State } = await lambda.createEventSourceMapping({
      FunctionName: 'worker',
      EventSourceArn: arn,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    });
    assert.equal(State, 'Creating');
    assert.equal((await lambda.getEventSourceMapping({ UUID })).State, 'Enabled');
    await sqs.sendMessage({ QueueUrl, MessageBody: 'good' });
    await until(async () => (await heard('worker')) === 'good' && (await left(QueueUrl)) === 0, 'the message', 10_000);
    await sqs.sendMessageBatch({
      QueueUrl,
      Entries: ['bad', 'fine'].map((MessageBody) => ({ Id: MessageBody, MessageBody })),
    });
    await until(
      async () => (await heard('worker')).includes('bad,fine') && (await left(QueueUrl)) === 1,
      'the rest',
      10_000,
    );
    await until(async () => (await lambda.getEventSourceMapping({ UUID })).LastProcessingResult === 'OK');
    await assert.rejects(lambda.createEventSourceMapping({ FunctionName: 'worker', EventSourceArn: arn }), {
      name: 'ResourceConflictException',
      message: new RegExp(`with UUID ${UUID}`),
    });
  });

  test('drops what fits no filter, stops when it is disabled and ends when it is deleted', async () => {
    await create('filtered', { 'index.mjs': source }, { Timeout: 5 });
    const { QueueUrl, arn } = await queueOf('filtered');
    const Filters = [{ Pattern: JSON.stringify({ body: { kind: ['trip'] } }) }];
    const { UUID } = await lambda.createEventSourceMapping({
      FunctionName: 'filtered',
      EventSourceArn: arn,
      FilterCriteria: { Filters },
    });
    for (const MessageBody of ['{"kind":"fare"}', 'no json', '{"kind":"trip"}'])
      await sqs.sendMessage({ QueueUrl, MessageBody });
    await until(async () => (await left(QueueUrl)) === 0, 'an empty queue', 10_000);
    await until(async () => (await heard('filtered')) !== '');
    assert.equal(await heard('filtered'), '{"kind":"trip"}');
    await lambda.updateEventSourceMapping({ UUID, Enabled: false });
    assert.equal((await lambda.getEventSourceMapping({ UUID })).State, 'Disabled');
    await sqs.sendMessage({ QueueUrl, MessageBody: '{"kind":"trip"}' });
    assert.equal(await left(QueueUrl), 1);
    await lambda.updateEventSourceMapping({ UUID, Enabled: true });
    await until(async () => (await left(QueueUrl)) === 0, 'an empty queue', 10_000);
    assert.equal((await lambda.deleteEventSourceMapping({ UUID })).State, 'Deleting');
    await assert.rejects(lambda.getEventSourceMapping({ UUID }), { name: 'ResourceNotFoundException' });
  });

  test('gathers a large batch for as long as its window', async () => {
    await create(
      'wide',
      { 'index.mjs': 'export const handler = async ({ Records }) => console.log("batch " + Records.length);' },
      { Timeout: 5 },
    );
    const { QueueUrl, arn } = await queueOf('wide');
    for (let part = 0; part < 3; part++) {
      const Entries = Array.from({ length: 8 }, (_, index) => ({ Id: String(index), MessageBody: `${part}-${index}` }));
      await sqs.sendMessageBatch({ QueueUrl, Entries });
    }
    const wide = { FunctionName: 'wide', EventSourceArn: arn, BatchSize: 24 };
    await assert.rejects(lambda.createEventSourceMapping(wide), {
      message: /window in seconds must be greater than 0/,
    });
    await lambda.createEventSourceMapping({ ...wide, MaximumBatchingWindowInSeconds: 5 });
    await until(async () => (await heard('wide')) !== '', 'the batch', 10_000);
    assert.equal(await heard('wide'), '24');
  });

  test('is refused for what cannot be polled', async () => {
    await create('refused', { 'index.mjs': source }, { Timeout: 60 });
    const { arn } = await queueOf('short', { VisibilityTimeout: '10' });
    const refused = (EventSourceArn: string, message: RegExp) =>
      assert.rejects(lambda.createEventSourceMapping({ FunctionName: 'refused', EventSourceArn }), {
        name: 'InvalidParameterValueException',
        message,
      });
    await refused(arn, /Queue visibility timeout: 10 seconds is less than Function timeout: 60 seconds/);
    await refused(arn.replace('short', 'nowhere'), /Error occurred while ReceiveMessage/);
    await refused('arn:aws:kinesis:us-east-1:000000000000:stream/s', /kinesis is not supported/);
  });
});
