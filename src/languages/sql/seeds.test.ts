/** The statements of the walk-throughs that this front end must understand, on small tables with known answers. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { parseStatement } from './index.ts';
import { type TestCatalog, TestEngine } from './testing.ts';

const taxiColumns = {
  pickup_datetime: 'timestamp(3)',
  pickup_longitude: 'double',
  pickup_latitude: 'double',
  fare_amount: 'double',
  extra: 'double',
  mta_tax: 'double',
  tip_amount: 'double',
  tolls_amount: 'double',
  improvement_surcharge: 'double',
  total_amount: 'double',
};
const taxiRows = `SELECT * FROM (VALUES
  (TIMESTAMP '2017-01-01 10:00:00', -73.9e0, 40.7e0, 8e0, 0.5e0, 0.5e0, 1e0, 0e0, 0.3e0, 10e0),
  (TIMESTAMP '2017-01-02 10:30:00', -73.8, 40.6, 6.0, 0.5, 2.0, 1.0, 0.0, 0.3, 10.0),
  (TIMESTAMP '2017-01-02 11:30:00', -73.8, 40.6, 5.0, 0.5, 1.2, 1.0, 0.0, 0.3, 10.0),
  (TIMESTAMP '2017-01-02 11:40:00', -73.7, 40.5, 5.0, 0.5, 1.2, 1.0, 0.0, 0.3, 0.0)
) AS v(pickup_datetime, pickup_longitude, pickup_latitude, fare_amount, extra, mta_tax, tip_amount, tolls_amount,
       improvement_surcharge, total_amount)`;

const tables: TestCatalog = {
  'blog-db.taxi': { columns: taxiColumns, rows: taxiRows },
  'blog-db.taxi_parquet': { columns: taxiColumns, rows: taxiRows },
  'nycitytaxi.data': { columns: taxiColumns, rows: taxiRows },
  'sampledb.billboard': {
    columns: {
      year: 'integer',
      songtitle: 'varchar',
      artistname: 'varchar',
      timesignature: 'integer',
      tempo: 'double',
      top10: 'integer',
    },
    rows: `SELECT * FROM (VALUES (1986, 'When I Think of You', 'Janet Jackson', 4, 112.5::DOUBLE, 1), (2010, 'Nothing', 'JANET JACKSON', 4, 100.0, 0),
      (2010, 'Wild', 'Other', 3, 244.3, 0)) AS v(year, songtitle, artistname, timesignature, tempo, top10)`,
  },
  cloudtrail_logs: {
    columns: {
      eventtime: 'varchar',
      eventsource: 'varchar',
      eventname: 'varchar',
      responseelements: 'varchar',
      useridentity: 'row(arn varchar, sessioncontext row(sessionissuer row(username varchar)))',
    },
    rows: `SELECT * FROM (VALUES
      ('2026-01-02T01:00:00Z', 'athena.amazonaws.com', 'StartQueryExecution', '{"queryExecutionId":"q-1"}',
       {'arn': 'arn:aws:iam::1:user/a', 'sessioncontext': {'sessionissuer': {'username': 'r'}}}),
      ('2025-12-01T01:00:00Z', 'athena.amazonaws.com', 'StartQueryExecution', '{"queryExecutionId":"q-0"}',
       {'arn': 'arn:aws:iam::1:user/b', 'sessioncontext': {'sessionissuer': {'username': 'r'}}}),
      ('2026-01-02T01:00:00Z', 'athena.amazonaws.com', 'StartQueryExecution', 'null',
       {'arn': 'arn:aws:iam::1:user/c', 'sessioncontext': {'sessionissuer': {'username': 'r'}}})
    ) AS v(eventtime, eventsource, eventname, responseelements, useridentity)`,
  },
  athena_api_output: {
    columns: {
      queryid: 'varchar',
      querydatabase: 'varchar',
      executiontime: 'bigint',
      datascanned: 'bigint',
      status: 'varchar',
      submissiondatetime: 'varchar',
      completiondatetime: 'varchar',
    },
    rows: `SELECT 'q-1' AS queryid, 'db' AS querydatabase, 12::BIGINT AS executiontime, 99::BIGINT AS datascanned,
      'SUCCEEDED' AS status, 's' AS submissiondatetime, 'c' AS completiondatetime`,
  },
};

describe('the statements of the walk-throughs', () => {
  let engine: TestEngine;
  before(async () => {
    engine = await TestEngine.start();
  });
  after(() => engine.close());

  test('typographic quotes are read as quotes', async () => {
    assert.equal((await engine.rows('SELECT * FROM “blog-db”.taxi limit 10;', tables)).length, 4);
    assert.equal((await engine.rows('Select * From "nycitytaxi"."data" limit 10;', tables)).length, 4);
  });

  test('the average fare by hour', async () => {
    const sql =
      'SELECT EXTRACT (HOUR FROM pickup_datetime) AS hour, avg(fare_amount) AS average_fare FROM “blog-db”.taxi_parquet GROUP BY 1 ORDER BY 1;';
    assert.deepEqual(await engine.rows(sql, tables), [
      ['10', 7],
      ['11', 5],
    ]);
  });

  test('trips by tip category, through three subqueries', async () => {
    const sql = `-- Tip Percent Category
SELECT TipPrctCtgry
, COUNT (DISTINCT TripID) TripCt
FROM
(SELECT TripID
, (CASE
WHEN fare_prct < 0.7 THEN 'FL70'
WHEN fare_prct < 0.8 THEN 'FL80'
WHEN fare_prct < 0.9 THEN 'FL90'
ELSE 'FL100'
END) FarePrctCtgry
, (CASE
WHEN tip_prct < 0.1 THEN 'TL10'
WHEN tip_prct < 0.15 THEN 'TL15'
WHEN tip_prct < 0.2 THEN 'TL20'
ELSE 'TG20'
END) TipPrctCtgry
FROM
(SELECT TripID
, (fare_amount / total_amount) as fare_prct
, (extra / total_amount) as extra_prct
, (mta_tax / total_amount) as tip_prct
, (tolls_amount / total_amount) as mta_taxprct
, (tip_amount / total_amount) as tolls_prct
, (improvement_surcharge / total_amount) as imprv_suchrgprct
, total_amount
FROM
(SELECT *
, (cast(pickup_longitude AS VARCHAR(100)) || '_' || cast(pickup_latitude AS VARCHAR(100))) as TripID
from "blog-db”.taxi_parquet
WHERE total_amount > 0
) as t
) as t
) ct
GROUP BY TipPrctCtgry;`;
    const rows = await engine.rows(sql, tables);
    assert.deepEqual(
      rows.sort((a, b) => String(a).localeCompare(String(b))),
      [
        ['TG20', '1'],
        ['TL10', '1'],
        ['TL15', '1'],
      ],
    );
  });

  test('queries of the last day from CloudTrail', async () => {
    const sql = `with data AS (
SELECT
json_extract(responseelements,
'$.queryExecutionId') AS query_id,
(useridentity.arn) AS uid,
(useridentity.sessioncontext.sessionIssuer.userName) AS role,
from_iso8601_timestamp(eventtime) AS dt
FROM cloudtrail_logs
WHERE eventsource='athena.amazonaws.com'
AND eventname='StartQueryExecution'
AND json_extract(responseelements, '$.queryExecutionId') is NOT null)
SELECT *
FROM data
WHERE dt > date_add('day',-1,now() )`;
    assert.deepEqual(await engine.rows(sql, tables), [
      ['"q-1"', 'arn:aws:iam::1:user/a', 'r', '2026-01-02 01:00:00+00'],
    ]);
  });

  test('CloudTrail joined with the statistics: a JSON string loses its quotes when it is cast', async () => {
    const sql = `SELECT
c.useridentity.arn,
json_extract(c.responseelements, '$.queryExecutionId') qid,
a.datascanned,
a.querydatabase,
a.executiontime,
a.submissiondatetime,
a.completiondatetime,
a.status
FROM cloudtrail_logs c
JOIN athena_api_output a
ON cast(json_extract(c.responseelements, '$.queryExecutionId') as varchar) = a.queryid
WHERE eventsource = 'athena.amazonaws.com'
AND eventname = 'StartQueryExecution'
AND from_iso8601_timestamp(eventtime) > date_add('day',-5 ,now() )`;
    assert.deepEqual(await engine.rows(sql, tables), [
      ['arn:aws:iam::1:user/a', '"q-1"', '99', 'db', '12', 's', 'c', 'SUCCEEDED'],
    ]);
  });

  test('the six queries on billboard', async () => {
    const ask = (sql: string): Promise<unknown[][]> => engine.rows(sql, tables);
    assert.deepEqual(
      await ask(
        " SELECT songtitle,artistname,top10 FROM sampledb.billboard WHERE lower(artistname) = 'janet jackson' AND top10 = 1",
      ),
      [['When I Think of You', 'Janet Jackson', 1]],
    );
    assert.deepEqual(await ask(' SELECT count(*) FROM sampledb.billboard WHERE year = 2010'), [['2']]);
    assert.equal((await ask(' SELECT timesignature FROM sampledb.billboard')).length, 3);
    assert.deepEqual(
      await ask(
        ' SELECT songtitle,artistname,tempo FROM sampledb.billboard WHERE tempo = (SELECT max(tempo) FROM sampledb.billboard) ',
      ),
      [['Wild', 'Other', 244.3]],
    );
    assert.equal((await ask('SELECT * FROM sampledb.billboard WHERE year <= 2009')).length, 1);
    assert.equal((await ask('SELECT * FROM sampledb.billboard where year = 2010')).length, 2);
  });

  test('the table over the API output', () => {
    const statement = parseStatement(`CREATE EXTERNAL TABLE IF NOT EXISTS athena_api_output(
queryid string,
querydatabase string,
executiontime bigint
)
ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe'
WITH SERDEPROPERTIES (
'serialization.format' = ',',
'field.delim' = ','
) LOCATION 's3://bucket/output'
TBLPROPERTIES ('has_encrypted_data'='false')`);
    assert.equal(statement.kind, 'create-table');
    assert.ok(statement.kind === 'create-table' && statement.rowFormat?.kind === 'serde');
    assert.deepEqual(statement.rowFormat.properties, { 'serialization.format': ',', 'field.delim': ',' });
    assert.deepEqual(statement.properties, { has_encrypted_data: 'false' });
    assert.equal(statement.ifNotExists, true);
  });

  test('the billboard table', () => {
    const statement = parseStatement(`create external table if not exists billboard
(
year int,
songtitle string,
key int,
Top10 int
)
ROW FORMAT DELIMITED
FIELDS TERMINATED BY ','
STORED AS TEXTFILE
LOCATION 's3://aws-bigdata-blog/artifacts/predict-billboard/data'
;`);
    assert.ok(statement.kind === 'create-table');
    assert.deepEqual(statement.rowFormat, { kind: 'delimited', fieldDelimiter: ',' });
    assert.deepEqual(statement.columns.at(-1), { name: 'top10', type: 'int' });
    assert.equal(statement.location, 's3://aws-bigdata-blog/artifacts/predict-billboard/data');
  });

  test('the ORC table of the Relationalize walk-through', () => {
    const statement = parseStatement(`create external table spectrum.blog(
username VARCHAR, characteristics_power INTEGER, armor_classItem VARCHAR, map VARCHAR, waypoint VARCHAR)
stored as orc
location 's3://blog-example-edz/output-flat';`);
    assert.ok(statement.kind === 'create-table');
    assert.deepEqual(
      statement.columns.map((column) => column.type),
      ['string', 'int', 'string', 'string', 'string'],
    );
    assert.deepEqual(statement.storedAs, { kind: 'format', name: 'ORC' });
  });
});
