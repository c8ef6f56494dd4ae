import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { after, test } from 'node:test';
import { S3 } from '@aws-sdk/client-s3';
import type { Handler } from '#gateway';
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
