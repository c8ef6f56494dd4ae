/** State machines, the revisions they went through, and the versions and aliases that point at revisions. */
import { machineArn } from './name.ts';

export type MachineType = 'STANDARD' | 'EXPRESS';
export type Tags = Readonly<Record<string, string>>;

/** Members that are kept as the API spells them and given back so. */
export interface LoggingConfiguration {
  readonly level: 'ALL' | 'ERROR' | 'FATAL' | 'OFF';
  readonly includeExecutionData: boolean;
  readonly destinations?: readonly { readonly cloudWatchLogsLogGroup?: { readonly logGroupArn?: string } }[];
}

export interface TracingConfiguration {
  readonly enabled: boolean;
}

export interface EncryptionConfiguration {
  readonly type: string;
  readonly kmsKeyId?: string;
  readonly kmsDataKeyReusePeriodSeconds?: number;
}

/** What UpdateStateMachine can change. */
export interface MachineConfiguration {
  readonly definition: string;
  readonly roleArn: string;
  readonly logging: LoggingConfiguration;
  // Differs from AWS: tracing and encryption are recorded; no trace is sent and the state file holds plain text.
  readonly tracing: TracingConfiguration;
  readonly encryption: EncryptionConfiguration;
}

export interface Revision extends MachineConfiguration {
  /** Counts the revisions of a machine from 1. */
  readonly sequence: number;
  /** Absent for a machine that was never updated, as in AWS. */
  readonly revisionId?: string;
  readonly createdMs: number;
}

export interface StateMachine {
  readonly scope: string;
  readonly name: string;
  readonly type: MachineType;
  readonly status: 'ACTIVE' | 'DELETING';
  readonly createdMs: number;
  readonly tags: Tags;
  readonly revision: Revision;
}

export interface MachineVersion {
  readonly number: number;
  readonly description?: string;
  readonly createdMs: number;
  readonly revision: Revision;
}

export interface Route {
  readonly version: number;
  /** Percent of the executions. */
  readonly weight: number;
}

export interface MachineAlias {
  readonly name: string;
  readonly description?: string;
  readonly routes: readonly Route[];
  readonly createdMs: number;
  readonly updatedMs: number;
}

export interface Activity {
  readonly scope: string;
  readonly name: string;
  readonly createdMs: number;
  readonly encryption: EncryptionConfiguration;
  readonly tags: Tags;
}

export const loggingOff: LoggingConfiguration = { level: 'OFF', includeExecutionData: false };
export const tracingOff: TracingConfiguration = { enabled: false };
export const ownedKey: EncryptionConfiguration = { type: 'AWS_OWNED_KEY' };

export const arnOf = ({ scope, name }: Pick<StateMachine, 'scope' | 'name'>): string => machineArn(scope, name);

/** Whether two configurations run the same: a revision is about these two members. */
export function isSameRevision(a: MachineConfiguration, b: MachineConfiguration): boolean {
  return a.definition === b.definition && a.roleArn === b.roleArn;
}

/** @param draw a number in [0, 1) */
export function pickRoute(routes: readonly Route[], draw: number): Route | undefined {
  let rest = draw * 100;
  for (const route of routes) {
    rest -= route.weight;
    if (rest < 0) return route;
  }
  return routes.findLast((route) => route.weight > 0);
}
