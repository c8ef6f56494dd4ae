/** Tells the world how a crawl goes: events for rules and triggers, log lines for people. */
import { serviceCaller } from '#access';
import type { Dispatcher } from '#gateway';
import type { Clock } from '#kernel/clock';
import { messageOf } from '#kernel/errors';
import type { EventHub, PlatformEvent } from '#kernel/events';
import { newUuid } from '#kernel/ids';
import type { Log } from '#kernel/log';
import type { Transaction } from '#kernel/state';
import { type Crawl } from '../crawl.ts';
import { crawlerLogGroup } from '../crawler.ts';
import type { CrawlLog } from './crawl-log.ts';

export interface PublisherParts {
  readonly events: EventHub;
  readonly clock: Clock;
  readonly log: Log;
  /** Undefined where nobody keeps logs. */
  readonly dispatcher?: Pick<Dispatcher, 'call' | 'serves'> | undefined;
}

// Limit: lines go to the log group 500 at a time.
const linesPerCall = 500;

export class CrawlPublisher {
  readonly #parts: PublisherParts;

  constructor(parts: PublisherParts) {
    this.#parts = parts;
  }

  /** Tells of a crawl's state in the transaction that keeps it. */
  recordState(db: Transaction, scope: string, crawlerName: string, crawl: Crawl, log: CrawlLog): void {
    const { events, clock } = this.#parts;
    const [accountId = '', region = ''] = scope.split('/');
    const isStart = crawl.State === 'RUNNING';
    const state = isStart
      ? 'Started'
      : crawl.State === 'COMPLETED'
        ? 'Succeeded'
        : crawl.State === 'STOPPED'
          ? 'Stopped'
          : 'Failed';
    const durationMs = (crawl.EndTime ?? clock.now()).getTime() - crawl.StartTime.getTime();
    const event: PlatformEvent = {
      id: newUuid(),
      source: 'aws.glue',
      detailType: 'Glue Crawler State Change',
      accountId,
      region,
      time: clock.now(),
      resources: [],
      detail: {
        accountId,
        crawlerName,
        state,
        startTime: crawl.StartTime.toISOString(),
        message: isStart ? 'Crawler Started' : `Crawler ${state}`,
        cloudWatchLogLink: `log-group:${crawlerLogGroup}:log-stream:${crawlerName}`,
        ...(!isStart && {
          completionDate: (crawl.EndTime ?? clock.now()).toISOString(),
          'runningTime (sec)': String(Math.round(durationMs / 1000)),
          tablesCreated: String(log.tables.added.length),
          tablesUpdated: String(log.tables.updated.length),
          tablesDeleted: String(log.tables.deleted.length),
          partitionsCreated: String(log.partitions.added),
          partitionsUpdated: String(log.partitions.updated),
          partitionsDeleted: String(log.partitions.deleted),
          warningMessage: log.skippedCount === 0 ? 'N/A' : `${log.skippedCount} files were left out`,
          ...(crawl.ErrorMessage !== undefined && { errorMessage: crawl.ErrorMessage }),
        }),
      },
    };
    events.record(db, event);
  }

  /** Appends the lines to the crawler's stream; a log that cannot be written never fails a crawl. */
  async writeLines(scope: string, crawlerName: string, log: CrawlLog): Promise<void> {
    const { dispatcher } = this.#parts;
    const lines = log.takeLines();
    if (!dispatcher?.serves('logs', 'PutLogEvents') || lines.length === 0) return;
    const [accountId = '', region = ''] = scope.split('/');
    const as = { caller: serviceCaller('glue.amazonaws.com', accountId), region, invokedBy: 'glue.amazonaws.com' };
    const place = { logGroupName: crawlerLogGroup, logStreamName: crawlerName };
    try {
      await ignoreExisting(() => dispatcher.call('logs', 'CreateLogGroup', { logGroupName: crawlerLogGroup }, as));
      await ignoreExisting(() => dispatcher.call('logs', 'CreateLogStream', place, as));
      for (let first = 0; first < lines.length; first += linesPerCall) {
        const logEvents = lines
          .slice(first, first + linesPerCall)
          .map(({ timeMs, text }) => ({ timestamp: timeMs, message: text }));
        await dispatcher.call('logs', 'PutLogEvents', { ...place, logEvents }, as);
      }
    } catch (error) {
      this.#parts.log.warn('the log of a crawl could not be written', {
        crawler: crawlerName,
        error: messageOf(error),
      });
    }
  }
}

async function ignoreExisting(create: () => Promise<unknown>): Promise<void> {
  try {
    await create();
  } catch (error) {
    if ((error as { code?: string }).code !== 'ResourceAlreadyExistsException') throw error;
  }
}
