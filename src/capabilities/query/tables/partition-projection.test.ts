import assert from 'node:assert/strict';
import { test } from 'node:test';
import { projectPartitions } from './partition-projection.ts';

function project(keys: string[], properties: Record<string, string>, fixedValues: Record<string, string[]> = {}) {
  return projectPartitions({
    keys,
    properties: Object.fromEntries(
      Object.entries(properties).map(([key, value]) => [key.startsWith('storage') ? key : `projection.${key}`, value]),
    ),
    tableLocation: 's3://b/t',
    filter: { matches: () => true, fixedValues, text: '' },
    now: new Date('2026-03-15T12:30:00Z'),
  });
}

test('enum and integer keys give every combination, with digits and steps', () => {
  const found = project(['kind', 'month'], {
    'kind.type': 'enum',
    'kind.values': 'a, b',
    'month.type': 'integer',
    'month.range': '1,12',
    'month.interval': '6',
    'month.digits': '2',
  });
  assert.deepEqual(
    found.map((each) => each.location),
    [
      's3://b/t/kind=a/month=01/',
      's3://b/t/kind=a/month=07/',
      's3://b/t/kind=b/month=01/',
      's3://b/t/kind=b/month=07/',
    ],
  );
});

test('dates count from a bound to NOW in the unit of their format', () => {
  const months = project(['m'], { 'm.type': 'date', 'm.range': 'NOW-2MONTHS,NOW', 'm.format': 'yyyy/MM' });
  assert.deepEqual(
    months.map((each) => each.values[0]),
    ['2026/01', '2026/02', '2026/03'],
  );
  const hours = project(['h'], {
    'h.type': 'date',
    'h.range': '2026-03-15T09,2026-03-15T11',
    'h.format': "yyyy-MM-dd'T'HH",
    'storage.location.template': 's3://b/x/${h}/',
  });
  assert.deepEqual(
    hours.map((each) => each.location),
    ['s3://b/x/2026-03-15T09/', 's3://b/x/2026-03-15T10/', 's3://b/x/2026-03-15T11/'],
  );
});

test('an injected key needs its values from the query', () => {
  assert.deepEqual(project(['id'], { 'id.type': 'injected' }, { id: ['7'] })[0]?.values, ['7']);
  assert.throws(() => project(['id'], { 'id.type': 'injected' }), { code: 'CONSTRAINT_VIOLATION' });
});

test('wrong properties are named, and a projection without end is refused', () => {
  assert.throws(() => project(['n'], { 'n.type': 'integer', 'n.range': 'x' }), /projection\.n\.range is 'x'/);
  assert.throws(() => project(['n'], { 'n.type': 'whatever' }), /projection\.n\.type/);
  assert.throws(() => project(['n'], { 'n.type': 'integer', 'n.range': '1,999999999999' }), {
    code: 'HIVE_EXCEEDED_PARTITION_LIMIT',
  });
});
