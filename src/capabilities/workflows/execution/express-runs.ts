/**
 * Express executions: they live in memory. An asynchronous one leaves a row from before its start is acknowledged until it
 * has ended, so that it happens at least once: after a crash it is run again from its start, under the same ARN.
 */
import { newUuid } from '#kernel/ids';
import type { Log } from '#kernel/log';
import type { State } from '#kernel/state';
import { Datum } from './datum.ts';
import type { Engine } from './engine.ts';
import { expressArn, type StartRequest } from './execution.ts';
import type { Run } from './run.ts';
import type { Runs } from './runs.ts';

export interface ExpressRunsParts {
  readonly state: State;
  readonly log: Log;
  readonly runs: Runs;
  readonly engine: Engine;
}

interface ExpressRow {
  arn: string;
  scope: string;
  name: string;
  revision: number;
  input: string;
  trace_header: string | null;
  starts: number;
}

// Limit: an asynchronous Express execution that a stop or a crash cut off is started three times more at most.
const startsMax = 4;
const rowsAtOnce = 500;

export class ExpressRuns {
  readonly #parts: ExpressRunsParts;
  readonly #ends = new Map<Run, () => void>();
  /** ARNs of asynchronous ones that are under way, or about to be. */
  readonly #kept = new Set<string>();
  readonly #writes = new Set<Promise<void>>();
  #isStopped = false;

  constructor(parts: ExpressRunsParts) {
    this.#parts = parts;
  }

  /** Resolves once it is certain to happen. */
  async start(request: StartRequest & { readonly name: string }): Promise<Run> {
    const { state, runs } = this.#parts;
    const { scope, revision, name, input, traceHeader } = request;
    const arn = expressArn(scope, revision.machineName, name, newUuid());
    runs.machine(revision);
    this.#kept.add(arn);
    try {
      await state.write((db) => {
        db.prepare('INSERT INTO workflows_express VALUES (?, ?, ?, ?, ?, ?, 1)').run(
          arn,
          scope,
          name,
          runs.revisionRow(db, revision),
          input,
          traceHeader ?? null,
        );
      });
    } catch (error) {
      this.#kept.delete(arn);
      throw error;
    }
    return this.#launch(request, arn);
  }

  /** One whose caller waits: nothing of it is kept. */
  startSync(request: StartRequest & { readonly name: string }, ended: (run: Run) => void): Run {
    const { scope, revision, name } = request;
    return this.#launch(request, expressArn(scope, revision.machineName, name, newUuid()), ended);
  }

  /** Runs again what a stop or a crash cut off. */
  resume(): void {
    this.#track(this.#resumeAll());
  }

  ended(run: Run): void {
    const tell = this.#ends.get(run);
    this.#ends.delete(run);
    tell?.();
    if (this.#kept.delete(run.origin.arn)) this.#track(this.#forget(run.origin.arn));
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.allSettled(this.#writes);
  }

  #launch(request: StartRequest & { readonly name: string }, arn: string, ended?: (run: Run) => void): Run {
    const { scope, revision, name, input, traceHeader, descent } = request;
    const level = revision.logging?.level ?? 'OFF';
    const run = this.#parts.runs.create({
      arn,
      name,
      scope,
      revision,
      input: Datum.parse(input),
      traceHeader,
      descent,
      isVolatile: true,
      keepsHistory: level !== 'OFF',
    });
    if (ended !== undefined) this.#ends.set(run, () => ended(run));
    this.#parts.engine.launch(run);
    return run;
  }

  async #resumeAll(): Promise<void> {
    const { state } = this.#parts;
    for (let after = ''; ;) {
      const rows = state.reader
        .prepare<ExpressRow>('SELECT * FROM workflows_express WHERE arn > ? ORDER BY arn LIMIT ?')
        .all(after, rowsAtOnce);
      // Those that were started since then are under way already.
      const cutOff = rows.filter(({ arn }) => !this.#kept.has(arn));
      await state.write((db) => {
        for (const { arn } of cutOff) {
          db.prepare('UPDATE workflows_express SET starts = starts + 1 WHERE arn = ?').run(arn);
        }
      });
      for (const row of cutOff) if (!this.#isStopped) this.#again(row);
      const last = rows.at(-1);
      if (last === undefined || this.#isStopped) return;
      after = last.arn;
    }
  }

  #again({ arn, scope, name, revision, input, trace_header: traceHeader, starts }: ExpressRow): void {
    const { log, runs } = this.#parts;
    const cutOff = { execution: arn, starts };
    try {
      if (starts >= startsMax) throw new Error(`it was started ${starts} times and never came to its end`);
      const request = { scope, name, revision: runs.revision(revision), input };
      this.#launch({ ...request, ...(traceHeader !== null && { traceHeader }) }, arn);
      this.#kept.add(arn);
      log.info('an Express execution that was cut off is run again', cutOff);
    } catch (error) {
      log.warn('an Express execution that was cut off is not run again', { ...cutOff, error });
      this.#track(this.#forget(arn));
    }
  }

  async #forget(arn: string): Promise<void> {
    await this.#parts.state.write((db) => {
      db.prepare('DELETE FROM workflows_express WHERE arn = ?').run(arn);
    });
  }

  #track(work: Promise<void>): void {
    const tracked = work
      .catch((error: unknown) =>
        this.#parts.log.warn('the row of an Express execution could not be written', { error }),
      )
      .finally(() => this.#writes.delete(tracked));
    this.#writes.add(tracked);
  }
}
