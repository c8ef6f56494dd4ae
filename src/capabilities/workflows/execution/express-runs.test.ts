import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { until, useTempFolder } from '#testing';
import { revisionOf, scope, startEngine, type Call, type TestEngine } from './engine.fixture.ts';

const folder = useTempFolder();
const definition = {
  StartAt: 'T',
  States: { T: { Type: 'Task', Resource: 'arn:aws:lambda:us-east-1:000000000000:function:f', End: true } },
};
const revision = revisionOf(definition, 'EXPRESS');

function rows(engine: TestEngine): number {
  return engine.state.reader.prepare<{ n: number }>('SELECT count(*) AS n FROM workflows_express').get()?.n ?? 0;
}

test('an asynchronous Express execution that a restart cuts off is run again, and once ended it is forgotten', async () => {
  const home = mkdtempSync(join(folder, 'engine-'));
  let calls = 0;
  const hanging: Call = () => {
    calls++;
    return new Promise(() => {});
  };
  const well: Call = async () => {
    calls++;
    return { Payload: Buffer.from('1') };
  };
  let engine = startEngine(home, { call: hanging });
  await engine.executions.start({ scope, revision, input: '{}' });
  await until(() => calls === 1);
  assert.equal(rows(engine), 1);
  await engine.close();
  engine = startEngine(home, { call: well });
  try {
    await until(() => calls === 2 && rows(engine) === 0);
    await engine.executions.start({ scope, revision, input: '{}' });
    await until(() => calls === 3 && rows(engine) === 0);
  } finally {
    await engine.close();
  }
  engine = startEngine(home, { call: well });
  await engine.close();
  assert.equal(calls, 3);
});

test('one that never comes to its end is given up, and a synchronous one leaves nothing', async () => {
  const home = mkdtempSync(join(folder, 'engine-'));
  let calls = 0;
  const hanging: Call = () => {
    calls++;
    return new Promise(() => {});
  };
  let engine = startEngine(home, { call: hanging });
  await engine.executions.start({ scope, revision, input: '{}' });
  const leaving = new AbortController();
  const waited = engine.executions.startSync({ scope, revision, input: '{}' }, leaving.signal);
  await until(() => calls === 2);
  assert.equal(rows(engine), 1);
  leaving.abort(new Error('gone'));
  await assert.rejects(waited);
  for (let starts = 2; starts <= 4; starts++) {
    await engine.close();
    engine = startEngine(home, { call: hanging });
    await until(() => calls === starts + 1);
  }
  await engine.close();
  engine = startEngine(home, { call: hanging });
  try {
    await until(() => rows(engine) === 0);
    assert.equal(calls, 5);
  } finally {
    await engine.close();
  }
});
