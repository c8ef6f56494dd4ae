import { join } from 'node:path';
import type { EMR } from '@aws-sdk/client-emr';
import { rootCaller } from '#access';
import type { Capability } from '#capability';
import type { Catalog, GlueTags } from '#catalog';
import type { Dispatcher, HandlersOf } from '#gateway';
import { findPython, findSpark, type SparkSearch } from '#drivers/spark/installation';
import type { Clock } from '#kernel/clock';
import { settings } from '#kernel/config';
import type { EventHub, PlatformEvent } from '#kernel/events';
import type { Log } from '#kernel/log';
import type { State } from '#kernel/state';
import type { Logs } from '#logs';
import type { Scripts } from '#query';
import { clusterOperations } from './api/emr/clusters.ts';
import { instanceOperations } from './api/emr/instances.ts';
import { settingOperations } from './api/emr/settings.ts';
import { stepOperations } from './api/emr/steps.ts';
import { jobOperations } from './api/jobs.ts';
import { LivyServer } from './api/livy/server.ts';
import { planOperations } from './api/plans.ts';
import { runOperations } from './api/runs.ts';
import { triggerOperations } from './api/triggers.ts';
import { workflowOperations } from './api/workflows.ts';
import { Applications } from './applications/applications.ts';
import { Clusters } from './clusters/clusters.ts';
import { clusterResources } from './clusters/resources.ts';
import type { ScriptEngine } from './engines/engine.ts';
import { ProcessEngine } from './engines/process.ts';
import { PythonInterpreterEngine } from './engines/python-interpreter.ts';
import { PythonScriptEngine } from './engines/python-script.ts';
import { RemoteLivyEngine } from './engines/remote-livy.ts';
import { SparkEngine } from './engines/spark.ts';
import { SqlApplicationEngine } from './engines/sql-application.ts';
import { SqlInterpreterEngine } from './engines/sql-interpreter.ts';
import { Workplace } from './engines/workplace.ts';
import { Flow } from './flow/flow.ts';
import { Triggers } from './flow/triggers.ts';
import { Workflows } from './flow/workflows.ts';
import type { CrawlState } from './flow/workflow.ts';
import { Jobs } from './jobs.ts';
import { jobResources } from './resources.ts';
import { JobRuns } from './runs/job-runs.ts';
import { Runner } from './runs/runner.ts';
import { Sessions } from './sessions/sessions.ts';

export interface JobsParts {
  readonly state: State;
  readonly clock: Clock;
  readonly log: Log;
  readonly events: EventHub;
  readonly logs: Logs;
  readonly catalog: Catalog;
  readonly tags: GlueTags;
  readonly dispatcher: Dispatcher;
  /** Runs the SQL of jobs and applications. */
  readonly sql: ScriptEngine;
  /** Runs the SQL of sessions. */
  readonly scripts: Scripts;
  readonly dataDir: string;
  /** The platform's environment, of which processes get a few names. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Base URL of the AWS APIs; empty before the gateway listens. */
  readonly endpoint: () => string;
  readonly config: JobsConfig;
}

export interface JobsConfig {
  /** Whose root Livy's callers are. */
  readonly accountId: string;
  readonly region: string;
  /** Address of Livy's REST API, and so of every cluster. */
  readonly livyHost: string;
  readonly hosts: readonly string[];
  /** 0 takes a free one. */
  readonly livyPort: number;
  /** A remote Livy; empty for the Spark of this machine. */
  readonly livyUrl: string;
  readonly sparkHome: string;
  readonly pythonPath: string;
  readonly jobConcurrency: number;
}

export interface JobsCapability {
  readonly jobs: Jobs;
  readonly runs: JobRuns;
  readonly triggers: Triggers;
  readonly workflows: Workflows;
  readonly flow: Flow;
  readonly applications: Applications;
  /** Base URL of Livy's REST API; undefined while it does not listen. */
  livyUrl(): string | undefined;
  readonly capability: Capability;
}

