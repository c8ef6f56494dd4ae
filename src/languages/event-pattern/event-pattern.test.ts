import { test } from 'node:test';
import assert from 'node:assert/strict';
import { parseExactJson } from '#kernel/exact-json';
import { compileEventPattern } from './event-pattern.ts';

const event = {
  source: 'aws.s3',
  'detail-type': 'Object Created',
  resources: ['arn:aws:s3:::raw', 'arn:aws:s3:::other'],
  detail: {
    bucket: { name: 'raw' },
    object: { key: 'in/Data.csv', size: 300 },
    requester: null,
    ip: '10.0.1.7',
    flag: true,
    items: [
      { id: 1, color: 'red' },
      { id: 2, color: 'blue' },
    ],
    none: [],
  },
};

function check(pattern: object, expected: boolean): void {
  assert.equal(compileEventPattern(JSON.stringify(pattern))(event), expected, JSON.stringify(pattern));
}

test('values match exactly, one of a list is enough, and every key must match', () => {
  check({ source: ['aws.s3'] }, true);
  check({ source: ['aws.ec2', 'aws.s3'], detail: { bucket: { name: ['raw'] } } }, true);
  check({ source: ['aws.s3'], detail: { bucket: { name: ['cooked'] } } }, false);
  check({ detail: { object: { size: [3e2] }, flag: [true], requester: [null] } }, true);
  check({ detail: { object: { size: ['300'] } } }, false);
  check({ resources: ['arn:aws:s3:::other'] }, true);
});

test('the operators on text', () => {
  check({ detail: { object: { key: [{ prefix: 'in/' }] } } }, true);
  check({ detail: { object: { key: [{ suffix: '.csv' }] } } }, true);
  check({ detail: { object: { key: [{ prefix: 'IN/' }] } } }, false);
  check({ detail: { object: { key: [{ prefix: { 'equals-ignore-case': 'IN/' } }] } } }, true);
  check({ detail: { object: { key: [{ 'equals-ignore-case': 'in/data.CSV' }] } } }, true);
  check({ detail: { object: { key: [{ wildcard: 'in/*.csv' }] } } }, true);
  check({ detail: { object: { key: [{ wildcard: 'out/*' }] } } }, false);
});

test('anything-but takes values, lists and operators, and needs the member to be there', () => {
  check({ source: [{ 'anything-but': 'aws.ec2' }] }, true);
  check({ source: [{ 'anything-but': ['aws.s3', 'x'] }] }, false);
  check({ detail: { object: { size: [{ 'anything-but': [300] }] } } }, false);
  check({ detail: { object: { key: [{ 'anything-but': { prefix: 'tmp/' } }] } } }, true);
  check({ detail: { object: { key: [{ 'anything-but': { wildcard: '*.csv' } }] } } }, false);
  check({ detail: { missing: [{ 'anything-but': 'x' }] } }, false);
});

test('numbers, networks and presence', () => {
  check({ detail: { object: { size: [{ numeric: ['>', 100, '<=', 300] }] } } }, true);
  check({ detail: { object: { size: [{ numeric: ['=', 301] }] } } }, false);
  check({ detail: { ip: [{ cidr: '10.0.0.0/16' }] } }, true);
  check({ detail: { ip: [{ cidr: '10.1.0.0/16' }] } }, false);
  check({ detail: { ip: [{ exists: true }], missing: [{ exists: false }] } }, true);
  check({ detail: { requester: [{ exists: false }] } }, false);
  check({ detail: { none: [{ exists: false }] } }, true);
});

test('$or joins alternatives with what stands beside it', () => {
  const pattern = (size: number) => ({
    source: ['aws.s3'],
    detail: { $or: [{ object: { size: [size] } }, { bucket: { name: ['cooked'] } }] },
  });
  check(pattern(300), true);
  check(pattern(1), false);
});

