/** Crawls over small files, through Glue's own client. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { bucket, database, openGround } from './crawler.fixture.ts';

const songs = 'title,artist,year\nHey,Ann,2001\nYou,Bob,1999\n';
const configuration = (value: object): string => JSON.stringify({ Version: 1.0, ...value });

test('a CSV file becomes a table named after its folder, with the parameters that Glue writes', async (t) => {
  const ground = await openGround(t);
  ground.drop('data/songs/songs.csv', songs);
  const { State, summary } = await ground.crawl({ Targets: { S3Targets: [{ Path: `s3://${bucket}/data/` }] } });
  assert.equal(State, 'COMPLETED');
  assert.deepEqual(summary.TABLE.ADD, { Details: { names: ['songs'] }, Count: 1 });
  const [table] = await ground.tables();
  assert.equal(table?.Name, 'songs');
  assert.equal(table?.TableType, 'EXTERNAL_TABLE');
  assert.equal(table?.StorageDescriptor?.Location, `s3://${bucket}/data/songs/`);
  assert.deepEqual(await ground.columns('songs'), ['title string', 'artist string', 'year bigint']);
  const parameters = table?.Parameters ?? {};
  assert.equal(parameters['classification'], 'csv');
  assert.equal(parameters['skip.header.line.count'], '1');
  assert.equal(parameters['recordCount'], '2');
  assert.equal(parameters['objectCount'], '1');
  assert.equal(parameters['sizeKey'], String(songs.length));
  assert.equal(parameters['compressionType'], 'none');
  assert.equal(parameters['typeOfData'], 'file');
  assert.equal(parameters['UPDATED_BY_CRAWLER'], 'crawler');
  assert.ok((summary.REASONS['songs'] ?? []).length > 0, 'the summary must say why');
});

test('an include path with files in it gives the table its name; one file gives it its own', async (t) => {
  const ground = await openGround(t);
  ground.drop('a/songs/x.csv', songs);
  ground.drop('b/list.csv', songs);
  await ground.crawl({ Name: 'one', Targets: { S3Targets: [{ Path: `s3://${bucket}/a/songs` }] } });
  await ground.crawl({
    Name: 'two',
    Targets: { S3Targets: [{ Path: `s3://${bucket}/b/list.csv` }] },
    TablePrefix: 'My-',
  });
  const tables = await ground.tables();
  assert.deepEqual(
    tables.map((table) => [table.Name, table.StorageDescriptor?.Location]),
    [
      ['my_list_csv', `s3://${bucket}/b/list.csv`],
      ['songs', `s3://${bucket}/a/songs/`],
    ],
  );
});

test('partitions get types that hold the values of all of them', async (t) => {
  const ground = await openGround(t);
  ground.drop('trips/month=01/a.csv', 'fare,surcharge\n1,\n2,\n');
  ground.drop('trips/month=02/a.csv', 'fare,surcharge\n1.5,2.5\n2,0\n');
  ground.drop('trips/month=02/_SUCCESS', '');
  ground.drop('trips/_temporary/x.csv', 'other\n1\n');
  const { summary } = await ground.crawl();
  assert.equal(summary.PARTITION.ADD.Count, 2);
  const [table] = await ground.tables();
  assert.deepEqual(table?.PartitionKeys, [{ Name: 'month', Type: 'string' }]);
  assert.deepEqual(await ground.columns('trips'), ['fare double', 'surcharge double']);
  const { Partitions: partitions = [] } = await ground.glue.getPartitions({
    DatabaseName: database,
    TableName: 'trips',
  });
  assert.deepEqual(
    partitions.map((partition) => [partition.Values, partition.StorageDescriptor?.Location]),
    [
      [['01'], `s3://${bucket}/trips/month=01/`],
      [['02'], `s3://${bucket}/trips/month=02/`],
    ],
  );
  assert.deepEqual(
    partitions[0]?.StorageDescriptor?.Columns?.map((column) => column.Type),
    ['double', 'double'],
  );
});

test('a partition whose lines have their columns in another order keeps that order', async (t) => {
  const ground = await openGround(t);
  ground.drop('trips/y=1/a.csv', 'fare,name,count\n1.5,x,3\n');
  ground.drop('trips/y=2/a.csv', 'name,fare,count\nx,1,3\n');
  await ground.crawl();
  const { Partitions: partitions = [] } = await ground.glue.getPartitions({
    DatabaseName: database,
    TableName: 'trips',
  });
  assert.deepEqual(
    partitions[1]?.StorageDescriptor?.Columns?.map((column) => `${column.Name} ${column.Type}`),
    ['name string', 'fare double', 'count bigint'],
  );
});

test('exclusions and files that nothing knows: the crawl goes on and names what it left out', async (t) => {
  const ground = await openGround(t);
  ground.drop('in/a.csv', songs);
  ground.drop('in/secret.csv', 'x,y\n1,2\n');
  ground.drop(
    'noise/blob.bin',
    new Uint8Array(5000).map((_, index) => (index * 7919) % 256),
  );
  const Targets = { S3Targets: [{ Path: `s3://${bucket}/`, Exclusions: ['**/secret*', 'in/secret*'] }] };
  const { State, summary } = await ground.crawl({ Targets });
  assert.equal(State, 'COMPLETED');
  assert.deepEqual(
    summary.SKIPPED.Details.map((file) => file.key),
    ['noise/blob.bin'],
  );
  assert.deepEqual(
    (await ground.tables()).map((table) => table.Name),
    ['in'],
  );
});

