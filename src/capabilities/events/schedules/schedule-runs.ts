/**
 * Runs of schedules: when the time of one has come, its invocation is written down with the next time in one
 * transaction, and carried out at least once, with retries and a dead-letter queue.
 *
 * A time that fell into a stop of the platform is made up for once after the start: a single time for certain, and of
 * those that a recurring schedule missed the first one.
 */
import type { Clock, Timer } from '#kernel/clock';
import { messageOf } from '#kernel/errors';
import { newUuid } from '#kernel/ids';
import type { Log } from '#kernel/log';
import { Outbox, type OutboxEntry } from '#kernel/outbox';
import { isHopeless } from '#kernel/retry';
import type { State, Transaction } from '#kernel/state';
import { targetFailed } from '../errors.ts';
import type { DueSchedule, ScheduleStore } from '../store/schedules.ts';
import { failureAttributes, type DeadLetters } from '../targets/dead-letters.ts';
import type { Sender } from '../targets/sender.ts';
import { planRetry } from '../targets/target.ts';
import { nextTimeMs, scheduleArn, windowDelayMs, type Schedule } from './schedule.ts';
import { fillContext, scheduleDestinationOf, type ScheduleTarget } from './schedule-target.ts';

interface Invocation {
  readonly scope: string;
  readonly scheduleArn: string;
  readonly target: ScheduleTarget;
  readonly scheduledMs: number;
  readonly executionId: string;
}

export interface ScheduleRunsParts {
  readonly state: State;
  readonly clock: Clock;
  readonly log: Log;
  readonly store: ScheduleStore;
  readonly sender: Sender;
  readonly deadLetters: DeadLetters;
}

const invokedBy = 'scheduler.amazonaws.com';
const retryMs = 1000;

export class ScheduleRuns {
  readonly #parts: ScheduleRunsParts;
  readonly #outbox: Outbox<Invocation>;
  #timer: Timer | undefined;
  #isRunning = false;
  #firing: Promise<void> | undefined;

