import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openWorkflows, waitForEnd } from '../workflows.fixture.ts';

const { sfn } = await openWorkflows();

const roleArn = 'arn:aws:iam::000000000000:role/workflows';
const definitionOf = (result: string) =>
  JSON.stringify({ StartAt: 'A', States: { A: { Type: 'Pass', Result: result, End: true } } });
const definition = definitionOf('one');

async function machineOf(name: string, more: object = {}): Promise<string> {
  const { stateMachineArn = '' } = await sfn.createStateMachine({ name, definition, roleArn, ...more });
  return stateMachineArn;
}

test('a machine is created once, described with its defaults, and refused when it differs', async () => {
  const stateMachineArn = await machineOf('once');
  assert.equal(stateMachineArn, 'arn:aws:states:us-east-1:000000000000:stateMachine:once');
  assert.equal(await machineOf('once'), stateMachineArn);
  assert.equal(await machineOf('once', { roleArn: `${roleArn}-other` }), stateMachineArn);
  await assert.rejects(machineOf('once', { definition: definitionOf('two') }), { name: 'StateMachineAlreadyExists' });
  await assert.rejects(machineOf('once', { type: 'EXPRESS' }), { name: 'StateMachineAlreadyExists' });
  const machine = await sfn.describeStateMachine({ stateMachineArn });
  assert.deepEqual(
    [machine.status, machine.type, machine.definition, machine.roleArn, machine.revisionId],
    ['ACTIVE', 'STANDARD', definition, roleArn, undefined],
  );
  assert.deepEqual(machine.loggingConfiguration, { level: 'OFF', includeExecutionData: false });
  const hidden = await sfn.describeStateMachine({ stateMachineArn, includedData: 'METADATA_ONLY' });
  assert.equal(hidden.definition, '');
});

test('an update makes a revision only when definition or role change', async () => {
  const stateMachineArn = await machineOf('revised');
  const first = await sfn.updateStateMachine({ stateMachineArn, definition: definitionOf('two') });
  const second = await sfn.updateStateMachine({ stateMachineArn, definition: definitionOf('two') });
  const third = await sfn.updateStateMachine({ stateMachineArn, definition: definitionOf('three') });
  assert.match(first.revisionId ?? '', /^[0-9a-f-]{36}$/);
  assert.equal(second.revisionId, first.revisionId);
  assert.notEqual(third.revisionId, first.revisionId);
  await assert.rejects(sfn.updateStateMachine({ stateMachineArn }), { name: 'MissingRequiredParameter' });
  await assert.rejects(sfn.updateStateMachine({ stateMachineArn, definition: '{' }), { name: 'InvalidDefinition' });
});

test('versions keep what they were published from, and their numbers are not used again', async () => {
  const { stateMachineArn = '', stateMachineVersionArn: v1 } = await sfn.createStateMachine({
    name: 'versioned',
    definition,
    roleArn,
    publish: true,
    versionDescription: 'first',
  });
  assert.equal(v1, `${stateMachineArn}:1`);
  const { revisionId } = await sfn.updateStateMachine({ stateMachineArn, definition: definitionOf('two') });
  await assert.rejects(sfn.publishStateMachineVersion({ stateMachineArn, revisionId: 'INITIAL' }), {
    name: 'ConflictException',
  });
  const { stateMachineVersionArn: v2 } = await sfn.publishStateMachineVersion({ stateMachineArn, revisionId });
  assert.equal(v2, `${stateMachineArn}:2`);
  assert.equal((await sfn.describeStateMachine({ stateMachineArn: v1 })).definition, definition);
  assert.equal((await sfn.describeStateMachine({ stateMachineArn: v1 })).description, 'first');
  await sfn.deleteStateMachineVersion({ stateMachineVersionArn: v2 });
  await sfn.deleteStateMachineVersion({ stateMachineVersionArn: v2 });
  const { stateMachineVersionArn: v3 } = await sfn.publishStateMachineVersion({ stateMachineArn });
  assert.equal(v3, `${stateMachineArn}:3`);
  const { stateMachineVersions = [] } = await sfn.listStateMachineVersions({ stateMachineArn });
  assert.deepEqual(
    stateMachineVersions.map((version) => version.stateMachineVersionArn),
    [v3, v1],
  );
  await assert.rejects(sfn.describeStateMachine({ stateMachineArn: v2 }), { name: 'StateMachineDoesNotExist' });
});

test('an alias routes executions to its versions, which cannot go while it points at them', async () => {
  const { stateMachineArn = '', stateMachineVersionArn: v1 = '' } = await sfn.createStateMachine({
    name: 'aliased',
    definition,
    roleArn,
    publish: true,
  });
  const { stateMachineVersionArn: v2 = '' } = await sfn.updateStateMachine({
    stateMachineArn,
    definition: definitionOf('two'),
    publish: true,
  });
  const routes = (first: number) => [
    { stateMachineVersionArn: v1, weight: first },
    { stateMachineVersionArn: v2, weight: 100 - first },
  ];
  const { stateMachineAliasArn = '' } = await sfn.createStateMachineAlias({
    name: 'live',
    routingConfiguration: routes(100),
  });
  assert.equal(stateMachineAliasArn, `${stateMachineArn}:live`);
  const onFirst = await sfn.startExecution({ stateMachineArn: stateMachineAliasArn });
  assert.equal((await waitForEnd(sfn, onFirst.executionArn)).output, '"one"');
  await sfn.updateStateMachineAlias({ stateMachineAliasArn, routingConfiguration: routes(0) });
  const onSecond = await sfn.startExecution({ stateMachineArn: stateMachineAliasArn });
  assert.equal((await waitForEnd(sfn, onSecond.executionArn)).output, '"two"');
  const described = await sfn.describeExecution({ executionArn: onSecond.executionArn });
  assert.deepEqual(
    [described.stateMachineArn, described.stateMachineVersionArn, described.stateMachineAliasArn],
    [stateMachineArn, v2, stateMachineAliasArn],
  );
  await assert.rejects(sfn.deleteStateMachineVersion({ stateMachineVersionArn: v2 }), {
    name: 'ConflictException',
    message: /\[live\]/,
  });
  await assert.rejects(
    sfn.createStateMachineAlias({ name: 'bad', routingConfiguration: [{ stateMachineVersionArn: v1, weight: 50 }] }),
    { name: 'ValidationException', message: /\[50\]/ },
  );
  await assert.rejects(sfn.createStateMachineAlias({ name: 'live', routingConfiguration: routes(1) }), {
    name: 'ConflictException',
  });
  await sfn.deleteStateMachineAlias({ stateMachineAliasArn });
  await assert.rejects(sfn.describeStateMachineAlias({ stateMachineAliasArn }), { name: 'ResourceNotFound' });
});

