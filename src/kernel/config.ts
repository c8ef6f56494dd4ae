/**
 * The settings: one typed object, read once. A flag wins over `MILLPOND_*` in the environment, that over
 * `millpond.yaml`, that over the default. The table below is also what the reference page prints.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';
import { PlatformError, messageOf } from './errors.ts';
import { nearestName } from './nearest-name.ts';

export type SettingKind = 'text' | 'path' | 'program' | 'number' | 'flag' | 'list';
type Value = string | number | boolean | readonly string[];

interface Setting<V extends Value> {
  readonly kind: SettingKind;
  readonly initial: V;
  readonly doc: string;
}

const text = (initial: string, doc: string): Setting<string> => ({ kind: 'text', initial, doc });
// Absolute once loaded, since other processes work in other folders. A program without a slash is looked for in the PATH.
const path = (initial: string, doc: string): Setting<string> => ({ kind: 'path', initial, doc });
const program = (initial: string, doc: string): Setting<string> => ({ kind: 'program', initial, doc });
const number = (initial: number, doc: string): Setting<number> => ({ kind: 'number', initial, doc });
const flag = (initial: boolean, doc: string): Setting<boolean> => ({ kind: 'flag', initial, doc });
const list = (initial: readonly string[], doc: string): Setting<readonly string[]> => ({ kind: 'list', initial, doc });

export const settings = {
  dataDir: path('.millpond', 'Folder of buckets, state and credentials.'),
  host: text('127.0.0.1', 'Address to listen on. Another than loopback needs signed requests: it excludes open.'),
  port: number(4566, 'Port of every AWS API; 0 picks a free one.'),
  hosts: list([], 'Further host names that requests may be addressed to, for a LAN name or a proxy.'),
  tlsCert: path('', 'PEM certificate; with tlsKey the port also speaks TLS.'),
  tlsKey: path('', 'PEM private key of tlsCert.'),
  open: flag(false, 'Accept any access key as root of its account (loopback only).'),
  accountId: text('000000000000', 'Account of the root access key.'),
  region: text('us-east-1', 'Region of the exports that `millpond env` prints and of calls from inside.'),
  logLevel: text('warn', 'debug, info, warn, error or silent.'),
  queryConcurrency: number(2, 'Queries that run at once; further ones wait in the queue.'),
  queryMemoryMb: number(2048, 'Memory in MiB that one query may use before it spills to disk.'),
  queryThreads: number(0, 'Threads of one query; 0 means one for each processor.'),
  livyPort: number(
    8998,
    "Port of Livy's REST API; 0 picks a free one. Another than the default must be free when the platform starts.",
  ),
  livyHost: text(
    '127.0.0.1',
    "Address of Livy's REST API. It knows no signatures: whoever reaches it runs programs as the platform's user.",
  ),
  livyUrl: text('', 'A remote Livy that runs the Spark applications, such as http://spark.example:8998.'),
  sparkHome: path('', 'Folder of the Spark that runs applications; SPARK_HOME, a .venv or the PATH unless given.'),
  pythonPath: program(
    '',
    'Interpreter of Python applications and functions; that of a .venv in the working folder, or python3, unless given.',
  ),
  jobConcurrency: number(4, 'Submitted applications that run at once; further ones wait.'),
  functionConcurrency: number(16, 'Processes that run functions at once; further invocations wait for their turn.'),
  functionIdleSeconds: number(300, 'A process that no invocation comes to ends after this time.'),
  functionSandbox: text(
    'auto',
    'auto takes bubblewrap where it works; bubblewrap insists on it; process does without.',
  ),
  auditBucket: text(
    'millpond-audit',
    'Management events go to the bucket of this name and the account, made with the first delivery; empty for none.',
  ),
  smtpUrl: text('', 'Mail server for e-mail subscriptions, such as smtp://127.0.0.1:1025; smtps:// is TLS at once.'),
  mailFrom: text('Millpond Notifications <no-reply@millpond.localhost>', 'Sender of the mails of topics.'),
  auditDeliverySeconds: number(300, 'How often trails deliver audit records to their buckets.'),
} as const;

export type SettingName = keyof typeof settings;
export type Config = { readonly [Name in SettingName]: (typeof settings)[Name]['initial'] };
export type Origin = 'flag' | 'environment' | 'file' | 'default';

export interface LoadedConfig {
  readonly config: Config;
  /** Where each value came from, for `millpond doctor`. */
  readonly origins: Readonly<Record<SettingName, Origin>>;
}

export interface ConfigSources {
  readonly flags: Readonly<Partial<Record<SettingName, unknown>>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Folder in which `millpond.yaml` may lie, and from which relative paths go. */
  readonly folder: string;
}

