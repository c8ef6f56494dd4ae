/**
 * The composition root: the one file that knows every capability. `floors` is their order: a capability may use those
 * above it by their front doors, and reaches the others through the dispatcher or an event.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { accessSchema, createAccess, type AccessKey } from '#access';
import { auditSchema, createAudit, type CreateAuditOptions } from '#audit';
import type { Capability } from '#capability';
import { catalogSchema, createCatalog } from '#catalog';
import { crawlerSchema, createCrawler } from '#crawler';
import { createEvents, eventsSchema } from '#events';
import { createGateway, type Dispatcher, type Gateway, type GatewayConfig } from '#gateway';
import { createJobs, SqlEngine, jobsSchema } from '#jobs';
import { SystemClock, type Clock } from '#kernel/clock';
import type { Config } from '#kernel/config';
import { EventHub } from '#kernel/events';
import { lockFolder } from '#kernel/folder-lock';
import type { Log } from '#kernel/log';
import { outboxSchema } from '#kernel/outbox';
import { State, type Schema } from '#kernel/state';
import { Vault } from '#kernel/vault';
import { createLake, lakeSchema } from '#lake';
import { createLogs, logsSchema } from '#logs';
import { createParameters, parametersSchema } from '#parameters';
import { createQuery, querySchema, type QueryConfig } from '#query';
import { createStacks, stacksSchema } from '#stacks';
import { healthRoute } from './health.ts';
import { version } from './version.ts';

export const floors = [
  'access',
  'audit',
  'lake',
  'catalog',
  'query',
  'crawler',
  'logs',
  'events',
  'parameters',
  'jobs',
  'stacks',
] as const;

type Environment = Readonly<Record<string, string | undefined>>;

export interface PlatformOptions {
  readonly config: Config;
  /** The process's environment, of which child processes get a few names. */
  readonly env?: Environment;
  readonly log: Log;
  readonly clock?: Clock;
}

export interface Platform {
  /** Base URL for clients on this machine, such as `http://127.0.0.1:4566`. */
  readonly endpoint: string;
  readonly version: string;
  readonly rootKey: AccessKey;
  readonly dispatcher: Dispatcher;
  /** In floor order; what the reference pages are made from. */
  readonly capabilities: readonly Capability[];
  /** Lets what is under way end, writes everything down and closes. */
  stop(): Promise<void>;
}

const schemas: readonly Schema[] = [
  outboxSchema,
  accessSchema,
  auditSchema,
  lakeSchema,
  catalogSchema,
  querySchema,
  crawlerSchema,
  logsSchema,
  eventsSchema,
  parametersSchema,
  jobsSchema,
  stacksSchema,
];

/** Requests under way may take this long to end when the platform stops. */
const shutdownGraceMs = 2000;

/**
 * Opens the state, builds every capability, resumes what a crash interrupted, and listens.
 * @throws conflict when another process has the data folder, unavailable when its state cannot be read
 */
export async function startPlatform({
  config,
  env = {},
  log,
  clock = new SystemClock(),
}: PlatformOptions): Promise<Platform> {
  const lock = lockFolder(config.dataDir);
  const closers: (() => Promise<void> | void)[] = [() => lock.release()];
  const stop = async (): Promise<void> => {
    for (const close of closers.splice(0).toReversed()) await close();
  };
  try {
    const state = State.open(join(config.dataDir, 'state.sqlite'), schemas);
    closers.push(() => state.close());
    const built = build({ config, env, log, clock, state });
    for (const capability of built.capabilities) {
      await capability.start?.();
      closers.push(() => capability.stop?.());
    }
    closers.push(() => built.gateway.close(shutdownGraceMs));
    const { endpoint } = await built.gateway.listen();
    return { endpoint, version, ...built, dispatcher: built.gateway.dispatcher, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Ground {
  readonly config: Config;
  readonly env: Environment;
  readonly log: Log;
  readonly clock: Clock;
  readonly state: State;
}

interface Built {
  readonly capabilities: readonly Capability[];
  readonly gateway: Gateway;
  readonly rootKey: AccessKey;
}

/** The wiring: constructors in floor order, each given the front doors it uses. */
function build({ config, env, log, clock, state }: Ground): Built {
  const { dataDir } = config;
  const vault = Vault.open(join(dataDir, 'secret.key'));
  const events = new EventHub(log, state);
  const ground = { state, clock, log, events, vault, dataDir };
  const capabilities: Capability[] = [];

  const access = createAccess({ ...ground, accountId: config.accountId, open: config.open });
  const { credentials } = access.access;
  const deliveryMs = config.auditDeliverySeconds * 1000;
  const audit = createAudit({ ...ground, dispatcher: () => gateway.dispatcher, deliveryMs, ...builtInTrail(config) });
  const gateway = createGateway({
    ...ground,
    apis: () => capabilities.flatMap((capability) => capability.apis ?? []),
    routes: () => routes,
    authorizer: credentials,
    requestLog: audit.audit,
    config: gatewayConfig(config),
  });
  const { dispatcher } = gateway;
  const lake = createLake({ ...ground, findCredential: (id) => credentials.findCredential(id) });
  const catalog = createCatalog(ground);
  const tables = { lake: lake.lake, catalog: catalog.catalog, tags: catalog.tags };
  const query = createQuery({ ...ground, ...tables, environment: env, config: queryConfig(config) });
  const crawler = createCrawler({ ...ground, ...tables, dispatcher });
  const logs = createLogs(ground);
  const rules = createEvents({ ...ground, logs: logs.logs });
  const parameters = createParameters(ground);
  const engines = [new SqlEngine({ scripts: query.scripts, lake: lake.lake, state })];
  const jobs = createJobs({ ...ground, ...tables, logs: logs.logs, dispatcher, engines });
  const resources = () => capabilities.flatMap((capability) => capability.resources ?? []);
  const stacks = createStacks({ ...ground, dispatcher, resources });

  const built = [access, audit, lake, catalog, query, crawler, logs, rules, parameters, jobs, stacks];
  capabilities.push(...built.map(({ capability }) => capability));
  const routes = [healthRoute(capabilities), ...capabilities.flatMap((capability) => capability.routes ?? [])];
  return { capabilities, gateway, rootKey: access.rootKey };
}

function builtInTrail({ accountId, region, auditBucket }: Config): Pick<CreateAuditOptions, 'builtIn'> {
  return auditBucket === '' ? {} : { builtIn: { accountId, region, bucketPrefix: auditBucket } };
}

function queryConfig({ queryConcurrency, queryMemoryMb, queryThreads }: Config): QueryConfig {
  return {
    concurrency: queryConcurrency,
    memoryLimitBytes: queryMemoryMb * 2 ** 20,
    ...(queryThreads === 0 ? {} : { threads: queryThreads }),
  };
}

function gatewayConfig({ host, port, hosts, tlsCert, tlsKey }: Config): GatewayConfig {
  return {
    host,
    port,
    hosts,
    ...(tlsCert === '' ? {} : { tls: { cert: readFileSync(tlsCert), key: readFileSync(tlsKey) } }),
  };
}
