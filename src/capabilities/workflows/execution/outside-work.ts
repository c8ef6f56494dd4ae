/**
 * Work outside that a `.sync` task waits for. Its end is heard as an event of the platform; one look when it was submitted,
 * and one after a start, find what ended in between. Nothing polls.
 */
import type { Clock } from '#kernel/clock';
import type { PlatformEvent } from '#kernel/events';
import type { Log } from '#kernel/log';
import type { State } from '#kernel/state';
import type { Integrations } from '../integrations/integrations.ts';
import type { Engine } from './engine.ts';
import type { Run } from './run.ts';
import type { Runs } from './runs.ts';
import type { TaskPhase, Thread } from './thread.ts';

export interface OutsideWorkParts {
  readonly state: State;
  readonly clock: Clock;
  readonly log: Log;
  readonly runs: Runs;
  readonly engine: Engine;
  readonly integrations: Integrations;
}

const looksAtOnce = 16;
const rowsAtOnce = 500;
/** A look that failed is repeated: the work may have ended unheard. */
const lookAgainMs = 5_000;

export class OutsideWork {
  readonly #parts: OutsideWorkParts;
  readonly #looks = new Set<Promise<unknown>>();

  constructor(parts: OutsideWorkParts) {
    this.#parts = parts;
  }

  /** Looks once at everything that was under way when the platform stopped. */
  start(): void {
    this.#track(this.#lookAtAll());
  }

  async stop(): Promise<void> {
    await Promise.allSettled(this.#looks);
  }

  /** A thread was written down: when it waits for work outside, that may have ended already. */
  submitted(run: Run, thread: Thread): void {
    const { phase } = thread;
    if (phase.at === 'task' && phase.stage === 'waiting' && phase.syncKey !== undefined) {
      this.#track(this.#look(run, thread, phase));
    }
  }

  heard(event: PlatformEvent): void {
    const key = this.#parts.integrations.keyOf(event);
    if (key === undefined) return;
    const rows = this.#parts.state.reader
      .prepare<{ execution: number; id: number }>('SELECT execution, id FROM workflows_thread WHERE sync_key = ?')
      .all(key);
    for (const { execution, id } of rows) this.#track(this.#lookAt(execution, id));
  }

  /** Nobody waits for it any more, after a stop, a timeout or a sibling's failure: it is ended, as far as that can be. */
  cancel(run: Run, thread: Thread, phase: TaskPhase): void {
    this.#track(this.#parts.integrations.cancel(run, thread, phase));
  }

  async #lookAtAll(): Promise<void> {
    for (let after = ''; ;) {
      const rows = this.#parts.state.reader
        .prepare<{ execution: number; id: number; sync_key: string }>(
          'SELECT execution, id, sync_key FROM workflows_thread WHERE sync_key > ? ORDER BY sync_key LIMIT ?',
        )
        .all(after, rowsAtOnce);
      const last = rows.at(-1);
      if (last === undefined || this.#parts.engine.signal.aborted) return;
      for (let first = 0; first < rows.length; first += looksAtOnce) {
        const group = rows.slice(first, first + looksAtOnce);
        await Promise.allSettled(group.map(({ execution, id }) => this.#lookAt(execution, id)));
      }
      after = last.sync_key;
    }
  }

  async #lookAt(execution: number, id: number): Promise<void> {
    const run = this.#parts.runs.find(execution);
    const thread = run?.threads.get(id);
    if (run === undefined || thread === undefined) return;
    const { phase } = thread;
    if (phase.at === 'task' && phase.syncKey !== undefined) await this.#look(run, thread, phase);
  }

  async #look(run: Run, thread: Thread, phase: TaskPhase): Promise<void> {
    const { integrations, engine, clock, log } = this.#parts;
    engine.hold(run);
    try {
      const outcome = await integrations.look(run, thread, phase, engine.signal);
      if (outcome !== undefined) this.#track(engine.settle(run, thread, phase.attempt, outcome));
    } catch (error) {
      if (engine.signal.aborted) return;
      log.warn('the work that an execution waits for could not be looked at', { execution: run.origin.arn, error });
      clock.setTimer(lookAgainMs, () => this.#track(this.#lookAt(run.origin.rowId, thread.id)));
    } finally {
      engine.release(run);
    }
  }

  #track(work: Promise<unknown>): void {
    const tracked = work
      .catch((error: unknown) => this.#parts.log.error('work outside could not be followed', { error }))
      .finally(() => this.#looks.delete(tracked));
    this.#looks.add(tracked);
  }
}
