/**
 * The engine: runs every execution. Runs that can go on take turns in slices; what changed goes to the state in one write
 * for all of them; only then are calls made and callers answered. Runs that wait leave memory until a due time, an outcome
 * or a question brings them back.
 */
import type { Clock, Timer } from '#kernel/clock';
import { messageOf } from '#kernel/errors';
import type { Log } from '#kernel/log';
import type { State, Transaction } from '#kernel/state';
import type { HistoryEvent } from './execution.ts';
import type { Interpreter } from './interpreter/interpreter.ts';
import { atOnce, drive, type Steps } from './interpreter/steps.ts';
import type { TaskOutcome } from './interpreter/tasks.ts';
import type { Batch, Effect, Run } from './run.ts';
import type { Runs } from './runs.ts';
import { selectActive, selectDueThreads, selectOverdue, soonestDueMs } from './store/executions.ts';
import { markWritten, writeBatch } from './store/journal.ts';
import type { Thread } from './thread.ts';

export interface EngineParts {
  readonly state: State;
  readonly clock: Clock;
  readonly log: Log;
  readonly runs: Runs;
  readonly interpreter: Interpreter;
  /** Does what a task asks of the outside. Never rejects. */
  readonly perform: (run: Run, effect: Effect, signal: AbortSignal) => Promise<TaskOutcome>;
  /** A run has begun or ended: told in the write. */
  readonly recordChange: (db: Transaction, run: Run) => void;
  /** Told once a batch is on disk. */
  readonly observe: (run: Run, events: readonly HistoryEvent[]) => void;
  /** Told once a task's work outside has been submitted and written down. */
  readonly submitted: (run: Run, thread: Thread) => void;
  /** Told once it is on disk that nobody waits for a task's work any more. */
  readonly left: (run: Run, task: Effect) => void;
  /** Told once the end of a run is on disk. */
  readonly ended: (run: Run) => void;
}

// How many steps one run takes, and how long all of them go on, before others have their turn.
const stepsInTurn = 256;
const sliceMs = 6;
/** While there is more to run, changes gather this long, so that a write is worth its fsync. */
const gatherMs = 15;
const gatheredMax = 1_000;
/** A run waits for the disk when it is this far ahead of it. */
const pendingEventsMax = 4_000;
/** Pause before a write that failed is made again. */
const retryMs = 1000;
const dueBatch = 500;
const recoveryBatch = 500;

export class Engine {
  readonly #parts: EngineParts;
  readonly #queue = new Set<Run>();
  readonly #dirty = new Set<Run>();
  readonly #stopping = new AbortController();
  readonly #work = new Set<Promise<unknown>>();
  readonly #volatileTimers = new Map<Run, Timer>();
  #isPumping = false;
  #flushedMs = 0;
  #timer: Timer | undefined;
  #armedMs = Infinity;
  #isFiring = false;

  constructor(parts: EngineParts) {
    this.#parts = parts;
  }

  get signal(): AbortSignal {
    return this.#stopping.signal;
  }

