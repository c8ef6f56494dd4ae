import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { isPlatformError } from '#kernel/errors';
import { formatHiveType } from '../hive-type.ts';
import {
  JsonDocuments,
  inferJson,
  parseJson,
  parseJsonPath,
  selectRows,
  type JsonSchema,
  type JsonValue,
} from './index.ts';

const data = '../shared/data';
const skip = existsSync(data) ? false : 'the shared data are not here';

function values(text: string, pieceLength: number): JsonValue[] {
  const documents = new JsonDocuments();
  const all: JsonValue[] = [];
  for (let at = 0; at < text.length; at += pieceLength) {
    for (const { value } of documents.push(text.slice(at, at + pieceLength)))
      all.push(value === undefined ? 'bad' : value);
  }
  for (const { value } of documents.end()) all.push(value === undefined ? 'bad' : value);
  return all;
}

function infer(text: string, path?: string, isWhole = true): JsonSchema | undefined {
  return inferJson(Buffer.from(text), isWhole, path === undefined ? undefined : parseJsonPath(path));
}

function typesOf(schema: JsonSchema | undefined): string {
  return (schema?.columns ?? [])
    .map((column) => `${column.name} ${column.type.kind === 'unknown' ? '?' : formatHiveType(column.type)}`)
    .join(', ');
}

test('documents come out the same however the text is cut', () => {
  const texts: [string, JsonValue[]][] = [
    ['{"a":1}\n{"a":"}{"}\n\n{"a":"\\""}', [{ a: 1 }, { a: '}{' }, { a: '"' }]],
    ['{"a":1}{"a":2} {"a":3}\n', [{ a: 1 }, { a: 2 }, { a: 3 }]],
    ['{\n  "a": [\n    1,\n    2\n  ]\n}\n{\n  "a": []\n}\n', [{ a: [1, 2] }, { a: [] }]],
    [' [ {"a":1} ,\n{"a":[2,{"b":"]"}]}\n]\n', [{ a: 1 }, { a: [2, { b: ']' }] }]],
    ['{"a":1}\nbroken\n{"a":\n{"a":3}\n', [{ a: 1 }, 'bad', 'bad', { a: 3 }]],
    ['{"a":1\n{"a":2}\n', ['bad', { a: 2 }]],
    ['[]', []],
  ];
  for (const [text, expected] of texts) {
    for (const length of [1, 2, 3, 5, 1000]) assert.deepEqual(values(text, length), expected, `${text} by ${length}`);
  }
});

test('long integers keep their digits', () => {
  assert.deepEqual(JSON.stringify(parseJson('{"id":12345678901234567890}')), '{"id":{"text":"12345678901234567890"}}');
});

test('types nest, widen and stay unknown where nothing was seen', () => {
  const schema = infer(
    [
      '{"i":1,"b":3000000000,"d":1.0,"s":"x","t":true,"n":null,"a":[],"o":{},"x":{"y":{"z":[1,2.5]}}}',
      '{"i":2,"I":3000000000,"mixed":1,"x":{"y":{"w":"v"}}}',
      '{"mixed":"text","a":[{"k":1}]}',
    ].join('\n'),
  );
  assert.equal(
    typesOf(schema),
    'i bigint, b bigint, d double, s string, t boolean, n ?, a array<struct<k:int>>, o ?, x struct<y:struct<z:array<double>,w:string>>, mixed string',
  );
  assert.equal(schema?.rowCount, 3);
});

test('paths of classifiers say which parts are rows', () => {
  assert.equal(typesOf(infer('{"Records":[{"a":1},{"b":"x"}]}', '$.Records[*]')), 'a int, b string');
  assert.equal(typesOf(infer('[{"a":1},{"a":2}]', '$[*]')), 'a int');
  assert.equal(typesOf(infer('{"x y":{"z":[{"a":1},{"a":2.5}]}}', "$['x y'].z[0]")), 'a int');
  assert.equal(infer('{"a":1}', '$.missing[*]'), undefined);
  assert.deepEqual(selectRows({ a: { b: [1, 2, 3] } }, parseJsonPath('$.a.b[0,2]'), false), [1, 3]);
  for (const path of ['a.b', '$..a', '$[?(@.x)]', '$.a[', '$.a[1:2]']) {
    assert.throws(
      () => parseJsonPath(path),
      (error) => isPlatformError(error, 'InvalidInputException'),
      path,
    );
  }
});

test('a head that is cut off still gives a schema', () => {
  assert.equal(typesOf(infer('{"a":1}\n{"a":2,"b"', undefined, false)), 'a int');
  assert.equal(typesOf(infer('{"Records":[{"a":1},{"a":"x"},{"a', '$.Records[*]', false)), 'a string');
  assert.equal(typesOf(infer('[{"a":1,"b":{"c":[1,2', undefined, false)), 'a int, b struct<c:array<int>>');
});

test('depth and size have limits', () => {
  const deep = `{"a":${'['.repeat(600)}${']'.repeat(600)}}`;
  assert.deepEqual(values(deep, 1000), ['bad']);
  assert.equal(infer('['.repeat(100_000)), undefined);
  const documents = new JsonDocuments();
  assert.throws(
    () => {
      for (const document of documents.push('{"a":"')) void document;
      for (let index = 0; index < 100; index += 1)
        for (const document of documents.push('x'.repeat(1 << 20))) void document;
    },
    (error) => isPlatformError(error, 'EXCEEDED_SIZE_LIMIT'),
  );
});

test('__proto__ is a key like any other', () => {
  assert.equal(typesOf(infer('{"__proto__":{"polluted":1}}')), '__proto__ struct<polluted:int>');
  assert.equal(({} as { polluted?: number }).polluted, undefined);
});

test('what is no JSON is none', () => {
  for (const text of ['', 'a,b\n1,2\n', '{broken', '{a:1}\n{b:2}', '[1,2,3]'])
    assert.equal(infer(text), undefined, text);
});

test('the taxi array, the nested status lines and the CloudTrail records', { skip }, () => {
  const plain = (file: string): Buffer => gunzipSync(readFileSync(`${data}/${file}`));
  const array = inferJson(plain('taxi/json/yellow_tripdata_sample_2019-03.json.gz'), true);
  assert.deepEqual([array?.rowCount, array?.columns.length], [10_000, 18]);
  assert.match(array?.reason ?? '', /one array/);
  assert.ok(typesOf(array).includes('fare_amount double'));
  const status = inferJson(plain('logs/nginxplus_status.jsonl.gz'), true);
  assert.equal(status?.rowCount, 500);
  assert.match(typesOf(status), /server_zones struct<hg\.nginx\.org:struct</);
  const trail =
    'cloudtrail/AWSLogs/123837392027/CloudTrail/us-east-1/2023/07/10/218007301253_CloudTrail_us-east-1_20230710T1150Z_1vnLavRRp0ek1mP4.json.gz';
  const records = inferJson(plain(trail), true, parseJsonPath('$.Records[*]'));
  assert.match(typesOf(records), /userIdentity struct<type:string/);
});
