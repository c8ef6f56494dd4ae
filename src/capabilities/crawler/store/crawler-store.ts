/** Rows of crawlers and their runs. */
import type { Db, State } from '#kernel/state';
import type { Crawl } from '../crawl.ts';
import type { Crawler } from '../crawler.ts';

const timeMembers = new Set(['CreationTime', 'LastUpdated', 'StartTime', 'EndTime']);

/** JSON in which the members that are times come back as such. */
export function decodeBody(text: string): unknown {
  return JSON.parse(text, (key, value: unknown) =>
    timeMembers.has(key) && typeof value === 'string' ? new Date(value) : value,
  );
}

export function selectCrawler(db: Db, scope: string, name: string): Crawler | undefined {
  const row = db
    .prepare<{ body: string }>('SELECT body FROM crawler_crawler WHERE scope = ? AND name = ?')
    .get(scope, name);
  return row && (decodeBody(row.body) as Crawler);
}

/** In the order of their names, those behind `after`. */
export function selectCrawlers(db: Db, scope: string, after: string, limit: number): Crawler[] {
  return db
    .prepare<{ body: string }>('SELECT body FROM crawler_crawler WHERE scope = ? AND name > ? ORDER BY name LIMIT ?')
    .all(scope, after, limit)
    .map((row) => decodeBody(row.body) as Crawler);
}

/** Those of every scope: for schedules at the start. */
export function selectAllCrawlers(db: Db): { scope: string; crawler: Crawler }[] {
  return db
    .prepare<{ scope: string; body: string }>('SELECT scope, body FROM crawler_crawler ORDER BY scope, name')
    .all()
    .map((row) => ({ scope: row.scope, crawler: decodeBody(row.body) as Crawler }));
}

export function putCrawler(db: Db, scope: string, crawler: Crawler): void {
  db.prepare(
    `INSERT INTO crawler_crawler (scope, name, body) VALUES (?, ?, ?)
     ON CONFLICT (scope, name) DO UPDATE SET body = excluded.body`,
  ).run(scope, crawler.Name, JSON.stringify(crawler));
}

/** Its runs and what it knows of folders go with it. */
export function deleteCrawler(db: Db, scope: string, name: string): void {
  db.prepare('DELETE FROM crawler_crawler WHERE scope = ? AND name = ?').run(scope, name);
}

export function putCrawl(db: Db, scope: string, crawler: string, crawl: Crawl): void {
  db.prepare(
    `INSERT INTO crawler_crawl (scope, crawler, started_ms, id, state, body) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (scope, crawler, started_ms, id) DO UPDATE SET state = excluded.state, body = excluded.body`,
  ).run(scope, crawler, crawl.StartTime.getTime(), crawl.CrawlId, crawl.State, JSON.stringify(crawl));
}

/** Newest first, those that started before `before` (and, at the same time, with a lower id). */
export function selectCrawls(
  db: Db,
  scope: string,
  crawler: string,
  before: { startedMs: number; id: string },
  limit: number,
): Crawl[] {
  return db
    .prepare<{ body: string }>(
      `SELECT body FROM crawler_crawl WHERE scope = ? AND crawler = ? AND (started_ms, id) < (?, ?)
       ORDER BY started_ms DESC, id DESC LIMIT ?`,
    )
    .all(scope, crawler, before.startedMs, before.id, limit)
    .map((row) => decodeBody(row.body) as Crawl);
}

/** Runs that were going on when the platform stopped. */
export function selectRunningCrawls(state: State): { scope: string; crawler: string; crawl: Crawl }[] {
  return state.reader
    .prepare<{ scope: string; crawler: string; body: string }>(
      `SELECT scope, crawler, body FROM crawler_crawl WHERE state = 'RUNNING'`,
    )
    .all()
    .map((row) => ({ scope: row.scope, crawler: row.crawler, crawl: decodeBody(row.body) as Crawl }));
}

// Limit: the newest 1,000 runs of a crawler are kept.
const crawlsMax = 1000;

export function trimCrawls(db: Db, scope: string, crawler: string): void {
  db.prepare(
    `DELETE FROM crawler_crawl WHERE scope = ?1 AND crawler = ?2 AND started_ms < (
       SELECT started_ms FROM crawler_crawl WHERE scope = ?1 AND crawler = ?2 ORDER BY started_ms DESC LIMIT 1 OFFSET ?3)`,
  ).run(scope, crawler, crawlsMax - 1);
}
