import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from './clock.ts';
import { parseSchedule, runSchedule } from './schedule.ts';

const next = (expression: string, after: string, timezone?: string): string | undefined =>
  parseSchedule(expression, timezone === undefined ? {} : { timezone })
    .next(new Date(after))
    ?.toISOString();

test('rate, cron and at give the next time after a moment', () => {
  assert.equal(next('rate(5 minutes)', '2026-01-01T00:01:00Z'), '2026-01-01T00:05:00.000Z');
  assert.equal(next('rate(1 day)', '2026-01-01T00:00:00Z'), '2026-01-02T00:00:00.000Z');
  assert.equal(next('cron(0 12 * * ? *)', '2026-01-01T12:00:00Z'), '2026-01-02T12:00:00.000Z');
  assert.equal(next('cron(15 10 ? * 6L 2026-2028)', '2026-01-01T00:00:00Z'), '2026-01-30T10:15:00.000Z');
  assert.equal(next('at(2026-05-01T10:00:00)', '2026-01-01T00:00:00Z'), '2026-05-01T10:00:00.000Z');
  assert.equal(next('at(2026-05-01T10:00:00)', '2026-06-01T00:00:00Z'), undefined);
});

test('day 1 of the week is Sunday, and names mean what they say', () => {
  assert.equal(next('cron(0 8 ? * 1 *)', '2026-01-01T00:00:00Z'), '2026-01-04T08:00:00.000Z');
  assert.equal(next('cron(0 8 ? * MON-FRI *)', '2026-01-03T00:00:00Z'), '2026-01-05T08:00:00.000Z');
  assert.equal(next('cron(0 8 ? * 2#1 *)', '2026-01-01T00:00:00Z'), '2026-01-05T08:00:00.000Z');
});

test('steps begin at a number, and a single time has a time zone', () => {
  const times = (expression: string, options = {}): string[] => {
    const schedule = parseSchedule(expression, options);
    const first = schedule.next(new Date('2026-01-01T00:00:00Z'));
    const second = first && schedule.next(first);
    return [first, second].flatMap((time) => (time === undefined ? [] : [time.toISOString()]));
  };
  assert.deepEqual(times('cron(5/20 * * * ? *)'), ['2026-01-01T00:05:00.000Z', '2026-01-01T00:25:00.000Z']);
  assert.deepEqual(times('cron(0 9 ? * 2/2 *)'), ['2026-01-02T09:00:00.000Z', '2026-01-05T09:00:00.000Z']);
  assert.deepEqual(times('cron(0 9 ? * L *)'), ['2026-01-03T09:00:00.000Z', '2026-01-10T09:00:00.000Z']);
  assert.deepEqual(times('at(2026-07-01T12:00:00)', { timezone: 'Europe/Berlin' }), ['2026-07-01T10:00:00.000Z']);
});

test('a time zone moves the cron, daylight saving included', () => {
  assert.equal(next('cron(0 9 * * ? *)', '2026-07-01T00:00:00Z', 'Europe/Berlin'), '2026-07-01T07:00:00.000Z');
  assert.equal(next('cron(0 9 * * ? *)', '2026-01-01T00:00:00Z', 'Europe/Berlin'), '2026-01-01T08:00:00.000Z');
});

test('a time that summer time leaves out is skipped, and one that winter time repeats comes once', () => {
  const daily = parseSchedule('cron(30 2 * * ? *)', { timezone: 'Europe/Berlin' });
  const days = (from: string): string[] => {
    const times = [new Date(from)];
    for (let n = 0; n < 2; n++) times.push(daily.next(times.at(-1) ?? new Date()) ?? new Date(0));
    return times.slice(1).map((time) => time.toISOString());
  };
  assert.deepEqual(days('2026-03-28T12:00:00Z'), ['2026-03-30T00:30:00.000Z', '2026-03-31T00:30:00.000Z']);
  assert.deepEqual(days('2026-10-24T12:00:00Z'), ['2026-10-25T00:30:00.000Z', '2026-10-26T01:30:00.000Z']);
});

test('a wrong expression is refused by its text', () => {
  for (const text of [
    '',
    'rate(0 minutes)',
    'rate(1 minutes)',
    'rate(2 day)',
    'rate(100000000 days)',
    'cron(* * * * *)',
    'cron(0 12 * * * *)',
    'cron(99 12 * * ? *)',
    'at(tomorrow)',
    'at(2026-02-30T00:00:00)',
    'cron(0 9 ? * 8 *)',
    'cron(0 9 ? * MON,0 *)',
  ]) {
    assert.throws(
      () => parseSchedule(text),
      (error: Error) => error.message.includes(`'${text}'`),
    );
  }
});

test('a schedule runs at each of its times until it is cancelled', () => {
  const clock = new FakeClock(Date.UTC(2026, 0, 1));
  let runs = 0;
  const timer = runSchedule(parseSchedule('rate(10 minutes)'), clock, () => (runs += 1));
  clock.advance(35 * 60_000);
  assert.equal(runs, 3);
  timer.cancel();
  clock.advance(60 * 60_000);
  assert.equal(runs, 3);
});
