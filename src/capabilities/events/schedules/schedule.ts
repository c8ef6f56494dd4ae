/** Schedules of EventBridge Scheduler: when they go off, and what is sent then. */
import { createHash } from 'node:crypto';
import { formatArn } from '#kernel/arn';
import { messageOf } from '#kernel/errors';
import { parseSchedule, type Schedule as Times } from '#kernel/schedule';
import { validation } from '../errors.ts';
import type { ScheduleTarget } from './schedule-target.ts';

export type ScheduleState = 'ENABLED' | 'DISABLED';

export interface Schedule {
  readonly group: string;
  readonly name: string;
  readonly state: ScheduleState;
  /** `at(…)`, `rate(…)` or `cron(…)`. */
  readonly expression: string;
  /** IANA name; UTC when it is not said. */
  readonly timezone?: string;
  readonly startMs?: number;
  readonly endMs?: number;
  readonly description?: string;
  /** Minutes within which a run may begin; undefined when it begins at its time. */
  readonly windowMinutes?: number;
  readonly target: ScheduleTarget;
  readonly afterCompletion: 'NONE' | 'DELETE';
  /** Of the request that made it, so that a repeat of it is known. */
  readonly clientToken?: string;
  readonly createdMs: number;
  readonly modifiedMs: number;
}

export interface ScheduleGroup {
  readonly name: string;
  readonly createdMs: number;
  readonly modifiedMs: number;
}

export const defaultGroup = 'default';

export function scheduleArn(scope: string, { group, name }: Pick<Schedule, 'group' | 'name'>): string {
  return arnOf(scope, `schedule/${group}/${name}`);
}

export function scheduleGroupArn(scope: string, name: string): string {
  return arnOf(scope, `schedule-group/${name}`);
}

/** @throws ValidationException */
export function checkTimes(schedule: Schedule): void {
  const { timezone, startMs, endMs, createdMs } = schedule;
  if (timezone !== undefined && !isTimeZone(timezone)) {
    throw validation(`Invalid ScheduleExpressionTimezone ${timezone}. Use an IANA name such as Europe/Berlin.`);
  }
  try {
    timesOf(schedule);
  } catch (error) {
    throw validation(`Invalid Schedule Expression ${schedule.expression}. ${messageOf(error)}`);
  }
  if (startMs !== undefined && endMs !== undefined && startMs >= endMs) {
    throw validation('The StartDate must come before the EndDate.');
  }
  if (endMs !== undefined && endMs <= createdMs) throw validation('The EndDate must lie in the future.');
}

/**
 * The next time behind `afterMs`; undefined when there is none any more.
 *
 * A rate counts from the start date, or from when the schedule was made, which is its first time.
 */
export function nextTimeMs(schedule: Schedule, afterMs: number): number | undefined {
  const { startMs, endMs, expression } = schedule;
  const isOnce = expression.trimStart().startsWith('at(');
  // A single time has no use for start and end dates.
  const fromMs = isOnce || startMs === undefined ? afterMs : Math.max(afterMs, startMs - 1);
  const nextMs = timesOf(schedule).next(new Date(fromMs))?.getTime();
  if (nextMs === undefined || (!isOnce && endMs !== undefined && nextMs > endMs)) return undefined;
  return nextMs;
}

/** How long after its time a run begins: somewhere in the window, the same for the same run. */
export function windowDelayMs({ windowMinutes = 0, group, name }: Schedule, timeMs: number): number {
  if (windowMinutes === 0) return 0;
  const hash = createHash('sha256').update(`${group}/${name}/${timeMs}`).digest().readUInt32BE();
  return Math.floor((hash / 2 ** 32) * windowMinutes * 60_000);
}

function timesOf({ expression, timezone, startMs, createdMs }: Schedule): Times {
  const startAt = new Date(startMs ?? createdMs);
  return parseSchedule(expression, { startAt, ...(timezone !== undefined && { timezone }) });
}

function isTimeZone(name: string): boolean {
  try {
    return Intl.DateTimeFormat('en', { timeZone: name }) !== undefined;
  } catch {
    return false;
  }
}

function arnOf(scope: string, resource: string): string {
  const [accountId = '', region = ''] = scope.split('/');
  return formatArn({ service: 'scheduler', region, accountId, resource });
}
