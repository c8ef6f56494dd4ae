/** AWS::EMR::Cluster, Step, InstanceGroupConfig and SecurityConfiguration. */
import { setTimeout as sleep } from 'node:timers/promises';
import { changeTags, tagsOf, wireTags, type Properties, type ResourceContext, type ResourceType } from '#capability';
import { isPlatformError, PlatformError } from '#kernel/errors';
import { creationToken } from './creation-token.ts';

const pollMs = 100;

const cluster: ResourceType = {
  type: 'AWS::EMR::Cluster',
  async create(properties, context) {
    const { Steps, Instances, Configurations, Tags: _tags, ...same } = properties;
    const { JobFlowId: id } = await context.call('emr', 'RunJobFlow', {
      ...same,
      // Its JSON is a text in the API.
      ...(typeof same['AdditionalInfo'] === 'object' && { AdditionalInfo: JSON.stringify(same['AdditionalInfo']) }),
      Instances: instancesOf((Instances as Properties | undefined) ?? {}),
      Steps: ((Steps as Properties[] | undefined) ?? []).map(stepOf),
      ...(Configurations !== undefined && { Configurations: configurationsOf(Configurations as Properties[]) }),
      Tags: [...wireTags(tagsOf(properties, context)), { Key: creationToken, Value: context.token }],
    });
    await context.initiated?.(id as string);
    const ready = await waitFor(
      id as string,
      context,
      ({ State }) => State !== 'STARTING' && State !== 'BOOTSTRAPPING',
    );
    if (ready['Status'].State === 'TERMINATED_WITH_ERRORS') throw failed(id as string, ready);
    return stateOf(id as string, ready);
  },
  async update(id, next, previous, context) {
    const JobFlowIds = [id];
    const { AutoTerminationPolicy, ManagedScalingPolicy, VisibleToAllUsers, Instances } = next;
    const StepConcurrencyLevel = (next['StepConcurrencyLevel'] as number | undefined) ?? 1;
    if (StepConcurrencyLevel !== (previous['StepConcurrencyLevel'] ?? 1))
      await context.call('emr', 'ModifyCluster', { ClusterId: id, StepConcurrencyLevel });
    if (AutoTerminationPolicy !== undefined) {
      await context.call('emr', 'PutAutoTerminationPolicy', { ClusterId: id, AutoTerminationPolicy });
    } else if (previous['AutoTerminationPolicy'] !== undefined) {
      await context.call('emr', 'RemoveAutoTerminationPolicy', { ClusterId: id });
    }
    if (ManagedScalingPolicy !== undefined) {
      await context.call('emr', 'PutManagedScalingPolicy', { ClusterId: id, ManagedScalingPolicy });
    } else if (previous['ManagedScalingPolicy'] !== undefined) {
      await context.call('emr', 'RemoveManagedScalingPolicy', { ClusterId: id });
    }
    if (VisibleToAllUsers !== undefined)
      await context.call('emr', 'SetVisibleToAllUsers', { JobFlowIds, VisibleToAllUsers });
    const TerminationProtected = (Instances as Properties | undefined)?.['TerminationProtected'] ?? false;
    await context.call('emr', 'SetTerminationProtection', { JobFlowIds, TerminationProtected });
    await changeTags(next, previous, context, {
      untag: (TagKeys) => context.call('emr', 'RemoveTags', { ResourceId: id, TagKeys }),
      tag: (tags) => context.call('emr', 'AddTags', { ResourceId: id, Tags: wireTags(tags) }),
    });
    return stateOf(id, (await context.call('emr', 'DescribeCluster', { ClusterId: id })).Cluster);
  },
  async delete(id, _properties, context) {
    try {
      await context.call('emr', 'TerminateJobFlows', { JobFlowIds: [id] });
    } catch (error) {
      if (isPlatformError(error, 'InvalidRequestException')) return;
      throw error;
    }
    await waitFor(id, context, ({ State }) => String(State).startsWith('TERMINATED'));
  },
};

const step: ResourceType = {
  type: 'AWS::EMR::Step',
  async create({ JobFlowId, ...properties }, context) {
    const { Jar, Args, MainClass, Properties = [], ...rest } = stepOf(properties).HadoopJarStep;
    const HadoopJarStep = {
      ...rest,
      Jar,
      Args,
      MainClass,
      Properties: [...Properties, { Key: creationToken, Value: context.token }],
    };
    const { StepIds } = await context.call('emr', 'AddJobFlowSteps', {
      JobFlowId,
      Steps: [{ Name: properties['Name'], ActionOnFailure: properties['ActionOnFailure'], HadoopJarStep }],
    });
    const [id] = StepIds as string[];
    return { physicalId: id ?? '', attributes: { Id: id ?? '' } };
  },
  async delete(id, { JobFlowId }, context) {
    // What has ended stays in the cluster's history.
    await ignoreInvalid(context.call('emr', 'CancelSteps', { ClusterId: JobFlowId, StepIds: [id] }));
  },
};

