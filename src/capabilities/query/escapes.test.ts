/**
 * Attempts to reach files, the network, settings or other queries by SQL, one of each kind that got through a plain DuckDB.
 * Each goes the whole way that a client's text goes; none may succeed, and nothing outside may change.
 */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { DuckdbPool, EngineError } from '#drivers/duckdb/client';
import { SystemClock } from '#kernel/clock';
import { silentLog } from '#kernel/log';
import { useTempFolder } from '#testing';
import { openQueryBench, type QueryBench } from './query.fixture.ts';

const folder = useTempFolder();
const outside = join(folder, 'outside');
const inside = join(folder, 'inside');
let bench: QueryBench;
let hits = 0;
const server = createServer((_request, response) => {
  hits++;
  response.end('a\n1\n');
});
const pool = new DuckdbPool(
  { size: 1, queueMax: 1, threads: 1, memoryLimitBytes: 256 * 2 ** 20, prelude: [], environment: {} },
  new SystemClock(),
  silentLog,
);

before(async () => {
  bench = await openQueryBench(folder, { residentMaxBytes: 300 * 2 ** 20 });
  for (const each of [outside, inside, `${inside}-sibling`]) mkdirSync(each);
  writeFileSync(join(outside, 'secret.csv'), 'a\nsecret\n');
  writeFileSync(join(`${inside}-sibling`, 'secret.csv'), 'a\nsecret\n');
  symlinkSync(join(outside, 'secret.csv'), join(inside, 'link.csv'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
after(async () => {
  await bench.close();
  await pool.close();
  server.close();
});

function attempts(): readonly string[] {
  const secret = join(outside, 'secret.csv');
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/x.csv`;
  const out = join(outside, 'written');
  return [
    // Readers
    `SELECT * FROM read_csv('${secret}')`,
    `SELECT * FROM read_csv_auto('${secret}')`,
    `SELECT * FROM read_text('${secret}')`,
    `SELECT * FROM read_blob('${secret}')`,
    `SELECT * FROM read_json('${secret}')`,
    `SELECT * FROM read_ndjson_objects('${secret}')`,
    `SELECT * FROM read_parquet('${secret}')`,
    `SELECT * FROM parquet_metadata('${secret}')`,
    `SELECT * FROM sniff_csv('${secret}')`,
    `SELECT * FROM read_duckdb('${secret}')`,
    `SELECT * FROM read_csv(['${secret}', '${secret}'])`,
    // Replacement scans, globs, traversal, links, addresses
    `SELECT * FROM '${secret}'`,
    `SELECT * FROM "${secret}"`,
    `FROM '${secret}'`,
    `SELECT * FROM glob('${outside}/*')`,
    `SELECT * FROM read_csv('${inside}/../outside/secret.csv')`,
    `SELECT * FROM read_csv('${inside}/%2e%2e/outside/secret.csv')`,
    `SELECT * FROM read_csv('${inside}-sibling/secret.csv')`,
    `SELECT * FROM read_csv('${inside}/link.csv')`,
    `SELECT * FROM read_csv('file://${secret}')`,
    `SELECT * FROM read_csv('file:${secret}')`,
    "SELECT * FROM read_text('/proc/self/environ')",
    "SELECT * FROM read_text('/proc/self/cmdline')",
    // Writing
    `COPY (SELECT 1) TO '${out}.csv'`,
    `COPY (SELECT 1 AS a, 2 AS b) TO '${out}' (FORMAT csv, PARTITION_BY (b))`,
    `EXPORT DATABASE '${out}'`,
    `IMPORT DATABASE '${outside}'`,
    `ATTACH '${out}.db' AS other`,
    `ATTACH '${secret}' (TYPE sqlite)`,
    "ATTACH ':memory:' AS other",
    "ATTACH 'postgres://127.0.0.1/x' (TYPE postgres)",
    `ATTACH '${url}' AS other`,
    'DETACH memory',
    // Extensions and the network
    'INSTALL httpfs',
    `INSTALL httpfs FROM '${url}'`,
    'FORCE INSTALL httpfs',
    'LOAD httpfs',
    `LOAD '${secret}'`,
    `SELECT * FROM read_csv('${url}')`,
    `SELECT * FROM '${url}'`,
    "SELECT * FROM read_csv('s3://bucket/x.csv')",
    "SELECT * FROM read_text('http://169.254.169.254/latest/meta-data/')",
    "CREATE SECRET s (TYPE s3, KEY_ID 'x', SECRET 'y')",
    "CREATE PERSISTENT SECRET s (TYPE http, BEARER_TOKEN 'x')",
    // Settings
    'SET enable_external_access = true',
    "SET allowed_directories = ['/']",
    'RESET allowed_directories',
    "SET memory_limit = '100GB'",
    'SET threads = 64',
    "SET temp_directory = '/'",
    `SET home_directory = '${outside}'`,
    `SET extension_directory = '${outside}'`,
    'SET lock_configuration = false',
    `SET log_query_path = '${out}.log'`,
    `PRAGMA profiling_output = '${out}.json'`,
    "PRAGMA enable_profiling = 'json'",
    'PRAGMA database_list',
    "PRAGMA memory_limit = '100GB'",
    "SET GLOBAL TimeZone = 'Asia/Tokyo'",
    // Introspection
    'SELECT * FROM duckdb_settings()',
    'SELECT * FROM duckdb_secrets()',
    "SELECT current_setting('temp_directory')",
    'SELECT * FROM pragma_database_list',
    // Indirection
    `SET VARIABLE f = '${secret}'`,
    `SELECT * FROM query('SELECT * FROM read_csv(''${secret}'')')`,
    "SELECT * FROM query_table('duckdb_settings')",
    `PREPARE p AS SELECT * FROM read_csv('${secret}')`,
    `CREATE MACRO m() AS TABLE SELECT * FROM read_csv('${secret}')`,
    `CREATE VIEW v AS SELECT * FROM read_csv('${secret}')`,
    "SELECT json_execute_serialized_sql('{}')",
    `SELECT * FROM json_execute_serialized_sql(json_serialize_sql('SELECT * FROM read_csv(''${secret}'')'))`,
    // The engine itself
    `CALL enable_logging(storage = 'file', storage_path = '${out}')`,
    'CHECKPOINT',
    'FORCE CHECKPOINT',
    "SELECT getenv('HOME')",
  ];
}

test('75 ways out by SQL: none succeeds', async () => {
  const all = attempts();
  assert.equal(all.length, 75);
  const escaped: string[] = [];
  for (const sql of all) {
    await bench.query(sql).then(
      () => escaped.push(sql),
      () => {},
    );
  }
  assert.deepEqual(escaped, []);
  assert.deepEqual(readdirSync(outside), ['secret.csv']);
  assert.equal(hits, 0);
});

/**
 * Behind the front end stands the engine's own lock: the same texts, given to it directly. What may run there touches
 * nothing but its own instance, which nobody else uses.
 */
test('the engine’s own lock holds without the front end', async () => {
  const ran: string[] = [];
  for (const [index, sql] of attempts().entries()) {
    const spillFolder = join(inside, `work-${index}`);
    mkdirSync(spillFolder);
    const work = { folders: [], spillFolder, spillMaxBytes: 2 ** 20, scans: [], statements: [{ sql, rowsMax: 1 }] };
    try {
      const { statements } = await pool.run(work, { timeoutMs: 10_000 });
      ran.push(sql);
      assert.doesNotMatch(JSON.stringify(statements), /secret\b(?!s)/, sql);
    } catch (error) {
      assert.ok(error instanceof EngineError, sql);
    }
  }
  assert.deepEqual(readdirSync(outside), ['secret.csv']);
  assert.equal(hits, 0);
  const touchesFiles = ran.filter(
    (sql) => sql.includes(outside) && !/^(SET VARIABLE|PREPARE|CREATE MACRO|CALL)/.test(sql),
  );
  assert.deepEqual(touchesFiles, []);
});

test('statements that are too deep or too large are refused, and the next one is served', async () => {
  const deep = `SELECT ${'('.repeat(50_000)}1${')'.repeat(50_000)}`;
  const nots = `SELECT ${'NOT '.repeat(20_000)} true`;
  const long = `SELECT '${'x'.repeat(300_000)}'`;
  for (const sql of [deep, nots, long]) await assert.rejects(bench.query(sql), sql.slice(0, 40));
  assert.deepEqual((await bench.query('SELECT 1')).rows[1], ['1']);
});

test('bombs that fill the memory end with a word about it, and the next query is served', async () => {
  for (const sql of [
    "SELECT length(array_join(repeat('xxxxxxxxxxxxxxxx', 400000000), ''))",
    "SELECT length(lpad('x', 2000000000, 'y'))",
    'SELECT cardinality(sequence(1, 2000000000))',
  ]) {
    await assert.rejects(
      bench.query(sql),
      /EXCEEDED_LOCAL_MEMORY_LIMIT|INVALID_FUNCTION_ARGUMENT|NUMERIC_VALUE_OUT_OF_RANGE/,
      sql,
    );
  }
  assert.deepEqual((await bench.query('SELECT 2')).rows[1], ['2']);
});
