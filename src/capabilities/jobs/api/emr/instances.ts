/** Instance groups, fleets and the instances they stand for: records, since all work is done by this machine. */
import type { EMR, InstanceFleet } from '@aws-sdk/client-emr';
import type { HandlersOf } from '#gateway';
import type { Clock } from '#kernel/clock';
import { clusterArn, clusterHasEnded, openStates, type Cluster } from '../../clusters/cluster.ts';
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
      for (const { InstanceGroupId = '', InstanceCount: count } of input.InstanceGroups ?? []) {
        const id = input.ClusterId ?? findClusterOfGroup(clusters, scope, InstanceGroupId);
        await clusters.change(scope, id, ({ instanceGroups }) => {
          if (!instanceGroups.some((group) => group.id === InstanceGroupId)) throw groupInvalid(InstanceGroupId);
          return {
            instanceGroups: instanceGroups.map((group) =>
              group.id === InstanceGroupId ? { ...group, count: count ?? group.count } : group,
            ),
          };
        });
      }
      return {};
    },
    ListInstances(input, { scope }) {
      const cluster = clusters.getCluster(scope, input.ClusterId ?? '');
      const { InstanceGroupId, InstanceGroupTypes: types, InstanceStates: states } = input;
      const groups = cluster.instanceGroups.filter(
        ({ id, role }) =>
          (InstanceGroupId === undefined || id === InstanceGroupId) &&
          (types === undefined || types.length === 0 || types.includes(role)),
      );
      const instances = groups.flatMap((group) => wireInstances(group, cluster, address));
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
  const hasEnded = clusterHasEnded(cluster);
  return {
    Id: `if-${cluster.id.slice(2)}${index}`,
    Name,
    InstanceFleetType,
    TargetOnDemandCapacity,
    TargetSpotCapacity,
    ProvisionedOnDemandCapacity: hasEnded ? 0 : TargetOnDemandCapacity,
    ProvisionedSpotCapacity: hasEnded ? 0 : TargetSpotCapacity,
    Status: { State: hasEnded ? 'TERMINATED' : 'RUNNING' },
  };
}
