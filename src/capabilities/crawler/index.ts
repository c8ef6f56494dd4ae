/** The front door of the crawlers. */
export { createCrawler, type CrawlerParts } from './capability.ts';
export type { Crawl } from './crawl.ts';
export type { Crawler } from './crawler.ts';
export { Crawlers } from './crawlers.ts';
export { crawlerSchema } from './store/schema.ts';