  /** Takes up what a stop or a crash left: what was active goes on, what is overdue fires in due order. */
  start(): void {
    this.#track(this.#recover());
    this.#rearm();
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the platform is stopping'));
    this.#timer?.cancel();
    for (const timer of this.#volatileTimers.values()) timer.cancel();
    while (this.#work.size > 0 || this.#dirty.size > 0) {
      this.#flush();
      await Promise.allSettled(this.#work);
      if (this.#work.size === 0) break;
    }
  }

  /** A new run: its first steps are taken at once. */
  launch(run: Run): void {
    this.#parts.interpreter.begin(run);
    this.#enqueue(run);
  }

  /** Gives a run something from outside. @returns what the steps gave, once everything up to then is on disk */
  async tell<Result>(run: Run, part: () => Steps<Result>): Promise<Result> {
    const told = new Promise<Result>((resolve, reject) => {
      run.inbox.push(function* () {
        try {
          resolve(yield* part());
        } catch (error) {
          reject(error);
        }
      });
    });
    this.#enqueue(run);
    const result = await told;
    await this.settled(run);
    return result;
  }

  /** Resolves once what the run did so far is on disk. */
  async settled(run: Run): Promise<void> {
    if (run.isVolatile || (!run.isDirty && !run.isFlushing)) return;
    const committed = run.committed();
    this.#markDirty(run);
    await committed;
  }

  /** Keeps a run in memory until it is released. */
  hold(run: Run): void {
    run.inFlight++;
  }

  release(run: Run): void {
    run.inFlight--;
    this.#rest(run);
  }

  settle(run: Run, thread: Thread, attempt: number, outcome: TaskOutcome): Promise<boolean> {
    return this.tell(run, () => this.#parts.interpreter.settle(run, thread, attempt, outcome));
  }

  #enqueue(run: Run): void {
    this.#queue.add(run);
    if (this.#isPumping) return;
    this.#isPumping = true;
    queueMicrotask(() => this.#pump());
  }

  #pump(): void {
    const endMs = performance.now() + sliceMs;
    for (const run of this.#queue) {
      this.#queue.delete(run);
      this.#takeTurn(run);
      if (performance.now() > endMs) break;
    }
    const isIdle = this.#queue.size === 0;
    if (isIdle || this.#dirty.size >= gatheredMax || performance.now() - this.#flushedMs > gatherMs) this.#flush();
    this.#isPumping = this.#queue.size > 0;
    if (this.#isPumping) setImmediate(() => this.#pump());
  }

  /** Takes steps until the run has to wait or its turn is over. */
  #takeTurn(run: Run): void {
    for (let steps = 0; !run.isStepping; steps++) {
      const isFarAhead = run.isFlushing && run.pendingEvents > pendingEventsMax;
      if (isFarAhead) return this.#markDirty(run);
      const next = this.#nextStep(run);
      if (next === undefined) break;
      if (steps >= stepsInTurn) {
        run.inbox.unshift(next);
        this.#queue.add(run);
        break;
      }
      try {
        const pending = drive(next());
        if (pending instanceof Promise) this.#awaitStep(run, pending);
      } catch (error) {
        this.#failInside(run, error);
      }
    }
    this.#markDirty(run);
  }

  #nextStep(run: Run): (() => Steps<unknown>) | undefined {
    const told = run.inbox.shift();
    if (told !== undefined) return told;
    for (let thread = run.ready.shift(); thread !== undefined && !run.isOver; thread = run.ready.shift()) {
      const current = thread;
      if (run.threads.get(current.id) === current && current.isReady) {
        return () => this.#parts.interpreter.step(run, current);
      }
    }
    return undefined;
  }

  #awaitStep(run: Run, pending: Promise<unknown>): void {
    run.isStepping = true;
    this.#track(
      pending
        .catch((error: unknown) => this.#failInside(run, error))
        .finally(() => {
          run.isStepping = false;
          this.#enqueue(run);
        }),
    );
  }

  /** A fault of ours must not leave an execution hanging. */
  #failInside(run: Run, error: unknown): void {
    this.#parts.log.error('a step of an execution failed inside', { execution: run.origin.arn, error });
    if (run.isOver) return;
    const cause = `The platform failed to carry out a step: ${messageOf(error)}`;
    run.record(run.threads.get(1)?.previousEventId ?? 0, 'ExecutionFailed', { error: 'States.Runtime', cause });
    run.end('FAILED', { error: 'States.Runtime', cause });
  }

  #markDirty(run: Run): void {
    this.#dirty.add(run);
    if (!this.#isPumping) {
      this.#isPumping = true;
      queueMicrotask(() => this.#pump());
    }
  }

  /** One write for everything that changed. */
  #flush(): void {
    this.#flushedMs = performance.now();
    const taken: { run: Run; batch: Batch }[] = [];
    for (const run of this.#dirty) {
      if (run.isFlushing || run.isStepping) continue;
      this.#dirty.delete(run);
      if (run.isVolatile) {
        this.#passOn(run, run.takeBatch());
      } else if (run.isDirty) {
        run.isFlushing = true;
        taken.push({ run, batch: run.takeBatch() });
      } else {
        this.#rest(run);
      }
    }
    if (taken.length > 0) this.#track(this.#write(taken));
  }

  async #write(taken: readonly { run: Run; batch: Batch }[]): Promise<void> {
    const { state, runs, recordChange } = this.#parts;
    let soonestMs = Infinity;
    try {
      await state.write((db) => {
        for (const { run, batch } of taken) {
          writeBatch(db, run, batch, runs.revisionRow(db, run.origin.revision));
          for (const attachment of batch.attachments) attachment.write(db);
          if (batch.isNew || batch.changedHead) recordChange(db, run);
          for (const thread of batch.threads) soonestMs = Math.min(soonestMs, thread.dueMs ?? Infinity);
          soonestMs = Math.min(soonestMs, run.deadlineMs ?? Infinity);
        }
      });
    } catch (error) {
      return this.#writeFailed(taken, error);
    }
    for (const { run, batch } of taken) {
      run.isFlushing = false;
      run.isStored = true;
      markWritten(batch);
      this.#passOn(run, batch);
    }
    this.#arm(soonestMs);
  }

