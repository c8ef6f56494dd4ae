import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { suite, test } from 'node:test';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { until } from '#testing';
import { codeOf, startLake } from './lake.fixture.ts';

suite('transfer: ranges, conditions, checksums', async () => {
  const { s3, server, dataDir } = await startLake();
  const Bucket = 'transfer';
  await s3.createBucket({ Bucket });
  const ten = '0123456789';
  await s3.putObject({ Bucket, Key: 'ten', Body: ten });

  const range = async (Range: string): Promise<[string | undefined, string | undefined, number | undefined]> => {
    const got = await s3.getObject({ Bucket, Key: 'ten', Range });
    return [await got.Body?.transformToString(), got.ContentRange, got.$metadata.httpStatusCode];
  };

  test('ranges: first to last, open, suffix, beyond the end, several', async () => {
    assert.deepEqual(await range('bytes=2-4'), ['234', 'bytes 2-4/10', 206]);
    assert.deepEqual(await range('bytes=7-'), ['789', 'bytes 7-9/10', 206]);
    assert.deepEqual(await range('bytes=-3'), ['789', 'bytes 7-9/10', 206]);
    assert.deepEqual(await range('bytes=-30'), [ten, 'bytes 0-9/10', 206]);
    assert.deepEqual(await range('bytes=8-99'), ['89', 'bytes 8-9/10', 206]);
    assert.deepEqual(await range('bytes=0-1,3-4'), [ten, undefined, 200]);
    assert.deepEqual(await range('lines=0-1'), [ten, undefined, 200]);
    assert.equal(await codeOf(range('bytes=10-')), 'InvalidRange');
    assert.equal(await codeOf(range('bytes=-0')), 'InvalidRange');
  });

  test('conditional reads answer 304 and 412', async () => {
    const { ETag = '', LastModified } = await s3.headObject({ Bucket, Key: 'ten' });
    const statusOf = async (conditions: object): Promise<number | undefined> => {
      try {
        return (await s3.getObject({ Bucket, Key: 'ten', ...conditions })).$metadata.httpStatusCode;
      } catch (error) {
        return (error as { $metadata: { httpStatusCode: number } }).$metadata.httpStatusCode;
      }
    };
    assert.equal(await statusOf({ IfNoneMatch: ETag }), 304);
    assert.equal(await statusOf({ IfNoneMatch: '"other"' }), 200);
    assert.equal(await statusOf({ IfMatch: ETag }), 200);
    assert.equal(await statusOf({ IfMatch: '"other"' }), 412);
    assert.equal(await statusOf({ IfModifiedSince: LastModified }), 304);
    assert.equal(await statusOf({ IfUnmodifiedSince: new Date(0) }), 412);
    assert.equal(await statusOf({ IfMatch: ETag, IfUnmodifiedSince: new Date(0) }), 200);
  });

  test('response headers can be overridden for one read', async () => {
    const got = await s3.getObject({
      Bucket,
      Key: 'ten',
      ResponseContentType: 'text/x',
      ResponseContentDisposition: 'attachment',
    });
    assert.equal(got.ContentType, 'text/x');
    assert.equal(got.ContentDisposition, 'attachment');
    await got.Body?.transformToString();
  });

  test('of 20 writers with If-None-Match: * exactly one wins', async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        codeOf(s3.putObject({ Bucket, Key: 'once', Body: `${index}`, IfNoneMatch: '*' })),
      ),
    );
    assert.deepEqual(outcomes.filter((code) => code === 'no error').length, 1);
    assert.ok(
      outcomes.every((code) => code === 'no error' || code === 'PreconditionFailed'),
      outcomes.join(),
    );
  });

  test('of 20 writers with the same If-Match exactly one wins', async () => {
    const { ETag } = await s3.putObject({ Bucket, Key: 'swap', Body: 'start' });
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        codeOf(s3.putObject({ Bucket, Key: 'swap', Body: `new ${index}`, IfMatch: ETag })),
      ),
    );
    assert.deepEqual(outcomes.filter((code) => code === 'no error').length, 1);
    assert.equal(await codeOf(s3.putObject({ Bucket, Key: 'nothing', Body: '', IfMatch: ETag })), 'NoSuchKey');
  });

  test('every checksum is verified, kept and returned', async () => {
    for (const ChecksumAlgorithm of ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const) {
      const Key = `sum-${ChecksumAlgorithm}`;
      const put = await s3.putObject({ Bucket, Key, Body: ten, ChecksumAlgorithm });
      const name = `Checksum${ChecksumAlgorithm}` as const;
      assert.ok(put[name], ChecksumAlgorithm);
      const head = await s3.headObject({ Bucket, Key, ChecksumMode: 'ENABLED' });
      assert.equal(head[name], put[name]);
      assert.equal(head.ChecksumType, 'FULL_OBJECT');
      const streamed = await s3.putObject({
        Bucket,
        Key,
        Body: Readable.from([ten.slice(0, 4), ten.slice(4)]),
        ContentLength: 10,
        ChecksumAlgorithm,
      });
      assert.equal(streamed[name], put[name]);
    }
    const attributes = await s3.getObjectAttributes({
      Bucket,
      Key: 'sum-SHA1',
      ObjectAttributes: ['Checksum', 'ETag', 'ObjectSize'],
    });
    assert.equal(attributes.Checksum?.ChecksumSHA1, createHash('sha1').update(ten).digest('base64'));
    assert.equal(attributes.ObjectSize, 10);
  });

  test('a wrong digest is refused and leaves nothing behind', async () => {
    const wrong = createHash('sha256').update('other').digest('base64');
    assert.equal(await codeOf(s3.putObject({ Bucket, Key: 'bad', Body: ten, ChecksumSHA256: wrong })), 'BadDigest');
    assert.equal(
      await codeOf(
        s3.putObject({ Bucket, Key: 'bad', Body: ten, ContentMD5: createHash('md5').update('x').digest('base64') }),
      ),
      'BadDigest',
    );
    assert.equal(
      await codeOf(s3.putObject({ Bucket, Key: 'bad', Body: ten, ContentMD5: 'nonsense' })),
      'InvalidDigest',
    );
    assert.equal(await codeOf(s3.putObject({ Bucket, Key: 'bad', Body: ten, ChecksumSHA1: wrong })), 'InvalidRequest');
    assert.equal(await codeOf(s3.headObject({ Bucket, Key: 'bad' })), 'NotFound');
    assert.deepEqual(readdirSync(join(dataDir, 'buckets', '.lake', 'staging')), []);
  });

  test('a large stream arrives whole; a reader keeps its version while it is overwritten', async () => {
    const big = randomBytes(3 * 1024 * 1024 + 17);
    await s3.putObject({ Bucket, Key: 'big', Body: Readable.from(chunksOf(big, 70_000)), ContentLength: big.length });
    const got = await s3.getObject({ Bucket, Key: 'big' });
    await s3.putObject({ Bucket, Key: 'big', Body: 'small' });
    const bytes = Buffer.from((await got.Body?.transformToByteArray()) ?? []);
    assert.ok(bytes.equals(big));
    assert.equal((await s3.headObject({ Bucket, Key: 'big' })).ContentLength, 5);
  });

  test('an upload that breaks off leaves nothing behind', async () => {
    const url = await getSignedUrl(s3, new PutObjectCommand({ Bucket, Key: 'broken' }), { expiresIn: 60 });
    const put = request(url, { method: 'PUT', headers: { 'content-length': 400_000 } });
    put.on('error', () => undefined);
    put.write(Buffer.alloc(200_000));
    const staging = join(dataDir, 'buckets', '.lake', 'staging');
    await until(() => readdirSync(staging).length === 1, 'the upload to begin');
    put.destroy();
    await until(() => readdirSync(staging).length === 0, 'the upload to be discarded');
    assert.equal(await codeOf(s3.headObject({ Bucket, Key: 'broken' })), 'NotFound');
  });

  test('an empty object, and its empty range', async () => {
    const { ETag } = await s3.putObject({ Bucket, Key: 'empty', Body: '' });
    assert.equal(ETag, '"d41d8cd98f00b204e9800998ecf8427e"');
    const got = await s3.getObject({ Bucket, Key: 'empty' });
    assert.equal(await got.Body?.transformToString(), '');
    assert.equal(await codeOf(s3.getObject({ Bucket, Key: 'empty', Range: 'bytes=0-0' })), 'InvalidRange');
  });

  test('presigned URLs work for put and get', async () => {
    const put = await getSignedUrl(s3, new PutObjectCommand({ Bucket, Key: 'by url' }), { expiresIn: 60 });
    assert.equal((await fetch(put, { method: 'PUT', body: 'by hand' })).status, 200);
    const get = await getSignedUrl(
      s3,
      new GetObjectCommand({ Bucket, Key: 'by url', ResponseContentType: 'text/html' }),
      { expiresIn: 60 },
    );
    const answer = await fetch(get);
    assert.equal(answer.headers.get('content-type'), 'text/html');
    assert.equal(await answer.text(), 'by hand');
    assert.ok(server.endpoint);
  });

  test('copy: keeps or replaces attributes, in place only with a change, from a version or with conditions', async () => {
    await s3.putObject({
      Bucket,
      Key: 'from é/+%',
      Body: ten,
      Metadata: { a: '1' },
      ContentType: 'text/csv',
      Tagging: 'x=y',
    });
    const CopySource = `${Bucket}/${encodeURIComponent('from é/+%')}`;
    await s3.copyObject({ Bucket, Key: 'to', CopySource });
    const kept = await s3.headObject({ Bucket, Key: 'to' });
    assert.deepEqual([kept.Metadata, kept.ContentType, kept.TagCount], [{ a: '1' }, 'text/csv', 1]);
    await s3.copyObject({
      Bucket,
      Key: 'to',
      CopySource,
      MetadataDirective: 'REPLACE',
      Metadata: { b: '2' },
      TaggingDirective: 'REPLACE',
      Tagging: '',
    });
    const replaced = await s3.headObject({ Bucket, Key: 'to' });
    assert.deepEqual([replaced.Metadata, replaced.TagCount], [{ b: '2' }, undefined]);
    assert.equal(await codeOf(s3.copyObject({ Bucket, Key: 'to', CopySource: `${Bucket}/to` })), 'InvalidRequest');
    await s3.copyObject({
      Bucket,
      Key: 'to',
      CopySource: `${Bucket}/to`,
      MetadataDirective: 'REPLACE',
      ContentType: 'text/plain',
    });
    assert.equal((await s3.headObject({ Bucket, Key: 'to' })).ContentType, 'text/plain');
    assert.equal(
      await codeOf(
        s3.copyObject({
          Bucket,
          Key: 'to',
          CopySource,
          CopySourceIfNoneMatch: `"${createHash('md5').update(ten).digest('hex')}"`,
        }),
      ),
      'PreconditionFailed',
    );
    assert.equal(await codeOf(s3.copyObject({ Bucket, Key: 'to', CopySource: `${Bucket}/absent` })), 'NoSuchKey');
  });

  test('limits: metadata, tags, storage class, what is not done', async () => {
    const put = (more: object): Promise<string> => codeOf(s3.putObject({ Bucket, Key: 'limits', Body: '', ...more }));
    assert.equal(await put({ Metadata: { a: 'x'.repeat(2048) } }), 'MetadataTooLarge');
    assert.equal(await put({ Tagging: 'a=1&a=2' }), 'InvalidTag');
    assert.equal(await put({ Tagging: Array.from({ length: 11 }, (_, i) => `k${i}=v`).join('&') }), 'BadRequest');
    assert.equal(await put({ StorageClass: 'NONSENSE' }), 'InvalidStorageClass');
    assert.equal(await put({ ACL: 'public-read' }), 'AccessControlListNotSupported');
    assert.equal(await put({ ObjectLockLegalHoldStatus: 'ON' }), 'NotImplemented');
    assert.equal(await put({ Key: 'k'.repeat(1025) }), 'KeyTooLongError');
    assert.equal(await put({ ServerSideEncryption: 'AES256', StorageClass: 'STANDARD_IA' }), 'no error');
    const head = await s3.headObject({ Bucket, Key: 'limits' });
    assert.deepEqual([head.ServerSideEncryption, head.StorageClass], ['AES256', 'STANDARD_IA']);
  });
});

function chunksOf(bytes: Buffer, size: number): Buffer[] {
  const chunks: Buffer[] = [];
  for (let start = 0; start < bytes.length; start += size) chunks.push(bytes.subarray(start, start + size));
  return chunks;
}
