import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { isPlatformError } from '#kernel/errors';
import { decompressHead, detectCodec } from '../compression/index.ts';
import { formatHiveType } from '../hive-type.ts';
import { readerOfBytes } from '../range-reader.ts';
import { normalise, textSpecOf } from '../hive-text/index.ts';
import { classify, validateClassifier, type Classification, type CustomClassifier } from './index.ts';

const data = '../shared/data';
const skip = existsSync(data) ? false : 'the shared data are not here';

async function classifyBytes(
  name: string,
  bytes: Uint8Array,
  custom: readonly CustomClassifier[] = [],
  headBytes = 1 << 20,
): Promise<Classification | undefined> {
  const codec = detectCodec(name, bytes.subarray(0, 32));
  const head = await decompressHead(bytes, codec, headBytes);
  return classify({ name, head, isWhole: head.length < headBytes, codec, reader: readerOfBytes(bytes) }, custom);
}

async function classifyText(
  text: string,
  custom: readonly CustomClassifier[] = [],
): Promise<Classification | undefined> {
  return classifyBytes('x', Buffer.from(text), custom);
}

function typesOf(found: Classification | undefined): string {
  return (found?.columns ?? []).map((column) => `${column.name} ${formatHiveType(column.type)}`).join(', ');
}

test('text formats are told apart, with the storage Glue would write', async () => {
  const csv = await classifyText('id,name\n1,x\n2,y\n');
  assert.deepEqual(
    [csv?.classification, csv?.parameters['skip.header.line.count'], csv?.parameters['delimiter']],
    ['csv', '1', ','],
  );
  assert.match(csv?.storage.serializationLibrary ?? '', /LazySimpleSerDe$/);
  assert.equal(csv?.storage.serdeParameters['field.delim'], ',');
  const quoted = await classifyText('"id","name"\n"1","x, y"\n');
  assert.match(quoted?.storage.serializationLibrary ?? '', /OpenCSVSerde$/);
  const json = await classifyText('{"b":1,"a":"x"}\n');
  assert.deepEqual([json?.classification, json?.storage.serdeParameters['paths']], ['json', 'a,b']);
  assert.equal(
    (await classifyText('<?xml version="1.0"?><l><r><a>1</a></r><r><a>2</a></r></l>'))?.classification,
    'xml',
  );
  const log = await classifyText('127.0.0.1 - - [10/Oct/2000:13:55:36 -0700] "GET /a HTTP/1.0" 304 -\n'.repeat(3));
  assert.equal(log?.classification, 'apache');
  assert.match(log?.storage.serializationLibrary ?? '', /GrokSerDe$/);
  assert.ok(typesOf(log).includes('response int, bytes bigint'));
  assert.equal(await classifyText('only some words\nand more words\n'), undefined);
  assert.equal(await classifyText(''), undefined);
});

test('compressed files carry their codec', async () => {
  const found = await classifyBytes('a.csv.gz', gzipSync('id,name\n1,x\n2,y\n'));
  assert.deepEqual([found?.classification, found?.parameters['compressionType']], ['csv', 'gzip']);
});

test('what is found can be read back with the suggested table', async () => {
  const texts = [
    'id,name,price\n1,x,2.5\n2,,\n',
    '"id","name"\n"1","x, ""y"""\n"2",""\n',
    '[{"id":1,"s":{"a":[1]}},{"id":2}]',
    '127.0.0.1 - - [10/Oct/2000:13:55:36 -0700] "GET /a HTTP/1.0" 304 -\n127.0.0.1 - - [10/Oct/2000:13:55:36 -0700] "GET /b HTTP/1.0" 200 17\n',
  ];
  for (const text of texts) {
    const found = await classifyText(text);
    assert.ok(found);
    const spec = textSpecOf({
      serializationLibrary: found.storage.serializationLibrary,
      serdeParameters: found.storage.serdeParameters,
      tableParameters: found.parameters,
      columns: found.columns,
    });
    const counts = await normalise([Buffer.from(text)], spec, () => {});
    assert.deepEqual([counts.rows, counts.malformedLines, counts.raggedRows], [2, 0, 0], text);
    assert.ok(
      counts.badCells.every((bad) => bad === 0),
      text,
    );
  }
});

