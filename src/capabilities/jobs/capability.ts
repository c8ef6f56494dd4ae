import type { Capability } from '#capability';
import type { Catalog, GlueTags } from '#catalog';
import type { Dispatcher } from '#gateway';
import type { Clock } from '#kernel/clock';
import type { EventHub, PlatformEvent } from '#kernel/events';
import type { Log } from '#kernel/log';
import type { State } from '#kernel/state';
import type { Logs } from '#logs';
import { jobOperations } from './api/jobs.ts';
import { planOperations } from './api/plans.ts';
import { runOperations } from './api/runs.ts';
import { triggerOperations } from './api/triggers.ts';
import { workflowOperations } from './api/workflows.ts';
import type { ScriptEngine } from './engines/engine.ts';
import { Flow } from './flow/flow.ts';
import { Triggers } from './flow/triggers.ts';
import { Workflows } from './flow/workflows.ts';
import type { CrawlState } from './flow/workflow.ts';
import { Jobs } from './jobs.ts';
import { jobResources } from './resources.ts';
import { JobRuns } from './runs/job-runs.ts';
import { Runner } from './runs/runner.ts';

export interface JobsParts {
  readonly state: State;
  readonly clock: Clock;
  readonly log: Log;
  readonly events: EventHub;
  readonly logs: Logs;
  readonly catalog: Catalog;
  readonly tags: GlueTags;
  readonly dispatcher: Dispatcher;
  readonly engines: readonly ScriptEngine[];
}

export interface JobsCapability {
  readonly jobs: Jobs;
  readonly runs: JobRuns;
  readonly triggers: Triggers;
  readonly workflows: Workflows;
  readonly flow: Flow;
  readonly capability: Capability;
}

export function createJobs(parts: JobsParts): JobsCapability {
  const { state, clock, events, logs, tags, dispatcher, engines } = parts;
  const log = parts.log.with({ part: 'jobs' });
  const jobs = new Jobs(state, clock);
  const runs = new JobRuns({
    state,
    clock,
    log,
    events,
    runner: new Runner({ dispatcher, logs, clock, log, engines }),
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
  let unsubscribe: (() => void) | undefined;
  const capability: Capability = {
    name: 'jobs',
    apis: [{ service: 'glue', operations }],
    resources: jobResources,
    async start() {
      unsubscribe = events.subscribe((event) => follow(event, flow, triggers));
      await runs.resume();
      await flow.resume();
      triggers.start();
    },
    async stop() {
      unsubscribe?.();
      triggers.stop();
      await runs.close();
      await flow.close();
    },
  };
  return { jobs, runs, triggers, workflows, flow, capability };
}

const crawlEnds: Readonly<Record<string, CrawlState>> = {
  Succeeded: 'SUCCEEDED',
  Failed: 'FAILED',
  Stopped: 'CANCELLED',
  Cancelled: 'CANCELLED',
};

/** What other capabilities tell by events: the end of a crawl, and an event that a rule sends to a workflow. */
async function follow(event: PlatformEvent, flow: Flow, triggers: Triggers): Promise<void> {
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
  if (event.source === 'millpond.events' && event.detailType === 'Glue Workflow Notification') {
    await triggers.notify(scope, String(detail['workflowName']), String(detail['eventId']));
  }
}
