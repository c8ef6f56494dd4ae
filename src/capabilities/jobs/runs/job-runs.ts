/**
 * Runs of jobs: started, retried, stopped, ended, each step kept before it shows. A run that a crash or a shutdown
 * interrupted ends FAILED with that reason at the next start, and is tried again where MaxRetries leaves tries.
 */
import type { Clock } from '#kernel/clock';
import type { EventHub, PlatformEvent } from '#kernel/events';
import { newUuid } from '#kernel/ids';
import type { Log } from '#kernel/log';
import type { Db, State } from '#kernel/state';
import { absent, concurrentRuns, invalidInput } from '../errors.ts';
import { checkArguments, checkRange, jobArn, type Arguments, type Job } from '../job.ts';
import { selectJob } from '../store/jobs.ts';
import { removeIntent } from '../store/outputs.ts';
import * as rows from '../store/runs.ts';
import { advanceRun, canBecome, isFinal, newRunId, retryOf, type JobRun, type Predecessor } from './job-run.ts';
import type { Ending, Interruption, Runner } from './runner.ts';

export interface RunRequest {
  readonly jobName: string;
  readonly arguments?: Arguments | undefined;
  readonly timeoutMinutes?: number | undefined;
  readonly queuing?: boolean | undefined;
  /** Runs again what this run did. */
  readonly retryOfRunId?: string | undefined;
  readonly triggerName?: string;
  readonly workflowRunId?: string | undefined;
  readonly predecessors?: readonly Predecessor[];
  readonly recorded?: Readonly<Record<string, unknown>>;
}

/** Told of every run that has ended for good (not one that is tried again). */
export interface RunObserver {
  /** Called inside the write that ends the run. */
  record(db: Db, scope: string, run: JobRun): void;
  /** Called when that write is on disk. */
  act(scope: string): void;
}

export interface JobRunsParts {
  readonly state: State;
  readonly clock: Clock;
  readonly log: Log;
  readonly events: EventHub;
  readonly runner: Runner;
}

const stoppedByUser: Ending = { state: 'STOPPED', errorMessage: 'The run was stopped by a user.' };

interface ActiveRun {
  readonly abort: AbortController;
  readonly done: Promise<void>;
}

export class JobRuns {
  readonly #parts: JobRunsParts;
  readonly #active = new Map<string, ActiveRun>();
  #observer: RunObserver | undefined;
  #closing = false;

  constructor(parts: JobRunsParts) {
    this.#parts = parts;
  }

  observe(observer: RunObserver): void {
    this.#observer = observer;
  }

  /** @throws EntityNotFoundException, ConcurrentRunsExceededException, InvalidInputException */
  async startRun(scope: string, request: RunRequest): Promise<JobRun> {
    const run = await this.#parts.state.write((db) => this.insertRun(db, scope, request));
    this.launch(scope, run);
    return run;
  }

  /** The writing half of `startRun`, for those who start runs as part of a greater change; `launch` follows it. */
  insertRun(db: Db, scope: string, request: RunRequest): JobRun {
    const job = selectJob(db, scope, request.jobName);
    if (job === undefined) throw absent(`Job ${request.jobName}`);
    const run = this.#newRun(db, scope, job, request);
    rows.insertRun(db, scope, run);
    return run;
  }

  /** Sets a run going that is kept as STARTING; a waiting one stays where it is. */
  launch(scope: string, run: JobRun): void {
    if (run.state !== 'STARTING' || this.#closing) return;
    const abort = new AbortController();
    const done = this.#carryOut(scope, run, abort).catch((error: unknown) => {
      this.#parts.log.error('a job run could not be kept', { job: run.jobName, run: run.id, error });
    });
    this.#active.set(run.id, { abort, done });
    void done.finally(() => this.#active.delete(run.id));
  }

