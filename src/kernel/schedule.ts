/**
 * Schedules in the words of EventBridge and Glue: `rate(5 minutes)`, `cron(0 12 * * ? *)`, `at(2026-01-01T00:00:00)`.
 * AWS's cron has six fields (minutes hours day-of-month month day-of-week year) and counts Sunday as 1.
 */
import { Cron } from 'croner';
import type { Clock, Timer } from './clock.ts';
import { PlatformError, messageOf } from './errors.ts';

export interface Schedule {
  /** The first time after `after`; undefined when there is none any more. */
  next(after: Date): Date | undefined;
}

// Limit: a rate is 36,500 days at most, so that its next time is one that a clock knows.
const periodMaxMs = 36_500 * 86_400_000;
const unitMs: Record<string, number> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/**
 * @param startAt where a rate counts from; the platform's epoch is good enough when a service gives none
 * @throws ValidationException naming the expression
 */
export function parseSchedule(
  expression: string,
  options: { timezone?: string; startAt?: Date; code?: string } = {},
): Schedule {
  const match = /^\s*(rate|cron|at)\(([^()]*)\)\s*$/.exec(expression);
  if (!match) throw badSchedule(expression, 'use rate(…), cron(…) or at(…)', options.code);
  const [, kind = '', body = ''] = match;
  if (kind === 'rate') return parseRate(expression, body, options);
  if (kind === 'at') return parseAt(expression, body, options);
  return parseCron(expression, body, options);
}

/** Calls `run` at each time of the schedule until it is stopped. */
export function runSchedule(schedule: Schedule, clock: Clock, run: () => void): Timer {
  let timer: Timer | undefined;
  let stopped = false;
  const arm = (after: Date): void => {
    const next = schedule.next(after);
    if (next === undefined || stopped) return;
    timer = clock.setTimer(next.getTime() - clock.nowMs(), () => {
      if (stopped) return;
      run();
      arm(new Date(Math.max(next.getTime(), clock.nowMs())));
    });
  };
  arm(clock.now());
  return {
    cancel() {
      stopped = true;
      timer?.cancel();
    },
  };
}

function parseRate(expression: string, body: string, options: { startAt?: Date; code?: string }): Schedule {
  const match = /^\s*(\d+)\s+(minute|hour|day)(s?)\s*$/.exec(body);
  const value = Number(match?.[1]);
  if (!match || value < 1 || (value === 1) !== (match[3] === '')) {
    throw badSchedule(expression, 'a rate is rate(1 minute) or rate(5 minutes), hours or days', options.code);
  }
  const periodMs = value * (unitMs[match[2] ?? ''] ?? 0);
  if (periodMs > periodMaxMs) throw badSchedule(expression, 'a rate is 36,500 days at most', options.code);
  const startMs = options.startAt?.getTime() ?? 0;
  return { next: (after) => new Date(startMs + (Math.floor((after.getTime() - startMs) / periodMs) + 1) * periodMs) };
}

function parseAt(expression: string, body: string, options: { timezone?: string; code?: string }): Schedule {
  const time = /^\s*\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\s*$/.test(body) ? new Date(`${body.trim()}Z`) : new Date(Number.NaN);
  // A day that the month does not have would become one of the next month.
  if (Number.isNaN(time.getTime()) || time.toISOString().slice(0, 19) !== body.trim())
    throw badSchedule(expression, 'a single time is at(yyyy-mm-ddThh:mm:ss)', options.code);
  if (options.timezone !== undefined && options.timezone !== 'UTC') {
    const cron = new Cron(body.trim(), { paused: true, timezone: options.timezone });
    return { next: (after) => cron.nextRun(after) ?? undefined };
  }
  return { next: (after) => (time > after ? time : undefined) };
}

function parseCron(expression: string, body: string, options: { timezone?: string; code?: string }): Schedule {
  const fields = body.trim().split(/\s+/);
  if (fields.length !== 6)
    throw badSchedule(
      expression,
      `cron has 6 fields (minutes hours day-of-month month day-of-week year), not ${fields.length}`,
      options.code,
    );
  const [minutes = '', hours = '', dayOfMonth = '', month = '', dayOfWeek = '', year = ''] = fields.map(withStepEnd);
  if ((dayOfMonth === '?') === (dayOfWeek === '?')) {
    throw badSchedule(expression, 'exactly one of day-of-month and day-of-week must be ?', options.code);
  }
  if (/(?<![#/\d])(?:[089]|\d\d)/.test(dayOfWeek)) {
    throw badSchedule(expression, 'a day of the week is 1 (Sunday) to 7, or a name such as MON', options.code);
  }
  const pattern = ['0', minutes, hours, dayOfMonth.replace('?', '*'), month, sundayFromZero(dayOfWeek), year].join(' ');
  try {
    const cron = new Cron(pattern, { paused: true, timezone: options.timezone ?? 'UTC' });
    return { next: (after) => nextMatch(cron, after) };
  } catch (error) {
    throw badSchedule(expression, messageOf(error), options.code);
  }
}

/** A time that the change to summer time leaves out is moved by croner; AWS skips it. */
function nextMatch(cron: Cron, after: Date): Date | undefined {
  let next = cron.nextRun(after);
  while (next !== null && !cron.match(next)) next = cron.nextRun(next);
  return next ?? undefined;
}

/** The last value of each of AWS's fields. */
const lastValues = [59, 23, 31, 12, 7, 2199];

/** `0/15` steps from a number to the end of the field, which croner wants to see: `0-59/15`. */
function withStepEnd(field: string, index: number): string {
  return field.replace(/(?<![-\d])(\d+)\/(\d+)/g, `$1-${lastValues[index]}/$2`);
}

/** AWS counts 1 (Sunday) to 7; croner counts 0 to 6. Names pass unchanged, as does the number behind `#` and `/`. */
function sundayFromZero(field: string): string {
  // The last day of the week is a Saturday.
  if (field === 'L') return '6';
  return field.replace('?', '*').replace(/(?<![#/\d])\d+/g, (digits) => String(Number(digits) - 1));
}

function badSchedule(expression: string, why: string, code = 'ValidationException'): PlatformError {
  return new PlatformError('invalid', code, `'${expression}' is not a schedule expression: ${why}.`);
}
