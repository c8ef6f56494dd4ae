import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { DuckdbPool } from '#drivers/duckdb/client';
import { SystemClock } from '#kernel/clock';
import { silentLog } from '#kernel/log';
import { parseType } from '#languages/sql/index';
import { useTempFolder } from '#testing';
import { cellTextMacros } from './cell-text.ts';
import { translateEngineError } from './duckdb-errors.ts';
import { DuckdbEngine } from './duckdb.ts';
import { engineContract } from './engine.contract.ts';

const folder = useTempFolder();

function openEngine(): DuckdbEngine {
  const pool = new DuckdbPool(
    { size: 1, queueMax: 10, threads: 2, memoryLimitBytes: 2 ** 28, prelude: cellTextMacros, environment: {} },
    new SystemClock(),
    silentLog,
  );
  return new DuckdbEngine(pool, { spillMaxBytes: 2 ** 26 });
}

engineContract({
  name: 'duckdb',
  open: async () => openEngine(),
  folder,
  endless: 'SELECT count(*) FROM range(1000000000000) a(i) WHERE hash(i) = 1',
  counting: (rows) => `SELECT i AS n FROM range(1, ${rows + 1}) t(i)`,
});

const engine = openEngine();
after(() => engine.close());

test('values are written as Trino writes them', async () => {
  const cases: [sql: string, type: string, text: string | null][] = [
    ['1e7::DOUBLE', 'double', '1.0E7'],
    ['0.00015::DOUBLE', 'double', '1.5E-4'],
    ['9999999.9::DOUBLE', 'double', '9999999.9'],
    ['-1.7976931348623157e308::DOUBLE', 'double', '-1.7976931348623157E308'],
    ["'nan'::DOUBLE", 'double', 'NaN'],
    ["'-inf'::DOUBLE", 'double', '-Infinity'],
    ['0::DOUBLE', 'double', '0.0'],
    ['1.1::FLOAT', 'real', '1.1'],
    ['12.30::DECIMAL(10,2)', 'decimal(10,2)', '12.30'],
    ["TIMESTAMP '2020-01-02 03:04:05.6'", 'timestamp(3)', '2020-01-02 03:04:05.600'],
    ["TIMESTAMPTZ '2020-01-02 03:04:05+02'", 'timestamp(3) with time zone', '2020-01-02 01:04:05.000 UTC'],
    ["DATE '2020-01-02'", 'date', '2020-01-02'],
    ["'ab'::BLOB", 'varbinary', '61 62'],
    ['true', 'boolean', 'true'],
    ['[1, NULL]', 'array(integer)', '[1, null]'],
    ['[1e8::DOUBLE]', 'array(double)', '[1.0E8]'],
    ["MAP{'a': [1]}", 'map(varchar, array(integer))', '{a=[1]}'],
    ["{'a': 1, 'b': NULL}", 'row(a integer, b varchar)', '{a=1, b=null}'],
    ['NULL::INTEGER[]', 'array(integer)', null],
    ['NULL::VARCHAR', 'varchar', null],
  ];
  const columns = cases.map(([, type], index) => ({ name: `c${index}`, type: parseType(type), anonymous: false }));
  const answer = await engine.run(
    {
      sql: `SELECT ${cases.map(([sql]) => sql).join(', ')}`,
      columns,
      scans: [],
      target: { kind: 'rows', rowsMax: 1 },
      scratchFolder: mkdtempSync(join(folder, 'text-')),
    },
    {
      signal: new AbortController().signal,
      timeoutMs: 10_000,
      scannedMaxBytes: undefined,
      onStart: () => {},
      onProgress: () => {},
    },
  );
  assert.deepEqual(
    answer.values[0],
    cases.map(([, , text]) => text),
  );
});

test('what DuckDB says becomes Trino’s error name', () => {
  const code = (message: string): string => translateEngineError(message).code;
  assert.equal(code("Conversion Error: Could not convert string 'x' to INT32"), 'INVALID_CAST_ARGUMENT');
  assert.equal(
    code("Conversion Error: Could not convert string 'DIVISION_BY_ZERO: Division by zero' to INT32"),
    'DIVISION_BY_ZERO',
  );
  assert.equal(code('Out of Range Error: Overflow in multiplication of INT32'), 'NUMERIC_VALUE_OUT_OF_RANGE');
  assert.equal(code('Out of Memory Error: could not allocate block'), 'EXCEEDED_LOCAL_MEMORY_LIMIT');
  assert.equal(code("HIVE_BAD_DATA: Field x's type"), 'HIVE_BAD_DATA');
  assert.equal(code('something new'), 'GENERIC_INTERNAL_ERROR');
});
