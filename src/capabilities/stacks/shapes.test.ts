/** Templates in the shapes that people publish, on the whole platform: created, updated, in sync, deleted, nothing left. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { CloudFormation, type Parameter } from '@aws-sdk/client-cloudformation';
import { Glue } from '@aws-sdk/client-glue';
import { IAM } from '@aws-sdk/client-iam';
import { S3 } from '@aws-sdk/client-s3';
import { clientConfig } from '#testing';
import { startTestPlatform } from '../../testing/platform.ts';
import { deployed, driftsOf, eventsOf, settled } from './stacks.fixture.ts';

const textOf = (file: string): string => readFileSync(join(import.meta.dirname, 'testdata', 'shapes', file), 'utf8');
const Capabilities = ['CAPABILITY_NAMED_IAM' as const];

interface Shape {
  readonly file: string;
  readonly parameters?: Readonly<Record<string, string>>;
  /** Of the update. */
  readonly changed: Readonly<Record<string, string>>;
  /** Logical ids that the update has to touch, and no others. */
  readonly touches: readonly string[];
}

const shapes: readonly Shape[] = [
  { file: 'crawled-lake.yaml', changed: { Schedule: 'cron(0 4 * * ? *)' }, touches: ['Crawler'] },
  { file: 'athena-workgroup.json', changed: { CutoffBytes: '20971520' }, touches: ['WorkGroup'] },
  { file: 'etl-job.yaml', changed: { Retries: '2' }, touches: ['Job'] },
  { file: 'event-workflow.yaml', changed: { Suffix: '.json' }, touches: ['Arrival'] },
  {
    file: 'environments.yaml',
    changed: { Stage: 'prod', Owner: 'ann' },
    touches: ['Audit', 'Data', 'FirstZone', 'Group', 'Logs', 'SecondZone'],
  },
  { file: 'audit-trail.yaml', changed: { Logging: 'false' }, touches: ['Trail'] },
  { file: 'exporter.yaml', changed: { Retention: '5' }, touches: ['Trace'] },
  {
    file: 'nested.yaml',
    parameters: { Templates: 'https://shapes.s3.amazonaws.com' },
    changed: { Comment: 'second' },
    // A nested stack is always looked into: its template may have changed behind the same address.
    touches: ['Catalog', 'Storage'],
  },
];

const listOf = (values: Readonly<Record<string, string>>): Parameter[] =>
  Object.entries(values).map(([ParameterKey, ParameterValue]) => ({ ParameterKey, ParameterValue }));

