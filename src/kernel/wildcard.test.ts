import { test } from 'node:test';
import assert from 'node:assert/strict';
import { matchesWildcard } from './wildcard.ts';

test('a star stands for any run of characters, an empty one too', () => {
  assert.equal(matchesWildcard('a*c', 'ac'), true);
  assert.equal(matchesWildcard('a*c', 'abbc'), true);
  assert.equal(matchesWildcard('a*c', 'abcd'), false);
  assert.equal(matchesWildcard('*', ''), true);
  assert.equal(matchesWildcard('*b*b*', 'aabab'), true);
  assert.equal(matchesWildcard('', 'a'), false);
});

test('a question mark is one character only where that is asked for', () => {
  assert.equal(matchesWildcard('a?c', 'abc'), false);
  assert.equal(matchesWildcard('a?c', 'abc', { single: true }), true);
  assert.equal(matchesWildcard('a?c', 'ac', { single: true }), false);
});

test('many stars on a long text end soon', () => {
  assert.equal(matchesWildcard(`${'a*'.repeat(50)}b`, 'a'.repeat(20_000)), false);
});
