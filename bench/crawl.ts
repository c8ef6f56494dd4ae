/**
 * A crawl of 10,000 objects in 1,000 partitions: `node bench/crawl.ts [objects] [partitions]`.
 *
 * The floor, measured in the same run over the same files, is what no crawler can leave out: walk the folders, stat each
 * file, read its head. Issue figures: first crawl 20 s or less and 300 MB or less, the second one 2 s or less.
 */
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { catalogSchema, createCatalog } from '#catalog';
import { createCrawler, crawlerSchema } from '#crawler';
import { SystemClock } from '#kernel/clock';
import { EventHub } from '#kernel/events';
import { silentLog } from '#kernel/log';
import { State } from '#kernel/state';
import { Vault } from '#kernel/vault';
import { createLake, lakeSchema } from '#lake';
import { rootCaller, startGateway, testAccountId } from '#testing';
import { type Figure, ms, printFigures } from './report.ts';

const [objects = 10_000, partitions = 1000] = process.argv.slice(2).map(Number);
const bucket = 'bench';
const scope = `${testAccountId}/us-east-1`;
const rowsPerFile = 100;

const folder = mkdtempSync(join(tmpdir(), 'millpond-bench-'));
try {
  await main();
} finally {
  rmSync(folder, { recursive: true });
}

async function main(): Promise<void> {
  const state = State.open(join(folder, 'state.db'), [lakeSchema, catalogSchema, crawlerSchema]);
  const common = { state, clock: new SystemClock(), events: new EventHub(silentLog), log: silentLog };
  const { lake, capability } = createLake({ ...common, dataDir: folder });
  const { catalog, tags } = createCatalog({ ...common, vault: Vault.open(join(folder, 'key')) });
  const { crawlers, capability: crawler } = createCrawler({ ...common, catalog, tags, lake });
  const server = await startGateway({ apis: capability.apis ?? [] });
  const as = { caller: rootCaller, region: 'us-east-1', invokedBy: 'bench' };
  await server.dispatcher.call('s3', 'CreateBucket', { Bucket: bucket }, as);
  const root = join(lake.bucketFolder(bucket), 'trips');
  makeFiles(root);

  const floorMs = await timed(() => Promise.resolve(walk(root)));
  const input = { Name: 'bench', Role: 'bench', DatabaseName: 'bench' };
  await crawlers.create(scope, { ...input, Targets: { S3Targets: [{ Path: `s3://${bucket}/trips/` }] } });
  const crawl = async (): Promise<void> => {
    await crawlers.start(scope, 'bench');
    await crawlers.finished(scope, 'bench');
  };
  const before = process.cpuUsage();
  const firstMs = await timed(crawl);
  const used = process.cpuUsage(before);
  const cpuMs = (used.user + used.system) / 1000;
  const peakMb = process.resourceUsage().maxRSS / 1024;
  const secondMs = await timed(crawl);
  const [second, first] = crawlers.history(scope, 'bench', { limit: 2 });
  const table = catalog.getTable(scope, 'bench', 'trips');
  const made = [...catalog.listPartitions(scope, 'bench', 'trips')].length;

  const against = `walking, stat and reading heads takes ${ms(floorMs)}`;
  const figure = (name: string, value: number, goalMs: number): Figure => ({
    name,
    measured: ms(value),
    asked: `<= ${goalMs} ms`,
    met: value <= goalMs,
    against: `${(value / floorMs).toFixed(1)} x floor: ${against}`,
  });
  printFigures([
    figure(
      `first crawl of ${objects} objects in ${partitions} partitions (${ms(cpuMs)} of processor time)`,
      firstMs,
      20_000,
    ),
    figure('second crawl, nothing new', secondMs, 2000),
    { name: 'peak memory of the process', measured: `${peakMb.toFixed(0)} MB`, asked: '<= 300 MB', met: peakMb <= 300 },
    {
      name: 'partitions and rows found',
      measured: `${made} and ${table.Parameters?.['recordCount']}`,
      asked: `${partitions} and ${objects * rowsPerFile}`,
      met: made === partitions && first?.State === 'COMPLETED' && second?.State === 'COMPLETED',
    },
  ]);

  await crawler.stop?.();
  await server.close();
  await capability.stop?.();
  state.close();
}

function makeFiles(root: string): void {
  const header = 'id,pickup,distance,fare,tip,flag,zone,surcharge\n';
  const perPartition = Math.ceil(objects / partitions);
  for (let index = 0; index < objects; index++) {
    const partition = Math.floor(index / perPartition);
    const place = join(root, `year=${2000 + Math.floor(partition / 100)}`, `day=${partition % 100}`);
    mkdirSync(place, { recursive: true });
    let text = header;
    for (let row = 0; row < rowsPerFile; row++) {
      text += `${index * rowsPerFile + row},2018-01-${10 + (row % 20)} 10:20:30,${row / 10},${row * 1.5},${row % 7},N,${row},${index % 2 === 0 ? '' : '2.5'}\n`;
    }
    writeFileSync(join(place, `part-${index}.csv`), text);
  }
}

function walk(path: string): number {
  const head = Buffer.alloc(16 * 1024);
  let bytes = 0;
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    const child = join(path, entry.name);
    if (entry.isDirectory()) {
      bytes += walk(child);
      continue;
    }
    bytes += statSync(child).size;
    const file = openSync(child, 'r');
    readSync(file, head, 0, head.length, 0);
    closeSync(file);
  }
  return bytes;
}

async function timed(run: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await run();
  return performance.now() - started;
}
