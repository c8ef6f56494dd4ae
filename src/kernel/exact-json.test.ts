import assert from 'node:assert/strict';
import { test } from 'node:test';
import { comparable, levelsOf, parseExactJson } from './exact-json.ts';

test('long whole numbers keep their digits, and nothing else is touched', () => {
  for (const text of [
    '{"id":12345678901234567890,"ns":-1767225600123456789,"list":[9007199254740993]}',
    '{"text":"12345678901234567890","n":1.5,"none":null,"small":9007199254740991}',
    '{"__proto__":{"x":12345678901234567890}}',
  ]) {
    assert.equal(JSON.stringify(parseExactJson(text)), text);
  }
  assert.deepEqual(parseExactJson('{"a":1234567890123456,"b":[1e30]}'), { a: 1_234_567_890_123_456, b: [1e30] });
  assert.throws(() => parseExactJson('{"a":12345678901234567890'), SyntaxError);
});

test('levels are counted outside of texts, and any number of them is survived', () => {
  assert.equal(levelsOf('{"a":[{"b":"[[[["},[]],"c\\"{":1}'), 3);
  assert.equal(levelsOf('1'), 0);
  const deep = `${'{"a":'.repeat(10_000)}12345678901234567890${'}'.repeat(10_000)}`;
  assert.equal(levelsOf(deep), 10_000);
  assert.equal(typeof parseExactJson(deep), 'object');
  assert.equal(levelsOf(`${'"\\'.repeat(500_000)}[`), 0);
});

test('a long number can be compared', () => {
  const { id } = parseExactJson('{"id":12345678901234567890}') as { id: unknown };
  assert.equal(comparable(id), Number('12345678901234567890'));
  assert.equal(comparable('x'), 'x');
});
