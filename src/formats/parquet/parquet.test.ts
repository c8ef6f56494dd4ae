import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { DuckDBInstance } from '@duckdb/node-api';
import { PlatformError } from '#kernel/errors';
import { formatHiveType } from '../hive-type.ts';
import { mutantsOf } from '../mutants.fixture.ts';
import { readerOfBytes } from '../range-reader.ts';
import { readParquetMeta } from './index.ts';

const folder = '../shared/data/formats/parquet';
const skip = existsSync(folder) ? false : 'the shared data are not here';

/** A file that DuckDB writes: 3,000 rows in two row groups. */
async function smallFile(): Promise<Buffer> {
  const temporary = mkdtempSync(join(tmpdir(), 'millpond-parquet-'));
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    await connection.run(
      `COPY (SELECT i::INT AS Id, i::BIGINT * 2 AS big, 'n' || i AS name, i / 2.0::DOUBLE AS x, (i / 3)::DECIMAL(10,2) AS price,
        DATE '2018-01-01' AS day, TIMESTAMP '2018-01-01 10:00:00' AS at, [i, NULL] AS list, {'a': i, 'b': [i::VARCHAR]} AS s,
        MAP {'k': i} AS m, i::UTINYINT AS u FROM range(1, 201) t(i)) TO '${temporary}/x.parquet' (FORMAT parquet, ROW_GROUP_SIZE 2048)`,
    );
    return readFileSync(`${temporary}/x.parquet`);
  } finally {
    connection.closeSync();
    instance.closeSync();
    rmSync(temporary, { recursive: true });
  }
}

test('the footer gives schema, rows and statistics', async () => {
  const meta = await readParquetMeta(readerOfBytes(await smallFile()));
  assert.deepEqual(
    meta.columns.map((column) => `${column.name} ${formatHiveType(column.type)}`),
    [
      'id int',
      'big bigint',
      'name string',
      'x double',
      'price decimal(10,2)',
      'day date',
      'at timestamp',
      'list array<bigint>',
      's struct<a:bigint,b:array<string>>',
      'm map<string,bigint>',
      'u smallint',
    ],
  );
  assert.equal(meta.rowCount, 200);
  const chunk = meta.rowGroups[0]?.columns.find((column) => column.path === 'big');
  assert.deepEqual([chunk?.min, chunk?.max, chunk?.nullCount, chunk?.codec], ['2', '400', 0, 'snappy']);
  assert.ok((chunk?.compressedBytes ?? 0) > 0);
  assert.match(meta.createdBy, /DuckDB/);
});

test('1,000 damaged copies end with an error or with a sound answer', async () => {
  const bytes = await smallFile();
  const footer = bytes.subarray(-4000);
  for (const [index, mutant] of [...mutantsOf(footer, 1000)].entries()) {
    const whole =
      index % 4 === 1 ? Buffer.concat([mutant, bytes.subarray(-8)]) : Buffer.concat([bytes.subarray(0, -4000), mutant]);
    try {
      const meta = await readParquetMeta(readerOfBytes(whole));
      assert.ok(Number.isSafeInteger(meta.rowCount));
      for (const column of meta.columns) formatHiveType(column.type);
    } catch (error) {
      assert.ok(error instanceof PlatformError, String((error as Error).stack));
    }
  }
});

test('what is no Parquet file says so', async () => {
  for (const text of ['', 'PAR1PAR1', 'PAR1xxxxxxxx\u00ff\u00ff\u00ff\u007fPAR1', 'nothing of the kind']) {
    await assert.rejects(readParquetMeta(readerOfBytes(Buffer.from(text, 'latin1'))), PlatformError, text);
  }
});

test('every file of the shared data has a schema, and as many rows as DuckDB counts', { skip }, async () => {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    for (const file of readdirSync(folder).filter((name) => name.endsWith('.parquet'))) {
      const meta = await readParquetMeta(readerOfBytes(readFileSync(`${folder}/${file}`)));
      const [[count, columns] = []] = (
        await connection.runAndReadAll(
          `SELECT (SELECT count(*) FROM '${folder}/${file}'), (SELECT count(*) FROM (DESCRIBE SELECT * FROM '${folder}/${file}'))`,
        )
      ).getRows();
      assert.deepEqual([BigInt(meta.rowCount), BigInt(meta.columns.length)], [count, columns], file);
    }
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
});
