/** Archives and replays through their client, with a clock that the test turns. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { FakeClock } from '#kernel/clock';
import { until, useTempFolder } from '#testing';
import { startEvents, type EventsBench } from '../events.fixture.ts';

const busArn = 'arn:aws:events:us-east-1:000000000000:event-bus/default';
const archiveArn = (name: string): string => `arn:aws:events:us-east-1:000000000000:archive/${name}`;
const dayMs = 86_400_000;

/** A rule for all orders that sends whole events to a queue of its name. */
async function makeRule({ client, makeQueue, queueArn }: EventsBench, Name: string): Promise<string> {
  const url = await makeQueue(Name);
  await client.putRule({ Name, EventPattern: '{"detail-type":["order"]}' });
  await client.putTargets({ Rule: Name, Targets: [{ Id: 'queue', Arn: queueArn(Name) }] });
  return url;
}

/** Replays all that the archive has, and waits for the end. */
async function replay({ client, clock }: EventsBench, ReplayName: string, archive: string, FilterArns?: string[]) {
  await client.startReplay({
    ReplayName,
    EventSourceArn: archiveArn(archive),
    EventStartTime: new Date(0),
    EventEndTime: clock.now(),
    Destination: { Arn: busArn, ...(FilterArns && { FilterArns }) },
  });
  await until(async () => {
    clock.advance(50);
    const { State = '' } = await client.describeReplay({ ReplayName });
    return !['STARTING', 'RUNNING', 'CANCELLING'].includes(State);
  }, 'the end of the replay');
  return client.describeReplay({ ReplayName });
}

const idsOf = (messages: readonly { body: string }[]): number[] =>
  messages
    .map(({ body }) => (JSON.parse(body) as { detail: { id: number } }).detail.id)
    .toSorted((one, other) => one - other);

