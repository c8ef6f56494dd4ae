/** SQL jobs over the real lake, catalog and query engine. */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import assert from 'node:assert/strict';
import { Glue } from '@aws-sdk/client-glue';
import { createCatalog, catalogSchema } from '#catalog';
import { SystemClock } from '#kernel/clock';
import { EventHub } from '#kernel/events';
import { silentLog } from '#kernel/log';
import { outboxSchema } from '#kernel/outbox';
import { State } from '#kernel/state';
import { Vault } from '#kernel/vault';
import { createLake, lakeSchema } from '#lake';
import { createLogs, logsSchema } from '#logs';
import { createQuery, querySchema } from '#query';
import { clientConfig, startGateway, until, useTempFolder } from '#testing';
import { createJobs } from '../capability.ts';
import { jobsSchema } from '../store/schema.ts';
import { identityMapping, proposeScript } from '../script-proposal.ts';
import { advanceRun } from '../runs/job-run.ts';
import { putIntent } from '../store/outputs.ts';
import { updateRun } from '../store/runs.ts';
import { testConfig } from '../jobs.fixture.ts';
import { SqlEngine } from './sql.ts';

const scope = '000000000000/us-east-1';
const accountId = '000000000000';

async function openLakeWithJobs() {
  const dataDir = useTempFolder();
  const clock = new SystemClock();
  const log = silentLog;
  const events = new EventHub(log);
  const schemas = [outboxSchema, lakeSchema, catalogSchema, querySchema, logsSchema, jobsSchema];
  const state = State.open(join(dataDir, 'state.sqlite'), schemas);
  const lake = createLake({ state, clock, log, events, dataDir, findCredential: () => undefined });
  const catalog = createCatalog({ state, clock, events, vault: new Vault(randomBytes(32)) });
  const config = { concurrency: 1, threads: 1 };
  const parts = { state, clock, log, events, lake: lake.lake, catalog: catalog.catalog };
  const query = createQuery({ ...parts, environment: process.env, config });
  const logs = createLogs({ state, clock, log });
  const apis = [...(lake.capability.apis ?? []), ...(catalog.capability.apis ?? [])];
  const server = await startGateway({ apis: () => apis });
  const { dispatcher } = server;
  const engine = new SqlEngine({ scripts: query.scripts, lake: lake.lake, state });
  const open = () =>
    createJobs({
      ...parts,
      logs: logs.logs,
      tags: catalog.tags,
      dispatcher,
      sql: engine,
      scripts: query.scripts,
      dataDir,
      environment: process.env,
      endpoint: () => server.endpoint,
      config: testConfig,
    });
  const jobs = open();
  apis.push(...(jobs.capability.apis ?? []));
  for (const part of [lake, catalog, query, logs, jobs]) await part.capability.start?.();
  const glue = new Glue(clientConfig(server.endpoint));
  after(async () => {
    glue.destroy();
    for (const part of [jobs, logs, query, catalog, lake]) await part.capability.stop?.();
    await server.close();
    state.close();
  });
  await dispatcher.call(
    's3',
    'CreateBucket',
    { Bucket: 'lake' },
    {
      caller: { kind: 'root', accountId, arn: `arn:aws:iam::${accountId}:root`, principalId: accountId },
      region: 'us-east-1',
      invokedBy: 'test',
    },
  );
  return { glue, jobs, open, lake: lake.lake, logs: logs.logs, query, state };
}

