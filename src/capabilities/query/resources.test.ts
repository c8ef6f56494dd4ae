/** The CloudFormation types, through Athena's own operations. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { ResourceContext, ResourceType } from '#capability';
import { rootCaller, useTempFolder } from '#testing';
import { openQueryBench, type QueryBench } from './query.fixture.ts';
import { queryResources } from './resources.ts';

const folder = useTempFolder();
let bench: QueryBench;
let context: ResourceContext;

before(async () => {
  bench = await openQueryBench(folder);
  context = {
    stackId: 'arn:aws:cloudformation:us-east-1:000000000000:stack/s/1',
    stackName: 's',
    logicalId: 'Thing',
    accountId: '000000000000',
    region: 'us-east-1',
    tags: { team: 'data' },
    token: 'token-of-this-step-000000000000000000',
    signal: new AbortController().signal,
    generatedName: () => 's-thing-ABC',
    call: (service, operation, input) =>
      bench.dispatcher.call(service, operation, input, { caller: rootCaller, region: 'us-east-1', invokedBy: 'test' }),
  };
});
after(() => bench.close());

function typeOf(name: string): ResourceType {
  const found = queryResources.find((resource) => resource.type === `AWS::Athena::${name}`);
  assert.ok(found);
  return found;
}

test('a work group is made, changed, read and deleted; deleting it again is no error', async () => {
  const type = typeOf('WorkGroup');
  const first = { WorkGroupConfiguration: { ResultConfiguration: { OutputLocation: 's3://results/a/' } } };
  const { physicalId } = await type.create(first, context);
  assert.equal(physicalId, 's-thing-ABC');
  const next = { State: 'DISABLED', WorkGroupConfiguration: { BytesScannedCutoffPerQuery: 20_000_000 } };
  await type.update?.(physicalId, next, first, context);
  const { WorkGroup } = await bench.athena.getWorkGroup({ WorkGroup: physicalId });
  assert.equal(WorkGroup?.State, 'DISABLED');
  assert.equal(WorkGroup?.Configuration?.ResultConfiguration?.OutputLocation, undefined);
  assert.equal(WorkGroup?.Configuration?.BytesScannedCutoffPerQuery, 20_000_000);
  const tags = await bench.athena.listTagsForResource({
    ResourceARN: `arn:aws:athena:us-east-1:000000000000:workgroup/${physicalId}`,
  });
  assert.deepEqual(tags.Tags, [{ Key: 'team', Value: 'data' }]);
  assert.equal((await type.read?.(physicalId, { State: 'ENABLED' }, context))?.['State'], 'DISABLED');
  await type.delete(physicalId, {}, context);
  await type.delete(physicalId, {}, context);
  assert.equal(await type.read?.(physicalId, {}, context), undefined);
});

test('a named query made twice under the same token is one', async () => {
  const type = typeOf('NamedQuery');
  const properties = { Database: 'd', QueryString: 'SELECT 1', Name: 'n' };
  const first = await type.create(properties, context);
  const second = await type.create(properties, context);
  assert.equal(first.physicalId, second.physicalId);
  assert.equal((await bench.athena.listNamedQueries({})).NamedQueryIds?.length, 1);
  await type.delete(first.physicalId, properties, context);
  await type.delete(first.physicalId, properties, context);
});

test('a prepared statement and a data catalog come and go', async () => {
  const statement = { StatementName: 'by_id', WorkGroup: 'primary', QueryStatement: 'SELECT ?' };
  await typeOf('PreparedStatement').create(statement, context);
  assert.equal((await typeOf('PreparedStatement').read?.('by_id', statement, context))?.['QueryStatement'], 'SELECT ?');
  await typeOf('PreparedStatement').delete('by_id', statement, context);
  const catalog = {
    Name: 'other',
    Type: 'HIVE',
    Parameters: { 'metadata-function': 'arn:aws:lambda:us-east-1:0:function:f' },
  };
  await typeOf('DataCatalog').create(catalog, context);
  assert.equal((await bench.athena.listDataCatalogs({})).DataCatalogsSummary?.length, 2);
  await assert.rejects(bench.athena.listDatabases({ CatalogName: 'other' }), /only recorded/);
  await typeOf('DataCatalog').delete('other', catalog, context);
  await typeOf('DataCatalog').delete('other', catalog, context);
});
