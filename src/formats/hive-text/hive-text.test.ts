import assert from 'node:assert/strict';
import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { isPlatformError } from '#kernel/errors';
import { parseHiveType, type Column } from '../hive-type.ts';
import { decompress } from '../compression/index.ts';
import { isStrictText, needsTolerantReader, normalise, textSpecOf, type TextCounts, type TextSpec } from './index.ts';

const data = '../shared/data';
const skip = existsSync(data) ? false : 'the shared data are not here';
const lazy = 'org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe';
const openCsv = 'org.apache.hadoop.hive.serde2.OpenCSVSerde';
const openX = 'org.openx.data.jsonserde.JsonSerDe';

function columnsOf(text: string): Column[] {
  return text.split(', ').map((part) => {
    const space = part.indexOf(' ');
    return { name: part.slice(0, space), type: parseHiveType(part.slice(space)) };
  });
}

function specOf(
  library: string,
  columns: string,
  serdeParameters: Record<string, string> = {},
  tableParameters: Record<string, string> = {},
): TextSpec {
  return textSpecOf({ serializationLibrary: library, serdeParameters, tableParameters, columns: columnsOf(columns) });
}

async function read(
  input: string | Uint8Array,
  spec: TextSpec,
  pieceBytes = 1 << 20,
): Promise<{ text: string; counts: TextCounts }> {
  const bytes = typeof input === 'string' ? Buffer.from(input) : input;
  const chunks = Array.from({ length: Math.ceil(bytes.length / pieceBytes) }, (_, index) =>
    bytes.subarray(index * pieceBytes, (index + 1) * pieceBytes),
  );
  const parts: Buffer[] = [];
  const counts = await normalise(chunks, spec, (piece) => void parts.push(Buffer.from(piece)));
  return { text: Buffer.concat(parts).toString(), counts };
}

const commas = { 'field.delim': ',' };

test('clean rows go through as they are, in any pieces', async () => {
  const spec = specOf(lazy, 'id bigint, name string, price double', commas);
  const text = Array.from({ length: 500 }, (_, index) => `${index},name ${index},${index / 4}\n`).join('');
  for (const pieceBytes of [1, 7, 64, 4096]) assert.equal((await read(text, spec, pieceBytes)).text, text);
  assert.equal(isStrictText(Buffer.from(text), spec), true);
});

test('line ends may be LF, CRLF and CR, mixed, and the last may lack', async () => {
  const spec = specOf(lazy, 'a int, b string', commas);
  for (const pieceBytes of [1, 3, 100]) {
    const { text, counts } = await read('1,x\r\n2,y\n3,z\r4,w', spec, pieceBytes);
    assert.equal(text, '1,x\n2,y\n3,z\n4,w\n');
    assert.equal(counts.rows, 4);
  }
  assert.equal(isStrictText(Buffer.from('1,x\r\n'), spec), false);
});

test('blank cells are NULL where the column is no text and the empty string where it is', async () => {
  const spec = specOf(lazy, 'a int, b string, c double', commas);
  const { text, counts } = await read(',,\n\\N,\\N,\\N\n1,,2.5\n', spec);
  assert.equal(text, ',"",\n\\N,\\N,\\N\n1,"",2.5\n');
  assert.deepEqual(counts.badCells, [0, 0, 0]);
  assert.deepEqual(spec.layout, { format: 'csv', delimiter: ',', nullTexts: ['\\N', ''] });
});

test('a cell that is not of its type is NULL and counted', async () => {
  const spec = specOf(
    lazy,
    'a tinyint, b bigint, c double, d decimal(5,2), e boolean, f date, g timestamp, h varchar(3)',
    commas,
  );
  const { text, counts } = await read(
    [
      '128,1.5,x,12345,yes,2018-02-30,2018-01-01 25:00:00,abcd',
      '-128, 7 ,1e3,12.345,TRUE,2018-2-3,2018-01-31 10:00:00.5,abc',
      '+5,9223372036854775808,.5,999.995,false,2020-02-29,2018-01-01,é',
      '0,-9223372036854775808,-0,-0.004,FALSE,1900-02-29,2018-1-1 1:2:3,',
    ].join('\n'),
    spec,
  );
  assert.deepEqual(text.split('\n'), [
    '\\N,\\N,\\N,\\N,\\N,\\N,\\N,abc',
    '-128,7,1000,12.345,true,2018-02-03,2018-01-31 10:00:00.5,abc',
    '5,\\N,0.5,\\N,false,2020-02-29,2018-01-01 00:00:00,é',
    '0,-9223372036854775808,-0,-0.004,false,\\N,2018-01-01 01:02:03,""',
    '',
  ]);
  assert.deepEqual(counts.badCells, [1, 2, 1, 2, 1, 2, 1, 0]);
});