suite('SQL jobs', async () => {
  const { glue, jobs, open, lake, logs, query, state } = await openLakeWithJobs();
  const put = (key: string, text: string | Buffer) => lake.putObject({ bucket: 'lake', key }, Buffer.from(text));
  const list = async (prefix: string): Promise<string[]> => {
    const keys: string[] = [];
    for await (const { key } of lake.listObjects({ bucket: 'lake', prefix })) keys.push(key);
    return keys;
  };
  await glue.createDatabase({ DatabaseInput: { Name: 'shop' } });
  const orderColumns = [
    { Name: 'id', Type: 'bigint' },
    { Name: 'amount', Type: 'double' },
    { Name: 'city', Type: 'string' },
  ];
  const makeTable = (Name: string, Location: string, columns = orderColumns) =>
    glue.createTable({
      DatabaseName: 'shop',
      TableInput: {
        Name,
        TableType: 'EXTERNAL_TABLE',
        Parameters: { classification: 'csv', 'skip.header.line.count': '1' },
        StorageDescriptor: {
          Columns: columns,
          Location,
          InputFormat: 'org.apache.hadoop.mapred.TextInputFormat',
          OutputFormat: 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat',
          SerdeInfo: {
            SerializationLibrary: 'org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe',
            Parameters: { 'field.delim': ',' },
          },
        },
      },
    });
  await makeTable('orders', 's3://lake/orders/');
  await put('orders/a.csv', 'id,amount,city\n1,10.5,Ulm\n2,,Köln\n');
  await put('orders/b.csv.gz', gzipSync('id,amount,city\n3,7.25,Bonn\n'));

  const makeJob = async (Name: string, script: string, DefaultArguments: Record<string, string> = {}) => {
    await put(`scripts/${Name}.sql`, script);
    const Command = { Name: 'glueetl', ScriptLocation: `s3://lake/scripts/${Name}.sql` };
    await glue.createJob({ Name, Role: 'GlueRole', Command, DefaultArguments });
  };
  const run = async (JobName: string, Arguments: Record<string, string> = {}) => {
    const { JobRunId: RunId = '' } = await glue.startJobRun({ JobName, Arguments });
    const ended = () => jobs.runs.getRun(scope, JobName, RunId).completedMs !== undefined;
    await until(ended, `the end of ${JobName}`, 30_000);
    return jobs.runs.getRun(scope, JobName, RunId);
  };
  const select = async (sql: string) =>
    (await query.scripts.run(sql, { scope, caller: 'arn:test', database: 'shop' })).at(-1)?.rows;
  const mapped = async () => {
    const { Mapping = [] } = await glue.getMapping({ Source: { DatabaseName: 'shop', TableName: 'orders' } });
    return identityMapping(Mapping.map((entry) => ({ name: entry.SourcePath ?? '', type: entry.SourceType ?? '' })));
  };
  const parquetTable = (name: string, location: string) =>
    select(
      `CREATE EXTERNAL TABLE ${name} (id bigint, amount double, city string) STORED AS PARQUET LOCATION '${location}'`,
    );

  test('a proposed script turns a CSV table into Parquet with the same rows', async () => {
    const target = 's3://lake/parquet/orders/';
    await makeJob('convert', proposeScript({ database: 'shop', table: 'orders', target, mapping: await mapped() }));
    const ended = await run('convert');
    assert.equal(ended.errorMessage, undefined);
    assert.equal((await list('parquet/orders/')).length, 1);
    await parquetTable('orders_parquet', target);
    const rows = await select('SELECT id, amount, city FROM orders_parquet ORDER BY id');
    assert.deepEqual(rows, [
      ['1', '10.5', 'Ulm'],
      ['2', null, 'Köln'],
      ['3', '7.25', 'Bonn'],
    ]);
    const { events } = logs.getEvents(scope, '/aws-glue/jobs/output', ended.id, { limit: 50, fromHead: true });
    assert.match(events.map((event) => event.message).join('\n'), /3 rows written to s3:\/\/lake\/parquet\/orders\//);
  });

  test('a target that is not empty is refused, replaced or added to as the run says', async () => {
    const refused = await run('convert');
    assert.equal(refused.state, 'FAILED');
    assert.match(refused.errorMessage ?? '', /not empty.*--overwrite true/);
    const before = await list('parquet/orders/');
    assert.equal((await run('convert', { '--overwrite': 'true' })).state, 'SUCCEEDED');
    const after = await list('parquet/orders/');
    assert.equal(after.length, 1);
    assert.notDeepEqual(after, before);
    assert.equal((await run('convert', { '--if-exists': 'append' })).state, 'SUCCEEDED');
    assert.deepEqual(await select('SELECT count(*) FROM orders_parquet'), [['6']]);
    assert.match((await run('convert', { '--if-exists': 'maybe' })).errorMessage ?? '', /'maybe'/);
  });

  test('a run never overwrites what it reads, nor a whole bucket', async () => {
    const script = (target: string) => `UNLOAD (SELECT * FROM shop.orders) TO '${target}' WITH (format = 'PARQUET')`;
    await makeJob('selfish', script('s3://lake/orders/'));
    assert.match((await run('selfish', { '--overwrite': 'true' })).errorMessage ?? '', /delete its own source/);
    assert.equal((await list('orders/')).length, 2);
    await makeJob('greedy', script('s3://lake/'));
    assert.match((await run('greedy', { '--overwrite': 'true' })).errorMessage ?? '', /whole bucket/);
  });

  test('arguments reach the script and a mistake in it names the statement', async () => {
    await makeJob(
      'one-city',
      "UNLOAD (SELECT id FROM ${table} WHERE city = :city) TO '${target}' WITH (format = 'PARQUET')",
      { '--table': 'shop.orders', '--target': 's3://lake/parquet/city/' },
    );
    assert.equal((await run('one-city', { '--city': "Ulm' OR '1'='1" })).errorMessage, undefined);
    assert.deepEqual(await list('parquet/city/'), []);
    assert.equal((await run('one-city', { '--city': 'Ulm' })).errorMessage, undefined);
    assert.equal((await list('parquet/city/')).length, 1);
    assert.match((await run('one-city')).errorMessage ?? '', /'city' in line 1/);
    await makeJob('wrong', 'SELECT 1;\nSELECT nothing FROM shop.orders');
    assert.match((await run('wrong')).errorMessage ?? '', /Statement 2 of 2 failed: .*nothing/);
  });

  test('a run that is stopped ends soon and leaves nothing in its target', async () => {
    const numbers = (name: string) => `UNNEST(sequence(1, 100000)) AS ${name}(n)`;
    const query = `SELECT count(*) AS n FROM ${numbers('a')} CROSS JOIN ${numbers('b')} WHERE a.n * b.n % 7 = 1`;
    await makeJob('endless', `UNLOAD (${query}) TO 's3://lake/endless/' WITH (format = 'PARQUET')`);
    const { JobRunId: id = '' } = await glue.startJobRun({ JobName: 'endless' });
    await until(() => jobs.runs.getRun(scope, 'endless', id).state === 'RUNNING');
    await glue.batchStopJobRun({ JobName: 'endless', JobRunIds: [id] });
    await until(() => jobs.runs.getRun(scope, 'endless', id).state === 'STOPPED', 'the stop', 3000);
    assert.deepEqual(await list('endless/'), []);
  });

  test('with bookmarks a run processes only what is new, and a failed one moves nothing', async () => {
    await makeTable('arrivals', 's3://lake/arrivals/');
    await put('arrivals/1.csv', 'id,amount,city\n1,1,a\n');
    const mapping = await mapped();
    await makeJob(
      'follow',
      proposeScript({ database: 'shop', table: 'arrivals', target: 's3://lake/followed/', mapping }),
      {
        '--job-bookmark-option': 'job-bookmark-enable',
      },
    );
    assert.equal((await run('follow')).errorMessage, undefined);
    assert.equal((await run('follow')).errorMessage, undefined);
    assert.equal((await list('followed/')).length, 1);
    await put('arrivals/2.csv', 'id,amount,city\n2,2,b\n');
    assert.equal((await run('follow', { '--if-exists': 'refuse' })).state, 'FAILED');
    assert.equal((await run('follow')).errorMessage, undefined);
    await parquetTable('followed', 's3://lake/followed/');
    assert.deepEqual(await select('SELECT id FROM followed ORDER BY id'), [['1'], ['2']]);
    const { JobBookmarkEntry } = await glue.getJobBookmark({ JobName: 'follow' });
    assert.match(JobBookmarkEntry?.JobBookmark ?? '', /arrivals\/2\.csv/);
    await glue.resetJobBookmark({ JobName: 'follow' });
    assert.equal((await run('follow', { '--overwrite': 'true' })).errorMessage, undefined);
    assert.deepEqual(await select('SELECT count(*) FROM followed'), [['2']]);
  });

  const month = join('..', 'shared', 'data', 'taxi', 'monthly', 'yellow_tripdata_sample_2018-01.csv.gz');
  const skip = existsSync(month) ? false : `${month} is not here`;
  test('a month of real taxi rides keeps every row and every cent', { skip }, async () => {
    await put('taxi/2018-01.csv.gz', readFileSync(month));
    const header = gunzipSync(readFileSync(month)).toString('latin1').split(/\r?\n/, 1)[0] ?? '';
    const names = header.split(',').map((name) => name.trim().toLowerCase());
    const typed = names.map((name) => ({ Name: name, Type: /amount|distance/.test(name) ? 'double' : 'string' }));
    await makeTable('taxi', 's3://lake/taxi/', typed);
    const mapping = identityMapping(typed.map((column) => ({ name: column.Name, type: column.Type })));
    await makeJob(
      'taxi',
      proposeScript({ database: 'shop', table: 'taxi', target: 's3://lake/taxi-parquet/', mapping }),
    );
    assert.equal((await run('taxi')).errorMessage, undefined);
    const list = typed.map((column) => `${column.Name} ${column.Type}`).join(', ');
    await select(`CREATE EXTERNAL TABLE taxi_parquet (${list}) STORED AS PARQUET LOCATION 's3://lake/taxi-parquet/'`);
    const sums = (table: string) =>
      select(
        `SELECT count(*), sum(CAST(fare_amount AS decimal(18,2))), sum(CAST(total_amount AS decimal(18,2))) FROM ${table}`,
      );
    assert.deepEqual(await sums('taxi_parquet'), await sums('taxi'));
  });

  test('a run whose output was complete when the platform ended counts as succeeded', async () => {
    const interrupt = async (file: string, isLast: boolean) => {
      const started = await state.write((db) => {
        const run = jobs.runs.insertRun(db, scope, { jobName: 'convert' });
        updateRun(db, scope, advanceRun(run, 'RUNNING', run.startedMs));
        return run;
      });
      const firstFile = { bucket: 'lake', key: file };
      await state.write((db) =>
        putIntent(db, { runId: started.id, firstFile, isLast, replaced: [{ bucket: 'lake', key: 'old/x' }] }),
      );
      const next = open();
      await next.runs.resume();
      return next.runs.getRun(scope, 'convert', started.id);
    };
    await put('old/x', 'x');
    assert.equal((await interrupt('never/written', true)).state, 'FAILED');
    assert.equal((await list('old/')).length, 1);
    assert.equal((await interrupt('orders/a.csv', true)).state, 'SUCCEEDED');
    assert.equal((await list('old/')).length, 0);
    assert.equal((await interrupt('orders/a.csv', false)).state, 'FAILED');
  });
});
