import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { Catalog } from './catalog.ts';
import { column, csvTable, openCatalog, scope } from './catalog.fixture.ts';
import type { PartitionInput } from './partition.ts';

const keys = [column('year', 'int'), column('month', 'string'), column('day', 'date')];

async function openTrips(t: TestContext): Promise<Catalog> {
  const { catalog } = openCatalog(t);
  await catalog.createDatabase(scope, { Name: 'taxi' });
  await catalog.createTable(scope, 'taxi', csvTable('trips', keys));
  return catalog;
}

function partition(...values: string[]): PartitionInput {
  return {
    Values: values,
    Parameters: { objectCount: '1' },
    StorageDescriptor: {
      Columns: [column('fare', 'double')],
      Location: `s3://lake/trips/${values.join('/')}/`,
      Parameters: { recordCount: values[0] ?? '' },
    },
  };
}

function found(catalog: Catalog, expression?: string): string[] {
  return [...catalog.listPartitions(scope, 'taxi', 'trips', { expression })].map((item) => item.Values.join('/'));
}

const some = [
  partition('2017', '01', '2017-01-01'),
  partition('2017', '02', '2017-02-01'),
  partition('2018', '01', '2018-01-01'),
  partition('9', 'x', '__HIVE_DEFAULT_PARTITION__'),
  partition('__HIVE_DEFAULT_PARTITION__', 'y', '2018-01-02'),
];

test('a partition comes back as it was given', async (t) => {
  const catalog = await openTrips(t);
  await catalog.createPartitions(scope, 'taxi', 'trips', some);
  const one = catalog.findPartition(scope, 'taxi', 'trips', ['2017', '02', '2017-02-01']);
  assert.equal(one?.StorageDescriptor?.Location, 's3://lake/trips/2017/02/2017-02-01/');
  assert.deepEqual(one?.StorageDescriptor?.Parameters, { recordCount: '2017' });
  assert.deepEqual(one?.StorageDescriptor?.Columns, [column('fare', 'double')]);
  assert.deepEqual(one?.Parameters, { objectCount: '1' });
  assert.equal(one?.TableName, 'trips');
});

test('expressions compare whole numbers as numbers, strings and dates as text', async (t) => {
  const catalog = await openTrips(t);
  await catalog.createPartitions(scope, 'taxi', 'trips', some);
  const cases: [string, string[]][] = [
    ['year = 2017', ['2017/01/2017-01-01', '2017/02/2017-02-01']],
    ["year = '2017' and month = '02'", ['2017/02/2017-02-01']],
    ['year > 9', ['2017/01/2017-01-01', '2017/02/2017-02-01', '2018/01/2018-01-01']],
    ['10 > year', ['9/x/__HIVE_DEFAULT_PARTITION__']],
    ["month BETWEEN '01' AND '01'", ['2017/01/2017-01-01', '2018/01/2018-01-01']],
    ["month IN ('02', 'x')", ['2017/02/2017-02-01', '9/x/__HIVE_DEFAULT_PARTITION__']],
    ["day >= date '2018-01-01'", ['2018/01/2018-01-01', '__HIVE_DEFAULT_PARTITION__/y/2018-01-02']],
    ["day LIKE '2017-0_-%'", ['2017/01/2017-01-01', '2017/02/2017-02-01']],
    ['year IS NULL', ['__HIVE_DEFAULT_PARTITION__/y/2018-01-02']],
    ['day is not null AND NOT (year = 2017 OR year = 2018)', []],
    ["(year = 2018 OR month <> '01') AND year != 9", ['2017/02/2017-02-01', '2018/01/2018-01-01']],
    ["\"month\" = 'it''s'", []],
  ];
  for (const [expression, expected] of cases) assert.deepEqual(found(catalog, expression), expected, expression);
});

test('an expression that cannot be carried out says where and why', async (t) => {
  const catalog = await openTrips(t);
  const cases: [string, RegExp][] = [
    ['fare = 1', /'fare' is no partition key. The keys are \[year, month, day\]/],
    ['month = 1', /write the value as '1'/],
    ["year = 'soon'", /'soon' is not a number/],
    ['year = ', /character 8: expected a value, found its end/],
    ['year == 1', /expected a value, found '='/],
    ['year = 1 year', /expected AND, OR or the end/],
    ["year LIKE '2%'", /LIKE needs a string key/],
    ['year = 1; DROP TABLE x', /character 9: '; DROP TAB' is not understood/],
    [`${'('.repeat(100)}year = 1${')'.repeat(100)}`, /nested deeper than 64/],
    [Array.from({ length: 600 }, () => 'year=1').join(' OR '), /more than 500 tests/],
  ];
  for (const [expression, message] of cases) {
    assert.throws(() => found(catalog, expression), { code: 'InvalidInputException', message }, expression);
  }
});

test('keys behind the fourth are compared under their type too', async (t) => {
  const { catalog } = openCatalog(t);
  await catalog.createDatabase(scope, { Name: 'taxi' });
  const names = ['a', 'b', 'c', 'd', 'e', 'f'];
  await catalog.createTable(
    scope,
    'taxi',
    csvTable('trips', [...names.map((name) => column(name, 'int')), column('g', 'string')]),
  );
  await catalog.createPartitions(scope, 'taxi', 'trips', [
    { Values: ['1', '2', '3', '4', '10', '6', 'p'] },
    { Values: ['1', '2', '3', '4', '9', '__HIVE_DEFAULT_PARTITION__', 'q'] },
  ]);
  assert.deepEqual(found(catalog, 'e > 9'), ['1/2/3/4/10/6/p']);
  assert.deepEqual(found(catalog, 'f is null'), ['1/2/3/4/9/__HIVE_DEFAULT_PARTITION__/q']);
  assert.deepEqual(found(catalog, "g like 'p%'"), ['1/2/3/4/10/6/p']);
});