  #writeFailed(taken: readonly { run: Run; batch: Batch }[], error: unknown): void {
    this.#parts.log.error('the journal could not be written; trying again', { error, executions: taken.length });
    for (const { run, batch } of taken) {
      run.isFlushing = false;
      for (const waiter of batch.waiters) waiter.reject(error);
      // An execution that nobody was told of does not exist.
      if (batch.isNew) this.#parts.runs.drop(run);
      else run.restore(batch);
    }
    this.#parts.clock.setTimer(retryMs, () => {
      for (const { run, batch } of taken) if (!batch.isNew) this.#markDirty(run);
    });
  }

  /** The batch is on disk: now the world may hear of it. */
  #passOn(run: Run, batch: Batch): void {
    for (const waiter of batch.waiters) waiter.resolve();
    for (const attachment of batch.attachments) attachment.committed();
    this.#parts.observe(run, batch.events);
    for (const effect of batch.effects) this.#perform(run, effect);
    for (const task of batch.left) this.#parts.left(run, task);
    for (const thread of batch.threads) {
      const { phase } = thread;
      const isCurrent = run.threads.get(thread.id) === thread && !run.isOver;
      if (isCurrent && phase.at === 'task' && phase.stage !== 'calling') this.#parts.submitted(run, thread);
    }
    if (run.isVolatile) this.#armVolatile(run);
    this.#rest(run);
  }

  #rest(run: Run): void {
    if (run.isOver && !run.isFlushing && !run.isStepping && (run.isVolatile || !run.isDirty)) {
      if (this.#parts.runs.drop(run)) this.#parts.ended(run);
      this.#volatileTimers.get(run)?.cancel();
      this.#volatileTimers.delete(run);
    } else if (run.ready.length > 0 || run.inbox.length > 0) {
      this.#enqueue(run);
    } else if (!run.isVolatile && run.isDirty) {
      this.#markDirty(run);
    } else if (!run.isVolatile && run.isIdle) {
      this.#parts.runs.rest(run);
    }
  }

  #perform(run: Run, effect: Effect): void {
    const { thread, phase } = effect;
    if (run.isOver || thread.phase !== phase || run.threads.get(thread.id) !== thread) return;
    run.inFlight++;
    // Not waited for when the platform stops: what it interrupts is done again after the next start.
    const faulty = (error: unknown): TaskOutcome => ({
      kind: 'failed',
      error: 'States.Runtime',
      cause: messageOf(error),
    });
    void this.#parts
      .perform(run, effect, this.#stopping.signal)
      .catch(faulty)
      .then((outcome) => {
        run.inFlight--;
        if (this.#stopping.signal.aborted) return;
        if (run.isOver) this.#rest(run);
        else this.#track(this.settle(run, thread, phase.attempt, outcome));
      });
  }

  #track(work: Promise<unknown>): void {
    const tracked = work
      .catch((error: unknown) => this.#parts.log.error('the workflow engine failed inside', { error }))
      .finally(() => this.#work.delete(tracked));
    this.#work.add(tracked);
  }

  async #recover(): Promise<void> {
    const { state, runs } = this.#parts;
    for (let after = 0; ;) {
      const ids = selectActive(state.reader, after, recoveryBatch);
      if (ids.length === 0 || this.#stopping.signal.aborted) return;
      for (const id of ids) {
        const run = runs.find(id);
        if (run === undefined || run.isOver) continue;
        this.#enqueue(run);
      }
      after = ids.at(-1) ?? after;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  #rearm(): void {
    this.#armedMs = Infinity;
    this.#timer?.cancel();
    this.#arm(soonestDueMs(this.#parts.state.reader) ?? Infinity);
  }

  #arm(dueMs: number, isAnyway = false): void {
    if ((dueMs >= this.#armedMs && !isAnyway) || this.#stopping.signal.aborted || this.#isFiring) return;
    const { clock } = this.#parts;
    this.#timer?.cancel();
    this.#armedMs = dueMs;
    this.#timer = clock.setTimer(dueMs - clock.nowMs(), () => this.#track(this.#fireDue()));
  }

  /** Fires what is due, oldest first; what fell due while the platform was down fires once. */
  async #fireDue(): Promise<void> {
    if (this.#isFiring) return;
    this.#isFiring = true;
    let isStuck = false;
    const { state, clock, runs, interpreter } = this.#parts;
    try {
      for (;;) {
        const nowMs = clock.nowMs();
        const overdue = selectOverdue(state.reader, nowMs, dueBatch);
        const due = selectDueThreads(state.reader, nowMs, dueBatch);
        if (overdue.length + due.length === 0 || this.#stopping.signal.aborted) break;
        const fired = due.map(({ execution, id }) =>
          this.#fire(runs.find(execution), (run) => {
            const thread = run.threads.get(id);
            return thread?.dueMs !== undefined && thread.dueMs <= nowMs ? interpreter.fire(run, thread) : none();
          }),
        );
        const ended = overdue.map((id) =>
          this.#fire(runs.find(id), (run) =>
            (run.deadlineMs ?? Infinity) <= nowMs ? timedOut(run, interpreter) : none(),
          ),
        );
        const told = await Promise.allSettled([...ended, ...fired]);
        // What could not be written, or waits to be, is still due on disk: look again in a while.
        isStuck = !told.every((one) => one.status === 'fulfilled') || !told.some((one) => one.value === true);
        if (isStuck) break;
      }
    } finally {
      this.#isFiring = false;
      if (isStuck) this.#arm(clock.nowMs() + retryMs, true);
      else if (!this.#stopping.signal.aborted) this.#rearm();
    }
  }

  /** @returns whether there was a run to tell */
  async #fire(run: Run | undefined, part: (run: Run) => Steps<void>): Promise<boolean> {
    if (run === undefined || run.isOver) return false;
    await this.tell(run, () => part(run));
    return true;
  }

  /** Express runs live in memory, and so do their timers: one for the soonest due time of each. */
  #armVolatile(run: Run): void {
    this.#volatileTimers.get(run)?.cancel();
    this.#volatileTimers.delete(run);
    if (run.isOver) return;
    const { clock, interpreter } = this.#parts;
    let dueMs = run.deadlineMs ?? Infinity;
    for (const thread of run.threads.values()) dueMs = Math.min(dueMs, thread.dueMs ?? Infinity);
    if (dueMs === Infinity) return;
    const fire = (): void => {
      const nowMs = clock.nowMs();
      if ((run.deadlineMs ?? Infinity) <= nowMs) run.inbox.push(() => timedOut(run, interpreter));
      for (const thread of run.threads.values()) {
        const isDue = (): boolean => (thread.dueMs ?? Infinity) <= nowMs && run.threads.get(thread.id) === thread;
        if (isDue()) run.inbox.push(() => (isDue() ? interpreter.fire(run, thread) : none()));
      }
      this.#enqueue(run);
    };
    this.#volatileTimers.set(run, clock.setTimer(dueMs - clock.nowMs(), fire));
  }
}

function none(): Steps<void> {
  return atOnce(() => undefined);
}

function timedOut(run: Run, interpreter: Interpreter): Steps<void> {
  return atOnce(() => {
    if (!run.isOver) interpreter.timeOut(run);
  });
}
