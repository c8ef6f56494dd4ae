import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { CloudFormation } from '@aws-sdk/client-cloudformation';
import { Glue } from '@aws-sdk/client-glue';
import { S3 } from '@aws-sdk/client-s3';
import { clientConfig, until } from '#testing';
import { startTestPlatform } from '../../testing/platform.ts';
import { deployed, eventsOf, settled } from './stacks.fixture.ts';

const TemplateBody = readFileSync(join(import.meta.dirname, 'testdata', 'every-type.yaml'), 'utf8');

suite('every resource type of the platform', async () => {
  const platform = await startTestPlatform();
  const cloudFormation = new CloudFormation(clientConfig(platform.endpoint));
  const glue = new Glue(clientConfig(platform.endpoint));
  const s3 = new S3(clientConfig(platform.endpoint));
  after(() => platform.close());
  const failuresOf = async (name: string): Promise<string> =>
    (await eventsOf(cloudFormation, name)).filter((line) => line.includes('FAILED')).join('\n');

  test('has a schema, and every schema has a type', () => {
    const schemas = globSync('models/resources/*.json').map(
      (file) => (JSON.parse(readFileSync(file, 'utf8')) as { type: string }).type,
    );
    const types = platform.capabilities.flatMap(({ resources = [] }) => resources.map(({ type }) => type));
    const order = (names: string[]): string[] => names.toSorted((a, b) => a.localeCompare(b));
    assert.deepEqual(order(types), order(schemas));
  });

  test('a template that asks for capabilities is refused without them', async () => {
    await assert.rejects(cloudFormation.createStack({ StackName: 'every', TemplateBody }), {
      name: 'InsufficientCapabilitiesException',
      message: 'Requires capabilities : [CAPABILITY_IAM]',
    });
    const { Capabilities, ResourceTypes = [] } = await cloudFormation.getTemplateSummary({ TemplateBody });
    assert.deepEqual(Capabilities, ['CAPABILITY_IAM']);
    assert.ok(ResourceTypes.length > 20);
  });

  test('is created, looked at, renamed by replacement and deleted again', async () => {
    const stack = await deployed(cloudFormation, {
      StackName: 'every',
      TemplateBody,
      Capabilities: ['CAPABILITY_IAM'],
    });
    assert.equal(stack.StackStatus, 'CREATE_COMPLETE', await failuresOf('every'));
    const bucket = stack.Outputs?.find(({ OutputKey }) => OutputKey === 'Bucket')?.OutputValue ?? '';
    const { Table } = await glue.getTable({ DatabaseName: 'trips_dev', Name: 'yellow' });
    assert.equal(Table?.StorageDescriptor?.Location, `s3://${bucket}/yellow/`);
    await cloudFormation.updateStack({
      StackName: 'every',
      UsePreviousTemplate: true,
      Capabilities: ['CAPABILITY_IAM'],
      Parameters: [{ ParameterKey: 'Stage', ParameterValue: 'prod' }],
    });
    assert.equal((await settled(cloudFormation, 'every')).StackStatus, 'UPDATE_COMPLETE', await failuresOf('every'));
    await assert.rejects(glue.getDatabase({ Name: 'trips_dev' }), { name: 'EntityNotFoundException' });
    assert.ok((await glue.getTable({ DatabaseName: 'trips_prod', Name: 'yellow' })).Table);

    await s3.putObject({ Bucket: bucket, Key: 'in/the/way', Body: 'x' });
    await cloudFormation.deleteStack({ StackName: 'every' });
    const stuck = await settled(cloudFormation, stack.StackId ?? '');
    assert.equal(stuck.StackStatus, 'DELETE_FAILED');
    assert.match(stuck.StackStatusReason ?? '', /failed to delete: \[Data\]/);
    assert.match(await failuresOf(stack.StackId ?? ''), /Data DELETE_FAILED .*not empty/i);
    const { Versions = [] } = await s3.listObjectVersions({ Bucket: bucket });
    for (const { Key, VersionId } of Versions) await s3.deleteObject({ Bucket: bucket, Key, VersionId });
    await cloudFormation.deleteStack({ StackName: 'every' });
    await until(async () => (await settled(cloudFormation, stack.StackId ?? '')).StackStatus === 'DELETE_COMPLETE');
    assert.equal((await glue.getDatabases({})).DatabaseList?.length, 0);
  });
});
