/** Crawlers: made, changed, started by hand or by their schedules, and asked how they did. */
import { type GlueTags, type TagMap, dropTags, putTags } from '#catalog';
import { formatArn } from '#kernel/arn';
import type { Clock, Timer } from '#kernel/clock';
import { messageOf } from '#kernel/errors';
import type { Log } from '#kernel/log';
import { parseSchedule, runSchedule } from '#kernel/schedule';
import type { Db, State } from '#kernel/state';
import { type Crawl, type CrawlFilter, passesFilter } from './crawl.ts';
import {
  type Crawler,
  type CrawlerInput,
  type ScheduleState,
  changeCrawler,
  newCrawler,
  scheduleOf,
} from './crawler.ts';
import type { CrawlProgress, Crawls } from './crawls.ts';
import {
  classifierNotFound,
  crawlerExists,
  crawlerNotFound,
  crawlerRunning,
  noSchedule,
  schedulerNotRunning,
  schedulerRunning,
} from './errors.ts';
import { selectClassifier } from './store/classifier-store.ts';
import * as rows from './store/crawler-store.ts';

export interface CrawlerMetrics {
  readonly timeLeftSeconds: number;
  readonly isEstimating: boolean;
  readonly lastRuntimeSeconds: number;
  readonly medianRuntimeSeconds: number;
  readonly tablesCreated: number;
  readonly tablesUpdated: number;
  readonly tablesDeleted: number;
}

export interface CrawlersParts {
  readonly state: State;
  readonly clock: Clock;
  readonly log: Log;
  readonly tags: GlueTags;
  readonly crawls: Crawls;
}

export class Crawlers {
  readonly #parts: CrawlersParts;
  readonly #timers = new Map<string, Timer>();

  constructor(parts: CrawlersParts) {
    this.#parts = parts;
    parts.tags.own('crawler', (scope, name) => rows.selectCrawler(parts.state.reader, scope, name) !== undefined);
  }

  find(scope: string, name: string): Crawler | undefined {
    return rows.selectCrawler(this.#parts.state.reader, scope, name);
  }

  /** @throws EntityNotFoundException */
  get(scope: string, name: string): Crawler {
    return requireCrawler(this.#parts.state.reader, scope, name);
  }

  list(scope: string, range: { after: string; limit: number }): Crawler[] {
    return rows.selectCrawlers(this.#parts.state.reader, scope, range.after, range.limit);
  }

  /** Only those that carry all of the tags. */
  hasTags(scope: string, name: string, tags: TagMap): boolean {
    const own = this.#parts.tags.list(scope, crawlerArn(scope, name));
    return Object.entries(tags).every(([key, value]) => own[key] === value);
  }

  progress(scope: string, name: string): CrawlProgress {
    return this.#parts.crawls.progress(scope, name);
  }

  /** @throws AlreadyExistsException, EntityNotFoundException (classifier), InvalidInputException */
  async create(scope: string, input: CrawlerInput, tags: TagMap = {}): Promise<void> {
    const crawler = newCrawler(input, this.#parts.clock.now());
    await this.#parts.state.write((db) => {
      if (rows.selectCrawler(db, scope, crawler.Name)) throw crawlerExists(crawler.Name);
      requireClassifiers(db, scope, crawler);
      rows.putCrawler(db, scope, crawler);
      putTags(db, crawlerArn(scope, crawler.Name), tags);
    });
    this.#schedule(scope, crawler);
  }

  /** @throws EntityNotFoundException, CrawlerRunningException, InvalidInputException */
  async update(scope: string, name: string, input: Partial<CrawlerInput>): Promise<void> {
    const crawler = await this.#change(scope, name, (current) =>
      changeCrawler(current, input, this.#parts.clock.now()),
    );
    this.#schedule(scope, crawler);
  }

  /** @throws EntityNotFoundException, CrawlerRunningException */
  async delete(scope: string, name: string): Promise<void> {
    this.#refuseWhileRunning(scope, name);
    await this.#parts.state.write((db) => {
      requireCrawler(db, scope, name);
      rows.deleteCrawler(db, scope, name);
      dropTags(db, crawlerArn(scope, name));
    });
    this.#unschedule(scope, name);
  }

  /** @returns the id of the run. @throws EntityNotFoundException, CrawlerRunningException */
  start(scope: string, name: string): Promise<string> {
    return this.#parts.crawls.start(scope, this.get(scope, name));
  }

  /** @throws EntityNotFoundException, CrawlerNotRunningException, CrawlerStoppingException */
  stop(scope: string, name: string): void {
    this.get(scope, name);
    this.#parts.crawls.stop(scope, name);
  }

  /** Resolves when the run that is going on, if any, has ended. */
  finished(scope: string, name: string): Promise<void> {
    return this.#parts.crawls.finished(scope, name);
  }

