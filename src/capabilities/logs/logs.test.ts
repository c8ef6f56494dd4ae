import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import assert from 'node:assert/strict';
import { FakeClock } from '#kernel/clock';
import { silentLog } from '#kernel/log';
import { State } from '#kernel/state';
import { parseFilterPattern } from './filter-pattern.ts';
import { dayMs } from './log-group.ts';
import { Logs } from './logs.ts';
import { LogStore, logsSchema } from './store.ts';

const scope = '000000000000/us-east-1';

function open(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'millpond-logs-'));
  const state = State.open(join(folder, 'state.sqlite'), [logsSchema]);
  t.after(() => {
    state.close();
    rmSync(folder, { recursive: true });
  });
  const clock = new FakeClock();
  return { clock, logs: new Logs(new LogStore(state), clock, silentLog), store: new LogStore(state) };
}

async function openWithStream(t: TestContext) {
  const opened = open(t);
  await opened.logs.createGroup({ scope, name: 'g', class: 'STANDARD', deletionProtected: false, tags: {} });
  await opened.logs.createStream(scope, 'g', 's');
  return opened;
}

test('lines appended by a part of the platform make the group and the stream', async (t) => {
  const { logs } = open(t);
  await logs.append(scope, '/aws-glue/jobs/output', 'jr_1', ['one', 'two']);
  const { events } = logs.getEvents(scope, '/aws-glue/jobs/output', 'jr_1', { limit: 10, fromHead: true });
  assert.deepEqual(
    events.map((event) => event.message),
    ['one', 'two'],
  );
  assert.equal(logs.getGroup(scope, '/aws-glue/jobs/output').storedBytes, 2 * (3 + 26));
});

test('a reader that polls with the forward token sees each event once', async (t) => {
  const { logs, clock } = await openWithStream(t);
  const put = (...messages: string[]) =>
    logs.putEvents(
      scope,
      'g',
      's',
      messages.map((message) => ({ timestampMs: clock.nowMs(), message })),
    );
  const read = (token?: string) => logs.getEvents(scope, 'g', 's', { token, limit: 2, fromHead: true });
  const empty = read();
  await put('a', 'b', 'c');
  const first = read(empty.forwardToken);
  const second = read(first.forwardToken);
  const third = read(second.forwardToken);
  assert.equal(third.forwardToken, second.forwardToken);
  await put('d');
  const fourth = read(third.forwardToken);
  const seen = [first, second, third, fourth].flatMap((page) => page.events.map((event) => event.message));
  assert.deepEqual(seen, ['a', 'b', 'c', 'd']);
});

test('without a wish the newest events come, and the backward token leads to older ones', async (t) => {
  const { logs, clock } = await openWithStream(t);
  const events = ['1', '2', '3', '4', '5'].map((message, index) => ({ timestampMs: clock.nowMs() + index, message }));
  await logs.putEvents(scope, 'g', 's', events);
  const newest = logs.getEvents(scope, 'g', 's', { limit: 2, fromHead: false });
  const older = logs.getEvents(scope, 'g', 's', { limit: 2, fromHead: false, token: newest.backwardToken });
  assert.deepEqual(
    newest.events.map((event) => event.message),
    ['4', '5'],
  );
  assert.deepEqual(
    older.events.map((event) => event.message),
    ['2', '3'],
  );
});

test('events that are too old, expired or too new are named and the rest is taken', async (t) => {
  const { logs, clock } = await openWithStream(t);
  await logs.setRetention(scope, 'g', 7);
  const at = (offsetMs: number) => ({ timestampMs: clock.nowMs() + offsetMs, message: 'x' });
  assert.deepEqual(await logs.putEvents(scope, 'g', 's', [at(-15 * dayMs)]), { tooOldEndIndex: 1, expiredEndIndex: 1 });
  assert.deepEqual(await logs.putEvents(scope, 'g', 's', [at(-8 * dayMs)]), { expiredEndIndex: 1 });
  assert.deepEqual(await logs.putEvents(scope, 'g', 's', [at(0), at(3 * 3_600_000)]), { tooNewStartIndex: 1 });
  assert.equal(logs.getEvents(scope, 'g', 's', { limit: 10, fromHead: true }).events.length, 1);
});

