/** The runs that are going on: each crawler has at most one. */
import type { Catalog } from '#catalog';
import type { Lake } from '#lake';
import type { Clock } from '#kernel/clock';
import { messageOf } from '#kernel/errors';
import { newUuid } from '#kernel/ids';
import type { Log } from '#kernel/log';
import type { State, Transaction } from '#kernel/state';
import { toCustomClassifier } from './classifier.ts';
import type { Crawl } from './crawl.ts';
import { type Crawler, type CrawlerState, type LastCrawl, crawlerLogGroup } from './crawler.ts';
import { classifierNotFound, crawlerNotRunning, crawlerStarted, crawlerStopping } from './errors.ts';
import { CrawlLog } from './run/crawl-log.ts';
import { runCrawl } from './run/crawl-run.ts';
import type { CrawlPublisher } from './run/publisher.ts';
import { selectClassifier } from './store/classifier-store.ts';
import * as rows from './store/crawler-store.ts';

export interface CrawlsParts {
  readonly state: State;
  readonly clock: Clock;
  readonly log: Log;
  readonly catalog: Catalog;
  readonly lake: Lake;
  readonly publisher: CrawlPublisher;
}

interface Running {
  readonly crawl: Crawl;
  readonly log: CrawlLog;
  readonly stop: AbortController;
  readonly done: Promise<void>;
}

/** What a stopped crawl ends with. */
class Stopped extends Error {}

export interface CrawlProgress {
  readonly state: CrawlerState;
  readonly elapsedMs: number;
  readonly filesFound: number;
  /** Read now or known from before. */
  readonly filesDone: number;
}

export class Crawls {
  readonly #parts: CrawlsParts;
  readonly #running = new Map<string, Running>();

  constructor(parts: CrawlsParts) {
    this.#parts = parts;
  }

  progress(scope: string, name: string): CrawlProgress {
    const running = this.#running.get(keyOf(scope, name));
    if (running === undefined) return { state: 'READY', elapsedMs: 0, filesFound: 0, filesDone: 0 };
    return {
      state: running.stop.signal.aborted ? 'STOPPING' : 'RUNNING',
      elapsedMs: this.#parts.clock.nowMs() - running.crawl.StartTime.getTime(),
      filesFound: running.log.filesFound,
      filesDone: running.log.filesRead + running.log.filesKnown,
    };
  }

