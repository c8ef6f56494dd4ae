import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { waitUntilStackCreateComplete, waitUntilStackDeleteComplete } from '@aws-sdk/client-cloudformation';
import { FakeClock } from '#kernel/clock';
import { until, useTempFolder } from '#testing';
import { Workshop, deployed, eventsOf, openShop, settled, widgets } from './stacks.fixture.ts';

const two = `
Parameters:
  Size: { Type: Number, Default: 3 }
Resources:
  Base:
    Type: Test::Shop::Widget
    Properties: { Size: !Ref Size }
  Top:
    Type: Test::Shop::Widget
    Properties: { Name: top, Link: !Sub '\${Base.Arn}/x' }
Outputs:
  Link: { Value: !GetAtt Base.Arn, Export: { Name: base-arn } }
`;
const patience = { minDelay: 0.02, maxDelay: 0.02, maxWaitTime: 10 };

suite('stacks through the SDK', async () => {
  const workshop = new Workshop();
  const shop = await openShop({ file: join(useTempFolder(), 'state.db'), workshop });
  const { cloudFormation } = shop;
  after(() => shop.stop());

  test('a stack is created, described and deleted', async () => {
    const { StackId } = await cloudFormation.createStack({ StackName: 'one', TemplateBody: two });
    await waitUntilStackCreateComplete({ client: cloudFormation, ...patience }, { StackName: 'one' });
    const { Stacks: [stack] = [] } = await cloudFormation.describeStacks({ StackName: 'one' });
    assert.equal(stack?.StackId, StackId);
    assert.match(stack?.Outputs?.[0]?.OutputValue ?? '', /^arn:test:one-Base-[A-Z0-9]{12}$/);
    assert.equal(workshop.things.get('top')?.properties['Link'], `${stack?.Outputs?.[0]?.OutputValue}/x`);
    assert.deepEqual(await eventsOf(cloudFormation, 'one'), [
      'one CREATE_IN_PROGRESS User Initiated',
      'Base CREATE_IN_PROGRESS',
      'Base CREATE_IN_PROGRESS Resource creation Initiated',
      'Base CREATE_COMPLETE',
      'Top CREATE_IN_PROGRESS',
      'Top CREATE_IN_PROGRESS Resource creation Initiated',
      'Top CREATE_COMPLETE',
      'one CREATE_COMPLETE',
    ]);
    await cloudFormation.deleteStack({ StackName: 'one' });
    await waitUntilStackDeleteComplete({ client: cloudFormation, ...patience }, { StackName: StackId });
    assert.equal(workshop.things.size, 0);
    assert.deepEqual(
      workshop.log.filter((line) => line.startsWith('delete')),
      ['delete Top', 'delete Base'],
    );
  });
});