/** @throws invalid naming the setting, its origin and what it takes */
export function loadConfig({ flags, env, folder }: ConfigSources): LoadedConfig {
  const file = readConfigFile(join(folder, 'millpond.yaml'));
  const config: Record<string, Value> = {};
  const origins: Record<string, Origin> = {};
  for (const name of Object.keys(settings) as SettingName[]) {
    const variable = environmentName(name);
    const candidates: [Origin, string, unknown][] = [
      ['flag', `--${kebab(name)}`, flags[name]],
      ['environment', variable, env[variable] === '' ? undefined : env[variable]],
      ['file', `'${name}' in millpond.yaml`, file[name]],
      ['default', name, settings[name].initial],
    ];
    for (const [origin, label, value] of candidates) {
      if (value === undefined) continue;
      config[name] = located(convert(settings[name].kind, value, label), settings[name].kind, folder);
      origins[name] = origin;
      break;
    }
  }
  return { config: check(config as unknown as Config), origins: origins as Record<SettingName, Origin> };
}

/** `dataDir` is MILLPOND_DATA_DIR in the environment. */
export function environmentName(name: string): string {
  return `MILLPOND_${kebab(name).replaceAll('-', '_').toUpperCase()}`;
}

export function kebab(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function readConfigFile(path: string): Record<string, unknown> {
  if (!existsSync(path)) return {};
  let content: unknown;
  try {
    content = parse(readFileSync(path, 'utf8')) ?? {};
  } catch (error) {
    throw invalid(`${path} cannot be read: ${messageOf(error)}`);
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content))
    throw invalid(`${path} must hold names and values.`);
  for (const name of Object.keys(content)) {
    if (name in settings) continue;
    const nearest = nearestName(name, Object.keys(settings));
    throw invalid(
      `${path} has the unknown setting '${name}'.${nearest === undefined ? '' : ` Did you mean '${nearest}'?`}`,
    );
  }
  return content as Record<string, unknown>;
}

function convert(kind: SettingKind, value: unknown, label: string): Value {
  const isText = kind === 'text' || kind === 'path' || kind === 'program';
  if (isText && (typeof value === 'string' || typeof value === 'number')) return String(value);
  if (kind === 'number' && /^\d+(\.\d+)?$/.test(String(value))) return Number(value);
  if (kind === 'flag' && ['true', 'false', '1', '0'].includes(String(value)))
    return ['true', '1'].includes(String(value));
  if (kind === 'list' && Array.isArray(value)) return value.map(String);
  if (kind === 'list' && typeof value === 'string')
    return value
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== '');
  const wanted = {
    text: 'a text',
    path: 'a path',
    program: 'a program',
    number: 'a number',
    flag: 'true or false',
    list: 'a list',
  }[kind];
  throw invalid(`${label} is ${JSON.stringify(value)}; it takes ${wanted}.`);
}

function located(value: Value, kind: SettingKind, folder: string): Value {
  const isPath = kind === 'path' || (kind === 'program' && String(value).includes('/'));
  return isPath && value !== '' ? resolve(folder, String(value)) : value;
}

function check(config: Config): Config {
  const isLoopback = ['127.0.0.1', '::1', 'localhost'].includes(config.host);
  if (config.open && !isLoopback)
    throw invalid(
      `open accepts every access key and so works on loopback only, not on ${config.host}. Leave one of the two.`,
    );
  if (!/^\d{12}$/.test(config.accountId)) throw invalid(`accountId is '${config.accountId}'; it takes 12 digits.`);
  if (!/^[a-z]{2}(-[a-z]+)+-\d$/.test(config.region))
    throw invalid(`region is '${config.region}'; it takes a name such as us-east-1.`);
  if (config.port > 65_535) throw invalid(`port is ${config.port}; it takes 0 to 65535.`);
  if (config.livyPort > 65_535) throw invalid(`livyPort is ${config.livyPort}; it takes 0 to 65535.`);
  if (config.livyUrl !== '' && !/^https?:\/\/[^/]/.test(config.livyUrl))
    throw invalid(`livyUrl is '${config.livyUrl}'; it takes an address such as http://spark.example:8998.`);
  if (config.jobConcurrency < 1) throw invalid('jobConcurrency takes 1 or more.');
  if (!['debug', 'info', 'warn', 'error', 'silent'].includes(config.logLevel))
    throw invalid(`logLevel is '${config.logLevel}'; it takes debug, info, warn, error or silent.`);
  if ((config.tlsCert === '') !== (config.tlsKey === ''))
    throw invalid('tlsCert and tlsKey go together; give both or none.');
  if (!['auto', 'bubblewrap', 'process'].includes(config.functionSandbox))
    throw invalid(`functionSandbox is '${config.functionSandbox}'; it takes auto, bubblewrap or process.`);
  if (config.functionConcurrency < 1) throw invalid('functionConcurrency takes 1 or more.');
  if (config.smtpUrl !== '' && !/^smtps?:\/\/[^/]+\/?$/.test(config.smtpUrl))
    throw invalid(`smtpUrl is '${config.smtpUrl}'; it takes smtp://host:port or smtps://user:password@host:port.`);
  if (config.queryConcurrency < 1 || config.queryMemoryMb < 64)
    throw invalid('queryConcurrency takes 1 or more, queryMemoryMb 64 or more.');
  return config;
}

function invalid(message: string): PlatformError {
  return new PlatformError('invalid', 'InvalidConfiguration', message);
}
