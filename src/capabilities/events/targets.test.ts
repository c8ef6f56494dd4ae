/** Targets, input, retries, dead letters and the crash between an event and its delivery. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, suite, test } from 'node:test';
import { until, useTempFolder } from '#testing';
import { startEvents } from './events.fixture.ts';

const RoleArn = 'arn:aws:iam::000000000000:role/events';
const patternOf = (source: string): string => JSON.stringify({ source: [source] });

/** An HTTP server that keeps what it was asked, and answers as it is told. */
async function startEndpoint(answer: (request: { path: string; body: string }) => { status: number; body?: string }) {
  const requests: { method: string; path: string; headers: IncomingMessage['headers']; body: string }[] = [];
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString();
    const path = request.url ?? '';
    requests.push({ method: request.method ?? '', path, headers: request.headers, body });
    const { status, body: text = '' } = answer({ path, body });
    response.writeHead(status, { 'content-type': 'application/json' }).end(text);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

suite('targets of rules', async () => {
  const bench = await startEvents();
  const { client, clock, put, messages, makeQueue, queueArn } = bench;

  async function send(rule: string, target: object, bus?: string): Promise<void> {
    const EventBusName = bus ?? 'default';
    await client.putRule({ Name: rule, EventPattern: patternOf(rule), EventBusName });
    await client.putTargets({ Rule: rule, EventBusName, Targets: [{ Id: 't', Arn: '', ...target }] });
  }

  test('a queue gets the event, its path, or a text made of it', async () => {
    const whole = await makeQueue('whole');
    const part = await makeQueue('part');
    const text = await makeQueue('text');
    await send('inputs', { Arn: queueArn('whole') });
    await client.putTargets({
      Rule: 'inputs',
      Targets: [
        { Id: 'part', Arn: queueArn('part'), InputPath: '$.detail.items[*].id' },
        {
          Id: 'text',
          Arn: queueArn('text'),
          InputTransformer: {
            InputPathsMap: { who: '$.detail.who', items: '$.detail.items', none: '$.detail.none' },
            InputTemplate: '"<who> ordered <items> by <aws.events.rule-name><none>"',
          },
        },
      ],
    });
    const { Entries } = await put('inputs', { who: 'Ann', items: [{ id: 1 }, { id: 2 }] });
    const event = JSON.parse((await messages(whole))[0]?.body ?? '') as { id: string; detail: object };
    assert.equal(event.id, Entries?.[0]?.EventId);
    assert.equal((await messages(part))[0]?.body, '[1,2]');
    assert.equal((await messages(text))[0]?.body, '"Ann ordered [{id:1},{id:2}] by inputs"');
    const called = bench.server.records.map(({ context }) => context.operation);
    assert.ok(called.includes('SendMessage') && !called.includes('GetQueueUrl'), 'a role needs to be let send only');
  });

  test('a template that repeats a large value comes to an end in the dead-letter queue', async () => {
    await makeQueue('bomb');
    const dead = await makeQueue('bomb-dead');
    const InputTransformer = {
      InputPathsMap: { all: '$.detail' },
      InputTemplate: `{"all":[${'<all>,'.repeat(1000)}<all>]}`,
    };
    await send('bomb', { Arn: queueArn('bomb'), InputTransformer, DeadLetterConfig: { Arn: queueArn('bomb-dead') } });
    await put('bomb', { text: 'x'.repeat(500_000) });
    assert.match((await messages(dead))[0]?.attributes['ERROR_MESSAGE'] ?? '', /more than 1048576 characters/);
  });

  test('a log group gets the message of an input that has a time and a message', async () => {
    const InputTransformer = {
      InputPathsMap: { at: '$.time', who: '$.detail.who' },
      InputTemplate: '{"timestamp": <at>, "message": "for <who>"}',
    };
    await send('logged', { Arn: bench.groupArn('logged'), InputTransformer });
    await put('logged', { who: 'Ann' });
    assert.deepEqual(await bench.lines('logged', 'logged', 1), ['for Ann']);
  });

  test('a long number keeps its digits on every way to a target', async () => {
    const whole = await makeQueue('digits');
    const part = await makeQueue('digits-part');
    await send('digits', { Arn: queueArn('digits') });
    const InputTransformer = { InputPathsMap: { id: '$.detail.id' }, InputTemplate: '{"id":<id>,"said":"<id>"}' };
    await client.putTargets({
      Rule: 'digits',
      Targets: [{ Id: 'part', Arn: queueArn('digits-part'), InputTransformer }],
    });
    const Detail = '{"id":12345678901234567890}';
    await client.putEvents({ Entries: [{ Source: 'digits', DetailType: 'order', Detail }] });
    assert.match((await messages(whole))[0]?.body ?? '', /"detail":\{"id":12345678901234567890\}/);
    assert.equal((await messages(part))[0]?.body, '{"id":12345678901234567890,"said":"12345678901234567890"}');
  });

  test('a null stays a null in JSON, and a name of a path may hold a slash', async () => {
    const url = await makeQueue('nulls');
    const InputTransformer = {
      InputPathsMap: { none: '$.detail.none', slashed: '$.detail.a/b' },
      InputTemplate: '{"none":<none>,"slashed":<slashed>}',
    };
    await send('nulls', { Arn: queueArn('nulls'), InputTransformer });
    await put('nulls', { none: null, 'a/b': 1 });
    assert.equal((await messages(url))[0]?.body, '{"none":null,"slashed":1}');
  });

  test('a FIFO queue gets the message group that the target names, and needs one', async () => {
    const url = await makeQueue('line.fifo');
    await client.putRule({ Name: 'fifo', EventPattern: patternOf('fifo') });
    const target = { Id: 't', Arn: queueArn('line.fifo') };
    await assert.rejects(client.putTargets({ Rule: 'fifo', Targets: [target] }), { name: 'ValidationException' });
    const SqsParameters = { MessageGroupId: 'g' };
    await client.putTargets({ Rule: 'fifo', Targets: [{ ...target, SqsParameters }] });
    assert.deepEqual((await client.listTargetsByRule({ Rule: 'fifo' })).Targets, [{ ...target, SqsParameters }]);
    await put('fifo', { n: 1 });
    assert.equal((await messages(url)).length, 1);
  });

  test('what makes input must be sound when the target is put', async () => {
    await client.putRule({ Name: 'sound', EventPattern: patternOf('sound') });
    const refused = (target: object, message: RegExp): Promise<void> =>
      assert.rejects(client.putTargets({ Rule: 'sound', Targets: [{ Id: 't', Arn: queueArn('q'), ...target }] }), {
        name: 'ValidationException',
        message,
      });
    await refused({ Input: '{' }, /JSON syntax error/);
    await refused({ Input: '{}', InputPath: '$.detail' }, /Only one of/);
    await refused({ InputPath: '$..x' }, /Invalid JsonPath/);
    await refused({ InputTransformer: { InputTemplate: '{"a": <b>,}' } }, /Invalid InputTemplate for target t/);
    await refused({ InputTransformer: { InputPathsMap: { AWSx: '$.a' }, InputTemplate: '"x"' } }, /reserved/);
    await refused({ DeadLetterConfig: { Arn: 'arn:aws:sns:us-east-1:000000000000:t' } }, /not the ARN of an SQS queue/);
    await refused({ EcsParameters: { TaskDefinitionArn: 'x' } }, /EcsParameters of target t is not served/);
    await assert.rejects(
      client.putTargets({
        Rule: 'sound',
        Targets: [{ Id: 't', Arn: 'arn:aws:events:us-east-1:000000000000:api-destination/a/b' }],
      }),
      { message: /RoleArn is required/ },
    );
  });

  test('a bus passes events on to another bus, and a circle comes to an end', async () => {
    await client.createEventBus({ Name: 'left' });
    await client.createEventBus({ Name: 'right' });
    const url = await makeQueue('passed');
    const arnOf = (name: string): string => `arn:aws:events:us-east-1:000000000000:event-bus/${name}`;
    await send('round', { Arn: arnOf('right'), RoleArn }, 'left');
    await send('round', { Arn: arnOf('left'), RoleArn }, 'right');
    await client.putTargets({ Rule: 'round', EventBusName: 'right', Targets: [{ Id: 'q', Arn: queueArn('passed') }] });
    const { Entries } = await put('round', { n: 1 }, 'left');
    const found = await messages(url, 3);
    assert.deepEqual(
      [...new Set(found.map(({ body }) => (JSON.parse(body) as { id: string }).id))],
      [Entries?.[0]?.EventId],
    );
    assert.equal(found.length, 3);
  });

  test('a target that is gone leads to the dead-letter queue at once, with the reason', async () => {
    const dead = await makeQueue('dead');
    await send('lost', { Arn: queueArn('never-made'), DeadLetterConfig: { Arn: queueArn('dead') } });
    await put('lost', { n: 7 });
    const [letter] = await messages(dead);
    assert.deepEqual((JSON.parse(letter?.body ?? '') as { detail: object }).detail, { n: 7 });
    const { ERROR_CODE, RETRY_ATTEMPTS, RULE_ARN, TARGET_ARN } = letter?.attributes ?? {};
    assert.deepEqual(
      [ERROR_CODE, RETRY_ATTEMPTS, RULE_ARN, TARGET_ARN],
      ['NO_RESOURCE', '0', 'arn:aws:events:us-east-1:000000000000:rule/lost', queueArn('never-made')],
    );
  });

  test('an endpoint is called with its connection, tried again, and given up by the retry policy', async () => {
    let status = 500;
    const endpoint = await startEndpoint(() => ({ status }));
    const dead = await makeQueue('http-dead');
    const { ConnectionArn = '' } = await client.createConnection({
      Name: 'basic',
      AuthorizationType: 'BASIC',
      AuthParameters: {
        BasicAuthParameters: { Username: 'ann', Password: 'secret' },
        InvocationHttpParameters: {
          HeaderParameters: [{ Key: 'x-team', Value: 'lake', IsValueSecret: true }],
          QueryStringParameters: [{ Key: 'v', Value: '2', IsValueSecret: false }],
          BodyParameters: [{ Key: 'token', Value: 't', IsValueSecret: true }],
        },
      },
    });
    const InvocationEndpoint = `${endpoint.url}/orders/*`;
    const { ApiDestinationArn = '' } = await client.createApiDestination({
      Name: 'orders',
      ConnectionArn,
      InvocationEndpoint,
      HttpMethod: 'POST',
    });
    await send('http', {
      Arn: ApiDestinationArn,
      RoleArn,
      InputPath: '$.detail',
      HttpParameters: { PathParameterValues: ['$.detail.id'], HeaderParameters: { 'x-id': '$.id' } },
      RetryPolicy: { MaximumRetryAttempts: 1 },
      DeadLetterConfig: { Arn: queueArn('http-dead') },
    });
    const { Entries } = await put('http', { id: 'a b' });
    await until(() => endpoint.requests.length === 1);
    const [request] = endpoint.requests;
    assert.deepEqual([request?.method, request?.path], ['POST', '/orders/a%20b?v=2']);
    assert.equal(request?.headers.authorization, `Basic ${Buffer.from('ann:secret').toString('base64')}`);
    assert.deepEqual([request?.headers['x-team'], request?.headers['x-id']], ['lake', Entries?.[0]?.EventId]);
    assert.deepEqual(JSON.parse(request?.body ?? ''), { id: 'a b', token: 't' });
    await until(() => {
      clock.advance(1000);
      return endpoint.requests.length === 2;
    }, 'the second try');
    const [letter] = await messages(dead);
    assert.equal(letter?.attributes['EXHAUSTED_RETRY_CONDITION'], 'MaximumRetryAttempts');
    assert.match(letter?.attributes['ERROR_MESSAGE'] ?? '', /answered 500/);
    status = 400;
    await put('http', { id: 'refused' });
    assert.match((await messages(dead))[0]?.attributes['ERROR_MESSAGE'] ?? '', /answered 400/);
    assert.equal(endpoint.requests.length, 3);
  });

  test('a token by OAuth is fetched once, kept, and renewed when the endpoint no longer takes it', async () => {
    let issued = 0;
    const taken = new Set<string>();
    const endpoint = await startEndpoint(({ path }) =>
      path.startsWith('/token')
        ? {
            status: 200,
            body: JSON.stringify({ access_token: `t${++issued}`, token_type: 'bearer', expires_in: 3600 }),
          }
        : { status: 200 },
    );
    const { ConnectionArn = '' } = await client.createConnection({
      Name: 'oauth',
      AuthorizationType: 'OAUTH_CLIENT_CREDENTIALS',
      AuthParameters: {
        OAuthParameters: {
          ClientParameters: { ClientID: 'me', ClientSecret: 'hush' },
          AuthorizationEndpoint: `${endpoint.url}/token`,
          HttpMethod: 'POST',
        },
      },
    });
    const authorize = async (renew = false): Promise<void> => {
      taken.add((await bench.connections.authorize(ConnectionArn, { renew })).headers['Authorization'] ?? '');
    };
    await Promise.all([authorize(), authorize()]);
    await authorize();
    assert.deepEqual([...taken], ['Bearer t1']);
    const sent = new URLSearchParams(endpoint.requests[0]?.body);
    assert.deepEqual(
      [sent.get('grant_type'), sent.get('client_id'), sent.get('client_secret')],
      ['client_credentials', 'me', 'hush'],
    );
    await authorize(true);
    clock.advance(3_600_000);
    await authorize();
    assert.deepEqual([...taken], ['Bearer t1', 'Bearer t2', 'Bearer t3']);
  });

  test('nothing is sent without the authorization of a connection: once it is given again, what waited goes out', async () => {
    const endpoint = await startEndpoint(() => ({ status: 200 }));
    const ApiKeyAuthParameters = { ApiKeyName: 'x-key', ApiKeyValue: 'first' };
    const { ConnectionArn } = await client.createConnection({
      Name: 'withdrawn',
      AuthorizationType: 'API_KEY',
      AuthParameters: { ApiKeyAuthParameters },
    });
    const { ApiDestinationArn = '' } = await client.createApiDestination({
      Name: 'withdrawn',
      ConnectionArn,
      InvocationEndpoint: endpoint.url,
      HttpMethod: 'PUT',
    });
    await client.deauthorizeConnection({ Name: 'withdrawn' });
    const stateOf = async () => (await client.describeApiDestination({ Name: 'withdrawn' })).ApiDestinationState;
    assert.equal(await stateOf(), 'INACTIVE');
    await send('withdrawn', { Arn: ApiDestinationArn, RoleArn });
    await put('withdrawn', {});
    await client.updateConnection({
      Name: 'withdrawn',
      AuthParameters: { ApiKeyAuthParameters: { ...ApiKeyAuthParameters, ApiKeyValue: 'second' } },
    });
    assert.equal(await stateOf(), 'ACTIVE');
    await until(() => {
      clock.advance(1000);
      return endpoint.requests.length > 0;
    }, 'the request');
    assert.deepEqual(
      endpoint.requests.map(({ headers }) => headers['x-key']),
      ['second'],
    );
  });

  test('secrets are told to nobody', async () => {
    const { AuthParameters } = await client.describeConnection({ Name: 'basic' });
    assert.deepEqual(AuthParameters?.BasicAuthParameters, { Username: 'ann' });
    const { HeaderParameters } = AuthParameters?.InvocationHttpParameters ?? {};
    assert.deepEqual(HeaderParameters, [{ Key: 'x-team', IsValueSecret: true }]);
    assert.ok(!JSON.stringify(bench.server.records.map(({ input }) => input)).includes('secret'), 'in the audit');
    const rows = bench.state.reader.prepare('SELECT * FROM events_connection').all();
    assert.ok(!JSON.stringify(rows).includes('hush'), 'in the state');
  });
});

suite('a crash', () => {
  test('between an event and its delivery loses nothing', async () => {
    const dataDir = useTempFolder();
    const first = await startEvents({ dataDir });
    const url = await first.makeQueue('safe');
    await first.client.putRule({ Name: 'safe', EventPattern: patternOf('safe') });
    await first.client.putTargets({ Rule: 'safe', Targets: [{ Id: 't', Arn: first.queueArn('safe') }] });
    // A rule that nobody delivers for any more: what is recorded from now on waits for the next start.
    await first.capability.stop?.();
    const { Entries } = await first.put('safe', { n: 1 });
    assert.ok(Entries?.[0]?.EventId);
    await first.close();

    const second = await startEvents({ dataDir });
    const found = await second.messages(url.replace(/:\d+/, `:${second.server.port}`));
    assert.deepEqual((JSON.parse(found[0]?.body ?? '') as { detail: object }).detail, { n: 1 });
    await second.close();
  });
});
