/**
 * Query executions: started, watched, stopped, remembered. What runs is held here in memory and written to the state when
 * it is asked for and when it ends; what a crash cuts off ends FAILED at the next start, queued ones too, so that a client
 * that polls learns of it and decides itself whether a statement is sent again.
 */
import type { Clock } from '#kernel/clock';
import type { EventHub } from '#kernel/events';
import type { Log } from '#kernel/log';
import { isPlatformError } from '#kernel/errors';
import type { Transaction } from '#kernel/state';
import { findS3Uri, type Lake } from '#lake';
import type { Statement } from '#languages/sql/index';
import type { EngineProgress } from './engines/engine.ts';
import { executionNotFound, invalidRequest, tooManyRequests } from './errors.ts';
import { cutOff, isFinal, noStatistics, type Execution, type ExecutionProgress } from './execution.ts';
import { stateChangeEvent } from './execution-event.ts';
import { failureOf } from './failure.ts';
import type { ExecutionStore } from './store/executions.ts';
import { readResultPage, type ResultPage } from './results/result-file.ts';
import { publishOutcome } from './results/result-publication.ts';
import type { StatementRunner } from './statements/runner.ts';
import type { StatementContext } from './statements/statement.ts';
import { withScratch } from './statements/scratch.ts';
import {
  fingerprintOf,
  newExecution,
  parseRequest,
  sameExecution,
  usesEngine,
  type StartRequest,
} from './start-request.ts';
import { checkLocation, type WorkGroup } from './work-group.ts';
import type { WorkGroups } from './work-groups.ts';

export interface QueriesConfig {
  /** A query that runs longer is ended. */
  readonly timeoutMs: number;
  /** Executions that are queued or run at the same time; one more is refused. */
  readonly activeMax: number;
  /** How long the history is kept. */
  readonly historyMs: number;
}

interface Live {
  readonly scope: string;
  /** Resolves once it is on disk that the query was taken on. */
  readonly recorded: Promise<TokenOwner>;
  readonly abort: AbortController;
  readonly statement: Statement;
  readonly group: WorkGroup;
  readonly resultFolder: { bucket: string; prefix: string };
  readonly reuseKey: string;
  readonly done: PromiseWithResolvers<Execution>;
  execution: Execution;
  progress: ExecutionProgress;
}

interface TokenOwner {
  readonly executionId: string;
  readonly fingerprint: string;
}

export interface QueriesParts {
  readonly store: ExecutionStore;
  readonly workGroups: WorkGroups;
  readonly lake: Lake;
  readonly runner: StatementRunner;
  readonly clock: Clock;
  readonly events: EventHub;
  readonly log: Log;
  readonly config: QueriesConfig;
}

export class Queries {
  readonly #parts: QueriesParts;
  readonly #live = new Map<string, Live>();
  readonly #openTokens = new Map<string, Promise<TokenOwner>>();
  #stopping = false;

  constructor(parts: QueriesParts) {
    this.#parts = parts;
  }

