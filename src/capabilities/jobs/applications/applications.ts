/**
 * Applications: taken in, run when a worker is free, killed, ended, each step kept before it shows. What a crash or a
 * shutdown interrupted is settled at the next start: processes of the old platform are ended, what a remote Livy runs is
 * taken up again.
 */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Caller } from '#gateway';
import type { Clock } from '#kernel/clock';
import { messageOf } from '#kernel/errors';
import { newUuid } from '#kernel/ids';
import type { Log } from '#kernel/log';
import type { Db, State, Transaction } from '#kernel/state';
import type { ApplicationEngine, ApplicationInterruption } from '../engines/application-engine.ts';
import { applicationAbsent, nameTaken } from '../errors.ts';
import * as rows from '../store/applications.ts';
import {
  hasEnded,
  type Application,
  type ApplicationFacts,
  type ApplicationSource,
  type Outcome,
  type Submission,
} from './application.ts';
import {
  ApplicationLog,
  readLogPage,
  readLogTail,
  readOutput,
  type LogPage,
  type OutputStream,
} from './application-log.ts';
import { makeRunFolder, removeRunFolder } from '../run-folder.ts';

export interface ApplicationRequest {
  readonly scope: string;
  readonly caller: Caller;
  readonly source: ApplicationSource;
  readonly sourceId?: string;
  readonly submission: Submission;
  readonly isListed?: boolean;
}

/** Told of every application that has ended, inside the write that ends it. */
export type EndObserver = (db: Transaction, application: Application) => void;

export interface ApplicationsParts {
  readonly state: State;
  readonly clock: Clock;
  readonly log: Log;
  readonly engines: readonly ApplicationEngine[];
  /** Folder of the logs. */
  readonly folder: string;
  /** Applications that run at once; further ones wait. */
  readonly concurrency: number;
}

// Limit: the logs of the 10,000 newest applications are kept; the history tells of all.
const keptLogsMax = 10_000;

interface ActiveApplication {
  readonly abort: AbortController;
  readonly done: Promise<void>;
}

export class Applications {
  readonly #parts: ApplicationsParts;
  readonly #active = new Map<number, ActiveApplication>();
  readonly #waiting: number[] = [];
  readonly #observers: EndObserver[] = [];
  #closing = false;

  constructor(parts: ApplicationsParts) {
    this.#parts = parts;
  }

  observe(observer: EndObserver): void {
    this.#observers.push(observer);
  }

  /** @throws invalid when another listed application has the name */
  submit(request: ApplicationRequest): Promise<Application> {
    return this.#parts.state.write((db) => this.insert(db, request));
  }

