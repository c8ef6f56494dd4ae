/**
 * Jobs behind a gateway, for the tests of this folder: scripts come from a map of objects, and the engine does what the
 * script's first word says (`ok`, `fail`, `wait`), so that every state of a run can be brought about.
 */
import { randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';
import { after } from 'node:test';
import { Glue } from '@aws-sdk/client-glue';
import { createCatalog, catalogSchema } from '#catalog';
import type { ServiceApi } from '#gateway';
import { FakeClock, SystemClock, type Clock } from '#kernel/clock';
import { PlatformError } from '#kernel/errors';
import { EventHub, type PlatformEvent } from '#kernel/events';
import { silentLog } from '#kernel/log';
import { outboxSchema } from '#kernel/outbox';
import { State } from '#kernel/state';
import { Vault } from '#kernel/vault';
import { createLogs, logsSchema } from '#logs';
import { clientConfig, startGateway, until, useTempFolder } from '#testing';
import { createJobs, type JobsConfig } from './capability.ts';
import { jobsSchema } from './store/schema.ts';
import type { ScriptEngine, ScriptWork } from './engines/engine.ts';

export const scope = '000000000000/us-east-1';

export const testConfig: JobsConfig = {
  accountId: '000000000000',
  region: 'us-east-1',
  livyHost: '127.0.0.1',
  hosts: [],
  livyPort: 0,
  livyUrl: '',
  sparkHome: '',
  pythonPath: '',
  jobConcurrency: 4,
};

export interface Bench {
  readonly endpoint: string;
  readonly glue: Glue;
  readonly jobs: ReturnType<typeof createJobs>;
  readonly logs: ReturnType<typeof createLogs>['logs'];
  readonly hub: EventHub;
  readonly events: PlatformEvent[];
  readonly scripts: Map<string, string>;
  /** What the engine was asked to run. */
  readonly works: ScriptWork[];
  /** Lets the runs go on that wait. */
  release(): void;
  /** Stops and opens everything anew on the same state, as a restart does. */
  restart(): Promise<void>;
}

/** @param more further operations of Glue, such as a crawler's */
export async function openBench(options: { clock?: Clock; more?: ServiceApi['operations'] } = {}): Promise<Bench> {
  const file = join(useTempFolder(), 'state.sqlite');
  const clock = options.clock ?? new SystemClock();
  const bench: { -readonly [Name in keyof Bench]: Bench[Name] } = {
    events: [],
    works: [],
    scripts: new Map([['s3://code/job.sql', 'ok']]),
    restart,
  } as never;
  let close = await openParts();
  after(() => close());

  async function restart(): Promise<void> {
    await close();
    close = await openParts();
  }

  async function openParts(): Promise<() => Promise<void>> {
    const state = State.open(file, [outboxSchema, catalogSchema, logsSchema, jobsSchema]);
    const hub = new EventHub(silentLog);
    hub.subscribe((event) => void bench.events.push(event));
    const { logs } = createLogs({ state, clock, log: silentLog });
    const {
      catalog,
      tags,
      capability: catalogCapability,
    } = createCatalog({
      state,
      clock,
      events: hub,
      vault: new Vault(randomBytes(32)),
    });
    const waiting: (() => void)[] = [];
    const apis: ServiceApi[] = [objects(bench.scripts), ...(catalogCapability.apis ?? [])];
    if (options.more !== undefined) apis.push({ service: 'glue', operations: options.more });
    const server = await startGateway({ apis: () => apis });
    const { dispatcher } = server;
    const sql = testEngine(bench.works, waiting);
    const parts = {
      state,
      clock,
      log: silentLog,
      events: hub,
      logs,
      catalog,
      tags,
      dispatcher,
      sql,
      config: testConfig,
      // No SQL session is opened here.
      scripts: undefined as never,
      dataDir: dirname(file),
      environment: process.env,
      endpoint: () => server.endpoint,
    };
    const jobs = createJobs(parts);
    apis.push(...(jobs.capability.apis ?? []));
    await jobs.capability.start?.();
    const glue = new Glue(clientConfig(server.endpoint));
    Object.assign(bench, {
      endpoint: server.endpoint,
      glue,
      jobs,
      logs,
      hub,
      release: () => waiting.splice(0).forEach((go) => go()),
    });
    return async () => {
      glue.destroy();
      await jobs.capability.stop?.();
      await server.close();
      state.close();
    };
  }

  return bench;
}

function testEngine(works: ScriptWork[], waiting: (() => void)[]): ScriptEngine {
  return {
    name: 'the test engine',
    accepts: (command) => command.scriptLocation.endsWith('.sql'),
    settle: async () => ({ isDone: false }),
    async run(work) {
      works.push(work);
      work.say(`says ${work.script}`);
      const word = work.script.split(' ')[0];
      if (word === 'fail') throw new Error('line 1:1: the script is wrong');
      if (word !== 'wait') return;
      await new Promise<void>((resolve, reject) => {
        waiting.push(resolve);
        work.signal.addEventListener('abort', () => reject(new Error('interrupted')), { once: true });
      });
    },
  };
}

function objects(scripts: ReadonlyMap<string, string>): ServiceApi {
  return {
    service: 's3',
    operations: {
      GetObject(input: { Bucket: string; Key: string }) {
        const text = scripts.get(`s3://${input.Bucket}/${input.Key}`);
        if (text === undefined) throw new PlatformError('absent', 'NoSuchKey', `The key ${input.Key} does not exist.`);
        return { Body: Buffer.from(text) };
      },
    },
  };
}

export const jobInput = {
  Name: 'nightly',
  Role: 'GlueRole',
  Command: { Name: 'glueetl', ScriptLocation: 's3://code/job.sql' },
};

/** Starts a run and waits for the state. */
export async function runUntil(bench: Bench, JobName: string, state: string): Promise<string> {
  const { JobRunId = '' } = await bench.glue.startJobRun({ JobName });
  await untilState(bench, JobName, JobRunId, state);
  return JobRunId;
}

export async function untilState(bench: Bench, JobName: string, RunId: string, state: string): Promise<void> {
  await until(() => bench.jobs.runs.getRun(scope, JobName, RunId).state === state, `${RunId} to be ${state}`);
}

export { FakeClock };
