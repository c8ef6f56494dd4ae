import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { codeOf, startLake } from './lake.fixture.ts';

suite('objects through the SDK', async () => {
  const { s3, fileOf, dataDir } = await startLake();
  const Bucket = 'objects';
  await s3.createBucket({ Bucket });

  test('an object is a plain file, and comes back as it went', async () => {
    const Body = 'a,b\n1,2\n';
    const put = await s3.putObject({
      Bucket,
      Key: 'data/year=2017/a.csv',
      Body,
      ContentType: 'text/csv',
      Metadata: { Owner: 'me' },
    });
    assert.equal(put.ETag, `"${createHash('md5').update(Body).digest('hex')}"`);
    assert.equal(readFileSync(fileOf(Bucket, 'data', 'year=2017', 'a.csv'), 'utf8'), Body);
    const got = await s3.getObject({ Bucket, Key: 'data/year=2017/a.csv' });
    assert.equal(await got.Body?.transformToString(), Body);
    assert.equal(got.ContentType, 'text/csv');
    assert.deepEqual(got.Metadata, { owner: 'me' });
    assert.equal(got.ETag, put.ETag);
    const head = await s3.headObject({ Bucket, Key: 'data/year=2017/a.csv' });
    assert.equal(head.ContentLength, Body.length);
    assert.ok(head.LastModified instanceof Date);
  });

  test('an absent object and an absent bucket answer their errors', async () => {
    assert.equal(await codeOf(s3.getObject({ Bucket, Key: 'none' })), 'NoSuchKey');
    assert.equal(await codeOf(s3.headObject({ Bucket, Key: 'none' })), 'NotFound');
    assert.equal(await codeOf(s3.getObject({ Bucket: 'no-such-bucket', Key: 'none' })), 'NoSuchBucket');
  });

  test('overwriting replaces bytes and attributes together', async () => {
    await s3.putObject({ Bucket, Key: 'o', Body: 'old', Metadata: { a: '1' }, Tagging: 'k=v' });
    await s3.putObject({ Bucket, Key: 'o', Body: 'new' });
    const got = await s3.getObject({ Bucket, Key: 'o' });
    assert.equal(await got.Body?.transformToString(), 'new');
    assert.deepEqual(got.Metadata, {});
    assert.equal(got.TagCount, undefined);
  });

  test('deleting removes the file and the folders it leaves empty; deleting again succeeds', async () => {
    await s3.putObject({ Bucket, Key: 'deep/er/x', Body: 'x' });
    await s3.deleteObject({ Bucket, Key: 'deep/er/x' });
    await s3.deleteObject({ Bucket, Key: 'deep/er/x' });
    assert.equal(await codeOf(s3.getObject({ Bucket, Key: 'deep/er/x' })), 'NoSuchKey');
    assert.ok(!readdirSync(fileOf(Bucket)).includes('deep'));
  });

  test('hostile keys round-trip, are listed as they are, and stay inside the bucket', async () => {
    const hostile = [
      '.',
      '..',
      '../up',
      'a/../../b',
      '/',
      '//',
      'lead',
      '/lead',
      'trail/',
      'a//b',
      'c',
      'c/d',
      'c/d/e',
      'c/d/',
      'new\nline',
      'tab\t',
      'bell\u0007',
      '~%2E',
      '~=c',
      '~+c/d',
      '%2f',
      'a b+c&d?e#f',
      'é',
      '😀',
      'x'.repeat(300),
      `${'y'.repeat(255)}/z`,
      'ü'.repeat(512),
    ];
    const Hostile = 'hostile';
    await s3.createBucket({ Bucket: Hostile });
    for (const Key of hostile) await s3.putObject({ Bucket: Hostile, Key, Body: `body of ${Key}` });
    for (const Key of hostile) {
      const got = await s3.getObject({ Bucket: Hostile, Key });
      assert.equal(await got.Body?.transformToString(), `body of ${Key}`, JSON.stringify(Key));
    }
    const listed = (await s3.listObjectsV2({ Bucket: Hostile, EncodingType: 'url' })).Contents ?? [];
    const keys = listed.map(({ Key = '' }) => decodeURIComponent(Key.replaceAll('+', ' ')));
    const inOrder = hostile.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    assert.deepEqual(keys, inOrder);
    assert.deepEqual(readdirSync(join(dataDir, 'buckets')).sort(), ['.lake', Hostile, Bucket].sort());
    assert.deepEqual(
      readdirSync(dataDir).filter((name) => !name.startsWith('state')),
      ['buckets'],
    );
    const { Errors } = await s3.deleteObjects({
      Bucket: Hostile,
      Delete: { Objects: hostile.map((Key) => ({ Key })) },
    });
    assert.deepEqual(Errors ?? [], []);
    assert.deepEqual(readdirSync(fileOf(Hostile)), []);
    await s3.deleteBucket({ Bucket: Hostile });
  });
});
