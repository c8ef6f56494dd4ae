import assert from 'node:assert/strict';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import * as fc from 'fast-check';
import { compareKeys } from './key/key.ts';
import { codeOf, startLake } from './lake.fixture.ts';

interface Listed {
  readonly keys: string[];
  readonly prefixes: string[];
}

/** What S3 would answer, the plain way. */
function listNaively(keys: readonly string[], prefix: string, delimiter: string, after: string): Listed {
  const sorted = keys.filter((key) => key.startsWith(prefix)).sort(compareKeys);
  const listed: Listed = { keys: [], prefixes: [] };
  for (const key of sorted) {
    const index = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    const common = index === -1 ? undefined : key.slice(0, index + delimiter.length);
    // A start within a common prefix still shows it, when it has keys behind the start; the prefix itself is behind us.
    if (compareKeys(key, after) <= 0 || common === after) continue;
    if (common === undefined) listed.keys.push(key);
    else if (listed.prefixes.at(-1) !== common) listed.prefixes.push(common);
  }
  return listed;
}

const segment = fc.constantFrom(
  'a',
  'b',
  'a-',
  'a.',
  'a0',
  '',
  '.',
  '..',
  'é',
  '😀',
  '\uffee',
  '~=a',
  'x'.repeat(260),
  'year=1',
);
const someKey = fc
  .array(segment, { minLength: 1, maxLength: 4 })
  .map((segments) => segments.join('/'))
  .filter((key) => key !== '');

suite('listing', async () => {
  const { s3, lake, fileOf } = await startLake();

  test('property: pages give what a naive model gives, whatever prefix, delimiter, start and page size', async () => {
    let count = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(someKey, { maxLength: 12 }),
        fc.oneof(
          fc.constant(''),
          someKey,
          someKey.map((key) => key.slice(0, 2).toWellFormed()),
        ),
        fc.constantFrom('', '/', '-', 'a/'),
        fc.oneof(fc.constant(''), someKey),
        fc.integer({ min: 1, max: 5 }),
        async (keys, Prefix, Delimiter, StartAfter, MaxKeys) => {
          const Bucket = `model-${count++}`;
          await s3.createBucket({ Bucket });
          for (const key of keys) await lake.putObject({ bucket: Bucket, key }, key);
          const listed: Listed = { keys: [], prefixes: [] };
          let ContinuationToken: string | undefined;
          do {
            const page = await s3.listObjectsV2({
              Bucket,
              Prefix,
              Delimiter,
              StartAfter,
              MaxKeys,
              ContinuationToken,
              EncodingType: 'url',
            });
            listed.keys.push(...(page.Contents ?? []).map(({ Key = '' }) => decode(Key)));
            listed.prefixes.push(...(page.CommonPrefixes ?? []).map(({ Prefix: common = '' }) => decode(common)));
            assert.equal(page.KeyCount, (page.Contents ?? []).length + (page.CommonPrefixes ?? []).length);
            ContinuationToken = page.NextContinuationToken;
            assert.equal(page.IsTruncated, ContinuationToken !== undefined);
          } while (ContinuationToken !== undefined);
          assert.deepEqual(listed, listNaively(keys, Prefix, Delimiter, StartAfter));
        },
      ),
      { numRuns: 40 },
    );
  });

  test('version 1 pages by markers', async () => {
    const Bucket = 'version-one';
    await s3.createBucket({ Bucket });
    for (const key of ['a/1', 'a/2', 'b', 'c/1', 'd']) await lake.putObject({ bucket: Bucket, key }, '');
    const first = await s3.listObjects({ Bucket, Delimiter: '/', MaxKeys: 2 });
    assert.deepEqual([first.CommonPrefixes?.[0]?.Prefix, first.Contents?.[0]?.Key, first.NextMarker], ['a/', 'b', 'b']);
    const second = await s3.listObjects({ Bucket, Delimiter: '/', Marker: first.NextMarker, MaxKeys: 1 });
    assert.deepEqual([second.CommonPrefixes?.[0]?.Prefix, second.NextMarker], ['c/', 'c/']);
    const third = await s3.listObjects({ Bucket, Delimiter: '/', Marker: second.NextMarker });
    assert.deepEqual([third.Contents?.map(({ Key }) => Key), third.IsTruncated], [['d'], false]);
  });

  test('bad limits and tokens are refused; none asked is none given', async () => {
    const Bucket = 'version-one';
    assert.equal(await codeOf(s3.listObjectsV2({ Bucket, MaxKeys: -1 })), 'InvalidArgument');
    assert.equal(await codeOf(s3.listObjectsV2({ Bucket, ContinuationToken: 'nonsense' })), 'InvalidArgument');
    const none = await s3.listObjectsV2({ Bucket, MaxKeys: 0 });
    assert.deepEqual([none.KeyCount, none.IsTruncated], [0, false]);
  });

  test('symbolic links are no objects and lead nowhere', async () => {
    const Bucket = 'links';
    await s3.createBucket({ Bucket });
    await s3.putObject({ Bucket, Key: 'real', Body: 'x' });
    symlinkSync('/etc', fileOf(Bucket, 'etc'));
    symlinkSync('/etc/passwd', fileOf(Bucket, 'passwd'));
    const { Contents = [] } = await s3.listObjectsV2({ Bucket });
    assert.deepEqual(
      Contents.map(({ Key }) => Key),
      ['real'],
    );
    assert.equal(await codeOf(s3.getObject({ Bucket, Key: 'etc/passwd' })), 'NoSuchKey');
    assert.equal(await codeOf(s3.getObject({ Bucket, Key: 'passwd' })), 'NoSuchKey');
    assert.equal((await s3.listObjectsV2({ Bucket, Prefix: 'etc/' })).KeyCount, 0);
    assert.equal(await codeOf(s3.putObject({ Bucket, Key: 'etc/millpond-test', Body: 'x' })), 'AccessDenied');
    assert.equal(await codeOf(s3.putObject({ Bucket, Key: 'passwd', Body: 'mine' })), 'no error');
    assert.equal(await (await s3.getObject({ Bucket, Key: 'passwd' })).Body?.transformToString(), 'mine');
    rmSync(fileOf(Bucket, 'etc'));
  });

  test('3,000 dropped files in 300 folders are listed in order, and by prefix without reading the rest', async () => {
    const Bucket = 'many';
    await s3.createBucket({ Bucket });
    for (let folder = 0; folder < 300; folder++) {
      mkdirSync(fileOf(Bucket, `part=${folder}`));
      for (let file = 0; file < 10; file++) writeFileSync(fileOf(Bucket, `part=${folder}`, `${file}.csv`), 'a');
    }
    const keys: string[] = [];
    for await (const { key } of lake.listObjects({ bucket: Bucket })) keys.push(key);
    assert.equal(keys.length, 3000);
    assert.deepEqual(keys, keys.toSorted(compareKeys));
    const { Contents = [] } = await s3.listObjectsV2({ Bucket, Prefix: 'part=77/' });
    assert.equal(Contents.length, 10);
  });
});

function decode(text: string): string {
  return decodeURIComponent(text.replaceAll('+', ' '));
}
