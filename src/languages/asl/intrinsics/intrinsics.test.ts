import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorsOf, definitionOf, scopeOf, stateOf, type Json } from '../asl.fixture.ts';
import { StateFailure } from '../failure.ts';

const input = {
  list: [1, 2, 2, { a: 1 }, { a: 1 }],
  text: 'a,b;c',
  number: 2.6,
  object: { a: 1, c: [1, null] },
  json: '{"k":[1]}',
};

async function call(source: string): Promise<Json> {
  const { parameters } = await stateOf('Pass', { Parameters: { 'value.$': source } });
  const result = (await parameters?.evaluate(input, scopeOf({ v: [7, 8] }))) as { value: Json };
  return result.value;
}

const cases: readonly (readonly [string, Json])[] = [
  ['States.Array()', []],
  ["States.Array('x', $.number, null, true, -1.5)", ['x', 2.6, null, true, -1.5]],
  ['States.ArrayPartition($.list, 2)', [[1, 2], [2, { a: 1 }], [{ a: 1 }]]],
  ['States.ArrayContains($.list, $.list[3])', true],
  ['States.ArrayContains($.list, 9)', false],
  ['States.ArrayRange(1, 9, 2)', [1, 3, 5, 7, 9]],
  ['States.ArrayRange(5, 1, -2)', [5, 3, 1]],
  ['States.ArrayRange(1, 0, 1)', []],
  ['States.ArrayGetItem($v, 1)', 8],
  ['States.ArrayLength($.list)', 5],
  ['States.ArrayUnique($.list)', [1, 2, { a: 1 }]],
  ["States.Base64Encode('Data to encode')", 'RGF0YSB0byBlbmNvZGU='],
  ["States.Base64Decode('RGF0YSB0byBlbmNvZGU=')", 'Data to encode'],
  ["States.Hash('input data', 'SHA-1')", 'aaff4a450a104cd177d28d18d74485e8cae074b7'],
  ['States.JsonMerge($.object, States.StringToJson(\'{"a":2}\'), false)', { a: 2, c: [1, null] }],
  ['States.StringToJson($.json)', { k: [1] }],
  ['States.JsonToString($.object)', '{"a":1,"c":[1,null]}'],
  ['States.MathAdd($.number, -1)', 2],
  ['States.MathRandom(1, 11)', 6],
  ["States.StringSplit($.text, ',;')", ['a', 'b', 'c']],
  ["States.Format('{} is {}', $$.Execution.Name, $.object)", 'run is {a=1, c=[1, null]}'],
  [String.raw`States.Format('\{{}\} it\'s \\', States.Format('{}', 1))`, String.raw`{1} it's \ `.trimEnd()],
];

test('the functions give what AWS gives', async () => {
  for (const [source, expected] of cases) assert.deepEqual(await call(source), expected, source);
});

test('a UUID has its form, and an equal seed gives an equal number', async () => {
  assert.match(
    (await call('States.UUID()')) as string,
    /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  );
  const number = await call('States.MathRandom(0, 1000, 3)');
  assert.equal(await call('States.MathRandom(0, 1000, 3)'), number);
});

test('arguments that a function does not take fail as States.IntrinsicFailure', async () => {
  const bad = [
    'States.ArrayRange(0, 1000, 1)',
    'States.ArrayRange(0, 1, 0)',
    'States.ArrayGetItem($.list, 99)',
    'States.ArrayPartition($.list, 0)',
    "States.StringToJson('{')",
    'States.JsonMerge($.object, $.object, true)',
    "States.MathAdd('a', 1)",
    "States.Hash('x', 'CRC32')",
    "States.Base64Decode('***')",
    "States.Format('{}{}', 1)",
    'States.ArrayLength($.text)',
  ];
  for (const source of bad) {
    await assert.rejects(
      () => call(source),
      (error) =>
        error instanceof StateFailure && error.error === 'States.IntrinsicFailure' && error.causeText!.includes(source),
      source,
    );
  }
});

test('a call that cannot be read is refused with the definition', async () => {
  const deep = `${'States.Array('.repeat(11)}1${')'.repeat(11)}`;
  for (const source of [
    'States.Nope()',
    'States.Array(',
    'States.UUID(1)',
    'States.Array(x)',
    "States.Format('a)",
    deep,
    'States.Array(1) x',
  ]) {
    const text = definitionOf({ A: { Type: 'Pass', End: true, Parameters: { in: { 'x.$': source } } } });
    assert.deepEqual(await errorsOf(text), [
      "SCHEMA_VALIDATION_FAILED: The value for the field 'x.$' must be a valid JSONPath or a valid intrinsic function call at /States/A/Parameters",
    ]);
  }
});
