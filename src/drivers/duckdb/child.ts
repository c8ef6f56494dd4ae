/** One DuckDB process as the server sees it: started, given work, watched, cancelled, killed. */
import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Clock, Timer } from '#kernel/clock';
import { EngineError } from './engine-error.ts';
import type { FromProcess, ProcessOptions, Progress, ToProcess, Work, WorkResult } from './protocol.ts';

export interface ChildOptions extends ProcessOptions {
  /** The process is killed when it holds more memory than this. */
  readonly residentMaxBytes: number;
  /** How long an interrupted query may take to end before the process is killed. */
  readonly cancelGraceMs: number;
  /** Command that starts another without a network, such as `unshare --net`; empty where there is none. */
  readonly jail: readonly string[];
}

/** Names of variables that the process may see; the server's own environment stays with the server. */
const environmentNames = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'LC_ALL', 'TZ', 'SystemRoot', 'LD_LIBRARY_PATH'];
const stderrMaxChars = 4000;
const watchMs = 25;
const pageBytes = 4096;

interface Job {
  readonly id: number;
  readonly resolve: (result: WorkResult) => void;
  readonly reject: (error: Error) => void;
  readonly onProgress: (progress: Progress) => void;
  readonly timers: Timer[];
  /** Why the process is being killed, when it is. */
  doom?: EngineError;
  cancelled: boolean;
}

export class Child {
  readonly #process: ChildProcess;
  readonly #options: ChildOptions;
  readonly #clock: Clock;
  readonly #ready = Promise.withResolvers<void>();
  readonly #ended = Promise.withResolvers<void>();
  #stderr = '';
  #job: Job | undefined;
  #ids = 0;
  #alive = true;
  #doomed = false;
  #residentPeakBytes = 0;

