/** Instance groups, fleets and the instances they stand for: records, since all work is done by this machine. */
import type { EMR, InstanceFleet, InstanceTypeConfig } from '@aws-sdk/client-emr';
import type { HandlersOf } from '#gateway';
import type { Clock } from '#kernel/clock';
import {
  clusterArn,
  clusterHasEnded,
  fleetId,
  machinesOf,
  openStates,
  type Cluster,
  type InstanceGroup,
} from '../../clusters/cluster.ts';
import type { Clusters } from '../../clusters/clusters.ts';
import { emrInvalid } from '../../errors.ts';
import { groupOf, wireGroup, wireInstances } from './wire.ts';

/** @param address host under which clients reach the cluster */
export function instanceOperations(clusters: Clusters, clock: Clock, address: string): HandlersOf<EMR> {
  return {
    ListInstanceGroups(input, { scope }) {
      const cluster = clusters.getCluster(scope, input.ClusterId ?? '');
      return { InstanceGroups: cluster.instanceGroups.map((group) => wireGroup(group, cluster)) };
    },
    async AddInstanceGroups(input, { scope }) {
      const added = (input.InstanceGroups ?? []).map((group) => groupOf(group, clock.nowMs()));
      let ids: string[] = [];
      const cluster = await clusters.change(scope, input.JobFlowId ?? '', ({ instanceGroups }) => {
        const before = (token: string | undefined) =>
          instanceGroups.find((group) => token !== undefined && group.token === token);
        ids = added.map(({ id, token }) => before(token)?.id ?? id);
        return { instanceGroups: [...instanceGroups, ...added.filter(({ token }) => before(token) === undefined)] };
      });
      return { JobFlowId: cluster.id, InstanceGroupIds: ids, ClusterArn: clusterArn(cluster) };
    },
    async ModifyInstanceGroups(input, { scope }) {
      for (const { InstanceGroupId: asked = '', InstanceCount: count } of input.InstanceGroups ?? []) {
        const id = input.ClusterId ?? findClusterOfGroup(clusters, scope, asked);
        // Workflows name a group by its name.
        const isAsked = (group: InstanceGroup): boolean => group.id === asked || group.name === asked;
        await clusters.change(scope, id, ({ instanceGroups }) => {
          if (!instanceGroups.some(isAsked)) throw groupInvalid(asked);
          return {
            instanceGroups: instanceGroups.map((group) =>
              isAsked(group) ? { ...group, count: count ?? group.count } : group,
            ),
          };
        });
      }
      return {};
    },
    // Differs from AWS: a scaling policy of a group is kept and given back; its rules never fire.
    async PutAutoScalingPolicy(input, { scope }) {
      const { InstanceGroupId = '', AutoScalingPolicy } = input;
      const cluster = await changeGroup(scope, input.ClusterId, InstanceGroupId, (recorded) => ({
        ...recorded,
        AutoScalingPolicy,
      }));
      const policy = { ...AutoScalingPolicy, Status: { State: 'ATTACHED' as const } };
      const ids = { ClusterId: cluster.id, ClusterArn: clusterArn(cluster), InstanceGroupId };
      return { ...ids, AutoScalingPolicy: policy };
    },
    async RemoveAutoScalingPolicy(input, { scope }) {
      await changeGroup(scope, input.ClusterId, input.InstanceGroupId ?? '', (recorded) => {
        const { AutoScalingPolicy: _gone, ...rest } = recorded;
        return rest;
      });
      return {};
    },
    ListInstances(input, { scope }) {
      const cluster = clusters.getCluster(scope, input.ClusterId ?? '');
      const {
        InstanceGroupId,
        InstanceGroupTypes: types,
        InstanceFleetId,
        InstanceFleetType,
        InstanceStates: states,
      } = input;
      const asked = InstanceGroupId ?? InstanceFleetId;
      const machines = machinesOf(cluster).filter(
        ({ id, role }) =>
          (asked === undefined || id === asked) &&
          (InstanceFleetType === undefined || role === InstanceFleetType) &&
          (types === undefined || types.length === 0 || types.includes(role)),
      );
      const instances = machines.flatMap((some) => wireInstances(some, cluster, address));
      return {
        Instances: instances.filter(
          ({ Status }) => states === undefined || states.length === 0 || states.includes(Status?.State ?? 'RUNNING'),
        ),
      };
    },
    ListInstanceFleets(input, { scope }) {
      const cluster = clusters.getCluster(scope, input.ClusterId ?? '');
      return { InstanceFleets: cluster.instanceFleets.map((fleet, index) => wireFleet(fleet, index, cluster)) };
    },
    async AddInstanceFleet(input, { scope }) {
      let index = 0;
      const cluster = await clusters.change(scope, input.ClusterId ?? '', ({ instanceFleets }) => {
        if (instanceFleets.length === 0) {
          throw emrInvalid('Instance fleets and instance groups are mutually exclusive: this cluster has groups.');
        }
        index = instanceFleets.length;
        return { instanceFleets: [...instanceFleets, { ...input.InstanceFleet }] };
      });
      return { ClusterId: cluster.id, InstanceFleetId: fleetId(cluster.id, index), ClusterArn: clusterArn(cluster) };
    },
    async ModifyInstanceFleet(input, { scope }) {
      const { InstanceFleetId: asked = '', ...targets } = input.InstanceFleet ?? {};
      await clusters.change(scope, input.ClusterId ?? '', (cluster) => {
        const { instanceFleets } = cluster;
        const at = instanceFleets.findIndex(
          (fleet, index) => fleetId(cluster.id, index) === asked || fleet['Name'] === asked,
        );
        if (at === -1) throw emrInvalid(`Instance fleet id '${asked}' is not valid.`);
        return { instanceFleets: instanceFleets.with(at, { ...instanceFleets[at], ...targets }) };
      });
      return {};
    },
    ListBootstrapActions(input, { scope }) {
      const { bootstrapActions } = clusters.getCluster(scope, input.ClusterId ?? '');
      return {
        BootstrapActions: bootstrapActions.map(({ name, path, args }) => ({
          Name: name,
          ScriptPath: path,
          Args: [...args],
        })),
      };
    },
    async PutManagedScalingPolicy(input, { scope }) {
      const { ManagedScalingPolicy } = input;
      await clusters.change(scope, input.ClusterId ?? '', ({ recorded }) => ({
        recorded: { ...recorded, ManagedScalingPolicy },
      }));
      return {};
    },
    GetManagedScalingPolicy(input, { scope }) {
      const { recorded } = clusters.getCluster(scope, input.ClusterId ?? '');
      return { ManagedScalingPolicy: recorded['ManagedScalingPolicy'] as object | undefined };
    },
    async RemoveManagedScalingPolicy(input, { scope }) {
      await clusters.change(scope, input.ClusterId ?? '', ({ recorded }) => {
        const { ManagedScalingPolicy: _gone, ...rest } = recorded;
        return { recorded: rest };
      });
      return {};
    },
  };

  function changeGroup(
    scope: string,
    clusterId: string | undefined,
    groupId: string,
    change: (recorded: InstanceGroup['recorded']) => InstanceGroup['recorded'],
  ): Promise<Cluster> {
    return clusters.change(scope, clusterId ?? '', ({ instanceGroups }) => {
      if (!instanceGroups.some(({ id }) => id === groupId)) throw groupInvalid(groupId);
      return {
        instanceGroups: instanceGroups.map((group) =>
          group.id === groupId ? { ...group, recorded: change(group.recorded) } : group,
        ),
      };
    });
  }
}

