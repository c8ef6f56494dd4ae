import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { CloudTrail } from '@aws-sdk/client-cloudtrail';
import { S3 } from '@aws-sdk/client-s3';
import { FakeClock } from '#kernel/clock';
import { EventHub } from '#kernel/events';
import { silentLog } from '#kernel/log';
import { State } from '#kernel/state';
import { createLake, lakeSchema } from '#lake';
import { clientConfig, startGateway, useTempFolder, type TestGateway } from '#testing';
import { auditSchema, createAudit, type AuditParts } from './index.ts';
import type { AuditRecord } from './record.ts';

describe('audit', () => {
  const folder = useTempFolder();
  const clock = new FakeClock(Date.now());
  let state: State;
  let server: TestGateway;
  let parts: AuditParts;
  let s3: S3;
  let trail: CloudTrail;

  before(async () => {
    state = State.open(join(folder, 'state.sqlite'), [auditSchema, lakeSchema]);
    parts = createAudit({ state, clock, log: silentLog, dispatcher: () => server.dispatcher, deliveryMs: 60_000 });
    const lake = createLake({ state, clock, log: silentLog, events: new EventHub(silentLog), dataDir: folder });
    await lake.capability.start?.();
    server = await startGateway({
      apis: [...(parts.capability.apis ?? []), ...(lake.capability.apis ?? [])],
      requestLog: parts.audit,
      clock,
    });
    await parts.audit.start();
    s3 = new S3(clientConfig(server.endpoint));
    trail = new CloudTrail(clientConfig(server.endpoint));
    await s3.createBucket({ Bucket: 'trail-bucket' });
  });

  after(async () => {
    await parts.audit.stop();
    await server.close();
    state.close();
  });

  const delivered = async (): Promise<AuditRecord[]> => {
    const listed = await s3.listObjectsV2({
      Bucket: 'trail-bucket',
      Prefix: 'logs/AWSLogs/000000000000/CloudTrail/us-east-1/',
    });
    const objects = await Promise.all(
      (listed.Contents ?? []).map((object) => s3.getObject({ Bucket: 'trail-bucket', Key: object.Key ?? '' })),
    );
    const texts = await Promise.all(
      objects.map(async (object) => gunzipSync(await object.Body!.transformToByteArray()).toString()),
    );
    return texts.flatMap((text) => (JSON.parse(text) as { Records: AuditRecord[] }).Records);
  };

  test('a management call leaves a record in CloudTrail form; an object call does not by default', async () => {
    await s3.putObject({ Bucket: 'trail-bucket', Key: 'x', Body: 'x' });
    const { Events } = await trail.lookupEvents({
      LookupAttributes: [{ AttributeKey: 'EventName', AttributeValue: 'CreateBucket' }],
    });
    const record = JSON.parse(Events?.[0]?.CloudTrailEvent ?? '{}') as AuditRecord;
    assert.equal(record.eventSource, 's3.amazonaws.com');
    assert.equal(record.userIdentity['type'], 'Root');
    assert.equal((record.requestParameters as { bucket: string }).bucket, 'trail-bucket');
    assert.equal(record.readOnly, false);
    assert.match(record.eventTime, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    const objects = await trail.lookupEvents({
      LookupAttributes: [{ AttributeKey: 'EventName', AttributeValue: 'PutObject' }],
    });
    assert.equal(objects.Events?.length, 0);
  });

  test('a refused call is recorded with its error', async () => {
    await assert.rejects(s3.getBucketLocation({ Bucket: 'no-such-bucket' }));
    const { Events } = await trail.lookupEvents({
      LookupAttributes: [{ AttributeKey: 'EventName', AttributeValue: 'GetBucketLocation' }],
    });
    assert.equal((JSON.parse(Events?.[0]?.CloudTrailEvent ?? '{}') as AuditRecord).errorCode, 'NoSuchBucket');
  });

  test('the history pages from the newest to the oldest', async () => {
    for (let index = 0; index < 5; index++) await s3.headBucket({ Bucket: 'trail-bucket' });
    const names: string[] = [];
    for (let NextToken: string | undefined; ;) {
      const page = await trail.lookupEvents({
        MaxResults: 2,
        LookupAttributes: [{ AttributeKey: 'EventName', AttributeValue: 'HeadBucket' }],
        ...(NextToken === undefined ? {} : { NextToken }),
      });
      names.push(...(page.Events ?? []).map((event) => event.EventId ?? ''));
      NextToken = page.NextToken;
      if (NextToken === undefined) break;
    }
    assert.equal(new Set(names).size, 5);
  });

  test('a trail delivers what happens while it logs, data events when it selects them, and nothing twice', async () => {
    await assert.rejects(trail.createTrail({ Name: 'lost', S3BucketName: 'no-such-bucket' }), {
      name: 'S3BucketDoesNotExistException',
    });
    await trail.createTrail({ Name: 'main', S3BucketName: 'trail-bucket', S3KeyPrefix: 'logs' });
    await trail.putEventSelectors({
      TrailName: 'main',
      EventSelectors: [
        {
          ReadWriteType: 'WriteOnly',
          IncludeManagementEvents: true,
          DataResources: [{ Type: 'AWS::S3::Object', Values: ['arn:aws:s3:::trail-bucket/in/'] }],
        },
      ],
    });
    await trail.startLogging({ Name: 'main' });
    await s3.putObject({ Bucket: 'trail-bucket', Key: 'in/a', Body: 'a' });
    await s3.putObject({ Bucket: 'trail-bucket', Key: 'out/b', Body: 'b' });
    await s3.createBucket({ Bucket: 'another-bucket' });
    await parts.audit.deliver();
    await parts.audit.deliver();
    const records = await delivered();
    const named = records.map((record) =>
      `${record.eventName} ${(record.requestParameters as { key?: string } | null)?.key ?? ''}`.trim(),
    );
    assert.ok(named.includes('PutObject in/a'), named.join());
    assert.ok(named.includes('CreateBucket'));
    assert.ok(!named.includes('PutObject out/b'));
    assert.equal(new Set(records.map((record) => record.eventID)).size, records.length);
    assert.equal((await trail.getTrailStatus({ Name: 'main' })).IsLogging, true);
  });

  test('the built-in trail makes its bucket with the first delivery, and stays away once it was deleted', async () => {
    const builtIn = { accountId: '000000000000', region: 'us-east-1', bucketPrefix: 'built-in' };
    const own = createAudit({ state, clock, log: silentLog, dispatcher: () => server.dispatcher, builtIn });
    await own.audit.start();
    await own.audit.deliver();
    const { Contents } = await s3.listObjectsV2({ Bucket: 'built-in-000000000000' });
    assert.match(
      Contents?.[0]?.Key ?? '',
      /^AWSLogs\/000000000000\/CloudTrail\/us-east-1\/\d{4}\/\d\d\/\d\d\/.*\.json\.gz$/,
    );
    await trail.deleteTrail({ Name: 'millpond' });
    await own.audit.start();
    const { trailList } = await trail.describeTrails({});
    assert.ok(!trailList?.some(({ Name }) => Name === 'millpond'));
    await own.audit.stop();
  });

  test('what a trail cannot do here is refused by name', async () => {
    await assert.rejects(
      trail.createTrail({ Name: 'org', S3BucketName: 'trail-bucket', IsOrganizationTrail: true }),
      /organization trails/,
    );
    await assert.rejects(trail.getTrailStatus({ Name: 'nobody' }), { name: 'TrailNotFoundException' });
  });
});