  /** @throws EntityNotFoundException */
  getRun(scope: string, job: string, id: string): JobRun {
    const run = rows.selectRun(this.#parts.state.reader, scope, job, id);
    if (run === undefined) throw absent(`Job run ${id} of job ${job}`);
    return run;
  }

  /** Newest first. @param before sequence behind which the page starts */
  listRuns(scope: string, job: string, before: number, limit: number): rows.StoredRun[] {
    this.#job(scope, job);
    return rows.selectRuns(this.#parts.state.reader, scope, job, before, limit);
  }

  listWorkflowRuns(workflowRunId: string): JobRun[] {
    return rows.selectWorkflowRuns(this.#parts.state.reader, workflowRunId);
  }

  /** Asks a run to stop. @throws EntityNotFoundException, InvalidInputException when it has ended already */
  async stopRun(scope: string, job: string, id: string): Promise<void> {
    const run = await this.#parts.state.write((db) => {
      const found = rows.selectRun(db, scope, job, id);
      if (found === undefined) throw absent(`Job run ${id} of job ${job}`);
      if (found.state === 'STOPPING') return found;
      const next = found.state === 'WAITING' ? 'STOPPED' : 'STOPPING';
      if (!canBecome(found.state, next)) {
        throw invalidInput(`Job run ${id} is ${found.state}; only a run that has not ended can be stopped.`);
      }
      const stopped = advanceRun(found, next, this.#parts.clock.nowMs());
      rows.updateRun(db, scope, stopped);
      if (isFinal(stopped.state)) {
        this.#observer?.record(db, scope, stopped);
        this.#parts.events.record(db, this.#stateChange(scope, stopped));
      }
      return stopped;
    });
    if (isFinal(run.state)) this.#observer?.act(scope);
    else this.#active.get(id)?.abort.abort('stop' satisfies Interruption);
  }

  findBookmark(scope: string, job: string): rows.StoredBookmark | undefined {
    this.#job(scope, job);
    return rows.selectBookmark(this.#parts.state.reader, scope, job);
  }

  /** The next run processes everything again. @returns the bookmark that was there */
  async resetBookmark(scope: string, job: string): Promise<rows.StoredBookmark | undefined> {
    this.#job(scope, job);
    return this.#parts.state.write((db) => {
      const before = rows.selectBookmark(db, scope, job);
      rows.removeBookmark(db, scope, job);
      return before;
    });
  }

  /** Settles what the last process left unfinished. */
  async resume(): Promise<void> {
    for (const { scope, run } of rows.selectUnfinished(this.#parts.state.reader)) {
      if (run.state === 'WAITING') await this.#startWaiting(scope, run.jobName);
      else {
        const ending = await this.#parts.runner.settle(run);
        const isStopped = run.state === 'STOPPING' && ending.state === 'FAILED';
        await this.#end(scope, run, isStopped ? stoppedByUser : ending);
      }
    }
  }

  /** Interrupts what runs; the next start settles it. */
  async close(): Promise<void> {
    this.#closing = true;
    const active = [...this.#active.values()];
    for (const { abort } of active) abort.abort('shutdown' satisfies Interruption);
    await Promise.all(active.map(({ done }) => done));
  }

  #newRun(db: Db, scope: string, job: Job, request: RunRequest): JobRun {
    const previous =
      request.retryOfRunId === undefined ? undefined : rows.selectRun(db, scope, job.name, request.retryOfRunId);
    if (request.retryOfRunId !== undefined && previous === undefined) throw absent(`Job run ${request.retryOfRunId}`);
    const values = request.arguments ?? previous?.arguments ?? {};
    const timeoutMinutes = request.timeoutMinutes ?? job.timeoutMinutes;
    checkArguments(values);
    checkRange('Timeout', timeoutMinutes, 1, 7 * 24 * 60);
    const isFull = rows.countActive(db, scope, job.name) >= job.maxConcurrentRuns;
    const queues = request.queuing ?? job.queuing;
    if (isFull && !queues) throw concurrentRuns(`job ${job.name}`, job.maxConcurrentRuns);
    const nowMs = this.#parts.clock.nowMs();
    return {
      id: newRunId(),
      jobName: job.name,
      attempt: 0,
      state: isFull ? 'WAITING' : 'STARTING',
      arguments: values,
      timeoutMinutes,
      startedMs: nowMs,
      modifiedMs: nowMs,
      predecessors: request.predecessors ?? [],
      recorded: request.recorded ?? {},
      ...(request.retryOfRunId !== undefined && { previousRunId: request.retryOfRunId }),
      ...(request.triggerName !== undefined && { triggerName: request.triggerName }),
      ...(request.workflowRunId !== undefined && { workflowRunId: request.workflowRunId }),
    };
  }

  async #carryOut(scope: string, starting: JobRun, abort: AbortController): Promise<void> {
    const { state, runner } = this.#parts;
    const started = await state.write((db) => {
      const current = rows.selectRun(db, scope, starting.jobName, starting.id);
      const job = selectJob(db, scope, starting.jobName);
      if (current?.state !== 'STARTING' || job === undefined) return { current, job };
      const running = advanceRun(current, 'RUNNING', this.#parts.clock.nowMs());
      rows.updateRun(db, scope, running);
      return { current: running, job };
    });
    const { current, job } = started;
    if (current === undefined) return;
    if (job === undefined) {
      return this.#end(scope, current, {
        state: 'FAILED',
        errorMessage: `Job ${current.jobName} was deleted before this run started.`,
      });
    }
    if (current.state === 'STOPPING') {
      return this.#end(scope, current, stoppedByUser);
    }
    const bookmark = rows.selectBookmark(state.reader, scope, job.name)?.bookmark;
    await this.#end(scope, current, await runner.carryOut({ scope, job, run: current, bookmark, abort }));
  }

