import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { SQS } from '@aws-sdk/client-sqs';
import { signRequest } from '#gateway';
import { clientConfig, until } from '#testing';
import { startQueues } from './queues.fixture.ts';

suite('queues through the SDK', async () => {
  const queues = await startQueues();
  const { sqs, newQueue, arnOf, bodiesOf } = queues;
  after(() => queues.close());

  test('a queue is made, found by name and listed; making it again with other attributes is refused', async () => {
    const url = await newQueue('plain', { VisibilityTimeout: '45' });
    assert.equal(url, `${queues.endpoint}/000000000000/plain`);
    assert.equal(await newQueue('plain', { VisibilityTimeout: '45' }), url);
    assert.equal((await sqs.getQueueUrl({ QueueName: 'plain' })).QueueUrl, url);
    assert.deepEqual((await sqs.listQueues({ QueueNamePrefix: 'pla' })).QueueUrls, [url]);
    await assert.rejects(newQueue('plain', { VisibilityTimeout: '46' }), {
      name: 'QueueNameExists',
      message: 'A queue already exists with the same name and a different value for attribute VisibilityTimeout',
    });
    await assert.rejects(sqs.getQueueUrl({ QueueName: 'nobody' }), { name: 'QueueDoesNotExist' });
    await assert.rejects(newQueue('bad', { VisibilityTimeout: '43201' }), { name: 'InvalidAttributeValue' });
    await assert.rejects(newQueue('bad name'), /Can only include alphanumeric/);
    await assert.rejects(newQueue('late.fifo'), /Can only include alphanumeric/);
  });

  test('who waits for messages of a queue that is deleted is told at once', async () => {
    const QueueUrl = await newQueue('leaving');
    const startedMs = performance.now();
    const waiting = assert.rejects(sqs.receiveMessage({ QueueUrl, WaitTimeSeconds: 20 }), {
      name: 'QueueDoesNotExist',
    });
    await sqs.getQueueAttributes({ QueueUrl });
    await sqs.deleteQueue({ QueueUrl });
    await waiting;
    assert.ok(performance.now() - startedMs < 5000);
  });

  test('a message goes under the trace of its sender', async () => {
    const QueueUrl = await newQueue('traced');
    const header = 'Root=1-5759e988-bd862e3fe1be46a994272793;Lineage=abcdef01:1';
    const add = <Args extends { request: unknown }>(args: Args): Args => {
      (args.request as { headers: Record<string, string> }).headers['x-amzn-trace-id'] = header;
      return args;
    };
    const tracing = new SQS(clientConfig(queues.endpoint));
    tracing.middlewareStack.add((next) => (args) => next(add(args)), { step: 'build' });
    await tracing.sendMessage({ QueueUrl, MessageBody: 'x' });
    tracing.destroy();
    const { Messages = [] } = await sqs.receiveMessage({ QueueUrl, MessageSystemAttributeNames: ['AWSTraceHeader'] });
    assert.deepEqual(Messages[0]?.Attributes, { AWSTraceHeader: header });
  });

  test('a message is sent, received once within its visibility, and deleted by its receipt', async () => {
    const QueueUrl = await newQueue('work');
    const sent = await sqs.sendMessage({
      QueueUrl,
      MessageBody: 'hällo',
      MessageAttributes: {
        kind: { DataType: 'String', StringValue: 'trip' },
        size: { DataType: 'Number', StringValue: '12.5' },
        raw: { DataType: 'Binary', BinaryValue: Uint8Array.of(1, 2, 255) },
      },
    });
    const { Messages = [] } = await sqs.receiveMessage({
      QueueUrl,
      MessageSystemAttributeNames: ['All'],
      MessageAttributeNames: ['All'],
    });
    const [message] = Messages;
    assert.equal(message?.Body, 'hällo');
    assert.equal(message.MessageId, sent.MessageId);
    assert.equal(message.MD5OfMessageAttributes, sent.MD5OfMessageAttributes);
    assert.deepEqual(message.MessageAttributes?.['raw']?.BinaryValue, Uint8Array.of(1, 2, 255));
    assert.equal(message.Attributes?.['ApproximateReceiveCount'], '1');
    assert.deepEqual(await bodiesOf(QueueUrl), []);
    await sqs.changeMessageVisibility({ QueueUrl, ReceiptHandle: message.ReceiptHandle, VisibilityTimeout: 0 });
    const again = (await sqs.receiveMessage({ QueueUrl })).Messages?.[0];
    assert.notEqual(again?.ReceiptHandle, message.ReceiptHandle);
    // The older receipt is accepted and deletes nothing.
    await sqs.deleteMessage({ QueueUrl, ReceiptHandle: message.ReceiptHandle });
    const counts = async () =>
      (await sqs.getQueueAttributes({ QueueUrl, AttributeNames: ['All'] })).Attributes?.[
        'ApproximateNumberOfMessagesNotVisible'
      ];
    assert.equal(await counts(), '1');
    await sqs.deleteMessage({ QueueUrl, ReceiptHandle: again?.ReceiptHandle });
    assert.equal(await counts(), '0');
    await assert.rejects(sqs.deleteMessage({ QueueUrl, ReceiptHandle: 'nonsense' }), {
      name: 'ReceiptHandleIsInvalid',
    });
  });

  test('a long poll is woken by a message, without asking again and again', async () => {
    const QueueUrl = await newQueue('bell');
    const begunMs = performance.now();
    const waiting = sqs.receiveMessage({ QueueUrl, WaitTimeSeconds: 20 });
    await sqs.sendMessage({ QueueUrl, MessageBody: 'wake up' });
    assert.deepEqual(
      (await waiting).Messages?.map(({ Body }) => Body),
      ['wake up'],
    );
    assert.ok(performance.now() - begunMs < 5000);
  });

  test('a batch answers for each entry on its own', async () => {
    const QueueUrl = await newQueue('batch');
    const { Successful, Failed } = await sqs.sendMessageBatch({
      QueueUrl,
      Entries: [
        { Id: 'good', MessageBody: 'a' },
        { Id: 'bad', MessageBody: 'b', DelaySeconds: 901 },
      ],
    });
    assert.deepEqual(
      Successful?.map(({ Id }) => Id),
      ['good'],
    );
    assert.deepEqual(
      Failed?.map(({ Id, Code, SenderFault }) => [Id, Code, SenderFault]),
      [['bad', 'InvalidParameterValue', true]],
    );
    const entry = (Id: string) => ({ Id, MessageBody: 'x' });
    await assert.rejects(sqs.sendMessageBatch({ QueueUrl, Entries: [] }), { name: 'EmptyBatchRequest' });
    await assert.rejects(sqs.sendMessageBatch({ QueueUrl, Entries: [entry('a'), entry('a')] }), {
      name: 'BatchEntryIdsNotDistinct',
    });
    await assert.rejects(
      sqs.sendMessageBatch({ QueueUrl, Entries: Array.from({ length: 11 }, (_, at) => entry(`e${at}`)) }),
      { name: 'TooManyEntriesInBatchRequest' },
    );
    const large = { Id: 'l', MessageBody: 'x'.repeat(600_000) };
    await assert.rejects(sqs.sendMessageBatch({ QueueUrl, Entries: [large, { ...large, Id: 'm' }] }), {
      name: 'BatchRequestTooLong',
    });
  });

  test('a FIFO queue keeps the order within a group, blocks it in flight, and knows a message again', async () => {
    const QueueUrl = await newQueue('line.fifo', { FifoQueue: 'true', ContentBasedDeduplication: 'true' });
    const send = (MessageGroupId: string, MessageBody: string) =>
      sqs.sendMessage({ QueueUrl, MessageGroupId, MessageBody });
    const first = await send('a', 'a1');
    assert.equal((await send('a', 'a1')).SequenceNumber, first.SequenceNumber);
    for (const body of ['a2', 'a3']) await send('a', body);
    await send('b', 'b1');
    const { Messages = [] } = await sqs.receiveMessage({ QueueUrl, MaxNumberOfMessages: 2 });
    assert.deepEqual(
      Messages.map(({ Body }) => Body),
      ['a1', 'a2'],
    );
    assert.deepEqual(await bodiesOf(QueueUrl), ['b1']);
    await sqs.deleteMessage({ QueueUrl, ReceiptHandle: Messages[0]?.ReceiptHandle });
    assert.deepEqual(await bodiesOf(QueueUrl), []);
    await sqs.deleteMessage({ QueueUrl, ReceiptHandle: Messages[1]?.ReceiptHandle });
    assert.deepEqual(await bodiesOf(QueueUrl), ['a3']);
    await assert.rejects(sqs.sendMessage({ QueueUrl, MessageBody: 'no group' }), /MessageGroupId/);
  });

  test('what is received too often goes to the dead letter queue, and a move task takes it back', async () => {
    const deadUrl = await newQueue('dead');
    const deadLetterTargetArn = await arnOf(deadUrl);
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 2 });
    const QueueUrl = await newQueue('source', { RedrivePolicy, VisibilityTimeout: '0' });
    await sqs.sendMessage({ QueueUrl, MessageBody: 'poison' });
    assert.deepEqual(await bodiesOf(QueueUrl), ['poison']);
    assert.deepEqual(await bodiesOf(QueueUrl), ['poison']);
    assert.deepEqual(await bodiesOf(QueueUrl), []);
    const dead = await sqs.receiveMessage({
      QueueUrl: deadUrl,
      VisibilityTimeout: 0,
      MessageSystemAttributeNames: ['All'],
    });
    assert.equal(dead.Messages?.[0]?.Attributes?.['DeadLetterQueueSourceArn'], await arnOf(QueueUrl));
    assert.deepEqual((await sqs.listDeadLetterSourceQueues({ QueueUrl: deadUrl })).queueUrls, [QueueUrl]);
    await sqs.startMessageMoveTask({ SourceArn: deadLetterTargetArn });
    await until(async () => {
      const { Results = [] } = await sqs.listMessageMoveTasks({ SourceArn: deadLetterTargetArn });
      return Results[0]?.Status === 'COMPLETED' && Results[0].ApproximateNumberOfMessagesMoved === 1;
    }, 'the move');
    assert.deepEqual(await bodiesOf(QueueUrl), ['poison']);
    await assert.rejects(sqs.startMessageMoveTask({ SourceArn: await arnOf(QueueUrl) }), /Dead Letter Queue/);
    const foreign = JSON.stringify({ deadLetterTargetArn: `${deadLetterTargetArn}x`, maxReceiveCount: 2 });
    await assert.rejects(newQueue('lost', { RedrivePolicy: foreign }), /Dead letter target does not exist/);
  });

  test('purging empties a queue; a deleted queue is gone with its messages, and its receipts fit no other', async () => {
    const QueueUrl = await newQueue('short');
    await sqs.sendMessage({ QueueUrl, MessageBody: 'x' });
    await sqs.purgeQueue({ QueueUrl });
    assert.deepEqual(await bodiesOf(QueueUrl), []);
    await sqs.sendMessage({ QueueUrl, MessageBody: 'y' });
    const { Messages } = await sqs.receiveMessage({ QueueUrl, VisibilityTimeout: 0 });
    await sqs.deleteQueue({ QueueUrl });
    await assert.rejects(sqs.sendMessage({ QueueUrl, MessageBody: 'z' }), { name: 'QueueDoesNotExist' });
    await newQueue('short');
    assert.deepEqual(await bodiesOf(QueueUrl), []);
    await assert.rejects(sqs.deleteMessage({ QueueUrl, ReceiptHandle: Messages?.[0]?.ReceiptHandle }), {
      name: 'ReceiptHandleIsInvalid',
    });
  });

  test('tags and permissions are kept and taken away', async () => {
    const QueueUrl = await newQueue('tagged');
    await sqs.tagQueue({ QueueUrl, Tags: { team: 'a', stage: 'b' } });
    await sqs.untagQueue({ QueueUrl, TagKeys: ['stage'] });
    assert.deepEqual((await sqs.listQueueTags({ QueueUrl })).Tags, { team: 'a' });
    await sqs.addPermission({ QueueUrl, Label: 'one', AWSAccountIds: ['111122223333'], Actions: ['SendMessage'] });
    const policyOf = async () =>
      (await sqs.getQueueAttributes({ QueueUrl, AttributeNames: ['Policy'] })).Attributes?.['Policy'];
    assert.match((await policyOf()) ?? '', /"Sid":"one".*"SQS:SendMessage"/);
    await sqs.removePermission({ QueueUrl, Label: 'one' });
    assert.equal(await policyOf(), undefined);
  });

  test('messages that no queue may hold are refused in the words of SQS', async () => {
    const QueueUrl = await newQueue('strict', { MaximumMessageSize: '1024' });
    const send = (MessageBody: string, more = {}) => sqs.sendMessage({ QueueUrl, MessageBody, ...more });
    await assert.rejects(send('x'.repeat(1025)), /Message must be shorter than 1024 bytes/);
    await assert.rejects(send('\u0001'), { name: 'InvalidMessageContents' });
    await assert.rejects(send('x', { MessageDeduplicationId: 'd' }), /not valid for this queue type/);
    const attribute = { DataType: 'Number', StringValue: 'many' };
    await assert.rejects(send('x', { MessageAttributes: { n: attribute } }), /Can't cast the value/);
    await assert.rejects(send('x', { MessageAttributes: { 'aws.n': attribute } }), /invalid/);
    await assert.rejects(sqs.receiveMessage({ QueueUrl, MaxNumberOfMessages: 11 }), /Must be between 1 and 10/);
    await assert.rejects(sqs.receiveMessage({ QueueUrl, WaitTimeSeconds: 21 }), /Must be >= 0 and <= 20/);
  });

  test('clients of before 2023 speak the query protocol, to the URL of the queue', async () => {
    const QueueUrl = await newQueue('old');
    const ask = async (parameters: Record<string, string>) => {
      const body = Buffer.from(new URLSearchParams({ Version: '2012-11-05', QueueUrl, ...parameters }).toString());
      const { host, pathname } = new URL(QueueUrl);
      const headers = signRequest({
        method: 'POST',
        rawPath: pathname,
        rawQuery: '',
        headers: { host, 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
        body,
        service: 'sqs',
        region: 'us-east-1',
        credential: { accessKeyId: 'test', secretAccessKey: 'test' },
        time: new Date(),
      });
      const { host: _host, ...others } = headers;
      return (await fetch(QueueUrl, { method: 'POST', headers: others, body })).text();
    };
    const sent = await ask({
      Action: 'SendMessage',
      MessageBody: 'a&b',
      'MessageAttribute.1.Name': 'kind',
      'MessageAttribute.1.Value.DataType': 'String',
      'MessageAttribute.1.Value.StringValue': 'trip',
    });
    assert.match(
      sent,
      /^<SendMessageResponse xmlns="http:\/\/queue.amazonaws.com\/doc\/2012-11-05\/"><SendMessageResult>/,
    );
    const got = await ask({
      Action: 'ReceiveMessage',
      'AttributeName.1': 'SentTimestamp',
      'MessageAttributeName.1': 'All',
    });
    assert.match(got, /<Message>.*<Body>a&amp;b<\/Body>.*<Attribute><Name>SentTimestamp<\/Name><Value>\d+<\/Value>/);
    assert.match(got, /<MessageAttribute><Name>kind<\/Name><Value><StringValue>trip<\/StringValue>/);
    const refused = await ask({ Action: 'GetQueueUrl', QueueName: 'nobody' });
    assert.match(refused, /<Code>AWS.SimpleQueueService.NonExistentQueue<\/Code>/);
  });

  test('a queue holds at most 120,000 messages in flight', async () => {
    const QueueUrl = await newQueue('flights');
    await queues.state.write((db) =>
      db.exec(`WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 119999)
        INSERT INTO queues_message (queue, id, body, body_md5, sender_id, sent_ms, visible_ms, receives, receives_here, receipt)
        SELECT (SELECT id FROM queues_queue WHERE name = 'flights'), n, 'x', '', '', ${Date.now()}, ${Date.now()} + 60000, 1, 1, 'r'
        FROM numbers`),
    );
    for (const MessageBody of ['the last', 'one too many']) await sqs.sendMessage({ QueueUrl, MessageBody });
    assert.deepEqual(await bodiesOf(QueueUrl), ['the last']);
    await assert.rejects(bodiesOf(QueueUrl), { name: 'OverLimit' });
    await sqs.purgeQueue({ QueueUrl });
  });

  test('the URL of a queue counts by its last two parts, and one without end is refused at once', async () => {
    const url = await newQueue('addressed');
    const began = performance.now();
    for (const QueueUrl of [url, 'addressed', '000000000000/addressed', 'https://elsewhere:1/000000000000/addressed'])
      await sqs.getQueueAttributes({ QueueUrl, AttributeNames: ['QueueArn'] });
    for (const QueueUrl of ['y'.repeat(70_000), '/'.repeat(70_000), '/', `${url}/`, '111111111111/addressed'])
      await assert.rejects(sqs.getQueueAttributes({ QueueUrl }), { name: 'QueueDoesNotExist' });
    assert.ok(performance.now() - began < 3000);
  });

  test('queues are listed page by page', async () => {
    for (const name of ['page-1', 'page-2', 'page-3']) await newQueue(name);
    const list = (NextToken?: string) => sqs.listQueues({ QueueNamePrefix: 'page-', MaxResults: 2, NextToken });
    const first = await list();
    assert.equal(first.QueueUrls?.length, 2);
    const second = await list(first.NextToken);
    assert.deepEqual(
      second.QueueUrls?.map((url) => url.split('/').at(-1)),
      ['page-3'],
    );
    assert.equal(second.NextToken, undefined);
    await assert.rejects(list('nonsense'), /not a token/);
  });
});
