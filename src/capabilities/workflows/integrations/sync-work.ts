/**
 * Work that `.sync` waits for: by what it is known, how its end is heard and how it stands. One entry for each action that
 * AWS lets a workflow wait for and that is served here.
 */
import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { PlatformEvent } from '#kernel/events';
import type { Json, JsonObject } from '#languages/asl/index';
import { isObject } from './sdk-json.ts';

/** How the work stands, in the answer of its describe call. */
export interface Standing {
  readonly state: 'running' | 'succeeded' | 'failed';
  readonly result: Json;
}

export interface SyncAction {
  /** What the work is known by, from the answer to the call that started it. */
  keyOf(output: JsonObject, parameters: JsonObject): readonly string[];
  /** The call that tells how it stands. */
  describe(key: readonly string[]): { readonly operation: string; readonly input: object };
  standing(answer: JsonObject): Standing;
  /** The call that ends it when the execution is stopped. */
  cancel?(key: readonly string[]): { readonly operation: string; readonly input: object };
  /** How work is found that a call has started whose answer was lost, where the service knows no token of ours. */
  readonly search?: Search;
  /** Members that make a repeated start find what the first one made. */
  identify?(parameters: JsonObject, token: string): JsonObject;
}

/** A list of work, and which of it one call may have started. */
export interface Search {
  list(parameters: JsonObject): { readonly operation: string; readonly input: object };
  /** Answers that the call would have given, for work of the same kind that began since. @param sinceMs when the attempt was scheduled */
  candidates(answer: JsonObject, parameters: JsonObject, sinceMs: number): readonly JsonObject[];
}

const jobRunSearch: Search = {
  list: ({ JobName = null }) => ({ operation: 'GetJobRuns', input: { JobName, MaxResults: 100 } }),
  candidates: (answer, { Arguments = {} }, sinceMs) =>
    listOf(answer['JobRuns'])
      .filter((run) => Number(run['StartedOn']) >= sinceMs)
      .filter((run) => isDeepStrictEqual(run['Arguments'] ?? {}, Arguments))
      .map((run) => ({ JobRunId: run['Id'] ?? null })),
};

const clusterSearch: Search = {
  list: () => ({ operation: 'ListClusters', input: {} }),
  candidates: (answer, { Name = null }, sinceMs) =>
    listOf(answer['Clusters'])
      .filter((cluster) => cluster['Name'] === Name && createdMs(cluster) >= sinceMs)
      .map((cluster) => ({ ClusterId: cluster['Id'] ?? null, ClusterArn: cluster['ClusterArn'] ?? null })),
};

const stepSearch: Search = {
  list: ({ ClusterId = null }) => ({ operation: 'ListSteps', input: { ClusterId } }),
  candidates: (answer, { Step }, sinceMs) =>
    listOf(answer['Steps'])
      .filter((step) => step['Name'] === objectOf(Step)['Name'] && createdMs(step) >= sinceMs)
      .map((step) => ({ StepId: step['Id'] ?? null })),
};

