/** A cluster of EMR: here a named pool of this machine's workers that carries out steps. */
import { createHash } from 'node:crypto';
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

/** The machines of a group or fleet: all of them are this one, under names of their own. */
export interface Machines {
  /** Of the group or fleet. */
  readonly id: string;
  readonly kind: 'group' | 'fleet';
  readonly role: InstanceGroup['role'];
  readonly type: string;
  readonly market: string;
  readonly count: number;
  readonly createdMs: number;
}

/** A fleet's capacity counts machines; those of a price that varies stand by themselves. */
export function machinesOf({ id, instanceGroups, instanceFleets, createdMs }: Cluster): Machines[] {
  const groups = instanceGroups.map((group): Machines => ({ ...group, kind: 'group' }));
  const fleets = instanceFleets.flatMap((fleet, index): Machines[] => {
    const [first] = (fleet['InstanceTypeConfigs'] ?? []) as { InstanceType?: string }[];
    const role = (fleet['InstanceFleetType'] ?? 'CORE') as Machines['role'];
    const same = { id: fleetId(id, index), kind: 'fleet' as const, role, type: first?.InstanceType ?? '', createdMs };
    return [
      { ...same, market: 'ON_DEMAND', count: Number(fleet['TargetOnDemandCapacity'] ?? 0) },
      { ...same, market: 'SPOT', count: Number(fleet['TargetSpotCapacity'] ?? 0) },
    ];
  });
  return [...groups, ...fleets];
}

/** `i-…` @param index of the machine in its group */
export function instanceId({ id, market }: Pick<Machines, 'id' | 'market'>, index: number): string {
  return `i-${createHash('sha256').update(`${id}/${market}/${index}`).digest('hex').slice(0, 17)}`;
}

export function fleetId(cluster: string, index: number): string {
  return `if-${cluster.slice(2)}${index}`;
}

/** Where the logs of a bootstrap action stand below those of the cluster: with the instance that ran it. */
export function bootstrapLogFolder(cluster: Cluster, index: number): string {
  const master = machinesOf(cluster).find(({ role, count }) => role === 'MASTER' && count > 0);
  const node = master === undefined ? 'master' : instanceId(master, 0);
  return `node/${node}/bootstrap-actions/${index + 1}`;
}

/**
 * Properties that the cluster's configuration gives to every Spark application.
 * Differs from AWS: of a cluster's Configurations `spark-defaults` takes effect; the others are recorded.
 */
export function sparkDefaults({ recorded }: Cluster): Readonly<Record<string, string>> {
  const all = (recorded['Configurations'] ?? []) as { Classification?: string; Properties?: Record<string, string> }[];
  return Object.assign(
    {},
    ...all.flatMap((some) => (some.Classification === 'spark-defaults' ? [some.Properties] : [])),
  );
}

export function bootstrapSource(cluster: string, index: number): string {
  return `${cluster}/bootstrap/${index}`;
}