suite('archives and replays', async () => {
  const bench = await startEvents();
  const { client, clock } = bench;

  test('an archive keeps what its pattern names, and a replay sends it to the rules again, marked with its name', async () => {
    const url = await makeRule(bench, 'replayed');
    const other = await makeRule(bench, 'beside');
    const made = await client.createArchive({
      ArchiveName: 'shop',
      EventSourceArn: busArn,
      Description: 'sold',
      EventPattern: '{"source":["shop"]}',
      RetentionDays: 7,
    });
    assert.deepEqual([made.ArchiveArn, made.State], [archiveArn('shop'), 'ENABLED']);
    for (const id of [1, 2]) await bench.put('shop', { id });
    await bench.put('elsewhere', { id: 3 });
    assert.deepEqual(idsOf(await bench.messages(url, 3)), [1, 2, 3]);
    await bench.messages(other, 3);
    const archive = await client.describeArchive({ ArchiveName: 'shop' });
    assert.deepEqual(
      [archive.EventCount, archive.RetentionDays, archive.Description, archive.EventSourceArn, archive.EventPattern],
      [2, 7, 'sold', busArn, '{"source":["shop"]}'],
    );
    assert.ok((archive.SizeBytes ?? 0) > 200);

    const rule = 'arn:aws:events:us-east-1:000000000000:rule/replayed';
    const done = await replay(bench, 'again', 'shop', [rule]);
    assert.deepEqual([done.State, done.Destination], ['COMPLETED', { Arn: busArn, FilterArns: [rule] }]);
    assert.ok(done.EventLastReplayedTime !== undefined && done.ReplayEndTime !== undefined);
    const sent = await bench.messages(url, 2);
    assert.deepEqual(idsOf(sent), [1, 2]);
    assert.deepEqual(
      new Set(sent.map(({ body }) => (JSON.parse(body) as object)['replay-name' as never])),
      new Set(['again']),
    );
    assert.equal(
      (await client.describeArchive({ ArchiveName: 'shop' })).EventCount,
      2,
      'a replay is not archived again',
    );

    await replay(bench, 'everywhere', 'shop');
    assert.deepEqual(idsOf(await bench.messages(url, 2)), [1, 2]);
    assert.deepEqual(idsOf(await bench.messages(other, 2)), [1, 2], 'only the replay without a filter came here');
  });

  test('only events of the asked time are sent', async () => {
    const url = await makeRule(bench, 'timed');
    await client.createArchive({ ArchiveName: 'timed', EventSourceArn: busArn, EventPattern: '{"source":["timed"]}' });
    const times = ['2020-01-01T10:00:00Z', '2020-01-01T11:00:00Z', '2020-01-01T12:00:00Z'];
    await client.putEvents({
      Entries: times.map((time, id) => ({
        Source: 'timed',
        DetailType: 'order',
        Detail: JSON.stringify({ id }),
        Time: new Date(time),
      })),
    });
    await bench.messages(url, 3);
    await client.startReplay({
      ReplayName: 'timed',
      EventSourceArn: archiveArn('timed'),
      EventStartTime: new Date('2020-01-01T10:30:00Z'),
      EventEndTime: new Date('2020-01-01T11:30:00Z'),
      Destination: { Arn: busArn },
    });
    assert.deepEqual(idsOf(await bench.messages(url, 1)), [1]);
  });

  test('events leave an archive when they are too old', async () => {
    await client.createArchive({
      ArchiveName: 'short',
      EventSourceArn: busArn,
      EventPattern: '{"source":["short"]}',
      RetentionDays: 2,
    });
    await bench.put('short', { id: 1 });
    clock.advance(1.5 * dayMs);
    await bench.put('short', { id: 2 });
    clock.advance(dayMs);
    assert.equal((await client.describeArchive({ ArchiveName: 'short' })).EventCount, 1);
    await client.updateArchive({ ArchiveName: 'short', RetentionDays: 1 });
    const rows = (): number =>
      bench.state.reader
        .prepare<{ n: number }>(`SELECT count(*) AS n FROM events_archived WHERE event LIKE '%"short"%'`)
        .get()?.n ?? -1;
    await until(() => rows() === 1, 'the old one to be gone from the disk');
    await client.deleteArchive({ ArchiveName: 'short' });
    await until(() => rows() === 0, 'all to be gone from the disk');
    await assert.rejects(client.describeArchive({ ArchiveName: 'short' }), { name: 'ResourceNotFoundException' });
  });

  test('an update changes what it names, and an empty pattern keeps everything', async () => {
    await client.createArchive({ ArchiveName: 'changed', EventSourceArn: busArn, EventPattern: '{"source":["none"]}' });
    await bench.put('anything', { id: 1 });
    await client.updateArchive({ ArchiveName: 'changed', Description: 'all', EventPattern: '' });
    await bench.put('anything', { id: 2 });
    const archive = await client.describeArchive({ ArchiveName: 'changed' });
    assert.deepEqual(
      [archive.EventCount, archive.Description, archive.EventPattern, archive.RetentionDays],
      [1, 'all', undefined, 0],
    );
  });

  test('what cannot be is refused in the words of EventBridge', async () => {
    await client.createArchive({ ArchiveName: 'taken', EventSourceArn: busArn });
    const create = (change: object) => client.createArchive({ ArchiveName: 'new', EventSourceArn: busArn, ...change });
    const start = (change: object) =>
      client.startReplay({
        ReplayName: 'new',
        EventSourceArn: archiveArn('taken'),
        EventStartTime: new Date(0),
        EventEndTime: new Date(1000),
        Destination: { Arn: busArn },
        ...change,
      });
    const gone = 'arn:aws:events:us-east-1:000000000000:event-bus/gone';
    await assert.rejects(create({ ArchiveName: 'taken' }), { name: 'ResourceAlreadyExistsException' });
    await assert.rejects(create({ EventSourceArn: gone }), { message: 'Event bus gone does not exist.' });
    await assert.rejects(create({ EventPattern: '{' }), { name: 'InvalidEventPatternException' });
    await assert.rejects(start({ EventSourceArn: archiveArn('gone') }), { message: 'Archive gone does not exist.' });
    await assert.rejects(start({ EventEndTime: new Date(0) }), /EventStartTime must be before EventEndTime/);
    await client.createEventBus({ Name: 'beside' });
    const Arn = 'arn:aws:events:us-east-1:000000000000:event-bus/beside';
    await assert.rejects(start({ Destination: { Arn } }), /Cross event bus replay is not permitted/);
    await assert.rejects(start({ Destination: { Arn: archiveArn('taken') } }), /Must contain an event bus ARN/);
    await start({});
    await assert.rejects(start({}), { name: 'ResourceAlreadyExistsException' });
    await until(async () => (await client.describeReplay({ ReplayName: 'new' })).State === 'COMPLETED', 'its end');
    await assert.rejects(client.cancelReplay({ ReplayName: 'new' }), { name: 'IllegalStatusException' });
    await assert.rejects(client.describeReplay({ ReplayName: 'gone' }), { message: 'Replay gone does not exist.' });
    await client.createArchive({ ArchiveName: 'holding', EventSourceArn: Arn });
    await assert.rejects(client.deleteEventBus({ Name: 'beside' }), /since it has archives/);
    await assert.rejects(client.listArchives({ NamePrefix: 'a', State: 'ENABLED' }), /At most one filter/);
  });

  test('archives and replays are listed by filter and page', async () => {
    const first = await client.listArchives({ Limit: 2 });
    assert.equal(first.Archives?.length, 2);
    const rest = await client.listArchives({ NextToken: first.NextToken });
    const names = [...(first.Archives ?? []), ...(rest.Archives ?? [])].map(({ ArchiveName = '' }) => ArchiveName);
    assert.deepEqual(names, names.toSorted());
    assert.deepEqual(
      (await client.listArchives({ NamePrefix: 'hold' })).Archives?.map((archive) => archive.ArchiveName),
      ['holding'],
    );
    assert.deepEqual(
      (await client.listReplays({ EventSourceArn: archiveArn('shop') })).Replays?.map((one) => one.ReplayName),
      ['again', 'everywhere'],
    );
    assert.deepEqual((await client.listReplays({ State: 'FAILED' })).Replays, []);
  });
});

