import assert from 'node:assert/strict';
import { request as httpRequest } from 'node:http';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { after, test } from 'node:test';
import { GetObjectCommand, PutObjectCommand, S3 } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { presignQuery, signRequest, type Handler } from '#gateway';
import { PlatformError } from '#kernel/errors';
import { clientConfig, startGateway } from '#testing';

const objects = new Map<string, Buffer>();
const operations: Record<string, Handler> = {
  ListBuckets: () => ({ Buckets: [{ Name: 'a', CreationDate: new Date(1e12) }] }),
  GetBucketLocation: () => ({ LocationConstraint: 'eu-west-1' }),
  PutObject: async ({ Bucket, Key, Body, Metadata }) => {
    objects.set(`${Bucket}/${Key}`, await buffer(Body as Readable));
    return { ETag: JSON.stringify(Metadata ?? {}) };
  },
  GetObject: ({ Bucket, Key }) => {
    const body = objects.get(`${Bucket}/${Key}`);
    if (body === undefined) throw new PlatformError('absent', 'NoSuchKey', 'The specified key does not exist.');
    return { Body: Readable.from([body]), ContentLength: body.length, Metadata: { colour: 'blue' } };
  },
  HeadObject: () => {
    throw new PlatformError('absent', 'NotFound', 'Not Found');
  },
  ListObjectsV2: ({ Prefix }) => ({ Name: 'a', Prefix, KeyCount: 1, Contents: [{ Key: 'x & y', Size: 3 }] }),
  DeleteObjects: ({ Delete }) => ({ Deleted: Delete.Objects }),
};

const server = await startGateway({ apis: [{ service: 's3', operations }] });
after(() => server.close());
const s3 = new S3(clientConfig(server.endpoint));
after(() => s3.destroy());

test('S3 puts and gets an object, from memory and from a stream', async () => {
  for (const Body of [Buffer.from('hello'), Readable.from([Buffer.from('hel'), Buffer.from('lo')])]) {
    await s3.putObject({ Bucket: 'a', Key: 'k/ü 1', Body, ContentLength: 5, Metadata: { a: 'b' } });
    const got = await s3.getObject({ Bucket: 'a', Key: 'k/ü 1' });
    assert.equal(await got.Body!.transformToString(), 'hello');
    assert.deepEqual(got.Metadata, { colour: 'blue' });
  }
});

test('S3 takes the words of a header in any case, as the C++ SDK writes them, and refuses others', async () => {
  await s3.putObject({ Bucket: 'a', Key: 'word', Body: 'x' });
  const get = async (mode: string): Promise<unknown> =>
    (await s3.getObject({ Bucket: 'a', Key: 'word', ChecksumMode: mode as 'ENABLED' })).$metadata.httpStatusCode;
  assert.equal(await get('enabled'), 200);
  await assert.rejects(get('on'), { name: 'InvalidArgument' });
});

test('S3 lists, tells its region and deletes many', async () => {
  assert.deepEqual((await s3.listBuckets({})).Buckets, [{ Name: 'a', CreationDate: new Date(1e12) }]);
  assert.equal((await s3.getBucketLocation({ Bucket: 'a' })).LocationConstraint, 'eu-west-1');
  assert.equal((await s3.listObjectsV2({ Bucket: 'a' })).Contents?.[0]?.Key, 'x & y');
  const { Deleted } = await s3.deleteObjects({ Bucket: 'a', Delete: { Objects: [{ Key: 'x' }, { Key: 'y' }] } });
  assert.deepEqual(Deleted, [{ Key: 'x' }, { Key: 'y' }]);
});

test('S3 errors carry their code, HEAD errors their status', async () => {
  await assert.rejects(s3.getObject({ Bucket: 'a', Key: 'absent' }), { name: 'NoSuchKey' });
  await assert.rejects(s3.headObject({ Bucket: 'a', Key: 'absent' }), { name: 'NotFound' });
  await assert.rejects(s3.getBucketAcl({ Bucket: 'a' }), { name: 'NotImplemented', message: /s3:GetBucketAcl/ });
});

test("presigned URLs put and get, ours as well as the SDK's, and cannot be changed", async () => {
  const target = { Bucket: 'a', Key: 'presigned/ü &?.txt' };
  const put = await fetch(await getSignedUrl(s3, new PutObjectCommand(target)), { method: 'PUT', body: 'by url' });
  assert.equal(put.status, 200);
  const url = await getSignedUrl(s3, new GetObjectCommand(target), { expiresIn: 60 });
  assert.equal(await (await fetch(url)).text(), 'by url');
  const changed = await fetch(url.replace('presigned', 'another'));
  assert.match(await changed.text(), /<Code>SignatureDoesNotMatch<\/Code>/);
  const ours = presignQuery(
    {
      method: 'GET',
      rawPath: '/a/presigned/%C3%BC%20%26%3F.txt',
      rawQuery: '',
      headers: { host: new URL(server.endpoint).host },
      service: 's3',
      region: 'us-east-1',
      credential: { accessKeyId: 'test', secretAccessKey: 'test' },
      time: new Date(),
    },
    60,
  );
  const answer = await fetch(`${server.endpoint}/a/presigned/%C3%BC%20%26%3F.txt?${ours}`);
  assert.equal(await answer.text(), 'by url');
});

test('a signature of version 2 is refused by name, with the way to the next one', async () => {
  const old = [
    fetch(`${server.endpoint}/a/k?AWSAccessKeyId=test&Signature=vjbyPxybdZaNmGa%2ByT272YEAiv4%3D&Expires=1175139620`),
    fetch(`${server.endpoint}/a/k`, { headers: { authorization: 'AWS test:frJIUN8DYpKDtOLCwo//yllqDzg=' } }),
  ];
  for (const response of await Promise.all(old)) {
    assert.equal(response.status, 400);
    const text = await response.text();
    assert.match(
      text,
      /<Code>InvalidRequest<.*mechanism you have provided is not supported\. Please use AWS4-HMAC-SHA256/,
    );
    assert.match(text, /s3v4/);
  }
});

test('a bucket may stand in front of the host', async () => {
  const host = `a.localhost:${server.port}`;
  const headers = signRequest({
    method: 'PUT',
    rawPath: '/virtual',
    rawQuery: '',
    headers: { host },
    body: Buffer.from('x'),
    service: 's3',
    region: 'us-east-1',
    credential: { accessKeyId: 'test', secretAccessKey: 'test' },
    time: new Date(),
  });
  const status = await new Promise((resolve, reject) => {
    const options = { port: server.port, host: '127.0.0.1', method: 'PUT', path: '/virtual', headers };
    httpRequest(options, (response) => resolve(response.resume().statusCode))
      .on('error', reject)
      .end('x');
  });
  assert.equal(status, 200);
  assert.equal(objects.get('a/virtual')?.toString(), 'x');
});

test('a body that is not the one that was signed is refused, short or long', async () => {
  for (const sizeBytes of [10, 200_000]) {
    const headers = signRequest({
      method: 'PUT',
      rawPath: '/a/forged',
      rawQuery: '',
      headers: { host: new URL(server.endpoint).host },
      body: Buffer.alloc(sizeBytes, 'a'),
      service: 's3',
      region: 'us-east-1',
      credential: { accessKeyId: 'test', secretAccessKey: 'test' },
      time: new Date(),
    });
    const body = Buffer.alloc(sizeBytes, 'b');
    const answer = await fetch(`${server.endpoint}/a/forged`, { method: 'PUT', headers, body });
    assert.match(await answer.text(), /<Code>XAmzContentSHA256Mismatch<\/Code>/);
    assert.equal(objects.has('a/forged'), false);
  }
});