suite('creating', async () => {
  const workshop = new Workshop();
  const shop = await openShop({
    file: join(useTempFolder(), 'state.db'),
    workshop,
    parameters: new Map([['/size', '7']]),
    objects: new Map([['templates/a b.yaml', widgets({ A: '' })]]),
  });
  const { cloudFormation } = shop;
  after(() => shop.stop());
  const refused = async (call: Promise<unknown>, name: string, message: RegExp) =>
    assert.rejects(call, (error: Error) => {
      assert.equal(error.name, name);
      assert.match(error.message, message);
      return true;
    });

  test('what is wrong with a template is told before anything is made', async () => {
    const create = (TemplateBody: string) => cloudFormation.createStack({ StackName: 'wrong', TemplateBody });
    await refused(
      create(widgets({ A: 'Properties: { Nme: x }' })),
      'ValidationError',
      /\[\/Resources\/A\/Properties\/Nme\].*Did you mean Name\?/,
    );
    await refused(
      create('Resources: { A: { Type: AWS::EC2::Instance } }'),
      'ValidationError',
      /Unrecognized resource types: \[AWS::EC2::Instance\]/,
    );
    await refused(create('Resources: ['), 'ValidationError', /YAML not well-formed/);
    await refused(
      cloudFormation.createStack({ StackName: 'wrong' }),
      'ValidationError',
      /Either Template URL or Template Body/,
    );
    await refused(
      cloudFormation.createStack({ StackName: 'wrong', TemplateBody: `#${'x'.repeat(51_200)}` }),
      'ValidationError',
      /less than or equal to 51200/,
    );
    await refused(
      cloudFormation.describeStacks({ StackName: 'wrong' }),
      'ValidationError',
      /Stack with id wrong does not exist/,
    );
    await refused(
      cloudFormation.createStack({ StackName: '1x', TemplateBody: widgets({ A: '' }) }),
      'ValidationError',
      /stackName/,
    );
    assert.deepEqual(workshop.log, []);
  });

  test('a name is taken once, and a retried request finds its stack', async () => {
    const input = { StackName: 'once', TemplateBody: widgets({ A: '' }), ClientRequestToken: 't1' };
    const first = await deployed(cloudFormation, input);
    assert.equal((await cloudFormation.createStack(input)).StackId, first.StackId);
    await refused(
      cloudFormation.createStack({ ...input, ClientRequestToken: 't2' }),
      'AlreadyExistsException',
      /Stack \[once\] already exists/,
    );
  });

  test('of many requests for one name at once, one wins', async () => {
    const tries = Array.from({ length: 8 }, () =>
      cloudFormation.createStack({ StackName: 'race', TemplateBody: widgets({ A: '' }) }).then(
        () => 1,
        () => 0,
      ),
    );
    assert.equal((await Promise.all(tries)).filter(Boolean).length, 1);
    await settled(cloudFormation, 'race');
  });

  test('a failure rolls everything back and says why', async () => {
    workshop.broken.add('create Bad');
    const template = widgets({ Good: 'Properties: { Name: good }', Bad: 'DependsOn: Good', Never: 'DependsOn: Bad' });
    const stack = await deployed(cloudFormation, { StackName: 'fails', TemplateBody: template });
    assert.equal(stack.StackStatus, 'ROLLBACK_COMPLETE');
    assert.equal(workshop.things.has('good'), false);
    assert.deepEqual(await eventsOf(cloudFormation, 'fails'), [
      'fails CREATE_IN_PROGRESS User Initiated',
      'Good CREATE_IN_PROGRESS',
      'Good CREATE_IN_PROGRESS Resource creation Initiated',
      'Good CREATE_COMPLETE',
      'Bad CREATE_IN_PROGRESS',
      'Bad CREATE_FAILED Resource handler returned message: "create Bad was told to fail" (HandlerErrorCode: InvalidRequest)',
      'fails ROLLBACK_IN_PROGRESS The following resource(s) failed to create: [Bad].  Rollback requested by user.',
      'Bad DELETE_COMPLETE',
      'Good DELETE_IN_PROGRESS',
      'Good DELETE_COMPLETE',
      'fails ROLLBACK_COMPLETE',
    ]);
    await refused(
      cloudFormation.updateStack({ StackName: 'fails', TemplateBody: template }),
      'ValidationError',
      /is in ROLLBACK_COMPLETE state and can not be updated/,
    );
    const kept = await deployed(cloudFormation, { StackName: 'kept', TemplateBody: template, OnFailure: 'DO_NOTHING' });
    assert.equal(kept.StackStatus, 'CREATE_FAILED');
    assert.ok(workshop.things.has('good'));
    await cloudFormation.rollbackStack({ StackName: 'kept' });
    assert.equal((await settled(cloudFormation, 'kept')).StackStatus, 'ROLLBACK_COMPLETE');
    const gone = await deployed(cloudFormation, { StackName: 'gone', TemplateBody: template, OnFailure: 'DELETE' });
    assert.equal(gone.StackStatus, 'DELETE_COMPLETE');
    workshop.broken.clear();
  });

  test('a stack that failed and was kept is sound again once the template leaves out what failed', async () => {
    workshop.broken.add('create Bad');
    const TemplateBody = widgets({ Good: 'Properties: { Name: fine }', Bad: 'DependsOn: Good' });
    await deployed(cloudFormation, { StackName: 'mended', TemplateBody, OnFailure: 'DO_NOTHING' });
    await cloudFormation.updateStack({
      StackName: 'mended',
      TemplateBody: widgets({ Good: 'Properties: { Name: fine }' }),
    });
    assert.equal((await settled(cloudFormation, 'mended')).StackStatus, 'UPDATE_COMPLETE');
    const { StackResources = [] } = await cloudFormation.describeStackResources({ StackName: 'mended' });
    assert.deepEqual(
      StackResources.map(({ LogicalResourceId }) => LogicalResourceId),
      ['Good'],
    );
    workshop.broken.clear();
  });

  test('secrets are masked wherever they would be shown, but reach the resource', async () => {
    const template = `Parameters: { Password: { Type: String, NoEcho: true } }\n${widgets({ A: 'Properties: { Name: vault, Secret: !Ref Password }' })}`;
    const Parameters = [{ ParameterKey: 'Password', ParameterValue: 'hush' }];
    const stack = await deployed(cloudFormation, { StackName: 'masked', TemplateBody: template, Parameters });
    assert.equal(stack.Parameters?.[0]?.ParameterValue, '****');
    const { StackEvents = [] } = await cloudFormation.describeStackEvents({ StackName: 'masked' });
    assert.doesNotMatch(JSON.stringify(StackEvents), /hush/);
    assert.equal(workshop.things.get('vault')?.properties['Secret'], 'hush');
  });

  test('an output shows what a dynamic reference stands for, and no secret', async () => {
    const template = (value: string, name = 'shown'): string =>
      widgets({ A: `Properties: { Name: ${name} }` }, `Outputs: { O: { Value: '${value}' } }`);
    const stack = await deployed(cloudFormation, {
      StackName: 'shown',
      TemplateBody: template('n-{{resolve:ssm:/size}}'),
    });
    assert.equal(stack.Outputs?.[0]?.OutputValue, 'n-7');
    await refused(
      cloudFormation.updateStack({ StackName: 'shown', TemplateBody: template('n-{{resolve:ssm:/size}}') }),
      'ValidationError',
      /No updates are to be performed/,
    );
    const secret = { StackName: 'secret', TemplateBody: template('{{resolve:ssm-secure:/size}}', 'hidden') };
    assert.match((await deployed(cloudFormation, secret)).StackStatus ?? '', /^ROLLBACK/);
    assert.match((await eventsOf(cloudFormation, 'secret')).join(), /An output cannot show {{resolve:ssm-secure/);
  });

  test('values come from the parameter store, by parameter and by dynamic reference', async () => {
    const template = `Parameters: { Size: { Type: 'AWS::SSM::Parameter::Value<String>', Default: /size } }\n${widgets({ A: "Properties: { Name: stored, Size: !Ref Size, Link: 'n-{{resolve:ssm:/size}}' }" })}`;
    const stack = await deployed(cloudFormation, { StackName: 'stored', TemplateBody: template });
    assert.deepEqual(stack.Parameters?.[0], { ParameterKey: 'Size', ParameterValue: '/size', ResolvedValue: '7' });
    const { Tags, ...properties } = workshop.things.get('stored')?.properties ?? {};
    assert.deepEqual(properties, { Name: 'stored', Size: 7, Link: 'n-7' });
    const keys = (Tags as { Key: string }[]).map(({ Key }) => Key);
    const system = ['stack-name', 'stack-id', 'logical-id'].map((name) => `aws:cloudformation:${name}`);
    assert.deepEqual(keys, system, 'a resource tells of its stack');
  });

  test('a template may lie in a bucket, however its address is written', async () => {
    for (const url of [
      `${shop.endpoint}/templates/a%20b.yaml`,
      's3://templates/a%20b.yaml',
      'https://templates.s3.eu-west-1.amazonaws.com/a%20b.yaml',
      'https://s3.amazonaws.com/templates/a%20b.yaml',
    ]) {
      const { Parameters = [] } = await cloudFormation.validateTemplate({ TemplateURL: url });
      assert.deepEqual(Parameters, []);
    }
    await refused(
      cloudFormation.validateTemplate({ TemplateURL: 's3://templates/none' }),
      'ValidationError',
      /S3 error: The specified key does not exist/,
    );
  });

  test('a stack that takes too long is rolled back', async () => {
    const clock = new FakeClock();
    const slow = new Workshop();
    const release = slow.hold('create A');
    const fake = await openShop({ file: join(useTempFolder(), 'state.db'), workshop: slow, clock });
    const input = { StackName: 'slow', TemplateBody: widgets({ A: '', B: 'DependsOn: A' }), TimeoutInMinutes: 1 };
    await fake.cloudFormation.createStack(input);
    await until(() => slow.log.includes('create A'));
    clock.advance(61_000);
    release();
    const stack = await settled(fake.cloudFormation, 'slow');
    assert.equal(stack.StackStatus, 'ROLLBACK_COMPLETE');
    assert.equal(slow.things.size, 0);
    await fake.stop();
  });
});

suite('deleting', async () => {
  const workshop = new Workshop();
  const shop = await openShop({ file: join(useTempFolder(), 'state.db'), workshop });
  const { cloudFormation } = shop;
  after(() => shop.stop());

  test('what blocks a deletion is named, and can then be retained', async () => {
    const template = widgets({ Base: 'Properties: { Name: base }', Top: 'Properties: { Name: top, Link: !Ref Base }' });
    await deployed(cloudFormation, { StackName: 'stuck', TemplateBody: template });
    workshop.broken.add('delete Top');
    await cloudFormation.deleteStack({ StackName: 'stuck' });
    const stuck = await settled(cloudFormation, 'stuck');
    assert.equal(stuck.StackStatus, 'DELETE_FAILED');
    assert.match(stuck.StackStatusReason ?? '', /failed to delete: \[Top\]/);
    assert.ok(workshop.things.has('base'), 'what others need stays');
    await cloudFormation.deleteStack({ StackName: 'stuck', RetainResources: ['Top'] });
    assert.equal((await settled(cloudFormation, stuck.StackId ?? '')).StackStatus, 'DELETE_COMPLETE');
    assert.deepEqual([...workshop.things.keys()], ['top']);
    workshop.broken.clear();
    workshop.things.clear();
  });

  test('a forced deletion leaves behind what cannot be deleted', async () => {
    const { StackId = '' } = await deployed(cloudFormation, {
      StackName: 'forced',
      TemplateBody: widgets({ A: '', B: '' }),
    });
    workshop.broken.add('delete A');
    await cloudFormation.deleteStack({ StackName: 'forced', DeletionMode: 'FORCE_DELETE_STACK' });
    assert.equal((await settled(cloudFormation, StackId)).StackStatus, 'DELETE_COMPLETE');
    assert.equal(workshop.things.size, 1);
    workshop.broken.clear();
    workshop.things.clear();
  });

  test('policies keep resources, and termination protection keeps the stack', async () => {
    const template = widgets({ Kept: 'DeletionPolicy: Retain, Properties: { Name: kept }', Gone: '' });
    const { StackId = '' } = await deployed(cloudFormation, {
      StackName: 'policies',
      TemplateBody: template,
      EnableTerminationProtection: true,
    });
    await assert.rejects(cloudFormation.deleteStack({ StackName: 'policies' }), /TerminationProtection is enabled/);
    await cloudFormation.updateTerminationProtection({ StackName: 'policies', EnableTerminationProtection: false });
    await cloudFormation.deleteStack({ StackName: 'policies' });
    assert.equal((await settled(cloudFormation, StackId)).StackStatus, 'DELETE_COMPLETE');
    assert.deepEqual([...workshop.things.keys()], ['kept']);
    assert.ok((await eventsOf(cloudFormation, StackId)).includes('Kept DELETE_SKIPPED'));
    await cloudFormation.deleteStack({ StackName: 'policies' });
    workshop.things.clear();
  });

  test('a creation in hand is given up for a deletion and leaves nothing', async () => {
    workshop.log.length = 0;
    const release = workshop.hold('created A');
    const { StackId = '' } = await cloudFormation.createStack({
      StackName: 'hasty',
      TemplateBody: widgets({ A: '', B: 'DependsOn: A' }),
    });
    await until(() => workshop.log.includes('created A'));
    await cloudFormation.deleteStack({ StackName: 'hasty' });
    release();
    assert.equal((await settled(cloudFormation, StackId)).StackStatus, 'DELETE_COMPLETE');
    assert.equal(workshop.things.size, 0);
    assert.equal(workshop.log.includes('create B'), false);
  });

  test('an export in use holds its stack', async () => {
    const exporting = widgets(
      { A: 'Properties: { Name: shared }' },
      'Outputs: { O: { Value: !GetAtt A.Arn, Export: { Name: shared } } }',
    );
    await deployed(cloudFormation, { StackName: 'giver', TemplateBody: exporting });
    const importing = widgets({ B: 'Properties: { Name: taker, Link: !ImportValue shared }' });
    await deployed(cloudFormation, { StackName: 'taker', TemplateBody: importing });
    assert.equal(workshop.things.get('taker')?.properties['Link'], 'arn:test:shared');
    assert.deepEqual((await cloudFormation.listImports({ ExportName: 'shared' })).Imports, ['taker']);
    const again = await deployed(cloudFormation, {
      StackName: 'double',
      TemplateBody: exporting.replace('Name: shared }', 'Name: other }'),
    });
    assert.equal(again.StackStatus, 'ROLLBACK_COMPLETE');
    await cloudFormation.deleteStack({ StackName: 'giver' });
    const held = await settled(cloudFormation, 'giver');
    assert.equal(held.StackStatus, 'DELETE_FAILED');
    assert.match(held.StackStatusReason ?? '', /Export shared cannot be deleted as it is in use by taker/);
    await cloudFormation.deleteStack({ StackName: 'taker' });
    await until(
      async () =>
        (await cloudFormation.listStacks({ StackStatusFilter: ['DELETE_IN_PROGRESS'] })).StackSummaries?.length === 0,
    );
    await cloudFormation.deleteStack({ StackName: 'giver' });
    assert.equal((await settled(cloudFormation, held.StackId ?? '')).StackStatus, 'DELETE_COMPLETE');
    assert.deepEqual((await cloudFormation.listExports({})).Exports, []);
  });
});
