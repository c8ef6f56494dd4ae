import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from './clock.ts';
import { PlatformError } from './errors.ts';
import { retryWithin } from './retry.ts';

test('pauses double up to the longest, until the entry would be too old or there is no hope', () => {
  const clock = new FakeClock();
  const retry = retryWithin(clock, { ageMaxMs: 60_000, pauseMaxMs: 5000 });
  const addedMs = clock.nowMs();
  const pauses = [0, 1, 2, 3, 2000].map((attempts) => retry({ attempts, addedMs }, new Error('busy')));
  assert.deepEqual(pauses, [1000, 2000, 4000, 5000, 5000]);
  assert.equal(retry({ attempts: 0, addedMs }, new PlatformError('absent', 'NotFound', 'gone')), undefined);
  clock.advance(59_500);
  assert.equal(retry({ attempts: 0, addedMs }, new Error('busy')), undefined);
});
