import assert from 'node:assert/strict';
import { test } from 'node:test';
import { column, csvTable, openCatalog, scope } from './catalog.fixture.ts';

test('a database is found under its name in any case and lists in the order of names', async (t) => {
  const { catalog } = openCatalog(t);
  await catalog.createDatabase(scope, { Name: 'NYCityTaxi' });
  await catalog.createDatabase(scope, { Name: 'billboard', Parameters: { owner: 'ann' } });
  assert.equal(catalog.getDatabase(scope, 'nycitytaxi').Name, 'nycitytaxi');
  assert.deepEqual(
    catalog.listDatabases(scope).map((database) => database.Name),
    ['billboard', 'nycitytaxi'],
  );
  assert.equal(catalog.findDatabase('111122223333/eu-west-1', 'nycitytaxi'), undefined);
});

test('a second database or table of the same name is refused', async (t) => {
  const { catalog } = openCatalog(t);
  await catalog.createDatabase(scope, { Name: 'taxi' });
  await assert.rejects(catalog.createDatabase(scope, { Name: 'Taxi' }), { code: 'AlreadyExistsException' });
  await catalog.createTable(scope, 'taxi', csvTable('trips'));
  await assert.rejects(catalog.createTable(scope, 'taxi', csvTable('Trips')), { code: 'AlreadyExistsException' });
});

test('what is missing is named: the database before the table', async (t) => {
  const { catalog } = openCatalog(t);
  assert.throws(() => catalog.getTable(scope, 'nope', 'trips'), {
    code: 'EntityNotFoundException',
    message: 'Database nope not found.',
  });
  await catalog.createDatabase(scope, { Name: 'taxi' });
  assert.throws(() => catalog.getTable(scope, 'taxi', 'trips'), { message: 'Table trips not found.' });
  await assert.rejects(catalog.createTable(scope, 'nope', csvTable('trips')), { message: 'Database nope not found.' });
});

test('an update keeps the version before, unless it is told to skip that', async (t) => {
  const { catalog, clock } = openCatalog(t);
  await catalog.createDatabase(scope, { Name: 'taxi' });
  await catalog.createTable(scope, 'taxi', csvTable('trips'), { createdBy: 'arn:aws:iam::111122223333:root' });
  clock.advance(1000);
  await catalog.updateTable(scope, 'taxi', { ...csvTable('trips'), Description: 'one' });
  await catalog.updateTable(scope, 'taxi', { ...csvTable('trips'), Description: 'two' }, { skipArchive: true });
  const versions = catalog.listTableVersions(scope, 'taxi', 'trips', { limit: 10 });
  assert.deepEqual(
    versions.map((table) => [table.VersionId, table.Description]),
    [
      ['2', 'two'],
      ['0', undefined],
    ],
  );
  const table = catalog.getTable(scope, 'taxi', 'trips');
  assert.equal(table.UpdateTime.getTime() - table.CreateTime.getTime(), 1000);
  assert.equal(table.CreatedBy, 'arn:aws:iam::111122223333:root');
  assert.equal(catalog.getTableVersion(scope, 'taxi', 'trips', '0').VersionId, '0');
  assert.throws(() => catalog.getTableVersion(scope, 'taxi', 'trips', '1'), { code: 'EntityNotFoundException' });
});

test('an update that read an older version is refused', async (t) => {
  const { catalog } = openCatalog(t);
  await catalog.createDatabase(scope, { Name: 'taxi' });
  await catalog.createTable(scope, 'taxi', csvTable('trips'));
  await catalog.updateTable(scope, 'taxi', csvTable('trips'), { versionId: '0' });
  await assert.rejects(catalog.updateTable(scope, 'taxi', csvTable('trips'), { versionId: '0' }), {
    code: 'ConcurrentModificationException',
  });
});

test('of two updates at the same time from the same version one wins', async (t) => {
  const { catalog } = openCatalog(t);
  await catalog.createDatabase(scope, { Name: 'taxi' });
  await catalog.createTable(scope, 'taxi', csvTable('trips'));
  const tries = await Promise.allSettled(
    Array.from({ length: 20 }, () => catalog.updateTable(scope, 'taxi', csvTable('trips'), { versionId: '0' })),
  );
  assert.equal(tries.filter((outcome) => outcome.status === 'fulfilled').length, 1);
});

test('tables are listed by regular expression and by a pattern in the manner of Hive', async (t) => {
  const { catalog } = openCatalog(t);
  await catalog.createDatabase(scope, { Name: 'taxi' });
  for (const name of ['green', 'yellow', 'yellow_2018', 'zones'])
    await catalog.createTable(scope, 'taxi', csvTable(name));
  const names = (expression?: string): string[] =>
    catalog.listTables(scope, 'taxi', { expression }).map((table) => table.Name);
  assert.deepEqual(names(), ['green', 'yellow', 'yellow_2018', 'zones']);
  assert.deepEqual(names('yellow'), ['yellow']);
  assert.deepEqual(names('yellow.*'), ['yellow', 'yellow_2018']);
  assert.deepEqual(names('*yellow*'), ['yellow', 'yellow_2018']);
  assert.deepEqual(names('Green|zones'), ['green', 'zones']);
  assert.deepEqual(
    catalog.listTables(scope, 'taxi', { expression: '.*', after: 'green', limit: 2 }).map((table) => table.Name),
    ['yellow', 'yellow_2018'],
  );
  assert.throws(() => names('(a'), { code: 'InvalidInputException' });
});

