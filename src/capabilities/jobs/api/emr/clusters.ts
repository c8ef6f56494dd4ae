import type { EMR, RunJobFlowCommandInput } from '@aws-sdk/client-emr';
import type { HandlersOf, RequestContext } from '#gateway';
import type { Clock } from '#kernel/clock';
import { clusterArn, clusterHasEnded, newClusterId, type Cluster, type InstanceGroup } from '../../clusters/cluster.ts';
import { creationToken } from '../../clusters/creation-token.ts';
import type { Clusters } from '../../clusters/clusters.ts';
import { emrRefused } from '../../errors.ts';
import { groupOf, pageOfRows, stepRequest, tagsOf, wireCluster, wireClusterSummary } from './wire.ts';

/** Members that DescribeCluster gives back as they came. */
const recordedMembers = [
  'ReleaseLabel',
  'ServiceRole',
  'AutoScalingRole',
  'ScaleDownBehavior',
  'CustomAmiId',
  'EbsRootVolumeSize',
  'RepoUpgradeOnBoot',
  'KerberosAttributes',
  'SecurityConfiguration',
  'Configurations',
  'LogEncryptionKmsKeyId',
  'OSReleaseLabel',
  'EbsRootVolumeIops',
  'EbsRootVolumeThroughput',
  'ExtendedSupport',
  'MonitoringConfiguration',
] as const;
// Limit: a cluster carries out at most 256 steps at once, as on AWS.
const stepConcurrencyMax = 256;
// Limit: a cluster has at most 16 bootstrap actions, as on AWS.
const bootstrapActionsMax = 16;

/** @param address host under which clients reach the cluster's Livy */
export function clusterOperations(clusters: Clusters, clock: Clock, address: string): HandlersOf<EMR> {
  return {
    async RunJobFlow(input, context) {
      const steps = (input.Steps ?? []).map((step) => stepRequest(step, input.StepExecutionRoleArn));
      const cluster = await clusters.runCluster(clusterOf(input, context, clock.nowMs()), steps);
      return { JobFlowId: cluster.id, ClusterArn: clusterArn(cluster) };
    },
    DescribeCluster(input, { scope }) {
      return { Cluster: wireCluster(clusters.getCluster(scope, input.ClusterId ?? ''), address) };
    },
    ListClusters(input, { scope }) {
      const { ClusterStates: states, CreatedAfter: after, CreatedBefore: before } = input;
      const { items, marker } = pageOfRows(
        input.Marker,
        (sequence, limit) => clusters.listClusters(scope, sequence, limit),
        ({ state, createdMs }: Cluster) =>
          (states === undefined || states.length === 0 || states.includes(state)) &&
          (after === undefined || createdMs >= after.getTime()) &&
          (before === undefined || createdMs <= before.getTime()),
      );
      return { Clusters: items.map(wireClusterSummary), Marker: marker };
    },
    DescribeJobFlows(input, { scope }) {
      const found =
        input.JobFlowIds === undefined || input.JobFlowIds.length === 0
          ? clusters.listClusters(scope, Number.MAX_SAFE_INTEGER, 500).map(({ item }) => item)
          : input.JobFlowIds.map((id) => clusters.getCluster(scope, id));
      return { JobFlows: found.map((cluster) => wireJobFlow(cluster, address)) };
    },
    async TerminateJobFlows(input, { scope }) {
      await clusters.terminate(scope, input.JobFlowIds ?? []);
      return {};
    },
    async SetTerminationProtection(input, { scope }) {
      await changeEach(input.JobFlowIds, scope, { terminationProtected: input.TerminationProtected ?? false });
      return {};
    },
    async SetVisibleToAllUsers(input, { scope }) {
      await changeEach(input.JobFlowIds, scope, { visibleToAllUsers: input.VisibleToAllUsers ?? false });
      return {};
    },
    async SetKeepJobFlowAliveWhenNoSteps(input, { scope }) {
      await changeEach(input.JobFlowIds, scope, { keepsAlive: input.KeepJobFlowAliveWhenNoSteps ?? false });
      return {};
    },
    async SetUnhealthyNodeReplacement(input, { scope }) {
      const UnhealthyNodeReplacement = input.UnhealthyNodeReplacement ?? false;
      for (const id of input.JobFlowIds ?? []) {
        await clusters.change(scope, id, ({ recorded }) => ({ recorded: { ...recorded, UnhealthyNodeReplacement } }));
      }
      return {};
    },
    async ModifyCluster(input, { scope }) {
      const level = input.StepConcurrencyLevel;
      if (level !== undefined) checkConcurrency(level);
      const change = level === undefined ? {} : { stepConcurrency: level };
      const cluster = await clusters.change(scope, input.ClusterId ?? '', () => change);
      return { StepConcurrencyLevel: cluster.stepConcurrency };
    },
    async PutAutoTerminationPolicy(input, { scope }) {
      const seconds = input.AutoTerminationPolicy?.IdleTimeout;
      await clusters.change(scope, input.ClusterId ?? '', () =>
        seconds === undefined ? {} : { idleTimeoutSeconds: checkIdleTimeout(seconds) },
      );
      return {};
    },
    GetAutoTerminationPolicy(input, { scope }) {
      const { idleTimeoutSeconds } = clusters.getCluster(scope, input.ClusterId ?? '');
      if (idleTimeoutSeconds === undefined) return {};
      return { AutoTerminationPolicy: { IdleTimeout: idleTimeoutSeconds } };
    },
    async RemoveAutoTerminationPolicy(input, { scope }) {
      await clusters.change(scope, input.ClusterId ?? '', () => ({ idleTimeoutSeconds: undefined as never }));
      return {};
    },
    async AddTags(input, { scope }) {
      const id = clusterIdOf(input.ResourceId ?? '');
      await clusters.changeTags(scope, id, (tags) => ({ ...tags, ...tagsOf(input.Tags) }));
      return {};
    },
    async RemoveTags(input, { scope }) {
      const gone = new Set(input.TagKeys);
      await clusters.changeTags(scope, clusterIdOf(input.ResourceId ?? ''), (tags) =>
        Object.fromEntries(Object.entries(tags).filter(([key]) => !gone.has(key))),
      );
      return {};
    },
  };

  async function changeEach(ids: readonly string[] | undefined, scope: string, change: Partial<Cluster>) {
    for (const id of ids ?? []) await clusters.change(scope, id, () => change);
  }
}