test('what changed is updated, logged or merged, as the policy says', async (t) => {
  const ground = await openGround(t);
  ground.drop('s/a.json', '{"a":1}\n{"a":2}\n');
  await ground.crawl({ Name: 'updates' });
  await ground.crawl({
    Name: 'logs',
    TablePrefix: 'logged_',
    SchemaChangePolicy: { UpdateBehavior: 'LOG', DeleteBehavior: 'LOG' },
  });
  await ground.crawl({
    Name: 'merges',
    TablePrefix: 'merged_',
    Configuration: configuration({ CrawlerOutput: { Tables: { AddOrUpdateBehavior: 'MergeNewColumns' } } }),
  });
  ground.drop('s/a.json', '{"a":"x","b":true}\n');
  const updated = await ground.crawl({ Name: 'updates' });
  const logged = await ground.crawl({ Name: 'logs' });
  await ground.crawl({ Name: 'merges' });
  assert.deepEqual(updated.summary.TABLE.UPDATE.Details.names, ['s']);
  assert.equal(logged.summary.TABLE.UPDATE.Count, 0);
  assert.deepEqual(await ground.columns('s'), ['a string', 'b boolean']);
  assert.deepEqual(await ground.columns('logged_s'), ['a int']);
  assert.deepEqual(await ground.columns('merged_s'), ['a int', 'b boolean']);
  const again = await ground.crawl({ Name: 'updates' });
  assert.equal(again.summary.TABLE.UPDATE.Count, 0, 'what has not changed is no update');
  assert.equal(again.summary.FILES.Unchanged, 1);
});

test('data that is gone: the table is deprecated, deleted or left', async (t) => {
  const ground = await openGround(t);
  ground.drop('gone/a.csv', songs);
  ground.drop('stays/a.json', '{"z":1}\n');
  const policies = ['LOG', 'DELETE_FROM_DATABASE', 'DEPRECATE_IN_DATABASE'] as const;
  const crawlAll = () =>
    Promise.all(
      policies.map((DeleteBehavior) =>
        ground.crawl({
          Name: DeleteBehavior,
          TablePrefix: `${DeleteBehavior}_`,
          SchemaChangePolicy: { DeleteBehavior },
        }),
      ),
    );
  await crawlAll();
  ground.remove('gone');
  const outcomes = await crawlAll();
  assert.deepEqual(
    outcomes.map((outcome) => outcome.summary.TABLE.DELETE.Count),
    [0, 1, 0],
  );
  const tables = new Map((await ground.tables()).map((table) => [table.Name, table]));
  assert.ok(tables.has('log_gone') && !tables.has('delete_from_database_gone'));
  assert.ok(tables.get('deprecate_in_database_gone')?.Parameters?.['DEPRECATED_BY_CRAWLER']);
  assert.ok(tables.has('delete_from_database_stays'));
  ground.drop('gone/a.csv', songs);
  await crawlAll();
  const back = await ground.glue.getTable({ DatabaseName: database, Name: 'deprecate_in_database_gone' });
  assert.equal(back.Table?.Parameters?.['DEPRECATED_BY_CRAWLER'], undefined, 'data that is back lifts the mark');
});

test('partitions come and go with their folders', async (t) => {
  const ground = await openGround(t);
  for (const day of ['1', '2']) ground.drop(`t/day=${day}/a.csv`, songs);
  await ground.crawl();
  ground.remove('t/day=1');
  ground.drop('t/day=3/a.csv', songs);
  const { summary } = await ground.crawl();
  assert.deepEqual([summary.PARTITION.ADD.Count, summary.PARTITION.DELETE.Count], [1, 1]);
  const { Partitions: partitions = [] } = await ground.glue.getPartitions({ DatabaseName: database, TableName: 't' });
  assert.deepEqual(
    partitions.map((partition) => partition.Values?.[0]),
    ['2', '3'],
  );
});

