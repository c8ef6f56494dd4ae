import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { waitUntilChangeSetCreateComplete, waitUntilStackUpdateComplete } from '@aws-sdk/client-cloudformation';
import { until, useTempFolder } from '#testing';
import { Workshop, deployed, eventsOf, openShop, settled, widgets } from './stacks.fixture.ts';

const patience = { minDelay: 0.02, maxDelay: 0.02, maxWaitTime: 10 };

suite('updating', async () => {
  const workshop = new Workshop();
  const shop = await openShop({ file: join(useTempFolder(), 'state.db'), workshop });
  const { cloudFormation } = shop;
  after(() => shop.stop());
  const update = async (StackName: string, TemplateBody: string, more = {}) => {
    await cloudFormation.updateStack({ StackName, TemplateBody, ...more });
    return settled(cloudFormation, StackName);
  };

  test('resources are added, changed, replaced and removed, old ones only behind the new', async () => {
    const before = widgets({
      Same: '',
      Grows: 'Properties: { Size: 1 }',
      Moves: 'Properties: { Name: a }',
      Goes: 'Properties: { Name: goes }',
      Follows: 'Properties: { Link: !GetAtt Moves.Arn, Name: follows }',
    });
    await deployed(cloudFormation, { StackName: 'up', TemplateBody: before });
    workshop.log.length = 0;
    const next = widgets({
      Same: '',
      Grows: 'Properties: { Size: 2 }',
      Moves: 'Properties: { Name: b }',
      Comes: '',
      Follows: 'Properties: { Link: !GetAtt Moves.Arn, Name: follows }',
    });
    await cloudFormation.updateStack({ StackName: 'up', TemplateBody: next });
    await waitUntilStackUpdateComplete({ client: cloudFormation, ...patience }, { StackName: 'up' });
    assert.equal(workshop.log.includes('create Same') || workshop.log.includes('update Same'), false);
    assert.equal(workshop.things.get('follows')?.properties['Link'], 'arn:test:b');
    assert.ok(workshop.log.indexOf('delete Moves') > workshop.log.indexOf('update Follows'));
    assert.equal(workshop.things.has('a') || workshop.things.has('goes'), false);
    const events = await eventsOf(cloudFormation, 'up');
    const moves = events
      .slice(events.indexOf('up UPDATE_IN_PROGRESS User Initiated'))
      .filter((line) => line.startsWith('Moves') || line.startsWith('up'));
    assert.deepEqual(moves, [
      'up UPDATE_IN_PROGRESS User Initiated',
      'Moves UPDATE_IN_PROGRESS Requested update requires the creation of a new physical resource; hence creating one.',
      'Moves UPDATE_IN_PROGRESS Resource creation Initiated',
      'Moves UPDATE_COMPLETE',
      'up UPDATE_COMPLETE_CLEANUP_IN_PROGRESS',
      'Moves DELETE_IN_PROGRESS',
      'Moves DELETE_COMPLETE',
      'up UPDATE_COMPLETE',
    ]);
    const { StackResourceSummaries = [] } = await cloudFormation.listStackResources({ StackName: 'up' });
    assert.deepEqual(
      StackResourceSummaries.map(({ LogicalResourceId }) => LogicalResourceId),
      ['Comes', 'Follows', 'Grows', 'Moves', 'Same'],
    );
  });

  test('an update that changes nothing is refused', async () => {
    const TemplateBody = `Parameters: { S: { Type: Number } }\n${widgets({ A: 'Properties: { Size: !Ref S }' })}`;
    const Parameters = [{ ParameterKey: 'S', ParameterValue: '1' }];
    await deployed(cloudFormation, { StackName: 'still', TemplateBody, Parameters });
    await assert.rejects(cloudFormation.updateStack({ StackName: 'still', TemplateBody, Parameters }), {
      name: 'ValidationError',
      message: 'No updates are to be performed.',
    });
    await assert.rejects(
      cloudFormation.updateStack({
        StackName: 'still',
        UsePreviousTemplate: true,
        Parameters: [{ ParameterKey: 'S', UsePreviousValue: true }],
      }),
      /No updates are to be performed/,
    );
    await assert.rejects(
      cloudFormation.updateStack({ StackName: 'none', TemplateBody }),
      /Stack \[none\] does not exist/,
    );
    await cloudFormation.updateStack({
      StackName: 'still',
      UsePreviousTemplate: true,
      Parameters: [{ ParameterKey: 'S', ParameterValue: '2' }],
    });
    const stack = await settled(cloudFormation, 'still');
    assert.equal(stack.Parameters?.[0]?.ParameterValue, '2');
  });

  test('a failed update goes back to what was: same things, same values, nothing new left', async () => {
    const before = widgets(
      {
        In: 'Properties: { Name: in, Size: 1 }',
        Swap: 'Properties: { Name: old }',
        Drop: 'Properties: { Name: drop }',
      },
      'Outputs: { O: { Value: !Ref Swap } }',
    );
    await deployed(cloudFormation, { StackName: 'back', TemplateBody: before });
    workshop.broken.add('create Bad');
    const next = widgets(
      {
        In: 'Properties: { Name: in, Size: 2 }',
        Swap: 'Properties: { Name: new }',
        Extra: 'Properties: { Name: extra }',
        Bad: 'DependsOn: [In, Swap, Extra]',
      },
      'Outputs: { O: { Value: !Ref Swap } }',
    );
    const stack = await update('back', next);
    assert.equal(stack.StackStatus, 'UPDATE_ROLLBACK_COMPLETE');
    assert.equal(workshop.things.get('in')?.properties['Size'], 1);
    assert.deepEqual(
      ['old', 'new', 'extra', 'drop'].map((name) => workshop.things.has(name)),
      [true, false, false, true],
    );
    const { StackResources = [] } = await cloudFormation.describeStackResources({ StackName: 'back' });
    assert.deepEqual(
      StackResources.map((row) => row.PhysicalResourceId ?? '').toSorted((a, b) => a.localeCompare(b)),
      ['drop', 'in', 'old'],
    );
    assert.equal(stack.Outputs?.[0]?.OutputValue, 'old');
    workshop.broken.clear();
    assert.equal((await update('back', next)).StackStatus, 'UPDATE_COMPLETE');
    assert.deepEqual(
      ['old', 'new', 'extra', 'drop'].map((name) => workshop.things.has(name)),
      [false, true, true, false],
    );
  });

  test('a change in place that fails half-way is taken back by another one', async () => {
    await deployed(cloudFormation, {
      StackName: 'half',
      TemplateBody: widgets({ A: 'Properties: { Name: half, Size: 1 }', B: 'Properties: { Name: half-b, Size: 1 }' }),
    });
    workshop.broken.add('update B');
    const started = workshop.log.length;
    await cloudFormation.updateStack({
      StackName: 'half',
      TemplateBody: widgets({ A: 'Properties: { Name: half, Size: 2 }', B: 'Properties: { Name: half-b, Size: 2 }' }),
    });
    const stack = await settled(cloudFormation, 'half');
    assert.equal(stack.StackStatus, 'UPDATE_ROLLBACK_FAILED');
    assert.match(stack.StackStatusReason ?? '', /failed to update: \[B\]/);
    workshop.broken.clear();
    await cloudFormation.continueUpdateRollback({ StackName: 'half' });
    assert.equal((await settled(cloudFormation, 'half')).StackStatus, 'UPDATE_ROLLBACK_COMPLETE');
    assert.equal(workshop.things.get('half')?.properties['Size'], 1);
    assert.equal(workshop.log.slice(started).filter((line) => line === 'update B').length, 3);
  });

  test('with rollback switched off an update stays where it failed, and can be rolled back later', async () => {
    await deployed(cloudFormation, { StackName: 'off', TemplateBody: widgets({ A: 'Properties: { Name: off-1 }' }) });
    workshop.broken.add('create B');
    const next = widgets({ A: 'Properties: { Name: off-2 }', B: 'DependsOn: A' });
    assert.equal((await update('off', next, { DisableRollback: true })).StackStatus, 'UPDATE_FAILED');
    assert.ok(workshop.things.has('off-1') && workshop.things.has('off-2'));
    await cloudFormation.rollbackStack({ StackName: 'off' });
    assert.equal((await settled(cloudFormation, 'off')).StackStatus, 'UPDATE_ROLLBACK_COMPLETE');
    assert.deepEqual(
      ['off-1', 'off-2'].map((name) => workshop.things.has(name)),
      [true, false],
    );
    workshop.broken.clear();
  });

  test('an update can be cancelled while it runs', async () => {
    await deployed(cloudFormation, {
      StackName: 'cancel',
      TemplateBody: widgets({ A: 'Properties: { Name: cancel, Size: 1 }' }),
    });
    const release = workshop.hold('update A');
    workshop.log.length = 0;
    await cloudFormation.updateStack({
      StackName: 'cancel',
      TemplateBody: widgets({ A: 'Properties: { Name: cancel, Size: 2 }', Z: 'DependsOn: A' }),
    });
    await until(() => workshop.log.includes('update A'));
    await assert.rejects(
      cloudFormation.updateStack({ StackName: 'cancel', TemplateBody: widgets({ A: '' }) }),
      /is in UPDATE_IN_PROGRESS state and can not be updated/,
    );
    await assert.rejects(
      cloudFormation.deleteStack({ StackName: 'cancel' }),
      /is in UPDATE_IN_PROGRESS state and can not be deleted/,
    );
    await cloudFormation.cancelUpdateStack({ StackName: 'cancel' });
    release();
    const stack = await settled(cloudFormation, 'cancel');
    assert.equal(stack.StackStatus, 'UPDATE_ROLLBACK_COMPLETE');
    assert.equal(workshop.things.get('cancel')?.properties['Size'], 1);
    assert.equal(workshop.log.includes('create Z'), false);
  });

  test('a type without update is replaced at every change, and policies keep the old one', async () => {
    const body = (size: number) =>
      `Resources: { A: { Type: Test::Shop::Monolith, UpdateReplacePolicy: Retain, Properties: { Size: ${size} } } }`;
    const first = await deployed(cloudFormation, { StackName: 'mono', TemplateBody: body(1) });
    const { StackResources: [old] = [] } = await cloudFormation.describeStackResources({ StackName: 'mono' });
    assert.equal((await update('mono', body(2))).StackStatus, 'UPDATE_COMPLETE');
    const { StackResources: [now] = [] } = await cloudFormation.describeStackResources({ StackName: 'mono' });
    assert.notEqual(now?.PhysicalResourceId, old?.PhysicalResourceId);
    assert.ok(workshop.things.has(old?.PhysicalResourceId ?? ''));
    assert.ok((await eventsOf(cloudFormation, first.StackId ?? '')).includes('A DELETE_SKIPPED'));
  });

  test('a stack policy denies what it does not allow', async () => {
    const StackPolicyBody = JSON.stringify({
      Statement: [
        { Effect: 'Allow', Action: 'Update:*', Principal: '*', Resource: '*' },
        {
          Effect: 'Deny',
          Action: ['Update:Replace', 'Update:Delete'],
          Principal: '*',
          Resource: 'LogicalResourceId/Data*',
        },
      ],
    });
    await deployed(cloudFormation, {
      StackName: 'law',
      TemplateBody: widgets({ DataA: 'Properties: { Name: law, Size: 1 }' }),
      StackPolicyBody,
    });
    await assert.rejects(
      cloudFormation.updateStack({ StackName: 'law', TemplateBody: widgets({ DataA: 'Properties: { Name: other }' }) }),
      /Action denied by stack policy: Statement \[#2\] does not allow \[Update:Replace\] for resource \[LogicalResourceId\/DataA\]/,
    );
    assert.equal(
      (await update('law', widgets({ DataA: 'Properties: { Name: law, Size: 2 }' }))).StackStatus,
      'UPDATE_COMPLETE',
    );
    await assert.rejects(
      cloudFormation.setStackPolicy({ StackName: 'law', StackPolicyBody: '{}' }),
      /has no Statement/,
    );
    assert.equal((await cloudFormation.getStackPolicy({ StackName: 'law' })).StackPolicyBody, StackPolicyBody);
  });

  test('tags of the stack reach its resources when they change', async () => {
    const TemplateBody = widgets({ A: 'Properties: { Name: tagged }' });
    await deployed(cloudFormation, { StackName: 'tags', TemplateBody, Tags: [{ Key: 'a', Value: '1' }] });
    workshop.log.length = 0;
    const stack = await update('tags', TemplateBody, { Tags: [{ Key: 'a', Value: '2' }] });
    assert.deepEqual(stack.Tags, [{ Key: 'a', Value: '2' }]);
    assert.deepEqual(workshop.log, ['update A']);
    await assert.rejects(
      cloudFormation.updateStack({ StackName: 'tags', TemplateBody, Tags: [{ Key: 'aws:x', Value: '2' }] }),
      /reserved/,
    );
  });
});

suite('change sets', async () => {
  const workshop = new Workshop();
  const shop = await openShop({ file: join(useTempFolder(), 'state.db'), workshop });
  const { cloudFormation } = shop;
  after(() => shop.stop());

  test('a new stack waits for its change set to be carried out', async () => {
    const { Id, StackId } = await cloudFormation.createChangeSet({
      StackName: 'reviewed',
      ChangeSetName: 'first',
      ChangeSetType: 'CREATE',
      TemplateBody: widgets({ A: 'Properties: { Name: a }', B: 'Properties: { Link: !GetAtt A.Arn }' }),
    });
    await waitUntilChangeSetCreateComplete(
      { client: cloudFormation, ...patience },
      { ChangeSetName: Id, StackName: StackId },
    );
    assert.equal(
      (await cloudFormation.describeStacks({ StackName: 'reviewed' })).Stacks?.[0]?.StackStatus,
      'REVIEW_IN_PROGRESS',
    );
    const described = await cloudFormation.describeChangeSet({
      ChangeSetName: 'first',
      StackName: 'reviewed',
      IncludePropertyValues: true,
    });
    assert.deepEqual(
      described.Changes?.map(({ ResourceChange: change }) => [
        change?.Action,
        change?.LogicalResourceId,
        change?.AfterContext,
      ]),
      [
        ['Add', 'A', '{"Properties":{"Name":"a"}}'],
        ['Add', 'B', '{"Properties":{"Link":"{{changeSet:KNOWN_AFTER_APPLY}}"}}'],
      ],
    );
    assert.equal(workshop.things.size, 0);
    await cloudFormation.executeChangeSet({ ChangeSetName: Id });
    const stack = await settled(cloudFormation, 'reviewed');
    assert.equal(stack.StackStatus, 'CREATE_COMPLETE');
    assert.equal(stack.ChangeSetId, Id);
    await assert.rejects(cloudFormation.executeChangeSet({ ChangeSetName: Id }), {
      name: 'InvalidChangeSetStatusException',
    });
  });

  test('a change set of an update tells what happens and is out of date after another update', async () => {
    const body = (name: string, size: number) =>
      widgets({ A: `Properties: { Name: ${name} }`, B: `Properties: { Name: b, Size: ${size}, Link: !Ref A }` });
    await deployed(cloudFormation, { StackName: 'plan', TemplateBody: body('x', 1) });
    const make = (ChangeSetName: string, TemplateBody: string) =>
      cloudFormation.createChangeSet({ StackName: 'plan', ChangeSetName, TemplateBody });
    const { Id } = await make('one', body('y', 2));
    await make('two', body('x', 3));
    const { Changes = [] } = await cloudFormation.describeChangeSet({ ChangeSetName: Id });
    assert.deepEqual(
      Changes.map(({ ResourceChange: change }) => [
        change?.Action,
        change?.LogicalResourceId,
        change?.Replacement,
        change?.PolicyAction,
        change?.Scope,
      ]),
      [
        ['Modify', 'A', 'True', 'ReplaceAndDelete', ['Properties']],
        ['Modify', 'B', 'False', undefined, ['Properties']],
      ],
    );
    const details = Changes[1]?.ResourceChange?.Details ?? [];
    assert.deepEqual(
      details.map(({ Target, Evaluation, CausingEntity }) => [
        Target?.Name,
        Target?.RequiresRecreation,
        Evaluation,
        CausingEntity,
      ]),
      [
        ['Size', 'Never', 'Static', undefined],
        ['Link', 'Never', 'Dynamic', 'A'],
      ],
    );
    await assert.rejects(make('one', body('z', 1)), { name: 'AlreadyExistsException' });
    await cloudFormation.executeChangeSet({ ChangeSetName: 'one', StackName: 'plan' });
    assert.equal((await settled(cloudFormation, 'plan')).StackStatus, 'UPDATE_COMPLETE');
    assert.equal(workshop.things.get('b')?.properties['Link'], 'y');
    const { Summaries = [] } = await cloudFormation.listChangeSets({ StackName: 'plan' });
    assert.deepEqual(
      Summaries.map((set) => [set.ChangeSetName, set.ExecutionStatus]),
      [
        ['one', 'EXECUTE_COMPLETE'],
        ['two', 'OBSOLETE'],
      ],
    );
    await assert.rejects(cloudFormation.executeChangeSet({ ChangeSetName: 'two', StackName: 'plan' }), {
      name: 'InvalidChangeSetStatusException',
    });
  });

  test('a change set without changes has failed and says so', async () => {
    const TemplateBody = widgets({ A: '' });
    await deployed(cloudFormation, { StackName: 'same', TemplateBody });
    await cloudFormation.createChangeSet({ StackName: 'same', ChangeSetName: 'empty', TemplateBody });
    const set = await cloudFormation.describeChangeSet({ StackName: 'same', ChangeSetName: 'empty' });
    assert.equal(set.Status, 'FAILED');
    assert.match(set.StatusReason ?? '', /didn't contain changes/);
    await cloudFormation.deleteChangeSet({ StackName: 'same', ChangeSetName: 'empty' });
    await assert.rejects(cloudFormation.describeChangeSet({ StackName: 'same', ChangeSetName: 'empty' }), {
      name: 'ChangeSetNotFoundException',
    });
  });
});
