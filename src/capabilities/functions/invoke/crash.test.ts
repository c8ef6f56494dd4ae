import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Lambda } from '@aws-sdk/client-lambda';
import { SQS } from '@aws-sdk/client-sqs';
import { clientConfig, useTempFolder, until } from '#testing';
import { startKillable } from '../../../testing/killable.ts';
import { functionInput } from '../functions.fixture.ts';

test('what was accepted before a kill is carried out behind it', async () => {
  const dataDir = useTempFolder();
  const first = await startKillable(dataDir);
  const before = new Lambda(clientConfig(first.endpoint));
  const source = `
export const handler = async (event) => {
  await new Promise((resolve) => setTimeout(resolve, 300));
  return event;
};`;
  await before.createFunction(await functionInput('slow', { 'index.mjs': source }));
  const queues = new SQS(clientConfig(first.endpoint));
  await queues.createQueue({ QueueName: 'done' });
  await before.putFunctionEventInvokeConfig({
    FunctionName: 'slow',
    DestinationConfig: { OnSuccess: { Destination: 'arn:aws:sqs:us-east-1:000000000000:done' } },
  });
  for (let n = 0; n < 5; n++) {
    await before.invoke({ FunctionName: 'slow', InvocationType: 'Event', Payload: JSON.stringify({ n }) });
  }
  await first.kill();
  before.destroy();
  queues.destroy();

  const second = await startKillable(dataDir);
  const sqs = new SQS(clientConfig(second.endpoint));
  const seen = new Set<number>();
  try {
    const { QueueUrl } = await sqs.getQueueUrl({ QueueName: 'done' });
    await until(
      async () => {
        const { Messages = [] } = await sqs.receiveMessage({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 });
        for (const { Body = '' } of Messages) {
          seen.add((JSON.parse(Body) as { requestPayload: { n: number } }).requestPayload.n);
        }
        return seen.size === 5;
      },
      'five outcomes',
      30_000,
    );
    assert.deepEqual(seen, new Set([0, 1, 2, 3, 4]));
  } finally {
    sqs.destroy();
    await second.terminate();
  }
});
