import assert from 'node:assert/strict';
import { test } from 'node:test';
import { definitionOf, errorsOf, scopeOf, stateOf, type Json } from '../asl.fixture.ts';
import { StateFailure } from '../failure.ts';

async function matches(rule: Record<string, Json>, input: Json): Promise<boolean> {
  const { choices } = await stateOf('Choice', { Choices: [{ ...rule, Next: 'Yes' }], Default: 'No' });
  return (await choices[0]?.test.matches(input, scopeOf({ v: 3 }))) ?? assert.fail();
}

const cases: readonly (readonly [Record<string, Json>, Json, boolean])[] = [
  [{ Variable: '$.x', NumericEquals: 1 }, { x: 1 }, true],
  [{ Variable: '$.x', NumericEquals: 1 }, { x: '1' }, false],
  [{ Variable: '$.x', NumericLessThanPath: '$v' }, { x: 2 }, true],
  [{ Variable: '$.x', StringGreaterThan: 'A' }, { x: 'B' }, true],
  [{ Variable: '$.x', StringLessThanEqualsPath: '$.y' }, { x: 'A', y: 'A' }, true],
  [{ Variable: '$.x', BooleanEqualsPath: '$.y' }, { x: true, y: true }, true],
  [{ Variable: '$.x', BooleanEquals: false }, { x: null }, false],
  [{ Variable: '$.x', TimestampEquals: '2020-01-01T00:00:00Z' }, { x: '2020-01-01T01:00:00+01:00' }, true],
  [{ Variable: '$.x', TimestampLessThan: '2020-01-01T00:00:00.002Z' }, { x: '2020-01-01T00:00:00.001Z' }, true],
  [{ Variable: '$.x', TimestampEquals: '2020-01-01T00:00:00Z' }, { x: '2020-01-01 00:00:00Z' }, false],
  [{ Variable: '$.x', IsTimestamp: true }, { x: '2012-10-09T19:00:55' }, false],
  [{ Variable: '$.x', IsPresent: false }, {}, true],
  [{ Variable: '$.x', IsPresent: true }, { x: null }, true],
  [{ Variable: '$.x', IsNull: false }, { x: 0 }, true],
  [{ Variable: '$.x', StringMatches: 'log-*.txt' }, { x: 'log-a.b.txt' }, true],
  [{ Variable: '$.x', StringMatches: '*a*b' }, { x: 'xxabxa' }, false],
  [{ Variable: '$.x', StringMatches: String.raw`a\*` }, { x: 'ab' }, false],
  [{ Variable: '$.x', StringMatches: String.raw`a\*\\*` }, { x: String.raw`a*\zz` }, true],
  [{ Variable: '$.x', StringMatches: 'ab*ba' }, { x: 'aba' }, false],
  [
    {
      And: [
        { Variable: '$.x', IsPresent: true },
        { Variable: '$.x', NumericEquals: 1 },
      ],
    },
    {},
    false,
  ],
  [{ Or: [{ Variable: '$.x', NumericEquals: 2 }, { Not: { Variable: '$.x', NumericEquals: 3 } }] }, { x: 1 }, true],
];

test('data tests follow the types of both sides', async () => {
  for (const [rule, input, expected] of cases)
    assert.equal(await matches(rule, input), expected, JSON.stringify([rule, input]));
});

test('a variable that is not there fails the state, with the words of AWS', async () => {
  for (const [rule, path] of [
    [{ Variable: '$.x', IsNull: true }, '$.x'],
    [{ Variable: '$', StringEqualsPath: '$.y.z' }, '$.y.z'],
  ] as const) {
    await assert.rejects(
      () => matches(rule, {}),
      (error) => {
        assert.ok(error instanceof StateFailure);
        assert.equal(error.error, 'States.Runtime');
        assert.equal(
          error.causeText,
          `Invalid path '${path}': The choice state's condition path references an invalid value.`,
        );
        return true;
      },
    );
  }
});

test('a JSONata condition gives a boolean or fails', async () => {
  const at = async (Condition: Json): Promise<unknown> => {
    const { choices } = await stateOf('Choice', { Choices: [{ Condition, Next: 'Yes' }], Default: 'No' }, 'JSONata');
    return choices[0]?.test.matches(null, scopeOf({ v: 3 }));
  };
  assert.equal(await at('{% $v > 2 %}'), true);
  assert.equal(await at(false), false);
  await assert.rejects(() => at("{% 'yes' %}"), {
    error: 'States.QueryEvaluationError',
    causeText:
      "The JSONata expression ''yes'' specified for the field 'Choices[0]/Condition' returned an unexpected result type. Expected 'boolean', but was 'string' for value: \"yes\"",
  });
});

test('rules that are none are refused', async () => {
  const refuse = async (rule: Json): Promise<string[]> =>
    errorsOf(definitionOf({ A: { Type: 'Choice', Choices: [rule] }, B: { Type: 'Succeed' } }));
  const rules: Json[] = [
    { Next: 'B' },
    { Variable: '$.x', NumericEquals: '1', Next: 'B' },
    { Variable: '$.x', NumericEquals: 1, StringEquals: 'a', Next: 'B' },
    { Variable: 'x', IsNull: true, Next: 'B' },
    { And: [], Next: 'B' },
    { Not: { Variable: '$.x', IsNull: true, Next: 'B' }, Next: 'B' },
    { Variable: '$.x', TimestampEquals: 'today', Next: 'B' },
    { Condition: '{% true %}', Next: 'B' },
    { Variable: '$.x', Contains: 'a', Next: 'B' },
    'rule',
  ];
  for (const rule of rules) assert.notDeepEqual(await refuse(rule), [], JSON.stringify(rule));
});
