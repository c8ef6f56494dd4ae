/**
 * DuckDB processes, a few of them, with a queue before them. A process is started when work comes, kept warm, and given
 * one piece of work at a time: what a crash or a kill takes down is one query.
 */
import { execFile } from 'node:child_process';
import type { Clock, Timer } from '#kernel/clock';
import type { Log } from '#kernel/log';
import { Child, type ChildOptions } from './child.ts';
import { EngineError } from './engine-error.ts';
import type { Progress, Work, WorkResult } from './protocol.ts';

export interface PoolOptions {
  /** How many queries run at the same time. */
  readonly size: number;
  /** How many may wait; one more is refused. */
  readonly queueMax: number;
  /** Threads of each process. */
  readonly threads: number;
  /** DuckDB's own memory limit; beyond it DuckDB spills, and where it cannot, the query fails. */
  readonly memoryLimitBytes: number;
  /** A process whose whole memory passes this is killed; default: the limit and a half plus 512 MB. */
  readonly residentMaxBytes?: number;
  readonly prelude: readonly string[];
  /** An idle process ends after this long; default 10 minutes. */
  readonly idleMs?: number;
  readonly cancelGraceMs?: number;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export interface RunOptions {
  readonly onProgress?: (progress: Progress) => void;
  /** Called when the work leaves the queue. */
  readonly onStart?: () => void;
  readonly signal?: AbortSignal;
  readonly timeoutMs: number;
}

interface Waiting {
  readonly give: (child: Child) => void;
}

const defaultIdleMs = 600_000;
/** Interrupted queries end in about 10 ms; with the kill behind it a cancel takes 100 ms at most. */
const defaultCancelGraceMs = 70;
const crashLoopMax = 3;

export class DuckdbPool {
  readonly #options: PoolOptions;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #idle: { child: Child; timer: Timer }[] = [];
  readonly #busy = new Set<Child>();
  readonly #queue: Waiting[] = [];
  #jail: Promise<readonly string[]> | undefined;
  #starting = 0;
  #closed = false;

  constructor(options: PoolOptions, clock: Clock, log: Log) {
    this.#options = options;
    this.#clock = clock;
    this.#log = log;
  }

  get running(): number {
    return this.#busy.size + this.#starting;
  }

  get queued(): number {
    return this.#queue.length;
  }

  /** Process ids, for a test that ends one from outside. */
  get pids(): number[] {
    return [...this.#busy, ...this.#idle.map((entry) => entry.child)].flatMap((child) => child.pid ?? []);
  }

  /** Starts a process, so that the first query finds it warm. */
  async warm(): Promise<void> {
    if (this.running > 0 || this.#idle.length > 0) return;
    this.#release(await this.#start());
  }

  /** @throws EngineError */
  async run(work: Work, options: RunOptions): Promise<WorkResult> {
    const child = await this.#take(options.signal);
    try {
      options.onStart?.();
      return await child.run(work, {
        onProgress: options.onProgress ?? (() => {}),
        signal: options.signal,
        timeoutMs: options.timeoutMs,
      });
    } finally {
      this.#busy.delete(child);
      this.#release(child);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    const children = [...this.#busy, ...this.#idle.map((entry) => entry.child)];
    for (const { timer } of this.#idle.splice(0)) timer.cancel();
    await Promise.all(children.map((child) => child.kill()));
  }

  async #take(signal: AbortSignal | undefined): Promise<Child> {
    if (this.#closed) throw new EngineError('crashed', 'The platform is stopping.');
    while (this.#idle.length > 0) {
      const { child, timer } = this.#idle.pop() as { child: Child; timer: Timer };
      timer.cancel();
      if (!child.alive) continue;
      this.#busy.add(child);
      return child;
    }
    if (this.running < this.#options.size) return this.#start();
    if (this.#queue.length >= this.#options.queueMax) {
      throw new EngineError('busy', `${this.#queue.length} queries are waiting already; try again later.`);
    }
    return this.#wait(signal);
  }

  #wait(signal: AbortSignal | undefined): Promise<Child> {
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        give: (child) => {
          signal?.removeEventListener('abort', leave);
          resolve(child);
        },
      };
      const leave = (): void => {
        const index = this.#queue.indexOf(waiting);
        if (index !== -1) this.#queue.splice(index, 1);
        reject(new EngineError('cancelled', 'The query was cancelled.'));
      };
      if (signal?.aborted) return leave();
      signal?.addEventListener('abort', leave, { once: true });
      this.#queue.push(waiting);
    });
  }

  async #start(): Promise<Child> {
    this.#starting++;
    try {
      this.#jail ??= findJail(this.#log);
      const child = new Child(this.#childOptions(await this.#jail), this.#clock, this.#options.environment);
      this.#log.debug('a query engine process was started', { pid: child.pid });
      this.#busy.add(child);
      return child;
    } finally {
      this.#starting--;
    }
  }

  #childOptions(jail: readonly string[]): ChildOptions {
    const { threads, memoryLimitBytes, prelude } = this.#options;
    return {
      threads,
      memoryLimitBytes,
      prelude,
      jail,
      residentMaxBytes: this.#options.residentMaxBytes ?? memoryLimitBytes * 1.5 + 512 * 2 ** 20,
      cancelGraceMs: this.#options.cancelGraceMs ?? defaultCancelGraceMs,
    };
  }

  /** Gives the process to who waits, keeps it warm, or ends it when it has grown. */
  #release(child: Child): void {
    this.#busy.delete(child);
    const isGrown = child.residentPeakBytes > this.#options.memoryLimitBytes;
    if (!child.alive || isGrown || this.#closed) {
      if (child.alive) void child.kill();
      return this.#refill(crashLoopMax);
    }
    const waiting = this.#queue.shift();
    if (waiting !== undefined) {
      this.#busy.add(child);
      return waiting.give(child);
    }
    const entry = {
      child,
      timer: this.#clock.setTimer(this.#options.idleMs ?? defaultIdleMs, () => {
        this.#idle.splice(this.#idle.indexOf(entry), 1);
        void child.kill();
      }),
    };
    this.#idle.push(entry);
  }

  /** A process is gone: the next in the queue needs a new one. */
  #refill(triesLeft: number): void {
    if (this.#closed || this.#queue.length === 0 || this.running >= this.#options.size) return;
    this.#start().then(
      (child) => {
        const waiting = this.#queue.shift();
        if (waiting !== undefined) return waiting.give(child);
        this.#busy.delete(child);
        this.#release(child);
      },
      (error: unknown) => {
        this.#log.error('a query engine process could not be started', { error });
        if (triesLeft > 0) this.#refill(triesLeft - 1);
      },
    );
  }
}

/** `unshare` takes the network away where the system lets it; elsewhere DuckDB's own lock is the only wall. */
async function findJail(log: Log): Promise<readonly string[]> {
  if (process.platform !== 'linux') return [];
  for (const jail of [
    ['unshare', '--net'],
    ['unshare', '--map-root-user', '--net'],
  ]) {
    const [command = '', ...args] = jail;
    const works = await new Promise<boolean>((resolve) => {
      execFile(command, [...args, '--', process.execPath, '--version'], { timeout: 5000 }, (error) =>
        resolve(error === null),
      );
    });
    if (works) return [...jail, '--'];
  }
  log.info('query engine processes share the network of the server: unshare is absent or not allowed here');
  return [];
}