  /** The same as part of a greater change; it starts once that is on disk. */
  insert(db: Transaction, { isListed = true, ...request }: ApplicationRequest): Application {
    const { name } = request.submission;
    if (isListed && name !== undefined) {
      const other = rows.selectListedByName(db, name);
      if (other !== undefined) throw nameTaken(name, other.id);
    }
    const application: Application = {
      ...request,
      id: rows.nextApplicationId(db),
      state: 'starting',
      token: newUuid(),
      submittedMs: this.#parts.clock.nowMs(),
      isListed,
    };
    rows.putApplication(db, application);
    db.afterCommit(() => this.#enqueue(application.id));
    return application;
  }

  /** @throws absent */
  getApplication(id: number): Application {
    const application = rows.selectApplication(this.#parts.state.reader, id);
    if (application === undefined) throw applicationAbsent(id);
    return application;
  }

  /** @throws absent when Livy's listing does not show it */
  getListed(id: number): Application {
    const application = rows.selectApplication(this.#parts.state.reader, id);
    if (application?.isListed !== true) throw applicationAbsent(id);
    return application;
  }

  /** By its name in Livy's listing. */
  findListed(name: string): Application | undefined {
    return rows.selectListedByName(this.#parts.state.reader, name);
  }

  findBySource(source: ApplicationSource, sourceId: string): Application | undefined {
    return rows.selectBySource(this.#parts.state.reader, source, sourceId);
  }

  /** Whether one was ever submitted for this, as seen from inside a change. */
  hasSource(db: Db, source: ApplicationSource, sourceId: string): boolean {
    return rows.selectBySource(db, source, sourceId) !== undefined;
  }

  hasOpenSource(db: Db, source: ApplicationSource, sourceId: string): boolean {
    const found = rows.selectBySource(db, source, sourceId);
    return found !== undefined && !hasEnded(found);
  }

  listListed(from: number, size: number): { total: number; applications: Application[] } {
    return rows.selectListed(this.#parts.state.reader, from, size);
  }

  /** Newest first. */
  listHistory(limit: number): Application[] {
    return rows.selectHistory(this.#parts.state.reader, limit);
  }

  readLog(id: number, from: number, size: number): LogPage {
    return readLogPage(this.logFolder(id), from, size);
  }

  /** The last lines. */
  readLogTail(id: number, count: number): string[] {
    return readLogTail(this.logFolder(id), count);
  }

  readOutput(id: number, stream: OutputStream): Buffer {
    return readOutput(this.logFolder(id), stream);
  }

  logFolder(id: number): string {
    return join(this.#parts.folder, String(id));
  }

  /** Ends it if it has not ended. Resolves when it is over. */
  async kill(id: number): Promise<void> {
    const at = this.#waiting.indexOf(id);
    if (at !== -1) {
      this.#waiting.splice(at, 1);
      await this.#end(id, { state: 'killed', reason: 'Killed before it started.' });
      return;
    }
    const active = this.#active.get(id);
    active?.abort.abort('kill' satisfies ApplicationInterruption);
    await active?.done;
  }

  /** Livy's DELETE: kills it and takes it out of the listing. @throws absent */
  async remove(id: number): Promise<void> {
    this.getListed(id);
    await this.kill(id);
    await this.#change(id, () => ({ isListed: false }));
  }

  /** Settles what the last process left, then goes on with what waits. */
  async resume(): Promise<void> {
    for (const application of rows.selectOpenApplications(this.#parts.state.reader)) {
      const wasStarted = application.startedMs !== undefined;
      const engine = this.#engineOf(application);
      const outcome = wasStarted && engine !== undefined ? await this.#settle(engine, application) : 'resume';
      if (wasStarted) await removeRunFolder('application', application.token);
      if (outcome === 'resume') this.#enqueue(application.id);
      else await this.#end(application.id, outcome);
    }
  }

  /** Interrupts what runs; the next start settles it. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#waiting.length = 0;
    const active = [...this.#active.values()];
    for (const { abort } of active) abort.abort('shutdown' satisfies ApplicationInterruption);
    await Promise.all(active.map(({ done }) => done));
  }

  async #settle(engine: ApplicationEngine, application: Application): Promise<Outcome | 'resume'> {
    try {
      return await engine.settle(application);
    } catch (error) {
      return { state: 'dead', reason: messageOf(error) };
    }
  }

  #enqueue(id: number): void {
    if (this.#closing) return;
    this.#waiting.push(id);
    this.#fill();
  }

  #fill(): void {
    while (!this.#closing && this.#active.size < this.#parts.concurrency) {
      const id = this.#waiting.shift();
      if (id === undefined) return;
      const abort = new AbortController();
      const done = this.#carryOut(id, abort)
        .catch((error: unknown) => this.#parts.log.error('an application could not be kept', { id, error }))
        .finally(() => {
          this.#active.delete(id);
          this.#fill();
        });
      this.#active.set(id, { abort, done });
    }
  }

  async #carryOut(id: number, abort: AbortController): Promise<void> {
    const { clock } = this.#parts;
    const started = await this.#change(id, ({ startedMs }) => ({
      state: 'running',
      startedMs: startedMs ?? clock.nowMs(),
    }));
    if (started === undefined) return;
    const outcome = await this.#run(started, abort);
    if (outcome.state !== 'interrupted') await this.#end(id, outcome);
  }

  /** Never rejects: what goes wrong is the application's end. */
  async #run(application: Application, abort: AbortController): Promise<Outcome> {
    const { id, scope } = application;
    const [accountId = '', region = ''] = scope.split('/');
    const { signal } = abort;
    const engine = this.#engineOf(application);
    const logFolder = this.logFolder(id);
    await mkdir(logFolder, { recursive: true });
    const folder = await makeRunFolder('application', application.token);
    const log = new ApplicationLog(logFolder);
    const report = async (facts: ApplicationFacts): Promise<void> => void (await this.#change(id, () => facts));
    try {
      if (engine === undefined) throw new Error(`No engine here runs ${application.submission.file}.`);
      const outcome = await engine.run({ application, accountId, region, folder, logFolder, log, signal, report });
      if (outcome.state === 'dead' && outcome.reason !== undefined) log.say(outcome.reason);
      return signal.aborted ? endingOf(signal) : outcome;
    } catch (error) {
      if (signal.aborted) return endingOf(signal);
      this.#parts.log.debug('an application failed', { id, error });
      log.say(messageOf(error));
      return { state: 'dead', reason: messageOf(error) };
    } finally {
      log.close();
      await removeRunFolder('application', application.token).catch(() => undefined);
    }
  }

  #engineOf(application: Application): ApplicationEngine | undefined {
    return this.#parts.engines.find((engine) => engine.accepts(application));
  }

  #end(id: number, outcome: Outcome): Promise<Application | undefined> {
    if (outcome.state === 'interrupted') return Promise.resolve(undefined);
    const endedMs = this.#parts.clock.nowMs();
    void this.#forgetLog(id - keptLogsMax);
    return this.#change(id, () => ({ ...outcome, endedMs }));
  }

  async #forgetLog(id: number): Promise<void> {
    const old = rows.selectApplication(this.#parts.state.reader, id);
    if (old === undefined || !hasEnded(old)) return;
    await rm(this.logFolder(id), { recursive: true, force: true }).catch((error: unknown) =>
      this.#parts.log.warn('an old log could not be deleted', { id, error }),
    );
  }

  /** What has ended only leaves the listing. @returns undefined when nothing changed */
  #change(id: number, change: (before: Application) => Partial<Application>): Promise<Application | undefined> {
    return this.#parts.state.write((db) => {
      const before = rows.selectApplication(db, id);
      if (before === undefined) return undefined;
      const changes = change(before);
      if (hasEnded(before) && changes.isListed === undefined) return undefined;
      const after = { ...before, ...changes };
      rows.putApplication(db, after);
      if (hasEnded(after) && !hasEnded(before)) for (const observer of this.#observers) observer(db, after);
      return after;
    });
  }
}

function endingOf(signal: AbortSignal): Outcome {
  return (signal.reason as ApplicationInterruption) === 'shutdown'
    ? { state: 'interrupted' }
    : { state: 'killed', reason: 'Killed by a user.' };
}
