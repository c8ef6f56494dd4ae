/** A cluster of EMR: here a named pool of this machine's workers that carries out steps. */
import type { Caller } from '#gateway';
import { formatArn } from '#kernel/arn';
import { newUpperId } from '#kernel/ids';

export type ClusterState =
  | 'STARTING'
  | 'BOOTSTRAPPING'
  | 'RUNNING'
  | 'WAITING'
  | 'TERMINATING'
  | 'TERMINATED'
  | 'TERMINATED_WITH_ERRORS';

export interface StateReason {
  readonly code: string;
  readonly message: string;
}

export interface BootstrapAction {
  readonly name: string;
  readonly path: string;
  readonly args: readonly string[];
}

/** Kept and given back; what runs takes what the machine has. */
export interface InstanceGroup {
  readonly id: string;
  readonly role: 'MASTER' | 'CORE' | 'TASK';
  readonly type: string;
  readonly count: number;
  readonly market: string;
  readonly createdMs: number;
  /** See `creation-token.ts`. */
  readonly token?: string;
  readonly name?: string | undefined;
  readonly recorded: Readonly<Record<string, unknown>>;
}

export interface Cluster {
  /** `j-…` */
  readonly id: string;
  /** `account/region` */
  readonly scope: string;
  readonly name: string;
  /** See `creation-token.ts`. */
  readonly token?: string;
  /** Who asked for it; steps run as its role, or as this one where it names none. */
  readonly caller: Caller;
  readonly state: ClusterState;
  readonly reason?: StateReason;
  readonly createdMs: number;
  readonly readyMs?: number;
  readonly endedMs?: number;
  /** Where a termination that is under way leads to. */
  readonly fate?: StateReason & { readonly state: 'TERMINATED' | 'TERMINATED_WITH_ERRORS' };
  readonly keepsAlive: boolean;
  readonly terminationProtected: boolean;
  readonly visibleToAllUsers: boolean;
  readonly stepConcurrency: number;
  /** Seconds without a step after which it terminates. */
  readonly idleTimeoutSeconds?: number;
  /** Since when it waits. */
  readonly idleSinceMs?: number;
  /** `s3://…` for the logs of steps. */
  readonly logUri?: string;
  readonly jobFlowRole?: string;
  readonly bootstrapActions: readonly BootstrapAction[];
  /** Bootstrap actions that are done. */
  readonly bootstrapped: number;
  readonly instanceGroups: readonly InstanceGroup[];
  readonly instanceFleets: readonly Readonly<Record<string, unknown>>[];
  readonly tags: Readonly<Record<string, string>>;
  /** Members that are kept and given back under their AWS names. */
  readonly recorded: Readonly<Record<string, unknown>>;
}

export const openStates: readonly ClusterState[] = ['STARTING', 'BOOTSTRAPPING', 'RUNNING', 'WAITING'];

export function clusterHasEnded({ state }: Cluster): boolean {
  return state === 'TERMINATED' || state === 'TERMINATED_WITH_ERRORS';
}

export function clusterArn({ scope, id }: Pick<Cluster, 'scope' | 'id'>): string {
  const [accountId = '', region = ''] = scope.split('/');
  return formatArn({ service: 'elasticmapreduce', region, accountId, resource: `cluster/${id}` });
}

export function newClusterId(): string {
  return `j-${newUpperId(13)}`;
}

export function newGroupId(): string {
  return `ig-${newUpperId(13)}`;
}

export function bootstrapSource(cluster: string, index: number): string {
  return `${cluster}/bootstrap/${index}`;
}
