import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { FakeClock } from '#kernel/clock';
import { until } from '#testing';
import { startQueues } from './queues.fixture.ts';

/** Clients correct their clock by the Date of answers once it is five minutes off: tests stay within that. */
async function start(t: TestContext, behindMs = 0) {
  const clock = new FakeClock(Date.now() - behindMs);
  const queues = await startQueues({ clock });
  t.after(() => queues.close());
  return { clock, queues, ...queues, sqs: queues.sqs };
}

test('a message that is not deleted comes back when its visibility is over, and its receive is counted', async (t) => {
  const { clock, sqs, newQueue, bodiesOf } = await start(t);
  const QueueUrl = await newQueue('work', { VisibilityTimeout: '30' });
  await sqs.sendMessage({ QueueUrl, MessageBody: 'x' });
  const { Messages } = await sqs.receiveMessage({ QueueUrl });
  await sqs.changeMessageVisibility({
    QueueUrl,
    ReceiptHandle: Messages?.[0]?.ReceiptHandle,
    VisibilityTimeout: 60,
  });
  clock.advance(59_999);
  assert.deepEqual(await bodiesOf(QueueUrl), []);
  clock.advance(1);
  const again = await sqs.receiveMessage({ QueueUrl, MessageSystemAttributeNames: ['All'] });
  assert.equal(again.Messages?.[0]?.Attributes?.['ApproximateReceiveCount'], '2');
  clock.advance(30_000);
  await assert.rejects(
    sqs.changeMessageVisibility({
      QueueUrl,
      ReceiptHandle: again.Messages[0].ReceiptHandle,
      VisibilityTimeout: 60,
    }),
    /not available for visibility timeout change/,
  );
});

test('a long poll is woken when a delay or a visibility ends', async (t) => {
  const { clock, sqs, newQueue } = await start(t);
  const QueueUrl = await newQueue('late', { DelaySeconds: '5' });
  await sqs.sendMessage({ QueueUrl, MessageBody: 'by the queue' });
  await sqs.sendMessage({ QueueUrl, MessageBody: 'by itself', DelaySeconds: 9 });
  const { Attributes } = await sqs.getQueueAttributes({ QueueUrl, AttributeNames: ['All'] });
  assert.equal(Attributes?.['ApproximateNumberOfMessagesDelayed'], '2');
  for (const [body, advanceMs] of [
    ['by the queue', 5000],
    ['by itself', 4000],
  ] as const) {
    let got: string | undefined;
    const polling = sqs
      .receiveMessage({ QueueUrl, WaitTimeSeconds: 20 })
      .then(({ Messages }) => (got = Messages?.[0]?.Body));
    // The poll may reach the queue before or behind the advance: the answer is the same.
    clock.advance(advanceMs);
    await until(() => got !== undefined, body);
    await polling;
    assert.equal(got, body);
  }
});

test('a long poll without a message ends empty when its time is over', async (t) => {
  const { clock, sqs, newQueue } = await start(t);
  const QueueUrl = await newQueue('empty');
  let isOver = false;
  const polling = sqs.receiveMessage({ QueueUrl, WaitTimeSeconds: 20 }).then((answer) => {
    isOver = true;
    return answer;
  });
  await until(() => {
    clock.advance(1000);
    return isOver;
  });
  assert.equal((await polling).Messages, undefined);
});

test('messages go when the queue has kept them long enough', async (t) => {
  const { clock, sqs, newQueue, bodiesOf } = await start(t);
  const QueueUrl = await newQueue('short', { MessageRetentionPeriod: '60' });
  await sqs.sendMessage({ QueueUrl, MessageBody: 'old' });
  clock.advance(59_000);
  await sqs.sendMessage({ QueueUrl, MessageBody: 'new' });
  clock.advance(1000);
  const { Attributes } = await sqs.getQueueAttributes({ QueueUrl, AttributeNames: ['ApproximateNumberOfMessages'] });
  assert.equal(Attributes?.['ApproximateNumberOfMessages'], '1');
  assert.deepEqual(await bodiesOf(QueueUrl), ['new']);
});

test('a FIFO queue knows a message again for five minutes, also behind a restart and its deletion', async (t) => {
  const { clock, queues, newQueue, bodiesOf } = await start(t, 200_000);
  const QueueUrl = await newQueue('line.fifo', { FifoQueue: 'true' });
  const send = (MessageBody: string) =>
    queues.sqs.sendMessage({ QueueUrl, MessageBody, MessageGroupId: 'g', MessageDeduplicationId: 'one' });
  const { MessageId } = await send('a');
  const { Messages } = await queues.sqs.receiveMessage({ QueueUrl });
  await queues.sqs.deleteMessage({ QueueUrl, ReceiptHandle: Messages?.[0]?.ReceiptHandle });
  await queues.restart();
  assert.equal((await send('a')).MessageId, MessageId);
  assert.deepEqual(await bodiesOf(QueueUrl), []);
  clock.advance(300_001);
  // The client's clock is set anew, too.
  await queues.restart();
  assert.notEqual((await send('a')).MessageId, MessageId);
  assert.deepEqual(await bodiesOf(QueueUrl), ['a']);
});