test('a star in a wildcard can be escaped, and every text between the stars has its place', () => {
  const matches = (wildcard: string, a: string): boolean =>
    compileEventPattern(JSON.stringify({ a: [{ wildcard }] }))({ a });
  assert.equal(matches('a*b*c', 'a-b-b-c'), true);
  assert.equal(matches('a*b*c', 'a-c-c'), false);
  assert.equal(matches('ab*ba', 'aba'), false);
  assert.equal(matches('*', ''), true);
  assert.equal(matches('100\\*', '100*'), true);
  assert.equal(matches('100\\*', '1000'), false);
  assert.equal(matches('C:\\\\*', 'C:\\data'), true);
  assert.equal(matches(`${'*a'.repeat(400)}*b`, 'a'.repeat(100_000)), false);
});

test('anything-but with every operator, and with lists of them', () => {
  const key = (matcher: object) => ({ detail: { object: { key: [{ 'anything-but': matcher }] } } });
  check(key({ suffix: ['.csv', '.json'] }), false);
  check(key({ suffix: ['.orc'] }), true);
  check(key({ 'equals-ignore-case': ['IN/DATA.CSV'] }), false);
  check(key({ prefix: { 'equals-ignore-case': 'IN/' } }), false);
  check(key({ wildcard: ['out/*', '*.tsv'] }), true);
});

test('a number of more digits than a number holds is there and can be compared', () => {
  const event = parseExactJson('{"id":12345678901234567890}') as object;
  assert.equal(compileEventPattern('{"id":[{"exists":true}]}')(event), true);
  assert.equal(compileEventPattern('{"id":[12345678901234567890]}')(event), true);
  assert.equal(compileEventPattern('{"id":[{"numeric":["<",5]}]}')(event), false);
});

test('in a list of objects one element has to fulfil the whole pattern', () => {
  check({ detail: { items: { id: [1], color: ['red'] } } }, true);
  check({ detail: { items: { id: [1], color: ['blue'] } } }, false);
});

test('a pattern that is wrong is refused with the place and the reason', () => {
  const refused = (pattern: unknown, message: RegExp): void => {
    const text = typeof pattern === 'string' ? pattern : JSON.stringify(pattern);
    assert.throws(() => compileEventPattern(text), { code: 'InvalidEventPatternException', message });
  };
  refused('{', /not JSON/);
  refused({}, /empty/);
  refused({ source: 'aws.s3' }, /'source' must be an object or an array/);
  refused({ source: [] }, /empty array/);
  refused({ source: [{ starts: 'x' }] }, /unrecognized match type starts/);
  refused({ source: [{ above: 5 }] }, /unrecognized match type above/);
  refused({ a: [{ numeric: ['~', 1] }] }, /unknown operator/);
  refused({ a: [{ cidr: '10.0.0.0' }] }, /cidr/);
  refused({ a: [{ wildcard: 'a**b' }] }, /two stars/);
  refused({ a: [{ wildcard: 'a\\b' }] }, /invalid escape at pos 1/);
  refused({ a: [{ suffix: '' }] }, /one character or more/);
  refused({ a: [{ numeric: ['<', 5, '>', 1] }] }, /bad range/);
  refused({ a: [{ numeric: ['>', 5, '<', 1] }] }, /bad range/);
  refused({ a: [{ 'anything-but': { numeric: ['>', 1] } }] }, /anything-but of 'a'/);
  refused({ a: [{ 'anything-but': { prefix: [] } }] }, /anything-but of 'a'/);
  refused({ a: [{ 'anything-but': { prefix: 'a', suffix: 'b' } }] }, /anything-but of 'a'/);
  refused({ a: [{ prefix: { suffix: 'x' } }] }, /takes a string/);
  refused(`${'{"a":'.repeat(20)}["x"]${'}'.repeat(20)}`, /10 levels/);
  refused({ a: ['x'.repeat(5000)] }, /4096/);
  assert.equal(compileEventPattern('{"__proto__":["x"],"constructor":["x"]}')({}), false);
});
