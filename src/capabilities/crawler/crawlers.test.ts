/** Crawlers as things: definitions, states, schedules, history. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { paginateGetCrawlers } from '@aws-sdk/client-glue';
import { type Logs, createLogs, logsSchema } from '#logs';
import { bucket, database, openGround, scope } from './crawler.fixture.ts';
import { putCrawl } from './store/crawler-store.ts';

const Role = 'arn:aws:iam::000000000000:role/glue';
const Targets = { S3Targets: [{ Path: `s3://${bucket}/` }] };
const basic = { Name: 'c', Role, DatabaseName: database, Targets };

test('a crawler comes back with Glue defaults and keeps what an update does not name', async (t) => {
  const { glue } = await openGround(t);
  await glue.createCrawler({ ...basic, Description: 'first', Tags: { team: 'data' } });
  await assert.rejects(glue.createCrawler(basic), { name: 'AlreadyExistsException' });
  await glue.updateCrawler({ Name: 'c', TablePrefix: 'p_' });
  const { Crawler: crawler } = await glue.getCrawler({ Name: 'c' });
  assert.equal(crawler?.Description, 'first');
  assert.equal(crawler?.TablePrefix, 'p_');
  assert.equal(crawler?.State, 'READY');
  assert.equal(crawler?.Version, 2);
  assert.deepEqual(crawler?.SchemaChangePolicy, {
    UpdateBehavior: 'UPDATE_IN_DATABASE',
    DeleteBehavior: 'DEPRECATE_IN_DATABASE',
  });
  assert.deepEqual(crawler?.RecrawlPolicy, { RecrawlBehavior: 'CRAWL_EVERYTHING' });
  const ResourceArn = 'arn:aws:glue:us-east-1:000000000000:crawler/c';
  assert.deepEqual((await glue.getTags({ ResourceArn })).Tags, { team: 'data' });
  assert.deepEqual((await glue.listCrawlers({ Tags: { team: 'data' } })).CrawlerNames, ['c']);
  assert.deepEqual((await glue.listCrawlers({ Tags: { team: 'other' } })).CrawlerNames, []);
  await glue.deleteCrawler({ Name: 'c' });
  await assert.rejects(glue.getCrawler({ Name: 'c' }), { name: 'EntityNotFoundException' });
});

test('what cannot work is refused by name', async (t) => {
  const { glue } = await openGround(t);
  const refuse = (change: object, message: RegExp, name = 'InvalidInputException') =>
    assert.rejects(glue.createCrawler({ ...basic, ...change }), { name, message });
  await refuse({ Targets: {} }, /at least one of S3Targets/);
  await refuse({ Targets: { JdbcTargets: [{ ConnectionName: 'x', Path: 'y' }] } }, /JdbcTargets are not supported/);
  await refuse({ Targets: { S3Targets: [{ Path: 'http://x' }] } }, /not an S3 location/);
  await refuse({ Targets: { S3Targets: [{ Path: 's3://b/', Exclusions: ['[a'] }] } }, /Exclude pattern/);
  await refuse({ Targets: { S3Targets: [{ Path: 's3://b/', SampleSize: 250 }] } }, /SampleSize/);
  await refuse({ Targets: { S3Targets: [{ Path: 's3://b/', EventQueueArn: 'arn:x' }] } }, /EventQueueArn/);
  await refuse({ DatabaseName: undefined }, /DatabaseName must be given/);
  await refuse({ Configuration: '{"Version":9}' }, /must be 1.0/);
  await refuse({ Schedule: 'rate(5 minutes)' }, /write cron/);
  await refuse({ Schedule: 'cron(1 2 3)' }, /6 fields/);
  await refuse({ Classifiers: ['nope'] }, /Classifier with name nope/, 'EntityNotFoundException');
  await refuse({ RecrawlPolicy: { RecrawlBehavior: 'CRAWL_EVENT_MODE' } }, /CRAWL_EVENT_MODE is not supported/);
  await refuse(
    {
      RecrawlPolicy: { RecrawlBehavior: 'CRAWL_NEW_FOLDERS_ONLY' },
      SchemaChangePolicy: { UpdateBehavior: 'UPDATE_IN_DATABASE' },
    },
    /must be LOG/,
  );
  const CatalogTargets = [{ DatabaseName: 'd', Tables: ['t'] }];
  await refuse({ Targets: { ...Targets, CatalogTargets } }, /cannot be used together/);
  await refuse(
    { Targets: { CatalogTargets }, SchemaChangePolicy: { DeleteBehavior: 'DELETE_FROM_DATABASE' } },
    /must be LOG/,
  );
});

test('a running crawler is neither started nor changed nor deleted, and can be stopped', async (t) => {
  const ground = await openGround(t);
  const { glue } = ground;
  for (let index = 0; index < 300; index++) ground.drop(`f${index}/a.csv`, `a,b\n${index},x\n`);
  await glue.createCrawler(basic);
  await assert.rejects(glue.stopCrawler({ Name: 'c' }), { name: 'CrawlerNotRunningException' });
  // From inside, so that no round trip gives the run time to end.
  await ground.crawlers.start(scope, 'c');
  assert.equal(ground.crawlers.progress(scope, 'c').state, 'RUNNING');
  assert.throws(() => ground.crawlers.start(scope, 'nope'), { code: 'EntityNotFoundException' });
  await assert.rejects(ground.crawlers.start(scope, 'c'), { code: 'CrawlerRunningException' });
  await assert.rejects(ground.crawlers.update(scope, 'c', { Description: 'x' }), { code: 'CrawlerRunningException' });
  await assert.rejects(ground.crawlers.delete(scope, 'c'), { code: 'CrawlerRunningException' });
  ground.crawlers.stop(scope, 'c');
  assert.throws(() => ground.crawlers.stop(scope, 'c'), { code: 'CrawlerStoppingException' });
  await ground.crawlers.finished(scope, 'c');
  const { Crawler: crawler } = await glue.getCrawler({ Name: 'c' });
  assert.equal(crawler?.State, 'READY');
  assert.equal(crawler?.LastCrawl?.Status, 'CANCELLED');
  assert.deepEqual(
    (await glue.listCrawls({ CrawlerName: 'c' })).Crawls?.map((crawl) => crawl.State),
    ['STOPPED'],
  );
  assert.equal(ground.catalog.findDatabase(scope, database), undefined, 'a stopped crawl writes nothing');
});

test('runs are listed newest first, in pages and by filter; metrics tell of the last one', async (t) => {
  const ground = await openGround(t);
  const { glue } = ground;
  ground.drop('t/a.csv', 'a,b\n1,x\n');
  for (let run = 0; run < 3; run++) await ground.crawl();
  const ids: (string | undefined)[] = [];
  let token: string | undefined;
  do {
    const page = await glue.listCrawls({ CrawlerName: 'crawler', MaxResults: 2, NextToken: token });
    ids.push(...(page.Crawls ?? []).map((crawl) => crawl.CrawlId));
    token = page.NextToken;
  } while (token);
  assert.equal(new Set(ids).size, 3);
  const Filters = [{ FieldName: 'CRAWL_ID' as const, FilterOperator: 'EQ' as const, FieldValue: ids[1] }];
  assert.equal((await glue.listCrawls({ CrawlerName: 'crawler', Filters })).Crawls?.length, 1);
  const failed = [{ FieldName: 'STATE' as const, FilterOperator: 'EQ' as const, FieldValue: 'FAILED' }];
  assert.equal((await glue.listCrawls({ CrawlerName: 'crawler', Filters: failed })).Crawls?.length, 0);
  const { CrawlerMetricsList: [metrics] = [] } = await glue.getCrawlerMetrics({ CrawlerNameList: ['crawler'] });
  assert.equal(metrics?.CrawlerName, 'crawler');
  assert.equal(metrics?.StillEstimating, false);
});

test('crawlers are listed in pages', async (t) => {
  const { glue } = await openGround(t);
  for (const Name of ['a', 'b', 'c']) await glue.createCrawler({ ...basic, Name });
  const pages: unknown[] = [];
  for await (const page of paginateGetCrawlers({ client: glue, pageSize: 2 }, {})) {
    pages.push(page.Crawlers?.map((crawler) => crawler.Name));
  }
  assert.deepEqual(pages, [['a', 'b'], ['c']]);
  const batch = await glue.batchGetCrawlers({ CrawlerNames: ['a', 'x'] });
  assert.deepEqual([batch.Crawlers?.length, batch.CrawlersNotFound], [1, ['x']]);
});

test('the start and the end of a crawl are told as events', async (t) => {
  const ground = await openGround(t);
  ground.drop('t/a.csv', 'a,b\n1,x\n');
  await ground.crawl();
  const events = ground.events.filter((event) => event.detailType === 'Glue Crawler State Change');
  assert.deepEqual(
    events.map((event) => event.detail['state']),
    ['Started', 'Succeeded'],
  );
  assert.equal(events[1]?.detail['crawlerName'], 'crawler');
  assert.equal(events[1]?.detail['tablesCreated'], '1');
});

test('a schedule is started, stopped and changed', async (t) => {
  const { glue } = await openGround(t);
  await glue.createCrawler(basic);
  await assert.rejects(glue.startCrawlerSchedule({ CrawlerName: 'c' }), { name: 'NoScheduleException' });
  await glue.updateCrawlerSchedule({ CrawlerName: 'c', Schedule: 'cron(15 12 * * ? *)' });
  await assert.rejects(glue.startCrawlerSchedule({ CrawlerName: 'c' }), { name: 'SchedulerRunningException' });
  await glue.stopCrawlerSchedule({ CrawlerName: 'c' });
  await assert.rejects(glue.stopCrawlerSchedule({ CrawlerName: 'c' }), { name: 'SchedulerNotRunningException' });
  const { Crawler: crawler } = await glue.getCrawler({ Name: 'c' });
  assert.deepEqual(crawler?.Schedule, { ScheduleExpression: 'cron(15 12 * * ? *)', State: 'NOT_SCHEDULED' });
});

test('a run that a crash cut short ends FAILED with that reason when the platform starts', async (t) => {
  const ground = await openGround(t);
  await ground.glue.createCrawler(basic);
  await ground.state.write((db) =>
    putCrawl(db, scope, 'c', {
      CrawlId: 'lost',
      State: 'RUNNING',
      StartTime: new Date(0),
      tablesCreated: 0,
      tablesUpdated: 0,
      tablesDeleted: 0,
    }),
  );
  await ground.crawlers.open();
  const { Crawls: [crawl] = [] } = await ground.glue.listCrawls({ CrawlerName: 'c' });
  assert.equal(crawl?.State, 'FAILED');
  assert.match(crawl?.ErrorMessage ?? '', /platform stopped/);
  const told = ground.events.find((event) => event.detailType === 'Glue Crawler State Change')?.detail;
  assert.deepEqual([told?.['crawlerName'], told?.['state']], ['c', 'Failed']);
});

test('a run and the event that tells of its start are one: what cannot be told is not started', async (t) => {
  const ground = await openGround(t);
  await ground.glue.createCrawler(basic);
  const forget = ground.hub.addRecorder({
    wants: ({ detailType }) => detailType === 'Glue Crawler State Change',
    record() {
      throw new Error('nobody writes this down');
    },
  });
  await assert.rejects(ground.crawlers.start(scope, 'c'), { message: 'nobody writes this down' });
  forget();
  assert.deepEqual((await ground.glue.listCrawls({ CrawlerName: 'c' })).Crawls, []);
  assert.equal((await ground.crawl({ Name: 'c' })).State, 'COMPLETED');
});

test('classifiers are made, changed, listed and deleted; a broken one is refused', async (t) => {
  const { glue } = await openGround(t);
  const grok = { Name: 'g', Classification: 'log', GrokPattern: '%{WORD:a}' };
  await glue.createClassifier({ GrokClassifier: grok });
  await glue.createClassifier({ JsonClassifier: { Name: 'j', JsonPath: '$[*]' } });
  await assert.rejects(glue.createClassifier({ GrokClassifier: grok }), { name: 'AlreadyExistsException' });
  await assert.rejects(glue.createClassifier({}), { name: 'InvalidInputException' });
  await assert.rejects(
    glue.createClassifier({ GrokClassifier: { ...grok, Name: 'broken', GrokPattern: '%{NOSUCHPATTERN:a}' } }),
    { name: 'InvalidInputException', message: /NOSUCHPATTERN/ },
  );
  await glue.updateClassifier({ GrokClassifier: { Name: 'g', Classification: 'changed' } });
  const { Classifier: found } = await glue.getClassifier({ Name: 'g' });
  assert.equal(found?.GrokClassifier?.Classification, 'changed');
  assert.equal(found?.GrokClassifier?.GrokPattern, '%{WORD:a}');
  assert.equal(found?.GrokClassifier?.Version, 2);
  await assert.rejects(glue.updateClassifier({ JsonClassifier: { Name: 'g', JsonPath: '$' } }), {
    name: 'InvalidInputException',
  });
  assert.equal((await glue.getClassifiers({})).Classifiers?.length, 2);
  await glue.deleteClassifier({ Name: 'g' });
  await assert.rejects(glue.getClassifier({ Name: 'g' }), { name: 'EntityNotFoundException' });
});

test('the log of a crawl says what was decided and why', async (t) => {
  let logs: Logs | undefined;
  const create = (parts: Parameters<typeof createLogs>[0]) => {
    const created = createLogs(parts);
    logs = created.logs;
    return created;
  };
  const ground = await openGround(t, { beside: { schema: logsSchema, create } });
  ground.drop('t/a.csv', 'a,b\n1,x\n');
  const { CrawlId: id, LogGroup: group = '', LogStream: stream = '' } = await ground.crawl();
  const page = logs?.getEvents(scope, group, stream, { limit: 100, fromHead: true });
  const lines = (page?.events ?? []).map((event) => event.message);
  assert.ok(lines.every((line) => line.startsWith(`[${id}] `)));
  assert.match(lines.join('\n'), /Created table t in database found with 2 columns/);
  assert.match(lines.join('\n'), /Table t: .*split by comma/);
});
