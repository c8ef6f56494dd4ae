import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { appendFileSync, cpSync, mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { useTempFolder } from '#testing';
import { codeOf, startLake } from './lake.fixture.ts';

const md5 = (text: string): string => `"${createHash('md5').update(text).digest('hex')}"`;

suite('files that ordinary tools drop, edit and delete', async () => {
  const { s3, fileOf, dataDir, state, lake } = await startLake();
  const Bucket = 'dropped';
  await s3.createBucket({ Bucket });

  test('a dropped file is an object with an ETag of its bytes and a type by its name', async () => {
    mkdirSync(fileOf(Bucket, 'in'));
    writeFileSync(fileOf(Bucket, 'in', 'a.csv'), '1,2\n');
    const { Contents = [] } = await s3.listObjectsV2({ Bucket });
    assert.deepEqual(
      Contents.map(({ Key, ETag, Size }) => [Key, ETag, Size]),
      [['in/a.csv', md5('1,2\n'), 4]],
    );
    const got = await s3.getObject({ Bucket, Key: 'in/a.csv' });
    assert.equal(got.ContentType, 'text/csv');
    assert.equal(await got.Body?.transformToString(), '1,2\n');
    assert.equal((await lake.findObject({ bucket: Bucket, key: 'in/a.csv' }))?.path, fileOf(Bucket, 'in', 'a.csv'));
  });

  test('an edited file has another ETag, and headers of what was put before are gone', async () => {
    await s3.putObject({ Bucket, Key: 'edited.txt', Body: 'one', Metadata: { by: 'sdk' } });
    appendFileSync(fileOf(Bucket, 'edited.txt'), ' two');
    const head = await s3.headObject({ Bucket, Key: 'edited.txt' });
    assert.equal(head.ETag, md5('one two'));
    assert.deepEqual([head.ContentLength, head.Metadata, head.ContentType], [7, {}, 'text/plain']);
  });

  test('a deleted file is no object any more', async () => {
    await s3.putObject({ Bucket, Key: 'gone', Body: 'x' });
    rmSync(fileOf(Bucket, 'gone'));
    assert.equal(await codeOf(s3.headObject({ Bucket, Key: 'gone' })), 'NotFound');
    await s3.putObject({ Bucket, Key: 'gone', Body: 'back', IfNoneMatch: '*' });
  });

  test('a large dropped file has an ETag at once, which changes with the file', async () => {
    writeFileSync(fileOf(Bucket, 'large.bin'), '');
    truncateSync(fileOf(Bucket, 'large.bin'), 5_000_000_000);
    const { ETag } = await s3.headObject({ Bucket, Key: 'large.bin' });
    assert.match(ETag ?? '', /^"[0-9a-f]{32}-1"$/);
    truncateSync(fileOf(Bucket, 'large.bin'), 4_000_000_000);
    assert.notEqual((await s3.headObject({ Bucket, Key: 'large.bin' })).ETag, ETag);
    rmSync(fileOf(Bucket, 'large.bin'));
  });

  test('conditional writes see a dropped file', async () => {
    writeFileSync(fileOf(Bucket, 'there'), 'dropped');
    assert.equal(
      await codeOf(s3.putObject({ Bucket, Key: 'there', Body: 'x', IfNoneMatch: '*' })),
      'PreconditionFailed',
    );
    assert.equal(await codeOf(s3.putObject({ Bucket, Key: 'there', Body: 'x', IfMatch: md5('dropped') })), 'no error');
  });

  test('a dropped folder where a file was, and a file where keys lie below', async () => {
    await s3.putObject({ Bucket, Key: 'x', Body: 'file' });
    await s3.putObject({ Bucket, Key: 'x/y', Body: 'below' });
    assert.equal(await (await s3.getObject({ Bucket, Key: 'x' })).Body?.transformToString(), 'file');
    await s3.putObject({ Bucket, Key: 'x', Body: 'again' });
    const { Contents = [] } = await s3.listObjectsV2({ Bucket, Prefix: 'x' });
    assert.deepEqual(
      Contents.map(({ Key, Size }) => [Key, Size]),
      [
        ['x', 5],
        ['x/y', 5],
      ],
    );
    await s3.deleteObject({ Bucket, Key: 'x/y' });
    assert.equal(await (await s3.getObject({ Bucket, Key: 'x' })).Body?.transformToString(), 'again');
  });

  test('a copy of the data directory with its times keeps the headers', async () => {
    await s3.putObject({ Bucket, Key: 'kept', Body: 'x', Metadata: { by: 'sdk' } });
    const copy = useTempFolder();
    state.backup(join(copy, 'state.sqlite'));
    cpSync(join(dataDir, 'buckets'), join(copy, 'buckets'), { recursive: true, preserveTimestamps: true });
    const second = await startLake({ dataDir: copy });
    const head = await second.s3.headObject({ Bucket, Key: 'kept' });
    assert.deepEqual(head.Metadata, { by: 'sdk' });
  });
});
