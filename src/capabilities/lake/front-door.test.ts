import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { formatS3Uri, parseS3Uri, type ObjectNotice } from '#lake';
import { codeOf, startLake } from './lake.fixture.ts';

suite('the front door', async () => {
  const { lake, s3, fileOf, state } = await startLake();
  const bucket = 'front';
  await s3.createBucket({ Bucket: bucket });

  const staged = (text: string): string => {
    const localFile = join(lake.stagingFolder(), 'out');
    writeFileSync(localFile, text);
    return localFile;
  };

  test('objects are listed in key order with their paths', async () => {
    for (const key of ['t/b.csv', 't/a.csv', 'u/c.csv']) await lake.putObject({ bucket, key }, key);
    const found: string[] = [];
    for await (const object of lake.listObjects({ bucket, prefix: 't/' })) {
      assert.equal(readFileSync(object.path, 'utf8'), object.key);
      found.push(object.key);
    }
    assert.deepEqual(found, ['t/a.csv', 't/b.csv']);
    const rest: string[] = [];
    for await (const { key } of lake.listObjects({ bucket, after: 't/a.csv' })) rest.push(key);
    assert.deepEqual(rest, ['t/b.csv', 'u/c.csv']);
    assert.equal(lake.bucketFolder(bucket), fileOf(bucket));
    assert.equal(await lake.getFilePath({ bucket, key: 't/a.csv' }), fileOf(bucket, 't', 'a.csv'));
  });

  test('a file is taken over by rename and becomes an object', async () => {
    const localFile = staged('taken');
    const object = await lake.putFile({ bucket, key: 'taken.parquet' }, localFile);
    assert.equal(existsSync(localFile), false);
    assert.deepEqual([object.sizeBytes, object.contentType], [5, 'application/vnd.apache.parquet']);
    assert.equal(object.path, fileOf(bucket, 'taken.parquet'));
    const got = await s3.getObject({ Bucket: bucket, Key: 'taken.parquet' });
    assert.equal(await got.Body?.transformToString(), 'taken');
    assert.equal(got.ETag, `"${object.etag}"`);
  });

  test('files are committed together or not at all', async () => {
    await lake.putObject({ bucket, key: 'there' }, 'there');
    const files = ['new-1', 'there', 'new-2'].map((key) => ({
      bucket,
      key,
      localFile: staged(key),
      conditions: { ifNoneMatch: '*' },
    }));
    assert.equal(await codeOf(lake.commitFiles(files)), 'PlatformError');
    assert.equal(await lake.findObject({ bucket, key: 'new-1' }), undefined);
    await lake.deleteObject({ bucket, key: 'there' });
    const committed = await lake.commitFiles(files);
    assert.deepEqual(
      committed.map(({ key }) => key),
      ['new-1', 'there', 'new-2'],
    );
    assert.equal((await lake.readObject({ bucket, key: 'new-2' })).toString(), 'new-2');
    assert.deepEqual(await lake.commitFiles([]), []);
  });

  test('what is written alongside a commit stands or falls with its files', async () => {
    await state.write((db) => db.exec('CREATE TABLE beside (name TEXT) STRICT'));
    const beside = (): unknown[] => state.reader.prepare('SELECT name FROM beside').all();
    const files = [
      { bucket, key: 'beside-1', localFile: staged('from a file') },
      { bucket, key: 'beside-2', bytes: Buffer.from('from bytes') },
    ];
    const refused = lake.commitFiles(files, {
      alongside(db) {
        db.prepare('INSERT INTO beside VALUES (?)').run('refused');
        throw new TypeError('no');
      },
    });
    assert.equal(await codeOf(refused), 'TypeError');
    assert.deepEqual(beside(), []);
    assert.equal(await lake.findObject({ bucket, key: 'beside-1' }), undefined);
    await lake.commitFiles(files, { alongside: (db) => void db.prepare('INSERT INTO beside VALUES (?)').run('taken') });
    assert.equal(beside().length, 1);
    assert.equal((await lake.readObject({ bucket, key: 'beside-1' })).toString(), 'from a file');
    assert.equal((await lake.readObject({ bucket, key: 'beside-2' })).toString(), 'from bytes');
  });

  test('a range of an object is read; deletions of many go through', async () => {
    await lake.putObject({ bucket, key: 'range' }, '0123456789');
    const { body } = await lake.openObject({ bucket, key: 'range' }, { start: 2, end: 5 });
    assert.equal(Buffer.concat(await body.toArray()).toString(), '234');
    await lake.deleteObjects(['range', 'absent'].map((key) => ({ bucket, key })));
    assert.equal(await lake.findObject({ bucket, key: 'range' }), undefined);
    assert.ok(!readdirSync(fileOf(bucket)).includes('range'));
  });

  test('another account, an absent bucket, an absent object', async () => {
    const code = async (work: Promise<unknown>): Promise<unknown> => {
      try {
        return await work;
      } catch (error) {
        return (error as { code?: string }).code;
      }
    };
    assert.equal(await code(lake.findObject({ bucket, key: 'x', accountId: '111111111111' })), 'AccessDenied');
    assert.equal(await code(lake.findObject({ bucket: 'absent', key: 'x' })), 'NoSuchBucket');
    assert.equal(await code(lake.getObject({ bucket, key: 'absent' })), 'NoSuchKey');
  });

  test('subscribers hear of every change, whoever makes it', async () => {
    const heard: string[] = [];
    const end = lake.subscribe(({ kind, key, reason }: ObjectNotice) => void heard.push(`${kind} ${key} ${reason}`));
    await lake.putObject({ bucket, key: 'n' }, '');
    await s3.putObjectTagging({ Bucket: bucket, Key: 'n', Tagging: { TagSet: [{ Key: 'a', Value: 'b' }] } });
    await s3.deleteObject({ Bucket: bucket, Key: 'n' });
    end();
    await lake.putObject({ bucket, key: 'n' }, '');
    assert.deepEqual(heard, ['created n PutObject', 'tagged n PutObjectTagging', 'deleted n DeleteObject']);
  });

  test('locations', () => {
    assert.deepEqual(parseS3Uri('s3://b/a/b c/'), { bucket: 'b', key: 'a/b c/' });
    assert.deepEqual(parseS3Uri('s3a://b'), { bucket: 'b', key: '' });
    assert.equal(formatS3Uri({ bucket: 'b', key: 'k/' }), 's3://b/k/');
    assert.throws(() => parseS3Uri('/tmp/x'), /not an S3 location/);
  });
});
