import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { until, useTempFolder } from '#testing';
import { Workshop, deployed, eventsOf, openShop, settled, widgets } from './stacks.fixture.ts';

suite('nested stacks', async () => {
  const workshop = new Workshop();
  const objects = new Map<string, string>();
  const shop = await openShop({ file: join(useTempFolder(), 'state.db'), workshop, objects });
  const { cloudFormation } = shop;
  after(() => shop.stop());
  const child = (extra = '') =>
    `Parameters: { Size: { Type: Number } }\n${widgets({ Inner: 'Properties: { Size: !Ref Size }', ...(extra && { [extra]: '' }) }, 'Outputs: { Name: { Value: !Ref Inner } }')}`;
  const parent = (size: number) => `
Resources:
  Child: { Type: AWS::CloudFormation::Stack, Properties: { TemplateURL: '${shop.endpoint}/templates/child.yaml', Parameters: { Size: ${size} } } }
  User: { Type: Test::Shop::Widget, Properties: { Name: user, Link: !GetAtt Child.Outputs.Name } }
`;

  test('a child is created, updated and deleted with its parent, and gives its outputs', async () => {
    objects.set('templates/child.yaml', child());
    const { StackId = '' } = await deployed(cloudFormation, { StackName: 'parent', TemplateBody: parent(1) });
    const { Stacks = [] } = await cloudFormation.describeStacks({});
    const inner = Stacks.find(({ ParentId }) => ParentId === StackId);
    assert.match(inner?.StackName ?? '', /^parent-Child-[A-Z0-9]{12}$/);
    assert.equal(inner?.RootId, StackId);
    assert.equal(workshop.things.get('user')?.properties['Link'], inner?.Outputs?.[0]?.OutputValue);
    await cloudFormation.updateStack({ StackName: 'parent', TemplateBody: parent(5) });
    assert.equal((await settled(cloudFormation, 'parent')).StackStatus, 'UPDATE_COMPLETE');
    assert.equal(workshop.things.get(inner?.Outputs?.[0]?.OutputValue ?? '')?.properties['Size'], 5);
    objects.set('templates/child.yaml', child('More'));
    await cloudFormation.updateStack({ StackName: 'parent', UsePreviousTemplate: true });
    assert.equal((await settled(cloudFormation, 'parent')).StackStatus, 'UPDATE_COMPLETE');
    assert.equal(workshop.things.size, 3);
    await cloudFormation.deleteStack({ StackName: 'parent' });
    assert.equal((await settled(cloudFormation, StackId)).StackStatus, 'DELETE_COMPLETE');
    assert.equal(workshop.things.size, 0);
    assert.equal((await cloudFormation.describeStacks({})).Stacks?.length, 0);
  });

  test('a child that fails takes its parent back, with its reason', async () => {
    objects.set('templates/child.yaml', child('Bad'));
    workshop.broken.add('create Bad');
    const { StackId = '' } = await deployed(cloudFormation, { StackName: 'sad', TemplateBody: parent(1) });
    assert.equal((await settled(cloudFormation, StackId)).StackStatus, 'ROLLBACK_COMPLETE');
    const failure = (await eventsOf(cloudFormation, StackId)).find((line) => line.startsWith('Child CREATE_FAILED'));
    assert.match(
      failure ?? '',
      /Embedded stack arn:.* was not successfully created: Bad: .*create Bad was told to fail/,
    );
    assert.equal(workshop.things.size, 0);
    workshop.broken.clear();
  });

  test('a child that was updated goes back with its parent, to the template it had', async () => {
    objects.set('templates/child.yaml', child());
    const { StackId = '' } = await deployed(cloudFormation, { StackName: 'return', TemplateBody: parent(1) });
    objects.set('templates/child.yaml', child('More'));
    workshop.broken.add('update User');
    const TemplateBody = parent(2).replace('Name: user', 'Name: user, Size: 3');
    await cloudFormation.updateStack({ StackName: 'return', TemplateBody });
    await until(() => workshop.log.filter((line) => line === 'update User').length === 2);
    const stack = await settled(cloudFormation, 'return');
    assert.match(stack.StackStatus ?? '', /^UPDATE_ROLLBACK_/);
    const inner = (await cloudFormation.describeStacks({})).Stacks?.find(({ ParentId }) => ParentId === StackId);
    assert.equal(inner?.Parameters?.[0]?.ParameterValue, '1');
    assert.equal(workshop.things.size, 2);
    await cloudFormation.deleteStack({ StackName: 'return' });
    await settled(cloudFormation, StackId);
  });

  test('a template that contains itself comes to an end', async () => {
    const self = `Resources: { Self: { Type: AWS::CloudFormation::Stack, Properties: { TemplateURL: 's3://templates/self.yaml' } } }`;
    objects.set('templates/self.yaml', self);
    const stack = await deployed(cloudFormation, { StackName: 'ouroboros', TemplateBody: self });
    assert.equal(stack.StackStatus, 'ROLLBACK_COMPLETE');
    const { StackSummaries = [] } = await cloudFormation.listStacks({
      StackStatusFilter: ['CREATE_COMPLETE', 'CREATE_IN_PROGRESS'],
    });
    assert.equal(StackSummaries.length, 0);
  });
});

