import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileMachine } from '../compile.ts';
import { definitionOf, errorsOf, scopeOf, stateOf, type Json } from '../asl.fixture.ts';

async function output(value: Json, more: Parameters<typeof scopeOf>[1] = {}): Promise<Json | undefined> {
  const { output: expression } = await stateOf('Pass', { Output: value }, 'JSONata');
  return expression?.evaluate(null, scopeOf({ v: [1, 2], o: { a: 'x' } }, { input: { a: 1 }, ...more }));
}

/** A value that holds itself twice at every level. */
const doubling = '$f := function($a, $n) { $n = 0 ? $a : $f({"a": $a, "b": $a}, $n - 1) }';

const cases: readonly (readonly [Json, Json])[] = [
  ['{% $states.input.a + $sum($v) %}', 4],
  [{ deep: [{ x: '{% $o.a %}' }, 'plain', 1] }, { deep: [{ x: 'x' }, 'plain', 1] }],
  ['{% $states.context.Execution.Name %}', 'run'],
  ['{% $range(0, 9, 3) %}', [0, 3, 6, 9]],
  ['{% $range(1, 9, 9) %}', 1],
  ['{% $partition([1,2,3], 2) %}', [[1, 2], [3]]],
  ["{% $hash('input data', 'MD5') %}", '812f45842bc6d66ee14572ce20db8e86'],
  ['{% $parse(\'{"k": [1]}\') %}', { k: [1] }],
  ['{% $random(3) = $random(3) %}', true],
  ['{% $random() %}', 0.5],
  ["{% $replace('a1b22', /[0-9]+/, '-') %}", 'a-b-'],
  ["{% $match('ab12', /([a-z]+)(\\d+)/).groups %}", ['ab', '12']],
  ['{% [$v.($ * 2)] %}', [2, 4]],
  ['{% {"gone": $states.input.nope, "a": 1} %}', { a: 1 }],
  [
    '{% $distinct([3, 1, "1", 3, null, {"a": 1, "b": [2]}, {"b": [2], "a": 1}]) %}',
    [3, 1, '1', null, { a: 1, b: [2] }],
  ],
  ['{% $reduce([1, 2, 3], $append) %}', [1, 2, 3]],
  ['{% $distinct([7, 7]) %}', [7]],
  ['{% $count($distinct([1..200000])) %}', 200_000],
  ['{% ($head := $substring(?, 0, 3); $head("abcdef")) %}', 'abc'],
  ['{% ["a", "b"] ~> $map($uppercase) ~> $join("-") %}', 'A-B'],
  ['{% ("a b" ~> $split(" ")) ~> $append("c") %}', ['a', 'b', 'c']],
  ['not {% an expression %}', 'not {% an expression %}'],
];

test('expressions see input, context, variables and the functions of Step Functions', async () => {
  for (const [value, expected] of cases) assert.deepEqual(await output(value), expected, JSON.stringify(value));
});

test('result and errorOutput are seen where they are given', async () => {
  assert.deepEqual(await output('{% $states.result.x %}', { result: { x: 5 } }), 5);
  assert.deepEqual(await output('{% $states.errorOutput.Error %}', { errorOutput: { Error: 'E' } }), 'E');
});

const failures: readonly (readonly [Json, string, string])[] = [
  ['{% $nope %}', 'Output', 'returned nothing (undefined).'],
  [{ list: [1, '{% $nope %}'] }, 'Output/list[1]', 'returned nothing (undefined).'],
  ['{% $missing(1) %}', 'Output', 'threw an error during evaluation. T1006: Attempted to invoke a non-function'],
  ["{% $eval('1') %}", 'Output', 'threw an error during evaluation. T1006: Attempted to invoke a non-function'],
  ["{% $error('boom') %}", 'Output', 'threw an error during evaluation. D3137: boom'],
];

test('a failure says the expression, the field and the reason in the words of AWS', async () => {
  for (const [value, field, reason] of failures) {
    const [, text] = /\{% (.*?) %\}/.exec(JSON.stringify(value)) ?? [];
    await assert.rejects(() => output(value), {
      error: 'States.QueryEvaluationError',
      causeText: `The JSONata expression '${text}' specified for the field '${field}' ${reason}`,
      location: field,
    });
  }
});

test('an expression without end, without bottom or of great length is stopped', async () => {
  const bombs = [
    '{% ($f := function($x) { $f($x + 1) }; $f(1)) %}',
    '{% ($f := function($x) { 1 + $f($x + 1) }; $f(1)) %}',
    '{% [1..9999999] %}',
    '{% ($s := function($t, $n) { $n = 0 ? $t : $s($t & $t, $n - 1) }; $s("0123456789", 24)) %}',
  ];
  bombs.push(
    '{% ($s := $pad("a", 300000); $count($map([1..10000], function($x) { $split($s, "") }))) %}',
    '{% ($s := $pad("a", 1000000); $count($map([1..10000], function($x) { $uppercase($s) }))) %}',
    '{% $split($pad("a", 10000000, "a"), "") %}',
    `{% (${doubling}; $string($f(1, 40))) %}`,
    `{% (${doubling}; $f(1, 40) = $f(1, 40)) %}`,
  );
  for (const bomb of bombs) await assert.rejects(() => output(bomb), { error: 'States.QueryEvaluationError' }, bomb);
});

test('a regular expression takes linear time', async () => {
  const started = process.hrtime.bigint();
  await assert.rejects(() => output(`{% $match("${'a'.repeat(5000)}b", /(a+)+$/) %}`));
  assert.ok(process.hrtime.bigint() - started < 2_000_000_000n);
});

test('an expression that does not parse, or reads data that is not there, is refused with its place', async () => {
  const refuse = (Output: Json): Promise<string[]> =>
    errorsOf(definitionOf({ E: { Type: 'Pass', Output, End: true } }, { QueryLanguage: 'JSONata' }));
  assert.deepEqual(await refuse({ v: '{% 1 + %}' }), [
    'INVALID_JSONATA_EXPRESSION: Unexpected end of expression at /States/E/Output/v',
  ]);
  assert.deepEqual(await refuse({ v: '{% phone %}' }), [
    "UNSUPPORTED_JSONATA_EXPRESSION: Reference to 'phone' at the top level is not supported. at /States/E/Output/v",
  ]);
  const fine = [
    '{% $states.input[price > 1].name %}',
    '{% $map($v, function($x) { $x.y }) %}',
    '{% $v{ a: b } %}',
    '{% $v^(price) %}',
  ];
  for (const text of fine) assert.deepEqual(await refuse(text), [], text);
});

test('without the library at hand the first evaluation loads it', async () => {
  const text = definitionOf({ E: { Type: 'Pass', Output: '{% $v[1] %}', End: true } }, { QueryLanguage: 'JSONata' });
  const state = compileMachine(text, { type: 'STANDARD' }).machine?.flow.states.get('E');
  assert.equal(await state?.output?.evaluate(null, scopeOf({ v: [1, 2] })), 2);
});
