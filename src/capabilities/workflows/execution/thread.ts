/**
 * A thread: one line of control through one flow. The root walks the machine's states; each branch of a Parallel state and
 * each item of an inline Map is a thread of its own, whose parent stands in that state.
 *
 * What a thread is at is a value that can be written down and read back: an execution needs no replay.
 */
import type { Flow, Json } from '#languages/asl/index';
import { Datum } from './datum.ts';

/** What stands between a task's schedule and its outcome. */
export interface TaskPhase {
  readonly at: 'task';
  /** `calling`: the call may be under way. `scheduled`: waits for an activity's worker. `waiting`: for a callback or a job. */
  readonly stage: 'calling' | 'scheduled' | 'waiting';
  /** What is called with, as JSON text. */
  readonly parameters: string;
  /** Ties an outcome to this attempt: a later one has another number. */
  readonly attempt: number;
  /** Also the key by which work outside is found again. */
  readonly token: string;
  readonly scheduledMs: number;
  readonly timeoutSeconds?: number;
  readonly heartbeatSeconds?: number;
  readonly timeoutMs?: number;
  readonly heartbeatMs?: number;
  /** The role to act as instead of the machine's. */
  readonly roleArn?: string;
  /** What the work outside is known by once it is under way (`athena:<id>`). */
  readonly syncKey?: string;
  /** How often this call was made again because a crash left its outcome unknown. */
  readonly repeats?: number;
}

/** Stands in a Parallel or an inline Map state while its branches or items run. */
export interface ChildrenPhase {
  readonly at: 'children';
  /** Number of branches or items. */
  readonly count: number;
  /** 0 is no bound. */
  readonly concurrency: number;
  readonly toleratedCount?: number;
  readonly toleratedPercentage?: number;
  /** The next one to start. */
  next: number;
  running: number;
  failed: number;
}

export type Phase =
  /** An item that has been started: its input is still to be selected. */
  | { readonly at: 'begin' }
  /** About to enter `state`. */
  | { readonly at: 'enter' }
  /** Inside `state`, about to do its work (again). A redrive takes up the map run that its last attempt made. */
  | { readonly at: 'attempt'; readonly mapRunArn?: string }
  | { readonly at: 'wait' | 'retry'; readonly untilMs: number }
  | { readonly at: 'map-run'; readonly mapRunArn: string }
  | TaskPhase
  | ChildrenPhase;

/** Where a distributed Map's child, or an item's thread, gets its `$$.Map.Item` from. */
export interface MapItem {
  readonly index: number;
  readonly value: Json;
  /** Where the item was read; absent: it comes from the state's input. */
  readonly source?: string;
}

interface ThreadParts {
  readonly id: number;
  readonly parent: Thread | undefined;
  readonly index: number;
  readonly flow: Flow;
  readonly state: string;
  readonly input: Datum;
  readonly previousEventId: number;
}

export class Thread {
  readonly id: number;
  readonly parent: Thread | undefined;
  /** Of the branch or item; 0 for the root. */
  readonly index: number;
  readonly flow: Flow;
  state: string;
  /** The raw input of `state`. */
  input: Datum;
  phase: Phase = { at: 'enter' };
  variables: Record<string, Json> = {};
  item: MapItem | undefined;
  previousEventId: number;
  enteredEventId = 0;
  /** The last event before `state` was entered. */
  beforeEventId = 0;
  enteredMs = 0;
  /** Retries of the state so far, in all and by retrier. */
  retryCount = 0;
  retries: number[] = [];
  attempt = 0;
  /** Whether a row of it is in the state. */
  isStored = false;
  /** Values of the branches or items that ended, by index; `undefined` for failures that are tolerated. */
  results: (Json | undefined)[] = [];
  items: readonly Json[] | undefined;
  /** How many results, and whether the items, are in the state. */
  storedResults = 0;
  areItemsStored = false;
  unsavedResults: [index: number, result: Json | undefined][] = [];

  constructor(parts: ThreadParts) {
    this.id = parts.id;
    this.parent = parts.parent;
    this.index = parts.index;
    this.flow = parts.flow;
    this.state = parts.state;
    this.input = parts.input;
    this.previousEventId = parts.previousEventId;
  }

  /** When time moves it on; undefined when it does not wait for time. */
  get dueMs(): number | undefined {
    const { phase } = this;
    if (phase.at === 'wait' || phase.at === 'retry') return phase.untilMs;
    if (phase.at !== 'task') return undefined;
    const { timeoutMs = Infinity, heartbeatMs = Infinity } = phase;
    const dueMs = Math.min(timeoutMs, heartbeatMs);
    return dueMs === Infinity ? undefined : dueMs;
  }

  /** Whether it can go on by itself, without a timer, an outcome or a child. */
  get isReady(): boolean {
    return isReady(this.phase);
  }
}

export function isReady({ at }: Phase): boolean {
  return at === 'begin' || at === 'enter' || at === 'attempt';
}

/** A thread as it is written down; its items and results stand beside it. */
export interface ThreadDocument {
  readonly state: string;
  readonly input: string;
  readonly phase: Phase;
  readonly variables?: Record<string, Json>;
  readonly item?: MapItem;
  readonly previousEventId: number;
  readonly enteredEventId: number;
  readonly enteredMs: number;
  readonly retryCount?: number;
  readonly retries?: number[];
  readonly attempt?: number;
}

export function documentOf(thread: Thread): ThreadDocument {
  return {
    state: thread.state,
    input: thread.input.text,
    phase: thread.phase,
    ...(Object.keys(thread.variables).length > 0 && { variables: thread.variables }),
    ...(thread.item !== undefined && { item: thread.item }),
    previousEventId: thread.previousEventId,
    enteredEventId: thread.enteredEventId,
    enteredMs: thread.enteredMs,
    ...(thread.retryCount > 0 && { retryCount: thread.retryCount, retries: thread.retries }),
    ...(thread.attempt > 0 && { attempt: thread.attempt }),
  };
}

export function threadOf(
  document: ThreadDocument,
  place: { id: number; parent: Thread | undefined; index: number; flow: Flow },
): Thread {
  const { state, previousEventId } = document;
  const thread = new Thread({ ...place, state, input: Datum.parse(document.input), previousEventId });
  thread.phase = document.phase;
  thread.variables = document.variables ?? {};
  thread.item = document.item;
  thread.enteredEventId = document.enteredEventId;
  thread.enteredMs = document.enteredMs;
  thread.retryCount = document.retryCount ?? 0;
  thread.retries = document.retries ?? [];
  thread.attempt = document.attempt ?? 0;
  thread.isStored = true;
  return thread;
}
