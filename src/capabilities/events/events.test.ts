import { test } from 'node:test';
import assert from 'node:assert/strict';
import { until } from '#testing';
import { startEvents } from './events.fixture.ts';

const bench = await startEvents();
const { client, clock, hub, groupArn, lines, put } = bench;

test('an event goes to the targets of the rules that want it, as AWS writes it', async () => {
  await client.putRule({
    Name: 'orders',
    EventPattern: JSON.stringify({ source: ['shop'], detail: { paid: [true] } }),
  });
  await client.putTargets({ Rule: 'orders', Targets: [{ Id: '1', Arn: groupArn('orders') }] });
  await put('shop', { paid: false, id: 1 });
  const { Entries } = await put('shop', { paid: true, id: 2 });
  const [line = '{}'] = await lines('orders', 'orders', 1);
  assert.deepEqual(JSON.parse(line), {
    version: '0',
    id: Entries?.[0]?.EventId,
    'detail-type': 'order',
    source: 'shop',
    account: '000000000000',
    time: '2026-01-01T00:00:00Z',
    region: 'us-east-1',
    resources: [],
    detail: { paid: true, id: 2 },
  });
});

test('what the platform itself tells goes through rules too', async () => {
  await client.putRule({
    Name: 'jobs',
    EventPattern: JSON.stringify({ source: ['aws.glue'], detail: { state: ['FAILED'] } }),
  });
  await client.putTargets({
    Rule: 'jobs',
    Targets: [{ Id: '1', Arn: groupArn('jobs'), InputPath: '$.detail.jobName' }],
  });
  hub.publish({
    id: '1',
    source: 'aws.glue',
    detailType: 'Glue Job State Change',
    accountId: '000000000000',
    region: 'us-east-1',
    time: clock.now(),
    resources: [],
    detail: { jobName: 'nightly', state: 'FAILED' },
  });
  assert.deepEqual(await lines('jobs', 'jobs', 1), ['"nightly"']);
});

test('a transformer makes text from parts of the event', async () => {
  await client.putRule({ Name: 'texts', EventPattern: JSON.stringify({ source: ['text'] }) });
  const InputTransformer = {
    InputPathsMap: { who: '$.detail.who', list: '$.detail.list' },
    InputTemplate: '{"hello": "dear <who>", "list": <list>, "rule": "<aws.events.rule-name>", "gone": <gone>}',
  };
  await client.putTargets({ Rule: 'texts', Targets: [{ Id: '1', Arn: groupArn('texts'), InputTransformer }] });
  await put('text', { who: 'O"Neil', list: [1, 2] });
  const [line = ''] = await lines('texts', 'texts', 1);
  assert.equal(line, '{"hello":"dear O\\"Neil","list":[1,2],"rule":"texts","gone":""}');
});

test('a schedule fires its targets until the rule is switched off', async () => {
  await client.putRule({ Name: 'tick', ScheduleExpression: 'rate(5 minutes)' });
  await client.putTargets({ Rule: 'tick', Targets: [{ Id: '1', Arn: groupArn('tick'), Input: '{"tick":true}' }] });
  clock.advance(10 * 60_000);
  assert.deepEqual(await lines('tick', 'tick', 2), ['{"tick":true}', '{"tick":true}']);
  await client.disableRule({ Name: 'tick' });
  clock.advance(10 * 60_000);
  assert.equal((await client.describeRule({ Name: 'tick' })).State, 'DISABLED');
  assert.equal((await lines('tick', 'tick', 2)).length, 2);
});

test('a rate counts from when its rule got it, also when the rule is put again', async () => {
  clock.advance(2 * 60_000);
  const rule = { Name: 'hourly', ScheduleExpression: 'rate(1 hour)' };
  await client.putRule(rule);
  await client.putTargets({ Rule: 'hourly', Targets: [{ Id: '1', Arn: groupArn('hourly') }] });
  const madeMs = clock.nowMs();
  clock.advance(50 * 60_000);
  await client.putRule({ ...rule, Description: 'on the way' });
  clock.advance(10 * 60_000);
  const [line = '{}'] = await lines('hourly', 'hourly', 1);
  assert.equal(Date.parse((JSON.parse(line) as { time: string }).time), madeMs + 3_600_000);
  await client.disableRule({ Name: 'hourly' });
});

test('a schedule that is wrong is refused in the words of EventBridge', async () => {
  await assert.rejects(client.putRule({ Name: 'wrong', ScheduleExpression: 'rate(1 minutes)' }), {
    name: 'ValidationException',
    message: /^Parameter ScheduleExpression is not valid/,
  });
});

