/** Crawlers and classifiers as the platform sees them. */
import type { Capability, Schema } from '#capability';
import type { Catalog, GlueTags } from '#catalog';
import type { Dispatcher } from '#gateway';
import type { Lake } from '#lake';
import type { Clock } from '#kernel/clock';
import type { EventHub } from '#kernel/events';
import type { Log } from '#kernel/log';
import type { State } from '#kernel/state';
import { classifierOperations } from './api/classifiers.ts';
import { crawlerOperations } from './api/crawlers.ts';
import { Classifiers } from './classifiers.ts';
import { Crawlers } from './crawlers.ts';
import { Crawls } from './crawls.ts';
import { crawlerResources } from './resources.ts';
import { CrawlPublisher } from './run/publisher.ts';
import { crawlerSchema } from './store/schema.ts';

export interface CrawlerParts {
  readonly state: State;
  readonly clock: Clock;
  readonly log: Log;
  readonly events: EventHub;
  readonly catalog: Catalog;
  readonly tags: GlueTags;
  readonly lake: Lake;
  /** Takes the log lines of crawls to CloudWatch Logs; without it they are not kept. */
  readonly dispatcher?: Pick<Dispatcher, 'call' | 'serves'> | undefined;
}

export function createCrawler(parts: CrawlerParts): { crawlers: Crawlers; capability: Capability; schema: Schema } {
  const { state, clock, events, catalog, tags, lake, dispatcher } = parts;
  const log = parts.log.with({ capability: 'crawler' });
  const publisher = new CrawlPublisher({ events, clock, log, dispatcher });
  const crawls = new Crawls({ state, clock, log, catalog, lake, publisher });
  const crawlers = new Crawlers({ state, clock, log, tags, crawls });
  const classifiers = new Classifiers({ state, clock });
  const capability: Capability = {
    name: 'crawler',
    apis: [{ service: 'glue', operations: { ...crawlerOperations(crawlers), ...classifierOperations(classifiers) } }],
    resources: crawlerResources,
    start: () => crawlers.open(),
    stop: () => crawlers.close(),
  };
  return { crawlers, capability, schema: crawlerSchema };
}