suite('templates in the shapes that people publish', async () => {
  const platform = await startTestPlatform();
  const cloudFormation = new CloudFormation(clientConfig(platform.endpoint));
  const glue = new Glue(clientConfig(platform.endpoint));
  const iam = new IAM(clientConfig(platform.endpoint));
  const s3 = new S3(clientConfig(platform.endpoint));
  after(async () => {
    for (const client of [cloudFormation, glue, iam, s3]) client.destroy();
    await platform.close();
  });
  const story = async (name: string): Promise<string> => (await eventsOf(cloudFormation, name)).join('\n');

  const remove = async (StackName: string, StackId: string): Promise<void> => {
    await cloudFormation.deleteStack({ StackName });
    const { Stacks = [] } = await cloudFormation.describeStacks({ StackName: StackId });
    assert.match(Stacks[0]?.StackStatus ?? '', /^DELETE_/, 'the deletion shows at once');
    const { StackStatus } = await settled(cloudFormation, StackId);
    assert.equal(StackStatus, 'DELETE_COMPLETE', await story(StackId));
  };

  await s3.createBucket({ Bucket: 'shapes' });
  for (const file of ['nested-storage.yaml', 'nested-catalog.yaml']) {
    await s3.putObject({ Bucket: 'shapes', Key: file, Body: textOf(file) });
  }

  for (const { file, parameters = {}, changed, touches } of shapes) {
    test(file, async () => {
      const StackName = `shape-${file.replace(/\..*/, '')}`;
      const Parameters = listOf(parameters);
      const stack = await deployed(cloudFormation, {
        StackName,
        TemplateBody: textOf(file),
        Parameters,
        Capabilities,
        Tags: [{ Key: 'a-team', Value: 'shapes' }],
      });
      const StackId = stack.StackId ?? '';
      assert.equal(stack.StackStatus, 'CREATE_COMPLETE', await story(StackName));
      assert.deepEqual(await driftsOf(cloudFormation, StackName), []);
      const before = (await eventsOf(cloudFormation, StackName)).length;

      const update = { StackName, UsePreviousTemplate: true, Capabilities };
      await cloudFormation.updateStack({ ...update, Parameters: listOf({ ...parameters, ...changed }) });
      const { Stacks = [] } = await cloudFormation.describeStacks({ StackName });
      assert.match(Stacks[0]?.StackStatus ?? '', /^UPDATE_/, 'the update shows at once');
      assert.equal((await settled(cloudFormation, StackName)).StackStatus, 'UPDATE_COMPLETE', await story(StackName));
      assert.deepEqual(await driftsOf(cloudFormation, StackName), []);
      const events = (await eventsOf(cloudFormation, StackName)).slice(before);
      const touched = new Set(events.map((line) => line.split(' ')[0] ?? '').filter((id) => id !== StackName));
      assert.deepEqual([...touched].toSorted(), touches);
      await remove(StackName, StackId);
    });
  }

  test('an import holds its export fast', async () => {
    const exporter = await deployed(cloudFormation, { StackName: 'shared', TemplateBody: textOf('exporter.yaml') });
    const importing = { StackName: 'importing', TemplateBody: textOf('importer.yaml'), Capabilities };
    const Parameters = listOf({ Shared: 'shared' });
    const importer = await deployed(cloudFormation, { ...importing, Parameters });
    assert.equal(importer.StackStatus, 'CREATE_COMPLETE', await story('importing'));
    const { Imports } = await cloudFormation.listImports({ ExportName: 'shared-Lake' });
    assert.deepEqual(Imports, ['importing']);
    await cloudFormation.deleteStack({ StackName: 'shared' });
    const refused = await settled(cloudFormation, 'shared');
    assert.equal(refused.StackStatus, 'DELETE_FAILED');
    assert.match(refused.StackStatusReason ?? '', /in use by importing/);
    await cloudFormation.updateStack({ ...importing, Parameters: listOf({ Shared: 'shared', Comment: 'second' }) });
    assert.equal((await settled(cloudFormation, 'importing')).StackStatus, 'UPDATE_COMPLETE', await story('importing'));
    await remove('importing', importer.StackId ?? '');
    await remove('shared', exporter.StackId ?? '');
  });

  test('a change set shows the new status as soon as it is executed', async () => {
    const StackName = 'reviewed';
    const change = { StackName, ChangeSetName: 'first', TemplateBody: textOf('nested-storage.yaml') };
    const { StackId = '' } = await cloudFormation.createChangeSet({ ...change, ChangeSetType: 'CREATE' });
    await cloudFormation.executeChangeSet({ StackName, ChangeSetName: 'first' });
    const { Stacks = [] } = await cloudFormation.describeStacks({ StackName });
    assert.match(Stacks[0]?.StackStatus ?? '', /^CREATE_/);
    const { ExecutionStatus } = await cloudFormation.describeChangeSet({ StackName, ChangeSetName: 'first' });
    assert.equal(ExecutionStatus, 'EXECUTE_COMPLETE');
    await settled(cloudFormation, StackName);
    await remove(StackName, StackId);
  });

  test('nothing is left of any of them', async () => {
    const { Buckets = [] } = await s3.listBuckets({ Prefix: 'shape-' });
    const names = Buckets.map(({ Name = '' }) => Name).filter((name) => !name.includes('trailbucket'));
    assert.deepEqual(names, [], 'all but what is retained');
    assert.deepEqual((await glue.getDatabases({})).DatabaseList, []);
    assert.deepEqual((await iam.listRoles({})).Roles, []);
    const { Policies } = await iam.listPolicies({ Scope: 'Local' });
    assert.deepEqual(Policies, []);
  });
});