test('an event for a Glue workflow is told to the capability below', async () => {
  await client.putRule({ Name: 'flow', EventPattern: JSON.stringify({ source: ['flow'] }) });
  const Arn = 'arn:aws:glue:us-east-1:000000000000:workflow/nightly';
  await client.putTargets({ Rule: 'flow', Targets: [{ Id: '1', Arn, RoleArn: 'arn:aws:iam::000000000000:role/r' }] });
  const { Entries } = await put('flow', {});
  await until(() => bench.notified.length === 1);
  assert.deepEqual(bench.notified, [`000000000000/us-east-1 nightly ${Entries?.[0]?.EventId}`]);
  assert.deepEqual((await client.listRuleNamesByTarget({ TargetArn: Arn })).RuleNames, ['flow']);
});

test('a target of a kind that nothing here serves is refused by its name', async () => {
  const refused = (Arn: string, message: RegExp) =>
    assert.rejects(client.putTargets({ Rule: 'flow', Targets: [{ Id: '2', Arn }] }), {
      name: 'ValidationException',
      message,
    });
  await refused('arn:aws:kinesis:us-east-1:000000000000:stream/s', /'kinesis stream'/);
  await refused('arn:aws:lambda:us-east-1:000000000000:function:f', /lambda Invoke is not served/);
  await refused('nonsense', /'no ARN'/);
});

test('entries that are wrong are told one by one and keep no other back', async () => {
  const { Entries, FailedEntryCount } = await client.putEvents({
    Entries: [
      { Source: 'a', DetailType: 'b', Detail: '{}' },
      { Source: 'aws.s3', DetailType: 'b', Detail: '{}' },
      { Source: 'millpond.events', DetailType: 'b', Detail: '{}' },
      { Source: 'a', DetailType: 'b', Detail: '[' },
      { Source: 'a', DetailType: 'b', Detail: `${'{"a":'.repeat(9000)}1${'}'.repeat(9000)}` },
      { Source: 'a', DetailType: 'b', Detail: '{}', EventBusName: 'other' },
    ],
  });
  assert.equal(FailedEntryCount, 5);
  assert.deepEqual(
    Entries?.map((entry) => entry.ErrorCode),
    [
      undefined,
      'NotAuthorizedForSourceException',
      'NotAuthorizedForSourceException',
      'MalformedDetail',
      'MalformedDetail',
      'ResourceNotFoundException',
    ],
  );
});

test('entries count one mebibyte together, by the bytes of their texts', async () => {
  const entry = (Detail: string) => ({ Source: 'size', DetailType: 'size', Detail });
  const ofQuotes = (characters: number): string => JSON.stringify({ a: '"'.repeat(characters / 2) });
  const { FailedEntryCount } = await client.putEvents({
    Entries: [entry(ofQuotes(600_000)), entry(ofQuotes(400_000))],
  });
  assert.equal(FailedEntryCount, 0);
  await assert.rejects(client.putEvents({ Entries: [entry(ofQuotes(600_000)), entry(ofQuotes(500_000))] }), {
    name: 'ValidationException',
    message: /Total size of the entries in the request is over the limit/,
  });
});

test('rules are listed, tagged, tested and deleted after their targets', async () => {
  const { Rules } = await client.listRules({ NamePrefix: 'or' });
  assert.deepEqual(
    Rules?.map((rule) => rule.Name),
    ['orders'],
  );
  const ResourceARN = Rules?.[0]?.Arn;
  await client.tagResource({ ResourceARN, Tags: [{ Key: 'a', Value: 'b' }] });
  assert.deepEqual((await client.listTagsForResource({ ResourceARN })).Tags, [{ Key: 'a', Value: 'b' }]);
  await assert.rejects(client.deleteRule({ Name: 'orders' }), { name: 'ValidationException', message: /targets/ });
  const removed = await client.removeTargets({ Rule: 'orders', Ids: ['1', '9'] });
  assert.deepEqual(
    removed.FailedEntries?.map((entry) => entry.TargetId),
    ['9'],
  );
  await client.deleteRule({ Name: 'orders' });
  await assert.rejects(client.describeRule({ Name: 'orders' }), { name: 'ResourceNotFoundException' });
  await assert.rejects(client.putRule({ Name: 'x' }), { name: 'ValidationException' });
  await assert.rejects(client.putRule({ Name: 'x', ScheduleExpression: 'at(2027-01-01T00:00:00)' }), {
    name: 'ValidationException',
  });
  const Event = JSON.stringify({
    id: '1',
    account: '1',
    source: 's',
    time: 't',
    region: 'r',
    resources: [],
    'detail-type': 'd',
  });
  assert.equal((await client.testEventPattern({ EventPattern: '{"source":["s"]}', Event })).Result, true);
});
