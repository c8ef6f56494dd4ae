import assert from 'node:assert/strict';
import { test } from 'node:test';
import { invalidExecutionInput } from '../errors.ts';
import { checkJson } from './json-text.ts';

const check = (text: string): void => checkJson(text, invalidExecutionInput);

test('any JSON value is an input, however many lists it has side by side', () => {
  for (const text of ['{}', '2', 'null', '"text"', JSON.stringify(Array.from({ length: 2000 }, () => [{}]))])
    check(text);
});

test('what is no JSON, too long or too deep is refused with the reason', () => {
  const refused = (text: string, message: RegExp): void =>
    assert.throws(() => check(text), { code: 'InvalidExecutionInput', message });
  refused('', /'Invalid execution input\.'/);
  refused('not json', /Unrecognized token 'not': was expecting \(JSON String, Number, Array/);
  refused("{'a': 1}", /Unexpected character \('''/);
  refused(`"${'x'.repeat(262_144)}"`, /262144/);
  refused('['.repeat(100_000) + ']'.repeat(100_000), /deep|nest/i);
});
