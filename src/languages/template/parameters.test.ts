import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { bind } from './template.fixture.ts';

const withParameter = (definition: string): string =>
  `Parameters: { P: ${definition} }\nResources: { It: { Type: Test::Shop::Widget } }`;
const valueOf = (definition: string, value?: string, stored: Record<string, string> = {}) =>
  bind(withParameter(definition), value === undefined ? {} : { P: value }, stored).parameters.values.get('P');

suite('parameters', () => {
  test('values come from the caller, else from the default', () => {
    assert.equal(valueOf('{ Type: String, Default: a }'), 'a');
    assert.equal(valueOf('{ Type: String, Default: a }', 'b'), 'b');
    assert.equal(valueOf('{ Type: Number, Default: 5 }'), '5');
    assert.deepEqual(valueOf('{ Type: CommaDelimitedList }', 'a, b,c'), ['a', 'b', 'c']);
    assert.deepEqual(valueOf('{ Type: List<Number> }', '1,2'), ['1', '2']);
    assert.equal(valueOf('{ Type: AWS::EC2::VPC::Id }', 'vpc-1'), 'vpc-1');
  });

  test('a parameter of the store stands for the value behind its name', () => {
    assert.equal(valueOf('{ Type: AWS::SSM::Parameter::Value<String> }', '/a/b', { '/a/b': 'deep' }), 'deep');
    assert.deepEqual(valueOf('{ Type: AWS::SSM::Parameter::Value<List<String>> }', 'l', { l: 'x,y' }), ['x', 'y']);
    assert.throws(() => valueOf('{ Type: AWS::SSM::Parameter::Value<String> }', 'no'), /no parameter 'no'/);
  });

  const refused: readonly [definition: string, value: string | undefined, message: RegExp][] = [
    ['{ Type: String }', undefined, /Parameters: \[P\] must have values/],
    ['{ Type: String, AllowedValues: [a, b] }', 'c', /Parameter 'P' must be one of AllowedValues/],
    ['{ Type: CommaDelimitedList, AllowedValues: [a, b] }', 'a,c', /must be one of AllowedValues/],
    ['{ Type: String, AllowedPattern: "[a-z]+" }', 'ab1', /must match pattern \[a-z\]\+/],
    [
      '{ Type: String, AllowedPattern: "[a-z]+", ConstraintDescription: only letters }',
      '1',
      /Parameter P failed to satisfy constraint: only letters/,
    ],
    ['{ Type: String, MinLength: 3 }', 'ab', /must contain at least 3 characters/],
    ['{ Type: String, MaxLength: "3" }', 'abcd', /must contain at most 3 characters/],
    ['{ Type: Number }', 'x', /must be a number/],
    ['{ Type: Number, MinValue: 3 }', '2', /must be a number not less than 3/],
    ['{ Type: Number, MaxValue: 3 }', '4', /must be a number not greater than 3/],
    ['{ Type: List<Number> }', '1,x', /must be a number/],
    ['{ Type: Strin }', 'x', /Unrecognized parameter type: Strin/],
    [
      '{ Type: String, Defualt: a }',
      'x',
      /Invalid template parameter property 'Defualt' of P\. Did you mean Default\?/,
    ],
    ['{ Default: a }', 'x', /must contain a Type member/],
    ['{ Type: String, AllowedPattern: "(?=a" }', 'x', /is not a regular expression that can be used here/],
    ['{ Type: String, AllowedPattern: "^(?!aws)[a-z]+$" }', 'awsome', /must match pattern/],
    ['{ Type: String, AllowedPattern: "(?=.*[0-9])[a-z0-9]{4,}" }', 'abcd', /must match pattern/],
  ];
  for (const [definition, value, message] of refused) {
    test(`${definition} with ${value}`, () => {
      assert.throws(() => valueOf(definition, value), { code: 'ValidationError', message });
    });
  }

  test('a parameter that the template does not have is refused with the nearest that it has', () => {
    const text = 'Parameters: { Stage: { Type: String } }\nResources: { It: { Type: Test::Shop::Widget } }';
    assert.throws(
      () => bind(text, { Stag: 'x' }),
      /Parameters: \[Stag\] do not exist in the template Did you mean Stage\?/,
    );
  });

  test('a pattern may look around', () => {
    assert.equal(valueOf('{ Type: String, AllowedPattern: "^(?!aws)[a-z]+$" }', 'mine'), 'mine');
  });

  test('a pattern made to stall takes linear time, and one that has to be tried is cut off', () => {
    const tried = '{ Type: String, AllowedPattern: "(?=a)(a+)+$" }';
    assert.throws(() => valueOf(tried, `${'a'.repeat(4000)}b`), /is not a regular expression that can be used/);
    const startedMs = performance.now();
    assert.throws(() => valueOf('{ Type: String, AllowedPattern: "(a+)+$" }', `${'a'.repeat(4000)}b`), /must match/);
    assert.ok(performance.now() - startedMs < 1000);
  });
});
