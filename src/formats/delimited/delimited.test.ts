import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { isPlatformError } from '#kernel/errors';
import { formatHiveType } from '../hive-type.ts';
import { widenColumns } from '../widening.ts';
import {
  DelimitedInference,
  RowSplitter,
  inferDelimited,
  type DelimitedOptions,
  type DelimitedSchema,
} from './index.ts';

const data = '../shared/data';
const skip = existsSync(data) ? false : 'the shared data are not here';

function infer(text: string | Uint8Array, options: DelimitedOptions = {}, isWhole = true): DelimitedSchema | undefined {
  return inferDelimited(typeof text === 'string' ? Buffer.from(text) : text, isWhole, options);
}

function typesOf(schema: DelimitedSchema | undefined): string {
  return (schema?.columns ?? [])
    .map((column) => `${column.name} ${column.type.kind === 'unknown' ? '?' : formatHiveType(column.type)}`)
    .join(', ');
}

test('rows split the same in any pieces, with quotes and mixed line ends', () => {
  const text = 'a,"b ""x"", y",c\r\n1,"line\nbreak",\r2,it\'s,"end"';
  const expected = [
    ['a', 'b "x", y', 'c'],
    ['1', 'line\nbreak', ''],
    ['2', "it's", 'end'],
  ];
  for (let size = 1; size <= text.length; size += 1) {
    const splitter = new RowSplitter(',', '"');
    const rows: string[][] = [];
    for (let at = 0; at < text.length; at += size) rows.push(...splitter.push(text.slice(at, at + size)));
    rows.push(...splitter.end());
    assert.deepEqual(rows, expected, `pieces of ${size}`);
  }
});

test('each delimiter is found', () => {
  for (const delimiter of [',', '|', '\t', ';', '\u0001']) {
    const schema = infer(
      ['id', 'name', 'price'].join(delimiter) +
        '\n' +
        [1, 'x, y', 2.5].join(delimiter).replace('x, y', delimiter === ',' ? '"x, y"' : 'x, y') +
        '\n',
    );
    assert.equal(schema?.delimiter, delimiter);
    assert.equal(typesOf(schema), 'id bigint, name string, price double');
  }
});

test('types are bigint, double, boolean and string; blanks say nothing; wide integers keep their digits', () => {
  const schema = infer('a,b,c,d,e,f\n1,1,true,x,,99999999999999999999\n2,2.5,FALSE,,,1\n,1e3,,2018-01-01,,\n');
  assert.equal(typesOf(schema), 'a bigint, b double, c boolean, d string, e ?, f decimal(38,0)');
  assert.match(schema?.reason ?? '', /no value yet in e/);
  assert.equal(
    typesOf(infer('a,b\n2018-01-01,2018-01-01 10:00:00\n', { typing: { isTemporal: true } })),
    'a date, b timestamp',
  );
});

test('a header is told from data, and the reason says how', () => {
  const yes = infer('id,name\n1,x\n2,y\n');
  assert.deepEqual([yes?.hasHeader, yes?.rowCount], [true, 2]);
  assert.match(yes?.reason ?? '', /'id' stands over bigint values such as '1'/);
  const all = infer('a,b\nc,d\ne,f\n');
  assert.deepEqual([all?.hasHeader, all?.rowCount], [false, 3]);
  assert.equal(typesOf(all), 'col0 string, col1 string');
  assert.match(all?.reason ?? '', /all columns are text/);
  assert.equal(infer('1,2\n3,4\n')?.hasHeader, false);
  assert.equal(infer('a,a\n1,2\n')?.hasHeader, false);
  assert.equal(infer(`${'x'.repeat(200)},b\n1,2\n`)?.hasHeader, false);
});

test('a header over nothing but text is known by its shape', () => {
  const rows = Array.from({ length: 20 }, (_, index) => `AB${1000 + index}\t${index % 2 ? 'XX' : 'YY'}\n`).join('');
  const schema = infer(`sample\tpop\t\t\n${rows}`);
  assert.deepEqual([schema?.hasHeader, schema?.rowCount, typesOf(schema)], [true, 20, 'sample string, pop string']);
});