test('a batch out of order, too wide or too large is refused whole', async (t) => {
  const { logs, clock } = await openWithStream(t);
  const at = (offsetMs: number, message = 'x') => ({ timestampMs: clock.nowMs() + offsetMs, message });
  const refused = (events: ReturnType<typeof at>[], message: RegExp) =>
    assert.rejects(logs.putEvents(scope, 'g', 's', events), { code: 'InvalidParameterException', message });
  await refused([at(1), at(0)], /chronological order/);
  await refused([at(-2 * dayMs), at(0)], /24 hours/);
  await refused([at(0, 'x'.repeat(600_000)), at(0, 'y'.repeat(600_000))], /1048576/);
});

test('a filter pages through the streams of a group in the order of time', async (t) => {
  const { logs, clock } = open(t);
  for (let index = 0; index < 10; index++) {
    const line = { timestampMs: clock.nowMs() + index, message: `${index % 2 === 0 ? 'ERROR' : 'INFO'} ${index}` };
    await logs.append(scope, 'g', `s${index % 3}`, [line]);
  }
  const matches = parseFilterPattern('ERROR');
  const first = logs.filterEvents(scope, 'g', { matches, limit: 3 });
  const second = logs.filterEvents(scope, 'g', { matches, limit: 3, token: first.nextToken });
  assert.deepEqual(
    [...first.events, ...second.events].map((event) => event.message),
    ['ERROR 0', 'ERROR 2', 'ERROR 4', 'ERROR 6', 'ERROR 8'],
  );
  const some = logs.filterEvents(scope, 'g', { matches, limit: 9, streams: ['s0', 's1'], endMs: clock.nowMs() + 4 });
  assert.deepEqual(
    some.events.map((event) => event.message),
    ['ERROR 0', 'ERROR 4'],
  );
  assert.deepEqual(logs.filterEvents(scope, 'g', { matches, limit: 9, streamPrefix: 'nothing' }).events, []);
});

test('retention removes old events and gives their bytes back', async (t) => {
  const { logs, clock } = await openWithStream(t);
  await logs.putEvents(scope, 'g', 's', [{ timestampMs: clock.nowMs(), message: 'old' }]);
  await logs.setRetention(scope, 'g', 1);
  clock.advance(2 * dayMs);
  await logs.append(scope, 'g', 's', ['new']);
  await logs.sweep();
  const { events } = logs.getEvents(scope, 'g', 's', { limit: 10, fromHead: true });
  assert.deepEqual(
    events.map((event) => event.message),
    ['new'],
  );
  assert.equal(logs.getGroup(scope, 'g').storedBytes, 29);
});

test('a group made again under its old name is empty', async (t) => {
  const { logs, store } = await openWithStream(t);
  await logs.append(scope, 'g', 's', ['secret']);
  await logs.deleteGroup(scope, 'g');
  assert.throws(() => logs.getGroup(scope, 'g'), { code: 'ResourceNotFoundException' });
  await logs.append(scope, 'g', 's', ['fresh']);
  const { events } = logs.getEvents(scope, 'g', 's', { limit: 10, fromHead: true });
  assert.deepEqual(
    events.map((event) => event.message),
    ['fresh'],
  );
  await logs.stop();
  await logs.sweep();
  assert.equal(await store.removeGarbage(1), 0);
});

test('streams are listed by their last event, newest first, in pages', async (t) => {
  const { logs, clock } = open(t);
  for (const name of ['a', 'c', 'b']) {
    await logs.append(scope, 'g', name, ['x']);
    clock.advance(1000);
  }
  const page = (token?: string) =>
    logs.listStreams(scope, 'g', { byLastEvent: true, descending: true, token, limit: 2 });
  const first = page();
  assert.deepEqual(
    first.items.map((stream) => stream.name),
    ['b', 'c'],
  );
  assert.deepEqual(
    page(first.nextToken).items.map((stream) => stream.name),
    ['a'],
  );
});

test('names and retentions that AWS refuses are refused', async (t) => {
  const { logs } = await openWithStream(t);
  await assert.rejects(logs.append(scope, 'a b', 's', []), { code: 'InvalidParameterException' });
  await assert.rejects(logs.createStream(scope, 'g', 'a:b'), { code: 'InvalidParameterException' });
  await assert.rejects(logs.createStream(scope, 'g', 's'), { code: 'ResourceAlreadyExistsException' });
  assert.throws(() => logs.setRetention(scope, 'g', 2), { code: 'InvalidParameterException' });
  assert.throws(() => logs.getEvents(scope, 'g', 's', { token: 'f/xyz', limit: 1, fromHead: true }), {
    code: 'InvalidParameterException',
  });
});
