/** Clusters and steps in the shapes of EMR's API. */
import type * as emr from '@aws-sdk/client-emr';
import { decodeToken, encodeToken } from '#kernel/paging';
import { emrInvalid } from '../../errors.ts';
import {
  clusterArn,
  clusterHasEnded,
  instanceId,
  newGroupId,
  type Cluster,
  type InstanceGroup,
  type Machines,
} from '../../clusters/cluster.ts';
import { creationToken } from '../../clusters/creation-token.ts';
import type { StepRequest } from '../../clusters/clusters.ts';
import type { Placed } from '../../store/clusters.ts';
import type { Step } from '../../clusters/step.ts';

export const pageSize = 50;

/** Pairs of a key and a value as a map. */
export function tagsOf(
  tags: readonly { Key?: string | undefined; Value?: string | undefined }[] | undefined,
): Record<string, string> {
  return Object.fromEntries((tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value]));
}

export function wireTags(tags: Cluster['tags']): emr.Tag[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}

/** @throws InvalidRequestException for an action that is none */
export function stepRequest(config: emr.StepConfig, executionRole?: string): StepRequest {
  const { HadoopJarStep: jar } = config;
  const action = config.ActionOnFailure ?? 'TERMINATE_CLUSTER';
  const { [creationToken]: token, ...properties } = tagsOf(jar?.Properties);
  return {
    name: config.Name ?? '',
    actionOnFailure: action === 'TERMINATE_JOB_FLOW' ? 'TERMINATE_CLUSTER' : action,
    command: {
      jar: jar?.Jar ?? '',
      mainClass: jar?.MainClass,
      args: jar?.Args ?? [],
      properties,
    },
    ...(token !== undefined && { token }),
    ...(executionRole !== undefined && { executionRole }),
  };
}

export function groupOf(config: emr.InstanceGroupConfig, nowMs: number): InstanceGroup {
  const { InstanceRole, InstanceType, InstanceCount, Market, Name, Configurations = [], ...recorded } = config;
  const mark = Configurations.find(({ Classification }) => Classification === creationToken);
  const token = mark?.Properties?.['token'];
  return {
    id: newGroupId(),
    role: InstanceRole ?? 'CORE',
    type: InstanceType ?? '',
    count: InstanceCount ?? 1,
    market: Market ?? 'ON_DEMAND',
    name: Name,
    createdMs: nowMs,
    ...(token !== undefined && { token }),
    recorded: { ...recorded, Configurations: Configurations.filter((entry) => entry !== mark) },
  };
}

export function wireGroup(group: InstanceGroup, cluster: Cluster): emr.InstanceGroup {
  const hasEnded = clusterHasEnded(cluster);
  return {
    Id: group.id,
    Name: group.name,
    Market: group.market as emr.MarketType,
    BidPrice: group.recorded['BidPrice'] as string | undefined,
    InstanceGroupType: group.role,
    InstanceType: group.type,
    RequestedInstanceCount: group.count,
    RunningInstanceCount: hasEnded ? 0 : group.count,
    Status: {
      State: hasEnded ? 'TERMINATED' : 'RUNNING',
      StateChangeReason: { Code: hasEnded ? 'CLUSTER_TERMINATED' : undefined, Message: '' },
      Timeline: { CreationDateTime: new Date(group.createdMs), ReadyDateTime: new Date(group.createdMs) },
    },
    Configurations: (group.recorded['Configurations'] as emr.Configuration[] | undefined) ?? [],
    AutoScalingPolicy: wireScaling(group.recorded['AutoScalingPolicy'] as emr.AutoScalingPolicy | undefined),
    EbsBlockDevices: [],
    ShrinkPolicy: {},
  };
}

function wireScaling(policy: emr.AutoScalingPolicy | undefined): emr.AutoScalingPolicyDescription | undefined {
  return policy === undefined ? undefined : { ...policy, Status: { State: 'ATTACHED' } };
}