test('a pattern that would blow up a backtracking matcher is matched at once', async (t) => {
  const { catalog } = openCatalog(t);
  await catalog.createDatabase(scope, { Name: 'taxi' });
  await catalog.createTable(scope, 'taxi', csvTable('a'.repeat(200)));
  const started = performance.now();
  assert.deepEqual(catalog.listTables(scope, 'taxi', { expression: '(a+)+b' }), []);
  assert.ok(performance.now() - started < 500);
});

test('deleting a database takes its tables, partitions and versions with it', async (t) => {
  const { catalog, state } = openCatalog(t);
  await catalog.createDatabase(scope, { Name: 'taxi' });
  await catalog.createTable(scope, 'taxi', csvTable('trips', [column('year', 'int')]));
  await catalog.updateTable(scope, 'taxi', csvTable('trips', [column('year', 'int')]));
  await catalog.createPartitions(scope, 'taxi', 'trips', [
    { Values: ['2017'], StorageDescriptor: { Location: 's3://x/' } },
  ]);
  await catalog.deleteDatabase(scope, 'taxi');
  for (const name of ['table', 'table_version', 'partition', 'descriptor']) {
    const row = state.reader.prepare<{ n: number }>(`SELECT count(*) AS n FROM catalog_${name}`).get();
    assert.equal(row?.n, 0, name);
  }
});

test('every change is told as an event in the form of Glue', async (t) => {
  const { catalog, events } = openCatalog(t);
  await catalog.createDatabase(scope, { Name: 'taxi' });
  await catalog.putTable(scope, 'taxi', csvTable('trips', [column('year', 'int')]));
  await catalog.putTable(scope, 'taxi', csvTable('trips', [column('year', 'int')]));
  await catalog.createPartitions(scope, 'taxi', 'trips', [{ Values: ['2017'] }]);
  await catalog.deleteTable(scope, 'taxi', 'trips');
  await new Promise(setImmediate);
  assert.deepEqual(
    events.map((event) => [event.detailType, event.detail['typeOfChange']]),
    [
      ['Glue Data Catalog Database State Change', 'CreateDatabase'],
      ['Glue Data Catalog Database State Change', 'CreateTable'],
      ['Glue Data Catalog Table State Change', 'UpdateTable'],
      ['Glue Data Catalog Table State Change', 'BatchCreatePartition'],
      ['Glue Data Catalog Database State Change', 'DeleteTable'],
    ],
  );
  assert.deepEqual(events[3]?.detail, {
    databaseName: 'taxi',
    tableName: 'trips',
    typeOfChange: 'BatchCreatePartition',
    changedPartitions: ['[2017]'],
  });
  assert.deepEqual(events[3]?.resources, ['arn:aws:glue:us-east-1:111122223333:table/taxi/trips']);
});

test('a partition index names partition keys only, three at most', async (t) => {
  const { catalog } = openCatalog(t);
  await catalog.createDatabase(scope, { Name: 'taxi' });
  const keys = ['year', 'month', 'day', 'hour'].map((name) => column(name, 'int'));
  await catalog.createTable(scope, 'taxi', csvTable('trips', keys), {
    partitionIndexes: [{ IndexName: 'by_year', Keys: ['year'] }],
  });
  const create = (name: string, ...names: string[]): Promise<void> =>
    catalog.createPartitionIndex(scope, 'taxi', 'trips', { IndexName: name, Keys: names });
  await assert.rejects(create('by_year', 'month'), { code: 'AlreadyExistsException' });
  await assert.rejects(create('by_fare', 'fare'), { code: 'InvalidInputException' });
  await create('by_month', 'month');
  await create('by_day', 'day');
  await assert.rejects(create('by_hour', 'hour'), /three|3 partition indexes/);
  await catalog.deletePartitionIndex(scope, 'taxi', 'trips', 'by_day');
  assert.deepEqual(
    catalog.listPartitionIndexes(scope, 'taxi', 'trips').map((index) => index.IndexName),
    ['by_month', 'by_year'],
  );
});

test('a change and the event that tells of it are one: what cannot be told does not come about', async (t) => {
  const { catalog, hub, events } = openCatalog(t);
  await catalog.createDatabase(scope, { Name: 'taxi' });
  await catalog.createTable(scope, 'taxi', csvTable('trips', [column('year', 'int')]));
  const toldBefore = events.length;
  hub.addRecorder({
    wants: () => true,
    record() {
      throw new Error('nobody writes this down');
    },
  });
  const refused = (change: Promise<unknown>) => assert.rejects(change, { message: 'nobody writes this down' });
  await refused(catalog.createDatabase(scope, { Name: 'other' }));
  await refused(catalog.updateDatabase(scope, 'taxi', { Name: 'taxi', Description: 'new' }));
  await refused(catalog.deleteDatabase(scope, 'taxi'));
  await refused(catalog.createTable(scope, 'taxi', csvTable('zones')));
  await refused(catalog.updateTable(scope, 'taxi', { ...csvTable('trips', [column('year', 'int')]), Owner: 'new' }));
  await refused(catalog.putTable(scope, 'taxi', csvTable('zones')));
  await refused(catalog.deleteTable(scope, 'taxi', 'trips'));
  await refused(catalog.createPartitions(scope, 'taxi', 'trips', [{ Values: ['2024'] }]));
  assert.equal(catalog.findDatabase(scope, 'other'), undefined);
  assert.equal(catalog.getDatabase(scope, 'taxi').Description, undefined);
  assert.deepEqual(
    catalog.listTables(scope, 'taxi').map(({ Name, Owner }) => [Name, Owner]),
    [['trips', undefined]],
  );
  assert.equal([...catalog.listPartitions(scope, 'taxi', 'trips')].length, 0);
  assert.equal(events.length, toldBefore);
});
