/** `millpond crawl NAME`: runs a crawler and says what it found and why. */
import { Client, type CallOutput } from './client.ts';
import { findConnection, type ConnectionFlags } from './connection.ts';
import { CliError, exitCodes } from './exit.ts';
import { formatDuration, type Output } from './output.ts';
import { pollUntil } from './poll.ts';

export interface CrawlFlags extends ConnectionFlags {
  readonly timeout?: string;
}

export interface CrawlAnswer {
  readonly database: string;
  readonly tables: readonly { name: string; columns: number; classification: string; location: string }[];
  readonly elapsedMs: number;
}

export async function runCrawl(name: string, flags: CrawlFlags, output: Output): Promise<void> {
  const client = new Client(findConnection(flags));
  const answer = await crawl(client, name, {
    timeoutSeconds: flags.timeout === undefined ? undefined : Number(flags.timeout),
    onProgress: (text) => output.progress(text),
  });
  output.rows(['name', 'classification', 'columns', 'location'], answer.tables);
  output.note(`${answer.tables.length} tables in ${answer.database}, ${formatDuration(answer.elapsedMs)}`);
}

/** @throws CliError with the crawler's reason when the crawl fails */
export async function crawl(
  client: Client,
  name: string,
  options: { timeoutSeconds?: number | undefined; onProgress?: (text: string) => void } = {},
): Promise<CrawlAnswer> {
  const started = performance.now();
  await client.call('glue', 'StartCrawler', { Name: name });
  const crawler = await pollUntil<CallOutput>({
    read: async () => (await client.call('glue', 'GetCrawler', { Name: name })).Crawler,
    isDone: ({ State }) => State === 'READY',
    onValue: ({ State }) => options.onProgress?.(`${name} ${State} ${formatDuration(performance.now() - started)}`),
    timeoutSeconds: options.timeoutSeconds,
    what: `Crawler ${name}`,
  });
  if (crawler.LastCrawl?.Status !== 'SUCCEEDED') {
    throw new CliError(
      crawler.LastCrawl?.ErrorMessage ?? `The crawl ended ${crawler.LastCrawl?.Status}.`,
      exitCodes.failed,
    );
  }
  const tables = await client.list('glue', 'GetTables', { DatabaseName: crawler.DatabaseName }, 'TableList');
  return {
    database: crawler.DatabaseName,
    tables: tables
      .filter((table) => table.Parameters?.UPDATED_BY_CRAWLER === name)
      .map((table) => ({
        name: table.Name,
        classification: table.Parameters?.classification ?? '',
        columns: table.StorageDescriptor.Columns.length + (table.PartitionKeys?.length ?? 0),
        location: table.StorageDescriptor.Location,
      })),
    elapsedMs: performance.now() - started,
  };
}
