import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StateFailure } from './failure.ts';

test('an error name and a cause are cut where AWS cuts them, so that failures told in failures do not grow', () => {
  let cause = 'the first';
  for (let level = 0; level < 60; level++) {
    cause = new StateFailure('States.TaskFailed', JSON.stringify({ Cause: cause })).causeText ?? '';
  }
  assert.equal(cause.length, 32_768);
  assert.equal(new StateFailure('x'.repeat(300), undefined).error?.length, 256);
});
