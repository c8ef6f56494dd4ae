import assert from 'node:assert/strict';
import { test } from 'node:test';
import { continueTrace } from './lineage.ts';

const arn = (name: string): string => `arn:aws:lambda:us-east-1:000000000000:function:${name}`;

test('a chain counts how often it came to each of its functions', () => {
  const first = continueTrace(undefined, arn('a'), 1_700_000_000_000);
  const second = continueTrace(first.header, arn('b'), 0);
  const third = continueTrace(second.header, arn('a'), 0);
  assert.deepEqual([first.rounds, second.rounds, third.rounds], [1, 1, 2]);
  assert.match(third.header, /^Root=1-6553f100-[0-9a-f]{24};Sampled=0;Lineage=[0-9a-f]{8}:1\|[0-9a-f]{8}:2$/);
  assert.equal(third.header.slice(0, 40), first.header.slice(0, 40));
});

test('a trace header that is none, or a huge one, begins a new chain and is not handed on', () => {
  for (const text of ['Root=x\r\nX: y', 'é', `Lineage=${'a:'.repeat(2000)}`, 'Lineage=zz:1|:2|abcdef01:9999999', '']) {
    const { header, rounds } = continueTrace(text, arn('a'), 0);
    assert.equal(rounds, 1);
    assert.match(header, /^Root=1-0-[0-9a-f]{24};Sampled=0;Lineage=[0-9a-f]{8}:1$/);
  }
});

test('a long chain keeps its latest functions', () => {
  let header: string | undefined;
  for (let at = 0; at < 100; at++) header = continueTrace(header, arn(`f${at}`), 0).header;
  assert.ok(header !== undefined && header.length < 400);
  assert.equal(continueTrace(header, arn('f99'), 0).rounds, 2);
});