test('lists come in pages, and a token of somebody else is refused', async () => {
  await Promise.all(['page-a', 'page-b', 'page-c'].map((name) => sfn.createActivity({ name })));
  const first = await sfn.listActivities({ maxResults: 2 });
  const second = await sfn.listActivities({ maxResults: 2, nextToken: first.nextToken });
  const names = [...(first.activities ?? []), ...(second.activities ?? [])].map(({ name }) => name);
  assert.deepEqual(names, ['page-a', 'page-b', 'page-c']);
  await assert.rejects(sfn.listStateMachines({ nextToken: 'made up' }), {
    name: 'InvalidToken',
    message: "Invalid Token: 'Invalid token'",
  });
});

test('tags are put on machines and activities, bounded, and taken off', async () => {
  const { activityArn: resourceArn } = await sfn.createActivity({ name: 'tagged', tags: [{ key: 'a', value: '1' }] });
  await sfn.tagResource({ resourceArn, tags: [{ key: 'b', value: '' }] });
  await sfn.untagResource({ resourceArn, tagKeys: ['a', 'a'] });
  assert.deepEqual((await sfn.listTagsForResource({ resourceArn })).tags, [{ key: 'b', value: '' }]);
  const many = Array.from({ length: 50 }, (_, index) => ({ key: `k${index}`, value: '' }));
  await assert.rejects(sfn.tagResource({ resourceArn, tags: many }), { name: 'TooManyTags' });
  const absent = 'arn:aws:states:us-east-1:000000000000:stateMachine:none';
  await assert.rejects(sfn.listTagsForResource({ resourceArn: absent }), { name: 'ResourceNotFound' });
  const { stateMachineVersionArn } = await sfn.createStateMachine({
    name: 'untagged',
    definition,
    roleArn,
    publish: true,
  });
  await assert.rejects(sfn.tagResource({ resourceArn: stateMachineVersionArn, tags: [] }), {
    name: 'ResourceNotFound',
  });
});

test('a deleted machine ends its executions and can be made again', async () => {
  const waiting = JSON.stringify({ StartAt: 'W', States: { W: { Type: 'Wait', Seconds: 10_000, End: true } } });
  const stateMachineArn = await machineOf('deleted', { definition: waiting });
  const { executionArn } = await sfn.startExecution({ stateMachineArn });
  await sfn.deleteStateMachine({ stateMachineArn });
  assert.equal((await waitForEnd(sfn, executionArn)).status, 'ABORTED');
  await sfn.deleteStateMachine({ stateMachineArn });
  await assert.rejects(sfn.startExecution({ stateMachineArn }), /StateMachineDoesNotExist|StateMachineDeleting/);
});

test('inputs that are no JSON are refused in the words of AWS', async () => {
  const stateMachineArn = await machineOf('inputs');
  await assert.rejects(sfn.startExecution({ stateMachineArn, input: 'not json' }), {
    name: 'InvalidExecutionInput',
    message:
      "Invalid State Machine Execution Input: 'Unrecognized token 'not': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')'",
  });
  await assert.rejects(sfn.describeExecution({ executionArn: 'arn:aws:states:us-east-1:000000000000:express:m:e:1' }), {
    name: 'InvalidArn',
    message: "Invalid Arn: 'Resource type not valid in this context: express'",
  });
  await assert.rejects(sfn.startSyncExecution({ stateMachineArn }), { name: 'StateMachineTypeNotSupported' });
  await assert.rejects(sfn.describeExecution({ executionArn: 'x' }), {
    name: 'InvalidArn',
    message: "Invalid Arn: 'Invalid ARN prefix: x'",
  });
});

test('a definition is checked without being kept', async () => {
  const good = await sfn.validateStateMachineDefinition({ definition });
  assert.deepEqual([good.result, good.diagnostics, good.truncated], ['OK', [], false]);
  const bad = await sfn.validateStateMachineDefinition({ definition: '{"States": {}}', maxResults: 1 });
  assert.equal(bad.result, 'FAIL');
  assert.equal(bad.diagnostics?.length, 1);
});

test('a page token that is ours by form but not by content is refused', async () => {
  const stateMachineArn = await machineOf('paged');
  for (const key of ['["-1"]', '["a","b"]', '[1,2,3]', '[]']) {
    const nextToken = Buffer.from(key).toString('base64url');
    await assert.rejects(sfn.listExecutions({ stateMachineArn, nextToken }), { name: 'InvalidToken' }, key);
  }
});
