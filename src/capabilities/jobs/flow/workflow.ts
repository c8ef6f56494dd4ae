/** Workflows: jobs and crawlers joined by triggers, run as one. */
import { formatArn } from '#kernel/arn';
import { newHexId } from '#kernel/ids';
import type { JobRun } from '../runs/job-run.ts';
import type { Trigger } from './trigger.ts';

export type Properties = Readonly<Record<string, string>>;

export interface Workflow {
  readonly name: string;
  readonly createdMs: number;
  readonly modifiedMs: number;
  readonly properties: Properties;
  readonly description?: string;
  readonly maxConcurrentRuns?: number;
}

export type WorkflowRunState = 'RUNNING' | 'COMPLETED' | 'STOPPING' | 'STOPPED' | 'ERROR';

export interface WorkflowRun {
  readonly id: string;
  readonly workflowName: string;
  readonly state: WorkflowRunState;
  readonly properties: Properties;
  readonly startedMs: number;
  readonly completedMs?: number;
  readonly errorMessage?: string;
  readonly previousRunId?: string;
  /** Triggers that have fired in this run; each does so once. */
  readonly fired: readonly string[];
  /** Actions that could not be started. */
  readonly erroredActions: number;
}

/** A crawl that a trigger started. */
export interface Crawl {
  readonly crawlerName: string;
  readonly triggerName: string;
  /** Empty outside of workflows. */
  readonly workflowRunId: string;
  readonly state: CrawlState;
  readonly startedMs: number;
  readonly completedMs?: number;
  readonly errorMessage?: string;
}

export type CrawlState = 'STARTING' | 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'CANCELLED' | 'ERROR';

export function isCrawlOver(state: CrawlState): boolean {
  return state !== 'STARTING' && state !== 'RUNNING';
}

export function workflowArn(scope: string, name: string): string {
  const [accountId = '', region = ''] = scope.split('/');
  return formatArn({ service: 'glue', region, accountId, resource: `workflow/${name}` });
}

export function newWorkflowRunId(): string {
  return `wr_${newHexId(32)}`;
}

export interface RunStatistics {
  readonly total: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly stopped: number;
  readonly timedOut: number;
  readonly running: number;
  readonly waiting: number;
  readonly errored: number;
}

/** Counts what a run of a workflow has done so far. */
export function countActions(run: WorkflowRun, jobRuns: readonly JobRun[], crawls: readonly Crawl[]): RunStatistics {
  // A run that was tried again is the same action as its retry.
  const retried = new Set(jobRuns.map((jobRun) => jobRun.previousRunId));
  const actions = [...jobRuns.filter((jobRun) => !retried.has(jobRun.id)), ...crawls];
  const states = actions.map((action): string => action.state);
  const count = (...wanted: string[]): number => states.filter((state) => wanted.includes(state)).length;
  return {
    total: states.length + run.erroredActions,
    succeeded: count('SUCCEEDED'),
    failed: count('FAILED'),
    stopped: count('STOPPED', 'CANCELLED'),
    timedOut: count('TIMEOUT'),
    running: count('STARTING', 'RUNNING', 'STOPPING'),
    waiting: count('WAITING'),
    errored: count('ERROR') + run.erroredActions,
  };
}

export interface GraphNode {
  readonly id: string;
  readonly kind: 'TRIGGER' | 'JOB' | 'CRAWLER';
  readonly name: string;
}

export interface Graph {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly (readonly [from: string, to: string])[];
}

/** The triggers of a workflow with what they watch and what they start. */
export function graphOf(triggers: readonly Trigger[]): Graph {
  const nodes = new Map<string, GraphNode>();
  const edges = new Map<string, readonly [string, string]>();
  const node = (kind: GraphNode['kind'], name: string): string => {
    const id = `${kind.toLowerCase()}:${name}`;
    nodes.set(id, { id, kind, name });
    return id;
  };
  const edge = (from: string, to: string): void => void edges.set(`${from} ${to}`, [from, to]);
  for (const trigger of triggers) {
    const id = node('TRIGGER', trigger.name);
    for (const { kind, name } of trigger.predicate?.conditions ?? []) {
      edge(node(kind === 'job' ? 'JOB' : 'CRAWLER', name), id);
    }
    for (const { jobName, crawlerName } of trigger.actions) {
      edge(id, jobName === undefined ? node('CRAWLER', crawlerName ?? '') : node('JOB', jobName));
    }
  }
  return { nodes: [...nodes.values()], edges: [...edges.values()] };
}