suite('replays that are interrupted', () => {
  test('a replay goes on where it was after a crash: nothing is lost, nothing sent twice', async () => {
    const dataDir = useTempFolder();
    const clock = new FakeClock();
    const first = await startEvents({ dataDir, clock });
    const url = await makeRule(first, 'long');
    await first.client.createArchive({
      ArchiveName: 'long',
      EventSourceArn: busArn,
      EventPattern: '{"source":["long"]}',
    });
    await first.client.disableRule({ Name: 'long' });
    const Entries = (from: number) =>
      Array.from({ length: 10 }, (_, index) => ({
        Source: 'long',
        DetailType: 'order',
        Detail: JSON.stringify({ id: from + index }),
      }));
    for (let from = 0; from < 250; from += 10) await first.client.putEvents({ Entries: Entries(from) });
    await first.client.enableRule({ Name: 'long' });
    await first.client.startReplay({
      ReplayName: 'long',
      EventSourceArn: archiveArn('long'),
      EventStartTime: new Date(0),
      EventEndTime: clock.now(),
      Destination: { Arn: busArn },
    });
    // The clock stands still, so that it waits behind its first piece.
    await until(async () => (await first.client.describeReplay({ ReplayName: 'long' })).State === 'RUNNING', 'a piece');
    await first.close();

    const second = await startEvents({ dataDir, clock });
    await until(async () => {
      clock.advance(50);
      return (await second.client.describeReplay({ ReplayName: 'long' })).State === 'COMPLETED';
    }, 'the end');
    const count = async (): Promise<number> => {
      const AttributeNames = ['ApproximateNumberOfMessages' as const];
      const { Attributes } = await second.sqs.getQueueAttributes({ QueueUrl: url, AttributeNames });
      return Number(Attributes?.['ApproximateNumberOfMessages']);
    };
    const owed = (): number =>
      second.state.reader.prepare<{ n: number }>('SELECT count(*) AS n FROM outbox').get()?.n ?? -1;
    await until(() => owed() === 0, 'nothing to be owed any more', 20_000);
    assert.equal(await count(), 250);
  });

  test('a replay is cancelled between two pieces, and one whose archive goes fails with that reason', async () => {
    const bench = await startEvents();
    const { client, clock } = bench;
    await client.createArchive({ ArchiveName: 'all', EventSourceArn: busArn });
    for (let from = 0; from < 210; from += 10) {
      await client.putEvents({
        Entries: Array.from({ length: 10 }, () => ({ Source: 's', DetailType: 'order', Detail: '{}' })),
      });
    }
    const start = (ReplayName: string) =>
      client.startReplay({
        ReplayName,
        EventSourceArn: archiveArn('all'),
        EventStartTime: new Date(0),
        EventEndTime: clock.now(),
        Destination: { Arn: busArn },
      });
    const stateOf = async (ReplayName: string) => (await client.describeReplay({ ReplayName })).State;
    for (const name of ['cancelled', 'failed']) {
      await start(name);
      await until(async () => (await stateOf(name)) === 'RUNNING', 'a piece');
    }
    assert.equal((await client.cancelReplay({ ReplayName: 'cancelled' })).State, 'CANCELLING');
    await assert.rejects(client.cancelReplay({ ReplayName: 'cancelled' }), { name: 'IllegalStatusException' });
    await client.deleteArchive({ ArchiveName: 'all' });
    clock.advance(50);
    await until(async () => (await stateOf('cancelled')) === 'CANCELLED', 'the cancellation');
    await until(async () => (await stateOf('failed')) === 'FAILED', 'the failure');
    assert.match((await client.describeReplay({ ReplayName: 'failed' })).StateReason ?? '', /all was deleted/);
  });
});