test('short rows are filled with NULLs, what is over is dropped, and both are counted', async () => {
  const spec = specOf(lazy, 'a int, b string, c double', commas);
  const { text, counts } = await read('1\n1,x\n1,x,2.5,more,and more\n\n', spec);
  assert.equal(text, '1,\\N,\\N\n1,x,\\N\n1,x,2.5\n,\\N,\\N\n');
  assert.equal(counts.raggedRows, 4);
  assert.equal(counts.rows, 4);
});

test('quotes and bytes that are no UTF-8 are kept as text', async () => {
  const spec = specOf(lazy, 'a string, b string', commas);
  const { text, counts } = await read(Buffer.from('5" pipe,"x"\ncaf\xe9,\xe2\x82\n\xc3\xa9,ok\n', 'latin1'), spec);
  assert.equal(text, '"5"" pipe","""x"""\n"caf\uFFFD","\uFFFD"\né,ok\n');
  assert.equal(counts.badBytes, 2);
});

test('escapes make delimiters ordinary; other null texts are known', async () => {
  const spec = specOf(lazy, 'a string, b string, c int', {
    ...commas,
    'escape.delim': '\\',
    'serialization.null.format': 'NULL',
  });
  const { text } = await read('a\\,b,c\\\\d,1\nNULL,\\N,NULL\n', spec);
  assert.equal(text, '"a,b",c\\d,1\nNULL,N,NULL\n');
});

test('header and footer lines are skipped once a file, however the pieces fall', async () => {
  const spec = specOf(lazy, 'a int, b string', commas, {
    'skip.header.line.count': '2',
    'skip.footer.line.count': '1',
  });
  for (const pieceBytes of [1, 2, 5, 100]) {
    assert.equal(
      (await read('h,h\r\nh2,h2\r\n1,x\n2,y\ntotal,2\n', spec, pieceBytes)).text,
      '1,x\n2,y\n',
      String(pieceBytes),
    );
  }
  assert.equal((await read('only,one\n', spec)).text, '');
  assert.throws(() => specOf(lazy, 'a int', commas, { 'skip.header.line.count': 'x' }), /no number of lines/);
});

test('a byte order mark is no part of the first cell', async () => {
  const spec = specOf(lazy, 'a int, b string', commas);
  assert.equal((await read('\uFEFF1,x\n', spec)).text, '1,x\n');
});

test('a table of one column keeps its blank lines', async () => {
  const { text, counts } = await read('a\n\nb\n', specOf(lazy, 'line string'));
  assert.equal(text, 'a\n""\nb\n');
  assert.equal(counts.rows, 3);
  assert.equal((await read('1\n\n', specOf(lazy, 'n int'))).text, '1\n\\N\n');
});

test('delimiters are given as characters, escapes and numbers', async () => {
  for (const [given, byte] of [
    ['\\t', '\t'],
    ['9', '\t'],
    ['\\u0001', '\u0001'],
    ['\\001', '\u0001'],
    ['|', '|'],
  ] as const) {
    const spec = specOf(lazy, 'a int, b string', { 'field.delim': given });
    assert.equal((await read(`1${byte}x\n`, spec)).text, `1${byte}x\n`);
  }
  assert.throws(() => specOf(lazy, 'a int', { 'field.delim': '::' }), /field.delim/);
  assert.throws(() => specOf('org.apache.hadoop.hive.contrib.serde2.MultiDelimitSerDe', 'a int'), /MultiDelimitSerDe/);
});

test('arrays, maps and structs in text become JSON', async () => {
  const spec = specOf(lazy, 'id int, tags array<string>, m map<string,int>, s struct<a:int,b:array<double>>', {
    'field.delim': '|',
    'collection.delim': ',',
    'mapkey.delim': ':',
  });
  assert.deepEqual(spec.layout, { format: 'ndjson' });
  const { text, counts } = await read('1|x,y|k:1,j:2|5,1.5:2.5\n2||\\N|7\n3\n', spec);
  const rows = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
  assert.deepEqual(rows, [
    { id: '1', tags: ['x', 'y'], m: { k: '1', j: '2' }, s: { a: '5', b: ['1.5', '2.5'] } },
    { id: '2', tags: [], m: null, s: { a: '7', b: null } },
    { id: '3', tags: null, m: null, s: null },
  ]);
  assert.equal(counts.raggedRows, 1);
});

