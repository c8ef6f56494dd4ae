import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { suite, test } from 'node:test';
import { Upload } from '@aws-sdk/lib-storage';
import { Crc32, Crc64Nvme } from './content/crc.ts';
import { codeOf, startLake } from './lake.fixture.ts';

const mebibyte = 1024 * 1024;

suite('multipart uploads', async () => {
  const { s3, dataDir } = await startLake();
  const Bucket = 'multipart';
  await s3.createBucket({ Bucket });
  const five = randomBytes(5 * mebibyte);
  const rest = randomBytes(100);
  const whole = Buffer.concat([five, rest]);
  const leftParts = (): string[] => readdirSync(join(dataDir, 'buckets', '.lake', 'uploads'));

  const start = async (Key: string, more: object = {}): Promise<{ Bucket: string; Key: string; UploadId: string }> => {
    const { UploadId = '' } = await s3.createMultipartUpload({ Bucket, Key, ...more });
    return { Bucket, Key, UploadId };
  };
  const part = async (upload: object, PartNumber: number, Body: Buffer, ChecksumAlgorithm?: 'CRC64NVME') => {
    const { ETag, ...sums } = await s3.uploadPart({
      ...(upload as { Bucket: string; Key: string; UploadId: string }),
      PartNumber,
      Body,
      ...(ChecksumAlgorithm && { ChecksumAlgorithm }),
    });
    return { PartNumber, ETag, ChecksumCRC32: sums.ChecksumCRC32, ChecksumCRC64NVME: sums.ChecksumCRC64NVME };
  };

  test('parts become one object, with the ETag and the parts of S3', async () => {
    const upload = await start('whole', { ContentType: 'x/y', Metadata: { a: 'b' } });
    const Parts = [await part(upload, 1, five), await part(upload, 7, rest)];
    const done = await s3.completeMultipartUpload({ ...upload, MultipartUpload: { Parts } });
    const digests = [five, rest].map((bytes) => createHash('md5').update(bytes).digest());
    assert.equal(done.ETag, `"${createHash('md5').update(Buffer.concat(digests)).digest('hex')}-2"`);
    const got = await s3.getObject({ Bucket, Key: 'whole' });
    assert.ok(Buffer.from((await got.Body?.transformToByteArray()) ?? []).equals(whole));
    assert.deepEqual([got.ContentType, got.Metadata], ['x/y', { a: 'b' }]);
    const second = await s3.getObject({ Bucket, Key: 'whole', PartNumber: 7 });
    assert.equal(second.PartsCount, 2);
    assert.ok(Buffer.from((await second.Body?.transformToByteArray()) ?? []).equals(rest));
    assert.deepEqual(leftParts(), []);
    assert.equal(await codeOf(s3.listParts(upload)), 'NoSuchUpload');
  });

  test('checksums of the whole: composite, and full object', async () => {
    const composite = await start('composite', { ChecksumAlgorithm: 'CRC32' });
    const parts = [await part(composite, 1, five), await part(composite, 2, rest)];
    const done = await s3.completeMultipartUpload({ ...composite, MultipartUpload: { Parts: parts } });
    const crc = new Crc32();
    for (const { ChecksumCRC32 = '' } of parts) crc.update(Buffer.from(ChecksumCRC32, 'base64'));
    assert.deepEqual([done.ChecksumCRC32, done.ChecksumType], [`${crc.digest().toString('base64')}-2`, 'COMPOSITE']);

    const full = await start('full', { ChecksumAlgorithm: 'CRC64NVME' });
    const fullParts = [await part(full, 1, five, 'CRC64NVME'), await part(full, 2, rest, 'CRC64NVME')];
    const expected = new Crc64Nvme();
    expected.update(whole);
    const ChecksumCRC64NVME = expected.digest().toString('base64');
    const wrong = {
      ...full,
      MultipartUpload: { Parts: fullParts },
      ChecksumCRC64NVME: Buffer.alloc(8).toString('base64'),
    };
    assert.equal(await codeOf(s3.completeMultipartUpload(wrong)), 'BadDigest');
    const right = await s3.completeMultipartUpload({ ...wrong, ChecksumCRC64NVME });
    assert.deepEqual([right.ChecksumCRC64NVME, right.ChecksumType], [ChecksumCRC64NVME, 'FULL_OBJECT']);
    assert.equal(
      await codeOf(start('sha', { ChecksumAlgorithm: 'SHA256', ChecksumType: 'FULL_OBJECT' })),
      'InvalidRequest',
    );
  });

  test('what is wrong with the list of parts is named', async () => {
    const upload = await start('wrong');
    const one = await part(upload, 1, rest);
    const two = await part(upload, 2, rest);
    const complete = (Parts: object[], more: object = {}): Promise<string> =>
      codeOf(s3.completeMultipartUpload({ ...upload, MultipartUpload: { Parts }, ...more }));
    assert.equal(await complete([]), 'MalformedXML');
    assert.equal(await complete([two, one]), 'InvalidPartOrder');
    assert.equal(await complete([one, one]), 'InvalidPartOrder');
    assert.equal(await complete([{ ...one, ETag: '"00"' }]), 'InvalidPart');
    assert.equal(await complete([{ PartNumber: 3, ETag: '"00"' }]), 'InvalidPart');
    assert.equal(await complete([one, two]), 'EntityTooSmall');
    assert.equal(await complete([one], { MpuObjectSize: 7 }), 'InvalidRequest');
    await s3.putObject({ Bucket, Key: 'wrong', Body: '' });
    assert.equal(await complete([one], { IfNoneMatch: '*' }), 'PreconditionFailed');
    assert.equal(await complete([one]), 'no error');
    assert.equal(await codeOf(s3.uploadPart({ ...upload, PartNumber: 1, Body: rest })), 'NoSuchUpload');
    assert.equal(
      await codeOf(s3.uploadPart({ ...(await start('n')), PartNumber: 10_001, Body: rest })),
      'InvalidArgument',
    );
  });

  test('a part sent twice counts once; parts and uploads are listed by pages; an abort removes all', async () => {
    const upload = await start('list/a', { ChecksumAlgorithm: 'CRC32' });
    await part(upload, 1, five);
    await part(upload, 1, rest);
    await part(upload, 2, rest);
    const first = await s3.listParts({ ...upload, MaxParts: 1 });
    assert.deepEqual([first.Parts?.length, first.Parts?.[0]?.Size, first.IsTruncated], [1, 100, true]);
    const next = await s3.listParts({ ...upload, PartNumberMarker: first.NextPartNumberMarker });
    assert.deepEqual(
      next.Parts?.map(({ PartNumber }) => PartNumber),
      [2],
    );
    const other = await start('list/b');
    const page = await s3.listMultipartUploads({ Bucket, Prefix: 'list/', MaxUploads: 1 });
    assert.deepEqual([page.Uploads?.[0]?.Key, page.IsTruncated], ['list/a', true]);
    const behind = await s3.listMultipartUploads({
      Bucket,
      Prefix: 'list/',
      KeyMarker: page.NextKeyMarker,
      UploadIdMarker: page.NextUploadIdMarker,
    });
    assert.deepEqual(
      behind.Uploads?.map(({ UploadId }) => UploadId),
      [other.UploadId],
    );
    const grouped = await s3.listMultipartUploads({ Bucket, Delimiter: '/' });
    assert.deepEqual(
      grouped.CommonPrefixes?.map(({ Prefix }) => Prefix),
      ['list/'],
    );
    for (const one of [upload, other]) await s3.abortMultipartUpload(one);
    assert.equal(await codeOf(s3.abortMultipartUpload(upload)), 'NoSuchUpload');
    assert.equal(leftParts().length, 0);
  });

  test('parts copied from objects, whole and by range', async () => {
    await s3.putObject({ Bucket, Key: 'source', Body: whole });
    const upload = await start('copied');
    const CopySource = `${Bucket}/source`;
    const one = await s3.uploadPartCopy({
      ...upload,
      PartNumber: 1,
      CopySource,
      CopySourceRange: `bytes=0-${five.length - 1}`,
    });
    const two = await s3.uploadPartCopy({
      ...upload,
      PartNumber: 2,
      CopySource,
      CopySourceRange: `bytes=${five.length}-${whole.length - 1}`,
    });
    const outside = { ...upload, PartNumber: 3, CopySource, CopySourceRange: `bytes=0-${whole.length}` };
    assert.equal(await codeOf(s3.uploadPartCopy(outside)), 'InvalidArgument');
    const Parts = [one, two].map(({ CopyPartResult }, index) => ({
      PartNumber: index + 1,
      ETag: CopyPartResult?.ETag,
    }));
    await s3.completeMultipartUpload({ ...upload, MultipartUpload: { Parts } });
    const got = await s3.getObject({ Bucket, Key: 'copied' });
    assert.ok(Buffer.from((await got.Body?.transformToByteArray()) ?? []).equals(whole));
  });

  test('lib-storage uploads a stream of unknown length', async () => {
    const bytes = randomBytes(11 * mebibyte);
    const upload = new Upload({
      client: s3,
      params: {
        Bucket,
        Key: 'streamed',
        Body: Readable.from([bytes.subarray(0, 7 * mebibyte), bytes.subarray(7 * mebibyte)]),
      },
    });
    await upload.done();
    const got = await s3.getObject({ Bucket, Key: 'streamed' });
    assert.ok(Buffer.from((await got.Body?.transformToByteArray()) ?? []).equals(bytes));
  });

  test('a bucket with an upload under way can be deleted, and the parts go with it', async () => {
    await s3.createBucket({ Bucket: 'short-lived' });
    const { UploadId } = await s3.createMultipartUpload({ Bucket: 'short-lived', Key: 'k' });
    await s3.uploadPart({ Bucket: 'short-lived', Key: 'k', UploadId, PartNumber: 1, Body: rest });
    await s3.deleteBucket({ Bucket: 'short-lived' });
    assert.equal(leftParts().length, 0);
  });
});