/** The older form of the call names no cluster. */
function findClusterOfGroup(clusters: Clusters, scope: string, group: string): string {
  const found = clusters
    .listClusters(scope, Number.MAX_SAFE_INTEGER, 10_000)
    .find(({ item }) => openStates.includes(item.state) && item.instanceGroups.some(({ id }) => id === group));
  if (found === undefined) throw groupInvalid(group);
  return found.item.id;
}

function groupInvalid(id: string): Error {
  return emrInvalid(`Instance group id '${id}' is not valid.`);
}

function wireFleet(fleet: Cluster['instanceFleets'][number], index: number, cluster: Cluster): InstanceFleet {
  const { Name, InstanceFleetType, TargetOnDemandCapacity, TargetSpotCapacity } = fleet as InstanceFleet;
  const types = (fleet['InstanceTypeConfigs'] ?? []) as InstanceTypeConfig[];
  const hasEnded = clusterHasEnded(cluster);
  return {
    Id: fleetId(cluster.id, index),
    Name,
    InstanceFleetType,
    TargetOnDemandCapacity,
    TargetSpotCapacity,
    ProvisionedOnDemandCapacity: hasEnded ? 0 : TargetOnDemandCapacity,
    ProvisionedSpotCapacity: hasEnded ? 0 : TargetSpotCapacity,
    InstanceTypeSpecifications: types.map(({ InstanceType, WeightedCapacity = 1, ...rest }) => ({
      ...rest,
      InstanceType,
      WeightedCapacity,
    })),
    Status: {
      State: hasEnded ? 'TERMINATED' : 'RUNNING',
      Timeline: { CreationDateTime: new Date(cluster.createdMs), ReadyDateTime: new Date(cluster.createdMs) },
    },
  };
}
