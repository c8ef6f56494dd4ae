/** Where the platform is and with which key to call it: flags, then the environment, then the data folder. */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { loadConfig, type Config } from '#kernel/config';
import { readRootKey } from '#access';
import { CliError, exitCodes } from './exit.ts';

export interface Connection {
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** Written by `start` when it is ready, removed when it ends. */
export interface RunFile {
  readonly pid: number;
  readonly endpoint: string;
  readonly accountId: string;
  /** Base URL of Livy's REST API, when it is served. */
  readonly livyUrl?: string;
}

export interface ConnectionFlags {
  readonly endpoint?: string;
  readonly dataDir?: string;
  readonly region?: string;
}

export function readConfig(flags: object): Config {
  return loadConfig({ flags, env: process.env, folder: process.cwd() }).config;
}

export function runFilePath(dataDir: string): string {
  return join(dataDir, 'run.json');
}

/** @throws CliError (unreachable) when nothing says where the platform is */
export function findConnection(flags: ConnectionFlags): Connection {
  const config = readConfig(flags.dataDir === undefined ? {} : { dataDir: flags.dataDir });
  const endpoint = flags.endpoint ?? process.env['AWS_ENDPOINT_URL'] ?? readRunFile(config.dataDir)?.endpoint;
  if (endpoint === undefined) {
    throw new CliError(
      `No running Millpond found for the data folder ${resolve(config.dataDir)}.`,
      exitCodes.unreachable,
      'Start it with `millpond start`, or name it with --endpoint http://127.0.0.1:4566.',
    );
  }
  return {
    endpoint: endpoint.replace(/\/$/, ''),
    region: flags.region ?? process.env['AWS_REGION'] ?? config.region,
    ...findKey(config),
  };
}

function findKey(config: Config): Pick<Connection, 'accessKeyId' | 'secretAccessKey' | 'sessionToken'> {
  const {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
  } = process.env;
  if (accessKeyId !== undefined && secretAccessKey !== undefined) {
    return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
  }
  const file = join(config.dataDir, 'credentials');
  return existsSync(file) ? readRootKey(file) : { accessKeyId: 'test', secretAccessKey: 'test' };
}

function readRunFile(dataDir: string): RunFile | undefined {
  try {
    return JSON.parse(readFileSync(runFilePath(dataDir), 'utf8')) as RunFile;
  } catch {
    return undefined;
  }
}
