import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { FakeClock } from './clock.ts';
import { EventHub, type PlatformEvent } from './events.ts';
import { silentLog } from './log.ts';
import { Outbox, outboxSchema, type OutboxEntry } from './outbox.ts';
import { State } from './state.ts';

interface Letter {
  readonly to: string;
}

type Deliver = (entry: OutboxEntry<Letter>) => Promise<void>;

function openState(t: TestContext): { state: State; reopen: () => State } {
  const folder = mkdtempSync(join(tmpdir(), 'millpond-outbox-'));
  let state = State.open(join(folder, 'state.sqlite'), [outboxSchema]);
  t.after(() => {
    state.close();
    rmSync(folder, { recursive: true });
  });
  const reopen = (): State => {
    state.close();
    return (state = State.open(join(folder, 'state.sqlite'), [outboxSchema]));
  };
  return { state, reopen };
}

function outbox(state: State, clock: FakeClock, deliver: Deliver, gaveUp: string[] = []): Outbox<Letter> {
  return new Outbox<Letter>({
    state,
    clock,
    log: silentLog,
    box: 'letters',
    deliver,
    retryAfterMs: ({ attempts }) => (attempts < 2 ? 1000 : undefined),
    giveUp: (_db, { payload }) => gaveUp.push(payload.to),
  });
}

async function settled(condition: () => boolean): Promise<void> {
  for (let tries = 0; !condition(); tries++) {
    assert.ok(tries < 500, 'the condition never came true');
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

test('an entry goes out once its change is on disk, and not when the change is undone', async (t) => {
  const { state } = openState(t);
  const sent: string[] = [];
  const box = outbox(state, new FakeClock(), async ({ payload }) => void sent.push(payload.to));
  box.start();
  t.after(() => box.stop());
  await state.write((db) => box.add(db, { to: 'ann' }));
  await assert.rejects(
    state.write((db) => {
      box.add(db, { to: 'bob' });
      throw new Error('undone');
    }),
  );
  await settled(() => box.count() === 0);
  assert.deepEqual(sent, ['ann']);
});

test('an entry that a crash caught in hand goes out again after the restart', async (t) => {
  const { state, reopen } = openState(t);
  const clock = new FakeClock();
  const hanging = outbox(state, clock, (_entry) => new Promise(() => undefined));
  await state.write((db) => hanging.add(db, { to: 'ann' }));
  hanging.start();
  const sent: string[] = [];
  const later = outbox(reopen(), clock, async ({ payload }) => void sent.push(payload.to));
  later.start();
  t.after(() => later.stop());
  await settled(() => sent.length === 1 && later.count() === 0);
});

test('a failing delivery is tried again after its pause and given up in the end', async (t) => {
  const { state } = openState(t);
  const clock = new FakeClock();
  const gaveUp: string[] = [];
  let tries = 0;
  const box = outbox(state, clock, async () => Promise.reject(new Error(`try ${++tries}`)), gaveUp);
  box.start();
  t.after(() => box.stop());
  await state.write((db) => box.add(db, { to: 'ann' }));
  await settled(() => tries === 1);
  assert.deepEqual(gaveUp, []);
  await settled(() => {
    clock.advance(1000);
    return box.count() === 0;
  });
  assert.equal(tries, 3);
  assert.deepEqual(gaveUp, ['ann']);
});

test('entries of one ordering key go one at a time in their order, also past a failure', async (t) => {
  const { state } = openState(t);
  const clock = new FakeClock();
  const sent: string[] = [];
  let failures = 1;
  const box = outbox(state, clock, async ({ payload }) => {
    if (payload.to === 'first' && failures-- > 0) throw new Error('not now');
    sent.push(payload.to);
  });
  box.start();
  t.after(() => box.stop());
  await state.write((db) => {
    for (const to of ['first', 'second', 'third']) box.add(db, { to }, { orderingKey: 'queue' });
    box.add(db, { to: 'other' });
  });
  await settled(() => {
    clock.advance(1000);
    return box.count() === 0;
  });
  assert.deepEqual(sent, ['other', 'first', 'second', 'third']);
});

test('the next of an ordering key goes out when the one before it was given up, also behind a restart', async (t) => {
  const { state, reopen } = openState(t);
  const clock = new FakeClock();
  const sent: string[] = [];
  const deliver: Deliver = async ({ payload }) => {
    if (payload.to === 'hopeless') throw new Error('never');
    sent.push(payload.to);
  };
  const first = outbox(state, clock, deliver);
  await state.write((db) => first.add(db, { to: 'hopeless' }, { orderingKey: 'queue' }));
  await state.write((db) => first.add(db, { to: 'second' }, { orderingKey: 'queue' }));
  const later = outbox(reopen(), clock, deliver);
  later.start();
  t.after(() => later.stop());
  await settled(() => {
    clock.advance(1000);
    return later.count() === 0;
  });
  assert.deepEqual(sent, ['second']);
});

test('a recorder writes with the change that an event tells of, and subscribers hear of it afterwards', async (t) => {
  const { state } = openState(t);
  const hub = new EventHub(silentLog, state);
  const clock = new FakeClock();
  const sent: string[] = [];
  const box = outbox(state, clock, async ({ payload }) => void sent.push(payload.to));
  const heard: string[] = [];
  hub.subscribe(({ id }) => void heard.push(id));
  hub.addRecorder({ wants: ({ source }) => source === 'aws.s3', record: (db, { id }) => box.add(db, { to: id }) });
  await state.write((db) => hub.record(db, eventOf('1', 'aws.s3')));
  hub.publish(eventOf('2', 'aws.glue'));
  await hub.publishDurably(eventOf('3', 'aws.s3'));
  await settled(() => heard.length === 3);
  assert.equal(box.count(), 2);
  box.start();
  t.after(() => box.stop());
  await settled(() => box.count() === 0);
  assert.deepEqual(sent, ['1', '3']);
});

function eventOf(id: string, source: string): PlatformEvent {
  const time = new Date(0);
  return {
    id,
    source,
    detailType: 'test',
    accountId: '000000000000',
    region: 'us-east-1',
    time,
    resources: [],
    detail: {},
  };
}
