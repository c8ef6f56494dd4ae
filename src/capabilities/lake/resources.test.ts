import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { ResourceContext } from '#capability';
import { rootCaller, testAccountId } from '#testing';
import { codeOf, startLake } from './lake.fixture.ts';

suite('CloudFormation types of the lake', async () => {
  const { s3, server, capability } = await startLake();
  const [bucketType, policyType] = capability.resources ?? [];
  assert.ok(bucketType && policyType);

  const context: ResourceContext = {
    stackId: 'arn:aws:cloudformation:us-east-1:000000000000:stack/s/1',
    stackName: 'Stack',
    logicalId: 'Data',
    accountId: testAccountId,
    region: 'us-east-1',
    tags: { stack: 'tag' },
    token: 'token',
    signal: new AbortController().signal,
    generatedName: ({ lowerCase } = {}) => (lowerCase ? 'stack-data-abc123' : 'Stack-Data-ABC123'),
    call: (service, operation, input) =>
      server.dispatcher.call(service, operation, input, {
        caller: rootCaller,
        region: 'us-east-1',
        invokedBy: 'cloudformation.amazonaws.com',
      }),
  };

  const properties = {
    VersioningConfiguration: { Status: 'Enabled' },
    NotificationConfiguration: { EventBridgeConfiguration: { EventBridgeEnabled: true } },
    LifecycleConfiguration: { Rules: [{ Id: 'r', Status: 'Enabled', Prefix: 'tmp/', ExpirationInDays: 3 }] },
    CorsConfiguration: {
      CorsRules: [{ AllowedMethods: ['GET'], AllowedOrigins: ['*'], ExposedHeaders: ['ETag'], MaxAge: 5 }],
    },
    BucketEncryption: {
      ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
    },
    PublicAccessBlockConfiguration: { BlockPublicAcls: true },
    OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
    Tags: [{ Key: 'own', Value: 'tag' }],
  };

  test('a bucket is made with everything it was told, updated, read for drift, and deleted', async () => {
    const { physicalId: Bucket, attributes } = await bucketType.create(properties, context);
    assert.deepEqual([Bucket, attributes?.['Arn']], ['stack-data-abc123', 'arn:aws:s3:::stack-data-abc123']);
    assert.equal((await s3.getBucketVersioning({ Bucket })).Status, 'Enabled');
    assert.ok((await s3.getBucketNotificationConfiguration({ Bucket })).EventBridgeConfiguration);
    const { Rules = [] } = await s3.getBucketLifecycleConfiguration({ Bucket });
    assert.deepEqual(
      [Rules[0]?.Expiration, Rules[0]?.Filter?.And?.Prefix ?? Rules[0]?.Filter?.Prefix],
      [{ Days: 3 }, 'tmp/'],
    );
    assert.equal((await s3.getBucketCors({ Bucket })).CORSRules?.[0]?.MaxAgeSeconds, 5);
    assert.deepEqual((await s3.getBucketTagging({ Bucket })).TagSet, [
      { Key: 'stack', Value: 'tag' },
      { Key: 'own', Value: 'tag' },
    ]);

    assert.deepEqual(await bucketType.read?.(Bucket, properties, context), {
      BucketName: Bucket,
      ...properties,
      Tags: [{ Key: 'stack', Value: 'tag' }, ...properties.Tags],
    });
    await assert.rejects(bucketType.create(properties, context), { code: 'BucketAlreadyOwnedByYou' });
    const next = { Tags: [], VersioningConfiguration: { Status: 'Suspended' } };
    await bucketType.update?.(Bucket, next, properties, context);
    assert.equal(await codeOf(s3.getBucketCors({ Bucket })), 'NoSuchCORSConfiguration');
    assert.deepEqual((await s3.getBucketNotificationConfiguration({ Bucket })).EventBridgeConfiguration, undefined);
    const live = await bucketType.read?.(Bucket, next, context);
    assert.deepEqual(live?.['VersioningConfiguration'], { Status: 'Suspended' });

    await s3.putObject({ Bucket, Key: 'k', Body: '' });
    await assert.rejects(bucketType.delete(Bucket, next, context), /not empty: it holds 1 object/);
    const { Versions = [] } = await s3.listObjectVersions({ Bucket });
    for (const { Key, VersionId } of Versions) await s3.deleteObject({ Bucket, Key, VersionId });
    await bucketType.delete(Bucket, next, context);
    await bucketType.delete(Bucket, next, context);
    assert.equal(await bucketType.read?.(Bucket, next, context), undefined);
  });

  test('a property that is not supported fails and names itself', async () => {
    await assert.rejects(bucketType.create({ ObjectLockEnabled: true }, context), /ObjectLockEnabled/);
    const website = { BucketName: 'site', WebsiteConfiguration: { IndexDocument: 'i.html', ErrorDocument: 'e.html' } };
    await assert.rejects(bucketType.create(website, context), /does not implement .*websites/);
  });

  test('a bucket policy is put, changed and removed', async () => {
    await s3.createBucket({ Bucket: 'with-policy' });
    const PolicyDocument = { Version: '2012-10-17', Statement: [] };
    const { physicalId } = await policyType.create({ Bucket: 'with-policy', PolicyDocument }, context);
    assert.deepEqual(await policyType.read?.(physicalId, {}, context), { Bucket: 'with-policy', PolicyDocument });
    await assert.rejects(policyType.create({ Bucket: 'with-policy', PolicyDocument }, context), /already exists/);
    await policyType.delete(physicalId, {}, context);
    await policyType.delete(physicalId, {}, context);
    assert.equal(await policyType.read?.(physicalId, {}, context), undefined);
  });
});
