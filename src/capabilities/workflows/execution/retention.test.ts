import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { FakeClock } from '#kernel/clock';
import { until, useTempFolder } from '#testing';
import { ended, revisionOf, scope, startEngine } from './engine.fixture.ts';

const folder = useTempFolder();
const dayMs = 86_400_000;

function mapOf(processor: object) {
  return {
    Type: 'Map',
    ItemProcessor: { ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' }, ...processor },
    End: true,
  };
}

test('executions go 90 days after they ended, with their children, and what runs or is younger stays', async () => {
  const clock = new FakeClock();
  const engine = startEngine(mkdtempSync(join(folder, 'engine-')), { clock });
  const count = (table: string): number =>
    engine.state.reader.prepare<{ n: number }>(`SELECT count(*) AS n FROM workflows_${table}`).get()?.n ?? 0;
  const start = async (definition: object, input: unknown): Promise<string> => {
    const request = { scope, revision: revisionOf(definition), input: JSON.stringify(input) };
    return (await engine.executions.start(request)).arn;
  };
  try {
    const inner = mapOf({ StartAt: 'P', States: { P: { Type: 'Pass', End: true } } });
    const outer = mapOf({ StartAt: 'Inner', States: { Inner: inner } });
    const items = Array.from({ length: 300 }, (_, n) => [n]);
    const old = await start({ StartAt: 'Outer', States: { Outer: outer } }, items);
    assert.equal((await ended(engine, old, clock, 0)).status, 'SUCCEEDED');
    const failed = await start({ StartAt: 'F', States: { F: { Type: 'Fail', Error: 'E' } } }, {});
    await ended(engine, failed, clock, 0);
    const waiting = await start({ StartAt: 'W', States: { W: { Type: 'Wait', Seconds: 31_536_000, End: true } } }, {});
    assert.equal(count('execution'), 603);
    assert.equal(count('map_run'), 301);
    clock.advance(50 * dayMs);
    const young = await start({ StartAt: 'P', States: { P: { Type: 'Pass', End: true } } }, {});
    await ended(engine, young, clock, 0);
    clock.advance(39 * dayMs);
    assert.notEqual(engine.executions.findExecution(old), undefined);
    await until(() => {
      clock.advance(dayMs / 24);
      return count('execution') === 2;
    });
    assert.equal(engine.executions.findExecution(old), undefined);
    assert.equal(engine.executions.findExecution(failed), undefined);
    assert.equal(engine.executions.getExecution(young).status, 'SUCCEEDED');
    assert.equal(engine.executions.getExecution(waiting).status, 'RUNNING');
    assert.equal(count('map_run') + count('map_items'), 0);
    const orphans = engine.state.reader
      .prepare<{ n: number }>(
        'SELECT count(*) AS n FROM workflows_history WHERE execution NOT IN (SELECT id FROM workflows_execution)',
      )
      .get();
    assert.equal(orphans?.n, 0);
    // A name is free again.
    assert.equal(
      (
        await engine.executions.start({
          scope,
          revision: revisionOf({ StartAt: 'P', States: { P: { Type: 'Pass', End: true } } }),
          input: '{}',
          name: failed.split(':').at(-1) ?? '',
        })
      ).arn,
      failed,
    );
  } finally {
    await engine.close();
  }
});
