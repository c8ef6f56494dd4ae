/**
 * Rules that go off by time.
 *
 * Differs from AWS: a scheduled rule whose time came while the platform was down is not made up for; it goes off at its
 * next time. A schedule of EventBridge Scheduler is made up for.
 */
import type { Clock, Timer } from '#kernel/clock';
import { parseSchedule, runSchedule } from '#kernel/schedule';
import type { Rule } from './rule.ts';

export class RuleTimers {
  readonly #clock: Clock;
  readonly #onTime: (scope: string, rule: Rule) => void;
  readonly #timers = new Map<string, Timer>();

  constructor(clock: Clock, onTime: (scope: string, rule: Rule) => void) {
    this.#clock = clock;
    this.#onTime = onTime;
  }

  /** Takes the rule as it is now: its schedule when it has one and is enabled, nothing otherwise. */
  arm(scope: string, rule: Rule): void {
    this.disarm(scope, rule.name);
    if (rule.state !== 'ENABLED' || rule.schedule === undefined) return;
    const startAt = rule.scheduledSinceMs === undefined ? {} : { startAt: new Date(rule.scheduledSinceMs) };
    const schedule = parseSchedule(rule.schedule, startAt);
    const timer = runSchedule(schedule, this.#clock, () => this.#onTime(scope, rule));
    this.#timers.set(`${scope}\n${rule.name}`, timer);
  }

  /** Only rules of the default bus have schedules, so that the name is enough. */
  disarm(scope: string, name: string): void {
    this.#timers.get(`${scope}\n${name}`)?.cancel();
    this.#timers.delete(`${scope}\n${name}`);
  }

  stop(): void {
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
  }
}
