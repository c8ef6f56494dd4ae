/** The catalog through Glue's own client. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import {
  Glue,
  paginateGetDatabases,
  paginateGetPartitions,
  paginateGetTables,
  paginateGetTableVersions,
  paginateSearchTables,
} from '@aws-sdk/client-glue';
import { clientConfig, startGateway, testAccountId } from '#testing';
import { openCatalog } from './catalog.fixture.ts';

async function openGlue(t: TestContext): Promise<{ glue: Glue; opened: ReturnType<typeof openCatalog> }> {
  const opened = openCatalog(t);
  const server = await startGateway({ apis: opened.capability.apis ?? [] });
  const glue = new Glue(clientConfig(server.endpoint));
  t.after(async () => {
    glue.destroy();
    await server.close();
  });
  return { glue, opened };
}

const year = [{ Name: 'year', Type: 'int' }];
const columns = [
  { Name: 'fare', Type: 'double', Comment: 'in dollars' },
  { Name: 'tip', Type: 'double' },
];

async function withTable(t: TestContext): Promise<Glue> {
  const { glue } = await openGlue(t);
  await glue.createDatabase({ DatabaseInput: { Name: 'taxi' } });
  await glue.createTable({
    DatabaseName: 'taxi',
    TableInput: {
      Name: 'Trips',
      PartitionKeys: year,
      Parameters: { classification: 'csv' },
      StorageDescriptor: { Columns: columns, Location: 's3://lake/trips/' },
    },
  });
  return glue;
}

test('databases are created, read, changed, listed in pages and deleted', async (t) => {
  const { glue } = await openGlue(t);
  for (const name of ['a', 'b', 'c']) await glue.createDatabase({ DatabaseInput: { Name: name, Description: name } });
  await assert.rejects(glue.createDatabase({ DatabaseInput: { Name: 'A' } }), { name: 'AlreadyExistsException' });
  await glue.updateDatabase({ Name: 'a', DatabaseInput: { Name: 'a', Description: 'changed' } });
  const { Database: database } = await glue.getDatabase({ Name: 'A' });
  assert.equal(database?.Description, 'changed');
  assert.equal(database?.CatalogId, testAccountId);
  assert.ok(database?.CreateTime instanceof Date);
  const names: unknown[] = [];
  for await (const page of paginateGetDatabases({ client: glue, pageSize: 2 }, {})) {
    names.push(page.DatabaseList?.map((item) => item.Name));
  }
  assert.deepEqual(names, [['a', 'b'], ['c']]);
  assert.deepEqual((await glue.getDatabases({ AttributesToGet: ['NAME'], MaxResults: 1 })).DatabaseList, [
    { Name: 'a' },
  ]);
  await glue.deleteDatabase({ Name: 'b' });
  await assert.rejects(glue.getDatabase({ Name: 'b' }), {
    name: 'EntityNotFoundException',
    message: 'Database b not found.',
  });
  await assert.rejects(glue.getDatabase({ Name: 'a', CatalogId: '999999999999' }), { name: 'EntityNotFoundException' });
});

test('a table comes back as it was given, under its folded name', async (t) => {
  const glue = await withTable(t);
  const { Table: table } = await glue.getTable({ DatabaseName: 'TAXI', Name: 'TRIPS' });
  assert.equal(table?.Name, 'trips');
  assert.equal(table?.VersionId, '0');
  assert.deepEqual(table?.StorageDescriptor?.Columns, columns);
  assert.deepEqual(table?.PartitionKeys, year);
  assert.equal(table?.CreatedBy, `arn:aws:iam::${testAccountId}:root`);
  assert.equal(table?.StorageDescriptor?.Compressed, false);
});

test('table versions are listed newest first, one is deleted, the current one cannot be', async (t) => {
  const glue = await withTable(t);
  const { Table: table } = await glue.getTable({ DatabaseName: 'taxi', Name: 'trips' });
  const input = { Name: 'trips', PartitionKeys: year, StorageDescriptor: table?.StorageDescriptor };
  for (const Description of ['one', 'two']) {
    await glue.updateTable({ DatabaseName: 'taxi', TableInput: { ...input, Description } });
  }
  const versions: unknown[] = [];
  const request = { DatabaseName: 'taxi', TableName: 'trips' };
  for await (const page of paginateGetTableVersions({ client: glue, pageSize: 2 }, request)) {
    versions.push(...(page.TableVersions ?? []).map((version) => [version.VersionId, version.Table?.Description]));
  }
  assert.deepEqual(versions, [
    ['2', 'two'],
    ['1', 'one'],
    ['0', undefined],
  ]);
  const { Errors: errors } = await glue.batchDeleteTableVersion({ ...request, VersionIds: ['0', '7', '2'] });
  assert.deepEqual(
    errors?.map((error) => [error.VersionId, error.ErrorDetail?.ErrorCode]),
    [
      ['7', 'EntityNotFoundException'],
      ['2', 'InvalidInputException'],
    ],
  );
  await assert.rejects(glue.getTableVersion({ ...request, VersionId: '0' }), { name: 'EntityNotFoundException' });
  await assert.rejects(glue.updateTable({ DatabaseName: 'taxi', TableInput: input, VersionId: '0' }), {
    name: 'ConcurrentModificationException',
  });
});

test('tables are listed by expression in pages; a batch deletes those that are there', async (t) => {
  const { glue } = await openGlue(t);
  await glue.createDatabase({ DatabaseInput: { Name: 'taxi' } });
  for (let index = 0; index < 5; index++) {
    await glue.createTable({ DatabaseName: 'taxi', TableInput: { Name: `t${index}`, TableType: 'EXTERNAL_TABLE' } });
  }
  const names: unknown[] = [];
  for await (const page of paginateGetTables(
    { client: glue, pageSize: 2 },
    { DatabaseName: 'taxi', Expression: 't[0-3]' },
  )) {
    names.push(page.TableList?.map((table) => table.Name));
  }
  assert.deepEqual(names, [
    ['t0', 't1'],
    ['t2', 't3'],
  ]);
  const { TableList: cut } = await glue.getTables({ DatabaseName: 'taxi', AttributesToGet: ['NAME'], MaxResults: 1 });
  assert.deepEqual(cut, [{ Name: 't0' }]);
  const { Errors: errors } = await glue.batchDeleteTable({ DatabaseName: 'taxi', TablesToDelete: ['t0', 'nope'] });
  assert.deepEqual(
    errors?.map((error) => error.TableName),
    ['nope'],
  );
  await assert.rejects(glue.getTables({ DatabaseName: 'nope' }), { message: 'Database nope not found.' });
});

test('partitions are written in batches with an error for each bad entry and read by expression in pages', async (t) => {
  const glue = await withTable(t);
  const place = { DatabaseName: 'taxi', TableName: 'trips' };
  const partition = (value: string) => ({
    Values: [value],
    StorageDescriptor: { Columns: columns, Location: `s3://lake/trips/year=${value}/` },
  });
  const first = await glue.batchCreatePartition({
    ...place,
    PartitionInputList: ['2016', '2017', '2018'].map(partition),
  });
  assert.deepEqual(first.Errors, []);
  const second = await glue.batchCreatePartition({ ...place, PartitionInputList: ['2018', '2019'].map(partition) });
  assert.deepEqual(
    second.Errors?.map((error) => [error.PartitionValues, error.ErrorDetail?.ErrorCode]),
    [[['2018'], 'AlreadyExistsException']],
  );
  await assert.rejects(glue.createPartition({ ...place, PartitionInput: partition('2016') }), {
    name: 'AlreadyExistsException',
  });
  await assert.rejects(glue.createPartition({ ...place, PartitionInput: { Values: ['1', '2'] } }), {
    name: 'InvalidInputException',
    message: /number of partition keys do not match/,
  });
  const seen: unknown[] = [];
  for await (const page of paginateGetPartitions(
    { client: glue, pageSize: 2 },
    { ...place, Expression: 'year > 2016' },
  )) {
    seen.push(page.Partitions?.map((item) => item.Values?.[0]));
  }
  assert.deepEqual(seen, [['2017', '2018'], ['2019']]);
  const bare = await glue.getPartitions({ ...place, ExcludeColumnSchema: true });
  assert.deepEqual(bare.Partitions?.[0]?.StorageDescriptor?.Columns, []);
  const batch = await glue.batchGetPartition({ ...place, PartitionsToGet: [{ Values: ['2017'] }, { Values: ['1'] }] });
  assert.deepEqual(
    batch.Partitions?.map((item) => item.StorageDescriptor?.Location),
    ['s3://lake/trips/year=2017/'],
  );
  await glue.updatePartition({ ...place, PartitionValueList: ['2017'], PartitionInput: partition('2020') });
  await assert.rejects(glue.getPartition({ ...place, PartitionValues: ['2017'] }), { name: 'EntityNotFoundException' });
  const gone = await glue.batchDeletePartition({
    ...place,
    PartitionsToDelete: [{ Values: ['2020'] }, { Values: ['9'] }],
  });
  assert.deepEqual(
    gone.Errors?.map((error) => error.PartitionValues),
    [['9']],
  );
  await assert.rejects(glue.getPartitions({ ...place, Expression: 'month = 1' }), { name: 'InvalidInputException' });
  await assert.rejects(glue.getPartitions({ ...place, NextToken: 'forged' }), { name: 'InvalidInputException' });
});

test('partition indexes are shown with the types of their keys', async (t) => {
  const glue = await withTable(t);
  const place = { DatabaseName: 'taxi', TableName: 'trips' };
  await glue.createPartitionIndex({ ...place, PartitionIndex: { IndexName: 'by_year', Keys: ['year'] } });
  const { PartitionIndexDescriptorList: list } = await glue.getPartitionIndexes(place);
  assert.deepEqual(list, [{ IndexName: 'by_year', IndexStatus: 'ACTIVE', Keys: [{ Name: 'year', Type: 'int' }] }]);
  await glue.deletePartitionIndex({ ...place, IndexName: 'by_year' });
  await assert.rejects(glue.deletePartitionIndex({ ...place, IndexName: 'by_year' }), {
    name: 'EntityNotFoundException',
  });
});

test('column statistics are kept for a table and for a partition, bytes and times included', async (t) => {
  const glue = await withTable(t);
  const place = { DatabaseName: 'taxi', TableName: 'trips' };
  const statistics = {
    ColumnName: 'fare',
    ColumnType: 'double',
    AnalyzedTime: new Date('2026-01-02T03:04:05Z'),
    StatisticsData: {
      Type: 'DECIMAL' as const,
      DecimalColumnStatisticsData: {
        NumberOfNulls: 1,
        NumberOfDistinctValues: 2,
        MinimumValue: { UnscaledValue: new Uint8Array([1, 2, 255]), Scale: 2 },
      },
    },
  };
  const unknown = { ...statistics, ColumnName: 'nope' };
  const put = await glue.updateColumnStatisticsForTable({ ...place, ColumnStatisticsList: [statistics, unknown] });
  assert.deepEqual(
    put.Errors?.map((error) => error.Error?.ErrorCode),
    ['InvalidInputException'],
  );
  const read = await glue.getColumnStatisticsForTable({ ...place, ColumnNames: ['fare', 'tip'] });
  assert.deepEqual(read.ColumnStatisticsList?.[0]?.AnalyzedTime, statistics.AnalyzedTime);
  const minimum = read.ColumnStatisticsList?.[0]?.StatisticsData?.DecimalColumnStatisticsData?.MinimumValue;
  assert.deepEqual([...(minimum?.UnscaledValue ?? [])], [1, 2, 255]);
  assert.deepEqual(
    read.Errors?.map((error) => error.ColumnName),
    ['tip'],
  );

  await glue.createPartition({ ...place, PartitionInput: { Values: ['2017'] } });
  const partition = { ...place, PartitionValues: ['2017'] };
  await glue.updateColumnStatisticsForPartition({ ...partition, ColumnStatisticsList: [statistics] });
  const own = await glue.getColumnStatisticsForPartition({ ...partition, ColumnNames: ['fare'] });
  assert.equal(own.ColumnStatisticsList?.length, 1);
  await glue.deleteColumnStatisticsForPartition({ ...partition, ColumnName: 'fare' });
  await glue.deleteColumnStatisticsForTable({ ...place, ColumnName: 'fare' });
  await assert.rejects(glue.deleteColumnStatisticsForTable({ ...place, ColumnName: 'fare' }), {
    name: 'EntityNotFoundException',
  });
});

test('tables are searched by words, properties and times, in the order asked for', async (t) => {
  const { glue } = await openGlue(t);
  for (const database of ['music', 'taxi']) await glue.createDatabase({ DatabaseInput: { Name: database } });
  const create = (database: string, name: string, column: string, classification: string) =>
    glue.createTable({
      DatabaseName: database,
      TableInput: {
        Name: name,
        Parameters: { classification },
        StorageDescriptor: { Columns: [{ Name: column, Type: 'string' }] },
      },
    });
  await create('music', 'songs', 'artist', 'csv');
  await create('taxi', 'zones', 'borough', 'csv');
  await create('taxi', 'trips', 'fare_amount', 'parquet');
  const names = async (request: Parameters<Glue['searchTables']>[0]): Promise<unknown> =>
    (await glue.searchTables(request)).TableList?.map((table) => table.Name);
  assert.deepEqual(await names({ SearchText: 'fare' }), ['trips']);
  assert.deepEqual(await names({ SearchText: 'csv taxi' }), ['zones']);
  assert.deepEqual(await names({ Filters: [{ Key: 'classification', Value: 'csv' }] }), ['songs', 'zones']);
  assert.deepEqual(await names({ Filters: [{ Key: 'DatabaseName', Value: 'taxi' }] }), ['trips', 'zones']);
  assert.deepEqual(await names({ SortCriteria: [{ FieldName: 'Name', Sort: 'DESC' }] }), ['zones', 'trips', 'songs']);
  const future = { Key: 'CreateTime', Value: '2999-01-01T00:00:00Z', Comparator: 'LESS_THAN' as const };
  assert.equal(((await names({ Filters: [future] })) as string[]).length, 3);
  await assert.rejects(names({ Filters: [{ Key: 'Name', Value: 'a', Comparator: 'LESS_THAN' }] }), {
    name: 'InvalidInputException',
  });
  const pages: unknown[] = [];
  for await (const page of paginateSearchTables({ client: glue, pageSize: 2 }, {})) pages.push(page.TableList?.length);
  assert.deepEqual(pages, [2, 1]);
});

test('a connection keeps its password sealed and shows it only when it may', async (t) => {
  const { glue, opened } = await openGlue(t);
  const input = {
    Name: 'warehouse',
    ConnectionType: 'JDBC' as const,
    MatchCriteria: ['etl'],
    ConnectionProperties: { JDBC_CONNECTION_URL: 'jdbc:x', USERNAME: 'ann', PASSWORD: 'open-sesame' },
  };
  await glue.createConnection({ ConnectionInput: input, Tags: { team: 'data' } });
  const shown = await glue.getConnection({ Name: 'warehouse' });
  assert.equal(shown.Connection?.ConnectionProperties?.PASSWORD, 'open-sesame');
  const hidden = await glue.getConnection({ Name: 'warehouse', HidePassword: true });
  assert.deepEqual(hidden.Connection?.ConnectionProperties, { JDBC_CONNECTION_URL: 'jdbc:x', USERNAME: 'ann' });
  const row = opened.state.reader.prepare<{ body: string }>('SELECT body FROM catalog_record').get();
  assert.ok(row && !row.body.includes('open-sesame'));
  const arn = `arn:aws:glue:us-east-1:${testAccountId}:connection/warehouse`;
  assert.deepEqual((await glue.getTags({ ResourceArn: arn })).Tags, { team: 'data' });
  assert.equal((await glue.getConnections({ Filter: { MatchCriteria: ['other'] } })).ConnectionList?.length, 0);
  assert.equal((await glue.getConnections({ Filter: { ConnectionType: 'JDBC' } })).ConnectionList?.length, 1);
  await glue.updateConnection({ Name: 'warehouse', ConnectionInput: { ...input, Description: 'new' } });
  const batch = await glue.batchDeleteConnection({ ConnectionNameList: ['warehouse', 'nope'] });
  assert.deepEqual(batch.Succeeded, ['warehouse']);
  assert.deepEqual(Object.keys(batch.Errors ?? {}), ['nope']);
  await assert.rejects(glue.getTags({ ResourceArn: arn }), { name: 'EntityNotFoundException' });
});

test('tags are added, overwritten and removed; reserved keys and unknown resources are refused', async (t) => {
  const { glue } = await openGlue(t);
  await glue.createDatabase({ DatabaseInput: { Name: 'taxi' }, Tags: { a: '0' } });
  const ResourceArn = `arn:aws:glue:us-east-1:${testAccountId}:database/taxi`;
  assert.deepEqual((await glue.getTags({ ResourceArn })).Tags, { a: '0' });
  await glue.tagResource({ ResourceArn, TagsToAdd: { a: '1', b: '2' } });
  await glue.tagResource({ ResourceArn, TagsToAdd: { b: '3' } });
  await glue.untagResource({ ResourceArn, TagsToRemove: ['a'] });
  assert.deepEqual((await glue.getTags({ ResourceArn })).Tags, { b: '3' });
  await assert.rejects(glue.tagResource({ ResourceArn, TagsToAdd: { 'aws:x': '1' } }), {
    name: 'InvalidInputException',
  });
  await assert.rejects(glue.tagResource({ ResourceArn: `${ResourceArn}x`, TagsToAdd: { a: '1' } }), {
    name: 'EntityNotFoundException',
  });
  const many = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`k${index}`, 'v']));
  await assert.rejects(glue.tagResource({ ResourceArn, TagsToAdd: many }), { name: 'InvalidInputException' });
  assert.deepEqual((await glue.getTags({ ResourceArn })).Tags, { b: '3' });
});

test('user-defined functions are records of a database, found by pattern', async (t) => {
  const { glue } = await openGlue(t);
  await glue.createDatabase({ DatabaseInput: { Name: 'taxi' } });
  const create = (name: string) =>
    glue.createUserDefinedFunction({
      DatabaseName: 'taxi',
      FunctionInput: { FunctionName: name, ClassName: 'org.example.F', OwnerName: 'ann', OwnerType: 'USER' },
    });
  await create('Fare_Of');
  await create('tip_of');
  await assert.rejects(create('FARE_OF'), { name: 'AlreadyExistsException' });
  const { UserDefinedFunctions: found } = await glue.getUserDefinedFunctions({
    DatabaseName: 'taxi',
    Pattern: 'fare.*',
  });
  assert.deepEqual(
    found?.map((item) => [item.FunctionName, item.ClassName]),
    [['fare_of', 'org.example.F']],
  );
  const page = await glue.getUserDefinedFunctions({ Pattern: '*', MaxResults: 1 });
  const next = await glue.getUserDefinedFunctions({ Pattern: '*', MaxResults: 1, NextToken: page.NextToken });
  assert.deepEqual(
    next.UserDefinedFunctions?.map((item) => item.FunctionName),
    ['tip_of'],
  );
  await glue.updateUserDefinedFunction({
    DatabaseName: 'taxi',
    FunctionName: 'tip_of',
    FunctionInput: { ClassName: 'G' },
  });
  const one = await glue.getUserDefinedFunction({ DatabaseName: 'taxi', FunctionName: 'tip_of' });
  assert.equal(one.UserDefinedFunction?.ClassName, 'G');
  await glue.deleteUserDefinedFunction({ DatabaseName: 'taxi', FunctionName: 'tip_of' });
  await assert.rejects(glue.getUserDefinedFunction({ DatabaseName: 'taxi', FunctionName: 'tip_of' }), {
    name: 'EntityNotFoundException',
  });
});

test('settings of the catalog: encryption, resource policy with its conditions, import status', async (t) => {
  const { glue } = await openGlue(t);
  assert.equal((await glue.getCatalogImportStatus({})).ImportStatus?.ImportCompleted, true);
  const { DataCatalogEncryptionSettings: before } = await glue.getDataCatalogEncryptionSettings({});
  assert.equal(before?.EncryptionAtRest?.CatalogEncryptionMode, 'DISABLED');
  await glue.putDataCatalogEncryptionSettings({
    DataCatalogEncryptionSettings: { EncryptionAtRest: { CatalogEncryptionMode: 'SSE-KMS' } },
  });
  const { DataCatalogEncryptionSettings: after } = await glue.getDataCatalogEncryptionSettings({});
  assert.equal(after?.EncryptionAtRest?.CatalogEncryptionMode, 'SSE-KMS');
  await assert.rejects(glue.getResourcePolicy({}), { name: 'EntityNotFoundException' });
  await assert.rejects(glue.putResourcePolicy({ PolicyInJson: 'nope' }), { name: 'InvalidInputException' });
  const PolicyInJson = '{"Version":"2012-10-17","Statement":[]}';
  const { PolicyHash: hash } = await glue.putResourcePolicy({ PolicyInJson });
  assert.deepEqual((await glue.getResourcePolicy({})).PolicyInJson, PolicyInJson);
  await assert.rejects(glue.putResourcePolicy({ PolicyInJson, PolicyHashCondition: 'other' }), {
    name: 'ConditionCheckFailureException',
  });
  await assert.rejects(glue.putResourcePolicy({ PolicyInJson, PolicyExistsCondition: 'NOT_EXIST' }), {
    name: 'ConditionCheckFailureException',
  });
  await glue.deleteResourcePolicy({ PolicyHashCondition: hash });
});

test('what is not supported is refused by name', async (t) => {
  const glue = await withTable(t);
  await assert.rejects(glue.getTable({ DatabaseName: 'taxi', Name: 'trips', TransactionId: 'x' }), {
    message: /TransactionId is not supported/,
  });
  await assert.rejects(
    glue.createTable({
      DatabaseName: 'taxi',
      TableInput: { Name: 'iceberg' },
      OpenTableFormatInput: { IcebergInput: { MetadataOperation: 'CREATE' } },
    }),
    { message: /OpenTableFormatInput is not supported/ },
  );
});