test('new folders only: old folders are not looked at again', async (t) => {
  const ground = await openGround(t);
  ground.drop('t/day=1/a.csv', songs);
  const request = { RecrawlPolicy: { RecrawlBehavior: 'CRAWL_NEW_FOLDERS_ONLY' as const } };
  await ground.crawl(request);
  ground.drop('t/day=1/b.csv', songs);
  ground.drop('t/day=2/a.csv', songs);
  const { summary } = await ground.crawl(request);
  assert.equal(summary.FILES.Read, 1);
  assert.equal(summary.PARTITION.ADD.Count, 1);
});

test('a name that another place has gets the digest of its own place', async (t) => {
  const ground = await openGround(t);
  ground.drop('a/songs/x.csv', songs);
  ground.drop('b/songs/x.json', '{"k":1}\n');
  await ground.crawl();
  const names = (await ground.tables()).map((table) => table.Name ?? '');
  assert.equal(names[0], 'songs');
  assert.match(names[1] ?? '', /^songs_[0-9a-f]{32}$/);
  await ground.crawl();
  assert.equal((await ground.tables()).length, 2, 'the next crawl finds the same names');
});

test('more tables than the threshold fail the crawl, and nothing is written', async (t) => {
  const ground = await openGround(t);
  ground.drop('a/x.csv', songs);
  ground.drop('b/x.json', '{"k":1}\n');
  const { State, ErrorMessage } = await ground.crawl({
    Configuration: configuration({ CrawlerOutput: { Tables: { TableThreshold: 1 } } }),
  });
  assert.equal(State, 'FAILED');
  assert.match(ErrorMessage ?? '', /detected by the crawler: 2 is greater than the table threshold value provided: 1/);
  assert.equal(ground.catalog.findDatabase('000000000000/us-east-1', database), undefined);
});

test('custom classifiers come before the built-in ones, in their order', async (t) => {
  const ground = await openGround(t);
  const { glue } = ground;
  await glue.createClassifier({
    CsvClassifier: { Name: 'semi', Delimiter: ';', ContainsHeader: 'ABSENT', Header: ['who', 'what'] },
  });
  await glue.createClassifier({
    GrokClassifier: { Name: 'app', Classification: 'applog', GrokPattern: '%{LOGLEVEL:level} %{GREEDYDATA:message}' },
  });
  ground.drop('log/a.log', 'INFO started\nWARN slow; very\n');
  ground.drop('semi/a.csv', 'ann;1\nbob;2\n');
  await ground.crawl({ Classifiers: ['app', 'semi'] });
  assert.deepEqual(await ground.columns('log'), ['level string', 'message string']);
  const { Table: log } = await glue.getTable({ DatabaseName: database, Name: 'log' });
  assert.equal(log?.Parameters?.['classification'], 'applog');
  assert.deepEqual(await ground.columns('semi'), ['who string', 'what bigint']);
});

test('compressed files are read; a file that is all text learns its header from its neighbours', async (t) => {
  const ground = await openGround(t);
  ground.drop('zipped/a.csv.gz', gzipSync(songs));
  ground.drop('texts/a.csv', 'name,age\nann,31\n');
  ground.drop('texts/b.csv', 'name,age\nbob,\n');
  await ground.crawl();
  const { Table: zipped } = await ground.glue.getTable({ DatabaseName: database, Name: 'zipped' });
  assert.equal(zipped?.Parameters?.['compressionType'], 'gzip');
  assert.equal(zipped?.StorageDescriptor?.Compressed, true);
  assert.deepEqual(await ground.columns('texts'), ['name string', 'age bigint']);
});

test('catalog targets: a table that people made is brought up to date where it is', async (t) => {
  const ground = await openGround(t);
  ground.drop('x/y/a.csv', 'a,b\n1,2\n');
  await ground.glue.createDatabase({ DatabaseInput: { Name: database } });
  await ground.glue.createTable({
    DatabaseName: database,
    TableInput: { Name: 'mine', Description: 'kept', StorageDescriptor: { Location: `s3://${bucket}/x/y/` } },
  });
  const { State } = await ground.crawl({ Targets: { CatalogTargets: [{ DatabaseName: database, Tables: ['mine'] }] } });
  assert.equal(State, 'COMPLETED');
  const [table] = await ground.tables();
  assert.equal(table?.Description, 'kept');
  assert.deepEqual(await ground.columns('mine'), ['a bigint', 'b bigint']);
});

