import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { suite, test } from 'node:test';
import { FakeClock } from '#kernel/clock';
import { until } from '#testing';
import { codeOf, startLake } from './lake.fixture.ts';

const dayMs = 86_400_000;

suite('buckets and their settings', async () => {
  const clock = new FakeClock(Date.now());
  const { s3, events, fileOf, server } = await startLake({ clock });
  const Bucket = 'settings';
  await s3.createBucket({ Bucket });

  test('buckets: names, owners, regions, emptiness', async () => {
    for (const name of ['ab', 'Upper', 'a..b', '192.168.0.1', 'xn--a', 'under_score', '-a-', 'x'.repeat(64)]) {
      assert.equal(await codeOf(s3.createBucket({ Bucket: name })), 'InvalidBucketName', name);
    }
    assert.equal(await codeOf(s3.createBucket({ Bucket })), 'no error');
    await s3.createBucket({ Bucket: 'in-europe', CreateBucketConfiguration: { LocationConstraint: 'eu-west-1' } });
    assert.equal(await codeOf(s3.createBucket({ Bucket: 'in-europe' })), 'BucketAlreadyOwnedByYou');
    assert.equal((await s3.getBucketLocation({ Bucket: 'in-europe' })).LocationConstraint, 'eu-west-1');
    assert.equal((await s3.getBucketLocation({ Bucket })).LocationConstraint, undefined);
    assert.equal((await s3.headBucket({ Bucket: 'in-europe' })).BucketRegion, 'eu-west-1');
    assert.equal(await codeOf(s3.getBucketVersioning({ Bucket, ExpectedBucketOwner: '111111111111' })), 'AccessDenied');
    const { Buckets = [] } = await s3.listBuckets({ Prefix: 'in-' });
    assert.deepEqual(
      Buckets.map(({ Name, BucketRegion }) => [Name, BucketRegion]),
      [['in-europe', 'eu-west-1']],
    );
    await s3.putObject({ Bucket: 'in-europe', Key: 'k', Body: '' });
    assert.equal(await codeOf(s3.deleteBucket({ Bucket: 'in-europe' })), 'BucketNotEmpty');
    await s3.deleteObject({ Bucket: 'in-europe', Key: 'k' });
    await s3.deleteBucket({ Bucket: 'in-europe' });
    assert.equal(existsSync(fileOf('in-europe')), false);
  });

  test('settings that were never made answer their own errors, and come back as they were made', async () => {
    assert.equal(await codeOf(s3.getBucketTagging({ Bucket })), 'NoSuchTagSet');
    assert.equal(await codeOf(s3.getBucketCors({ Bucket })), 'NoSuchCORSConfiguration');
    assert.equal(await codeOf(s3.getBucketLifecycleConfiguration({ Bucket })), 'NoSuchLifecycleConfiguration');
    assert.equal(await codeOf(s3.getBucketPolicy({ Bucket })), 'NoSuchBucketPolicy');
    assert.equal(await codeOf(s3.getBucketEncryption({ Bucket })), 'ServerSideEncryptionConfigurationNotFoundError');
    assert.equal(await codeOf(s3.getBucketWebsite({ Bucket })), 'NoSuchWebsiteConfiguration');
    assert.equal(await codeOf(s3.getBucketReplication({ Bucket })), 'ReplicationConfigurationNotFoundError');
    assert.equal(await codeOf(s3.getObjectLockConfiguration({ Bucket })), 'ObjectLockConfigurationNotFoundError');
    assert.deepEqual((await s3.getBucketVersioning({ Bucket })).Status, undefined);
    assert.equal((await s3.getBucketRequestPayment({ Bucket })).Payer, 'BucketOwner');
    assert.equal((await s3.getBucketAcl({ Bucket })).Grants?.[0]?.Permission, 'FULL_CONTROL');
    assert.equal((await s3.getPublicAccessBlock({ Bucket })).PublicAccessBlockConfiguration?.BlockPublicAcls, true);
    assert.equal(
      (await s3.getBucketOwnershipControls({ Bucket })).OwnershipControls?.Rules?.[0]?.ObjectOwnership,
      'BucketOwnerEnforced',
    );
    await s3.deletePublicAccessBlock({ Bucket });
    assert.equal(await codeOf(s3.getPublicAccessBlock({ Bucket })), 'NoSuchPublicAccessBlockConfiguration');

    await s3.putBucketTagging({ Bucket, Tagging: { TagSet: [{ Key: 'team', Value: 'data' }] } });
    assert.deepEqual((await s3.getBucketTagging({ Bucket })).TagSet, [{ Key: 'team', Value: 'data' }]);
    await s3.deleteBucketTagging({ Bucket });
    assert.equal(await codeOf(s3.getBucketTagging({ Bucket })), 'NoSuchTagSet');

    const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [] });
    await s3.putBucketPolicy({ Bucket, Policy });
    assert.equal((await s3.getBucketPolicy({ Bucket })).Policy, Policy);
    assert.equal(await codeOf(s3.putBucketPolicy({ Bucket, Policy: '{' })), 'MalformedPolicy');

    const rule = { ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms' as const, KMSMasterKeyID: 'k' } };
    await s3.putBucketEncryption({ Bucket, ServerSideEncryptionConfiguration: { Rules: [rule] } });
    const put = await s3.putObject({ Bucket, Key: 'encrypted', Body: '' });
    assert.deepEqual([put.ServerSideEncryption, put.SSEKMSKeyId], ['aws:kms', 'k']);
    await s3.deleteBucketEncryption({ Bucket });
  });

  test('what is not done is refused by name', async () => {
    const refused = [
      () => s3.putBucketWebsite({ Bucket, WebsiteConfiguration: { IndexDocument: { Suffix: 'index.html' } } }),
      () =>
        s3.putBucketLogging({
          Bucket,
          BucketLoggingStatus: { LoggingEnabled: { TargetBucket: Bucket, TargetPrefix: '' } },
        }),
      () => s3.putObjectLockConfiguration({ Bucket, ObjectLockConfiguration: { ObjectLockEnabled: 'Enabled' } }),
    ];
    for (const call of refused) assert.equal(await codeOf(call()), 'NotImplemented');
  });

  test('events in the form of EventBridge, once the bucket asks for them', async () => {
    await s3.putObject({ Bucket, Key: 'silent', Body: '' });
    assert.equal(events.length, 0);
    await s3.putBucketNotificationConfiguration({
      Bucket,
      NotificationConfiguration: { EventBridgeConfiguration: {} },
    });
    assert.deepEqual((await s3.getBucketNotificationConfiguration({ Bucket })).EventBridgeConfiguration, {});
    const { ETag = '' } = await s3.putObject({ Bucket, Key: 'loud é', Body: 'abc' });
    await s3.deleteObject({ Bucket, Key: 'loud é' });
    await until(() => events.length === 2, 'both events');
    const [created, deleted] = events;
    assert.deepEqual(
      [created?.source, created?.detailType, created?.resources],
      ['aws.s3', 'Object Created', [`arn:aws:s3:::${Bucket}`]],
    );
    const detail = created?.detail as { object: Record<string, unknown>; bucket: object; reason: string };
    assert.deepEqual([detail.bucket, detail.reason], [{ name: Bucket }, 'PutObject']);
    assert.deepEqual(
      [detail.object['key'], detail.object['size'], detail.object['etag']],
      ['loud é', 3, ETag.replaceAll('"', '')],
    );
    assert.deepEqual(
      [deleted?.detailType, deleted?.detail['deletion-type']],
      ['Object Deleted', 'Permanently Deleted'],
    );
    await s3.putBucketNotificationConfiguration({ Bucket, NotificationConfiguration: {} });
  });

  test('CORS: the preflight and the answer itself follow the rules', async () => {
    const rule = {
      AllowedOrigins: ['https://*.example.com'],
      AllowedMethods: ['GET', 'PUT'],
      AllowedHeaders: ['x-*'],
      ExposeHeaders: ['ETag'],
      MaxAgeSeconds: 60,
    };
    await s3.putBucketCors({ Bucket, CORSConfiguration: { CORSRules: [rule] } });
    assert.deepEqual((await s3.getBucketCors({ Bucket })).CORSRules, [rule]);
    const preflight = (origin: string, method: string): Promise<Response> =>
      fetch(`${server.endpoint}/${Bucket}/k`, {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': method, 'access-control-request-headers': 'X-Amz-Date' },
      });
    const allowed = await preflight('https://app.example.com', 'PUT');
    assert.equal(allowed.status, 200);
    assert.equal(allowed.headers.get('access-control-allow-origin'), 'https://app.example.com');
    assert.equal(allowed.headers.get('access-control-max-age'), '60');
    assert.equal((await preflight('https://evil.com', 'PUT')).status, 403);
    assert.equal((await preflight('https://app.example.com', 'DELETE')).status, 403);
    const answer = await fetch(`${server.endpoint}/${Bucket}/k`, { headers: { origin: 'https://app.example.com' } });
    assert.equal(answer.status, 403);
    assert.equal(answer.headers.get('access-control-allow-origin'), 'https://app.example.com');
    const bad = { AllowedOrigins: ['*'], AllowedMethods: ['PATCH'] };
    assert.equal(await codeOf(s3.putBucketCors({ Bucket, CORSConfiguration: { CORSRules: [bad] } })), 'InvalidRequest');
  });

  test('lifecycle: what falls due goes, the rest stays', async () => {
    const Life = 'life';
    await s3.createBucket({ Bucket: Life });
    const rule = {
      ID: 'old logs',
      Status: 'Enabled' as const,
      Filter: { Prefix: 'logs/' },
      Expiration: { Days: 2 },
      AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
    };
    await s3.putBucketLifecycleConfiguration({ Bucket: Life, LifecycleConfiguration: { Rules: [rule] } });
    assert.deepEqual((await s3.getBucketLifecycleConfiguration({ Bucket: Life })).Rules?.[0]?.Expiration, { Days: 2 });
    for (const Key of ['logs/a', 'data/a']) await s3.putObject({ Bucket: Life, Key, Body: '' });
    await s3.createMultipartUpload({ Bucket: Life, Key: 'logs/half' });
    clock.advance(dayMs);
    await s3.putObject({ Bucket: Life, Key: 'logs/b', Body: '' });
    clock.advance(2 * dayMs);
    await until(async () => (await s3.listObjectsV2({ Bucket: Life })).KeyCount === 2, 'logs/a to expire');
    assert.deepEqual(
      (await s3.listObjectsV2({ Bucket: Life })).Contents?.map(({ Key }) => Key),
      ['data/a', 'logs/b'],
    );
    await until(
      async () => ((await s3.listMultipartUploads({ Bucket: Life })).Uploads ?? []).length === 0,
      'the upload to be aborted',
    );
    const bad = { ID: 'bad', Status: 'Enabled' as const, Filter: {}, Expiration: { Days: -1 } };
    assert.equal(
      await codeOf(s3.putBucketLifecycleConfiguration({ Bucket: Life, LifecycleConfiguration: { Rules: [bad] } })),
      'InvalidArgument',
    );
  });
});
