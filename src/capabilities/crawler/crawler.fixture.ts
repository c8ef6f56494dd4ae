/** A lake, a catalog and crawlers on one state, with Glue's client before them, for the tests of this folder. */
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { type CrawlerHistory, type CreateCrawlerRequest, Glue, type Table } from '@aws-sdk/client-glue';
import type { Capability, Schema } from '#capability';
import { type Catalog, catalogSchema, createCatalog } from '#catalog';
import type { Dispatcher } from '#gateway';
import type { Clock } from '#kernel/clock';
import { SystemClock } from '#kernel/clock';
import { EventHub, type PlatformEvent } from '#kernel/events';
import { type Log, silentLog } from '#kernel/log';
import { State } from '#kernel/state';
import { Vault } from '#kernel/vault';
import { type Lake, createLake, lakeSchema } from '#lake';
import { clientConfig, rootCaller, startGateway, testAccountId } from '#testing';
import { createCrawler } from './capability.ts';
import type { Crawlers } from './crawlers.ts';
import { crawlerSchema } from './store/schema.ts';

export const scope = `${testAccountId}/us-east-1`;
export const bucket = 'raw';
export const database = 'found';

export interface Ground {
  readonly glue: Glue;
  readonly catalog: Catalog;
  readonly crawlers: Crawlers;
  readonly lake: Lake;
  readonly state: State;
  readonly hub: EventHub;
  readonly events: readonly PlatformEvent[];
  /** Writes a file into the bucket's folder, as a user with ordinary tools does. */
  drop(key: string, text: string | Uint8Array): void;
  /** Copies a file or folder into the bucket's folder. */
  copy(from: string, key: string): void;
  remove(key: string): void;
  /** Creates the crawler when it is not there, runs it to its end and tells how that went. */
  crawl(options?: Partial<CreateCrawlerRequest>): Promise<CrawlOutcome>;
  tables(): Promise<Table[]>;
  /** `name type` of each column. */
  columns(table: string): Promise<string[]>;
}

export interface CrawlOutcome extends CrawlerHistory {
  readonly summary: {
    readonly TABLE: Record<'ADD' | 'UPDATE' | 'DELETE', { Count: number; Details: { names: string[] } }>;
    readonly PARTITION: Record<'ADD' | 'UPDATE' | 'DELETE', { Count: number }>;
    readonly FILES: { Found: number; Read: number; Unchanged: number };
    readonly SKIPPED: { Count: number; Details: { key: string; reason: string }[] };
    readonly REASONS: Record<string, string[]>;
  };
}

export interface GroundOptions {
  readonly clock?: Clock;
  /** A capability of a lower floor, which the crawlers reach by the dispatcher. */
  readonly beside?: {
    readonly schema: Schema;
    create(parts: { state: State; clock: Clock; log: Log }): { readonly capability: Capability };
  };
}

export async function openGround(t: TestContext, options: GroundOptions = {}): Promise<Ground> {
  const folder = mkdtempSync(join(tmpdir(), 'millpond-crawler-'));
  const state = State.open(join(folder, 'state.db'), [
    lakeSchema,
    catalogSchema,
    crawlerSchema,
    ...(options.beside ? [options.beside.schema] : []),
  ]);
  const clock = options.clock ?? new SystemClock();
  const hub = new EventHub(silentLog);
  const events: PlatformEvent[] = [];
  hub.subscribe((event) => void events.push(event));
  const common = { state, clock, events: hub, log: silentLog };
  const { lake, capability: lakeCapability } = createLake({ ...common, dataDir: folder });
  const {
    catalog,
    tags,
    capability: catalogCapability,
  } = createCatalog({
    ...common,
    vault: Vault.open(join(folder, 'key')),
  });
  const beside = options.beside?.create(common);
  const dispatcher: Pick<Dispatcher, 'call' | 'serves'> = {
    call: (...call) => server.dispatcher.call(...call),
    serves: (...operation) => server.dispatcher.serves(...operation),
  };
  const { crawlers, capability } = createCrawler({ ...common, catalog, tags, lake, dispatcher });
  const server = await startGateway({
    apis: [lakeCapability, catalogCapability, capability, beside?.capability].flatMap((part) => part?.apis ?? []),
    clock,
  });
  await capability.start?.();
  const glue = new Glue(clientConfig(server.endpoint));
  t.after(async () => {
    glue.destroy();
    await capability.stop?.();
    await beside?.capability.stop?.();
    await server.close();
    await lakeCapability.stop?.();
    state.close();
    rmSync(folder, { recursive: true });
  });
  const as = { caller: rootCaller, region: 'us-east-1', invokedBy: 'test' };
  await server.dispatcher.call('s3', 'CreateBucket', { Bucket: bucket }, as);
  const pathOf = (key: string): string => {
    const path = join(lake.bucketFolder(bucket), key);
    mkdirSync(dirname(path), { recursive: true });
    return path;
  };
  return {
    glue,
    catalog,
    crawlers,
    lake,
    state,
    hub,
    events,
    drop: (key, text) => writeFileSync(pathOf(key), text),
    copy: (from, key) => cpSync(from, pathOf(key), { recursive: true }),
    remove: (key) => rmSync(pathOf(key), { recursive: true }),
    crawl: (request) => crawl(glue, crawlers, request),
    tables: async () => (await glue.getTables({ DatabaseName: database })).TableList ?? [],
    async columns(table) {
      const found = await glue.getTable({ DatabaseName: database, Name: table });
      return (found.Table?.StorageDescriptor?.Columns ?? []).map((column) => `${column.Name} ${column.Type}`);
    },
  };
}

async function crawl(
  glue: Glue,
  crawlers: Crawlers,
  request: Partial<CreateCrawlerRequest> = {},
): Promise<CrawlOutcome> {
  const Name = request.Name ?? 'crawler';
  if (crawlers.find(scope, Name) === undefined) {
    await glue.createCrawler({
      Role: 'arn:aws:iam::000000000000:role/glue',
      DatabaseName: database,
      Targets: { S3Targets: [{ Path: `s3://${bucket}/` }] },
      ...request,
      Name,
    });
  }
  await glue.startCrawler({ Name });
  await crawlers.finished(scope, Name);
  const { Crawls: [last] = [] } = await glue.listCrawls({ CrawlerName: Name, MaxResults: 1 });
  return { ...last, summary: JSON.parse(last?.Summary ?? '{}') as CrawlOutcome['summary'] };
}
