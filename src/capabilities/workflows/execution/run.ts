/**
 * A run: an execution in memory. It holds the threads, counts the events, and gathers what has changed since the last
 * batch that went to the state, so that any number of steps costs one write.
 */
import { invariant } from '#kernel/errors';
import type { Transaction } from '#kernel/state';
import type { Flow, Machine } from '#languages/asl/index';
import { Datum } from './datum.ts';
import type { ExecutionStatus, HistoryEvent, MachineRevision } from './execution.ts';
import { HistoryFull, eventOf } from './history.ts';
import type { Steps } from './interpreter/steps.ts';
import { Thread, isReady, type TaskPhase } from './thread.ts';
import type { Descent } from './open-executions.ts';

/** What does not change while the execution lives. */
export interface RunOrigin {
  readonly rowId: number;
  readonly arn: string;
  readonly name: string;
  readonly scope: string;
  readonly revision: MachineRevision;
  readonly machine: Machine;
  /** The machine's flow, or the item processor of a distributed Map for its children. */
  readonly flow: Flow;
  readonly input: Datum;
  readonly startedMs: number;
  readonly traceHeader?: string | undefined;
  /** Absent for one that was started from outside. */
  readonly descent?: Descent | undefined;
  /** For a child of a map run. */
  readonly child?:
    | { readonly mapRunId: number; readonly mapRunArn: string; readonly index: number; readonly itemCount: number }
    | undefined;
  /** Ends with TIMED_OUT at this time. */
  readonly deadlineMs?: number | undefined;
}

/** A call to make once the batch that holds its intent is on disk. */
export interface Effect {
  readonly thread: Thread;
  readonly phase: TaskPhase;
}

/** Something else to write with the next batch, and what to do once it is on disk. */
export interface Attachment {
  write(db: Transaction): void;
  committed(): void;
}

interface Waiter {
  resolve(): void;
  reject(error: unknown): void;
}

/** What one write takes to the state. */
export interface Batch {
  readonly effects: readonly Effect[];
  readonly attachments: readonly Attachment[];
  readonly waiters: readonly Waiter[];
  /** Tasks whose work outside nobody waits for any more. */
  readonly left: readonly Effect[];
  readonly isNew: boolean;
  readonly events: readonly HistoryEvent[];
  readonly threads: readonly Thread[];
  readonly removedThreads: readonly number[];
  /** Threads whose items and results are no longer needed. */
  readonly droppedExtras: readonly number[];
  readonly ended: boolean;
  readonly changedHead: boolean;
}

export interface RunOptions {
  readonly nowMs: () => number;
  readonly eventsMax: number;
  /** Whether events are kept at all: Express ones only matter to the log. */
  readonly keepsHistory: boolean;
  /** Express: lives and dies in memory. */
  readonly isVolatile: boolean;
}

export class Run {
  readonly origin: RunOrigin;
  readonly options: RunOptions;
  status: ExecutionStatus = 'RUNNING';
  output: string | undefined;
  error: string | undefined;
  cause: string | undefined;
  stoppedMs: number | undefined;
  deadlineMs: number | undefined;
  redriveCount = 0;
  redrivenMs: number | undefined;
  nextEventId = 1;
  nextThreadId = 1;
  readonly threads = new Map<number, Thread>();
  /** Threads that can go on, in turn. */
  readonly ready: Thread[] = [];
  /** Calls to make after the next batch is on disk. */
  effects: Effect[] = [];
  /** What came from outside and waits its turn: outcomes, due times, a stop. */
  readonly inbox: (() => Steps<unknown>)[] = [];
  /** Calls that are under way in this process. */
  inFlight = 0;
  /** Set while a batch is being written, and while steps are being awaited. */
  isFlushing = false;
  isStepping = false;
  isStored = false;

  #events: HistoryEvent[] = [];
  readonly #dirty = new Set<Thread>();
  #removed: number[] = [];
  #droppedExtras: number[] = [];
  #changedHead = false;
  #attachments: Attachment[] = [];
  #waiters: Waiter[] = [];
  #left: Effect[] = [];

  constructor(origin: RunOrigin, options: RunOptions) {
    this.origin = origin;
    this.options = options;
    this.deadlineMs = origin.deadlineMs;
  }

  get isVolatile(): boolean {
    return this.options.isVolatile;
  }

  get isOver(): boolean {
    return this.status !== 'RUNNING';
  }

  get isDirty(): boolean {
    return (
      this.#events.length > 0 ||
      this.#dirty.size > 0 ||
      this.#removed.length > 0 ||
      this.#changedHead ||
      this.#waiters.length > 0 ||
      this.#attachments.length > 0 ||
      this.effects.length > 0 ||
      !this.isStored
    );
  }

  get pendingEvents(): number {
    return this.#events.length;
  }

  /** Whether a restart has to take it up by itself: a thread can go on, or a call may be under way. */
  get isActive(): boolean {
    for (const { phase } of this.threads.values()) {
      if (isReady(phase) || phase.at === 'map-run') return true;
      if (phase.at === 'task' && phase.stage === 'calling') return true;
    }
    return false;
  }

  get root(): Thread {
    const root = this.threads.get(1);
    invariant(root !== undefined, `execution ${this.origin.arn} has no root thread`);
    return root;
  }

  addThread(parts: { parent?: Thread; index: number; flow: Flow; input: Datum; previousEventId: number }): Thread {
    const id = this.nextThreadId++;
    const thread = new Thread({ ...parts, parent: parts.parent, id, state: parts.flow.startAt });
    this.threads.set(id, thread);
    this.touch(thread);
    return thread;
  }