  constructor(parts: ScheduleRunsParts) {
    this.#parts = parts;
    const { state, clock, log } = parts;
    this.#outbox = new Outbox({
      state,
      clock,
      log,
      box: 'events-schedules',
      deliver: (entry, signal) => this.#invoke(entry, signal),
      retryAfterMs: (entry, error) => {
        const plan = isHopeless(error) ? undefined : this.#plan(entry);
        return typeof plan === 'object' ? plan.pauseMs : undefined;
      },
      giveUp: (db, entry, error) => this.#giveUp(db, entry, error),
    });
  }

  start(): void {
    this.#isRunning = true;
    this.#outbox.start();
    this.rearm();
  }

  async stop(): Promise<void> {
    this.#isRunning = false;
    this.#timer?.cancel();
    await this.#firing;
    await this.#outbox.stop();
  }

  /** To be called when a schedule was put: the next time may be another one now. */
  rearm(): void {
    this.#timer?.cancel();
    if (!this.#isRunning || this.#firing !== undefined) return;
    const { clock, store } = this.#parts;
    const dueMs = store.nextDueMs();
    if (dueMs !== undefined) this.#arm(Math.max(dueMs - clock.nowMs(), 0));
  }

  #arm(delayMs: number): void {
    this.#timer = this.#parts.clock.setTimer(delayMs, () => {
      this.#firing = this.#fire();
    });
  }

  /** Never rejects. */
  async #fire(): Promise<void> {
    const { state, clock, log, store } = this.#parts;
    let hasFailed = false;
    try {
      await state.write((db) => {
        for (const due of store.listDue(db, clock.nowMs())) this.#take(db, due);
      });
    } catch (error) {
      hasFailed = true;
      log.error('schedules that are due could not be written; they are tried again', { error });
    }
    this.#firing = undefined;
    if (hasFailed && this.#isRunning) this.#arm(retryMs);
    else this.rearm();
  }

  #take(db: Transaction, due: DueSchedule): void {
    const { store } = this.#parts;
    const { scope, schedule, dueMs } = due;
    const { group, name, target } = schedule;
    const invocation = {
      scope,
      scheduleArn: scheduleArn(scope, schedule),
      target,
      scheduledMs: dueMs,
      executionId: newUuid(),
    };
    this.#outbox.add(db, invocation, { delayMs: windowDelayMs(schedule, dueMs) });
    const nextMs = this.#nextMs(schedule);
    if (nextMs === undefined && schedule.afterCompletion === 'DELETE') store.remove(db, scope, group, name);
    else store.setNext(db, due, nextMs);
  }

  /** An expression that an earlier version took and this one does not must not hold up the others. */
  #nextMs(schedule: Schedule): number | undefined {
    const { clock, log } = this.#parts;
    try {
      return nextTimeMs(schedule, clock.nowMs());
    } catch (error) {
      log.error('a schedule ends, since its expression cannot be read', {
        schedule: schedule.name,
        why: messageOf(error),
      });
      return undefined;
    }
  }

  async #invoke({ payload, attempts, addedMs }: OutboxEntry<Invocation>, signal: AbortSignal): Promise<void> {
    const { scope, target, executionId, scheduledMs } = payload;
    const { sender } = this.#parts;
    const { roleArn } = target;
    const scheduledTime = isoSeconds(scheduledMs);
    const facts = { scheduleArn: payload.scheduleArn, scheduledTime, executionId, attempt: attempts + 1 };
    const text = target.input === undefined ? defaultInput(payload, addedMs) : fillContext(target.input, facts);
    const destination = scheduleDestinationOf(target.arn);
    if (destination.kind === 'operation') {
      const input = target.input === undefined ? {} : (JSON.parse(text) as object);
      await sender.call(destination.service, destination.operation, input, { scope, roleArn, signal, invokedBy });
      return;
    }
    if (destination.kind === 'bus') {
      const { detailType, source } = target.event ?? { detailType: '', source: '' };
      const Detail = target.input === undefined ? '{}' : text;
      const Entries = [{ EventBusName: target.arn, Source: source, DetailType: detailType, Detail }];
      const as = { scope: destination.scope, roleArn, signal, invokedBy } as const;
      const answer = (await sender.call('events', 'PutEvents', { Entries }, as)) as {
        FailedEntryCount?: number;
        Entries?: { ErrorMessage?: string }[];
      };
      if (answer.FailedEntryCount)
        throw targetFailed(answer.Entries?.[0]?.ErrorMessage ?? 'PutEvents refused the event.');
      return;
    }
    const message = { id: executionId, eventId: executionId, text, roleArn, stream: '', invokedBy } as const;
    await sender.send(destination, { ...message, messageGroupId: target.messageGroupId }, signal);
  }

  #plan({ payload, attempts, addedMs }: OutboxEntry<Invocation>): ReturnType<typeof planRetry> {
    return planRetry(payload.target.retry, attempts, this.#parts.clock.nowMs() - addedMs);
  }

  #giveUp(db: Transaction, entry: OutboxEntry<Invocation>, error: unknown): void {
    const { log, deadLetters } = this.#parts;
    const { scheduleArn: SCHEDULE_ARN, target, executionId } = entry.payload;
    log.warn('a schedule did not reach its target', {
      schedule: SCHEDULE_ARN,
      target: target.arn,
      why: messageOf(error),
    });
    if (target.deadLetterArn === undefined) return;
    const plan = isHopeless(error) ? undefined : this.#plan(entry);
    deadLetters.add(db, {
      queueArn: target.deadLetterArn,
      body: target.input ?? defaultInput(entry.payload, entry.addedMs),
      attributes: {
        SCHEDULE_ARN,
        TARGET_ARN: target.arn,
        EXECUTION_ID: executionId,
        ...failureAttributes(error, entry.attempts, typeof plan === 'string' ? plan : undefined),
      },
      invokedBy,
    });
  }
}

/** What a target gets when the schedule gives no input. */
function defaultInput({ scope, scheduleArn: arn, executionId }: Invocation, addedMs: number): string {
  const [account = '', region = ''] = scope.split('/');
  return JSON.stringify({
    version: '0',
    id: executionId,
    'detail-type': 'Scheduled Event',
    source: 'aws.scheduler',
    account,
    time: isoSeconds(addedMs),
    region,
    resources: [arn],
    detail: '{}',
  });
}

function isoSeconds(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