function clusterOf(input: RunJobFlowCommandInput, context: RequestContext, nowMs: number): Cluster {
  checkLaunch(input);
  const instances = input.Instances ?? {};
  const idle = input.AutoTerminationPolicy?.IdleTimeout;
  const policy = input.ManagedScalingPolicy;
  const { [creationToken]: token, ...tags } = tagsOf(input.Tags);
  const source = input as unknown as Readonly<Record<string, unknown>>;
  return {
    id: newClusterId(),
    scope: context.scope,
    name: input.Name ?? '',
    caller: context.caller,
    state: 'STARTING',
    createdMs: nowMs,
    keepsAlive: instances.KeepJobFlowAliveWhenNoSteps ?? false,
    terminationProtected: instances.TerminationProtected ?? false,
    visibleToAllUsers: input.VisibleToAllUsers ?? true,
    stepConcurrency: checkConcurrency(input.StepConcurrencyLevel ?? 1),
    ...(idle !== undefined && { idleTimeoutSeconds: checkIdleTimeout(idle) }),
    ...(input.LogUri !== undefined && { logUri: input.LogUri.replace(/^s3[an]:/, 's3:') }),
    ...(input.JobFlowRole !== undefined && { jobFlowRole: input.JobFlowRole }),
    bootstrapActions: (input.BootstrapActions ?? []).map(({ Name = '', ScriptBootstrapAction: action }) => ({
      name: Name,
      path: action?.Path ?? '',
      args: action?.Args ?? [],
    })),
    bootstrapped: 0,
    instanceGroups: groupsOf(input, nowMs),
    instanceFleets: (instances.InstanceFleets ?? []).map((fleet) => ({ ...fleet })),
    tags,
    ...(token !== undefined && { token }),
    recorded: {
      ...Object.fromEntries(recordedMembers.filter((name) => name in source).map((name) => [name, source[name]])),
      Applications: input.Applications ?? (input.NewSupportedProducts ?? []).map(({ Name }) => ({ Name })),
      Ec2InstanceAttributes: {
        Ec2KeyName: instances.Ec2KeyName,
        Ec2SubnetId: instances.Ec2SubnetId ?? instances.Ec2SubnetIds?.[0],
        Ec2AvailabilityZone: instances.Placement?.AvailabilityZone ?? `${context.region}a`,
        IamInstanceProfile: input.JobFlowRole,
        EmrManagedMasterSecurityGroup: instances.EmrManagedMasterSecurityGroup,
        EmrManagedSlaveSecurityGroup: instances.EmrManagedSlaveSecurityGroup,
        ServiceAccessSecurityGroup: instances.ServiceAccessSecurityGroup,
      },
      ...(policy !== undefined && { ManagedScalingPolicy: policy }),
    },
  };
}