  removeThread(thread: Thread): void {
    this.threads.delete(thread.id);
    this.#dirty.delete(thread);
    if (thread.isStored) this.#removed.push(thread.id);
  }

  /** Ends a thread whose sibling failed, wherever it is. */
  abandon(thread: Thread): void {
    this.halt(thread);
    this.removeThread(thread);
  }

  /** Stops a thread where it is: a redrive may take it up there. */
  halt(thread: Thread): void {
    this.leave(thread);
    const { phase } = thread;
    if (phase.at === 'map-run') thread.phase = { at: 'attempt', mapRunArn: phase.mapRunArn };
    else if (phase.at === 'task' || phase.at === 'wait' || phase.at === 'retry') thread.phase = { at: 'attempt' };
    this.touch(thread);
    const place = this.ready.indexOf(thread);
    if (place >= 0) this.ready.splice(place, 1);
    this.effects = this.effects.filter((effect) => effect.thread !== thread);
  }

  /** Nobody waits any more for what the thread's task has under way outside. */
  leave(thread: Thread): void {
    const { phase } = thread;
    if (phase.at === 'task' && phase.syncKey !== undefined) this.#left.push({ thread, phase });
  }

  /** The items and results beside a thread are no longer needed. */
  dropExtras(thread: Thread): void {
    if (thread.areItemsStored || thread.storedResults > 0) this.#droppedExtras.push(thread.id);
    thread.areItemsStored = false;
    thread.storedResults = 0;
  }

  /** Its row is written with the next batch. */
  touch(thread: Thread): void {
    this.#dirty.add(thread);
  }

  makeReady(thread: Thread): void {
    this.touch(thread);
    this.ready.push(thread);
  }

  /** @returns the event's id @throws HistoryFull */
  record(previousEventId: number, type: string, details?: Readonly<Record<string, unknown>>): number {
    const { keepsHistory, eventsMax, nowMs } = this.options;
    const isFull = this.nextEventId >= eventsMax && this.origin.revision.type === 'STANDARD';
    if (isFull && !type.startsWith('Execution')) throw new HistoryFull();
    const id = this.nextEventId++;
    if (keepsHistory) this.#events.push(eventOf(id, previousEventId, nowMs(), type, details));
    return id;
  }

  /** Records an event and makes it the thread's last one. */
  advance(thread: Thread, type: string, details?: Readonly<Record<string, unknown>>): number {
    thread.previousEventId = this.record(thread.previousEventId, type, details);
    this.touch(thread);
    return thread.previousEventId;
  }

  end(
    status: ExecutionStatus,
    result: { output?: string; error?: string | undefined; cause?: string | undefined },
  ): void {
    this.status = status;
    this.stoppedMs = this.options.nowMs();
    this.output = result.output;
    this.error = result.error;
    this.cause = result.cause;
    this.deadlineMs = undefined;
    this.#changedHead = true;
    this.ready.length = 0;
    this.effects = [];
    for (const thread of this.threads.values()) this.leave(thread);
    // What a redrive goes on from is kept: the threads that were there when it failed.
    if (status === 'SUCCEEDED') for (const thread of this.threads.values()) this.removeThread(thread);
  }

  /** Goes on after an end that was no success. */
  reopen(deadlineMs: number | undefined): void {
    this.status = 'RUNNING';
    this.stoppedMs = undefined;
    this.output = undefined;
    this.error = undefined;
    this.cause = undefined;
    this.deadlineMs = deadlineMs;
    this.redriveCount++;
    this.redrivenMs = this.options.nowMs();
    this.#changedHead = true;
  }

  /** Whether there is nothing to do for it before something comes from outside. */
  get isIdle(): boolean {
    const hasWork = this.ready.length > 0 || this.inbox.length > 0 || this.inFlight > 0;
    return !hasWork && !this.isFlushing && !this.isStepping && !this.isDirty;
  }

  attach(attachment: Attachment): void {
    this.#attachments.push(attachment);
  }

  /** Resolves once everything up to now is on disk. */
  committed(): Promise<void> {
    return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }));
  }

  /** Takes what has changed; `restore` gives it back when the write failed. */
  takeBatch(): Batch {
    const batch: Batch = {
      effects: this.effects,
      attachments: this.#attachments,
      waiters: this.#waiters,
      left: this.#left,
      isNew: !this.isStored,
      events: this.#events,
      threads: [...this.#dirty],
      removedThreads: this.#removed,
      droppedExtras: this.#droppedExtras,
      ended: this.isOver,
      changedHead: this.#changedHead,
    };
    this.effects = [];
    this.#attachments = [];
    this.#waiters = [];
    this.#left = [];
    this.#events = [];
    this.#dirty.clear();
    this.#removed = [];
    this.#droppedExtras = [];
    this.#changedHead = false;
    return batch;
  }

  restore(batch: Batch): void {
    this.effects = [...batch.effects, ...this.effects];
    this.#attachments = [...batch.attachments, ...this.#attachments];
    this.#left = [...batch.left, ...this.#left];
    this.#events = [...batch.events, ...this.#events];
    for (const thread of batch.threads) {
      if (!this.threads.has(thread.id)) continue;
      this.#dirty.add(thread);
      // What the failed write was given is not there: items and results go again, the latter under keys of their own.
      thread.areItemsStored = false;
      thread.unsavedResults = Object.keys(thread.results).map((index) => [
        Number(index),
        thread.results[Number(index)],
      ]);
    }
    this.#removed = [...batch.removedThreads, ...this.#removed];
    this.#droppedExtras = [...batch.droppedExtras, ...this.#droppedExtras];
    this.#changedHead ||= batch.changedHead;
  }
}
