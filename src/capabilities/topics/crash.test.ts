import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { SNS } from '@aws-sdk/client-sns';
import { SQS } from '@aws-sdk/client-sqs';
import { clientConfig } from '#testing';
import { startKillable } from '../../testing/killable.ts';

const arnOf = (service: string, name: string): string => `arn:aws:${service}:us-east-1:000000000000:${name}`;

test('what a topic acknowledged reaches its queues through kill -9: FIFO once and in order', async (t) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'millpond-topics-crash-'));
  t.after(() => rmSync(dataDir, { recursive: true, force: true }));
  let server = await startKillable(dataDir);
  t.after(() => server.kill());
  const clients = () => ({ sns: new SNS(clientConfig(server.endpoint)), sqs: new SQS(clientConfig(server.endpoint)) });
  let { sns, sqs } = clients();
  await sqs.createQueue({ QueueName: 'line.fifo', Attributes: { FifoQueue: 'true' } });
  await sqs.createQueue({ QueueName: 'plain' });
  const fifo = { FifoTopic: 'true', ContentBasedDeduplication: 'true' };
  await sns.createTopic({ Name: 'line.fifo', Attributes: fifo });
  await sns.createTopic({ Name: 'plain' });
  for (const name of ['line.fifo', 'plain'])
    await sns.subscribe({
      TopicArn: arnOf('sns', name),
      Protocol: 'sqs',
      Endpoint: arnOf('sqs', name),
      Attributes: { RawMessageDelivery: 'true' },
    });
  const acknowledged: string[] = [];
  for (const round of [1, 2]) {
    const publishing = (async () => {
      for (let at = 0; ; at++) {
        const Message = `${round}-${at}`;
        await sns.publish({ TopicArn: arnOf('sns', 'line.fifo'), Message, MessageGroupId: 'g' });
        await sns.publish({ TopicArn: arnOf('sns', 'plain'), Message });
        acknowledged.push(Message);
        if (acknowledged.length === round * 25) return server.kill();
      }
    })();
    await publishing.catch(() => undefined);
    server = await startKillable(dataDir);
    ({ sns, sqs } = clients());
  }
  const drain = async (name: string): Promise<string[]> => {
    const { QueueUrl } = await sqs.getQueueUrl({ QueueName: name });
    const bodies: string[] = [];
    for (;;) {
      const { Messages = [] } = await sqs.receiveMessage({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 });
      if (Messages.length === 0) return bodies;
      bodies.push(...Messages.map(({ Body = '' }) => Body));
      const Entries = Messages.map(({ ReceiptHandle }, at) => ({ Id: String(at), ReceiptHandle }));
      await sqs.deleteMessageBatch({ QueueUrl, Entries });
    }
  };
  // The last message may have been acknowledged to a client that did not hear of it.
  const ordered = (await drain('line.fifo')).filter((body) => acknowledged.includes(body));
  assert.deepEqual(ordered, acknowledged);
  const plain = new Set(await drain('plain'));
  assert.deepEqual(
    acknowledged.filter((body) => !plain.has(body)),
    [],
  );
});