test('OpenCSVSerde reads quoted cells, escapes and its own times', async () => {
  const spec = specOf(openCsv, 'id int, name string, day date, at timestamp');
  const { text, counts } = await read(
    '"1","a, ""b""","17532","1514764800000"\n2,plain,2018-01-02,2018-01-02 10:00:00\n"3","x\\"y",,\n"",,"",""\n4,caf\u00e9,,\n',
    spec,
  );
  assert.deepEqual(text.split('\n'), [
    '1,"a, ""b""",2018-01-01,2018-01-01 00:00:00',
    '2,plain,2018-01-02,2018-01-02 10:00:00',
    '3,"x""y",,',
    ',"",,',
    '4,caf\u00e9,,',
    '',
  ]);
  assert.deepEqual(counts.badCells, [0, 0, 0, 0]);
  const cut = await read('1,"open,2,3\n2,x,,\n', spec);
  assert.equal(cut.counts.malformedLines, 1);
  assert.equal(cut.counts.rows, 2);
});

test('OpenCSVSerde takes other separators and quotes', async () => {
  const spec = specOf(openCsv, 'a int, b string', { separatorChar: '\t', quoteChar: "'" });
  assert.equal((await read("1\t'it''s'\n", spec)).text, "1\tit's\n");
});

test('JSON keys meet columns without case, mappings and dots are known', async () => {
  const spec = specOf(openX, 'id bigint, name string, sub struct<deep:int>, ts_x timestamp, raw string', {
    'mapping.name': 'Full Name',
    'dots.in.keys': 'true',
  });
  const { text, counts } = await read(
    [
      '{"ID":9007199254740993,"Full Name":"A","sub":{"DEEP":"5"},"ts.x":"2018-01-31T10:00:00Z","raw":{"a":[1.50]}}',
      '{"id":"x","sub":7,"ts.x":1514764800000}',
      'not json',
      '{"id":1}{"id":2}',
      '',
    ].join('\n'),
    spec,
  );
  assert.deepEqual(
    text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown),
    [
      { id: '9007199254740993', name: 'A', sub: { deep: '5' }, ts_x: '2018-01-31 10:00:00', raw: '{"a":[1.5]}' },
      { id: null, name: null, sub: null, ts_x: '2018-01-01 00:00:00', raw: null },
      { id: null, name: null, sub: null, ts_x: null, raw: null },
      { id: '1', name: null, sub: null, ts_x: null, raw: null },
      { id: '2', name: null, sub: null, ts_x: null, raw: null },
    ],
  );
  assert.equal(counts.malformedLines, 1);
  assert.deepEqual(counts.badCells, [1, 0, 1, 0, 0]);
});

test('JSON over several lines, in one array, and by a row path', async () => {
  const spec = specOf(openX, 'a int');
  assert.equal((await read('{\n "a": 1\n}\n{\n "a": 2\n}\n', spec, 3)).counts.rows, 2);
  assert.equal((await read('[{"a":1},\n{"a":2},{"a":"]"}]', spec, 2)).text.split('\n')[1], '{"a":"2"}');
  const byPath = specOf(openX, 'a int', {}, { jsonPath: '$.Records[*]' });
  assert.equal((await read('{"Records":[{"a":1},{"a":2}]}', byPath)).text, '{"a":"1"}\n{"a":"2"}\n');
});

test('a first line that is broken swallows no other', async () => {
  const { counts, text } = await read('{"a":1\n{"a":2}\n{"a":3}\n', specOf(openX, 'a int'));
  assert.equal(text, '{"a":null}\n{"a":"2"}\n{"a":"3"}\n');
  assert.equal(counts.malformedLines, 1);
});

test('regular expressions and grok give a row a line', async () => {
  const regex = specOf('org.apache.hadoop.hive.serde2.RegexSerDe', 'a string, b int', {
    'input.regex': '(\\w+)=(\\d+)',
  });
  const one = await read('x=1\nbroken\ny=2\n', regex);
  assert.equal(one.text, 'x,1\n,\ny,2\n');
  assert.equal(one.counts.malformedLines, 1);
  const grok = specOf('com.amazonaws.glue.serde.GrokSerDe', 'level string, code int', {
    'input.format': '%{LEVEL:level} %{INT:code:int}',
    'input.grokCustomPatterns': 'LEVEL [A-Z]+',
  });
  assert.equal((await read('WARN 17\n', grok)).text, 'WARN,17\n');
  await assert.rejects(
    read('x', specOf('org.apache.hadoop.hive.serde2.RegexSerDe', 'a string, b string', { 'input.regex': '(?=x)' })),
    (error) => isPlatformError(error, 'InvalidInputException'),
  );
});