  /**
   * Takes a query on; it is durable when this resolves.
   * @returns the execution's id
   * @throws InvalidRequestException (work group, location, syntax), TooManyRequestsException
   */
  async start(scope: string, request: StartRequest): Promise<string> {
    const { clock, events, workGroups, config, store } = this.#parts;
    const group = workGroups.get(scope, request.workGroup);
    if (group.state === 'DISABLED') throw invalidRequest(`WorkGroup ${group.name} is disabled.`);
    const resultFolder = this.#resultFolder(scope, group, request.outputLocation);
    const statement = parseRequest(request.query);
    const fingerprint = fingerprintOf([
      request.query,
      request.catalog,
      request.database,
      group.name,
      request.outputLocation,
      request.parameters,
    ]);
    const used = request.token === undefined ? undefined : await this.#findToken(scope, request.token);
    if (used !== undefined) return sameExecution(used, fingerprint);
    if (this.#stopping) throw tooManyRequests('The platform is stopping; try again.');
    if (this.#live.size >= config.activeMax) {
      throw tooManyRequests(
        `${config.activeMax} queries are queued or running; the most that are taken on. Try again later.`,
      );
    }
    const execution = newExecution(request, statement, group, resultFolder, clock.nowMs());
    const recorded = store.insert(
      scope,
      execution,
      request.token === undefined ? undefined : { token: request.token, fingerprint },
      (db) => events.record(db, stateChangeEvent(scope, execution, undefined, clock.now())),
    );
    const live: Live = {
      scope,
      recorded,
      abort: new AbortController(),
      statement,
      group,
      resultFolder,
      reuseKey: fingerprintOf([request.query, execution.catalog, execution.database, group.name, request.parameters]),
      done: Promise.withResolvers(),
      execution,
      progress: { percentage: -1, phase: 'queued', rows: 0, rowsTotal: 0, bytes: 0, bytesTotal: 0 },
    };
    return this.#takeOn(live, request.token);
  }

  /** A token whose execution is being written at this moment counts as used. */
  async #findToken(scope: string, token: string): Promise<TokenOwner | undefined> {
    return (await this.#openTokens.get(keyOf(scope, token))) ?? this.#parts.store.findToken(scope, token);
  }

  /** Begins with a query while its record is still on its way to the disk; what has effects waits for that. */
  async #takeOn(live: Live, token: string | undefined): Promise<string> {
    const { id } = live.execution;
    const key = keyOf(live.scope, id);
    const tokenKey = token === undefined ? undefined : keyOf(live.scope, token);
    if (tokenKey !== undefined) this.#openTokens.set(tokenKey, live.recorded);
    this.#live.set(key, live);
    const startsAtOnce = live.statement.kind === 'query';
    if (startsAtOnce) void this.#carryOut(live);
    try {
      await live.recorded;
    } catch (error) {
      live.abort.abort(error);
      if (!startsAtOnce) this.#live.delete(key);
      throw error;
    } finally {
      if (tokenKey !== undefined) this.#openTokens.delete(tokenKey);
    }
    if (!startsAtOnce) void this.#carryOut(live);
    return id;
  }

  /** Starts a query and waits for its end. Aborting the signal stops it. */
  async execute(scope: string, request: StartRequest, signal?: AbortSignal): Promise<Execution> {
    const id = await this.start(scope, request);
    const onAbort = (): void => void this.stop(scope, id);
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      return await this.whenEnded(scope, id);
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  /** @throws InvalidRequestException */
  async whenEnded(scope: string, id: string): Promise<Execution> {
    return this.#live.get(keyOf(scope, id))?.done.promise ?? this.get(scope, id);
  }

  /** Stops a query; one that has ended stays as it is. @throws InvalidRequestException */
  async stop(scope: string, id: string): Promise<void> {
    const live = this.#live.get(keyOf(scope, id));
    if (live === undefined) {
      this.get(scope, id);
      return;
    }
    live.abort.abort(new Error('Query was cancelled by user'));
    await live.done.promise;
  }

  find(scope: string, id: string): Execution | undefined {
    return this.#live.get(keyOf(scope, id))?.execution ?? this.#parts.store.find(scope, id);
  }

  /** @throws InvalidRequestException */
  get(scope: string, id: string): Execution {
    const execution = this.find(scope, id);
    if (execution === undefined) throw executionNotFound(id);
    return execution;
  }

  /** How far a query is; undefined once it has ended. */
  findProgress(scope: string, id: string): ExecutionProgress | undefined {
    return this.#live.get(keyOf(scope, id))?.progress;
  }

  /** @throws InvalidRequestException when there is no result, or not yet */
  async results(
    scope: string,
    id: string,
    options: { token?: string | undefined; rowsMax: number },
  ): Promise<ResultPage> {
    const execution = this.get(scope, id);
    if (!isFinal(execution.state))
      throw invalidRequest(`Query has not yet finished. Current state: ${execution.state}`);
    if (execution.state !== 'SUCCEEDED') {
      throw invalidRequest(`Query did not finish successfully. Final query state: ${execution.state}`);
    }
    if (execution.resultKind === 'none') return { rows: [] };
    const file = await this.#findResultFile(scope, execution);
    if (file === undefined) {
      throw invalidRequest(
        `The result of query ${id} is no longer at ${execution.outputLocation}. Run the query again.`,
      );
    }
    return readResultPage(file, execution.resultKind, { ...options, executionId: id });
  }

  async #findResultFile(scope: string, execution: Execution): Promise<string | undefined> {
    const uri = findS3Uri(execution.outputLocation ?? '');
    if (uri === undefined || this.#parts.lake.findBucket(uri.bucket) === undefined) return undefined;
    return (await this.#parts.lake.findObject({ ...uri, accountId: accountOf(scope) }))?.path;
  }

  /** Ends what a crash cut off, and forgets what is too old. */
  async resume(): Promise<void> {
    const { clock, events, store, config, log } = this.#parts;
    const nowMs = clock.nowMs();
    const ended = await store.endOpen(
      (execution) => cutOff(execution, nowMs),
      (db, scope, execution) => events.record(db, stateChangeEvent(scope, execution, 'RUNNING', clock.now())),
    );
    if (ended > 0) log.warn('queries of an earlier run were ended', { queries: ended });
    await store.deleteOlder(nowMs - config.historyMs);
  }

  async close(): Promise<void> {
    this.#stopping = true;
    const all = [...this.#live.values()];
    for (const live of all) live.abort.abort(new Error('The platform is stopping'));
    await Promise.all(all.map((live) => live.done.promise));
  }

  async #carryOut(live: Live): Promise<void> {
    let final: Execution;
    try {
      final = (await this.#reuse(live)) ?? (await this.#run(live));
    } catch (error) {
      final = await this.#record(live, this.#failed(live, error));
    }
    live.execution = final;
    this.#live.delete(keyOf(live.scope, final.id));
    live.done.resolve(final);
  }

  /** Writes an end that has no result of its own. */
  async #record(live: Live, end: Execution): Promise<Execution> {
    const final = this.#completed(end);
    try {
      await this.#parts.store.update(live.scope, final, (db) => this.#tellEnd(db, live, final));
    } catch (error) {
      // It is still told from memory while the process lives; after that it counts as cut off.
      this.#parts.log.error('the end of a query could not be written', { error, execution: final.id });
      this.#parts.events.publish(stateChangeEvent(live.scope, final, live.execution.state, this.#parts.clock.now()));
    }
    return final;
  }

  #completed(end: Execution): Execution {
    const completedMs = this.#parts.clock.nowMs();
    const totalMs = Math.max(0, completedMs - end.submittedMs);
    return { ...end, completedMs, statistics: { ...end.statistics, totalMs } };
  }

  #failed(live: Live, error: unknown): Execution {
    const isStopped = live.abort.signal.aborted;
    const failure = isStopped
      ? { state: 'CANCELLED' as const, reason: (live.abort.signal.reason as Error).message }
      : failureOf(error);
    if (failure.state === 'FAILED' && failure.error?.category === 1) {
      this.#parts.log.error('a query failed inside the platform', { error, execution: live.execution.id });
    }
    return { ...live.execution, ...failure, resultKind: 'none' };
  }