  /** Resolves once the run is on record; the run itself goes on. @throws CrawlerRunningException */
  async start(scope: string, crawler: Crawler): Promise<string> {
    const key = keyOf(scope, crawler.Name);
    if (this.#running.has(key)) throw crawlerStarted(crawler.Name);
    const { publisher } = this.#parts;
    const crawl: Crawl = {
      CrawlId: newUuid(),
      State: 'RUNNING',
      StartTime: this.#parts.clock.now(),
      tablesCreated: 0,
      tablesUpdated: 0,
      tablesDeleted: 0,
    };
    const log = new CrawlLog(this.#parts.clock, crawl.CrawlId);
    const stop = new AbortController();
    const { promise: recorded, resolve, reject } = Promise.withResolvers<void>();
    const done = recorded
      .then(() => this.#run(scope, crawler, crawl, log, stop.signal))
      .finally(() => this.#running.delete(key));
    // Both the starter and whoever waits for the end see a failure to record the run; nobody else needs to.
    done.catch(() => undefined);
    this.#running.set(key, { crawl, log, stop, done });
    try {
      await this.#parts.state.write((db) => {
        rows.putCrawl(db, scope, crawler.Name, crawl);
        publisher.recordState(db, scope, crawler.Name, crawl, log);
      });
      resolve();
    } catch (error) {
      reject(error);
      throw error;
    }
    return crawl.CrawlId;
  }

  /** @throws CrawlerNotRunningException, CrawlerStoppingException */
  stop(scope: string, name: string): void {
    const running = this.#running.get(keyOf(scope, name));
    if (running === undefined) throw crawlerNotRunning(name);
    if (running.stop.signal.aborted) throw crawlerStopping(name);
    running.stop.abort(new Stopped('The crawl was stopped on request.'));
  }

  /** Resolves when the run that is going on, if any, has ended. */
  async finished(scope: string, name: string): Promise<void> {
    await this.#running.get(keyOf(scope, name))?.done;
  }

  /** Stops every run and waits for their ends. */
  async close(): Promise<void> {
    const running = [...this.#running.values()];
    for (const { stop } of running)
      stop.abort(new Error('The platform stopped while this crawl ran. Start the crawler again.'));
    await Promise.allSettled(running.map(({ done }) => done));
  }

  /** Marks the runs that a crash cut short. What they had read of folders is kept, so that the next run goes on from there. */
  async recover(): Promise<void> {
    const { publisher, clock } = this.#parts;
    for (const { scope, crawler: name, crawl } of rows.selectRunningCrawls(this.#parts.state)) {
      const ErrorMessage = 'The platform stopped while this crawl ran. Start the crawler again.';
      const ended: Crawl = { ...crawl, State: 'FAILED', EndTime: clock.now(), ErrorMessage };
      const log = new CrawlLog(clock, crawl.CrawlId);
      await this.#record(scope, name, ended, (db) => publisher.recordState(db, scope, name, ended, log));
    }
  }

  async #run(scope: string, crawler: Crawler, crawl: Crawl, log: CrawlLog, signal: AbortSignal): Promise<void> {
    const { publisher, clock } = this.#parts;
    log.info(`Running Start Crawl for Crawler ${crawler.Name}`);
    let outcome: Pick<Crawl, 'State' | 'ErrorMessage'> = { State: 'COMPLETED' };
    try {
      const classifiers = this.#classifiersOf(scope, crawler);
      await runCrawl({ ...this.#parts, scope, crawler, classifiers, log, signal });
      log.info('Finished writing to Catalog');
    } catch (error) {
      outcome =
        error instanceof Stopped
          ? { State: 'STOPPED' }
          : { State: 'FAILED', ErrorMessage: messageOf(error).slice(0, 2048) };
      if (outcome.State === 'FAILED') log.error(outcome.ErrorMessage ?? '');
      this.#parts.log.debug('a crawl ended early', { crawler: crawler.Name, error });
    }
    log.info('Crawler has finished running and is in state READY');
    const ended: Crawl = {
      ...crawl,
      ...outcome,
      EndTime: clock.now(),
      Summary: log.summary(),
      tablesCreated: log.tables.added.length,
      tablesUpdated: log.tables.updated.length,
      tablesDeleted: log.tables.deleted.length,
    };
    await publisher.writeLines(scope, crawler.Name, log);
    await this.#record(scope, crawler.Name, ended, (db) => publisher.recordState(db, scope, crawler.Name, ended, log));
  }

  /** @param alongside what is told of it, in the same transaction */
  async #record(scope: string, name: string, crawl: Crawl, alongside: (db: Transaction) => void): Promise<void> {
    await this.#parts.state.write((db) => {
      alongside(db);
      const current = rows.selectCrawler(db, scope, name);
      if (current === undefined) return;
      rows.putCrawl(db, scope, name, crawl);
      rows.trimCrawls(db, scope, name);
      rows.putCrawler(db, scope, { ...current, LastCrawl: lastCrawlOf(name, crawl) });
    });
  }

  #classifiersOf(scope: string, crawler: Crawler) {
    return (crawler.Classifiers ?? []).map((name) => {
      const classifier = selectClassifier(this.#parts.state.reader, scope, name);
      if (classifier === undefined) throw classifierNotFound(name);
      return toCustomClassifier(classifier);
    });
  }
}

function keyOf(scope: string, name: string): string {
  return `${scope} ${name}`;
}

function lastCrawlOf(name: string, crawl: Crawl): LastCrawl {
  return {
    Status: crawl.State === 'COMPLETED' ? 'SUCCEEDED' : crawl.State === 'STOPPED' ? 'CANCELLED' : 'FAILED',
    ErrorMessage: crawl.ErrorMessage,
    LogGroup: crawlerLogGroup,
    LogStream: name,
    MessagePrefix: crawl.CrawlId,
    StartTime: crawl.StartTime,
  };
}
