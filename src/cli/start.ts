/** `millpond start`: runs the platform until a signal ends it. */
import { rmSync, writeFileSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import colors from 'picocolors';
import { loadConfig, type Config } from '#kernel/config';
import { createLog, type LogLevel } from '#kernel/log';
import { startPlatform, type Platform } from '../platform.ts';
import { runFilePath, type RunFile } from './connection.ts';
import { CliError, exitCodes } from './exit.ts';

/** After so long the requests that waited for the start have been answered. */
const settledMs = 1000;

export interface StartFlags {
  readonly json?: boolean;
  readonly banner?: boolean;
}

export interface RunningPlatform {
  readonly platform: Platform;
  readonly config: Config;
  /** Resolves once everything is durable and closed. */
  stop(): Promise<void>;
}

/** Starts the platform in this process and leaves word of it in `<data-dir>/run.json`. */
export async function launch(flags: object): Promise<RunningPlatform> {
  const { config } = loadConfig({ flags, env: process.env, folder: process.cwd() });
  const log = createLog({ level: config.logLevel as LogLevel, json: !process.stderr.isTTY });
  const platform = await startPlatform({ config, env: process.env, log }).catch((error: unknown) => {
    throw listenFailure(error, config) ?? error;
  });
  const runFile = runFilePath(config.dataDir);
  const { endpoint, livyUrl } = platform;
  const content: RunFile = {
    pid: process.pid,
    endpoint,
    accountId: config.accountId,
    ...(livyUrl !== undefined && { livyUrl }),
  };
  writeFileSync(runFile, JSON.stringify(content));
  // Otherwise the end of the process keeps it, which a crash does not come to: the restart would compile everything again.
  setImmediate(flushCompileCache);
  setTimeout(giveBackMemory, settledMs).unref();
  return {
    platform,
    config,
    async stop() {
      rmSync(runFile, { force: true });
      await platform.stop();
    },
  };
}

/** Loading leaves some 25 MB of garbage on the heap, which V8 would keep until there is more to do; taking it away halts us for 0.1 s once. */
function giveBackMemory(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as (options: object) => void)({ type: 'major', execution: 'sync', flavor: 'last-resort' });
  setFlagsFromString('--no-expose-gc');
}

/** In words what the system says of a port that cannot be had; undefined for other failures. */
function listenFailure(error: unknown, config: Config): CliError | undefined {
  const { code, syscall, port = config.port } = (error ?? {}) as NodeJS.ErrnoException & { port?: number };
  if (syscall !== 'listen') return undefined;
  const option = port === config.livyPort && port !== config.port ? '--livy-port' : '--port';
  const hint = `Choose another with ${option}; 0 takes any that is free.`;
  if (code === 'EADDRINUSE') return new CliError(`Port ${port} is taken by another program.`, exitCodes.failed, hint);
  if (code === 'EACCES') return new CliError(`Port ${port} may not be opened by this user.`, exitCodes.failed, hint);
  return undefined;
}

export async function runStart(flags: StartFlags & object): Promise<void> {
  const running = await launch(flags);
  const { platform, config } = running;
  if (flags.json === true) {
    process.stdout.write(
      `${JSON.stringify({ endpoint: platform.endpoint, livyUrl: platform.livyUrl, dataDir: config.dataDir, pid: process.pid })}\n`,
    );
  } else if (flags.banner !== false) {
    process.stderr.write(`${bannerOf(platform, config)}\n`);
  }
  await endOfWork();
  await running.stop();
}

/** Resolves at the first SIGINT or SIGTERM; a second SIGINT ends the process at once. */
export function endOfWork(): Promise<void> {
  return new Promise((settle) => {
    const keepAlive = setInterval(() => undefined, 2 ** 30);
    const onSignal = (): void => {
      clearInterval(keepAlive);
      process.once('SIGINT', () => process.exit(130));
      settle();
    };
    process.once('SIGTERM', onSignal);
    process.once('SIGINT', onSignal);
  });
}

export function bannerOf(platform: Platform, config: Config): string {
  // The clock of `performance` starts with the process.
  const elapsedMs = performance.now();
  const line = (label: string, value: string) => `  ${colors.dim(label.padEnd(13))} ${value}`;
  const key = config.open ? 'any (--open): try test / test' : `in ${config.dataDir}/credentials`;
  return [
    `${colors.bold(colors.cyan('Millpond'))} ${platform.version} is ready (${Math.round(elapsedMs)} ms)`,
    line('AWS endpoint', colors.bold(platform.endpoint)),
    ...(platform.livyUrl === undefined ? [] : [line('Livy', platform.livyUrl)]),
    line('health', `${platform.endpoint}/health`),
    line('data', config.dataDir),
    line('account', `${config.accountId}, region ${config.region}`),
    line('access key', key),
    '',
    line('point a shell', 'eval "$(npx millpond env)"'),
    line('first query', 'npx millpond sql "SELECT 1"'),
    line('check up', 'npx millpond doctor'),
  ].join('\n');
}
