/**
 * S3 through the JS SDK against a bare node:http server that does the same work on files: 1 GiB put and get, and 1 KiB
 * puts on 32 connections, each written, hashed, fsynced and renamed. The same client calls both; the bare server checks no
 * signature and keeps no row.
 */
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, open, rename, rm } from 'node:fs/promises';
import { Agent, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { S3 } from '@aws-sdk/client-s3';
import { median, printFigures } from './report.ts';
import { clientSettings, startServer } from './server.ts';

const largeBytes = Number(process.env['BENCH_LARGE_MIB'] ?? 1024) * 1024 * 1024;
const chunk = randomBytes(1024 * 1024);
const smallPuts = 2000;
const connections = 32;
const rounds = 3;

const body = (): Readable => {
  let left = largeBytes;
  return new Readable({
    highWaterMark: chunk.length,
    read() {
      this.push(left > 0 ? chunk : null);
      left -= chunk.length;
    },
  });
};

async function startFloor(): Promise<{ port: number; close(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'millpond-floor-'));
  let count = 0;
  const server = createServer((request, response) => {
    void (async () => {
      const path = join(folder, encodeURIComponent((request.url ?? '').replace(/\?.*$/, '')));
      if (request.method === 'GET') return void createReadStream(path, { highWaterMark: 1024 * 1024 }).pipe(response);
      const temporary = join(folder, `temporary-${count++}`);
      const file = await open(temporary, 'w');
      const hash = createHash('md5');
      for await (const part of request) {
        hash.update(part as Buffer);
        await file.write(part as Buffer);
      }
      await file.sync();
      await file.close();
      await rename(temporary, path);
      response.setHeader('etag', hash.digest('hex')).end();
    })();
  });
  await new Promise<void>((settle) => server.listen(0, '127.0.0.1', settle));
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      server.closeAllConnections();
      server.close();
      await rm(folder, { recursive: true });
    },
  };
}

async function drain(stream: AsyncIterable<Uint8Array>): Promise<number> {
  let bytes = 0;
  for await (const part of stream) bytes += part.length;
  return bytes;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}

async function parallel(work: (index: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  await Promise.all(
    Array.from({ length: connections }, async () => {
      while (next < smallPuts) await work(next++);
    }),
  );
}

const floor = await startFloor();
const clientOf = (endpoint: string): S3 =>
  new S3({
    ...clientSettings(endpoint),
    requestHandler: { httpAgent: new Agent({ keepAlive: true, maxSockets: connections }) },
    requestChecksumCalculation: 'WHEN_REQUIRED',
  });

const server = await startServer();
const ours = clientOf(server.endpoint);
const bare = clientOf(`http://127.0.0.1:${floor.port}`);
const Bucket = 'bench-bucket';
await ours.createBucket({ Bucket });

const seconds = {
  put: [] as number[],
  get: [] as number[],
  small: [] as number[],
  barePut: [] as number[],
  bareGet: [] as number[],
  bareSmall: [] as number[],
};
const smallBody = chunk.subarray(0, 1024);
const put = (s3: S3) => timed(() => s3.putObject({ Bucket, Key: 'large', Body: body(), ContentLength: largeBytes }));
const get = (s3: S3) =>
  timed(async () => drain((await s3.getObject({ Bucket, Key: 'large' })).Body as AsyncIterable<Uint8Array>));
const small = (s3: S3, round: number) =>
  timed(() => parallel((index) => s3.putObject({ Bucket, Key: `small/${round}/${index}`, Body: smallBody })));
for (let round = 0; round < rounds; round++) {
  seconds.barePut.push(await put(bare));
  seconds.put.push(await put(ours));
  seconds.bareGet.push(await get(bare));
  seconds.get.push(await get(ours));
  seconds.bareSmall.push(await small(bare, round));
  seconds.small.push(await small(ours, round));
}
await server.stop();
await floor.close();
ours.destroy();
bare.destroy();

const megabytes = (list: readonly number[]): string => `${Math.round(largeBytes / 1e6 / median(list))} MB/s`;
const perSecond = (list: readonly number[]): string => `${Math.round(smallPuts / median(list))}/s`;
const figure = (
  name: string,
  ours: readonly number[],
  floors: readonly number[],
  asked: number,
  show: (list: readonly number[]) => string,
) => {
  const ratio = median(floors) / median(ours);
  return {
    name,
    measured: `${ratio.toFixed(2)} x (${show(ours)})`,
    asked: `>= ${asked} x`,
    met: ratio >= asked,
    against: `bare node:http ${show(floors)}`,
  };
};
const label = `${largeBytes / 1024 ** 3} GiB`;
printFigures([
  figure(`${label} put`, seconds.put, seconds.barePut, 0.6, megabytes),
  figure(`${label} get`, seconds.get, seconds.bareGet, 0.6, megabytes),
  figure(`1 KiB puts on ${connections} connections`, seconds.small, seconds.bareSmall, 0.4, perSecond),
]);