const instanceGroup: ResourceType = {
  type: 'AWS::EMR::InstanceGroupConfig',
  async create({ JobFlowId, Configurations, ...group }, context) {
    const token = { Classification: creationToken, Properties: { token: context.token } };
    const { InstanceGroupIds } = await context.call('emr', 'AddInstanceGroups', {
      JobFlowId,
      InstanceGroups: [
        { ...group, Configurations: [...configurationsOf((Configurations as Properties[] | undefined) ?? []), token] },
      ],
    });
    const [id] = InstanceGroupIds as string[];
    return { physicalId: id ?? '', attributes: { InstanceGroupId: id ?? '' } };
  },
  async update(InstanceGroupId, { JobFlowId, InstanceCount }, _previous, context) {
    const InstanceGroups = [{ InstanceGroupId, InstanceCount }];
    await context.call('emr', 'ModifyInstanceGroups', { ClusterId: JobFlowId, InstanceGroups });
    return { physicalId: InstanceGroupId, attributes: { InstanceGroupId } };
  },
  /** A group cannot be deleted; it is left without instances, as on AWS. */
  async delete(InstanceGroupId, { JobFlowId }, context) {
    const InstanceGroups = [{ InstanceGroupId, InstanceCount: 0 }];
    await ignoreInvalid(context.call('emr', 'ModifyInstanceGroups', { ClusterId: JobFlowId, InstanceGroups }));
  },
};

const securityConfiguration: ResourceType = {
  type: 'AWS::EMR::SecurityConfiguration',
  physicalIdOf: nameOf,
  async create(properties, context) {
    const Name = nameOf(properties, context);
    const given = properties['SecurityConfiguration'] as unknown;
    const SecurityConfiguration = typeof given === 'string' ? given : JSON.stringify(given);
    await context.call('emr', 'CreateSecurityConfiguration', { Name, SecurityConfiguration });
    return { physicalId: Name };
  },
  async delete(Name, _properties, context) {
    await ignoreInvalid(context.call('emr', 'DeleteSecurityConfiguration', { Name }));
  },
  async read(Name, properties, context) {
    try {
      const { SecurityConfiguration: text } = await context.call('emr', 'DescribeSecurityConfiguration', { Name });
      const isText = typeof properties['SecurityConfiguration'] === 'string';
      const SecurityConfiguration: unknown = isText ? text : JSON.parse(text as string);
      return { ...properties, SecurityConfiguration };
    } catch (error) {
      if (isPlatformError(error, 'InvalidRequestException')) return undefined;
      throw error;
    }
  },
};

export const clusterResources: readonly ResourceType[] = [cluster, instanceGroup, securityConfiguration, step];

function nameOf(properties: Properties, context: ResourceContext): string {
  return (properties['Name'] as string | undefined) ?? context.generatedName({ maxLength: 256 });
}

/** Templates name groups and fleets by their role, the API lists them. */
function instancesOf(instances: Properties): object {
  const {
    MasterInstanceGroup: master,
    CoreInstanceGroup: core,
    TaskInstanceGroups: tasks = [],
    MasterInstanceFleet: masterFleet,
    CoreInstanceFleet: coreFleet,
    TaskInstanceFleets: taskFleets = [],
    ...same
  } = instances;
  const group = (InstanceRole: string, config: Properties | undefined) =>
    config === undefined
      ? []
      : [
          {
            ...config,
            InstanceRole,
            Configurations: configurationsOf((config['Configurations'] as Properties[]) ?? []),
          },
        ];
  const fleet = (InstanceFleetType: string, config: Properties | undefined) =>
    config === undefined ? [] : [{ ...config, InstanceFleetType }];
  const groups = [
    ...group('MASTER', master as Properties | undefined),
    ...group('CORE', core as Properties | undefined),
    ...(tasks as Properties[]).flatMap((config) => group('TASK', config)),
  ];
  const fleets = [
    ...fleet('MASTER', masterFleet as Properties | undefined),
    ...fleet('CORE', coreFleet as Properties | undefined),
    ...(taskFleets as Properties[]).flatMap((config) => fleet('TASK', config)),
  ];
  return {
    // A template's cluster stays unless it says otherwise.
    KeepJobFlowAliveWhenNoSteps: true,
    ...same,
    ...(groups.length > 0 && { InstanceGroups: groups }),
    ...(fleets.length > 0 && { InstanceFleets: fleets }),
  };
}

function configurationsOf(configurations: readonly Properties[]): object[] {
  return configurations.map(({ Classification, ConfigurationProperties, Configurations }) => ({
    Classification,
    Properties: ConfigurationProperties,
    ...(Configurations !== undefined && { Configurations: configurationsOf(Configurations as Properties[]) }),
  }));
}

function stepOf({ HadoopJarStep, ...step }: Properties) {
  const { StepProperties, ...jar } = HadoopJarStep as Properties;
  return { ...step, HadoopJarStep: { ...jar, Properties: StepProperties } as Properties };
}

async function waitFor(
  ClusterId: string,
  context: ResourceContext,
  isThere: (status: Properties) => boolean,
): Promise<Properties> {
  for (;;) {
    const { Cluster } = await context.call('emr', 'DescribeCluster', { ClusterId });
    if (isThere((Cluster as Properties)['Status'] as Properties)) return Cluster as Properties;
    await sleep(pollMs, undefined, { signal: context.signal });
  }
}

function stateOf(physicalId: string, described: Properties) {
  const MasterPublicDNS = String(described['MasterPublicDnsName']);
  return { physicalId, attributes: { Id: physicalId, MasterPublicDNS } };
}

function failed(id: string, described: Properties): PlatformError {
  const { Message = '' } = described['Status'].StateChangeReason as { Message?: string };
  return new PlatformError('conflict', 'ClusterFailed', `The cluster ${id} ended with errors: ${Message}`);
}

async function ignoreInvalid(call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (!isPlatformError(error, 'InvalidRequestException') && !isPlatformError(error, 'ValidationException'))
      throw error;
  }
}
