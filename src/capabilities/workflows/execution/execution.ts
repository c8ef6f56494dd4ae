/**
 * An execution as it is told to others, and what one is started from.
 * Specification: Step Functions API reference, DescribeExecution and GetExecutionHistory.
 */
import { invariant } from '#kernel/errors';
import type { Descent } from './open-executions.ts';

export type MachineType = 'STANDARD' | 'EXPRESS';

/** A machine as it was when an execution started: pinned, so that an update never changes what runs. */
export interface MachineRevision {
  readonly machineArn: string;
  readonly machineName: string;
  readonly type: MachineType;
  readonly roleArn: string;
  /** Tells revisions of one machine apart; never used again for another definition. */
  readonly revisionId: string;
  readonly definition: string;
  readonly versionArn?: string;
  readonly aliasArn?: string;
  /** As the API has it: `{ level, includeExecutionData, destinations }`. */
  readonly logging?: LoggingConfiguration;
  readonly tracing?: { readonly enabled?: boolean };
}

export interface LoggingConfiguration {
  readonly level?: 'ALL' | 'ERROR' | 'FATAL' | 'OFF';
  readonly includeExecutionData?: boolean;
  readonly destinations?: readonly { readonly cloudWatchLogsLogGroup?: { readonly logGroupArn?: string } }[];
}

export interface StartRequest {
  /** `account/region`. */
  readonly scope: string;
  readonly revision: MachineRevision;
  /** A name of the caller's; else one is made. */
  readonly name?: string;
  /** JSON text. */
  readonly input: string;
  readonly traceHeader?: string;
  /** Absent for a start from outside. */
  readonly descent?: Descent;
}

export type ExecutionStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED' | 'PENDING_REDRIVE';

export interface Execution {
  readonly arn: string;
  readonly name: string;
  readonly scope: string;
  readonly revision: MachineRevision;
  readonly status: ExecutionStatus;
  readonly input: string;
  readonly output?: string;
  readonly error?: string;
  readonly cause?: string;
  readonly startedMs: number;
  readonly stoppedMs?: number;
  readonly traceHeader?: string;
  readonly redriveCount: number;
  readonly redrivenMs?: number;
  /** Of a child of a distributed Map. */
  readonly mapRunArn?: string;
  /** How many items such a child works on. */
  readonly itemCount?: number;
}

export interface SyncResult extends Execution {
  readonly status: 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT';
  readonly billedDurationMs: number;
  readonly billedMemoryMb: number;
}

export interface ExecutionFilter {
  readonly machineArn?: string;
  /** Of a version or an alias. */
  readonly qualifiedArn?: string;
  readonly mapRunArn?: string;
  readonly status?: ExecutionStatus;
  readonly redriveFilter?: 'REDRIVEN' | 'NOT_REDRIVEN';
}

export interface PageRequest {
  readonly sizeMax: number;
  readonly token?: string | undefined;
}

/** An event as GetExecutionHistory has it; the time in milliseconds. Details stand under their own names. */
export interface HistoryEvent {
  readonly id: number;
  readonly previousEventId: number;
  readonly timestampMs: number;
  readonly type: string;
  readonly [details: `${string}EventDetails`]: Readonly<Record<string, unknown>>;
}

export interface MapRun {
  readonly arn: string;
  readonly executionArn: string;
  readonly machineArn: string;
  readonly status: 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'ABORTED';
  readonly startedMs: number;
  readonly stoppedMs?: number;
  readonly maxConcurrency: number;
  readonly toleratedFailurePercentage: number;
  readonly toleratedFailureCount: number;
  readonly itemCounts: MapRunCounts;
  readonly executionCounts: MapRunCounts;
  readonly redriveCount: number;
  readonly redrivenMs?: number;
}

/** `total` counts the pending and running ones too. */
export interface MapRunCounts {
  readonly pending: number;
  readonly running: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly timedOut: number;
  readonly aborted: number;
  readonly total: number;
  readonly resultsWritten: number;
  readonly failuresNotRedrivable: number;
  readonly pendingRedrive: number;
}

/** The account and the region of a scope. */
export function partsOfScope(scope: string): { accountId: string; region: string } {
  const [accountId, region] = scope.split('/');
  invariant(accountId !== undefined && region !== undefined, `'${scope}' is no scope`);
  return { accountId, region };
}

/** `arn:aws:states:region:account:execution:machine:name`. */
export function executionArn(scope: string, machineName: string, name: string): string {
  const { accountId, region } = partsOfScope(scope);
  return `arn:aws:states:${region}:${accountId}:execution:${machineName}:${name}`;
}

/** Express executions carry a run id behind their name, so that a name may be used again. */
export function expressArn(scope: string, machineName: string, name: string, runId: string): string {
  const { accountId, region } = partsOfScope(scope);
  return `arn:aws:states:${region}:${accountId}:express:${machineName}:${name}:${runId}`;
}
