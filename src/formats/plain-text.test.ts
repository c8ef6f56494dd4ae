import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { DuckDBInstance } from '@duckdb/node-api';
import { encodeBatch, plainLayoutOf } from './plain-text.ts';
import type { RowBatch } from './row-batch.ts';

/** Rows as DuckDB's strict reader sees a file. */
async function readBack(bytes: Uint8Array, from: (file: string) => string): Promise<unknown[][]> {
  const folder = mkdtempSync(join(tmpdir(), 'millpond-plain-'));
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    writeFileSync(`${folder}/x`, bytes);
    return (await connection.runAndReadAll(`SELECT * FROM ${from(`${folder}/x`)}`)).getRowsJson();
  } finally {
    connection.closeSync();
    instance.closeSync();
    rmSync(folder, { recursive: true });
  }
}

const flat: RowBatch = {
  columns: [
    { name: 'id', type: { kind: 'bigint' } },
    { name: 'name', type: { kind: 'string' } },
    { name: 'x', type: { kind: 'double' } },
    { name: 'day', type: { kind: 'date' } },
  ],
  rowCount: 5,
  vectors: [
    [9_007_199_254_740_993n, null, -1n, 0n, 1n],
    ['a, "b"\nc', '', null, ' x ', 'nul\u0000in'],
    [1.5, Number.NaN, -2.25, null, Number.POSITIVE_INFINITY],
    ['2018-01-31', null, '1969-12-31', null, null],
  ],
};

test('flat rows go through CSV unchanged, NULL apart from the empty string', async () => {
  const layout = plainLayoutOf(flat.columns);
  assert.deepEqual(layout, { format: 'csv', delimiter: ',', nullTexts: [''] });
  const rows = await readBack(
    encodeBatch(flat, layout),
    (file) =>
      `read_csv('${file}', auto_detect=false, header=false, delim=',', quote='"', escape='"', nullstr=[''], allow_quoted_nulls=false, columns={'id':'BIGINT','name':'VARCHAR','x':'DOUBLE','day':'DATE'})`,
  );
  assert.deepEqual(rows, [
    ['9007199254740993', 'a, "b"\nc', 1.5, '2018-01-31'],
    [null, '', 'NaN', null],
    ['-1', null, -2.25, '1969-12-31'],
    ['0', ' x ', null, null],
    ['1', 'nul\u0000in', 'Infinity', null],
  ]);
});

test('nested rows go through lines of JSON unchanged', async () => {
  const nested: RowBatch = {
    columns: [
      { name: 's', type: { kind: 'struct', fields: [{ name: 'A', type: { kind: 'bigint' } }] } },
      {
        name: 'm',
        type: { kind: 'map', key: { kind: 'string' }, value: { kind: 'array', element: { kind: 'double' } } },
      },
      { name: 'd', type: { kind: 'decimal', precision: 38, scale: 2 } },
      { name: 'b', type: { kind: 'binary' } },
    ],
    rowCount: 2,
    vectors: [
      [{ A: 9_007_199_254_740_993n }, null],
      [new Map([['k', [1, Number.NaN, null]]]), new Map()],
      ['123456789012345678901234567890.12', null],
      [Uint8Array.of(0, 255), null],
    ],
  };
  assert.deepEqual(plainLayoutOf(nested.columns), { format: 'ndjson' });
  const rows = await readBack(
    encodeBatch(nested, { format: 'ndjson' }),
    (file) =>
      `(SELECT s.A, m['k'], d, unhex(b) = '\\x00\\xFF'::BLOB FROM read_json('${file}', format='newline_delimited', columns={'s':'STRUCT(A BIGINT)','m':'MAP(VARCHAR,DOUBLE[])','d':'DECIMAL(38,2)','b':'VARCHAR'}))`,
  );
  assert.deepEqual(rows, [
    ['9007199254740993', [1, 'NaN', null], '123456789012345678901234567890.12', true],
    [null, null, null, null],
  ]);
});