test('a bucket that is not there fails the crawl with its name', async (t) => {
  const ground = await openGround(t);
  const { State, ErrorMessage } = await ground.crawl({ Targets: { S3Targets: [{ Path: 's3://nowhere/x/' }] } });
  assert.equal(State, 'FAILED');
  assert.match(ErrorMessage ?? '', /bucket/i);
  const { Crawler: crawler } = await ground.glue.getCrawler({ Name: 'crawler' });
  assert.equal(crawler?.LastCrawl?.Status, 'FAILED');
});

test('partitions that inherit take the columns of the table as it stands in the catalog', async (t) => {
  const ground = await openGround(t);
  ground.drop('t/day=1/a.csv', 'a,b\n1,2\n');
  const request = {
    SchemaChangePolicy: { UpdateBehavior: 'LOG' as const },
    Configuration: configuration({ CrawlerOutput: { Partitions: { AddOrUpdateBehavior: 'InheritFromTable' } } }),
  };
  await ground.crawl(request);
  const { Table: table } = await ground.glue.getTable({ DatabaseName: database, Name: 't' });
  const Columns = [
    { Name: 'a', Type: 'decimal(10,2)' },
    { Name: 'renamed', Type: 'string' },
  ];
  await ground.glue.updateTable({
    DatabaseName: database,
    TableInput: {
      Name: 't',
      PartitionKeys: table?.PartitionKeys,
      Parameters: table?.Parameters,
      StorageDescriptor: { ...table?.StorageDescriptor, Columns },
    },
  });
  ground.drop('t/day=2/a.csv', 'a,b\n1,2\n');
  await ground.crawl(request);
  const { Partition: second } = await ground.glue.getPartition({
    DatabaseName: database,
    TableName: 't',
    PartitionValues: ['2'],
  });
  assert.deepEqual(second?.StorageDescriptor?.Columns, Columns);
  assert.equal(second?.StorageDescriptor?.Location, `s3://${bucket}/t/day=2/`);
});

test('an index over the partition keys is made when the configuration asks for it', async (t) => {
  const ground = await openGround(t);
  ground.drop('t/day=1/a.csv', 'a,b\n1,2\n');
  await ground.crawl({ Configuration: configuration({ CreatePartitionIndex: true }) });
  const { PartitionIndexDescriptorList: indexes } = await ground.glue.getPartitionIndexes({
    DatabaseName: database,
    TableName: 't',
  });
  assert.deepEqual(
    indexes?.map((index) => index.Keys?.map((key) => key.Name)),
    [['day']],
  );
  const { Table: table } = await ground.glue.getTable({ DatabaseName: database, Name: 't' });
  assert.equal(table?.Parameters?.['partition_filtering.enabled'], 'true');
});

test('keys of partitions that are columns too: the folder counts where columns go by name, both stay where they go by place', async (t) => {
  const ground = await openGround(t);
  ground.drop('named/year=1/a.json', '{"year":1,"x":2}\n');
  ground.drop('placed/year=1/a.csv', 'year,x\n1,2\n');
  await ground.crawl();
  assert.deepEqual(await ground.columns('named'), ['x int']);
  assert.deepEqual(await ground.columns('placed'), ['year bigint', 'x bigint']);
  const { Table: placed } = await ground.glue.getTable({ DatabaseName: database, Name: 'placed' });
  assert.deepEqual(
    placed?.PartitionKeys?.map((key) => key.Name),
    ['year_1'],
  );
});

test('a sample size reads so many files of each folder and counts the others with them', async (t) => {
  const ground = await openGround(t);
  for (let index = 0; index < 20; index++) ground.drop(`t/${index}.csv`, `a,b\n${index},x\n`);
  const { summary } = await ground.crawl({ Targets: { S3Targets: [{ Path: `s3://${bucket}/`, SampleSize: 3 }] } });
  assert.equal(summary.FILES.Read, 3);
  const { Table: table } = await ground.glue.getTable({ DatabaseName: database, Name: 't' });
  assert.equal(table?.Parameters?.['objectCount'], '20');
});

test('overlapping targets and targets beside each other keep apart what they know', async (t) => {
  const ground = await openGround(t);
  ground.drop('x/a.csv', songs);
  ground.drop('x/sub/b.json', '{"k":1}\n');
  const Targets = { S3Targets: [{ Path: `s3://${bucket}/x/a.csv` }, { Path: `s3://${bucket}/x/sub/` }] };
  await ground.crawl({ Targets });
  const { summary } = await ground.crawl({ Targets });
  assert.deepEqual(summary.FILES, { Found: 2, Read: 0, Unchanged: 2 });
});