test('options of a classifier win', () => {
  assert.equal(typesOf(infer('1,2\n3,4\n', { names: ['x', 'y'] })), 'x bigint, y bigint');
  assert.equal(infer('a,b\nc,d\n', { hasHeader: true })?.rowCount, 1);
  assert.equal(infer('one\ntwo\n'), undefined);
  assert.equal(typesOf(infer('one\ntwo\n', { isSingleColumnAllowed: true })), 'col0 string');
  assert.equal(typesOf(infer("a~'b~c'\n1~'x~y'\n", { delimiter: '~', quote: "'" })), 'a bigint, b~c string');
});

test('what is no table is none', () => {
  for (const text of [
    '',
    'just a sentence, with a comma\nand another one\nand, so, on\n\n',
    '\u0000\u0001\u0002',
    'a,b\n',
  ]) {
    assert.equal(infer(text), undefined, JSON.stringify(text));
  }
});

test('a head that is cut off counts whole rows only', () => {
  assert.equal(infer('id,name\n1,x\n2,y\n3,"uncl', {}, false)?.rowCount, 2);
});

test('inference over many pieces equals inference over the whole', () => {
  const rows = Array.from({ length: 1000 }, (_, index) => `${index},${index % 7 ? index / 8 : ''},n${index}`).join(
    '\r\n',
  );
  const inference = new DelimitedInference(['id', 'x', 'name'], { delimiter: ',', quote: undefined, hasHeader: false });
  const bytes = Buffer.from(rows);
  for (let at = 0; at < bytes.length; at += 13) inference.push(bytes.subarray(at, at + 13));
  inference.end();
  assert.deepEqual([inference.rowCount, inference.raggedRows], [1000, 0]);
  assert.deepEqual(
    inference.columns.map((column) => column.type.kind),
    ['bigint', 'double', 'string'],
  );
});

test('a row without end is refused before it fills the memory', () => {
  const splitter = new RowSplitter(',', '"');
  assert.throws(
    () => {
      for (let index = 0; index < 40; index += 1) for (const row of splitter.push('x'.repeat(1 << 20))) void row;
    },
    (error) => isPlatformError(error, 'EXCEEDED_SIZE_LIMIT'),
  );
});

test('the taxi data, month by month and together', { skip }, () => {
  const monthly = (month: string): DelimitedSchema | undefined =>
    infer(gunzipSync(readFileSync(`${data}/taxi/monthly/yellow_tripdata_sample_${month}.csv.gz`)));
  const [first, last] = [monthly('2018-01'), monthly('2019-02')];
  assert.deepEqual(
    [first?.rowCount, first?.columns.length, first?.hasHeader, first?.raggedRows],
    [10_000, 18, true, 0],
  );
  assert.deepEqual([last?.rowCount, last?.raggedRows], [10_000, 0]);
  assert.equal(first?.columns.at(-1)?.type.kind, 'unknown');
  const merged = widenColumns(first?.columns ?? [], last?.columns ?? []);
  assert.deepEqual([merged.length, merged.at(-1)?.type.kind], [18, 'double']);
});

test('songs.csv, the panel, the zones', { skip }, () => {
  const songs = infer(readFileSync(`${data}/billboard/songs.csv`));
  assert.deepEqual([songs?.rowCount, songs?.columns.length, songs?.hasHeader, songs?.raggedRows], [7574, 39, true, 0]);
  assert.match(songs?.reason ?? '', /12 characters are not UTF-8/);
  const panel = infer(readFileSync(`${data}/genomics/integrated_call_samples_v3.20130502.ALL.panel`));
  assert.deepEqual(
    [panel?.rowCount, typesOf(panel)],
    [2535, 'sample string, pop string, super_pop string, gender string'],
  );
  const zones = infer(readFileSync(`${data}/taxi/taxi_zone_lookup.csv`));
  assert.deepEqual(
    [zones?.rowCount, zones?.quote, typesOf(zones)],
    [265, '"', 'locationid bigint, borough string, zone string, service_zone string'],
  );
});
