import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { PlatformError } from '#kernel/errors';
import { formatHiveType } from '../hive-type.ts';
import { mutantsOf } from '../mutants.fixture.ts';
import { readerOfBytes } from '../range-reader.ts';
import type { Value } from '../row-batch.ts';
import { readOrc, readOrcMeta } from './index.ts';
import { BitRuns, ByteRuns, integerRuns } from './run-length.ts';
import { dateText, decimalText, timestampReader, timestampText } from './value.ts';

const data = '../shared/data';
const skip = existsSync(data) ? false : 'the shared data are not here';

async function rowsOf(bytes: Uint8Array, columns?: readonly string[]): Promise<Value[][]> {
  const rows: Value[][] = [];
  for await (const batch of readOrc(readerOfBytes(bytes), columns === undefined ? {} : { columns })) {
    for (let row = 0; row < batch.rowCount; row += 1) rows.push(batch.vectors.map((vector) => vector[row] as Value));
  }
  return rows;
}

type Field = [number, number | Buffer];

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) | 128, ...varint(Math.floor(value / 128))];
}

function message(...fields: Field[]): Buffer {
  return Buffer.from(
    fields.flatMap(([field, value]) =>
      typeof value === 'number'
        ? [...varint(field * 8), ...varint(value)]
        : [...varint(field * 8 + 2), ...varint(value.length), ...value],
    ),
  );
}

/** A file of 4 rows: id int, name string, ok boolean, tags array<int>, at timestamp; written by hand after the specification. */
function smallFile(): Buffer {
  const streams: [number, number, number[]][] = [
    [1, 1, [0x01, 0x01, 0x02]],
    [0, 2, [0xff, 0b10110000]],
    [1, 2, [...Buffer.from('abcdef')]],
    [2, 2, [0xfd, 1, 2, 3]],
    [1, 3, [0xff, 0b01010000]],
    [2, 4, [0xfc, 2, 0, 1, 0]],
    [1, 5, [0x00, 0x01, 0x0e]],
    [1, 6, [0x01, 0x00, 0x00]],
    [5, 6, [0x01, 0x00, 0x00]],
  ];
  const body = Buffer.from(streams.flatMap(([, , bytes]) => bytes));
  const stripeFooter = message(
    ...streams.map(([kind, column, bytes]): Field => [1, message([1, kind], [2, column], [3, bytes.length])]),
    ...Array.from({ length: 7 }, (): Field => [2, message([1, 0])]),
    [3, Buffer.from('UTC')],
  );
  const type = (kind: number, children: number[] = [], names: string[] = []): Field => [
    4,
    message(
      [1, kind],
      ...children.map((child): Field => [2, child]),
      ...names.map((name): Field => [3, Buffer.from(name)]),
    ),
  ];
  const footer = message(
    [1, 3],
    [3, message([1, 3], [2, 0], [3, body.length], [4, stripeFooter.length], [5, 4])],
    type(12, [1, 2, 3, 4, 6], ['ID', 'name', 'ok', 'tags', 'at']),
    type(3),
    type(7),
    type(0),
    type(10, [5]),
    type(3),
    type(9),
    [6, 4],
  );
  const postscript = message([1, footer.length], [2, 0], [3, 65_536], [8000, Buffer.from('ORC')]);
  return Buffer.concat([Buffer.from('ORC'), body, stripeFooter, footer, postscript, Buffer.from([postscript.length])]);
}

test('a file written by hand gives its schema and rows', async () => {
  const meta = await readOrcMeta(readerOfBytes(smallFile()));
  assert.deepEqual(
    meta.columns.map((column) => `${column.name} ${formatHiveType(column.type)}`),
    ['id int', 'name string', 'ok boolean', 'tags array<int>', 'at timestamp'],
  );
  assert.equal(meta.rowCount, 4);
  assert.deepEqual(await rowsOf(smallFile()), [
    [1, 'a', false, [7, 8], '2015-01-01 00:00:00'],
    [2, null, true, [], '2015-01-01 00:00:00'],
    [3, 'bc', false, [9], '2015-01-01 00:00:00'],
    [4, 'def', true, [], '2015-01-01 00:00:00'],
  ]);
  assert.deepEqual((await rowsOf(smallFile(), ['NAME', 'id', 'nope']))[2], ['bc', 3]);
});

test('integers of version 2: the four encodings of the specification', () => {
  const cases: [boolean, number[], number[]][] = [
    [false, [0x0a, 0x27, 0x10], [10_000, 10_000, 10_000, 10_000, 10_000]],
    [false, [0x5e, 0x03, 0x5c, 0xa1, 0xab, 0x1e, 0xde, 0xad, 0xbe, 0xef], [23_713, 43_806, 57_005, 48_879]],
    [
      false,
      [
        0x8e, 0x13, 0x2b, 0x21, 0x07, 0xd0, 0x1e, 0x00, 0x14, 0x70, 0x28, 0x32, 0x3c, 0x46, 0x50, 0x5a, 0x64, 0x6e,
        0x78, 0x82, 0x8c, 0x96, 0xa0, 0xaa, 0xb4, 0xbe, 0xfc, 0xe8,
      ],
      [
        2030, 2000, 2020, 1_000_000, 2040, 2050, 2060, 2070, 2080, 2090, 2100, 2110, 2120, 2130, 2140, 2150, 2160, 2170,
        2180, 2190,
      ],
    ],
    [false, [0xc6, 0x09, 0x02, 0x02, 0x22, 0x42, 0x42, 0x46], [2, 3, 5, 7, 11, 13, 17, 19, 23, 29]],
  ];
  for (const [isSigned, bytes, expected] of cases) {
    const runs = integerRuns(Uint8Array.from(bytes), isSigned, true);
    assert.deepEqual(
      expected.map(() => Number(runs.next())),
      expected,
    );
  }
});

