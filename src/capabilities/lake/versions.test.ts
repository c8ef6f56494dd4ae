import assert from 'node:assert/strict';
import { readFileSync, rmSync } from 'node:fs';
import { suite, test } from 'node:test';
import { codeOf, startLake } from './lake.fixture.ts';

suite('versions', async () => {
  const { s3, fileOf } = await startLake();
  let count = 0;
  const newBucket = async (Status?: 'Enabled' | 'Suspended'): Promise<string> => {
    const Bucket = `versions-${count++}`;
    await s3.createBucket({ Bucket });
    if (Status) await s3.putBucketVersioning({ Bucket, VersioningConfiguration: { Status } });
    return Bucket;
  };
  const text = async (Bucket: string, Key: string, VersionId?: string): Promise<string | undefined> =>
    (await s3.getObject({ Bucket, Key, VersionId })).Body?.transformToString();
  const versions = async (Bucket: string) => {
    const { Versions = [], DeleteMarkers = [] } = await s3.listObjectVersions({ Bucket });
    return {
      versions: Versions.map(({ Key, Size, IsLatest }) => `${Key}:${Size}${IsLatest ? ':latest' : ''}`),
      markers: DeleteMarkers.map(({ Key, IsLatest }) => `${Key}${IsLatest ? ':latest' : ''}`),
    };
  };

  test('every version stays readable; the current one is the plain file', async () => {
    const Bucket = await newBucket('Enabled');
    const one = await s3.putObject({ Bucket, Key: 'k', Body: '1' });
    const two = await s3.putObject({ Bucket, Key: 'k', Body: '22' });
    assert.notEqual(one.VersionId, two.VersionId);
    assert.equal(await text(Bucket, 'k'), '22');
    assert.equal(await text(Bucket, 'k', one.VersionId), '1');
    assert.equal(readFileSync(fileOf(Bucket, 'k'), 'utf8'), '22');
    assert.deepEqual(await versions(Bucket), { versions: ['k:2:latest', 'k:1'], markers: [] });
  });

  test('a delete marker hides the object and its deletion brings it back', async () => {
    const Bucket = await newBucket('Enabled');
    await s3.putObject({ Bucket, Key: 'k', Body: '1' });
    const marker = await s3.deleteObject({ Bucket, Key: 'k' });
    assert.equal(marker.DeleteMarker, true);
    assert.equal(await codeOf(s3.getObject({ Bucket, Key: 'k' })), 'NoSuchKey');
    assert.equal(await codeOf(s3.getObject({ Bucket, Key: 'k', VersionId: marker.VersionId })), 'MethodNotAllowed');
    assert.deepEqual(await versions(Bucket), { versions: ['k:1'], markers: ['k:latest'] });
    assert.equal((await s3.listObjectsV2({ Bucket })).KeyCount, 0);
    await s3.deleteObject({ Bucket, Key: 'k', VersionId: marker.VersionId });
    assert.equal(await text(Bucket, 'k'), '1');
  });

  test('deleting the current version brings the one before it back', async () => {
    const Bucket = await newBucket('Enabled');
    await s3.putObject({ Bucket, Key: 'k', Body: '1' });
    const two = await s3.putObject({ Bucket, Key: 'k', Body: '22' });
    await s3.deleteObject({ Bucket, Key: 'k', VersionId: two.VersionId });
    assert.equal(await text(Bucket, 'k'), '1');
    assert.equal(await codeOf(text(Bucket, 'k', two.VersionId)), 'NoSuchVersion');
    assert.deepEqual(await versions(Bucket), { versions: ['k:1:latest'], markers: [] });
  });

  test('what was there before versioning is the version null; suspended writes replace it', async () => {
    const Bucket = await newBucket();
    assert.equal((await s3.putObject({ Bucket, Key: 'k', Body: '1' })).VersionId, undefined);
    await s3.putBucketVersioning({ Bucket, VersioningConfiguration: { Status: 'Enabled' } });
    const two = await s3.putObject({ Bucket, Key: 'k', Body: '22' });
    assert.equal(await text(Bucket, 'k', 'null'), '1');
    await s3.putBucketVersioning({ Bucket, VersioningConfiguration: { Status: 'Suspended' } });
    assert.equal((await s3.putObject({ Bucket, Key: 'k', Body: '333' })).VersionId, 'null');
    assert.equal(await text(Bucket, 'k', 'null'), '333');
    assert.equal(await text(Bucket, 'k', two.VersionId), '22');
    assert.deepEqual(await versions(Bucket), { versions: ['k:3:latest', 'k:2'], markers: [] });
    await s3.putObject({ Bucket, Key: 'k', Body: '4444' });
    assert.deepEqual(await versions(Bucket), { versions: ['k:4:latest', 'k:2'], markers: [] });
    const marker = await s3.deleteObject({ Bucket, Key: 'k' });
    assert.equal(marker.VersionId, 'null');
    assert.deepEqual(await versions(Bucket), { versions: ['k:2'], markers: ['k:latest'] });
  });

  test('a copy from a version restores it', async () => {
    const Bucket = await newBucket('Enabled');
    const one = await s3.putObject({ Bucket, Key: 'k', Body: '1', Metadata: { n: '1' } });
    await s3.putObject({ Bucket, Key: 'k', Body: '22' });
    await s3.copyObject({ Bucket, Key: 'k', CopySource: `${Bucket}/k?versionId=${one.VersionId}` });
    assert.equal(await text(Bucket, 'k'), '1');
    assert.deepEqual((await s3.headObject({ Bucket, Key: 'k' })).Metadata, { n: '1' });
  });

  test('versions are listed by pages, with prefixes and markers in between', async () => {
    const Bucket = await newBucket('Enabled');
    for (const Key of ['a', 'a', 'd/x', 'd/y', 'b', 'b', 'b']) await s3.putObject({ Bucket, Key, Body: '' });
    await s3.deleteObject({ Bucket, Key: 'a' });
    await s3.deleteObject({ Bucket, Key: 'd/x' });
    const seen: string[] = [];
    let KeyMarker: string | undefined;
    let VersionIdMarker: string | undefined;
    do {
      const page = await s3.listObjectVersions({ Bucket, Delimiter: '/', MaxKeys: 2, KeyMarker, VersionIdMarker });
      for (const { Key } of page.DeleteMarkers ?? []) seen.push(`${Key}!`);
      for (const { Key } of page.Versions ?? []) seen.push(`${Key}`);
      for (const { Prefix } of page.CommonPrefixes ?? []) seen.push(`${Prefix}`);
      KeyMarker = page.NextKeyMarker;
      VersionIdMarker = page.NextVersionIdMarker;
    } while (KeyMarker !== undefined);
    assert.deepEqual(seen.toSorted(), ['a', 'a', 'a!', 'b', 'b', 'b', 'd/']);
  });

  test('a bucket with versions or markers is not empty', async () => {
    const Bucket = await newBucket('Enabled');
    const one = await s3.putObject({ Bucket, Key: 'k', Body: '1' });
    const marker = await s3.deleteObject({ Bucket, Key: 'k' });
    assert.equal(await codeOf(s3.deleteBucket({ Bucket })), 'BucketNotEmpty');
    await s3.deleteObjects({
      Bucket,
      Delete: { Objects: [one, marker].map(({ VersionId }) => ({ Key: 'k', VersionId })) },
    });
    assert.deepEqual(await versions(Bucket), { versions: [], markers: [] });
    await s3.deleteBucket({ Bucket });
    assert.equal(await codeOf(s3.headBucket({ Bucket })), 'NotFound');
  });

  test('a file deleted by hand takes its version with it and leaves the older ones', async () => {
    const Bucket = await newBucket('Enabled');
    const one = await s3.putObject({ Bucket, Key: 'k', Body: '1' });
    await s3.putObject({ Bucket, Key: 'k', Body: '22' });
    rmSync(fileOf(Bucket, 'k'));
    assert.equal(await codeOf(s3.headObject({ Bucket, Key: 'k' })), 'NotFound');
    assert.equal(await text(Bucket, 'k', one.VersionId), '1');
  });

  test('tags belong to a version', async () => {
    const Bucket = await newBucket('Enabled');
    const one = await s3.putObject({ Bucket, Key: 'k', Body: '1' });
    await s3.putObject({ Bucket, Key: 'k', Body: '2', Tagging: 'a=b' });
    await s3.putObjectTagging({
      Bucket,
      Key: 'k',
      VersionId: one.VersionId,
      Tagging: { TagSet: [{ Key: 'old', Value: '' }] },
    });
    assert.deepEqual((await s3.getObjectTagging({ Bucket, Key: 'k' })).TagSet, [{ Key: 'a', Value: 'b' }]);
    assert.deepEqual((await s3.getObjectTagging({ Bucket, Key: 'k', VersionId: one.VersionId })).TagSet, [
      { Key: 'old', Value: '' },
    ]);
    await s3.deleteObjectTagging({ Bucket, Key: 'k' });
    assert.deepEqual((await s3.getObjectTagging({ Bucket, Key: 'k' })).TagSet, []);
  });
});