test('custom classifiers come first, in their order, and say so', async () => {
  const grok: CustomClassifier = {
    kind: 'grok',
    name: 'mine',
    classification: 'my_log',
    grokPattern: '%{INT:code:int} %{GREEDYDATA:text}',
  };
  const found = await classifyText('17 all well\n18 not so\n', [{ kind: 'json', name: 'j', jsonPath: '$[*]' }, grok]);
  assert.equal(found?.classification, 'my_log');
  assert.equal(typesOf(found), 'code int, text string');
  assert.match(found?.reason ?? '', /^classifier 'mine': 2 of the first 2 lines/);
  const path = await classifyText('{"Records":[{"a":1}]}', [{ kind: 'json', name: 'j', jsonPath: '$.Records[*]' }]);
  assert.deepEqual([typesOf(path), path?.parameters['jsonPath']], ['a int', '$.Records[*]']);
  const xml = await classifyText('<l><r><a>1</a></r></l>', [
    { kind: 'xml', name: 'x', classification: 'rows', rowTag: 'r' },
  ]);
  assert.deepEqual([xml?.classification, typesOf(xml)], ['rows', 'a bigint']);
  const csv = await classifyText('1~x\n2~y\n', [
    { kind: 'csv', name: 'c', delimiter: '~', header: ['Id', 'Name'], containsHeader: 'ABSENT', serde: 'OpenCSVSerDe' },
  ]);
  assert.equal(typesOf(csv), 'id bigint, name string');
  assert.match(csv?.storage.serializationLibrary ?? '', /OpenCSVSerde$/);
});

test('a custom classifier is checked when it is made', () => {
  const wrong: CustomClassifier[] = [
    { kind: 'grok', name: 'x', classification: 'x', grokPattern: '%{NOPE}' },
    { kind: 'xml', name: 'x', classification: 'x', rowTag: '1 2' },
    { kind: 'json', name: 'x', jsonPath: 'a' },
    { kind: 'csv', name: 'x', delimiter: ',,' },
    { kind: 'csv', name: 'x', delimiter: ',', quoteSymbol: ',' },
    { kind: 'csv', name: 'x', header: ['a', 'A'] },
  ];
  for (const classifier of wrong) {
    assert.throws(
      () => validateClassifier(classifier),
      (error) => isPlatformError(error, 'InvalidInputException'),
      JSON.stringify(classifier),
    );
  }
  assert.doesNotThrow(() =>
    validateClassifier({ kind: 'csv', name: 'x', delimiter: ';', quoteSymbol: '"', header: ['a', 'b'] }),
  );
});

test('damaged files of known formats fail with a reason', async () => {
  for (const text of ['Obj\u0001 and no more', 'ORC and no more', 'PAR1 and no more']) {
    await assert.rejects(classifyText(text), (error) => isPlatformError(error, 'HIVE_BAD_DATA'), text);
  }
});

test('every file of the shared data is what it is', { skip }, async () => {
  const cases: [string, string | undefined, number][] = [
    ['taxi/tripdata.csv', 'csv', 18],
    ['taxi/monthly/yellow_tripdata_sample_2018-01.csv.gz', 'csv', 18],
    ['taxi/monthly/yellow_tripdata_sample_2019-02.csv.gz', 'csv', 18],
    ['taxi/json/yellow_tripdata_sample_2019-03.json.gz', 'json', 18],
    ['taxi/taxi_zone_lookup.csv', 'csv', 4],
    ['billboard/songs.csv', 'csv', 39],
    ['genomics/integrated_call_samples_v3.20130502.ALL.panel', 'csv', 4],
    ['logs/apache_access.log.gz', 'combined_apache', 12],
    ['logs/nginxplus_status.jsonl.gz', 'json', 15],
    ['formats/csv/aggregate_test_100.csv', 'csv', 13],
    ['formats/csv/aggregate_test_100.csv.gz', 'csv', 13],
    ['formats/avro/alltypes_plain.avro', 'avro', 11],
    ['formats/orc/songs.zlib.orc', 'orc', 39],
    ['formats/parquet/alltypes-java.parquet', 'parquet', 32],
    ['search/cran.all.1400', undefined, 0],
  ];
  for (const [file, classification, columns] of cases) {
    const found = await classifyBytes(file, readFileSync(`${data}/${file}`));
    assert.deepEqual([found?.classification, found?.columns.length ?? 0], [classification, columns], file);
  }
});

test('CloudTrail objects are JSON with one column of records, or rows by a path', { skip }, async () => {
  const folder = `${data}/cloudtrail/AWSLogs/123837392027/CloudTrail/us-east-1/2023/07/10`;
  for (const file of readdirSync(folder)) {
    const bytes = readFileSync(`${folder}/${file}`);
    const plain = await classifyBytes(file, bytes);
    assert.match(typesOf(plain), /^Records array<struct<eventVersion:string,/);
    const rows = await classifyBytes(file, bytes, [{ kind: 'json', name: 'trail', jsonPath: '$.Records[*]' }], 20_000);
    const all = (JSON.parse(gunzipSync(bytes).toString()) as { Records: unknown[] }).Records.length;
    assert.ok(rows !== undefined && rows.rowCount <= all && rows.rowCount >= Math.min(1, all), file);
  }
});
