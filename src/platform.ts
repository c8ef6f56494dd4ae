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
import { createFunctions, functionsSchema, type FunctionsConfig } from '#functions';
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
import { createQueues, queuesSchema } from '#queues';
import { createQuery, querySchema, type QueryConfig } from '#query';
import { createStacks, stacksSchema } from '#stacks';
import { createTopics, topicsSchema } from '#topics';
import { createWorkflows, workflowsSchemas } from '#workflows';
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
  'functions',
  'queues',
  'topics',
  'events',
  'parameters',
  'jobs',
  'workflows',
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
  /** Base URL of Livy's REST API; undefined when its port is taken. */
  readonly livyUrl: string | undefined;
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
  functionsSchema,
  queuesSchema,
  topicsSchema,
  eventsSchema,
  parametersSchema,
  jobsSchema,
  ...workflowsSchemas,
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
    return { endpoint, version, ...built, livyUrl: built.livyUrl(), dispatcher: built.gateway.dispatcher, stop };
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
  livyUrl(): string | undefined;
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
  const lake = createLake({ ...ground, dispatcher, findCredential: (id) => credentials.findCredential(id) });
  const catalog = createCatalog(ground);
  const tables = { lake: lake.lake, catalog: catalog.catalog, tags: catalog.tags };
  const query = createQuery({ ...ground, ...tables, environment: env, config: queryConfig(config) });
  const crawler = createCrawler({ ...ground, ...tables, dispatcher });
  const logs = createLogs({ ...ground, dispatcher });
  const functions = createFunctions({
    ...ground,
    logs: logs.logs,
    dispatcher,
    findCredential: (id) => credentials.findCredential(id),
    endpoint: () => gateway.endpoint(),
    environment: env,
    config: functionsConfig(config),
  });
  const queues = createQueues({ ...ground, endpoint: () => gateway.endpoint() });
  const topics = createTopics({
    ...ground,
    dispatcher,
    endpoint: () => gateway.endpoint(),
    mail: { url: config.smtpUrl, from: config.mailFrom },
  });
  const rules = createEvents({
    ...ground,
    logs: logs.logs,
    dispatcher,
    notifyWorkflow: (scope, workflow, eventId) => jobs.triggers.notify(scope, workflow, eventId),
  });
  const parameters = createParameters(ground);
  const { scripts, parquetRows } = query;
  const sql = new SqlEngine({ scripts, lake: lake.lake, state });
  const surroundings = { environment: env, endpoint: () => gateway.endpoint(), config };
  const jobs = createJobs({ ...ground, ...tables, ...surroundings, logs: logs.logs, dispatcher, scripts, sql });
  const { connections } = rules;
  const workflows = createWorkflows({ ...ground, logs: logs.logs, dispatcher, connections, parquetRows });
  const resources = () => capabilities.flatMap((capability) => capability.resources ?? []);
  const stacks = createStacks({ ...ground, dispatcher, resources, endpoint: () => gateway.endpoint() });

  const built = [
    access,
    audit,
    lake,
    catalog,
    query,
    crawler,
    logs,
    functions,
    queues,
    topics,
    rules,
    parameters,
    jobs,
    workflows,
    stacks,
  ];
  capabilities.push(...built.map(({ capability }) => capability));
  // The lake answers preflights of any path, so whoever knows its own paths is asked before.
  const routes = [healthRoute(capabilities), ...capabilities.toReversed().flatMap(({ routes: own = [] }) => own)];
  return { capabilities, gateway, rootKey: access.rootKey, livyUrl: () => jobs.livyUrl() };
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

function functionsConfig(config: Config): FunctionsConfig {
  return {
    pythonPath: config.pythonPath,
    sandbox: config.functionSandbox,
    concurrency: config.functionConcurrency,
    idleMs: config.functionIdleSeconds * 1000,
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