/** @param address under which every machine is reached, since all of them are this one */
export function wireInstances(machines: Machines, cluster: Cluster, address: string): emr.Instance[] {
  const hasEnded = clusterHasEnded(cluster);
  const createdAt = new Date(machines.createdMs);
  return Array.from({ length: machines.count }, (_, index) => {
    const id = instanceId(machines, index);
    return {
      Id: `ci-${id.slice(2).toUpperCase()}`,
      Ec2InstanceId: id,
      PublicDnsName: address,
      PublicIpAddress: address,
      PrivateDnsName: address,
      PrivateIpAddress: address,
      Status: {
        State: hasEnded ? 'TERMINATED' : 'RUNNING',
        StateChangeReason: {},
        Timeline: {
          CreationDateTime: createdAt,
          ReadyDateTime: createdAt,
          EndDateTime: hasEnded ? dateOf(cluster.endedMs) : undefined,
        },
      },
      ...(machines.kind === 'group' ? { InstanceGroupId: machines.id } : { InstanceFleetId: machines.id }),
      Market: machines.market as emr.MarketType,
      InstanceType: machines.type,
      EbsVolumes: [],
    };
  });
}

function wireStatus({ state, reason, createdMs, readyMs, endedMs }: Cluster): emr.ClusterStatus {
  return {
    State: state,
    StateChangeReason: { Code: reason?.code as emr.ClusterStateChangeReasonCode, Message: reason?.message },
    Timeline: { CreationDateTime: new Date(createdMs), ReadyDateTime: dateOf(readyMs), EndDateTime: dateOf(endedMs) },
  };
}

export function wireClusterSummary(cluster: Cluster): emr.ClusterSummary {
  const { id, name } = cluster;
  return {
    Id: id,
    Name: name,
    Status: wireStatus(cluster),
    NormalizedInstanceHours: 0,
    ClusterArn: clusterArn(cluster),
  };
}

/** @param address host under which Livy is reached */
export function wireCluster(cluster: Cluster, address: string): emr.Cluster {
  return {
    ...cluster.recorded,
    ...wireClusterSummary(cluster),
    InstanceCollectionType: cluster.instanceFleets.length > 0 ? 'INSTANCE_FLEET' : 'INSTANCE_GROUP',
    LogUri: cluster.logUri,
    AutoTerminate: !cluster.keepsAlive,
    TerminationProtected: cluster.terminationProtected,
    VisibleToAllUsers: cluster.visibleToAllUsers,
    StepConcurrencyLevel: cluster.stepConcurrency,
    MasterPublicDnsName: address,
    Tags: wireTags(cluster.tags),
  };
}

export function wireStep(step: Step, cluster: Cluster): emr.Step {
  return {
    Id: step.id,
    Name: step.name,
    Config: {
      Jar: step.command.jar,
      MainClass: step.command.mainClass,
      Args: [...step.command.args],
      Properties: { ...step.command.properties },
    },
    ActionOnFailure: step.actionOnFailure,
    Status: {
      State: step.state,
      StateChangeReason: { Code: undefined, Message: step.reason?.message },
      FailureDetails: step.failure && {
        Reason: step.failure.reason,
        Message: step.failure.message,
        LogFile: step.failure.logFile,
      },
      Timeline: {
        CreationDateTime: new Date(step.createdMs),
        StartDateTime: dateOf(step.startedMs),
        EndDateTime: dateOf(step.endedMs),
      },
    },
    ExecutionRoleArn: step.executionRole,
    LogUri: cluster.logUri && `${cluster.logUri.replace(/\/$/, '')}/${cluster.id}/steps/${step.id}/`,
  };
}

/** Pages through rows that are newest first, leaving out those that are not asked for. @returns the page and its marker */
export function pageOfRows<Item>(
  marker: string | undefined,
  read: (before: number, limit: number) => Placed<Item>[],
  isWanted: (item: Item) => boolean,
): { items: Item[]; marker: string | undefined } {
  let before =
    marker === undefined ? Number.MAX_SAFE_INTEGER : Number(decodeToken(marker, 'InvalidRequestException')[0]);
  if (!Number.isSafeInteger(before)) throw emrInvalid('Marker is not valid.');
  const items: Item[] = [];
  for (;;) {
    const rows = read(before, pageSize);
    for (const { item, sequence } of rows) {
      if (!isWanted(item)) continue;
      if (items.length === pageSize) return { items, marker: encodeToken([before]) };
      items.push(item);
      before = sequence;
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < pageSize) return { items, marker: undefined };
    if (items.length < pageSize) before = last.sequence;
  }
}

function dateOf(ms: number | undefined): Date | undefined {
  return ms === undefined ? undefined : new Date(ms);
}