  constructor(options: ChildOptions, clock: Clock, environment: Readonly<Record<string, string | undefined>>) {
    this.#options = options;
    this.#clock = clock;
    const command = options.jail[0] ?? process.execPath;
    const args = options.jail.length === 0 ? [] : [...options.jail.slice(1), process.execPath];
    this.#process = spawn(command, [...args, '--max-old-space-size=1024', entryPath()], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      serialization: 'json',
      cwd: '/',
      env: {
        ...Object.fromEntries(
          environmentNames.flatMap((name) => (environment[name] === undefined ? [] : [[name, environment[name]]])),
        ),
        UV_THREADPOOL_SIZE: '8',
      },
    });
    this.#process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-stderrMaxChars);
    });
    this.#process.on('message', (message: FromProcess) => this.#hear(message));
    this.#process.on('error', (error) => this.#end(`could not be started: ${error.message}`));
    this.#process.on('exit', (code, signal) =>
      this.#end(signal === null ? `ended with code ${code}` : `was ended by ${signal}`),
    );
    this.#ready.promise.catch(() => {});
    const { threads, memoryLimitBytes, prelude } = options;
    this.#tell({ kind: 'options', options: { threads, memoryLimitBytes, prelude } });
  }

  get alive(): boolean {
    return this.#alive && !this.#doomed;
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** Most memory that any work so far took, as far as the watchdog saw. */
  get residentPeakBytes(): number {
    return this.#residentPeakBytes;
  }

  async run(
    work: Work,
    options: { onProgress: (progress: Progress) => void; signal?: AbortSignal | undefined; timeoutMs: number },
  ): Promise<WorkResult> {
    await this.#readyOr(options.signal);
    const { promise, resolve, reject } = Promise.withResolvers<WorkResult>();
    const job: Job = { id: ++this.#ids, resolve, reject, onProgress: options.onProgress, timers: [], cancelled: false };
    this.#job = job;
    const onAbort = (): void => this.#cancel(job, new EngineError('cancelled', 'The query was cancelled.'));
    options.signal?.addEventListener('abort', onAbort, { once: true });
    job.timers.push(
      this.#clock.setTimer(options.timeoutMs, () =>
        this.#cancel(
          job,
          new EngineError('timeout', `Query exceeded maximum time limit of ${options.timeoutMs / 1000} seconds`),
        ),
      ),
    );
    const watch = setInterval(() => this.#watch(job), watchMs);
    watch.unref();
    this.#tell({ kind: 'run', id: job.id, work });
    try {
      return await promise;
    } finally {
      clearInterval(watch);
      options.signal?.removeEventListener('abort', onAbort);
      for (const timer of job.timers) timer.cancel();
      this.#job = undefined;
    }
  }

  /** A process that is still starting is left alone; the work that wants it may be given up meanwhile. */
  async #readyOr(signal: AbortSignal | undefined): Promise<void> {
    const given = Promise.withResolvers<never>();
    const giveUp = (): void => given.reject(new EngineError('cancelled', 'The query was cancelled.'));
    if (signal?.aborted) giveUp();
    signal?.addEventListener('abort', giveUp, { once: true });
    try {
      await Promise.race([given.promise, this.#ready.promise]);
    } finally {
      signal?.removeEventListener('abort', giveUp);
    }
  }

  /** Ends the process; resolves when it is gone. */
  async kill(): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.#ended.promise;
  }

  #cancel(job: Job, reason: EngineError): void {
    if (job.doom !== undefined) return;
    job.doom = reason;
    this.#tell({ kind: 'cancel', id: job.id });
    job.timers.push(this.#clock.setTimer(this.#options.cancelGraceMs, () => this.#destroy(job, reason)));
  }

  /** The system may need a while to take back the memory of a killed process; nobody waits for that. */
  #destroy(job: Job, reason: EngineError): void {
    job.doom = reason;
    this.#doomed = true;
    this.#process.kill('SIGKILL');
    job.reject(reason);
  }

  /** Memory that DuckDB's own limit does not see (long strings, lists) is seen from outside. */
  #watch(job: Job): void {
    const residentBytes = residentBytesOf(this.pid);
    if (residentBytes === undefined) return;
    this.#residentPeakBytes = Math.max(this.#residentPeakBytes, residentBytes);
    if (residentBytes <= this.#options.residentMaxBytes || job.doom?.kind === 'memory') return;
    const limitMb = Math.round(this.#options.residentMaxBytes / 2 ** 20);
    const message = `Query exceeded the memory limit of ${limitMb} MB of its engine process`;
    this.#destroy(job, new EngineError('memory', message));
  }

  #hear(message: FromProcess): void {
    if (message.kind === 'ready') return this.#ready.resolve();
    const job = this.#job;
    if (job === undefined || job.id !== message.id) return;
    if (message.kind === 'progress') {
      if (residentBytesOf(this.pid) === undefined) this.#watchReported(job, message.progress.residentBytes);
      return job.onProgress(message.progress);
    }
    if (message.kind === 'done') return job.resolve(message.result);
    job.reject(job.doom ?? new EngineError(message.cancelled ? 'cancelled' : 'query', message.message));
  }

  /** Where there is no /proc, the process tells of itself, every 250 ms. */
  #watchReported(job: Job, residentBytes: number): void {
    if (residentBytes <= this.#options.residentMaxBytes || job.doom !== undefined) return;
    this.#destroy(job, new EngineError('memory', 'Query exceeded the memory limit of its engine process'));
  }

  #end(how: string): void {
    if (!this.#alive) return;
    this.#alive = false;
    const told = this.#stderr
      .split('\n')
      .find((line) => /error|abort|assert/i.test(line))
      ?.trim();
    const crash = new EngineError(
      'crashed',
      `The query engine's process ${how}${told === undefined ? '' : ` (${told})`}`,
    );
    this.#ready.reject(crash);
    this.#job?.reject(this.#job.doom ?? crash);
    this.#ended.resolve();
  }

  #tell(message: ToProcess): void {
    // A process that is gone is heard of by its exit event, which also fails the job.
    if (this.#process.connected) this.#process.send(message, () => {});
  }
}

/** Beside this file: TypeScript when run from source, the second bundle when built. */
function entryPath(): string {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return fileURLToPath(new URL(`duckdb-process.${extension}`, import.meta.url));
}

function residentBytesOf(pid: number | undefined): number | undefined {
  if (pid === undefined || process.platform !== 'linux') return undefined;
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, 'latin1').split(' ')[1]) * pageBytes;
  } catch {
    return undefined;
  }
}