/** @throws ValidationException for what EMR would not launch */
function checkLaunch({ Instances: instances = {}, BootstrapActions = [] }: RunJobFlowCommandInput): void {
  const { InstanceGroups: groups, InstanceFleets: fleets } = instances;
  const isPlain =
    (instances.MasterInstanceType ?? instances.SlaveInstanceType ?? instances.InstanceCount) !== undefined;
  if ([isPlain, groups !== undefined, fleets !== undefined].filter(Boolean).length > 1) {
    throw emrRefused(
      'Please configure instances using one and only one of the following: instance groups; instance fleets; instance count, master and slave instance type.',
    );
  }
  const roles = groups?.map(({ InstanceRole }) => InstanceRole) ?? fleets?.map((fleet) => fleet.InstanceFleetType);
  if (roles !== undefined && roles.filter((role) => role === 'MASTER').length !== 1) {
    throw emrRefused(`Exactly one ${groups === undefined ? 'fleet' : 'group'} of the instances must be the MASTER.`);
  }
  if (BootstrapActions.length > bootstrapActionsMax) {
    throw emrRefused(
      `There are ${BootstrapActions.length} bootstrap actions; at most ${bootstrapActionsMax} may be given.`,
    );
  }
}

/** Groups as they are named, or by the older members for one type of machine. */
function groupsOf({ Instances: instances = {} }: RunJobFlowCommandInput, nowMs: number): InstanceGroup[] {
  if (instances.InstanceGroups !== undefined) return instances.InstanceGroups.map((group) => groupOf(group, nowMs));
  if (instances.InstanceFleets !== undefined && instances.InstanceFleets.length > 0) return [];
  const type = instances.MasterInstanceType ?? instances.SlaveInstanceType ?? 'm5.xlarge';
  const master = { InstanceRole: 'MASTER' as const, InstanceType: type, InstanceCount: 1, Name: 'Master' };
  const workers = (instances.InstanceCount ?? 1) - 1;
  if (workers < 1) return [groupOf(master, nowMs)];
  const core = { InstanceRole: 'CORE' as const, InstanceType: instances.SlaveInstanceType ?? type, Name: 'Core' };
  return [groupOf(master, nowMs), groupOf({ ...core, InstanceCount: workers }, nowMs)];
}

function wireJobFlow(cluster: Cluster, address: string) {
  const { id, name, state, createdMs, readyMs, endedMs, reason, logUri, keepsAlive, terminationProtected } = cluster;
  const legacy = { RUNNING: 'RUNNING', WAITING: 'WAITING', TERMINATING: 'SHUTTING_DOWN', TERMINATED: 'TERMINATED' };
  const states = { ...legacy, TERMINATED_WITH_ERRORS: 'FAILED', STARTING: 'STARTING', BOOTSTRAPPING: 'BOOTSTRAPPING' };
  const master = cluster.instanceGroups.find(({ role }) => role === 'MASTER');
  return {
    JobFlowId: id,
    Name: name,
    LogUri: logUri,
    ExecutionStatusDetail: {
      State: states[state] as 'RUNNING',
      CreationDateTime: new Date(createdMs),
      ReadyDateTime: readyMs === undefined ? undefined : new Date(readyMs),
      EndDateTime: endedMs === undefined ? undefined : new Date(endedMs),
      LastStateChangeReason: reason?.message,
    },
    Instances: {
      MasterInstanceType: master?.type ?? '',
      SlaveInstanceType: master?.type ?? '',
      InstanceCount: cluster.instanceGroups.reduce((total, { count }) => total + count, 0),
      MasterPublicDnsName: clusterHasEnded(cluster) ? undefined : address,
      KeepJobFlowAliveWhenNoSteps: keepsAlive,
      TerminationProtected: terminationProtected,
    },
    VisibleToAllUsers: cluster.visibleToAllUsers,
  };
}

function checkConcurrency(level: number): number {
  if (level >= 1 && level <= stepConcurrencyMax) return level;
  throw emrRefused(`StepConcurrencyLevel is ${level}; it must be from 1 to ${stepConcurrencyMax}.`);
}

/** Seconds, one minute to a week, as on AWS. */
function checkIdleTimeout(seconds: number): number {
  if (seconds >= 60 && seconds <= 604_800) return seconds;
  throw emrRefused(`IdleTimeout is ${seconds}; it must be from 60 to 604800 seconds.`);
}

/** Resources are named by id or by ARN. */
function clusterIdOf(resource: string): string {
  return resource.split('/').at(-1) ?? resource;
}
