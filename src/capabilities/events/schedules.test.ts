/** EventBridge Scheduler through its client, with a clock that the test turns. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { FakeClock } from '#kernel/clock';
import { until, useTempFolder } from '#testing';
import { startEvents, type EventsBench } from './events.fixture.ts';

const RoleArn = 'arn:aws:iam::000000000000:role/scheduler';
const FlexibleTimeWindow = { Mode: 'OFF' } as const;
const minuteMs = 60_000;

/** Turns the clock by minutes, each once what the last one caused is written. */
async function turn({ clock, state }: EventsBench, minutes: number): Promise<void> {
  for (let minute = 0; minute < minutes; minute++) {
    clock.advance(minuteMs);
    await state.write(() => undefined);
    await state.write(() => undefined);
  }
}

suite('schedules', async () => {
  const bench = await startEvents();
  const { scheduler, makeQueue, queueArn, messages, client } = bench;
  const target = (name: string, more: object = {}) => ({ Arn: queueArn(name), RoleArn, ...more });

  test('a single time in a time zone goes off once, and the schedule goes if it says so', async () => {
    const url = await makeQueue('once');
    const Input =
      '{"at":"<aws.scheduler.scheduled-time>","by":"<aws.scheduler.schedule-arn>","try":<aws.scheduler.attempt-number>}';
    const { ScheduleArn } = await scheduler.createSchedule({
      Name: 'once',
      ScheduleExpression: 'at(2026-01-01T02:30:00)',
      ScheduleExpressionTimezone: 'Europe/Berlin',
      FlexibleTimeWindow,
      ActionAfterCompletion: 'DELETE',
      Target: target('once', { Input }),
    });
    await turn(bench, 89);
    assert.equal((await scheduler.getSchedule({ Name: 'once' })).ScheduleExpressionTimezone, 'Europe/Berlin');
    await turn(bench, 2);
    const [message] = await messages(url);
    assert.deepEqual(JSON.parse(message?.body ?? ''), { at: '2026-01-01T01:30:00Z', by: ScheduleArn, try: 1 });
    await assert.rejects(scheduler.getSchedule({ Name: 'once' }), { name: 'ResourceNotFoundException' });
  });

  test('a rate begins at its start date and ends at its end date', async () => {
    const url = await makeQueue('rate');
    const startMs = bench.clock.nowMs() + 10 * minuteMs;
    await scheduler.createSchedule({
      Name: 'rate',
      ScheduleExpression: 'rate(5 minutes)',
      StartDate: new Date(startMs),
      EndDate: new Date(startMs + 12 * minuteMs),
      FlexibleTimeWindow,
      Target: target('rate', { Input: '<aws.scheduler.scheduled-time>' }),
    });
    await turn(bench, 30);
    const times = (await messages(url, 3)).map(({ body }) => (Date.parse(body) - startMs) / minuteMs);
    assert.deepEqual(
      times.toSorted((a, b) => a - b),
      [0, 5, 10],
    );
    assert.equal((await scheduler.getSchedule({ Name: 'rate' })).State, 'ENABLED');
  });

  test('any operation can be a target, by its name', async () => {
    await scheduler.createSchedule({
      Name: 'universal',
      ScheduleExpression: 'rate(1 hour)',
      FlexibleTimeWindow,
      Target: {
        Arn: 'arn:aws:scheduler:::aws-sdk:sqs:createQueue',
        RoleArn,
        Input: JSON.stringify({ QueueName: 'made-by-schedule' }),
      },
    });
    await turn(bench, 1);
    await until(async () => ((await bench.sqs.listQueues({ QueueNamePrefix: 'made' })).QueueUrls ?? []).length === 1);
    await scheduler.deleteSchedule({ Name: 'universal' });
  });

  test('a bus gets an event with the source and detail type of the schedule', async () => {
    const url = await makeQueue('seen');
    await client.putRule({ Name: 'seen', EventPattern: JSON.stringify({ source: ['my.timer'] }) });
    await client.putTargets({ Rule: 'seen', Targets: [{ Id: 't', Arn: queueArn('seen'), InputPath: '$.detail' }] });
    await scheduler.createSchedule({
      Name: 'bus',
      ScheduleExpression: 'rate(1 day)',
      FlexibleTimeWindow,
      Target: {
        Arn: 'arn:aws:events:us-east-1:000000000000:event-bus/default',
        RoleArn,
        Input: '{"n":1}',
        EventBridgeParameters: { Source: 'my.timer', DetailType: 'Tick' },
      },
    });
    await turn(bench, 1);
    assert.equal((await messages(url))[0]?.body, '{"n":1}');
  });

  test('what cannot be reached is given up into the dead-letter queue', async () => {
    const dead = await makeQueue('dead');
    await scheduler.createSchedule({
      Name: 'lost',
      ScheduleExpression: 'rate(1 day)',
      FlexibleTimeWindow,
      Target: target('nowhere', { Input: 'x', DeadLetterConfig: { Arn: queueArn('dead') } }),
    });
    await turn(bench, 1);
    const [letter] = await messages(dead);
    assert.equal(letter?.body, 'x');
    assert.equal(letter?.attributes['ERROR_CODE'], 'NO_RESOURCE');
    assert.match(letter?.attributes['SCHEDULE_ARN'] ?? '', /schedule\/default\/lost$/);
  });

  test('a window delays a run by a part of it', async () => {
    const url = await makeQueue('window');
    await scheduler.createSchedule({
      Name: 'window',
      ScheduleExpression: 'rate(1 day)',
      FlexibleTimeWindow: { Mode: 'FLEXIBLE', MaximumWindowInMinutes: 30 },
      Target: target('window', { Input: 'w' }),
    });
    await turn(bench, 30);
    assert.equal((await messages(url)).length, 1);
  });

  test('schedules are grouped, listed, changed, switched off and refused', async () => {
    await scheduler.createScheduleGroup({ Name: 'nightly', Tags: [{ Key: 'a', Value: 'b' }] });
    const settings = { ScheduleExpression: 'cron(0 3 * * ? *)', FlexibleTimeWindow, Target: target('once') };
    const named = { Name: 'report', GroupName: 'nightly' };
    await scheduler.createSchedule({ ...named, ...settings, ClientToken: 'one' });
    await scheduler.createSchedule({ ...named, ...settings, ClientToken: 'one' });
    await assert.rejects(scheduler.createSchedule({ ...named, ...settings }), { name: 'ConflictException' });
    await scheduler.updateSchedule({ ...named, ...settings, State: 'DISABLED', Description: 'off' });
    const found = await scheduler.getSchedule(named);
    assert.deepEqual(
      [found.State, found.Description, found.Target?.RetryPolicy?.MaximumRetryAttempts],
      ['DISABLED', 'off', 185],
    );
    const { Schedules } = await scheduler.listSchedules({ GroupName: 'nightly', State: 'DISABLED' });
    assert.deepEqual(
      Schedules?.map(({ Name, GroupName }) => [GroupName, Name]),
      [['nightly', 'report']],
    );
    const ResourceArn = (await scheduler.getScheduleGroup({ Name: 'nightly' })).Arn ?? '';
    assert.deepEqual((await scheduler.listTagsForResource({ ResourceArn })).Tags, [{ Key: 'a', Value: 'b' }]);
    const groups = (await scheduler.listScheduleGroups({})).ScheduleGroups?.map(({ Name }) => Name);
    assert.deepEqual(groups, ['default', 'nightly']);
    await scheduler.deleteScheduleGroup({ Name: 'nightly' });
    await assert.rejects(scheduler.getSchedule(named), { name: 'ResourceNotFoundException' });
    const refused = (change: object, message: RegExp): Promise<void> =>
      assert.rejects(scheduler.createSchedule({ Name: 'bad', ...settings, ...change }), { message });
    await refused({ ScheduleExpression: 'sometimes' }, /not a schedule expression/);
    await refused({ ScheduleExpressionTimezone: 'Mars/Olympus' }, /Invalid ScheduleExpressionTimezone/);
    await refused({ GroupName: 'nightly' }, /group nightly does not exist/);
    await refused({ ScheduleExpression: 'rate(1 minutes)' }, /^Invalid Schedule Expression rate\(1 minutes\)/);
    await assert.rejects(scheduler.listSchedules({ GroupName: 'nightly' }), { name: 'ResourceNotFoundException' });
    await refused({ Target: { Arn: 'arn:aws:scheduler:::aws-sdk:sqs:listQueues', RoleArn } }, /only reads/);
    await refused(
      { Target: { Arn: 'arn:aws:scheduler:::aws-sdk:ec2:stopInstances', RoleArn } },
      /ec2 StopInstances is not served/,
    );
    await refused({ Target: { Arn: 'arn:aws:ecs:us-east-1:000000000000:cluster/c', RoleArn } }, /'ecs cluster'/);
    await refused({ EndDate: new Date(0) }, /future/);
  });
});

