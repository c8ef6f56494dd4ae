import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '#kernel/clock';
import { bucket, database, openGround, scope } from './crawler.fixture.ts';

test('a scheduled crawler runs at its time, and no more once its schedule is stopped', async (t) => {
  // Signatures of the client are judged by this clock as well, so it starts now.
  const clock = new FakeClock(Date.now());
  const ground = await openGround(t, { clock });
  const { crawlers } = ground;
  ground.drop('t/a.csv', 'a,b\n1,x\n');
  await crawlers.create(scope, {
    Name: 'c',
    Role: 'role',
    DatabaseName: database,
    Targets: { S3Targets: [{ Path: `s3://${bucket}/` }] },
    Schedule: 'cron(0 0 * * ? *)',
  });
  const dayMs = 24 * 60 * 60 * 1000;
  clock.advance(dayMs);
  await crawlers.finished(scope, 'c');
  assert.equal(crawlers.history(scope, 'c', { limit: 10 }).length, 1);
  await crawlers.setScheduleState(scope, 'c', 'NOT_SCHEDULED');
  clock.advance(dayMs);
  await crawlers.finished(scope, 'c');
  assert.equal(crawlers.history(scope, 'c', { limit: 10 }).length, 1);
  await crawlers.setScheduleState(scope, 'c', 'SCHEDULED');
  clock.advance(dayMs);
  await crawlers.finished(scope, 'c');
  assert.deepEqual(
    crawlers.history(scope, 'c', { limit: 10 }).map((crawl) => crawl.State),
    ['COMPLETED', 'COMPLETED'],
  );
});
