/** Notifications of buckets: what is told to whom, and which configurations are refused. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { NotificationConfiguration } from '@aws-sdk/client-s3';
import type { ServiceApi } from '#gateway';
import { PlatformError } from '#kernel/errors';
import { until } from '#testing';
import { codeOf, startLake } from './lake.fixture.ts';

interface Told {
  readonly to: string;
  readonly body: Record<string, unknown>;
}

interface S3Record {
  readonly eventName: string;
  readonly eventVersion: string;
  readonly s3: {
    readonly configurationId: string;
    readonly bucket: { readonly name: string };
    readonly object: {
      readonly key: string;
      readonly size?: number;
      readonly eTag?: string;
      readonly sequencer: string;
    };
  };
}

const arnOf = (service: string, resource: string): string => `arn:aws:${service}:us-east-1:000000000000:${resource}`;

/** The rooms below, as far as S3 calls them: everything that arrives is kept. */
function destinations(told: Told[]): ServiceApi[] {
  const keep = (to: string, text: string): object => {
    if (to.includes('broken')) throw new PlatformError('unavailable', 'ServiceUnavailable', 'not now');
    told.push({ to, body: JSON.parse(text) as Record<string, unknown> });
    return {};
  };
  const need = (name: string): string => {
    if (name.includes('missing')) throw new PlatformError('absent', 'NotFound', `${name} is not there`);
    return name;
  };
  return [
    {
      service: 'sqs',
      operations: {
        GetQueueUrl: (input: { QueueName: string }) => ({ QueueUrl: `http://localhost/${need(input.QueueName)}` }),
        SendMessage: (input: { QueueUrl: string; MessageBody: string }) =>
          keep(input.QueueUrl.split('/').at(-1) ?? '', input.MessageBody),
      },
    },
    {
      service: 'sns',
      operations: { Publish: (input: { TopicArn: string; Message: string }) => keep(input.TopicArn, input.Message) },
    },
    {
      service: 'lambda',
      operations: {
        GetFunction: (input: { FunctionName: string }) => need(input.FunctionName) && {},
        Invoke: (input: { FunctionName: string; InvocationType: string; Payload: Uint8Array }) => {
          assert.equal(input.InvocationType, 'Event');
          return { ...keep(input.FunctionName, Buffer.from(input.Payload).toString()), StatusCode: 202 };
        },
      },
    },
  ];
}

const recordsOf = (told: readonly Told[]): S3Record[] =>
  told.flatMap(({ body }) => (body['Records'] as S3Record[] | undefined) ?? []);

