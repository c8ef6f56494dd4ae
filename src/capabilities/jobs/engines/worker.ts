/**
 * One process of an application with its descendants: its own group, its output in the log, ended as a whole. Every
 * process inherits a variable with the application's token, by which a later platform finds what a crash left running.
 */
import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { PlatformError, messageOf } from '#kernel/errors';
import type { ApplicationLog } from '../applications/application-log.ts';

export interface WorkerOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly token: string;
  readonly log: ApplicationLog;
  readonly signal: AbortSignal;
  /** Written to its standard input, which is closed then. */
  readonly input?: string;
}

export interface WorkerEnd {
  /** Undefined when a signal ended it. */
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
}

export const tokenVariable = 'MILLPOND_APPLICATION_TOKEN';
/** Between the request to end and its enforcement. */
const killGraceMs = 3000;
/** A descendant that keeps the output open may hold up the end this long after the process itself. */
export const drainMs = 1000;

/** Names of variables that an application may see; the server's own environment stays with the server. */
const environmentNames = [
  'PATH',
  'HOME',
  'USER',
  'LANG',
  'LC_ALL',
  'TZ',
  'TMPDIR',
  'LD_LIBRARY_PATH',
  'JAVA_HOME',
  'SSL_CERT_FILE',
  'http_proxy',
  'https_proxy',
  'no_proxy',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
];

/** The part of the platform's environment that applications see. */
export function baseEnvironment(environment: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    environmentNames.flatMap((name) => {
      const value = environment[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/**
 * Runs a process to its end. When the signal is aborted, its group is asked to end and then killed.
 * @throws unavailable when it cannot be started
 */
export async function runWorker(options: WorkerOptions): Promise<WorkerEnd> {
  const { command, args, folder, environment, token, log, signal, input } = options;
  signal.throwIfAborted();
  const child = start(command, args, {
    cwd: folder,
    env: { ...environment, [tokenVariable]: token },
    // A group of its own, so that its descendants end with it.
    detached: true,
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  });
  const ended = Promise.withResolvers<WorkerEnd>();
  const closed = Promise.withResolvers<void>();
  child.once('error', (error) => {
    closed.resolve();
    ended.reject(unstartable(command, error));
  });
  child.once('exit', (code, name) => ended.resolve({ exitCode: code ?? undefined, signal: name ?? undefined }));
  child.once('close', () => closed.resolve());
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream]?.on('data', (chunk: Buffer) => log.write(stream, chunk));
    child[stream]?.on('error', () => undefined);
  }
  child.stdin?.on('error', () => undefined);
  if (input !== undefined) child.stdin?.end(input);
  let killTimer: NodeJS.Timeout | undefined;
  const end = (): void => {
    const isHurried = signal.reason === 'shutdown';
    signalGroup(child.pid, isHurried ? 'SIGKILL' : 'SIGTERM');
    killTimer = setTimeout(() => signalGroup(child.pid, 'SIGKILL'), killGraceMs);
  };
  signal.addEventListener('abort', end, { once: true });
  try {
    const outcome = await ended.promise;
    await Promise.race([closed.promise, delay(drainMs)]);
    return outcome;
  } finally {
    signal.removeEventListener('abort', end);
    clearTimeout(killTimer);
    signalGroup(child.pid, 'SIGKILL');
    // Descendants that left the group are found by the token.
    if (signal.aborted) killLeftovers(token);
    child.stdout?.destroy();
    child.stderr?.destroy();
  }
}

function start(command: string, args: readonly string[], options: SpawnOptions): ChildProcess {
  try {
    return spawn(command, args, options);
  } catch (error) {
    throw unstartable(command, error);
  }
}

function unstartable(command: string, error: unknown): PlatformError {
  const { code } = error as NodeJS.ErrnoException;
  const why = code === 'E2BIG' ? 'its arguments are longer than the system takes (E2BIG)' : messageOf(error);
  return new PlatformError('unavailable', 'WorkerUnavailable', `${command} cannot be started: ${why}.`, {
    cause: error,
  });
}

/**
 * Kills what is left of an application: by a former platform, or outside of its group.
 * Limit: found through /proc, so on Linux only; elsewhere such a process runs to its own end.
 */
export function killLeftovers(token: string): void {
  const mark = `${tokenVariable}=${token}`;
  let entries: string[];
  try {
    entries = readdirSync('/proc');
  } catch {
    return;
  }
  for (const entry of entries) {
    if (!/^\d+$/.test(entry) || Number(entry) === process.pid) continue;
    try {
      if (readFileSync(`/proc/${entry}/environ`, 'latin1').split('\0').includes(mark)) {
        process.kill(Number(entry), 'SIGKILL');
      }
    } catch {
      // It belongs to somebody else, or has ended meanwhile.
    }
  }
}

export function signalGroup(pid: number | undefined, name: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, name);
  } catch {
    // Everybody in it has ended.
  }
}

/** Does not keep the process alive. */
export function delay(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}
