import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { FakeClock } from '#kernel/clock';
import { useTempFolder } from '#testing';
import { ended, revisionOf, scope, startEngine, type TestEngine } from './engine.fixture.ts';
import { descentOfTrace, traceOf, type Descent, type OpenBounds } from './open-executions.ts';

const folder = useTempFolder();
const bounds: OpenBounds = { openMax: 3, familyBurst: 2, familyPerSecond: 1 };
const waiting = revisionOf({ StartAt: 'W', States: { W: { Type: 'Wait', Seconds: 3600, End: true } } });
const limit = {
  code: 'ExecutionLimitExceeded',
  message: /^The maximum number of running executions has been reached\./,
};

function start(engine: TestEngine, more: { descent?: Descent; name?: string } = {}) {
  return engine.executions.start({ scope, revision: waiting, input: '{}', ...more });
}

test('the open executions of an account and region are counted, also over a restart', async () => {
  const home = mkdtempSync(join(folder, 'engine-'));
  let engine = startEngine(home, { openBounds: bounds });
  const { arn } = await start(engine, { name: 'first' });
  await start(engine);
  await engine.close();
  engine = startEngine(home, { openBounds: bounds });
  try {
    await start(engine);
    await assert.rejects(start(engine), limit);
    assert.equal((await start(engine, { name: 'first' })).arn, arn, 'a repeat is no new one');
    await engine.executions.start({ scope: '000000000000/eu-west-1', revision: waiting, input: '{}' });
    await engine.executions.stop(arn);
    await ended(engine, arn);
    await start(engine);
    await assert.rejects(engine.executions.redrive(arn), limit);
    assert.equal(engine.executions.getExecution(arn).status, 'ABORTED');
  } finally {
    await engine.close();
  }
});

test('a family that has used up its allowance starts nothing until all of it has ended', async () => {
  const clock = new FakeClock();
  const engine = startEngine(mkdtempSync(join(folder, 'engine-')), { clock, openBounds: { ...bounds, openMax: 100 } });
  const member = { descent: { family: 7, generation: 2 } };
  try {
    const { arn: first } = await start(engine, member);
    const { arn: second } = await start(engine, member);
    clock.advance(1000);
    const { arn: third } = await start(engine, member);
    await assert.rejects(start(engine, member), limit);
    clock.advance(3000);
    await assert.rejects(start(engine, member), limit);
    await start(engine);
    await start(engine, { descent: { family: 8, generation: 2 } });
    const { arn: direct } = await start(engine, { descent: { family: 7, generation: 1 } });
    for (const arn of [first, second, third, direct]) await engine.executions.stop(arn);
    await start(engine, member);
  } finally {
    await engine.close();
  }
});

test('the trace header of an execution tells the descent of what it starts, and no other header does', () => {
  const origin = { rowId: 12, startedMs: 1_700_000_000_000 };
  const header = traceOf(origin);
  assert.match(header, /^Root=1-6553f100-[0-9a-f]{24};Sampled=0$/);
  assert.deepEqual(descentOfTrace(header), { family: 12, generation: 1 });
  const later = traceOf({ ...origin, descent: { family: 5, generation: 3 } });
  assert.deepEqual(descentOfTrace(`${later};Lineage=abcdef01:1`), { family: 5, generation: 4 });
  for (const other of [undefined, '', 'Root=1-6553f100-0123456789abcdef01234567', header.slice(0, 20)]) {
    assert.equal(descentOfTrace(other), undefined);
  }
});
