import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Glue } from '@aws-sdk/client-glue';
import type { ResourceContext, ResourceType } from '#capability';
import { clientConfig, rootCaller, startGateway } from '#testing';
import { openCatalog } from './catalog.fixture.ts';
import { catalogResources } from './resources.ts';

function resource(name: string): ResourceType {
  const found = catalogResources.find((candidate) => candidate.type === `AWS::Glue::${name}`);
  assert.ok(found);
  return found;
}

async function openContext(t: Parameters<typeof openCatalog>[0]): Promise<{ context: ResourceContext; glue: Glue }> {
  const { capability } = openCatalog(t);
  const server = await startGateway({ apis: capability.apis ?? [] });
  const glue = new Glue(clientConfig(server.endpoint));
  t.after(async () => {
    glue.destroy();
    await server.close();
  });
  const as = { caller: rootCaller, region: 'us-east-1', invokedBy: 'test' };
  const context: ResourceContext = {
    stackId: 'stack',
    stackName: 'stack',
    logicalId: 'Thing',
    accountId: '000000000000',
    region: 'us-east-1',
    tags: { stack: 'lake' },
    token: 'token',
    signal: AbortSignal.timeout(30_000),
    generatedName: () => 'stack-thing-1',
    call: (service, operation, input) => server.dispatcher.call(service, operation, input, as),
  };
  return { context, glue };
}

const CatalogId = '000000000000';

test('a template makes a database, a table and a partition, changes them and takes them away', async (t) => {
  const { context, glue } = await openContext(t);
  const [database, table, partition] = [resource('Database'), resource('Table'), resource('Partition')];
  const databaseProperties = { CatalogId, DatabaseInput: { Name: 'NYCityTaxi', Description: 'rides' } };
  assert.deepEqual(await database.create(databaseProperties, context), { physicalId: 'nycitytaxi' });
  assert.equal(database.physicalIdOf?.(databaseProperties, context), 'nycitytaxi');
  await assert.rejects(database.create(databaseProperties, context), { code: 'AlreadyExistsException' });
  const changed = { CatalogId, DatabaseInput: { Name: 'NYCityTaxi', Description: 'new' } };
  await database.update?.('nycitytaxi', changed, databaseProperties, context);
  assert.equal((await glue.getDatabase({ Name: 'nycitytaxi' })).Database?.Description, 'new');

  const TableInput = {
    PartitionKeys: [{ Name: 'year', Type: 'int' }],
    StorageDescriptor: { Columns: [{ Name: 'fare', Type: 'double' }], Location: 's3://lake/trips/' },
  };
  const tableProperties = { CatalogId, DatabaseName: 'nycitytaxi', TableInput };
  const made = await table.create(tableProperties, context);
  assert.equal(made.physicalId, 'stack-thing-1');
  assert.equal(table.physicalIdOf?.(tableProperties, context), made.physicalId);
  await table.update?.(
    made.physicalId,
    { ...tableProperties, TableInput: { ...TableInput, Description: 'x' } },
    tableProperties,
    context,
  );
  assert.equal((await glue.getTable({ DatabaseName: 'nycitytaxi', Name: made.physicalId })).Table?.Description, 'x');
  assert.deepEqual(await table.read?.(made.physicalId, tableProperties, context), tableProperties);

  const partitionProperties = {
    CatalogId,
    DatabaseName: 'nycitytaxi',
    TableName: made.physicalId,
    PartitionInput: { Values: ['2017'], StorageDescriptor: { Location: 's3://lake/trips/2017/' } },
  };
  const share = await partition.create(partitionProperties, context);
  assert.equal(partition.physicalIdOf?.(partitionProperties, context), share.physicalId);
  const moved = { ...partitionProperties, PartitionInput: { Values: ['2018'] } };
  await partition.update?.(share.physicalId, moved, partitionProperties, context);
  await partition.delete(share.physicalId, moved, context);
  await partition.delete(share.physicalId, moved, context);
  await table.delete(made.physicalId, tableProperties, context);
  await table.delete(made.physicalId, tableProperties, context);
  await database.delete('nycitytaxi', changed, context);
  await database.delete('nycitytaxi', changed, context);
  assert.equal(await database.read?.('nycitytaxi', changed, context), undefined);
});

test('a template makes a connection with the tags of its stack', async (t) => {
  const { context, glue } = await openContext(t);
  const connection = resource('Connection');
  const properties = {
    CatalogId,
    ConnectionInput: { ConnectionType: 'JDBC', ConnectionProperties: { USERNAME: 'ann', PASSWORD: 'secret' } },
  };
  const made = await connection.create(properties, context);
  assert.deepEqual(made, { physicalId: 'stack-thing-1', attributes: { Name: 'stack-thing-1' } });
  assert.equal(connection.physicalIdOf?.(properties, context), made.physicalId);
  assert.deepEqual(
    await connection.read?.(made.physicalId, { CatalogId, ConnectionInput: { ConnectionType: 'JDBC' } }, context),
    {
      CatalogId,
      ConnectionInput: { ConnectionType: 'JDBC' },
    },
  );
  const ResourceArn = 'arn:aws:glue:us-east-1:000000000000:connection/stack-thing-1';
  assert.deepEqual((await glue.getTags({ ResourceArn })).Tags, { stack: 'lake' });
  await connection.delete(made.physicalId, properties, context);
  await connection.delete(made.physicalId, properties, context);
});
