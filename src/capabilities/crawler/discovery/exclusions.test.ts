import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileExclusions } from './exclusions.ts';

test('exclude patterns follow the glob rules of Glue', () => {
  const cases: [pattern: string, yes: string[], no: string[]][] = [
    ['*.csv', ['a.csv', '.csv'], ['a/b.csv', 'a.csv.gz']],
    ['*.*', ['a.b', 'market.d'], ['a', 'x/a.b']],
    ['*.{csv,avro}', ['a.csv', 'a.avro'], ['a.json']],
    ['foo.?', ['foo.c'], ['foo.', 'foo.cc', 'foo./']],
    ['myfolder/*', ['myfolder/a'], ['myfolder/a/b', 'myfolder']],
    ['myfolder/*/*', ['myfolder/a/b'], ['myfolder/a']],
    ['myfolder/**', ['myfolder/a', 'myfolder/a/b'], ['other/a']],
    ['myfolder**', ['myfolder', 'myfolder/a/b', 'myfolder2'], ['other']],
    ['**/_logs/**', ['a/_logs/b', 'a/b/_logs/c/d'], ['_logs/b']],
    ['year=201[0-7]/**', ['year=2017/a'], ['year=2018/a', 'year=201/a']],
    ['[!a-c]x', ['dx', '1x'], ['ax', '/x']],
    ['a\\*b', ['a*b'], ['axb']],
    ['[*?]', ['*', '?'], ['a']],
    ['{a*,b/c}', ['a', 'axe', 'b/c'], ['b/d']],
    ['a+b(c)|d$', ['a+b(c)|d$'], ['aab(c)']],
  ];
  for (const [pattern, yes, no] of cases) {
    const isExcluded = compileExclusions([pattern]);
    for (const path of yes) assert.equal(isExcluded(path), true, `${pattern} must match ${path}`);
    for (const path of no) assert.equal(isExcluded(path), false, `${pattern} must not match ${path}`);
  }
});

test('a pattern that is not finished is refused by name', () => {
  for (const pattern of ['[abc', '{a,b', '{a,{b}}', 'a\\']) {
    assert.throws(
      () => compileExclusions([pattern]),
      { code: 'InvalidInputException', message: /cannot be used/ },
      pattern,
    );
  }
});

test('a pattern of many stars is matched in linear time', () => {
  const isExcluded = compileExclusions([`${'**a'.repeat(40)}b`]);
  const started = performance.now();
  assert.equal(isExcluded('a'.repeat(1000)), false);
  assert.ok(performance.now() - started < 500);
});
