import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { after, test } from 'node:test';
import { IAM } from '@aws-sdk/client-iam';
import type { Handler, RequestContext } from '#gateway';
import { PlatformError } from '#kernel/errors';
import { clientConfig, rootCaller, startGateway } from '#testing';

const contexts: RequestContext[] = [];
const s3: Record<string, Handler> = {
  PutObject: async ({ Body, ...input }, context) => {
    contexts.push(context);
    return { ETag: JSON.stringify([await text(Body as Readable), input]) };
  },
};
const scheduler: Record<string, Handler> = {
  CreateSchedule: (input) => ({ ScheduleArn: JSON.stringify(input) }),
  GetSchedule: ({ Name, GroupName }) => {
    throw new PlatformError('absent', 'ResourceNotFoundException', `Schedule ${Name} in ${GroupName} does not exist.`);
  },
};
const iam: Record<string, Handler> = {
  CreateAccessKey: ({ UserName }) => ({
    AccessKey: { UserName, AccessKeyId: 'AKIA', Status: 'Active', SecretAccessKey: 'canary' },
  }),
};
const server = await startGateway({
  apis: [
    { service: 's3', operations: s3 },
    { service: 'scheduler', operations: scheduler },
    { service: 'iam', operations: iam },
  ],
  authorizer: {
    findCredential: () => ({ caller: rootCaller, secretAccessKey: 'test' }),
    authorize({ region }) {
      if (region === 'forbidden') throw new PlatformError('denied', 'AccessDenied', 'Not in this region.');
    },
  },
});
after(() => server.close());
const as = { caller: rootCaller, region: 'eu-west-1', invokedBy: 'states.amazonaws.com' };

test('a call from inside takes what JSON can say and bytes as they are', async () => {
  const input = {
    Bucket: 'b',
    Key: 'k',
    ObjectLockRetainUntilDate: '2026-01-01T00:00:00Z',
    StorageClass: 'STANDARD',
    Surprise: 1,
  };
  for (const Body of ['hello', Buffer.from('hello'), Readable.from([Buffer.from('hello')])]) {
    const { ETag } = await server.dispatcher.call('s3', 'PutObject', { ...input, Body }, as);
    assert.deepEqual(JSON.parse(ETag as string), [
      'hello',
      { Bucket: 'b', Key: 'k', ObjectLockRetainUntilDate: '2026-01-01T00:00:00.000Z', StorageClass: 'STANDARD' },
    ]);
  }
  const { scope, sourceIp, userAgent, endpoint } = contexts[0]!;
  assert.deepEqual(
    [scope, sourceIp, userAgent, endpoint],
    ['000000000000/eu-west-1', 'states.amazonaws.com', 'states.amazonaws.com', server.endpoint],
  );
});

test('a call from inside is validated, authorised and recorded', async () => {
  const call = (region: string, input: object): Promise<unknown> =>
    server.dispatcher.call('s3', 'PutObject', input, { ...as, region });
  await assert.rejects(call('us-east-1', { Bucket: 'b' }), { code: 'InvalidRequest', message: /Value null at 'key'/ });
  await assert.rejects(call('forbidden', { Bucket: 'b', Key: 'k', Body: '' }), { code: 'AccessDenied' });
  await assert.rejects(server.dispatcher.call('s3', 'GetObjectTorrent', {}, as), { code: 'NotImplemented' });
  await assert.rejects(server.dispatcher.call('kinesis', 'PutRecord', {}, as), /does not serve the service 'kinesis'/);
  assert.deepEqual(
    server.records.slice(-3).map(({ errorCode }) => errorCode),
    ['InvalidRequest', 'AccessDenied', 'NotImplemented'],
  );
  assert.equal(server.dispatcher.serves('s3', 'PutObject'), true);
  assert.equal(server.dispatcher.serves('s3', 'GetObject'), false);
});

test('a record that cannot be written does not undo the call', async () => {
  const broken = await startGateway({
    apis: [{ service: 'iam', operations: iam }],
    requestLog: {
      record() {
        throw new Error('the disk is full');
      },
    },
  });
  after(() => broken.close());
  const { AccessKey } = await broken.dispatcher.call('iam', 'CreateAccessKey', { UserName: 'ann' }, as);
  assert.equal(AccessKey.UserName, 'ann');
});

test('records hide secrets and leave bodies out', async () => {
  const client = new IAM(clientConfig(server.endpoint));
  after(() => client.destroy());
  await client.createAccessKey({ UserName: 'ann' });
  const record = server.records.at(-1)!;
  assert.equal(record.context.operation, 'CreateAccessKey');
  assert.equal(record.readOnly, false);
  assert.deepEqual(record.input, { UserName: 'ann' });
  assert.doesNotMatch(JSON.stringify(record.output), /canary/);
  await server.dispatcher.call('s3', 'PutObject', { Bucket: 'b', Key: 'k', Body: 'canary' }, as);
  assert.deepEqual(server.records.at(-1)!.input, { Bucket: 'b', Key: 'k' });
});

test('REST with JSON binds path, query and body, and names errors in a header', async () => {
  const headers = {
    authorization:
      'AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/scheduler/aws4_request, SignedHeaders=host, Signature=0',
    'x-amz-date': '20260101T000000Z',
    'content-type': 'application/json',
  };
  const open = await startGateway({
    apis: [{ service: 'scheduler', operations: scheduler }],
    authorizer: { findCredential: () => ({ caller: rootCaller }), authorize: () => undefined },
  });
  after(() => open.close());
  const body = JSON.stringify({
    Name: 'overruled',
    ScheduleExpression: 'rate(1 hour)',
    StartDate: 1_767_225_600,
    FlexibleTimeWindow: { Mode: 'OFF' },
    Target: { Arn: 'arn:aws:sqs:us-east-1:000000000000:q', RoleArn: 'arn:aws:iam::000000000000:role/r' },
  });
  const created = await fetch(`${open.endpoint}/schedules/hourly`, { method: 'POST', headers, body });
  const { ScheduleArn } = (await created.json()) as { ScheduleArn: string };
  const input = JSON.parse(ScheduleArn) as Record<string, unknown>;
  assert.equal(input['Name'], 'hourly');
  assert.equal(input['StartDate'], '2026-01-01T00:00:00.000Z');
  const absent = await fetch(`${open.endpoint}/schedules/x?groupName=g`, { headers });
  assert.equal(absent.status, 404);
  assert.equal(absent.headers.get('x-amzn-errortype'), 'ResourceNotFoundException');
  assert.deepEqual(await absent.json(), { Message: 'Schedule x in g does not exist.' });
});