suite('notifications of a bucket', async () => {
  const told: Told[] = [];
  const { s3 } = await startLake({ destinations: destinations(told) });
  const Bucket = 'told';
  await s3.createBucket({ Bucket });
  const put = (NotificationConfiguration: NotificationConfiguration): Promise<unknown> =>
    s3.putBucketNotificationConfiguration({ Bucket, NotificationConfiguration });

  test('a queue, a topic and a function hear what they asked for, in the form of S3', async () => {
    await put({
      QueueConfigurations: [
        {
          Id: 'arrivals',
          QueueArn: arnOf('sqs', 'q'),
          Events: ['s3:ObjectCreated:*'],
          Filter: {
            Key: {
              FilterRules: [
                { Name: 'prefix', Value: 'in/' },
                { Name: 'suffix', Value: '.csv' },
              ],
            },
          },
        },
      ],
      TopicConfigurations: [{ TopicArn: arnOf('sns', 't'), Events: ['s3:ObjectRemoved:Delete'] }],
      LambdaFunctionConfigurations: [
        {
          LambdaFunctionArn: arnOf('lambda', 'function:f'),
          Events: ['s3:ObjectCreated:Copy', 's3:ObjectTagging:*'],
          Filter: { Key: { FilterRules: [{ Name: 'prefix', Value: 'copies/' }] } },
        },
      ],
    });
    assert.deepEqual(
      told.splice(0).map(({ to, body }) => [to, body['Event'], body['Bucket']]),
      [
        ['q', 's3:TestEvent', Bucket],
        [arnOf('sns', 't'), 's3:TestEvent', Bucket],
      ],
    );
    await s3.putObject({ Bucket, Key: 'in/é b+c.csv', Body: 'abc' });
    await s3.putObject({ Bucket, Key: 'in/other.json', Body: 'abc' });
    await s3.copyObject({ Bucket, Key: 'copies/a', CopySource: `${Bucket}/in/other.json` });
    await s3.putObjectTagging({ Bucket, Key: 'copies/a', Tagging: { TagSet: [{ Key: 'a', Value: 'b' }] } });
    await s3.deleteObject({ Bucket, Key: 'in/other.json' });
    await until(() => told.length === 4, 'four messages');
    const byName = new Map(recordsOf(told).map((record) => [record.eventName, record]));
    const created = byName.get('ObjectCreated:Put');
    assert.deepEqual(
      [created?.s3.object.key, created?.s3.object.size, created?.s3.object.eTag, created?.s3.configurationId],
      ['in/%C3%A9+b%2Bc.csv', 3, '900150983cd24fb0d6963f7d28e17f72', 'arrivals'],
    );
    assert.equal(created?.eventVersion, '2.1');
    assert.equal(byName.get('ObjectCreated:Copy')?.s3.object.key, 'copies/a');
    assert.equal(byName.get('ObjectTagging:Put')?.eventVersion, '2.3');
    assert.deepEqual(Object.keys(byName.get('ObjectRemoved:Delete')?.s3.object ?? {}), ['key', 'sequencer']);
    const found = await s3.getBucketNotificationConfiguration({ Bucket });
    assert.equal(found.QueueConfigurations?.[0]?.Id, 'arrivals');
    assert.match(found.TopicConfigurations?.[0]?.Id ?? '', /^[\w-]{36}$/);
  });

  test('a configuration that is wrong is refused as by S3, and the one before stays', async () => {
    const queue = { QueueArn: arnOf('sqs', 'q'), Events: ['s3:ObjectCreated:*' as const] };
    const keyed = (Name: 'prefix' | 'suffix', Value: string) => ({
      Filter: { Key: { FilterRules: [{ Name, Value }] } },
    });
    const wrong: NotificationConfiguration[] = [
      { QueueConfigurations: [queue, { ...queue, Events: ['s3:ObjectCreated:Put'] }] },
      {
        QueueConfigurations: [
          { ...queue, ...keyed('prefix', 'a/') },
          { ...queue, ...keyed('prefix', 'a/b/') },
        ],
      },
      {
        QueueConfigurations: [
          { ...queue, Id: 'x', ...keyed('prefix', 'a') },
          { ...queue, Id: 'x', ...keyed('prefix', 'b') },
        ],
      },
      { QueueConfigurations: [{ ...queue, QueueArn: arnOf('sqs', 'missing') }] },
      { QueueConfigurations: [{ ...queue, QueueArn: arnOf('sqs', 'q.fifo') }] },
      { QueueConfigurations: [{ ...queue, QueueArn: arnOf('sns', 't') }] },
      { QueueConfigurations: [{ ...queue, QueueArn: 'arn:aws:sqs:eu-west-1:000000000000:q' }] },
      {
        LambdaFunctionConfigurations: [
          { LambdaFunctionArn: arnOf('lambda', 'function:missing'), Events: ['s3:ObjectCreated:*'] },
        ],
      },
    ];
    for (const configuration of wrong)
      assert.equal(await codeOf(put(configuration)), 'InvalidArgument', JSON.stringify(configuration));
    assert.equal((await s3.getBucketNotificationConfiguration({ Bucket })).QueueConfigurations?.[0]?.Id, 'arrivals');
    await put({
      QueueConfigurations: [
        { ...queue, ...keyed('suffix', 'a') },
        { ...queue, ...keyed('suffix', 'b') },
      ],
    });
    await put({});
    told.length = 0;
    await s3.putObject({ Bucket, Key: 'in/silent.csv', Body: '' });
    assert.equal(told.length, 0);
  });

  test('markers and versions are told apart', async () => {
    await s3.putBucketVersioning({ Bucket, VersioningConfiguration: { Status: 'Enabled' } });
    await put({ QueueConfigurations: [{ QueueArn: arnOf('sqs', 'v'), Events: ['s3:ObjectRemoved:*'] }] });
    told.length = 0;
    const { VersionId } = await s3.putObject({ Bucket, Key: 'k', Body: 'v' });
    await s3.deleteObject({ Bucket, Key: 'k' });
    await s3.deleteObject({ Bucket, Key: 'k', VersionId });
    await until(() => told.length === 2, 'two messages');
    const found = recordsOf(told).map(({ eventName }) => eventName);
    assert.deepEqual(
      found.toSorted((a, b) => a.localeCompare(b)),
      ['ObjectRemoved:Delete', 'ObjectRemoved:DeleteMarkerCreated'],
    );
  });
});