/** By `service:action`. */
export const syncActions: Readonly<Record<string, SyncAction>> = {
  'states:startExecution': {
    keyOf: (output) => [text(output['ExecutionArn'])],
    describe: ([executionArn]) => ({ operation: 'DescribeExecution', input: { executionArn } }),
    standing: (answer) => standingOf(answer['Status'], answer, ['SUCCEEDED'], ['FAILED', 'TIMED_OUT', 'ABORTED']),
    cancel: ([executionArn]) => ({ operation: 'StopExecution', input: { executionArn } }),
    identify: ({ Name }, token) => (Name === undefined ? { Name: uuidOf(token) } : {}),
  },
  'athena:startQueryExecution': {
    keyOf: (output) => [text(output['QueryExecutionId'])],
    describe: ([QueryExecutionId]) => ({ operation: 'GetQueryExecution', input: { QueryExecutionId } }),
    standing(answer) {
      const execution = objectOf(answer['QueryExecution']);
      return standingOf(objectOf(execution['Status'])['State'], answer, ['SUCCEEDED'], ['FAILED', 'CANCELLED']);
    },
    cancel: ([QueryExecutionId]) => ({ operation: 'StopQueryExecution', input: { QueryExecutionId } }),
    identify: ({ ClientRequestToken }, token) =>
      ClientRequestToken === undefined ? { ClientRequestToken: uuidOf(token) } : {},
  },
  'glue:startJobRun': {
    keyOf: (output, parameters) => [text(parameters['JobName']), text(output['JobRunId'])],
    describe: ([JobName, RunId]) => ({ operation: 'GetJobRun', input: { JobName, RunId } }),
    standing(answer) {
      const run = objectOf(answer['JobRun']);
      return standingOf(run['JobRunState'], run, ['SUCCEEDED'], ['FAILED', 'STOPPED', 'TIMEOUT', 'ERROR', 'EXPIRED']);
    },
    search: jobRunSearch,
    cancel: ([JobName, RunId]) => ({ operation: 'BatchStopJobRun', input: { JobName, JobRunIds: [RunId] } }),
  },
  'elasticmapreduce:createCluster': {
    keyOf: (output) => ['cluster', text(output['ClusterId'])],
    describe: ([, ClusterId]) => ({ operation: 'DescribeCluster', input: { ClusterId } }),
    standing(answer) {
      const { Id = null, ClusterArn = null, Status } = objectOf(answer['Cluster']);
      const { state, result } = standingOf(
        objectOf(Status)['State'],
        answer,
        ['WAITING', 'RUNNING'],
        ['TERMINATED', 'TERMINATED_WITH_ERRORS', 'TERMINATING'],
      );
      return { state, result: state === 'succeeded' ? { ClusterId: Id, ClusterArn } : result };
    },
    // It stays when the execution is stopped, as on AWS.
    search: clusterSearch,
  },
  'elasticmapreduce:addStep': {
    keyOf: (output, parameters) => ['step', text(parameters['ClusterId']), text(output['StepId'])],
    describe: ([, ClusterId, StepId]) => ({ operation: 'DescribeStep', input: { ClusterId, StepId } }),
    standing(answer) {
      const state = objectOf(objectOf(answer['Step'])['Status'])['State'];
      return standingOf(state, answer, ['COMPLETED'], ['CANCELLED', 'FAILED', 'INTERRUPTED']);
    },
    search: stepSearch,
    cancel: ([, ClusterId, StepId]) => ({ operation: 'CancelSteps', input: { ClusterId, StepIds: [StepId] } }),
  },
  'elasticmapreduce:terminateCluster': {
    keyOf: (_output, parameters) => ['cluster', text(parameters['ClusterId'])],
    describe: ([, ClusterId]) => ({ operation: 'DescribeCluster', input: { ClusterId } }),
    standing(answer) {
      const state = objectOf(objectOf(answer['Cluster'])['Status'])['State'];
      return standingOf(state, answer, ['TERMINATED', 'TERMINATED_WITH_ERRORS'], []);
    },
  },
};

/** The keys that an event may end; undefined for events of no concern here. */
export function syncKeyOf({ source, detailType, detail }: PlatformEvent): string | undefined {
  switch (`${source}/${detailType}`) {
    case 'aws.states/Step Functions Execution Status Change':
      return detail['status'] === 'RUNNING' ? undefined : formatKey('states', [text(detail['executionArn'])]);
    case 'aws.athena/Athena Query State Change':
      return formatKey('athena', [text(detail['queryExecutionId'])]);
    case 'aws.glue/Glue Job State Change':
      return formatKey('glue', [text(detail['jobName']), text(detail['jobRunId'])]);
    case 'aws.emr/EMR Cluster State Change':
      return formatKey('elasticmapreduce', ['cluster', text(detail['clusterId'])]);
    case 'aws.emr/EMR Step Status Change':
      return formatKey('elasticmapreduce', ['step', text(detail['clusterId']), text(detail['stepId'])]);
    default:
      return undefined;
  }
}

export function formatKey(service: string, parts: readonly string[]): string {
  return [service, ...parts].join(' ');
}

/** The same for every repeat of one attempt. */
export function uuidOf(token: string): string {
  const hex = createHash('sha256').update(token).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
}

function standingOf(state: unknown, result: Json, good: readonly string[], bad: readonly string[]): Standing {
  const name = text(state);
  return { state: good.includes(name) ? 'succeeded' : bad.includes(name) ? 'failed' : 'running', result };
}

function objectOf(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {};
}

function listOf(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? (value as readonly Json[]).map(objectOf) : [];
}

/** Of a cluster or a step. */
function createdMs(work: JsonObject): number {
  return Number(objectOf(objectOf(work['Status'])['Timeline'])['CreationDateTime']);
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
