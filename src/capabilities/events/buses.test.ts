/** Event buses and their rules, through the client. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { startEvents } from './events.fixture.ts';

suite('event buses', async () => {
  const { client, queueArn, makeQueue, messages, put } = await startEvents();
  const busArn = 'arn:aws:events:us-east-1:000000000000:event-bus/orders';

  test('a bus is made, described, changed, listed and tagged', async () => {
    const { EventBusArn } = await client.createEventBus({
      Name: 'orders',
      Description: 'a',
      Tags: [{ Key: 'k', Value: 'v' }],
    });
    assert.equal(EventBusArn, busArn);
    await assert.rejects(client.createEventBus({ Name: 'orders' }), { name: 'ResourceAlreadyExistsException' });
    await assert.rejects(client.createEventBus({ Name: 'default' }), { name: 'ValidationException' });
    await client.updateEventBus({ Name: 'orders', Description: 'b', DeadLetterConfig: { Arn: queueArn('dlq') } });
    const bus = await client.describeEventBus({ Name: busArn });
    assert.deepEqual([bus.Name, bus.Description, bus.DeadLetterConfig?.Arn], ['orders', 'b', queueArn('dlq')]);
    const { EventBuses } = await client.listEventBuses({});
    assert.deepEqual(
      EventBuses?.map(({ Name }) => Name),
      ['default', 'orders'],
    );
    await client.tagResource({ ResourceARN: busArn, Tags: [{ Key: 'l', Value: 'w' }] });
    await client.untagResource({ ResourceARN: busArn, TagKeys: ['k'] });
    assert.deepEqual((await client.listTagsForResource({ ResourceARN: busArn })).Tags, [{ Key: 'l', Value: 'w' }]);
  });

  test('permissions are statements of its policy', async () => {
    await client.putPermission({ StatementId: 'one', Action: 'events:PutEvents', Principal: '111122223333' });
    await client.putPermission({ StatementId: 'two', Action: 'events:PutEvents', Principal: '*' });
    await client.removePermission({ StatementId: 'two' });
    const policy = JSON.parse((await client.describeEventBus({})).Policy ?? '') as {
      Statement: { Sid: string; Principal: object }[];
    };
    assert.deepEqual(
      policy.Statement.map(({ Sid, Principal }) => [Sid, Principal]),
      [['one', { AWS: 'arn:aws:iam::111122223333:root' }]],
    );
    await assert.rejects(client.removePermission({ StatementId: 'two' }), { name: 'ResourceNotFoundException' });
    await client.removePermission({ RemoveAllPermissions: true });
    assert.equal((await client.describeEventBus({})).Policy, undefined);
    await assert.rejects(client.putPermission({ Policy: '{' }), { name: 'ValidationException' });
  });

  test('a rule hears the events of its own bus only', async () => {
    const url = await makeQueue('heard');
    const EventPattern = JSON.stringify({ source: ['shop'] });
    const { RuleArn } = await client.putRule({ Name: 'heard', EventBusName: 'orders', EventPattern });
    assert.equal(RuleArn, 'arn:aws:events:us-east-1:000000000000:rule/orders/heard');
    await client.putTargets({ Rule: 'heard', EventBusName: busArn, Targets: [{ Id: 't', Arn: queueArn('heard') }] });
    await put('shop', { n: 1 });
    await put('shop', { n: 2 }, 'orders');
    const found = await messages(url);
    assert.deepEqual(
      found.map(({ body }) => (JSON.parse(body) as { detail: object }).detail),
      [{ n: 2 }],
    );
    await client.disableRule({ Name: 'heard', EventBusName: 'orders' });
    await put('shop', { n: 3 }, 'orders');
    await client.enableRule({ Name: 'heard', EventBusName: 'orders' });
    await put('shop', { n: 4 }, 'orders');
    assert.match((await messages(url))[0]?.body ?? '', /"n":4/);
    assert.deepEqual((await client.listRules({})).Rules, []);
    assert.equal((await client.listRules({ EventBusName: 'orders' })).Rules?.[0]?.EventBusName, 'orders');
    const ScheduleExpression = 'rate(1 minute)';
    await assert.rejects(client.putRule({ Name: 's', EventBusName: 'orders', ScheduleExpression }), {
      message: 'ScheduleExpression is supported only on the default event bus.',
    });
    await assert.rejects(client.putRule({ Name: 's', EventBusName: 'none', EventPattern }), {
      name: 'ResourceNotFoundException',
      message: 'Event bus none does not exist.',
    });
  });

  test('a bus with rules stays, and so does the default one', async () => {
    await assert.rejects(client.deleteEventBus({ Name: 'orders' }), { name: 'ValidationException' });
    await client.removeTargets({ Rule: 'heard', EventBusName: 'orders', Ids: ['t'] });
    await client.deleteRule({ Name: 'heard', EventBusName: 'orders' });
    await client.deleteEventBus({ Name: 'orders' });
    await client.deleteEventBus({ Name: 'orders' });
    await assert.rejects(client.deleteEventBus({ Name: 'default' }), { message: 'Cannot delete event bus default.' });
  });
});
