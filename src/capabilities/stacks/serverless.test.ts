import assert from 'node:assert/strict';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { IAM } from '@aws-sdk/client-iam';
import { S3 } from '@aws-sdk/client-s3';
import { CloudFormation } from '@aws-sdk/client-cloudformation';
import { clientConfig, useTempFolder } from '#testing';
import { startTestPlatform } from '../../testing/platform.ts';
import { Workshop, deployed, eventsOf, openShop, settled, widgets } from './stacks.fixture.ts';

suite('transforms through the SDK', () => {
  test('a serverless template asks for its expansion to be acknowledged, unless a change set shows it', async () => {
    const shop = await openShop({ file: join(useTempFolder(), 'state.db'), workshop: new Workshop() });
    const { cloudFormation } = shop;
    const TemplateBody = `Transform: AWS::Serverless-2016-10-31\n${widgets({ A: 'Properties: { Name: a }' })}`;
    const input = { StackName: 's', TemplateBody };
    await assert.rejects(cloudFormation.createStack(input), {
      name: 'InsufficientCapabilitiesException',
      message: 'Requires capabilities : [CAPABILITY_AUTO_EXPAND]',
    });
    const reviewed = { ...input, StackName: 'reviewed', ChangeSetName: 'c', ChangeSetType: 'CREATE' as const };
    const { StackId = '' } = await cloudFormation.createChangeSet(reviewed);
    await cloudFormation.executeChangeSet({ StackName: StackId, ChangeSetName: 'c' });
    assert.equal((await settled(cloudFormation, StackId)).StackStatus, 'CREATE_COMPLETE');
    await shop.stop();
  });

  test('what it looks at as written names the serverless types, and the processed template what they become', async () => {
    const shop = await openShop({ file: join(useTempFolder(), 'state.db'), workshop: new Workshop() });
    const { cloudFormation } = shop;
    const TemplateBody =
      'Transform: AWS::Serverless-2016-10-31\nResources: { F: { Type: AWS::Serverless::Function, Properties: { Handler: a.b, Runtime: python3.12, InlineCode: x } } }';
    const summary = await cloudFormation.getTemplateSummary({ TemplateBody });
    assert.deepEqual(summary.ResourceTypes, ['AWS::Serverless::Function']);
    assert.deepEqual(summary.DeclaredTransforms, ['AWS::Serverless-2016-10-31']);
    assert.deepEqual(summary.Capabilities, ['CAPABILITY_IAM', 'CAPABILITY_AUTO_EXPAND']);

    const plain = `Transform: AWS::Serverless-2016-10-31\n${widgets({ A: 'Properties: { Name: a }' })}`;
    await deployed(cloudFormation, { StackName: 's', TemplateBody: plain, Capabilities: ['CAPABILITY_AUTO_EXPAND'] });
    const original = await cloudFormation.getTemplate({ StackName: 's', TemplateStage: 'Original' });
    assert.equal(original.TemplateBody, plain);
    const { TemplateBody: processed = '' } = await cloudFormation.getTemplate({ StackName: 's' });
    assert.deepEqual(JSON.parse(processed), {
      Resources: { A: { Type: 'Test::Shop::Widget', Properties: { Name: 'a' } } },
    });
    await shop.stop();
  });

  test('a snippet in a bucket is included, and stays as it was read until the next update', async () => {
    const objects = new Map([['parts/more.yaml', 'Size: 5']]);
    const workshop = new Workshop();
    const shop = await openShop({ file: join(useTempFolder(), 'state.db'), workshop, objects });
    const { cloudFormation } = shop;
    const snippet = 'Fn::Transform: { Name: AWS::Include, Parameters: { Location: s3://parts/more.yaml } }';
    const TemplateBody = widgets({ A: `Properties: { Name: a, ${snippet} }` });
    await deployed(cloudFormation, { StackName: 's', TemplateBody });
    assert.equal(workshop.things.get('a')?.properties['Size'], 5);
    objects.set('parts/more.yaml', 'Size: 6');
    await cloudFormation.updateStack({ StackName: 's', UsePreviousTemplate: true });
    assert.equal((await settled(cloudFormation, 's')).StackStatus, 'UPDATE_COMPLETE');
    assert.equal(workshop.things.get('a')?.properties['Size'], 6);
    await assert.rejects(
      cloudFormation.createStack({ StackName: 't', TemplateBody: TemplateBody.replace('more', 'none') }),
      /The specified key does not exist.*parts\/none\.yaml/,
    );
    await shop.stop();
  });
});

test('a resource carries the tags of its stack and of where it belongs, and loses those that the stack loses', async (context) => {
  const platform = await startTestPlatform();
  const config = clientConfig(platform.endpoint);
  const [cloudFormation, s3, iam] = [new CloudFormation(config), new S3(config), new IAM(config)];
  context.after(async () => {
    for (const client of [cloudFormation, s3, iam]) client.destroy();
    await platform.close();
  });
  const Capabilities = ['CAPABILITY_NAMED_IAM' as const];
  const TemplateBody = `Resources:
  Data: { Type: AWS::S3::Bucket, Properties: { BucketName: tagged, Tags: [{ Key: own, Value: mine }] } }
  Role: { Type: AWS::IAM::Role, Properties: { RoleName: tagged, AssumeRolePolicyDocument: { Version: 2012-10-17, Statement: [{ Effect: Allow, Principal: { Service: glue.amazonaws.com }, Action: sts:AssumeRole }] } } }`;
  const tagsOf = async (): Promise<Record<string, string>[]> => {
    const { TagSet = [] } = await s3.getBucketTagging({ Bucket: 'tagged' });
    const { Tags = [] } = await iam.listRoleTags({ RoleName: 'tagged' });
    return [TagSet, Tags].map((tags) => Object.fromEntries(tags.map(({ Key = '', Value = '' }) => [Key, Value])));
  };
  const Tags = [
    { Key: 'team', Value: 'data' },
    { Key: 'stage', Value: 'dev' },
  ];
  const stack = await deployed(cloudFormation, { StackName: 'tags', TemplateBody, Capabilities, Tags });
  assert.equal(stack.StackStatus, 'CREATE_COMPLETE', (await eventsOf(cloudFormation, 'tags')).join('\n'));
  const system = (id: string) => ({
    'aws:cloudformation:stack-name': 'tags',
    'aws:cloudformation:stack-id': stack.StackId,
    'aws:cloudformation:logical-id': id,
  });
  assert.deepEqual(await tagsOf(), [
    { own: 'mine', team: 'data', stage: 'dev', ...system('Data') },
    { team: 'data', stage: 'dev', ...system('Role') },
  ]);
  await cloudFormation.updateStack({
    StackName: 'tags',
    UsePreviousTemplate: true,
    Capabilities,
    Tags: Tags.slice(0, 1),
  });
  assert.equal((await settled(cloudFormation, 'tags')).StackStatus, 'UPDATE_COMPLETE');
  assert.deepEqual(await tagsOf(), [
    { own: 'mine', team: 'data', ...system('Data') },
    { team: 'data', ...system('Role') },
  ]);
});