suite('drift', async () => {
  const workshop = new Workshop();
  const shop = await openShop({ file: join(useTempFolder(), 'state.db'), workshop });
  const { cloudFormation } = shop;
  after(() => shop.stop());

  test('what was changed or deleted behind the stack is found', async () => {
    const TemplateBody = `${widgets({ A: 'Properties: { Name: a, Size: 1, Colours: [red] }', B: 'Properties: { Name: b }', C: 'Properties: { Name: c }' })}  M: { Type: Test::Shop::Monolith }\n`;
    await deployed(cloudFormation, { StackName: 'drift', TemplateBody });
    workshop.things.set('a', {
      name: 'a',
      properties: { Name: 'a', Size: 9, Colours: ['red'], Added: 'by the service' },
    });
    workshop.things.delete('b');
    const { StackDriftDetectionId } = await cloudFormation.detectStackDrift({ StackName: 'drift' });
    await until(
      async () =>
        (await cloudFormation.describeStackDriftDetectionStatus({ StackDriftDetectionId })).DetectionStatus ===
        'DETECTION_COMPLETE',
    );
    const status = await cloudFormation.describeStackDriftDetectionStatus({ StackDriftDetectionId });
    assert.deepEqual([status.StackDriftStatus, status.DriftedStackResourceCount], ['DRIFTED', 2]);
    const { StackResourceDrifts = [] } = await cloudFormation.describeStackResourceDrifts({ StackName: 'drift' });
    assert.deepEqual(
      StackResourceDrifts.map((drift) => [
        drift.LogicalResourceId,
        drift.StackResourceDriftStatus,
        drift.PropertyDifferences?.map(
          ({ PropertyPath, ExpectedValue, ActualValue }) => `${PropertyPath} ${ExpectedValue} ${ActualValue}`,
        ),
      ]),
      [
        ['A', 'MODIFIED', ['/Size 1 9']],
        ['B', 'DELETED', []],
        ['C', 'IN_SYNC', []],
        ['M', 'NOT_CHECKED', []],
      ],
    );
    assert.equal(
      (await cloudFormation.describeStacks({ StackName: 'drift' })).Stacks?.[0]?.DriftInformation?.StackDriftStatus,
      'DRIFTED',
    );
    const { StackResourceDrift } = await cloudFormation.detectStackResourceDrift({
      StackName: 'drift',
      LogicalResourceId: 'C',
    });
    assert.equal(StackResourceDrift?.StackResourceDriftStatus, 'IN_SYNC');
  });
});
