import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { CloudFormation } from '@aws-sdk/client-cloudformation';
import { Glue } from '@aws-sdk/client-glue';
import { S3 } from '@aws-sdk/client-s3';
import type { ResourceType } from '#capability';
import { clientConfig, until } from '#testing';
import { startTestPlatform } from '../../testing/platform.ts';
import { createOrAdopt } from './deploy/adoption.ts';
import { deployed, driftsOf, eventsOf, settled } from './stacks.fixture.ts';

const Capabilities = ['CAPABILITY_NAMED_IAM' as const];

const templateOf = (name: string): string => readFileSync(join(import.meta.dirname, 'testdata', name), 'utf8');
const TemplateBody = templateOf('every-type.yaml');

/** Every creation is made, its answer lost, and made again, as after a crash. @returns ends this */
function loseFirstAnswers(types: readonly ResourceType[]): () => void {
  const originals = types.map((type) => ({ type, create: type.create.bind(type) }));
  for (const { type, create } of originals) {
    const repeat: ResourceType['create'] = async (properties, context) => {
      const lost = await create(properties, context);
      const beginning = { isRetry: true, nameWasTaken: false };
      const found = await createOrAdopt({ ...type, create }, properties, context, beginning);
      assert.deepEqual(found, lost, type.type);
      return found;
    };
    Object.assign(type, { create: repeat });
  }
  return () => {
    for (const { type, create } of originals) Object.assign(type, { create });
  };
}

suite('every resource type of the platform', async () => {
  const platform = await startTestPlatform();
  const cloudFormation = new CloudFormation(clientConfig(platform.endpoint));
  const glue = new Glue(clientConfig(platform.endpoint));
  const s3 = new S3(clientConfig(platform.endpoint));
  after(() => platform.close());
  // A layer is made from an archive that is there already: one empty file, stored.
  const layer =
    'UEsDBAoAAAAAAAAAIQAAAAAAAAAAAAAAAAABAAAAYVBLAQIKAAoAAAAAAAAAIQAAAAAAAAAAAAAAAAABAAAAAAAAAAAAAAAAAAAAAABhUEsFBgAAAAABAAEALwAAAB8AAAAAAA==';
  await s3.createBucket({ Bucket: 'layer-source' });
  await s3.putObject({ Bucket: 'layer-source', Key: 'layer.zip', Body: Buffer.from(layer, 'base64') });
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

  for (const name of ['every-type.yaml', 'explicit-names.yaml']) {
    test(`${name} comes out the same when every creation is cut short and tried again`, async () => {
      const restore = loseFirstAnswers(platform.capabilities.flatMap(({ resources = [] }) => resources));
      const stack = await deployed(cloudFormation, {
        StackName: 'again',
        TemplateBody: templateOf(name),
        Capabilities,
      });
      restore();
      assert.equal(stack.StackStatus, 'CREATE_COMPLETE', await failuresOf('again'));
      assert.deepEqual(await driftsOf(cloudFormation, 'again'), []);
      await cloudFormation.deleteStack({ StackName: 'again' });
      const gone = await settled(cloudFormation, stack.StackId ?? '');
      assert.equal(gone.StackStatus, 'DELETE_COMPLETE', await failuresOf(stack.StackId ?? ''));
    });
  }

  test('what has an explicit name is not taken from its owner, and not deleted by the rollback', async () => {
    const body = templateOf('explicit-names.yaml');
    const owner = await deployed(cloudFormation, { StackName: 'owner', TemplateBody: body, Capabilities });
    assert.equal(owner.StackStatus, 'CREATE_COMPLETE', await failuresOf('owner'));
    const logicalIds = [...body.matchAll(/^ {2}(\w+): \{ Type/gm)].map(([, id = '']) => id);
    assert.ok(logicalIds.length > 15);
    for (const logicalId of logicalIds) {
      const lines = body.split('\n').filter((line) => !line.startsWith('  ') || line.startsWith(`  ${logicalId}:`));
      const StackName = `rival-${logicalId}`;
      const stack = await deployed(cloudFormation, { StackName, TemplateBody: lines.join('\n'), Capabilities });
      assert.equal(stack.StackStatus, 'ROLLBACK_COMPLETE', logicalId);
      assert.match(await failuresOf(StackName), /HandlerErrorCode: AlreadyExists/, logicalId);
    }
    assert.deepEqual(await driftsOf(cloudFormation, 'owner'), []);
  });
});
