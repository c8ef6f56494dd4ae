/**
 * Athena against bare DuckDB of the same version in this process, on the same files with the same threads: SELECT 1, a
 * GROUP BY over 5 million rows of Parquet and of clean CSV, and text that DuckDB's own reader refuses.
 *
 * The floor is favoured: it keeps one instance warm and pays for no process, no result file and no fsync. Both run in turn
 * on the same warm file cache. The client asks for the state after pauses that grow with the time passed (a tenth of
 * it, 1 ms at least), since client, server and engine share the cores and a client without pauses would take two of them.
 * Parquet is told twice: as the client sees it, with the durable steps that SELECT 1 shows alone, and the engine's own time.
 */
import { createWriteStream, mkdirSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { Athena } from '@aws-sdk/client-athena';
import { Glue } from '@aws-sdk/client-glue';
import { S3 } from '@aws-sdk/client-s3';
import { DuckDBInstance } from '@duckdb/node-api';
import { median, ms, printFigures } from './report.ts';
import { clientSettings, startServer } from './server.ts';

const rows = Number(process.env['BENCH_ROWS'] ?? 5_000_000);
const dirtyRows = Math.floor(rows / 5);
const rounds = 5;
const bucket = 'bench-query';

const server = await startServer();
process.on('exit', () => server.process.kill());
const settings = clientSettings(server.endpoint);
const athena = new Athena(settings);
const glue = new Glue(settings);
await new S3(settings).createBucket({ Bucket: bucket });
const folder = join(server.dataDir, 'buckets', bucket);
for (const name of ['parquet', 'csv', 'dirty']) mkdirSync(join(folder, name), { recursive: true });

const columns = [
  ['vendor_id', 'bigint'],
  ['pickup', 'string'],
  ['passengers', 'bigint'],
  ['distance', 'double'],
  ['fare', 'double'],
  ['total', 'double'],
] as const;
const select = `SELECT (i % 3)::BIGINT AS vendor_id, strftime(TIMESTAMP '2018-01-01' + to_seconds(i * 7 % 31536000), '%Y-%m-%d %H:%M:%S') AS pickup,
  (i * 13 % 7)::BIGINT AS passengers, ((i * 37 % 4000) / 100)::DOUBLE AS distance, ((i * 101 % 9000) / 100 + 2.5)::DOUBLE AS fare,
  ((i * 101 % 9000) / 100 + 4)::DOUBLE AS total FROM range(${rows}) AS t (i)`;

const bare = await (await DuckDBInstance.create(':memory:', { threads: String(availableParallelism()) })).connect();
const parquetFile = join(folder, 'parquet', 'part.parquet');
const csvFile = join(folder, 'csv', 'part.csv');
await bare.run(`COPY (${select}) TO '${parquetFile}' (FORMAT parquet, COMPRESSION snappy)`);
await bare.run(`COPY (${select}) TO '${csvFile}' (FORMAT csv, HEADER true)`);
await writeDirty(join(folder, 'dirty', 'part.csv'));

await glue.createDatabase({ DatabaseInput: { Name: 'bench' } });
await createTable('parquet', {
  InputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat',
  OutputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat',
  SerdeInfo: { SerializationLibrary: 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe' },
});
const text = {
  InputFormat: 'org.apache.hadoop.mapred.TextInputFormat',
  OutputFormat: 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat',
  SerdeInfo: {
    SerializationLibrary: 'org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe',
    Parameters: { 'field.delim': ',' },
  },
};
for (const name of ['csv', 'dirty']) await createTable(name, text);

const group = (table: string): string =>
  `SELECT passengers, count(*), avg(total), sum(fare) FROM ${table} GROUP BY passengers ORDER BY passengers`;
const one = await compare('SELECT 1', 'SELECT 1', 40);
const parquet = await compare(group('bench.parquet'), group(`read_parquet('${parquetFile}')`), rounds);
const csv = await compare(group('bench.csv'), group(`read_csv('${csvFile}')`), rounds);
const dirtyMs: number[] = [];
for (let round = 0; round < rounds; round++) dirtyMs.push((await ask(group('bench.dirty'))).elapsedMs);
const dirtyRate = statSync(join(folder, 'dirty', 'part.csv')).size / 1e6 / (median(dirtyMs) / 1000);
await server.stop();

const over = median(one.ours) - median(one.bare);
const ratio = ({ ours, bare: floor }: Times): number => median(ours) / median(floor);
const figure = (name: string, times: Times, most: number) => ({
  name,
  measured: `${ratio(times).toFixed(2)} x (${ms(median(times.ours))})`,
  asked: `<= ${most} x`,
  met: ratio(times) <= most,
  against: `bare DuckDB ${ms(median(times.bare))}`,
});
printFigures([
  {
    name: 'SELECT 1, start to SUCCEEDED',
    measured: `${ms(over)} over bare`,
    asked: '<= 25 ms',
    met: over <= 25,
    against: `bare DuckDB ${ms(median(one.bare))}`,
  },
  figure(`GROUP BY over ${rows / 1e6} M rows of Parquet, start to SUCCEEDED`, parquet, 1.15),
  figure('the same, the engine alone', { ...parquet, ours: parquet.engine }, 1.15),
  figure(`GROUP BY over ${rows / 1e6} M rows of clean CSV`, csv, 2),
  {
    name: 'text that DuckDB refuses',
    measured: `${Math.round(dirtyRate)} MB/s`,
    asked: '>= 40 MB/s',
    met: dirtyRate >= 40,
    against: `${dirtyRows} rows, every one kept`,
  },
]);

interface Times {
  readonly ours: readonly number[];
  /** What Athena's statistics say the engine took. */
  readonly engine: readonly number[];
  readonly bare: readonly number[];
}

/** Rounds of both in turn, after one of each that is not counted. */
async function compare(ours: string, floor: string, count: number): Promise<Times> {
  const times = { ours: [] as number[], engine: [] as number[], bare: [] as number[] };
  for (let round = -1; round < count; round++) {
    const { elapsedMs, engineMs } = await ask(ours);
    const started = performance.now();
    (await bare.runAndReadAll(floor)).getRows();
    const bareMs = performance.now() - started;
    if (round < 0) continue;
    times.ours.push(elapsedMs);
    times.engine.push(engineMs);
    times.bare.push(bareMs);
  }
  return times;
}

/** Milliseconds from the start of the query until it is seen SUCCEEDED. */
async function ask(sql: string): Promise<{ elapsedMs: number; engineMs: number }> {
  const started = performance.now();
  const { QueryExecutionId } = await athena.startQueryExecution({
    QueryString: sql,
    ResultConfiguration: { OutputLocation: `s3://${bucket}/results/` },
  });
  for (;;) {
    const { QueryExecution } = await athena.getQueryExecution({ QueryExecutionId });
    const { State, StateChangeReason } = QueryExecution?.Status ?? {};
    const engineMs = QueryExecution?.Statistics?.EngineExecutionTimeInMillis ?? 0;
    if (State === 'SUCCEEDED') return { elapsedMs: performance.now() - started, engineMs };
    if (State === 'FAILED' || State === 'CANCELLED') throw new Error(StateChangeReason);
    await pause(Math.max(1, (performance.now() - started) / 10));
  }
}

async function createTable(name: string, format: object): Promise<void> {
  await glue.createTable({
    DatabaseName: 'bench',
    TableInput: {
      Name: name,
      TableType: 'EXTERNAL_TABLE',
      Parameters: { EXTERNAL: 'TRUE', 'skip.header.line.count': '1' },
      StorageDescriptor: {
        Columns: columns.map(([Name, Type]) => ({ Name, Type })),
        Location: `s3://${bucket}/${name}/`,
        ...format,
      },
    },
  });
}

/** Rows with a quote in the middle, too few or too many cells, bad bytes and both line ends. */
async function writeDirty(path: string): Promise<void> {
  const file = createWriteStream(path);
  file.write('vendor_id,pickup,passengers,distance,fare,total\n');
  const bad = Buffer.from([0xe9, 0xff]);
  for (let row = 0; row < dirtyRows; row++) {
    const cells = `${row % 3},2018-01-01 00:00:${String(row % 60).padStart(2, '0')},${row % 7},${(row % 4000) / 100},${(row % 9000) / 100},${(row % 9000) / 100 + 1.5}`;
    const kind = row % 1000;
    const line =
      kind === 1
        ? `${cells},extra,"half`
        : kind === 2
          ? '1,short'
          : kind === 3
            ? `2,caf${bad.toString('latin1')} "x,1,2,3,4`
            : cells;
    if (!file.write(Buffer.from(`${line}${row % 5 === 0 ? '\r\n' : '\n'}`, 'latin1')))
      await new Promise<void>((settle) => void file.once('drain', settle));
  }
  file.end();
  await finished(file);
}
