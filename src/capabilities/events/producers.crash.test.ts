import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Athena } from '@aws-sdk/client-athena';
import { EventBridge } from '@aws-sdk/client-eventbridge';
import { Glue } from '@aws-sdk/client-glue';
import { S3 } from '@aws-sdk/client-s3';
import { SQS } from '@aws-sdk/client-sqs';
import { SSM } from '@aws-sdk/client-ssm';
import { clientConfig, until, useTempFolder } from '#testing';
import { startKillable, type KillablePlatform } from '../../testing/killable.ts';

interface Told {
  readonly 'detail-type': string;
  readonly detail: Readonly<Record<string, unknown>>;
}

function clientsOf({ endpoint }: KillablePlatform) {
  const config = clientConfig(endpoint);
  return {
    athena: new Athena(config),
    events: new EventBridge(config),
    glue: new Glue(config),
    s3: new S3(config),
    sqs: new SQS(config),
    ssm: new SSM(config),
  };
}

test('what the catalog, crawlers, queries and parameters acknowledged before a kill is told behind it', async () => {
  const dataDir = useTempFolder();
  const first = await startKillable(dataDir);
  const before = clientsOf(first);
  await before.s3.createBucket({ Bucket: 'lake' });
  await before.s3.putObject({ Bucket: 'lake', Key: 'songs/a.csv', Body: 'name,n\na,1\n' });
  const { QueueUrl } = await before.sqs.createQueue({ QueueName: 'heard' });
  await before.events.putRule({ Name: 'all', EventPattern: '{"source":["aws.glue","aws.athena","aws.ssm"]}' });
  const Targets = [{ Id: 'heard', Arn: 'arn:aws:sqs:us-east-1:000000000000:heard' }];
  await before.events.putTargets({ Rule: 'all', Targets });
  const Role = 'arn:aws:iam::000000000000:role/glue';
  const S3Targets = [{ Path: 's3://lake/songs/' }];
  await before.glue.createCrawler({ Name: 'songs', Role, DatabaseName: 'music', Targets: { S3Targets } });
  const [query] = await Promise.all([
    before.athena.startQueryExecution({
      QueryString: 'SELECT 1',
      ResultConfiguration: { OutputLocation: 's3://lake/results/' },
    }),
    before.glue.createDatabase({ DatabaseInput: { Name: 'music' } }),
    before.ssm.putParameter({ Name: '/app/url', Value: 'one', Type: 'String' }),
    before.glue.startCrawler({ Name: 'songs' }),
  ]);
  await first.kill();
  for (const client of Object.values(before)) client.destroy();

  const second = await startKillable(dataDir);
  const { sqs, ...others } = clientsOf(second);
  const told = new Set<string>();
  const wanted = [
    'Glue Data Catalog Database State Change music CreateDatabase',
    'Parameter Store Change /app/url Create',
    'Glue Crawler State Change songs Started',
    // Cut off, or done a moment before.
    'Glue Crawler State Change songs ended',
    `Athena Query State Change ${query.QueryExecutionId} QUEUED`,
    `Athena Query State Change ${query.QueryExecutionId} ended`,
  ];
  try {
    await until(
      async () => {
        const { Messages = [] } = await sqs.receiveMessage({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 });
        for (const { Body = '' } of Messages) told.add(briefly(JSON.parse(Body) as Told));
        return wanted.every((line) => told.has(line));
      },
      `all of ${wanted.join(', ')}`,
      20_000,
    ).catch((error: unknown) => assert.deepEqual([...told].toSorted(), wanted.toSorted(), String(error)));
  } finally {
    for (const client of [sqs, ...Object.values(others)]) client.destroy();
    await second.terminate();
  }
});

function briefly({ 'detail-type': type, detail }: Told): string {
  const subject = detail['databaseName'] ?? detail['name'] ?? detail['crawlerName'] ?? detail['queryExecutionId'];
  const what = String(detail['typeOfChange'] ?? detail['operation'] ?? detail['state'] ?? detail['currentState']);
  const isEnd = /^(Succeeded|Failed|SUCCEEDED|FAILED)$/.test(what);
  return `${type} ${String(subject)} ${isEnd ? 'ended' : what}`;
}
