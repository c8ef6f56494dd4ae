/** A run of a crawler from the listing of its targets to the tables in the catalog. */
import type { Catalog } from '#catalog';
import { parseS3Uri, type Lake } from '#lake';
import type { CustomClassifier } from '#formats/classify/index';
import type { Clock } from '#kernel/clock';
import { isPlatformError } from '#kernel/errors';
import type { State } from '#kernel/state';
import { parseConfiguration } from '../configuration.ts';
import type { CatalogTarget, Crawler } from '../crawler.ts';
import { invalidInput } from '../errors.ts';
import type { CrawlLog } from './crawl-log.ts';
import { type TableDraft, draftTable } from './table-draft.ts';
import { TableWriter } from './table-writer.ts';
import { TargetReader } from './target-reader.ts';

export interface CrawlRunParts {
  readonly catalog: Catalog;
  readonly lake: Lake;
  readonly state: State;
  readonly clock: Clock;
  readonly scope: string;
  readonly crawler: Crawler;
  readonly classifiers: readonly CustomClassifier[];
  readonly log: CrawlLog;
  readonly signal: AbortSignal;
}

/** Nothing is written before every target was read. @throws the signal's reason when it is stopped */
export async function runCrawl(parts: CrawlRunParts): Promise<void> {
  const configuration = parseConfiguration(parts.crawler.Configuration);
  const writer = new TableWriter({ ...parts, configuration });
  const reader = new TargetReader({
    ...parts,
    crawlerName: parts.crawler.Name,
    recrawl: parts.crawler.RecrawlPolicy.RecrawlBehavior,
    configuration,
  });
  const catalogTargets = parts.crawler.Targets.CatalogTargets ?? [];
  if (catalogTargets.length > 0) return crawlTables(catalogTargets, parts, reader, writer);
  await crawlPaths(parts, reader, writer);
}

async function crawlPaths(parts: CrawlRunParts, reader: TargetReader, writer: TableWriter): Promise<void> {
  const { crawler, log, signal } = parts;
  const configuration = parseConfiguration(crawler.Configuration);
  const drafts = new Map<string, TableDraft>();
  const covered: string[] = [];
  for (const target of crawler.Targets.S3Targets ?? []) {
    const findings = await reader.read({
      path: target.Path,
      exclusions: target.Exclusions ?? [],
      sampleSize: target.SampleSize,
    });
    covered.push(`s3://${findings.bucket}/${findings.prefix}`);
    for (const set of findings.sets) {
      const options = { bucket: findings.bucket, crawlerName: crawler.Name, ...configuration };
      const draft = draftTable(set, options);
      // Two targets may overlap; the first that found a place is the one.
      if (!drafts.has(draft.location)) drafts.set(draft.location, draft);
    }
  }
  const { tableThreshold: threshold } = configuration;
  if (threshold !== undefined && drafts.size > threshold) {
    throw invalidInput(
      `The number of tables detected by the crawler: ${drafts.size} is greater than the table threshold value provided: ${threshold}. Nothing was written to the Data Catalog.`,
    );
  }
  signal.throwIfAborted();
  const database = crawler.DatabaseName ?? '';
  await ensureDatabase(parts, database);
  const present = new Set<string>();
  for (const draft of drafts.values()) present.add(await writer.write(draft));
  if (crawler.RecrawlPolicy.RecrawlBehavior === 'CRAWL_EVERYTHING') {
    await writer.remove(database, (location) => covered.some((path) => location.startsWith(path)), present);
  }
  if (drafts.size === 0) log.warn('No data was found: there is no table to write');
}

/** A database that is not there is made, as Glue's crawlers make it. */
async function ensureDatabase({ catalog, scope, log }: CrawlRunParts, name: string): Promise<void> {
  if (catalog.findDatabase(scope, name)) return;
  try {
    await catalog.createDatabase(scope, { Name: name });
    log.info(`Created database ${name}`);
  } catch (error) {
    if (!isPlatformError(error, 'AlreadyExistsException')) throw error;
  }
}

/** Tables that exist are crawled where they are; their names and places stay. */
async function crawlTables(
  targets: readonly CatalogTarget[],
  parts: CrawlRunParts,
  reader: TargetReader,
  writer: TableWriter,
): Promise<void> {
  const { catalog, scope, crawler, log } = parts;
  const configuration = parseConfiguration(crawler.Configuration);
  for (const { DatabaseName: database, Tables: names } of targets) {
    for (const name of names) {
      const table = catalog.getTable(scope, database, name);
      const location = table.StorageDescriptor?.Location ?? '';
      const { bucket, key } = parseS3Uri(location, 'InvalidInputException');
      const { sets } = await reader.read({ path: location, exclusions: [] });
      const prefix = key === '' || key.endsWith('/') ? key : `${key}/`;
      const set = sets.find((candidate) => candidate.root === prefix || candidate.root === key);
      if (set === undefined || sets.length > 1) {
        log.warn(`Table ${name} stays as it is: the data at ${location} makes ${sets.length} tables, not one`);
        for (const found of sets) log.explain(`${name} (${found.root})`, found.reasons);
        continue;
      }
      const draft = draftTable(set, { bucket, crawlerName: crawler.Name, ...configuration });
      const descriptor = { ...draft.table.StorageDescriptor, Location: location };
      await writer.writeAs(database, table.Name, {
        ...draft,
        table: { ...draft.table, StorageDescriptor: descriptor },
      });
    }
  }
}
