/** Tables at their edges: many partitions, files without rows, definitions that do not fit their files. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { useTempFolder } from '#testing';
import { openQueryBench, type QueryBench } from './query.fixture.ts';

const folder = useTempFolder();
let bench: QueryBench;

before(async () => {
  bench = await openQueryBench(folder);
  await bench.query('CREATE DATABASE d');
});
after(() => bench.close());

async function rows(sql: string): Promise<readonly (readonly (string | undefined)[])[]> {
  return (await bench.query(sql)).rows.slice(1);
}

test('files with a header only, with and without a line end, have no rows', async () => {
  bench.put('lake', 'h/a.csv', 'x,y\n');
  bench.put('lake', 'h/b.csv', 'x,y\n1,2\n');
  bench.put('lake', 'h/c.csv', 'x,y');
  await bench.query(`CREATE EXTERNAL TABLE d.h (x int, y int) ROW FORMAT DELIMITED FIELDS TERMINATED BY ','
    LOCATION 's3://lake/h/' TBLPROPERTIES ('skip.header.line.count'='1')`);
  assert.deepEqual(await rows('SELECT * FROM d.h'), [['1', '2']]);
  assert.deepEqual(await rows('SELECT count(*) FROM d.h'), [['1']]);
});

for (const [kind, line] of [
  ['clean', (n: number) => `${n},${n * 2}\n`],
  ['dirty', (n: number) => `${n},${n * 2},more\r\n`],
] as const) {
  test(`more partitions than are read one by one, ${kind} text: values, paths and pruning`, async () => {
    for (let n = 0; n < 30; n++) bench.put('lake', `${kind}/p=${n}/a.csv`, line(n));
    await bench.query(`CREATE EXTERNAL TABLE d.${kind} (x int, y int) PARTITIONED BY (p int)
      ROW FORMAT DELIMITED FIELDS TERMINATED BY ',' LOCATION 's3://lake/${kind}/'`);
    await bench.query(`MSCK REPAIR TABLE d.${kind}`);
    assert.deepEqual(await rows(`SELECT count(*), sum(x), sum(p), max("$path") FROM d.${kind}`), [
      ['30', '435', '435', `s3://lake/${kind}/p=9/a.csv`],
    ]);
    assert.deepEqual(await rows(`SELECT x, p FROM d.${kind} WHERE p IN (3, 28) ORDER BY p`), [
      ['3', '3'],
      ['28', '28'],
    ]);
    assert.deepEqual(await rows(`SELECT count(*) FROM d.${kind}`), [['30']]);
  });
}

test('a table without files is empty, and can be copied', async () => {
  await bench.query("CREATE EXTERNAL TABLE d.empty (x int) LOCATION 's3://lake/none/'");
  assert.deepEqual(await rows('SELECT count(*), sum(x) FROM d.empty'), [['0', undefined]]);
  await bench.query("CREATE TABLE d.copy WITH (external_location = 's3://lake/copy/') AS SELECT * FROM d.empty");
  assert.deepEqual(await rows('SELECT count(*) FROM d.copy'), [['0']]);
});

test('Parquet whose columns are missing or of other types: NULL, cast, or an error that names the file', async () => {
  await bench.query("CREATE TABLE d.made WITH (external_location = 's3://lake/made/') AS SELECT 1 AS x, 2 AS y");
  await bench.query(
    "CREATE EXTERNAL TABLE d.other (x struct<a:int>, Y string, z double) STORED AS PARQUET LOCATION 's3://lake/made/'",
  );
  assert.deepEqual(await rows('SELECT y, z FROM d.other'), [['2', undefined]]);
  await assert.rejects(
    rows('SELECT x FROM d.other'),
    /HIVE_BAD_DATA: Field x's type INTEGER in parquet file s3:\/\/lake\/made\//,
  );
  bench.put('lake', 'bad/x.parquet', 'no Parquet at all, but long enough');
  await bench.query("CREATE EXTERNAL TABLE d.bad (x int) STORED AS PARQUET LOCATION 's3://lake/bad/'");
  await assert.rejects(rows('SELECT * FROM d.bad'), /HIVE_BAD_DATA: Not valid Parquet file/);
});

test('text and JSON that a query wrote are read back as they were', async () => {
  const select =
    "SELECT 1 AS x, CAST(2 AS double) AS y, TIMESTAMP '2020-01-01 10:00:00' AS at, CAST(NULL AS varchar) AS n, 'a,b' AS t";
  const expected = [['1', '2.0', '2020-01-01 10:00:00.000', undefined, 'a,b']];
  await bench.query(
    `CREATE TABLE d.text WITH (format = 'TEXTFILE', field_delimiter = '|', external_location = 's3://lake/text/') AS ${select}`,
  );
  assert.deepEqual(await rows('SELECT * FROM d.text'), expected);
  await bench.query(
    `CREATE TABLE d.json WITH (format = 'JSON', write_compression = 'GZIP', external_location = 's3://lake/json/') AS ${select}`,
  );
  assert.deepEqual(await rows('SELECT * FROM d.json'), expected);
  await assert.rejects(
    bench.query("CREATE TABLE d.orc WITH (format = 'ORC') AS SELECT 1 AS a"),
    /NOT_SUPPORTED: Writing the format 'ORC'/,
  );
});

test('ALTER TABLE changes partitions, columns and properties', async () => {
  await bench.query('INSERT INTO d.made VALUES (5, 6)');
  await bench.query(
    `ALTER TABLE d.clean ADD IF NOT EXISTS PARTITION (p = 99) LOCATION 's3://lake/clean/p=1/' PARTITION (p = 1)`,
  );
  assert.deepEqual(await rows('SELECT x FROM d.clean WHERE p = 99'), [['1']]);
  await bench.query('ALTER TABLE d.clean DROP PARTITION (p > 5)');
  assert.deepEqual(await rows('SELECT count(*) FROM d.clean'), [['6']]);
  await bench.query('ALTER TABLE d.made ADD COLUMNS (late string)');
  assert.deepEqual(await rows('SELECT x, late FROM d.made ORDER BY x'), [
    ['1', undefined],
    ['5', undefined],
  ]);
  await bench.query("ALTER TABLE d.made SET TBLPROPERTIES ('note' = 'x')");
  assert.deepEqual((await bench.query("SHOW TBLPROPERTIES d.made('note')")).rows, [['x']]);
  await assert.rejects(
    bench.query('DROP TABLE d.nothing'),
    /FAILED: SemanticException \[Error 10001\]: Table not found d\.nothing/,
  );
  await assert.rejects(bench.query('DROP DATABASE d'), /is not empty/);
});