suite('a stop of the platform', () => {
  test('makes a single time late and never lost, and of several missed times one', async () => {
    const dataDir = useTempFolder();
    const clock = new FakeClock();
    const first = await startEvents({ dataDir, clock });
    await first.makeQueue('late');
    for (const [Name, ScheduleExpression] of [
      ['single', 'at(2026-01-01T00:10:00)'],
      ['often', 'cron(0/10 * * * ? *)'],
    ]) {
      const Target = { Arn: first.queueArn('late'), RoleArn, Input: Name };
      await first.scheduler.createSchedule({ Name, ScheduleExpression, FlexibleTimeWindow, Target });
    }
    await first.close();
    clock.advance(65 * minuteMs);
    const second = await startEvents({ dataDir, clock });
    const QueueUrl = (await second.sqs.getQueueUrl({ QueueName: 'late' })).QueueUrl ?? '';
    clock.advance(0);
    const found = await second.messages(QueueUrl, 2);
    assert.deepEqual(
      found.map(({ body }) => body).toSorted((a, b) => a.localeCompare(b)),
      ['often', 'single'],
    );
    await turn(second, 6);
    assert.deepEqual(
      (await second.messages(QueueUrl)).map(({ body }) => body),
      ['often'],
    );
    await second.close();
  });
});
