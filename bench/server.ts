/** A platform in a process of its own, as users run it, for benchmarks and crash tests. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

export interface BenchServer {
  readonly endpoint: string;
  readonly dataDir: string;
  readonly process: ChildProcess;
  /** From spawn to the line that says ready. */
  readonly readyMs: number;
  /** Resident memory now, in bytes, of the server alone. */
  rssBytes(): number;
  /** Highest resident memory so far. */
  peakRssBytes(): number;
  /** Ends it with SIGTERM. @returns how long that took */
  stop(): Promise<number>;
}

const main = resolve(import.meta.dirname, '..', 'src', 'main.ts');

export async function startServer(options: { dataDir?: string; flags?: readonly string[] } = {}): Promise<BenchServer> {
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'millpond-bench-'));
  const started = performance.now();
  const child = spawn(
    process.execPath,
    [
      main,
      'start',
      '--port',
      '0',
      '--livy-port',
      '0',
      '--data-dir',
      dataDir,
      '--open',
      '--json',
      ...(options.flags ?? []),
    ],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const line = await new Promise<string>((settle, reject) => {
    createInterface({ input: child.stdout }).once('line', settle);
    child.once('exit', (code) => reject(new Error(`The platform ended with code ${code} before it was ready.`)));
  });
  const readyMs = performance.now() - started;
  const status = (field: string): number => {
    const text = readFileSync(`/proc/${child.pid}/status`, 'utf8');
    return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0) * 1024;
  };
  return {
    endpoint: (JSON.parse(line) as { endpoint: string }).endpoint,
    dataDir,
    process: child,
    readyMs,
    rssBytes: () => status('VmRSS'),
    peakRssBytes: () => status('VmHWM'),
    async stop() {
      const asked = performance.now();
      const ended = new Promise<void>((settle) => child.once('exit', () => settle()));
      child.kill('SIGTERM');
      await ended;
      if (options.dataDir === undefined) rmSync(dataDir, { recursive: true, force: true });
      return performance.now() - asked;
    },
  };
}

export const clientSettings = (endpoint: string) => ({
  endpoint,
  region: 'us-east-1',
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  forcePathStyle: true,
});
