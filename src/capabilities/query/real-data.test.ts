/** Athena over the shared real data, where it is there: counts and sums that are known from the files themselves. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { useTempFolder } from '#testing';
import { openQueryBench, type QueryBench } from './query.fixture.ts';

const data = join('..', 'shared', 'data');
const skip = existsSync(data) ? false : 'the shared data is not on this machine';
const folder = useTempFolder();
let bench: QueryBench;

const trips =
  'vendor_id bigint, pickup_datetime timestamp, dropoff_datetime timestamp, passenger_count bigint, trip_distance double, ' +
  'rate_code_id double, store_and_fwd_flag string, pickup_location_id bigint, dropoff_location_id bigint, payment_type bigint, ' +
  'fare_amount double, extra double, mta_tax double, tip_amount double, tolls_amount double, improvement_surcharge double, ' +
  'total_amount double, congestion_surcharge double';

before(async () => {
  if (skip !== false) return;
  bench = await openQueryBench(folder);
  await bench.query('CREATE DATABASE d');
});
after(() => bench?.close());

async function rowOf(sql: string): Promise<readonly (string | undefined)[] | undefined> {
  return (await bench.query(sql)).rows[1];
}

test('18 months of taxi text: no row and no blank is lost', { skip }, async () => {
  const months = join(data, 'taxi', 'monthly');
  for (const file of readdirSync(months)) bench.put('lake', `monthly/${file}`, readFileSync(join(months, file)));
  await bench.query(`CREATE EXTERNAL TABLE d.monthly (${trips}) ROW FORMAT DELIMITED FIELDS TERMINATED BY ','
    LOCATION 's3://lake/monthly/' TBLPROPERTIES ('skip.header.line.count'='1')`);
  const sql =
    'SELECT count(*), count(pickup_datetime), count(congestion_surcharge), min(pickup_datetime), CAST(sum(CAST(fare_amount AS decimal(12,2))) AS varchar) FROM d.monthly';
  const expected = ['180000', '180000', '53673', '2018-01-01 00:05:12.000', '2782496.22'];
  assert.deepEqual(await rowOf(sql), expected);
  // The second time, each file's way of being read is known already.
  assert.deepEqual(await rowOf(sql), expected);
});

test('the same month as ORC and as Parquet, in every codec, gives the same answer', { skip }, async () => {
  const answers = new Set<string>();
  for (const format of ['orc', 'parquet']) {
    const files = readdirSync(join(data, 'formats', format)).filter((file) =>
      file.startsWith('yellow_tripdata_2018-01'),
    );
    for (const [index, file] of files.entries()) {
      bench.put('lake', `${format}${index}/${file}`, readFileSync(join(data, 'formats', format, file)));
      await bench.query(
        `CREATE EXTERNAL TABLE d.${format}${index} (${trips}) STORED AS ${format} LOCATION 's3://lake/${format}${index}/'`,
      );
      const row = await rowOf(
        `SELECT count(*), round(sum(fare_amount), 2), max(pickup_datetime) FROM d.${format}${index}`,
      );
      answers.add(JSON.stringify(row));
    }
  }
  assert.equal(answers.size, 1, [...answers].join(' '));
  assert.match([...answers][0] ?? '', /^\["10000","123814.53","2018-01-31 /);
});

test('songs that are not UTF-8, a quoted CSV, logs by grok, nested JSON', { skip }, async () => {
  const songs = readFileSync(join(data, 'billboard', 'songs.csv'));
  bench.put('lake', 'songs/songs.csv', songs);
  const names = songs.toString('latin1').split('\n')[0]?.trim().split(',') ?? [];
  await bench.query(`CREATE EXTERNAL TABLE d.songs (${names.map((name) => `\`${name.toLowerCase()}\` string`).join(', ')})
    ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.OpenCSVSerde' LOCATION 's3://lake/songs/' TBLPROPERTIES ('skip.header.line.count'='1')`);
  assert.deepEqual(await rowOf('SELECT count(*), sum(CAST(top10 AS integer)) FROM d.songs'), ['7574', '1119']);
  bench.put('lake', 'access/log.gz', readFileSync(join(data, 'logs', 'apache_access.log.gz')));
  await bench.query(`CREATE EXTERNAL TABLE d.access (clientip string, ident string, auth string, timestamp string, verb string,
    request string, httpversion string, response string, bytes string, referrer string, agent string)
    ROW FORMAT SERDE 'com.amazonaws.glue.serde.GrokSerDe' WITH SERDEPROPERTIES ('input.format'='%{COMBINEDAPACHELOG}')
    LOCATION 's3://lake/access/'`);
  assert.deepEqual(await rowOf("SELECT count(*), count_if(response = '200') FROM d.access"), ['10000', '9125']);
  bench.put('lake', 'nginx/x.jsonl.gz', readFileSync(join(data, 'logs', 'nginxplus_status.jsonl.gz')));
  await bench.query(`CREATE EXTERNAL TABLE d.nginx (nginx_version string, connections struct<accepted:bigint,dropped:bigint>)
    ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe' LOCATION 's3://lake/nginx/'`);
  assert.deepEqual(await rowOf('SELECT count(*), max(connections.accepted) FROM d.nginx'), ['500', '9005941']);
});