  /** @throws EntityNotFoundException, InvalidInputException */
  async updateSchedule(scope: string, name: string, expression: string | undefined): Promise<void> {
    const crawler = await this.#change(scope, name, (current) => ({
      ...current,
      Schedule: expression ? scheduleOf(expression, current.Schedule?.State ?? 'SCHEDULED') : undefined,
    }));
    this.#schedule(scope, crawler);
  }

  /** @throws NoScheduleException, SchedulerRunningException, SchedulerNotRunningException */
  async setScheduleState(scope: string, name: string, state: ScheduleState): Promise<void> {
    const crawler = await this.#parts.state.write((db) => {
      const current = requireCrawler(db, scope, name);
      if (current.Schedule === undefined) throw noSchedule(name);
      if (current.Schedule.State === state)
        throw state === 'SCHEDULED' ? schedulerRunning(name) : schedulerNotRunning(name);
      const next = { ...current, Schedule: { ...current.Schedule, State: state } };
      rows.putCrawler(db, scope, next);
      return next;
    });
    this.#schedule(scope, crawler);
  }

  /** Newest first. @throws EntityNotFoundException */
  history(
    scope: string,
    name: string,
    request: {
      before?: { startedMs: number; id: string } | undefined;
      limit: number;
      filters?: readonly CrawlFilter[];
    },
  ): Crawl[] {
    this.get(scope, name);
    const before = request.before ?? { startedMs: Number.MAX_SAFE_INTEGER, id: '' };
    const all = rows.selectCrawls(this.#parts.state.reader, scope, name, before, -1);
    return all
      .filter((crawl) => (request.filters ?? []).every((filter) => passesFilter(crawl, filter)))
      .slice(0, request.limit);
  }

  metrics(scope: string, name: string): CrawlerMetrics {
    const done = this.history(scope, name, { limit: 100 }).filter((crawl) => crawl.State === 'COMPLETED');
    const seconds = done.map((crawl) => ((crawl.EndTime?.getTime() ?? 0) - crawl.StartTime.getTime()) / 1000);
    const median = [...seconds].sort((a, b) => a - b)[Math.floor(seconds.length / 2)] ?? 0;
    const { state, elapsedMs, filesFound, filesDone } = this.progress(scope, name);
    const isEstimating = state === 'RUNNING' && filesDone === 0;
    const left = filesDone === 0 ? 0 : (elapsedMs / 1000) * (filesFound / filesDone - 1);
    return {
      timeLeftSeconds: state === 'RUNNING' ? Math.max(0, left) : 0,
      isEstimating,
      lastRuntimeSeconds: seconds[0] ?? 0,
      medianRuntimeSeconds: median,
      tablesCreated: done[0]?.tablesCreated ?? 0,
      tablesUpdated: done[0]?.tablesUpdated ?? 0,
      tablesDeleted: done[0]?.tablesDeleted ?? 0,
    };
  }

  /** Marks what a crash cut short and starts the schedules. */
  async open(): Promise<void> {
    await this.#parts.crawls.recover();
    for (const { scope, crawler } of rows.selectAllCrawlers(this.#parts.state.reader)) this.#schedule(scope, crawler);
  }

  async close(): Promise<void> {
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
    await this.#parts.crawls.close();
  }

  async #change(scope: string, name: string, change: (current: Crawler) => Crawler): Promise<Crawler> {
    this.#refuseWhileRunning(scope, name);
    return this.#parts.state.write((db) => {
      const next = change(requireCrawler(db, scope, name));
      requireClassifiers(db, scope, next);
      rows.putCrawler(db, scope, next);
      return next;
    });
  }

  #refuseWhileRunning(scope: string, name: string): void {
    if (this.progress(scope, name).state !== 'READY') throw crawlerRunning(name);
  }

  #schedule(scope: string, crawler: Crawler): void {
    this.#unschedule(scope, crawler.Name);
    if (crawler.Schedule?.State !== 'SCHEDULED') return;
    const schedule = parseSchedule(crawler.Schedule.ScheduleExpression);
    const run = (): void => {
      this.start(scope, crawler.Name).catch((error: unknown) => {
        this.#parts.log.warn('a scheduled crawl did not start', { crawler: crawler.Name, error: messageOf(error) });
      });
    };
    this.#timers.set(`${scope} ${crawler.Name}`, runSchedule(schedule, this.#parts.clock, run));
  }

  #unschedule(scope: string, name: string): void {
    this.#timers.get(`${scope} ${name}`)?.cancel();
    this.#timers.delete(`${scope} ${name}`);
  }
}

export function crawlerArn(scope: string, name: string): string {
  const [accountId = '', region = ''] = scope.split('/');
  return formatArn({ service: 'glue', region, accountId, resource: `crawler/${name}` });
}

function requireCrawler(db: Db, scope: string, name: string): Crawler {
  const crawler = rows.selectCrawler(db, scope, name);
  if (crawler === undefined) throw crawlerNotFound(name);
  return crawler;
}

function requireClassifiers(db: Db, scope: string, crawler: Crawler): void {
  for (const name of crawler.Classifiers ?? []) {
    if (selectClassifier(db, scope, name) === undefined) throw classifierNotFound(name);
  }
}
