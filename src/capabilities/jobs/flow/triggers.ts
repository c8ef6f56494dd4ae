/** Triggers as their owners see them, and the clocks and event batches that set them off. */
import { dropTags, putTags, type TagMap } from '#catalog';
import type { Clock, Timer } from '#kernel/clock';
import { messageOf } from '#kernel/errors';
import type { Log } from '#kernel/log';
import { parseSchedule, runSchedule } from '#kernel/schedule';
import type { State } from '#kernel/state';
import { absent, exists, invalidInput } from '../errors.ts';
import * as rows from '../store/triggers.ts';
import { selectWorkflow } from '../store/workflows.ts';
import type { Flow } from './flow.ts';
import { checkTrigger, isStart, triggerArn, type Trigger, type TriggerDefinition } from './trigger.ts';

export interface TriggersParts {
  readonly state: State;
  readonly clock: Clock;
  readonly log: Log;
  readonly flow: Flow;
}

export class Triggers {
  readonly #parts: TriggersParts;
  /** Timers of schedules and of batch windows, by scope and name. */
  readonly #timers = new Map<string, Timer>();

  constructor(parts: TriggersParts) {
    this.#parts = parts;
  }

  /** @throws AlreadyExistsException, EntityNotFoundException for the workflow, InvalidInputException */
  async createTrigger(
    scope: string,
    trigger: Omit<Trigger, 'state'>,
    options: { startOnCreation: boolean; tags?: TagMap },
  ): Promise<void> {
    if (trigger.type === 'ON_DEMAND' && options.startOnCreation) {
      throw invalidInput(
        `Trigger ${trigger.name} is ON_DEMAND and cannot start on creation. Start it with StartTrigger.`,
      );
    }
    const created: Trigger = { ...trigger, state: options.startOnCreation ? 'ACTIVATED' : 'CREATED' };
    checkTrigger(created);
    await this.#parts.state.write((db) => {
      if (rows.selectTrigger(db, scope, trigger.name) !== undefined) throw exists(`Trigger ${trigger.name}`);
      const { workflowName } = trigger;
      if (workflowName !== undefined) {
        if (selectWorkflow(db, scope, workflowName) === undefined) throw absent(`Workflow ${workflowName}`);
        const start = rows.selectTriggers(db, scope).find((one) => one.workflowName === workflowName && isStart(one));
        if (isStart(created) && start !== undefined) {
          throw invalidInput(
            `Workflow ${workflowName} already starts with trigger ${start.name}; it can have one start trigger.`,
          );
        }
      }
      rows.upsertTrigger(db, scope, created);
      putTags(db, triggerArn(scope, trigger.name), options.tags ?? {});
    });
    this.#arm(scope, created);
  }

  /** Replaces what the trigger waits for and starts; members left out of `change` stay. */
  async updateTrigger(scope: string, name: string, change: Partial<TriggerDefinition>): Promise<Trigger> {
    const updated = await this.#parts.state.write((db) => {
      const next = { ...this.#require(rows.selectTrigger(db, scope, name), name), ...change };
      checkTrigger(next);
      rows.forgetWaiting(db, scope, name);
      rows.upsertTrigger(db, scope, next);
      return next;
    });
    this.#arm(scope, updated);
    return updated;
  }

  findTrigger(scope: string, name: string): Trigger | undefined {
    return rows.selectTrigger(this.#parts.state.reader, scope, name);
  }

  /** @throws EntityNotFoundException */
  getTrigger(scope: string, name: string): Trigger {
    return this.#require(this.findTrigger(scope, name), name);
  }

  /** Triggers in order of their names. @param dependentJob only those that start this job */
  listTriggers(scope: string, dependentJob?: string): Trigger[] {
    const all = rows.selectTriggers(this.#parts.state.reader, scope);
    if (dependentJob === undefined) return all;
    return all.filter((trigger) => trigger.actions.some((action) => action.jobName === dependentJob));
  }

  /** Deleting what is not there is no error, as in AWS. */
  async deleteTrigger(scope: string, name: string): Promise<void> {
    await this.#parts.state.write((db) => {
      if (rows.removeTrigger(db, scope, name)) dropTags(db, triggerArn(scope, name));
    });
    this.#disarm(scope, name);
  }

  /** Fires an ON_DEMAND trigger, or its workflow; activates any other. @throws EntityNotFoundException */
  async startTrigger(scope: string, name: string): Promise<void> {
    const trigger = this.getTrigger(scope, name);
    if (trigger.type === 'ON_DEMAND') return this.#fire(scope, trigger);
    const active: Trigger = { ...trigger, state: 'ACTIVATED' };
    await this.#parts.state.write((db) => rows.upsertTrigger(db, scope, active));
    this.#arm(scope, active);
  }

  /** @throws EntityNotFoundException, InvalidInputException for an ON_DEMAND trigger */
  async stopTrigger(scope: string, name: string): Promise<void> {
    const trigger = this.getTrigger(scope, name);
    if (trigger.type === 'ON_DEMAND') throw invalidInput(`Trigger ${name} is ON_DEMAND: there is nothing to stop.`);
    await this.#parts.state.write((db) => {
      rows.forgetWaiting(db, scope, name);
      rows.upsertTrigger(db, scope, { ...trigger, state: 'DEACTIVATED' });
    });
    this.#disarm(scope, name);
  }

  /** An event for a workflow that starts by events: it starts when its batch is full or its window is over. */
  async notify(scope: string, workflowName: string, eventId: string): Promise<void> {
    const trigger = rows
      .selectTriggers(this.#parts.state.reader, scope)
      .find((one) => one.workflowName === workflowName && one.type === 'EVENT');
    if (trigger?.state !== 'ACTIVATED') {
      throw invalidInput(`Workflow ${workflowName} has no active trigger of type EVENT. Create one, and start it.`);
    }
    await this.#parts.state.write((db) =>
      rows.insertNotice(db, scope, trigger.name, { eventId, receivedMs: this.#parts.clock.nowMs() }),
    );
    await this.#releaseBatch(scope, trigger);
  }

  /** Arms the schedules and windows of active triggers. */
  start(): void {
    const { reader } = this.#parts.state;
    for (const type of ['SCHEDULED', 'EVENT'] as const) {
      for (const { scope, trigger } of rows.selectActiveTriggers(reader, type)) this.#arm(scope, trigger);
    }
  }

  stop(): void {
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
  }

  #arm(scope: string, trigger: Trigger): void {
    this.#disarm(scope, trigger.name);
    if (trigger.state !== 'ACTIVATED') return;
    if (trigger.type === 'SCHEDULED' && trigger.schedule !== undefined) {
      const timer = runSchedule(parseSchedule(trigger.schedule), this.#parts.clock, () => this.#begin(scope, trigger));
      this.#timers.set(keyOf(scope, trigger.name), timer);
    }
    if (trigger.type === 'EVENT') this.#quietly(trigger, this.#releaseBatch(scope, trigger));
  }

  #disarm(scope: string, name: string): void {
    this.#timers.get(keyOf(scope, name))?.cancel();
    this.#timers.delete(keyOf(scope, name));
  }

  #begin(scope: string, trigger: Trigger): void {
    this.#quietly(trigger, this.#fire(scope, trigger));
  }

  async #fire(scope: string, trigger: Trigger): Promise<void> {
    if (trigger.workflowName === undefined) await this.#parts.flow.fire(scope, trigger);
    else await this.#parts.flow.startWorkflow(scope, trigger.workflowName);
  }

  async #releaseBatch(scope: string, trigger: Trigger): Promise<void> {
    const { state, clock, flow } = this.#parts;
    const { size, windowSeconds } = trigger.batch ?? { size: 1, windowSeconds: 900 };
    const notices = rows.selectNotices(state.reader, scope, trigger.name);
    const oldest = notices[0];
    if (oldest === undefined) return;
    const remainingMs = oldest.receivedMs + windowSeconds * 1000 - clock.nowMs();
    if (notices.length < size && remainingMs > 0) {
      this.#disarm(scope, trigger.name);
      const timer = clock.setTimer(remainingMs, () => this.#quietly(trigger, this.#releaseBatch(scope, trigger)));
      this.#timers.set(keyOf(scope, trigger.name), timer);
      return;
    }
    const batch = notices.slice(0, size);
    await state.write((db) => rows.removeNotices(db, scope, trigger.name, batch.length));
    const eventIds = JSON.stringify(batch.map((notice) => notice.eventId));
    await flow.startWorkflow(scope, trigger.workflowName ?? '', { 'aws:eventIds': eventIds });
    await this.#releaseBatch(scope, trigger);
  }

  #quietly(trigger: Trigger, work: Promise<void>): void {
    work.catch((error: unknown) => {
      this.#parts.log.warn('a trigger could not fire', { trigger: trigger.name, why: messageOf(error) });
    });
  }

  #require(trigger: Trigger | undefined, name: string): Trigger {
    if (trigger === undefined) throw absent(`Trigger ${name}`);
    return trigger;
  }
}

function keyOf(scope: string, name: string): string {
  return `${scope}\n${name}`;
}
