import assert from 'node:assert/strict';
import { createVerify, X509Certificate } from 'node:crypto';
import { after, suite, test } from 'node:test';
import { until } from '#testing';
import { textToSign } from './signing/signer.ts';
import { startMailServer, startTopics, startWebServer } from './topics.fixture.ts';

interface Document {
  readonly Type: 'Notification';
  readonly MessageId: string;
  readonly TopicArn: string;
  readonly Message: string;
  readonly Timestamp: string;
  readonly [name: string]: unknown;
}

const parse = (text: string): Document => JSON.parse(text) as Document;

suite('topics through the SDK', async () => {
  const mailServer = await startMailServer();
  const invocations: { FunctionName?: string; Payload?: Uint8Array; InvocationType?: string }[] = [];
  const Invoke = (input: object) => {
    invocations.push(input);
    return { StatusCode: 202 };
  };
  const topics = await startTopics({
    smtpUrl: mailServer.url,
    apis: [{ service: 'lambda', operations: { Invoke } }],
  });
  const { sns, sqs, newTopic, newQueue, next } = topics;
  after(async () => {
    await topics.close();
    await mailServer.close();
  });

  test('a topic is made once, shows its attributes, and is gone with its subscriptions', async () => {
    const TopicArn = await newTopic('news', { DisplayName: 'News' });
    assert.equal(TopicArn, 'arn:aws:sns:us-east-1:000000000000:news');
    assert.equal(await newTopic('news'), TopicArn);
    await assert.rejects(newTopic('news', { DisplayName: 'Other' }), { name: 'InvalidParameterException' });
    await sns.setTopicAttributes({ TopicArn, AttributeName: 'DisplayName', AttributeValue: 'Late news' });
    const { Attributes } = await sns.getTopicAttributes({ TopicArn });
    assert.equal(Attributes?.['DisplayName'], 'Late news');
    assert.equal(Attributes?.['SubscriptionsConfirmed'], '0');
    await sns.tagResource({ ResourceArn: TopicArn, Tags: [{ Key: 'team', Value: 'a' }] });
    assert.deepEqual((await sns.listTagsForResource({ ResourceArn: TopicArn })).Tags, [{ Key: 'team', Value: 'a' }]);
    assert.ok((await sns.listTopics()).Topics?.some((topic) => topic.TopicArn === TopicArn));
    const { arn } = await newQueue('of-news');
    const { SubscriptionArn } = await sns.subscribe({ TopicArn, Protocol: 'sqs', Endpoint: arn });
    await sns.deleteTopic({ TopicArn });
    await assert.rejects(sns.getSubscriptionAttributes({ SubscriptionArn }), { name: 'NotFoundException' });
    await assert.rejects(sns.publish({ TopicArn, Message: 'x' }), { name: 'NotFoundException' });
  });

  test('a queue gets the notification, signed so that the certificate we serve proves it', async () => {
    const TopicArn = await newTopic('signed');
    const { url, arn } = await newQueue('signed');
    await sns.subscribe({ TopicArn, Protocol: 'sqs', Endpoint: arn });
    const { MessageId } = await sns.publish({ TopicArn, Message: 'hällo', Subject: 'Hi' });
    const document = parse(await next(url));
    assert.equal(document.MessageId, MessageId);
    assert.equal(document.Message, 'hällo');
    assert.equal(document['Subject'], 'Hi');
    const certificate = new X509Certificate(await (await fetch(String(document['SigningCertURL']))).text());
    assert.ok(certificate.verify(certificate.publicKey));
    const verify = createVerify('sha1').update(textToSign(document));
    assert.ok(verify.verify(certificate.publicKey, String(document['Signature']), 'base64'));
  });

  test('raw delivery passes the text and its attributes on as they are', async () => {
    const TopicArn = await newTopic('raw');
    const { url, arn } = await newQueue('raw');
    const Attributes = { RawMessageDelivery: 'true' };
    await sns.subscribe({ TopicArn, Protocol: 'sqs', Endpoint: arn, Attributes });
    const MessageAttributes = { kind: { DataType: 'String', StringValue: 'trip' } };
    await sns.publish({ TopicArn, Message: 'plain', MessageAttributes });
    const { Messages } = await sqs.receiveMessage({
      QueueUrl: url,
      WaitTimeSeconds: 5,
      MessageAttributeNames: ['All'],
    });
    assert.equal(Messages?.[0]?.Body, 'plain');
    assert.equal(Messages[0].MessageAttributes?.['kind']?.StringValue, 'trip');
  });

  test('a filter on attributes or on the body decides who gets a message', async () => {
    const TopicArn = await newTopic('filtered');
    const [byAttribute, byBody] = [await newQueue('by-attribute'), await newQueue('by-body')];
    const subscribe = (Endpoint: string, filter: object | string, scope: string) =>
      sns.subscribe({
        TopicArn,
        Protocol: 'sqs',
        Endpoint,
        Attributes: {
          FilterPolicy: typeof filter === 'string' ? filter : JSON.stringify(filter),
          FilterPolicyScope: scope,
          RawMessageDelivery: 'true',
        },
      });
    const attributeFilter = { store: [{ prefix: 'north' }], price: [{ numeric: ['>=', 100] }] };
    await subscribe(byAttribute.arn, attributeFilter, 'MessageAttributes');
    await subscribe(byBody.arn, { order: { state: [{ 'anything-but': 'lost' }] } }, 'MessageBody');
    const publish = (Message: string, store: string, price: string) =>
      sns.publish({
        TopicArn,
        Message,
        MessageAttributes: {
          store: { DataType: 'String', StringValue: store },
          price: { DataType: 'Number', StringValue: price },
        },
      });
    await publish('{"order":{"state":"lost"}}', 'north-1', '99.5');
    await publish('{"order":{"state":"paid"}}', 'south', '100');
    await publish('no JSON', 'north-2', '100');
    assert.equal(await next(byAttribute.url), 'no JSON');
    assert.equal(await next(byBody.url), '{"order":{"state":"paid"}}');
    for (const { url } of [byAttribute, byBody])
      assert.equal((await sqs.receiveMessage({ QueueUrl: url })).Messages, undefined);
    const nested = { a: { b: ['c'] } };
    await assert.rejects(subscribe(byAttribute.arn, nested, 'MessageAttributes'), /does not support nested/);
    for (const [open, close] of [
      ['{"a":', '}'],
      ['{"$or":[', ']}'],
    ] as const) {
      const deep = `${open.repeat(20_000)}{"a":["x"]}${close.repeat(20_000)}`;
      await assert.rejects(subscribe(byBody.arn, deep, 'MessageBody'), /nests more than 10 levels/);
    }
    await assert.rejects(subscribe(byAttribute.arn, { a: [{ sounds: 'like' }] }, 'MessageBody'), /FilterPolicy/);
  });

  test('a function is invoked with the record that AWS sends', async () => {
    const TopicArn = await newTopic('called');
    const Endpoint = 'arn:aws:lambda:us-east-1:000000000000:function:hear';
    const { SubscriptionArn } = await sns.subscribe({ TopicArn, Protocol: 'lambda', Endpoint });
    await sns.publish({
      TopicArn,
      MessageStructure: 'json',
      Message: JSON.stringify({ default: 'all', lambda: 'functions' }),
    });
    await until(() => invocations.length === 1, 'the invocation');
    const [call] = invocations;
    assert.equal(call?.FunctionName, Endpoint);
    assert.equal(call.InvocationType, 'Event');
    const { Records } = JSON.parse(Buffer.from(call.Payload ?? []).toString()) as {
      Records: {
        EventSource: string;
        EventSubscriptionArn: string;
        Sns: { Message: string; Subject: string | null };
      }[];
    };
    assert.equal(Records[0]?.EventSource, 'aws:sns');
    assert.equal(Records[0].EventSubscriptionArn, SubscriptionArn);
    assert.equal(Records[0].Sns.Message, 'functions');
    assert.equal(Records[0].Sns.Subject, null);
  });

  test('a web server confirms by the link it is sent, gets notifications, and is told the end', async () => {
    const server = await startWebServer();
    const TopicArn = await newTopic('hooked');
    const wish = { TopicArn, Protocol: 'http', Endpoint: server.url };
    assert.equal((await sns.subscribe(wish)).SubscriptionArn, 'pending confirmation');
    await until(() => server.received.length === 1, 'the confirmation');
    const asked = parse(server.received[0]!.body);
    assert.equal(asked['Type'], 'SubscriptionConfirmation');
    assert.equal(server.received[0]!.headers['x-amz-sns-message-type'], 'SubscriptionConfirmation');
    assert.equal(
      (await sns.listSubscriptionsByTopic({ TopicArn })).Subscriptions?.[0]?.SubscriptionArn,
      'PendingConfirmation',
    );
    const answer = await fetch(String(asked['SubscribeURL']));
    const [, SubscriptionArn = ''] = /<SubscriptionArn>(.+)<\/SubscriptionArn>/.exec(await answer.text()) ?? [];
    assert.match(SubscriptionArn, /:hooked:[0-9a-f-]{36}$/);
    await sns.publish({ TopicArn, Message: 'to the web' });
    await until(() => server.received.length === 2, 'the notification');
    assert.equal(server.received[1]!.headers['x-amz-sns-subscription-arn'], SubscriptionArn);
    assert.equal(parse(server.received[1]!.body).Message, 'to the web');
    await sns.unsubscribe({ SubscriptionArn });
    await until(() => server.received.length === 3, 'the end');
    const end = parse(server.received[2]!.body);
    assert.equal(end['Type'], 'UnsubscribeConfirmation');
    assert.deepEqual((await sns.listSubscriptionsByTopic({ TopicArn })).Subscriptions, []);
    assert.equal((await fetch(String(end['SubscribeURL']))).status, 200);
    const { Subscriptions } = await sns.listSubscriptionsByTopic({ TopicArn });
    assert.equal(Subscriptions?.[0]?.SubscriptionArn, SubscriptionArn);
    await server.close();
  });

  test('an endpoint that refuses gives the message to the dead letter queue', async () => {
    const server = await startWebServer([200, 404]);
    const TopicArn = await newTopic('refused');
    const dead = await newQueue('refused-dead');
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: dead.arn });
    await sns.subscribe({ TopicArn, Protocol: 'http', Endpoint: server.url, Attributes: { RedrivePolicy } });
    await until(() => server.received.length === 1, 'the confirmation');
    const { Token, SubscribeURL: _link } = parse(server.received[0]!.body);
    await sns.confirmSubscription({ TopicArn, Token: String(Token) });
    await sns.publish({ TopicArn, Message: 'unwanted' });
    assert.equal(parse(await next(dead.url)).Message, 'unwanted');
    await server.close();
  });

  test('a mail address confirms by a link in a real mail and gets mails', async () => {
    const TopicArn = await newTopic('mailed', { DisplayName: 'Trip alarms' });
    await sns.subscribe({ TopicArn, Protocol: 'email', Endpoint: 'ann@example.com' });
    await until(() => mailServer.mails.length === 1, 'the first mail');
    const textOf = (mail: string): string =>
      mail
        .replaceAll('=\r\n', '')
        .replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
    const [link = ''] = /http:\S+ConfirmSubscription\S+/.exec(textOf(mailServer.mails[0]!)) ?? [];
    const page = await fetch(link, { headers: { accept: 'text/html' } });
    assert.match(await page.text(), /Subscription confirmed/);
    await sns.publish({ TopicArn, Message: 'The job failed.', Subject: 'Alarm' });
    await until(() => mailServer.mails.length === 2, 'the second mail');
    const mail = textOf(mailServer.mails[1]!);
    assert.match(mail, /^Subject: Alarm\r$/m);
    assert.match(mail, /^From: Trip alarms <topics@example.com>\r$/m);
    assert.match(mail, /^To: ann@example.com\r$/m);
    assert.match(mail, /The job failed\./);
    const [unsubscribe = ''] = /http:\S+Action=Unsubscribe\S+/.exec(mail) ?? [];
    assert.equal((await fetch(unsubscribe)).status, 200);
    assert.deepEqual((await sns.listSubscriptionsByTopic({ TopicArn })).Subscriptions, []);
  });

  test('a FIFO topic keeps the order of a group and knows a message again', async () => {
    const TopicArn = await newTopic('line.fifo', { FifoTopic: 'true', ContentBasedDeduplication: 'true' });
    const { url, arn } = await newQueue('line.fifo', { FifoQueue: 'true' });
    await sns.subscribe({ TopicArn, Protocol: 'sqs', Endpoint: arn, Attributes: { RawMessageDelivery: 'true' } });
    const sent: (string | undefined)[] = [];
    for (const Message of ['1', '2', '3', '1']) {
      const { SequenceNumber } = await sns.publish({ TopicArn, Message, MessageGroupId: 'g' });
      sent.push(SequenceNumber);
    }
    assert.equal(sent[3], sent[0]);
    for (const body of ['1', '2', '3']) assert.equal(await next(url), body);
    await assert.rejects(sns.publish({ TopicArn, Message: 'x' }), /MessageGroupId/);
    const web = { TopicArn, Protocol: 'http', Endpoint: 'http://127.0.0.1:9/' };
    await assert.rejects(sns.subscribe(web), /FIFO topics deliver to queues only/);
  });

  test('a batch answers for each message, and bad messages are refused in the words of SNS', async () => {
    const TopicArn = await newTopic('strict');
    const { Successful, Failed } = await sns.publishBatch({
      TopicArn,
      PublishBatchRequestEntries: [
        { Id: 'good', Message: 'a' },
        { Id: 'bad', Message: 'b', Subject: '\nno' },
      ],
    });
    assert.deepEqual(
      Successful?.map(({ Id }) => Id),
      ['good'],
    );
    assert.deepEqual(
      Failed?.map(({ Id, Code }) => [Id, Code]),
      [['bad', 'InvalidParameter']],
    );
    await assert.rejects(sns.publish({ TopicArn, Message: '' }), /Empty message/);
    await assert.rejects(sns.publish({ TopicArn, Message: 'x'.repeat(262_145) }), /Message too long/);
    await assert.rejects(sns.publish({ TopicArn, Message: '{}', MessageStructure: 'json' }), /No default entry/);
    await assert.rejects(sns.publish({ PhoneNumber: '+123', Message: 'x' }), /PhoneNumber/);
    await assert.rejects(sns.subscribe({ TopicArn, Protocol: 'sms', Endpoint: '+123' }), /'sms' is not served/);
    await assert.rejects(sns.confirmSubscription({ TopicArn, Token: 'guess' }), { name: 'InvalidParameterException' });
  });
});