test('a batch does what it can and reports the rest entry by entry', async (t) => {
  const catalog = await openTrips(t);
  const first = await catalog.createPartitions(scope, 'taxi', 'trips', some.slice(0, 2));
  assert.deepEqual(first, []);
  const second = await catalog.createPartitions(scope, 'taxi', 'trips', [...some.slice(1, 3), partition('2019')]);
  assert.deepEqual(
    second.map((failure) => [failure.values.join('/'), failure.code]),
    [
      ['2017/02/2017-02-01', 'AlreadyExistsException'],
      ['2019', 'InvalidInputException'],
    ],
  );
  assert.equal(found(catalog).length, 3);
  const gone = await catalog.deletePartitions(scope, 'taxi', 'trips', [
    ['2017', '01', '2017-01-01'],
    ['2017', '01', '2017-01-01'],
  ]);
  assert.deepEqual(
    gone.map((failure) => failure.code),
    ['EntityNotFoundException'],
  );
});

test('an update moves a partition to other values and is found there', async (t) => {
  const catalog = await openTrips(t);
  await catalog.createPartitions(scope, 'taxi', 'trips', some.slice(0, 2));
  const move = { values: ['2017', '01', '2017-01-01'], input: partition('2020', '01', '2020-01-01') };
  assert.deepEqual(await catalog.updatePartitions(scope, 'taxi', 'trips', [move]), []);
  assert.deepEqual(found(catalog, 'year = 2020'), ['2020/01/2020-01-01']);
  const clash = { values: ['2020', '01', '2020-01-01'], input: partition('2017', '02', '2017-02-01') };
  const [failure] = await catalog.updatePartitions(scope, 'taxi', 'trips', [clash]);
  assert.equal(failure?.code, 'AlreadyExistsException');
});

test('a change of the key types applies to the partitions that are there', async (t) => {
  const catalog = await openTrips(t);
  await catalog.createPartitions(scope, 'taxi', 'trips', some.slice(0, 3));
  await catalog.updateTable(scope, 'taxi', csvTable('trips', [column('year', 'string'), ...keys.slice(1)]));
  assert.deepEqual(found(catalog, "year > '2017'"), ['2018/01/2018-01-01']);
  await assert.rejects(catalog.updateTable(scope, 'taxi', csvTable('trips', [column('year', 'string')])), {
    code: 'InvalidInputException',
  });
});

test('25,000 partitions are written in batches and read in order, in segments and by expression', async (t) => {
  const { catalog } = openCatalog(t);
  await catalog.createDatabase(scope, { Name: 'taxi' });
  await catalog.createTable(scope, 'taxi', csvTable('trips', [column('day', 'int'), column('hour', 'string')]));
  const total = 25_000;
  const started = performance.now();
  for (let first = 0; first < total; first += 1000) {
    const batch = Array.from({ length: 1000 }, (_, index) => partition(String(first + index), 'h'));
    assert.deepEqual(await catalog.createPartitions(scope, 'taxi', 'trips', batch), []);
  }
  const written = performance.now();
  let count = 0;
  let before = '';
  for (const { Values: values } of catalog.listPartitions(scope, 'taxi', 'trips')) {
    const key = JSON.stringify(values);
    assert.ok(key > before);
    before = key;
    count++;
  }
  const read = performance.now();
  assert.equal(count, total);
  assert.deepEqual(found(catalog, 'day IN (7, 24999)'), ['24999/h', '7/h']);
  const looked = performance.now();
  t.diagnostic(
    `write ${(written - started).toFixed(0)} ms, read ${(read - written).toFixed(0)} ms, two by expression ${(looked - read).toFixed(1)} ms`,
  );
  assert.ok(looked - read < 200, 'an expression over the first key must use the index');

  const seen = new Set<string>();
  for (let number = 0; number < 4; number++) {
    let after = '';
    for (;;) {
      const page = catalog.partitions.page(scope, 'taxi', 'trips', {
        after,
        limit: 1000,
        segment: { number, total: 4 },
      });
      for (const item of page.partitions) seen.add(item.Values.join('/'));
      if (page.next === undefined) break;
      after = page.next;
    }
  }
  assert.equal(seen.size, total);
});

test('whatever the expression, the answer is partitions or an error that names the fault', async (t) => {
  const catalog = await openTrips(t);
  await catalog.createPartitions(scope, 'taxi', 'trips', some);
  const pieces = [
    'year',
    'month',
    'day',
    '=',
    '<>',
    '<',
    '>=',
    '(',
    ')',
    ',',
    ' AND ',
    ' OR ',
    ' NOT ',
    ' IN ',
    ' BETWEEN ',
  ];
  pieces.push(' LIKE ', ' IS NULL', "'a%'", "'['", '2017', '-1.5', "date '2018-01-01'", '"', "'", ';', '\0', '%', 'é');
  let seed = 1;
  const next = (): number => (seed = (seed * 48_271) % 2_147_483_647);
  let understood = 0;
  for (let round = 0; round < 3000; round++) {
    const expression = Array.from({ length: 1 + (next() % 8) }, () => pieces[next() % pieces.length]).join('');
    try {
      found(catalog, expression);
      understood++;
    } catch (error) {
      assert.equal((error as { code?: string }).code, 'InvalidInputException', `${expression}: ${String(error)}`);
    }
  }
  assert.ok(understood > 0);
});