  async #run(live: Live): Promise<Execution> {
    const { clock, lake, runner, store } = this.#parts;
    const startedMs = clock.nowMs();
    return withScratch(lake, async (scratchFolder) => {
      const context = this.#contextOf(live, scratchFolder);
      if (!usesEngine(live.statement)) context.run.onStart();
      const outcome = await runner.run(live.statement, live.execution.query, context);
      const ranMs = clock.nowMs();
      live.abort.signal.throwIfAborted();
      const { execution } = live;
      const answer = 'answer' in outcome ? outcome.answer : undefined;
      const engineMs = Math.round(answer?.runningMs ?? ranMs - startedMs);
      const end: Execution = {
        ...execution,
        state: 'SUCCEEDED',
        statistics: {
          ...execution.statistics,
          engineMs,
          planningMs: Math.max(0, ranMs - startedMs - execution.statistics.queueMs - engineMs),
          scannedBytes: answer?.scannedBytes ?? 0,
          ...(answer?.inputRows === undefined ? {} : { inputRows: answer.inputRows }),
          outputRows: answer?.rows ?? 0,
          ...(answer === undefined || answer.badCells === 0 ? {} : { badCells: answer.badCells }),
        },
      };
      const to = { accountId: accountOf(live.scope), executionId: execution.id, folder: live.resultFolder };
      let final = end;
      await publishOutcome(lake, outcome, to, (published, db) => {
        const statistics = { ...end.statistics, processingMs: clock.nowMs() - ranMs };
        final = this.#completed({ ...end, ...published, statistics });
        const reuseKey = published.resultKind === 'csv' ? live.reuseKey : undefined;
        if (store.updateIn(db, live.scope, final, reuseKey)) this.#tellEnd(db, live, final);
      });
      return final;
    });
  }

  /** The earlier result of an equal query, where the caller takes one and it is still there. */
  async #reuse(live: Live): Promise<Execution | undefined> {
    const { execution } = live;
    if (execution.reuseMaxAgeMinutes === undefined || execution.substatementType !== 'SELECT') return undefined;
    const { clock, store } = this.#parts;
    const sinceMs = clock.nowMs() - execution.reuseMaxAgeMinutes * 60_000;
    const earlier = store.findReusable(live.scope, live.reuseKey, sinceMs);
    if (earlier === undefined || (await this.#findResultFile(live.scope, earlier)) === undefined) return undefined;
    return this.#record(live, {
      ...execution,
      state: 'SUCCEEDED',
      outputLocation: earlier.outputLocation,
      resultKind: earlier.resultKind,
      columns: earlier.columns,
      statistics: { ...noStatistics, reused: true },
    });
  }

  #contextOf(live: Live, scratchFolder: string): StatementContext {
    const { clock, config } = this.#parts;
    const { execution } = live;
    const submittedMs = clock.nowMs();
    return {
      scope: live.scope,
      accountId: accountOf(live.scope),
      defaults: { catalog: execution.catalog.toLowerCase(), database: (execution.database ?? 'default').toLowerCase() },
      caller: execution.caller,
      workGroup: execution.workGroup,
      executionId: execution.id,
      parameters: execution.parameters,
      now: new Date(execution.submittedMs),
      resultFolder: live.resultFolder,
      scratchFolder,
      run: {
        signal: live.abort.signal,
        timeoutMs: config.timeoutMs,
        scannedMaxBytes: live.group.configuration.scannedMaxBytes,
        onStart: () => this.#started(live, clock.nowMs() - submittedMs),
        onProgress: (progress) => this.#progressed(live, progress),
      },
    };
  }

  #started(live: Live, queueMs: number): void {
    if (live.execution.state !== 'QUEUED') return;
    live.execution = { ...live.execution, state: 'RUNNING', statistics: { ...live.execution.statistics, queueMs } };
    // Not a change on disk: that it ran is forgotten by a crash, which is told as a failure.
    const { clock, events } = this.#parts;
    const event = stateChangeEvent(live.scope, live.execution, 'QUEUED', clock.now());
    void live.recorded.then(
      () => events.publish(event),
      () => undefined,
    );
  }

  #progressed(live: Live, progress: EngineProgress): void {
    const share = Math.max(0, progress.percentage) / 100;
    live.progress = { ...progress, bytes: Math.round(progress.bytesTotal * share) };
    const { statistics } = live.execution;
    live.execution = { ...live.execution, statistics: { ...statistics, scannedBytes: live.progress.bytes } };
  }

  /** Tells of the end in the transaction that keeps it; who hears of it finds the query ended. */
  #tellEnd(db: Transaction, live: Live, final: Execution): void {
    const { clock, events } = this.#parts;
    const { state: before } = live.execution;
    db.afterCommit(() => (live.execution = final));
    events.record(db, stateChangeEvent(live.scope, final, before, clock.now()));
  }

  /** @throws InvalidRequestException when nobody says where results go, or the bucket is not there */
  #resultFolder(scope: string, group: WorkGroup, asked: string | undefined): { bucket: string; prefix: string } {
    const own = group.configuration.resultConfiguration['OutputLocation'];
    const groups = typeof own === 'string' ? own : undefined;
    const location = group.configuration.enforce ? groups : (asked ?? groups);
    if (location === undefined) {
      throw invalidRequest(
        'No output location provided. An output location is required either through the Workgroup result configuration setting or as an API input.',
      );
    }
    checkLocation(location);
    const uri = findS3Uri(location) ?? { bucket: '', key: '' };
    try {
      this.#parts.lake.getBucket(uri.bucket, accountOf(scope));
    } catch (error) {
      if (!isPlatformError(error)) throw error;
      throw invalidRequest(`Unable to verify/create output bucket ${uri.bucket}. ${error.message}`);
    }
    return { bucket: uri.bucket, prefix: uri.key === '' || uri.key.endsWith('/') ? uri.key : `${uri.key}/` };
  }
}

function keyOf(scope: string, id: string): string {
  return `${scope}/${id}`;
}

function accountOf(scope: string): string {
  return scope.slice(0, scope.indexOf('/'));
}
