import assert from 'node:assert/strict';
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { SystemClock } from '#kernel/clock';
import { silentLog } from '#kernel/log';
import { EngineError } from './engine-error.ts';
import { DuckdbPool, type PoolOptions } from './pool.ts';
import type { Work } from './protocol.ts';

const folder = mkdtempSync(join(tmpdir(), 'duckdb-pool-'));
const pools: DuckdbPool[] = [];
after(async () => {
  await Promise.all(pools.map((pool) => pool.close()));
  rmSync(folder, { recursive: true, force: true });
});

function openPool(options: Partial<PoolOptions> = {}): DuckdbPool {
  const pool = new DuckdbPool(
    {
      size: 1,
      queueMax: 10,
      threads: 2,
      memoryLimitBytes: 256 * 2 ** 20,
      prelude: [],
      environment: {},
      ...options,
    },
    new SystemClock(),
    silentLog,
  );
  pools.push(pool);
  return pool;
}

let works = 0;
function workOf(sql: string | readonly string[], extra: Partial<Work> = {}): Work {
  const scratch = join(folder, `work-${works++}`);
  mkdirSync(scratch);
  return {
    folders: [],
    spillFolder: scratch,
    spillMaxBytes: 64 * 2 ** 20,
    scans: [],
    statements: (typeof sql === 'string' ? [sql] : sql).map((text) => ({ sql: text, rowsMax: 10 })),
    ...extra,
  };
}

/** One that DuckDB's interrupt reaches. */
const endless = 'SELECT count(*) FROM range(1000000000000) a(i) WHERE hash(i) = 1';
/** One that it does not reach. */
const bomb = "SELECT length(repeat('x', 4000000000))";

function isKind(kind: string): (error: unknown) => boolean {
  return (error) => error instanceof EngineError && error.kind === kind;
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

const pool = openPool();

test('a statement gives its rows as text', async () => {
  const result = await pool.run(workOf('SELECT 1 AS a, NULL AS b'), { timeoutMs: 10_000 });
  assert.deepEqual(result.statements[0]?.rows, [['1', null]]);
});

test('each work has an instance of its own', async () => {
  await pool.run(workOf('CREATE TABLE left_over AS SELECT 1'), { timeoutMs: 10_000 });
  await assert.rejects(pool.run(workOf('SELECT * FROM left_over'), { timeoutMs: 10_000 }), isKind('query'));
});

test('a cancelled query ends at once, whether DuckDB obeys or not', async (context) => {
  for (const sql of [endless, bomb]) {
    const quick = openPool({ memoryLimitBytes: 6 * 2 ** 30 });
    await quick.warm();
    const abort = new AbortController();
    let isRunning = false;
    const run = quick.run(workOf(sql), {
      timeoutMs: 60_000,
      signal: abort.signal,
      onProgress: (progress) => (isRunning = progress.phase === 'running'),
    });
    await until(() => isRunning);
    const started = performance.now();
    abort.abort();
    await assert.rejects(run, isKind('cancelled'));
    const tookMs = performance.now() - started;
    context.diagnostic(`${sql}: ${tookMs.toFixed(0)} ms`);
    // 100 ms is what a free machine keeps; tests share theirs.
    assert.ok(tookMs < 500, `took ${tookMs} ms`);
    await quick.close();
  }
});

test('memory that DuckDB does not count is seen by the watchdog, and the next query finds a new process', async () => {
  const small = openPool({ residentMaxBytes: 250 * 2 ** 20 });
  await assert.rejects(small.run(workOf(bomb), { timeoutMs: 60_000 }), isKind('memory'));
  const next = await small.run(workOf('SELECT 42'), { timeoutMs: 10_000 });
  assert.deepEqual(next.statements[0]?.rows, [['42']]);
});

test('a process that is killed fails its own query with a reason, and those who wait are served by a new one', async () => {
  const single = openPool();
  const run = single.run(workOf(endless), { timeoutMs: 60_000 });
  const waiting = single.run(workOf('SELECT 7'), { timeoutMs: 10_000 });
  await until(() => single.pids.length === 1 && single.queued === 1);
  await new Promise((resolve) => setTimeout(resolve, 200));
  process.kill(single.pids[0] as number, 'SIGKILL');
  await assert.rejects(run, (error: unknown) => isKind('crashed')(error) && /SIGKILL/.test((error as Error).message));
  assert.deepEqual((await waiting).statements[0]?.rows, [['7']]);
});

test('a query over its time is ended', async () => {
  await assert.rejects(pool.run(workOf(endless), { timeoutMs: 200 }), isKind('timeout'));
});

test('a full queue refuses, and who is cancelled while waiting leaves it', async () => {
  const narrow = openPool({ queueMax: 1 });
  const abort = new AbortController();
  const first = narrow.run(workOf(endless), { timeoutMs: 60_000, signal: abort.signal });
  const leaver = new AbortController();
  const second = narrow.run(workOf('SELECT 1'), { timeoutMs: 60_000, signal: leaver.signal });
  await assert.rejects(narrow.run(workOf('SELECT 1'), { timeoutMs: 60_000 }), isKind('busy'));
  leaver.abort();
  await assert.rejects(second, isKind('cancelled'));
  assert.equal(narrow.queued, 0);
  abort.abort();
  await assert.rejects(first, isKind('cancelled'));
});

test('progress is told while a query runs', async () => {
  const seen: number[] = [];
  const abort = new AbortController();
  const run = pool.run(workOf(endless), {
    timeoutMs: 60_000,
    signal: abort.signal,
    onProgress: (progress) => {
      seen.push(progress.residentBytes);
      if (seen.length === 2) abort.abort();
    },
  });
  await assert.rejects(run, isKind('cancelled'));
  assert.equal(seen.length >= 2, true);
});

test('the process sees nothing of the environment and nothing outside its folders', async () => {
  const secret = join(folder, 'secret.csv');
  writeFileSync(secret, 'a\n1\n');
  for (const sql of [
    `SELECT * FROM read_csv('${secret}')`,
    `SELECT * FROM '${secret}'`,
    "SELECT * FROM read_text('/proc/self/environ')",
    `COPY (SELECT 1) TO '${join(folder, 'out.csv')}'`,
    "SET memory_limit = '100GB'",
    'LOAD httpfs',
  ]) {
    await assert.rejects(pool.run(workOf(sql), { timeoutMs: 10_000 }), isKind('query'), sql);
  }
});
