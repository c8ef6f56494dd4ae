/**
 * S3 through the JS SDK against a bare node:http server that does the same work on files: 1 GiB put and get, and 1 KiB
 * puts on 32 connections, each written, hashed, fsynced and renamed.
 */
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, open, rename, rm } from 'node:fs/promises';
import { createServer, request as httpRequest, Agent, type IncomingMessage } from 'node:http';
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
      const path = join(folder, encodeURIComponent(request.url ?? ''));
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
const agent = new Agent({ keepAlive: true, maxSockets: connections });
const bare = (method: string, path: string, content?: Readable | Buffer): Promise<number> =>
  new Promise((settle, reject) => {
    const size = content instanceof Readable ? largeBytes : (content?.length ?? 0);
    const call = httpRequest(
      { port: floor.port, method, path, agent, headers: { 'content-length': size } },
      (answer: IncomingMessage) => drain(answer).then(settle, reject),
    );
    call.on('error', reject);
    if (content instanceof Readable) content.pipe(call);
    else call.end(content);
  });

const server = await startServer();
const s3 = new S3({
  ...clientSettings(server.endpoint),
  requestHandler: { httpAgent: new Agent({ keepAlive: true, maxSockets: connections }) },
  requestChecksumCalculation: 'WHEN_REQUIRED',
});
await s3.createBucket({ Bucket: 'bench-bucket' });

const seconds = {
  put: [] as number[],
  get: [] as number[],
  small: [] as number[],
  barePut: [] as number[],
  bareGet: [] as number[],
  bareSmall: [] as number[],
};
const smallBody = chunk.subarray(0, 1024);
for (let round = 0; round < rounds; round++) {
  seconds.barePut.push(await timed(() => bare('PUT', '/large', body())));
  seconds.put.push(
    await timed(() => s3.putObject({ Bucket: 'bench-bucket', Key: 'large', Body: body(), ContentLength: largeBytes })),
  );
  seconds.bareGet.push(await timed(() => bare('GET', '/large')));
  seconds.get.push(
    await timed(async () =>
      drain((await s3.getObject({ Bucket: 'bench-bucket', Key: 'large' })).Body as AsyncIterable<Uint8Array>),
    ),
  );
  seconds.bareSmall.push(await timed(() => parallel((index) => bare('PUT', `/small-${round}-${index}`, smallBody))));
  seconds.small.push(
    await timed(() =>
      parallel((index) => s3.putObject({ Bucket: 'bench-bucket', Key: `small/${round}/${index}`, Body: smallBody })),
    ),
  );
}
await server.stop();
await floor.close();
agent.destroy();
s3.destroy();

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