test('order, flights and receipts outlast a restart', async (t) => {
  const { clock, queues, newQueue, bodiesOf } = await start(t);
  const QueueUrl = await newQueue('line.fifo', { FifoQueue: 'true', ContentBasedDeduplication: 'true' });
  for (const MessageBody of ['1', '2', '3'])
    await queues.sqs.sendMessage({ QueueUrl, MessageBody, MessageGroupId: 'g' });
  const { Messages } = await queues.sqs.receiveMessage({ QueueUrl, VisibilityTimeout: 30 });
  await queues.restart();
  assert.deepEqual(await bodiesOf(QueueUrl), []);
  await queues.sqs.deleteMessage({ QueueUrl, ReceiptHandle: Messages?.[0]?.ReceiptHandle });
  const second = await queues.sqs.receiveMessage({ QueueUrl, VisibilityTimeout: 30 });
  assert.equal(second.Messages?.[0]?.Body, '2');
  clock.advance(30_000);
  await assert.rejects(
    queues.sqs.deleteMessage({ QueueUrl, ReceiptHandle: second.Messages[0].ReceiptHandle }),
    /The receipt handle has expired/,
  );
  assert.deepEqual(await bodiesOf(QueueUrl), ['2', '3']);
});

test('a receive of a FIFO queue that is tried again by its attempt id gives the same messages', async (t) => {
  const { sqs, newQueue } = await start(t);
  const QueueUrl = await newQueue('line.fifo', { FifoQueue: 'true', ContentBasedDeduplication: 'true' });
  await sqs.sendMessage({ QueueUrl, MessageBody: '1', MessageGroupId: 'g' });
  const receive = async (ReceiveRequestAttemptId: string) =>
    (await sqs.receiveMessage({ QueueUrl, ReceiveRequestAttemptId })).Messages;
  const first = await receive('one');
  assert.deepEqual(await receive('one'), first);
  assert.equal(await receive('two'), undefined);
  await sqs.deleteMessage({ QueueUrl, ReceiptHandle: first?.[0]?.ReceiptHandle });
  assert.equal(await receive('one'), undefined);
});

test('what a deletion of a queue left behind is cleared at the next start', async (t) => {
  const { queues, newQueue } = await start(t);
  const QueueUrl = await newQueue('left');
  await queues.sqs.sendMessage({ QueueUrl, MessageBody: 'x' });
  // As a crash leaves it: the queue is gone, its messages are not.
  await queues.state.write((db) => db.exec('DELETE FROM queues_queue'));
  await queues.restart();
  assert.equal(queues.state.reader.prepare('SELECT 1 FROM queues_message').get(), undefined);
});

test('a move goes on behind a restart and can be cancelled', async (t) => {
  const { clock, queues, newQueue, arnOf, bodiesOf } = await start(t);
  const deadUrl = await newQueue('dead');
  const SourceArn = await arnOf(deadUrl);
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: SourceArn, maxReceiveCount: 1 });
  const home = await newQueue('home', { RedrivePolicy });
  const DestinationArn = await arnOf(home);
  for (const MessageBody of ['1', '2', '3']) await queues.sqs.sendMessage({ QueueUrl: deadUrl, MessageBody });
  const begin = () => queues.sqs.startMessageMoveTask({ SourceArn, DestinationArn, MaxNumberOfMessagesPerSecond: 1 });
  const moved = async () =>
    (await queues.sqs.listMessageMoveTasks({ SourceArn })).Results?.[0]?.ApproximateNumberOfMessagesMoved;
  const { TaskHandle } = await begin();
  await assert.rejects(begin(), { name: 'UnsupportedOperation' });
  await until(async () => (await moved()) === 1, 'the first message');
  await queues.restart();
  await until(async () => (await moved()) === 2, 'the second message');
  await queues.sqs.cancelMessageMoveTask({ TaskHandle });
  clock.advance(10_000);
  assert.equal((await queues.sqs.listMessageMoveTasks({ SourceArn })).Results?.[0]?.Status, 'CANCELLED');
  assert.deepEqual(await bodiesOf(home), ['1', '2']);
});

test('bodies, handles and names of the worst kind are refused and change nothing', async (t) => {
  const { sqs, newQueue, bodiesOf } = await start(t);
  const QueueUrl = await newQueue('hostile');
  const handles = ['', 'x'.repeat(5000), '::', Buffer.from('1:1:a; DROP').toString('base64'), '\u0000'];
  for (const ReceiptHandle of handles) await assert.rejects(sqs.deleteMessage({ QueueUrl, ReceiptHandle }));
  for (const url of ['', 'http://', '/', '../..', 'http://x/000000000000/hostile/', `${QueueUrl}'--`])
    await assert.rejects(sqs.sendMessage({ QueueUrl: url, MessageBody: 'x' }), url);
  const bodies = ["'; DROP TABLE queues_message; --", '__proto__', '\u{1F4A9}\t\r\n', '{"a":1}'];
  for (const MessageBody of bodies) await sqs.sendMessage({ QueueUrl, MessageBody });
  assert.deepEqual(await bodiesOf(QueueUrl), bodies);
  const attributes = Object.fromEntries(
    ['constructor', '__proto', 'a.b-c_d'].map((name) => [name, { DataType: 'String.x', StringValue: 'v' }]),
  );
  await sqs.sendMessage({ QueueUrl, MessageBody: 'y', MessageAttributes: attributes });
  const { Messages } = await sqs.receiveMessage({ QueueUrl, MessageAttributeNames: ['All'] });
  assert.deepEqual(Object.keys(Messages?.[0]?.MessageAttributes ?? {}).sort(), Object.keys(attributes).sort());
});
