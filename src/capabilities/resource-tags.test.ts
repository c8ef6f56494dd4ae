import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changeTags, tagsOf } from './resource-tags.ts';

const context = { tags: { team: 'data', stage: 'test' } };

test("a resource's own tags win over those of its stack, written as a list or as a map", () => {
  const expected = { team: 'web', stage: 'test', a: '1' };
  assert.deepEqual(tagsOf({ Tags: { team: 'web', a: '1' } }, context), expected);
  const Tags = ['team=web', 'a=1'].map((tag) => ({ Key: tag.split('=')[0], Value: tag.split('=')[1] }));
  assert.deepEqual(tagsOf({ Tags }, context), expected);
  assert.deepEqual(tagsOf({}, context), context.tags);
});

test('an update takes away what is gone and sets what is wanted, and calls nothing without need', async () => {
  const calls: unknown[] = [];
  const write = { untag: async (keys: unknown) => calls.push(keys), tag: async (tags: unknown) => calls.push(tags) };
  await changeTags({ Tags: { b: '2' } }, { Tags: { a: '1', b: '1' } }, context, write);
  await changeTags({}, {}, { tags: {} }, write);
  assert.deepEqual(calls, [['a'], { team: 'data', stage: 'test', b: '2' }]);
});