  async #end(scope: string, run: JobRun, ending: Ending): Promise<void> {
    if (ending.state === 'interrupted') return;
    const { state, clock } = this.#parts;
    const result = await state.write((db) => {
      const current = rows.selectRun(db, scope, run.jobName, run.id);
      if (current === undefined || isFinal(current.state)) return undefined;
      const message = ending.state === 'SUCCEEDED' ? undefined : ending.errorMessage;
      const ended = advanceRun(current, ending.state, clock.nowMs(), message);
      rows.updateRun(db, scope, ended);
      removeIntent(db, ended.id);
      if (ending.state === 'SUCCEEDED' && ending.bookmark !== undefined)
        rows.moveBookmark(db, scope, ended, ending.bookmark);
      const job = selectJob(db, scope, run.jobName);
      const retry =
        ended.state === 'FAILED' && ended.attempt < (job?.maxRetries ?? 0) ? retryOf(ended, clock.nowMs()) : undefined;
      if (retry === undefined) this.#observer?.record(db, scope, ended);
      else rows.insertRun(db, scope, retry);
      this.#parts.events.record(db, this.#stateChange(scope, ended));
      return { ended, retry };
    });
    if (result === undefined) return;
    this.#observer?.act(scope);
    if (result.retry !== undefined) this.launch(scope, result.retry);
    await this.#startWaiting(scope, run.jobName);
  }

  /** Gives a free place to the run that has waited longest. */
  async #startWaiting(scope: string, jobName: string): Promise<void> {
    const run = await this.#parts.state.write((db) => {
      const job = selectJob(db, scope, jobName);
      const waiting = rows.selectWaiting(db, scope, jobName);
      if (waiting === undefined || rows.countActive(db, scope, jobName) >= (job?.maxConcurrentRuns ?? 1))
        return undefined;
      const nowMs = this.#parts.clock.nowMs();
      const starting = { ...advanceRun(waiting, 'STARTING', nowMs), startedMs: nowMs };
      rows.updateRun(db, scope, starting);
      return starting;
    });
    if (run !== undefined) this.launch(scope, run);
  }

  #stateChange(scope: string, run: JobRun): PlatformEvent {
    const [accountId = '', region = ''] = scope.split('/');
    return {
      id: newUuid(),
      source: 'aws.glue',
      detailType: 'Glue Job State Change',
      accountId,
      region,
      time: this.#parts.clock.now(),
      resources: [jobArn(scope, run.jobName)],
      detail: {
        jobName: run.jobName,
        severity: run.state === 'SUCCEEDED' ? 'INFO' : run.state === 'STOPPED' ? 'INFO' : 'ERROR',
        state: run.state,
        jobRunId: run.id,
        message: run.errorMessage ?? 'Job run succeeded',
      },
    };
  }

  #job(scope: string, name: string): Job {
    const job = selectJob(this.#parts.state.reader, scope, name);
    if (job === undefined) throw absent(`Job ${name}`);
    return job;
  }
}