export function createJobs(parts: JobsParts): JobsCapability {
  const { state, clock, events, logs, tags, dispatcher } = parts;
  const log = parts.log.with({ part: 'jobs' });
  const jobs = new Jobs(state, clock);
  const runs = new JobRuns({
    state,
    clock,
    log,
    events,
    runner: new Runner({ dispatcher, logs, clock, log, engines: [parts.sql, pythonScripts(parts)] }),
  });
  const flow = new Flow({ state, clock, log, runs, dispatcher });
  runs.observe(flow);
  const triggers = new Triggers({ state, clock, log, flow });
  const workflows = new Workflows(state, clock);
  tags.own('job', (scope, name) => jobs.findJob(scope, name) !== undefined);
  tags.own('trigger', (scope, name) => triggers.findTrigger(scope, name) !== undefined);
  tags.own('workflow', (scope, name) => workflows.findWorkflow(scope, name) !== undefined);
  const operations = {
    ...jobOperations(jobs, tags),
    ...runOperations(runs),
    ...planOperations(parts.catalog),
    ...triggerOperations(triggers, tags),
    ...workflowOperations(workflows, flow),
  };
  const { applications, sessions } = createWorkers(parts, log);
  const livy = createLivy(parts, log, applications, sessions);
  const clusters = new Clusters({ state, clock, log, events, dispatcher, applications });
  const emr = clusterApi(clusters, parts);
  let unsubscribe: (() => void) | undefined;
  const capability: Capability = {
    name: 'jobs',
    apis: [
      { service: 'glue', operations },
      { service: 'emr', operations: emr },
    ],
    resources: [...jobResources, ...clusterResources],
    health: () => ({ ok: true, detail: livy.url === undefined ? 'Livy is not served' : `Livy at ${livy.url}` }),
    async start() {
      unsubscribe = events.subscribe((event) => follow(event, flow));
      await runs.resume();
      await flow.resume();
      triggers.start();
      await sessions.resume();
      await applications.resume();
      await clusters.resume();
      await listen(livy, parts.config.livyPort, log);
    },
    async stop() {
      await livy.close();
      await sessions.close();
      await applications.close();
      await clusters.close();
      unsubscribe?.();
      triggers.stop();
      await runs.close();
      await flow.close();
    },
  };
  return { jobs, runs, triggers, workflows, flow, applications, livyUrl: () => livy.url, capability };
}

/** What runs what is submitted: applications and interactive sessions with their engines. */
function createWorkers(parts: JobsParts, log: Log): { applications: Applications; sessions: Sessions } {
  const { state, clock, dispatcher, config } = parts;
  const workplace = new Workplace(parts);
  const search = searchOf(parts);
  const locate = { workplace, findSpark: () => findSpark(search), python: () => findPython(search) };
  const spark =
    config.livyUrl === ''
      ? new SparkEngine({ ...locate, clock })
      : new RemoteLivyEngine({ url: config.livyUrl, clock });
  const folder = join(parts.dataDir, 'applications');
  const applications = new Applications({
    state,
    clock,
    log,
    engines: [
      new SqlApplicationEngine({ workplace, scripts: parts.sql, dispatcher }),
      new ProcessEngine(locate),
      spark,
    ],
    folder,
    concurrency: config.jobConcurrency,
  });
  const interpreters = [new SqlInterpreterEngine(parts.scripts), new PythonInterpreterEngine(locate)];
  return { applications, sessions: new Sessions({ state, clock, log, engines: interpreters, folder }) };
}

function pythonScripts(parts: JobsParts): PythonScriptEngine {
  const search = searchOf(parts);
  return new PythonScriptEngine({
    workplace: new Workplace(parts),
    python: () => findPython(search),
    findSpark: () => findSpark(search),
  });
}

function searchOf({ config, environment }: JobsParts): SparkSearch {
  return { ...config, environment, folder: process.cwd() };
}

function clusterApi(clusters: Clusters, { clock, config }: JobsParts): HandlersOf<EMR> {
  // A cluster is reached where Livy listens; whoever listens everywhere is reached on loopback.
  const address = /^(0\.0\.0\.0|::|\[::\])$/.test(config.livyHost) ? '127.0.0.1' : config.livyHost;
  return {
    ...clusterOperations(clusters, clock, address),
    ...stepOperations(clusters),
    ...instanceOperations(clusters, clock, address),
    ...settingOperations(clusters),
  };
}

function createLivy(parts: JobsParts, log: Log, applications: Applications, sessions: Sessions): LivyServer {
  const { accountId, region, livyHost: host, hosts, livyPort: port } = parts.config;
  const owner = { scope: `${accountId}/${region}`, caller: rootCaller(accountId) };
  return new LivyServer({ applications, sessions, owner, log, host, port, hosts });
}

/** A second platform on the machine goes without Livy's default port; a port that somebody chose must be had. */
async function listen(livy: LivyServer, port: number, log: Log): Promise<void> {
  try {
    await livy.listen();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || port !== settings.livyPort.initial) throw error;
    log.warn('the port of Livy is taken; its REST API is not served. Choose another with --livy-port', { port });
  }
}

const crawlEnds: Readonly<Record<string, CrawlState>> = {
  Succeeded: 'SUCCEEDED',
  Failed: 'FAILED',
  Stopped: 'CANCELLED',
  Cancelled: 'CANCELLED',
};

/** What another capability tells by an event: the end of a crawl. */
async function follow(event: PlatformEvent, flow: Flow): Promise<void> {
  const scope = `${event.accountId}/${event.region}`;
  const { detail } = event;
  if (event.source === 'aws.glue' && event.detailType === 'Glue Crawler State Change') {
    const state = crawlEnds[String(detail['state'])];
    const message = detail['errorMessage'];
    if (state !== undefined) {
      const text = typeof message === 'string' ? message : undefined;
      await flow.crawlEnded(scope, String(detail['crawlerName']), state, text);
    }
  }
}
