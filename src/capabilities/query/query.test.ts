/** Athena through its real client: from a query to its rows, and everything around one. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { Athena } from '@aws-sdk/client-athena';
import { useTempFolder } from '#testing';
import { openQueryBench, type QueryBench } from './query.fixture.ts';

const folder = useTempFolder();
let bench: QueryBench;
let athena: Athena;

before(async () => {
  bench = await openQueryBench(folder);
  athena = bench.athena;
});
after(() => bench.close());

test('SELECT 1 gives a header, a row and the kinds of its columns', async () => {
  const answer = await bench.query("SELECT 1 AS one, 'a' AS letter, NULL AS nothing, CAST(1.5 AS double)");
  assert.deepEqual(answer.rows, [
    ['one', 'letter', 'nothing', '_col3'],
    ['1', 'a', undefined, '1.5'],
  ]);
  assert.deepEqual(
    answer.columns.map((column) => [column.Name, column.Type, column.Precision]),
    [
      ['one', 'integer', 10],
      ['letter', 'varchar', 1],
      ['nothing', 'unknown', 0],
      ['_col3', 'double', 17],
    ],
  );
  const uri = answer.execution.ResultConfiguration?.OutputLocation ?? '';
  assert.match(uri, /^s3:\/\/results\/out\/[0-9a-f-]{36}\.csv$/);
  const path = join(folder, 'buckets', uri.slice('s3://'.length));
  assert.equal(readFileSync(path, 'utf8'), '"one","letter","nothing","_col3"\n"1","a",,"1.5"\n');
  assert.ok(readFileSync(`${path}.metadata`).includes('letter'));
});

test('the seed query of S16: a table made by DDL over CSV in a bucket is counted and averaged', async () => {
  bench.put(
    'lake',
    'taxi/2018/a.csv',
    'vendor,distance,fare,at\r\n1,1.5,10.5,2018-01-01 10:00:00\r\n2,,7,2018-01-01 11:30:00\r\n',
  );
  bench.put('lake', 'taxi/2018/b.csv', 'vendor,distance,fare,at\r\n1,x,4.5,2018-01-02 10:15:00\r\n');
  bench.put('lake', 'taxi/_SUCCESS', 'x');
  await bench.query('CREATE DATABASE nycitytaxi');
  await bench.query(`CREATE EXTERNAL TABLE nycitytaxi.taxi (vendor int, distance double, fare double, at timestamp)
    ROW FORMAT DELIMITED FIELDS TERMINATED BY ',' STORED AS TEXTFILE LOCATION 's3://lake/taxi/'
    TBLPROPERTIES ('skip.header.line.count'='1')`);
  const answer = await bench.query(
    'SELECT EXTRACT(HOUR FROM at) AS hour, count(*) AS trips, avg(fare) AS fare, sum(distance) AS far FROM nycitytaxi.taxi GROUP BY 1 ORDER BY 1',
  );
  assert.deepEqual(answer.rows.slice(1), [
    ['10', '2', '7.5', '1.5'],
    ['11', '1', '7.0', undefined],
  ]);
  assert.equal(answer.execution.Statistics?.DataScannedInBytes, 137);
  assert.equal(answer.execution.StatementType, 'DML');
});

test('text that breaks the strict reader is read all the same, and every row counts', async () => {
  bench.put('lake', 'dirty/a.csv', Buffer.from('1,Zo\xeb,5\n2,"half,6\n\n3\n4,x,7,8\r\n5,y,1.5\n', 'latin1'));
  await bench.query(`CREATE EXTERNAL TABLE nycitytaxi.dirty (id int, name string, points int)
    ROW FORMAT DELIMITED FIELDS TERMINATED BY ',' LOCATION 's3://lake/dirty'`);
  const answer = await bench.query('SELECT id, name, points FROM nycitytaxi.dirty');
  assert.equal(answer.rows.length - 1, 6);
  assert.deepEqual(answer.rows.slice(2), [
    ['2', '"half', '6'],
    [undefined, undefined, undefined],
    ['3', undefined, undefined],
    ['4', 'x', '7'],
    ['5', 'y', undefined],
  ]);
});

test('gzip text, JSON, and partitions found by MSCK', async () => {
  bench.put('lake', 'events/year=2020/part.csv.gz', gzipSync('a,1\nb,2\n'));
  bench.put('lake', 'events/year=2021/part.csv.gz', gzipSync('c,3\n'));
  await bench.query(`CREATE EXTERNAL TABLE nycitytaxi.events (name string, n bigint) PARTITIONED BY (year int)
    ROW FORMAT DELIMITED FIELDS TERMINATED BY ',' LOCATION 's3://lake/events/'`);
  await bench.query('MSCK REPAIR TABLE nycitytaxi.events');
  const answer = await bench.query('SELECT name, n, year FROM nycitytaxi.events WHERE year > 2020');
  assert.deepEqual(answer.rows.slice(1), [['c', '3', '2021']]);
  assert.deepEqual((await bench.query('SHOW PARTITIONS nycitytaxi.events')).rows, [['year=2020'], ['year=2021']]);
  const all = await bench.query('SELECT sum(n), max("$path") FROM nycitytaxi.events');
  assert.deepEqual(all.rows[1], ['6', 's3://lake/events/year=2021/part.csv.gz']);
  bench.put('lake', 'json/a.json', '{"Id": 1, "user": {"name": "x"}, "tags": ["a", "b"]}\n{"id": 2}\n');
  await bench.query(`CREATE EXTERNAL TABLE nycitytaxi.docs (id bigint, user struct<name:string>, tags array<string>)
    ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe' LOCATION 's3://lake/json/'`);
  const docs = await bench.query('SELECT id, user.name, tags, user FROM nycitytaxi.docs ORDER BY id');
  assert.deepEqual(docs.rows.slice(1), [
    ['1', 'x', '[a, b]', '{name=x}'],
    ['2', undefined, undefined, undefined],
  ]);
});

test('CREATE TABLE AS writes Parquet that a later query reads, and INSERT adds to it', async () => {
  const made =
    await bench.query(`CREATE TABLE nycitytaxi.trips WITH (format = 'PARQUET', external_location = 's3://lake/parquet/',
    partitioned_by = ARRAY['vendor']) AS SELECT distance, fare, at, vendor FROM nycitytaxi.taxi`);
  assert.equal(made.updateCount, 3);
  assert.match(made.execution.Statistics?.DataManifestLocation ?? '', /-manifest\.csv$/);
  await bench.query("INSERT INTO nycitytaxi.trips SELECT 2.5, 1, TIMESTAMP '2020-01-01 00:00:00', 7");
  const answer = await bench.query(
    'SELECT vendor, count(*), sum(fare) FROM nycitytaxi.trips GROUP BY vendor ORDER BY vendor',
  );
  assert.deepEqual(answer.rows.slice(1), [
    ['1', '2', '15.0'],
    ['2', '1', '7.0'],
    ['7', '1', '1.0'],
  ]);
  const one = await bench.query('SELECT fare FROM nycitytaxi.trips WHERE vendor = 7');
  const wide = await bench.query('SELECT fare, distance FROM nycitytaxi.trips');
  const scanned = (each: typeof one): number => each.execution.Statistics?.DataScannedInBytes ?? 0;
  assert.ok(scanned(one) > 0 && scanned(one) < scanned(wide));
  const taken = bench.query(
    `CREATE TABLE nycitytaxi.again WITH (external_location = 's3://lake/parquet/') AS SELECT 1 AS a`,
  );
  await assert.rejects(taken, /HIVE_PATH_ALREADY_EXISTS/);
});

test('UNLOAD writes files and no table', async () => {
  await bench.query("UNLOAD (SELECT 1 AS a, 'x' AS b) TO 's3://lake/unloaded/' WITH (format = 'JSON')");
  const files = bench.list('lake', 'unloaded/');
  assert.equal(files.length, 1);
  assert.equal(bench.read('lake', files[0] ?? ''), '{"a":1,"b":"x"}\n');
});

test('a view keeps its text as Athena does, and reads through', async () => {
  await bench.query('CREATE VIEW nycitytaxi.long AS SELECT fare FROM nycitytaxi.taxi WHERE fare > 5');
  assert.deepEqual((await bench.query('SELECT count(*) FROM nycitytaxi.long')).rows[1], ['2']);
  const table = bench.catalog.getTable(bench.scope, 'nycitytaxi', 'long');
  assert.match(table.ViewOriginalText ?? '', /^\/\* Presto View: [A-Za-z0-9+/=]+ \*\/$/);
  assert.equal(table.TableType, 'VIRTUAL_VIEW');
  const shown = await bench.query('SHOW CREATE VIEW nycitytaxi.long');
  assert.match(shown.rows.flat().join('\n'), /SELECT fare FROM nycitytaxi.taxi/);
});

test('wrong queries fail in Trino’s words: at once when they do not parse, as FAILED when they do not bind', async () => {
  const start = (QueryString: string) =>
    athena.startQueryExecution({ QueryString, ResultConfiguration: { OutputLocation: 's3://results/out/' } });
  await assert.rejects(start('SELEC 1'), { name: 'InvalidRequestException' });
  await assert.rejects(
    bench.query('SELECT * FROM nycitytaxi.nothing'),
    /TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.nycitytaxi.nothing' does not exist/,
  );
  await assert.rejects(
    bench.query('SELECT nope FROM nycitytaxi.taxi'),
    /COLUMN_NOT_FOUND: line 1:8: Column 'nope' cannot be resolved/,
  );
  await assert.rejects(bench.query('SELECT vendor / 0 FROM nycitytaxi.taxi'), /DIVISION_BY_ZERO/);
  await assert.rejects(bench.query("SELECT CAST('x' AS integer)"), /INVALID_CAST_ARGUMENT/);
  const { QueryExecutionId } = await start('SELECT * FROM nycitytaxi.nothing');
  await bench.whenEnded(QueryExecutionId ?? '');
  const failed = await athena.getQueryExecution({ QueryExecutionId });
  assert.equal(failed.QueryExecution?.Status?.AthenaError?.ErrorCategory, 2);
  await assert.rejects(
    athena.getQueryResults({ QueryExecutionId }),
    /did not finish successfully. Final query state: FAILED/,
  );
});

test('results are paged by 1000 rows at most, and every row comes once', async () => {
  const { execution } = await bench.query(
    "SELECT n, 'a,\"b\"' || chr(10) || 'c' AS text FROM UNNEST(sequence(1, 2500)) AS t(n)",
  );
  const seen: string[] = [];
  let NextToken: string | undefined;
  let pages = 0;
  do {
    const page = await athena.getQueryResults({ QueryExecutionId: execution.QueryExecutionId, NextToken });
    for (const row of page.ResultSet?.Rows ?? []) seen.push(row.Data?.[0]?.VarCharValue ?? '');
    assert.equal(page.ResultSet?.Rows?.at(-1)?.Data?.[1]?.VarCharValue, 'a,"b"\nc');
    NextToken = page.NextToken;
    pages++;
  } while (NextToken !== undefined);
  assert.equal(pages, 3);
  assert.deepEqual(seen, ['n', ...Array.from({ length: 2500 }, (_, index) => String(index + 1))]);
});

test('the same token gives the same execution, and another query under it is refused', async () => {
  const ClientRequestToken = 't'.repeat(40);
  const request = {
    QueryString: 'SELECT 1',
    ClientRequestToken,
    ResultConfiguration: { OutputLocation: 's3://results/out/' },
  };
  const [first, second] = await Promise.all([athena.startQueryExecution(request), athena.startQueryExecution(request)]);
  assert.equal(first.QueryExecutionId, second.QueryExecutionId);
  await assert.rejects(
    athena.startQueryExecution({ ...request, QueryString: 'SELECT 2' }),
    /Idempotent parameters do not match/,
  );
});

test('a running query is stopped, and says so', async () => {
  const { QueryExecutionId } = await athena.startQueryExecution({
    QueryString:
      'SELECT count(*) FROM UNNEST(sequence(1, 1000000)) a(x) CROSS JOIN UNNEST(sequence(1, 1000000)) b(y) WHERE x + y = 3',
    ResultConfiguration: { OutputLocation: 's3://results/out/' },
  });
  await bench.until(
    async () => (await athena.getQueryExecution({ QueryExecutionId })).QueryExecution?.Status?.State === 'RUNNING',
  );
  await new Promise((resolve) => setTimeout(resolve, 200));
  const started = performance.now();
  await athena.stopQueryExecution({ QueryExecutionId });
  assert.ok(performance.now() - started < 1000, `took ${performance.now() - started} ms`);
  const stopped = await athena.getQueryExecution({ QueryExecutionId });
  assert.equal(stopped.QueryExecution?.Status?.State, 'CANCELLED');
});

test('prepared statements run with their parameters, by EXECUTE and by ExecutionParameters', async () => {
  await bench.query('PREPARE by_vendor FROM SELECT count(*) FROM nycitytaxi.taxi WHERE vendor = ? AND fare > ?');
  assert.deepEqual((await bench.query('EXECUTE by_vendor USING 1, 5')).rows[1], ['1']);
  assert.deepEqual((await bench.query('EXECUTE by_vendor', { ExecutionParameters: ['1', '0'] })).rows[1], ['2']);
  assert.deepEqual((await bench.query('SELECT ?', { ExecutionParameters: ["'x'"] })).rows[1], ['x']);
});

test('an earlier result is used again where the caller takes one', async () => {
  const reuse = { ResultReuseConfiguration: { ResultReuseByAgeConfiguration: { Enabled: true, MaxAgeInMinutes: 60 } } };
  const first = await bench.query('SELECT 99 AS reused', reuse);
  const second = await bench.query('SELECT 99 AS reused', reuse);
  assert.equal(first.execution.Statistics?.ResultReuseInformation?.ReusedPreviousResult, false);
  assert.equal(second.execution.Statistics?.ResultReuseInformation?.ReusedPreviousResult, true);
  assert.deepEqual(second.rows, first.rows);
});

test('a work group’s limits hold: scanned bytes, its own location, disabled', async () => {
  bench.put('lake', 'big/a.csv', 'x\n'.repeat(6_000_000));
  await bench.query("CREATE EXTERNAL TABLE nycitytaxi.big (a string) LOCATION 's3://lake/big/'");
  await athena.createWorkGroup({
    Name: 'small',
    Configuration: {
      ResultConfiguration: { OutputLocation: 's3://results/small/' },
      BytesScannedCutoffPerQuery: 10_000_000,
    },
  });
  await assert.rejects(
    bench.query('SELECT count(*) FROM nycitytaxi.big', { WorkGroup: 'small' }),
    /Bytes scanned limit was exceeded/,
  );
  const answer = await bench.query('SELECT 1', { WorkGroup: 'small' });
  assert.match(answer.execution.ResultConfiguration?.OutputLocation ?? '', /^s3:\/\/results\/small\//);
  await athena.updateWorkGroup({ WorkGroup: 'small', State: 'DISABLED' });
  await assert.rejects(bench.query('SELECT 1', { WorkGroup: 'small' }), /WorkGroup small is disabled/);
  await assert.rejects(athena.deleteWorkGroup({ WorkGroup: 'small' }), /is not empty/);
  await athena.deleteWorkGroup({ WorkGroup: 'small', RecursiveDeleteOption: true });
});

test('information_schema, SHOW, DESCRIBE and EXPLAIN tell what there is', async () => {
  const columns = await bench.query(
    "SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = 'nycitytaxi' AND table_name = 'taxi' ORDER BY ordinal_position",
  );
  assert.deepEqual(columns.rows.slice(1), [
    ['vendor', 'integer'],
    ['distance', 'double'],
    ['fare', 'double'],
    ['at', 'timestamp(3)'],
  ]);
  assert.deepEqual((await bench.query("SHOW TABLES IN nycitytaxi 't*i'")).rows, [['taxi']]);
  assert.deepEqual((await bench.query('DESCRIBE nycitytaxi.events')).rows[0], [
    'name                \tstring              \t                    ',
  ]);
  const created = (await bench.query('SHOW CREATE TABLE nycitytaxi.taxi')).rows.flat().join('\n');
  assert.match(created, /CREATE EXTERNAL TABLE `nycitytaxi\.taxi`\(\n {2}`vendor` int, /);
  const plan = (await bench.query('EXPLAIN SELECT * FROM nycitytaxi.events WHERE year = 2021')).rows.flat().join('\n');
  assert.match(plan, /partitions: 1 of 2/);
  assert.deepEqual((await bench.query('SELECT * FROM nycitytaxi."events$partitions" ORDER BY 1')).rows.slice(1), [
    ['2020'],
    ['2021'],
  ]);
});

test('a database in backticks is the database, as awswrangler sends it', async () => {
  const { rows } = await bench.query('DESCRIBE `taxi`', {
    QueryExecutionContext: { Database: '`nycitytaxi`' },
  });
  assert.match(rows.flat().join(), /vendor/);
});

test('a subquery may give columns that nobody reads', async () => {
  const { rows } = await bench.query(
    "SELECT count(*) FROM (SELECT vendor, upper(vendor || '') AS v FROM (SELECT CAST(vendor AS varchar) AS vendor, fare FROM nycitytaxi.taxi))",
  );
  assert.equal(rows[1]?.[0], '3');
});

test('metadata operations that Grafana and JDBC call', async () => {
  assert.deepEqual((await athena.listDataCatalogs({})).DataCatalogsSummary, [
    { CatalogName: 'AwsDataCatalog', Type: 'GLUE' },
  ]);
  const databases = await athena.listDatabases({ CatalogName: 'AwsDataCatalog' });
  assert.ok(databases.DatabaseList?.some((database) => database.Name === 'nycitytaxi'));
  const tables = await athena.listTableMetadata({
    CatalogName: 'AwsDataCatalog',
    DatabaseName: 'nycitytaxi',
    Expression: 'tax.*',
  });
  assert.deepEqual(
    tables.TableMetadataList?.map((table) => table.Name),
    ['taxi'],
  );
  await assert.rejects(
    athena.getTableMetadata({ CatalogName: 'AwsDataCatalog', DatabaseName: 'nycitytaxi', TableName: 'no' }),
    {
      name: 'MetadataException',
      message: /\(Service: AmazonDataCatalog; .* Error Code: EntityNotFoundException; [^()]*\)$/,
    },
  );
  const ids = (await athena.listQueryExecutions({ MaxResults: 5 })).QueryExecutionIds ?? [];
  assert.equal(ids.length, 5);
  const batch = await athena.batchGetQueryExecution({ QueryExecutionIds: [...ids, 'no-such-id'] });
  assert.equal(batch.QueryExecutions?.length, 5);
  assert.equal(batch.UnprocessedQueryExecutionIds?.[0]?.QueryExecutionId, 'no-such-id');
});

test('partition projection computes partitions that the catalog does not hold', async () => {
  for (const day of ['2020-01-01', '2020-01-02', '2020-01-03'])
    bench.put('lake', `projected/${day}/x.csv`, `${day}!\n`);
  await bench.query(`CREATE EXTERNAL TABLE nycitytaxi.projected (v string) PARTITIONED BY (day string) LOCATION 's3://lake/projected/'
    TBLPROPERTIES ('projection.enabled'='true', 'projection.day.type'='date', 'projection.day.format'='yyyy-MM-dd',
    'projection.day.range'='2020-01-01,2020-01-31', 'storage.location.template'='s3://lake/projected/\${day}/')`);
  const answer = await bench.query("SELECT day, v FROM nycitytaxi.projected WHERE day >= '2020-01-02' ORDER BY day");
  assert.deepEqual(answer.rows.slice(1), [
    ['2020-01-02', '2020-01-02!'],
    ['2020-01-03', '2020-01-03!'],
  ]);
});

test('a script of a job: several statements, rows and files in its results', async () => {
  const results = await bench.scripts.run(
    "CREATE TABLE nycitytaxi.scripted WITH (external_location = 's3://lake/scripted/') AS SELECT * FROM nycitytaxi.taxi; -- note\nSELECT count(*) AS n FROM nycitytaxi.scripted;",
    { scope: bench.scope, caller: 'arn:aws:iam::000000000000:role/job' },
  );
  assert.deepEqual(
    results.map((result) => [result.kind, result.rowsWritten]),
    [
      ['create-table-as', 3],
      ['query', 0],
    ],
  );
  assert.deepEqual(results[1]?.rows, [['3']]);
  const written = await bench.scripts.writeQuery('SELECT 1 AS a', 's3://lake/written/', {
    scope: bench.scope,
    caller: 'job',
  });
  assert.equal(written.files.length, 1);
});

test('what a crash cut off is FAILED after the restart', async () => {
  const id = await bench.queries.start(bench.scope, {
    query: 'SELECT 1',
    outputLocation: 's3://results/out/',
    caller: 'x',
  });
  await bench.queries.whenEnded(bench.scope, id);
  const execution = bench.queries.get(bench.scope, id);
  await bench.executions.update(bench.scope, { ...execution, state: 'RUNNING' }, () => undefined);
  await bench.queries.resume();
  assert.match(bench.queries.get(bench.scope, id).reason ?? '', /Run it again/);
});

test('who hears of the end of a query finds it ended', async () => {
  const seen: string[] = [];
  const forget = bench.hub.subscribe(({ detailType, detail }) => {
    if (detailType !== 'Athena Query State Change') return;
    const { state } = bench.queries.get(bench.scope, String(detail['queryExecutionId']));
    seen.push(`${String(detail['currentState'])} ${state}`);
  });
  await bench.query('SELECT 1');
  await bench.until(() => seen.length === 3, 'three events');
  forget();
  assert.equal(seen.at(-1), 'SUCCEEDED SUCCEEDED');
});

test('an end and the event that tells of it are one: where a success cannot be told there is no result of it', async () => {
  const refuse = (wanted: string): (() => void) =>
    bench.hub.addRecorder({
      wants: ({ detail }) => detail['currentState'] === wanted,
      record() {
        throw new Error('nobody writes this down');
      },
    });
  const noStart = refuse('QUEUED');
  const request = { query: 'SELECT 1', outputLocation: 's3://results/untold/', caller: 'x' };
  const toldBefore = bench.events.length;
  await assert.rejects(bench.queries.start(bench.scope, request), { message: 'nobody writes this down' });
  noStart();
  const noSuccess = refuse('SUCCEEDED');
  await assert.rejects(bench.query('SELECT 1', { ResultConfiguration: { OutputLocation: 's3://results/untold/' } }));
  noSuccess();
  const told = bench.events.slice(toldBefore).map(({ detail }) => [detail['queryExecutionId'], detail['currentState']]);
  assert.equal(new Set(told.map(([id]) => id)).size, 1, 'nothing is told of the query that was not taken on');
  assert.deepEqual(
    told.map(([, state]) => state),
    ['QUEUED', 'RUNNING', 'FAILED'],
  );
  assert.throws(() => bench.list('results', 'untold/'), { code: 'ENOENT' });
});