test('what needs the tolerant reader is known beforehand', () => {
  assert.equal(needsTolerantReader(specOf(lazy, 'a int, b string', commas)), false);
  assert.equal(needsTolerantReader(specOf(openX, 'a int, b string')), true);
  assert.equal(needsTolerantReader(specOf(lazy, 'a int, b array<int>', commas)), true);
  assert.equal(needsTolerantReader(specOf(lazy, 'a int, b string', commas, { 'skip.footer.line.count': '1' })), true);
  const spec = specOf(lazy, 'a bigint, b string', commas, { 'skip.header.line.count': '1' });
  const verdicts: [string, boolean][] = [
    ['a,b\n1,x\n2,y\n', true],
    ['a,b\n1,x\n2,y', true],
    ['a,b\n1.5,x\n', false],
    ['a,b\n1\n', false],
    ['a,b\n1,"x"\n', false],
    ['a,b\n1,\n', false],
    ['a,b\n,x\n', true],
    ['a,b\n1,é\n', true],
  ];
  for (const [text, verdict] of verdicts)
    assert.equal(isStrictText(Buffer.from(text), spec), verdict, JSON.stringify(text));
});

test('a line of 300 MB ends with an error and bounded memory', async () => {
  const piece = Buffer.alloc(1 << 20, 'x');
  function* endless(start: string): Generator<Uint8Array> {
    yield Buffer.from(start);
    for (let index = 0; index < 300; index += 1) yield piece;
  }
  for (const spec of [specOf(lazy, 'a int, b string', commas), specOf(openX, 'a string')]) {
    await assert.rejects(
      normalise(endless(spec.serde === 'json-openx' ? '{"a":"' : ''), spec, () => {}),
      (error) => isPlatformError(error, 'EXCEEDED_SIZE_LIMIT'),
    );
  }
});

const taxi =
  'vendor_id bigint, pickup_datetime timestamp, dropoff_datetime timestamp, passenger_count bigint, trip_distance double, rate_code_id bigint, store_and_fwd_flag string, pickup_location_id bigint, dropoff_location_id bigint, payment_type bigint, fare_amount double, extra double, mta_tax double, tip_amount double, tolls_amount double, improvement_surcharge double, total_amount double, congestion_surcharge double';

test('every month of the taxi data gives its 10,000 rows without a bad cell', { skip }, async () => {
  const spec = specOf(lazy, taxi, commas, { 'skip.header.line.count': '1' });
  for (const month of ['2018-01', '2018-08', '2019-01', '2019-02', '2019-06']) {
    const file = createReadStream(`${data}/taxi/monthly/yellow_tripdata_sample_${month}.csv.gz`);
    const counts = await normalise(decompress(file, 'gzip'), spec, () => {});
    assert.deepEqual([counts.rows, counts.raggedRows, counts.badBytes], [10_000, 0, 0], month);
    assert.ok(
      counts.badCells.every((bad) => bad === 0),
      month,
    );
  }
});

test('songs.csv keeps its 7,574 rows and marks the bytes that are no UTF-8', { skip }, async () => {
  const columns = Array.from(
    { length: 39 },
    (_, index) => `c${index} ${index > 0 && index < 5 ? 'string' : 'double'}`,
  ).join(', ');
  const { counts } = await read(
    readFileSync(`${data}/billboard/songs.csv`),
    specOf(lazy, columns, commas, { 'skip.header.line.count': '1' }),
  );
  assert.equal(counts.rows, 7574);
  assert.equal(counts.badBytes, 12);
  // LazySimpleSerDe knows no quotes, so titles with commas in them make ragged rows.
  const quoted = await read(
    readFileSync(`${data}/billboard/songs.csv`),
    specOf(openCsv, columns, {}, { 'skip.header.line.count': '1' }),
  );
  assert.deepEqual([quoted.counts.rows, quoted.counts.raggedRows], [7574, 0]);
});

test('the access log gives 9,999 rows and one of NULLs', { skip }, async () => {
  const spec = specOf(
    'com.amazonaws.glue.serde.GrokSerDe',
    'clientip string, response int, bytes bigint, agent string',
    {
      'input.format': '%{COMBINEDAPACHELOG}',
    },
  );
  const counts = await normalise(
    decompress(createReadStream(`${data}/logs/apache_access.log.gz`), 'gzip'),
    spec,
    () => {},
  );
  assert.deepEqual([counts.rows, counts.malformedLines], [10_000, 1]);
});

test('CloudTrail records are rows by their path', { skip }, async () => {
  const folder = `${data}/cloudtrail/AWSLogs/123837392027/CloudTrail/us-east-1/2023/07/10`;
  const file = '218007301253_CloudTrail_us-east-1_20230710T1200Z_iLj9fb7yyUG9X4Bf.json.gz';
  const spec = specOf(
    openX,
    'eventname string, useridentity struct<type:string,sessioncontext:struct<attributes:map<string,string>>>',
    {},
    { jsonPath: '$.Records[*]' },
  );
  const counts = await normalise(decompress(createReadStream(`${folder}/${file}`), 'gzip'), spec, () => {});
  assert.ok(counts.rows > 100 && counts.malformedLines === 0);
  assert.deepEqual(counts.badCells, [0, 0]);
});
