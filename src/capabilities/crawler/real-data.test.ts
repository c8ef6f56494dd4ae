/** Crawls over real data: what each set is known to hold is what the tables must say. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { bucket, database, openGround, scope } from './crawler.fixture.ts';

const data = resolve('../shared/data');
const options = { skip: existsSync(data) ? false : `there is no real data at ${data}` };

test('18 months of taxi rides are one table of 18 columns', options, async (t) => {
  const ground = await openGround(t);
  ground.copy(`${data}/taxi/monthly`, 'yellow');
  const { summary } = await ground.crawl();
  const tables = await ground.tables();
  assert.deepEqual(
    tables.map((table) => table.Name),
    ['yellow'],
  );
  const columns = await ground.columns('yellow');
  assert.equal(columns.length, 18);
  assert.deepEqual([columns[0], columns[17]], ['vendor_id bigint', 'congestion_surcharge double']);
  assert.match(summary.REASONS['yellow']?.join() ?? '', /header/);
  assert.equal(tables[0]?.Parameters?.['objectCount'], '18');
  assert.equal(tables[0]?.Parameters?.['recordCount'], '180000');
  assert.equal(tables[0]?.Parameters?.['skip.header.line.count'], '1');
  assert.equal(tables[0]?.Parameters?.['compressionType'], 'gzip');
});

test('the same months in folders of year and month are one table with two keys', options, async (t) => {
  const ground = await openGround(t);
  for (const file of readdirSync(`${data}/taxi/monthly`)) {
    const [, year, month] = /(\d{4})-(\d\d)/.exec(file) ?? [];
    ground.copy(`${data}/taxi/monthly/${file}`, `yellow/year=${year}/month=${month}/${file}`);
  }
  const { summary } = await ground.crawl();
  const tables = await ground.tables();
  assert.deepEqual(
    tables.map((table) => table.Name),
    ['yellow'],
    JSON.stringify(summary.REASONS),
  );
  assert.deepEqual(
    tables[0]?.PartitionKeys?.map((key) => key.Name),
    ['year', 'month'],
  );
  assert.equal((await ground.columns('yellow'))[17], 'congestion_surcharge double');
  assert.equal(summary.PARTITION.ADD.Count, 18);
  const { Partitions: spring = [] } = await ground.glue.getPartitions({
    DatabaseName: database,
    TableName: 'yellow',
    Expression: "year = '2018' AND month IN ('03', '04')",
  });
  assert.equal(spring.length, 2);
  assert.equal(spring[0]?.StorageDescriptor?.Columns?.[17]?.Type, 'double');
});

test('tables of other kinds are each one table with the columns they are known to have', options, async (t) => {
  const ground = await openGround(t);
  ground.copy(`${data}/billboard/songs.csv`, 'songs/songs.csv');
  ground.copy(`${data}/taxi/taxi_zone_lookup.csv`, 'zones/zones.csv');
  ground.copy(`${data}/taxi/json/yellow_tripdata_sample_2019-03.json.gz`, 'taxijson/a.json.gz');
  ground.copy(`${data}/genomics/integrated_call_samples_v3.20130502.ALL.panel`, 'panel/samples.panel');
  ground.copy(`${data}/logs/apache_access.log.gz`, 'access/access.log.gz');
  ground.copy(`${data}/logs/nginxplus_status.jsonl.gz`, 'nginx/status.jsonl.gz');
  ground.copy(`${data}/cloudtrail/AWSLogs`, 'trail/AWSLogs');
  ground.copy(`${data}/formats/csv/aggregate_test_100.csv`, 'aggregate/a.csv');
  const { State, summary } = await ground.crawl();
  assert.equal(State, 'COMPLETED');
  assert.deepEqual(summary.SKIPPED.Details, []);
  const found = (await ground.tables()).map((table) => [
    table.Name,
    table.Parameters?.['classification'],
    table.StorageDescriptor?.Columns?.length,
    // To the hundred: rows of files that are read at their heads only are counted in proportion.
    Math.round(Number(table.Parameters?.['recordCount']) / 100),
  ]);
  assert.deepEqual(found, [
    ['access', 'combined_apache', 12, 100],
    ['aggregate', 'csv', 13, 1],
    ['awslogs', 'json', 1, 0],
    ['nginx', 'json', 15, 5],
    ['panel', 'csv', 4, 25],
    ['songs', 'csv', 39, 76],
    ['taxijson', 'json', 18, 100],
    ['zones', 'csv', 4, 3],
  ]);
  assert.match(
    (await ground.columns('awslogs'))[0] ?? '',
    /^records array<struct<eventVersion:string,userIdentity:struct</,
  );
  assert.ok((await ground.columns('songs')).includes('timesignature_confidence double'));
  assert.ok((await ground.columns('taxijson')).includes('congestion_surcharge double'));
});

test('Avro, Parquet and ORC files of one schema in a folder are one table of their own format', options, async (t) => {
  const ground = await openGround(t);
  const taxi = 'yellow_tripdata_2018-01';
  for (const codec of ['snappy', 'zstd', 'gzip']) {
    ground.copy(`${data}/formats/parquet/${taxi}.${codec}.parquet`, `parquet/${codec}.parquet`);
  }
  for (const codec of ['snappy', 'zlib', 'uncompressed']) {
    ground.copy(`${data}/formats/orc/${taxi}.${codec}.orc`, `orc/${codec}.orc`);
  }
  const avro = readdirSync(`${data}/formats/avro`).filter((file) => /^alltypes_plain.*\.avro$/.test(file));
  for (const file of avro) ground.copy(`${data}/formats/avro/${file}`, `avro/${file}`);
  const { summary } = await ground.crawl();
  assert.deepEqual(summary.SKIPPED.Details, []);
  const tables = await ground.tables();
  assert.deepEqual(
    tables.map((table) => [table.Name, table.Parameters?.['classification']]),
    [
      ['avro', 'avro'],
      ['orc', 'orc'],
      ['parquet', 'parquet'],
    ],
  );
  for (const name of ['orc', 'parquet']) {
    assert.equal((await ground.columns(name)).length, 18, name);
    const table = tables.find((candidate) => candidate.Name === name);
    assert.equal(table?.Parameters?.['recordCount'], '30000', name);
    assert.equal(table?.StorageDescriptor?.Location, `s3://${bucket}/${name}/`);
  }
});

test('everything there is at once: the crawl ends, and each file is in a table or named', options, async (t) => {
  const ground = await openGround(t);
  ground.copy(data, 'all');
  const { State, summary } = await ground.crawl();
  assert.equal(State, 'COMPLETED');
  t.diagnostic(`${summary.FILES.Found} files, ${summary.TABLE.ADD.Count} tables, ${summary.SKIPPED.Count} left out`);
  const inTables = [...ground.catalog.eachTable(scope)].map((table) => Number(table.Parameters?.['objectCount']));
  assert.equal(inTables.reduce((sum, count) => sum + count, 0) + summary.SKIPPED.Count, summary.FILES.Found);
});
