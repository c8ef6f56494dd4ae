import { test } from 'node:test';
import assert from 'node:assert/strict';
import { parseFilterPattern } from './filter-pattern.ts';

function check(pattern: string, matching: readonly string[], others: readonly string[]): void {
  const matches = parseFilterPattern(pattern);
  for (const message of matching) assert.equal(matches(message), true, `${pattern} should match ${message}`);
  for (const message of others) assert.equal(matches(message), false, `${pattern} should not match ${message}`);
}

test('an empty pattern matches every line', () => {
  check('', ['', 'a'], []);
  check('""', ['a'], []);
});

test('terms must all stand in the line, excluded ones must not, and case counts', () => {
  check('ERROR disk', ['disk ERROR 7'], ['ERROR', 'error disk']);
  check('ERROR -"timed out"', ['ERROR 5'], ['ERROR: timed out']);
  check('"not found"', ['page not found'], ['not ever found']);
});

test('optional terms match when one of them stands in the line', () => {
  check('?ERROR ?WARN', ['WARN a', 'ERROR b'], ['INFO c']);
});

test('optional terms beside wanted ones do not count', () => {
  check('disk ?ERROR', ['disk'], ['ERROR']);
});

test('a regular expression in percent signs is tried in linear time', () => {
  check('%AUTH.{2,4}\\d%', ['AUTHOR1'], ['AUTH']);
  check('%(a+)+$%', ['aaaa'], [`${'a'.repeat(50_000)}!`]);
});

test('JSON patterns compare text with wildcards and numbers', () => {
  check('{ $.eventType = "Update*" }', ['{"eventType":"UpdateTrail"}'], ['{"eventType":"x"}', 'UpdateTrail', '{}']);
  check(
    '{ $.status >= 500 && $.path != "/health" }',
    ['{"status":503,"path":"/"}'],
    ['{"status":499,"path":"/"}', '{"status":500,"path":"/health"}'],
  );
  check('{ ($.a = 1) || ($.b[0].c = "x") }', ['{"a":1}', '{"b":[{"c":"x"}]}'], ['{"a":2}']);
  check("{ $['a b'] = 1 }", ['{"a b":1}'], ['{"a":1}']);
  check('{ $.users[*].name = "eve" }', ['{"users":[{"name":"bob"},{"name":"eve"}]}'], ['{"users":[]}']);
});

test('JSON patterns ask for presence, null and truth', () => {
  check('{ $.a IS NULL }', ['{"a":null}'], ['{}', '{"a":0}']);
  check('{ $.a IS TRUE }', ['{"a":true}'], ['{"a":"true"}']);
  check('{ $.a NOT EXISTS }', ['{}'], ['{"a":null}']);
});

test('a line that is no JSON never matches a JSON pattern', () => {
  check('{ $.a NOT EXISTS }', [], ['plain', '{broken']);
});

test('space-delimited patterns test fields by their place', () => {
  const line = '127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534';
  check('[ip, user, name, time, request, status = 4*, bytes > 1000]', [line], [line.replace('404', '200')]);
  check('[..., status = 404 || status = 410, bytes]', [line], [line.replace('404', '500')]);
  check('[ip = 127.*, ...]', [line], [line.replace('127', '10')]);
  check('[a, b]', ['x y'], ['x y z', 'x']);
});

test('what cannot be read is refused with the pattern and the reason', () => {
  const rejects = (pattern: string, why: RegExp): void => {
    assert.throws(() => parseFilterPattern(pattern), { code: 'InvalidParameterException', message: why });
  };
  rejects('{ $.a = 1', /'}' is missing/);
  rejects('{ a = 1 }', /'a' is not a property/);
  rejects('{ $.a > "x" }', /compares numbers/);
  rejects('{ $.a = 1 ) }', /not expected/);
  rejects(`{ ${'('.repeat(60)}$.a = 1 }`, /nests more than/);
  rejects('%(%', /Invalid filter pattern/);
  rejects('x'.repeat(1025), /1024/);
});
