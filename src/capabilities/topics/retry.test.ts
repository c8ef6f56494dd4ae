import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '#kernel/clock';
import { until } from '#testing';
import { httpRetryMs, mailRetryMs, serviceRetryMs } from './delivery-policy.ts';
import { startMailServer, startTopics, startWebServer } from './topics.fixture.ts';

const tokenOf = (body: string): string => (JSON.parse(body) as { Token: string }).Token;

test('a web server that fails is tried again as its policy says, and then the message is a dead letter', async (t) => {
  const clock = new FakeClock(Date.now());
  const server = await startWebServer([200, 500, 503, 429]);
  const topics = await startTopics({ clock });
  t.after(async () => {
    await topics.close();
    await server.close();
  });
  const { sns, newTopic, newQueue, next } = topics;
  const TopicArn = await newTopic('failing');
  const dead = await newQueue('dead');
  await sns.subscribe({
    TopicArn,
    Protocol: 'http',
    Endpoint: server.url,
    Attributes: {
      RedrivePolicy: JSON.stringify({ deadLetterTargetArn: dead.arn }),
      DeliveryPolicy: JSON.stringify({
        healthyRetryPolicy: { numRetries: 2, minDelayTarget: 5, maxDelayTarget: 5 },
      }),
    },
  });
  await until(() => server.received.length === 1, 'the confirmation');
  await sns.confirmSubscription({ TopicArn, Token: tokenOf(server.received[0]!.body) });
  await sns.publish({ TopicArn, Message: 'please' });
  for (const count of [2, 3, 4]) {
    await until(() => {
      if (server.received.length < count) clock.advance(1000);
      return server.received.length >= count;
    }, `delivery ${count}`);
  }
  assert.equal((JSON.parse(await next(dead.url)) as { Message: string }).Message, 'please');
  assert.equal(server.received.length, 4);
});

test('a mail server that is down holds nothing up; the mail goes out once it is there', async (t) => {
  const clock = new FakeClock(Date.now());
  const gone = await startMailServer();
  await gone.close();
  const topics = await startTopics({ clock, smtpUrl: gone.url });
  t.after(() => topics.close());
  const { sns, newTopic, newQueue, next } = topics;
  const TopicArn = await newTopic('mailed');
  await sns.subscribe({ TopicArn, Protocol: 'email', Endpoint: 'ann@example.com' });
  const { url, arn } = await newQueue('beside');
  await sns.subscribe({ TopicArn, Protocol: 'sqs', Endpoint: arn });
  await sns.publish({ TopicArn, Message: 'x' });
  assert.ok(await next(url));
  const { port } = new URL(gone.url);
  const back = await startMailServer(Number(port));
  t.after(() => back.close());
  await until(() => {
    clock.advance(1000);
    return back.mails.length === 1;
  }, 'the mail');
  assert.match(back.mails[0]!, /^To: ann@example.com\r$/m);
});

test('the pauses between tries are those of AWS', () => {
  assert.deepEqual(
    [1, 3, 4, 6, 8, 11, 16, 100_015].map(serviceRetryMs),
    [0, 0, 1000, 1000, 4000, 20_000, 20_000, 20_000],
  );
  assert.equal(serviceRetryMs(100_016), undefined);
  assert.deepEqual([1, 3, 5, 12, 50, 51].map(mailRetryMs), [10_000, 10_000, 40_000, 600_000, 600_000, undefined]);
  assert.deepEqual(
    [1, 3, 4].map((failures) => httpRetryMs(failures, undefined, undefined)),
    [20_000, 20_000, undefined],
  );
  const healthyRetryPolicy = {
    numRetries: 10,
    numNoDelayRetries: 2,
    numMinDelayRetries: 2,
    numMaxDelayRetries: 2,
    minDelayTarget: 10,
    maxDelayTarget: 50,
    backoffFunction: 'linear',
  };
  const own = JSON.stringify({ healthyRetryPolicy });
  const pauses = Array.from({ length: 11 }, (_, at) => httpRetryMs(at + 1, undefined, own));
  assert.deepEqual(pauses, [0, 0, 10_000, 10_000, 20_000, 30_000, 40_000, 50_000, 50_000, 50_000, undefined]);
});