test('integers of version 1, bytes and bits', () => {
  const take = (bytes: number[], count: number): number[] => {
    const runs = integerRuns(Uint8Array.from(bytes), false, false);
    return Array.from({ length: count }, () => Number(runs.next()));
  };
  assert.deepEqual(take([0x61, 0x00, 0x07], 3), [7, 7, 7]);
  assert.deepEqual(take([0x61, 0xff, 0x64], 4), [100, 99, 98, 97]);
  assert.deepEqual(take([0xfb, 0x02, 0x03, 0x04, 0x07, 0xb], 5), [2, 3, 4, 7, 11]);
  const bytes = new ByteRuns(Uint8Array.from([0x61, 0x00, 0xfe, 0x44, 0x45]));
  assert.deepEqual(Array.from({ length: 102 }, () => bytes.next()).slice(98), [0, 0, 0x44, 0x45]);
  const bits = new BitRuns(Uint8Array.from([0xff, 0x80]));
  assert.deepEqual(
    Array.from({ length: 3 }, () => bits.next()),
    [true, false, false],
  );
});

test('days, decimals and times become their texts', () => {
  assert.equal(dateText(-1), '1969-12-31');
  assert.equal(decimalText(-1205n, 2, 2), '-12.05');
  assert.equal(decimalText(5, 0, 3), '5.000');
  assert.equal(decimalText(12_345, 4, 2), '1.23');
  assert.equal(timestampText(-1, 500_000_000), '1969-12-31 23:59:59.5');
  const zone = timestampReader(
    integerRuns(Uint8Array.of(0xff, 0), true, false),
    integerRuns(Uint8Array.of(0xff, 0), false, false),
    'America/New_York',
  );
  assert.equal(zone(), '2015-01-01 00:00:00');
});

test('1,000 damaged copies end with an error or with as many rows as they claim', async () => {
  for (const mutant of mutantsOf(smallFile(), 1000)) {
    try {
      const meta = await readOrcMeta(readerOfBytes(mutant));
      if (meta.rowCount > 100_000) continue;
      assert.equal((await rowsOf(mutant)).length, meta.rowCount);
    } catch (error) {
      assert.ok(error instanceof PlatformError, String((error as Error).stack));
    }
  }
});

test('what is no ORC file says so', async () => {
  for (const bytes of ['', 'ORC', 'ORC and then something else entirely']) {
    await assert.rejects(readOrcMeta(readerOfBytes(Buffer.from(bytes))), PlatformError);
  }
});

test('the taxi month is the same in three codecs and equals its CSV', { skip }, async () => {
  const csv = gunzipSync(readFileSync(`${data}/taxi/monthly/yellow_tripdata_sample_2018-01.csv.gz`))
    .toString()
    .trim()
    .split('\n')
    .slice(1);
  for (const codec of ['snappy', 'zlib', 'uncompressed']) {
    const rows = await rowsOf(readFileSync(`${data}/formats/orc/yellow_tripdata_2018-01.${codec}.orc`));
    assert.equal(rows.length, 10_000);
    for (const [index, row] of rows.entries()) {
      const cells = (csv[index] as string).split(',');
      assert.equal(row[1], cells[1]);
      assert.equal(Number(row[16]), Number(cells[16]));
      assert.equal(String(row[0] as bigint), cells[0]);
    }
  }
});

test('songs and nested rows come out whole, and damaged copies of them fail cleanly', { skip }, async () => {
  const songs = readFileSync(`${data}/formats/orc/songs.zlib.orc`);
  assert.equal((await rowsOf(songs, ['year', 'songtitle'])).length, 7574);
  const nested = readFileSync(`${data}/formats/orc/nginxplus_nested_100.snappy.orc`);
  const expected = gunzipSync(readFileSync(`${data}/logs/nginxplus_status.jsonl.gz`))
    .toString()
    .split('\n')
    .slice(0, 100);
  for (const [index, row] of (await rowsOf(nested, ['server_zones', 'version'])).entries()) {
    const line = JSON.parse(expected[index] as string) as {
      version: number;
      server_zones: Record<string, { requests: number }>;
    };
    assert.equal(row[1], BigInt(line.version));
    const zones = row[0] as Record<string, { requests: bigint }>;
    assert.equal(zones['hg.nginx.org']?.requests, BigInt(line.server_zones['hg.nginx.org']?.requests ?? 0));
  }
  for (const mutant of mutantsOf(nested, 60)) await assert.doesNotReject(rowsOf(mutant).catch(passPlatformError));
});

function passPlatformError(error: unknown): void {
  if (!(error instanceof PlatformError)) throw error;
}
