/** Glue's operations on crawlers, their schedules and their runs. */
import type { CrawlerHistory, CrawlerMetrics, Glue, Crawler as WireCrawler } from '@aws-sdk/client-glue';
import type { HandlersOf, RequestContext } from '#gateway';
import { decodeToken, encodeToken } from '#kernel/paging';
import type { Crawl } from '../crawl.ts';
import { type Crawler, type CrawlerInput, crawlerLogGroup } from '../crawler.ts';
import type { Crawlers } from '../crawlers.ts';
import { crawlerNotFound, invalidInput } from '../errors.ts';

// Limit: lists of crawlers return at most 1,000 in a page, runs of one at most 1,000, as in Glue.
const pageMax = 1000;
const crawlsPageDefault = 20;

export function crawlerOperations(crawlers: Crawlers): HandlersOf<Glue> {
  return { ...definitions(crawlers), ...lists(crawlers), ...runs(crawlers), ...schedules(crawlers) };
}

function definitions(crawlers: Crawlers): HandlersOf<Glue> {
  return {
    async CreateCrawler(input, context) {
      checkCatalogId(input.CatalogId, context);
      await crawlers.create(context.scope, input as CrawlerInput, input.Tags);
      return {};
    },

    async UpdateCrawler(input, context) {
      checkCatalogId(input.CatalogId, context);
      await crawlers.update(context.scope, nameOf(input), input as Partial<CrawlerInput>);
      return {};
    },

    async DeleteCrawler(input, context) {
      await crawlers.delete(context.scope, nameOf(input));
      return {};
    },

    GetCrawler(input, context) {
      return { Crawler: toWire(crawlers, context.scope, crawlers.get(context.scope, nameOf(input))) };
    },

    BatchGetCrawlers(input, context) {
      const names = input.CrawlerNames ?? [];
      const found = names.map((name) => crawlers.find(context.scope, name));
      return {
        Crawlers: found.flatMap((crawler) => (crawler ? [toWire(crawlers, context.scope, crawler)] : [])),
        CrawlersNotFound: names.filter((_name, index) => found[index] === undefined),
      };
    },
  };
}

function lists(crawlers: Crawlers): HandlersOf<Glue> {
  return {
    GetCrawlers(input, context) {
      const { items, nextToken } = page(input, (range) => crawlers.list(context.scope, range));
      return { Crawlers: items.map((crawler) => toWire(crawlers, context.scope, crawler)), NextToken: nextToken };
    },

    ListCrawlers(input, context) {
      const tags = input.Tags ?? {};
      const { items, nextToken } = page(input, ({ after, limit }) =>
        crawlers
          .list(context.scope, { after, limit: -1 })
          .filter((crawler) => crawlers.hasTags(context.scope, crawler.Name, tags))
          .slice(0, limit),
      );
      return { CrawlerNames: items.map((crawler) => crawler.Name), NextToken: nextToken };
    },

    GetCrawlerMetrics(input, context) {
      const wanted = input.CrawlerNameList;
      const { items, nextToken } = page(input, ({ after, limit }) =>
        crawlers
          .list(context.scope, { after, limit: -1 })
          .filter((crawler) => wanted === undefined || wanted.length === 0 || wanted.includes(crawler.Name))
          .slice(0, limit),
      );
      return {
        CrawlerMetricsList: items.map((crawler) => metricsOf(crawlers, context.scope, crawler.Name)),
        NextToken: nextToken,
      };
    },
  };
}

function runs(crawlers: Crawlers): HandlersOf<Glue> {
  return {
    async StartCrawler(input, context) {
      await crawlers.start(context.scope, nameOf(input));
      return {};
    },

    StopCrawler(input, context) {
      crawlers.stop(context.scope, nameOf(input));
      return {};
    },

    ListCrawls(input, context) {
      const name = input.CrawlerName ?? '';
      const size = Math.min(input.MaxResults ?? crawlsPageDefault, pageMax);
      const [startedMs, id] = input.NextToken ? decodeToken(input.NextToken) : [];
      const before = startedMs === undefined ? undefined : { startedMs: Number(startedMs), id: String(id) };
      const found = crawlers.history(context.scope, name, { before, limit: size + 1, filters: input.Filters ?? [] });
      const last = found[size - 1];
      return {
        Crawls: found.slice(0, size).map((crawl) => crawlToWire(name, crawl)),
        NextToken: found.length > size && last ? encodeToken([last.StartTime.getTime(), last.CrawlId]) : undefined,
      };
    },
  };
}

function schedules(crawlers: Crawlers): HandlersOf<Glue> {
  return {
    async UpdateCrawlerSchedule(input, context) {
      await crawlers.updateSchedule(context.scope, input.CrawlerName ?? '', input.Schedule);
      return {};
    },

    async StartCrawlerSchedule(input, context) {
      await crawlers.setScheduleState(context.scope, input.CrawlerName ?? '', 'SCHEDULED');
      return {};
    },

    async StopCrawlerSchedule(input, context) {
      await crawlers.setScheduleState(context.scope, input.CrawlerName ?? '', 'NOT_SCHEDULED');
      return {};
    },
  };
}

function nameOf(input: { Name?: string | undefined }): string {
  if (input.Name === undefined) throw invalidInput('Name must be given.');
  return input.Name;
}

function checkCatalogId(catalogId: string | undefined, context: RequestContext): void {
  if (catalogId !== undefined && catalogId !== context.accountId) throw crawlerNotFound(`of catalog ${catalogId}`);
}

function page(
  request: { NextToken?: string | undefined; MaxResults?: number | undefined },
  read: (range: { after: string; limit: number }) => Crawler[],
): { items: Crawler[]; nextToken?: string } {
  const size = Math.min(request.MaxResults ?? pageMax, pageMax);
  const after = request.NextToken ? String(decodeToken(request.NextToken)[0] ?? '') : '';
  const found = read({ after, limit: size + 1 });
  const last = found[size - 1];
  const items = found.slice(0, size);
  return found.length > size && last ? { items, nextToken: encodeToken([last.Name]) } : { items };
}

function toWire(crawlers: Crawlers, scope: string, crawler: Crawler): WireCrawler {
  const { state, elapsedMs } = crawlers.progress(scope, crawler.Name);
  return { ...crawler, State: state, CrawlElapsedTime: elapsedMs } as WireCrawler;
}

function metricsOf(crawlers: Crawlers, scope: string, name: string): CrawlerMetrics {
  const metrics = crawlers.metrics(scope, name);
  return {
    CrawlerName: name,
    TimeLeftSeconds: metrics.timeLeftSeconds,
    StillEstimating: metrics.isEstimating,
    LastRuntimeSeconds: metrics.lastRuntimeSeconds,
    MedianRuntimeSeconds: metrics.medianRuntimeSeconds,
    TablesCreated: metrics.tablesCreated,
    TablesUpdated: metrics.tablesUpdated,
    TablesDeleted: metrics.tablesDeleted,
  };
}

function crawlToWire(name: string, crawl: Crawl): CrawlerHistory {
  return {
    CrawlId: crawl.CrawlId,
    State: crawl.State,
    StartTime: crawl.StartTime,
    EndTime: crawl.EndTime,
    Summary: crawl.Summary,
    ErrorMessage: crawl.ErrorMessage,
    LogGroup: crawlerLogGroup,
    LogStream: name,
    MessagePrefix: crawl.CrawlId,
    DPUHour: 0,
  };
}
