/** Schedules and their groups: what is kept, and that it takes effect at once. */
import type { Clock } from '#kernel/clock';
import { absent, conflict, scheduleAbsent, validation } from '../errors.ts';
import type { ScheduleStore } from '../store/schedules.ts';
import { withTags, withoutTags, type Tags } from '../tags.ts';
import { operations } from '../targets/destination.ts';
import { checkTimes, defaultGroup, nextTimeMs, type Schedule, type ScheduleGroup } from './schedule.ts';
import type { ScheduleRuns } from './schedule-runs.ts';
import { checkScheduleTarget, scheduleDestinationOf, type ScheduleTarget } from './schedule-target.ts';

export type ScheduleSettings = Omit<Schedule, 'createdMs' | 'modifiedMs'>;

export interface SchedulesParts {
  readonly store: ScheduleStore;
  readonly runs: ScheduleRuns;
  readonly clock: Clock;
  readonly serves: (service: string, operation: string) => boolean;
}

export class Schedules {
  readonly #parts: SchedulesParts;

  constructor(parts: SchedulesParts) {
    this.#parts = parts;
  }

  /** @throws ValidationException, ConflictException, ResourceNotFoundException (the group) */
  async create(scope: string, settings: ScheduleSettings): Promise<void> {
    const nowMs = this.#parts.clock.nowMs();
    const schedule = { ...settings, createdMs: nowMs, modifiedMs: nowMs };
    this.#check(schedule);
    await this.#put(scope, schedule, (before) => {
      if (before === undefined) return { schedule, nextMs: nextOf(schedule, nowMs - 1) };
      // The same request again, whose answer was lost.
      if (before.clientToken !== undefined && before.clientToken === settings.clientToken) return undefined;
      throw conflict(`Schedule ${schedule.name} already exists.`);
    });
  }

  /** Replaces all settings. @throws ValidationException, ResourceNotFoundException */
  async update(scope: string, settings: ScheduleSettings): Promise<void> {
    const nowMs = this.#parts.clock.nowMs();
    await this.#put(scope, settings, (before) => {
      if (before === undefined) throw scheduleAbsent(settings.name);
      const schedule = { ...settings, createdMs: before.createdMs, modifiedMs: nowMs };
      this.#check(schedule);
      return { schedule, nextMs: nextOf(schedule, nowMs) };
    });
  }

  async delete(scope: string, group: string, name: string): Promise<void> {
    await this.#parts.store.delete(scope, group, name);
    this.#parts.runs.rearm();
  }

  /** @throws ResourceNotFoundException */
  get(scope: string, group: string, name: string): Schedule {
    const found = this.#parts.store.find(scope, group, name);
    if (found === undefined) throw scheduleAbsent(name);
    return found;
  }

  /** @throws ResourceNotFoundException when there is no such group */
  list(scope: string, group?: string): Schedule[] {
    if (group !== undefined) this.getGroup(scope, group);
    return this.#parts.store.list(scope, group);
  }

  /** @throws ConflictException */
  async createGroup(scope: string, name: string, tags: Tags): Promise<void> {
    const nowMs = this.#parts.clock.nowMs();
    await this.#parts.store.insertGroup(scope, { name, createdMs: nowMs, modifiedMs: nowMs }, tags);
  }

  /** With all its schedules. @throws ValidationException for the default group */
  async deleteGroup(scope: string, name: string): Promise<void> {
    if (name === defaultGroup) throw validation('Cannot delete the default schedule group.');
    await this.#parts.store.deleteGroup(scope, name);
    this.#parts.runs.rearm();
  }

  getGroup(scope: string, name: string): ScheduleGroup {
    const found = this.#parts.store.findGroup(scope, name);
    if (found === undefined) throw absent(`Schedule group ${name} does not exist.`);
    return found;
  }

  listGroups(scope: string): ScheduleGroup[] {
    return this.#parts.store.listGroups(scope);
  }

  getTags(scope: string, group: string): Tags {
    return this.#parts.store.getGroupTags(scope, group);
  }

  addTags(scope: string, group: string, tags: Tags): Promise<void> {
    return this.#parts.store.changeGroupTags(scope, group, (before) => withTags(before, tags));
  }

  removeTags(scope: string, group: string, keys: readonly string[]): Promise<void> {
    return this.#parts.store.changeGroupTags(scope, group, (before) => withoutTags(before, keys));
  }

  #put(
    scope: string,
    name: Pick<Schedule, 'group' | 'name'>,
    change: Parameters<ScheduleStore['put']>[2],
  ): Promise<void> {
    const { store, runs } = this.#parts;
    return store.put(scope, name, change, () => runs.rearm());
  }

  #check(schedule: Schedule): void {
    checkTimes(schedule);
    checkScheduleTarget(schedule.target);
    this.#assertServed(schedule.target);
  }

  #assertServed({ arn }: ScheduleTarget): void {
    const destination = scheduleDestinationOf(arn);
    const wanted =
      destination.kind === 'operation'
        ? ([destination.service, destination.operation] as const)
        : operations[destination.kind];
    if (wanted === undefined || this.#parts.serves(...wanted)) return;
    throw validation(`Target ${arn} cannot be reached: ${wanted.join(' ')} is not served here.`);
  }
}

/** A schedule that is switched off waits for nothing. */
function nextOf(schedule: Schedule, afterMs: number): number | undefined {
  return schedule.state === 'ENABLED' ? nextTimeMs(schedule, afterMs) : undefined;
}
