/** AWS::Logs::LogGroup, AWS::Logs::LogStream and AWS::Logs::SubscriptionFilter. */
import {
  changeTags,
  tagsOf,
  unlessAbsent,
  wireTags,
  type Properties,
  type ResourceContext,
  type ResourceType,
} from '#capability';
import { invalidParameter } from './errors.ts';
import { groupArn } from './log-group.ts';

const logGroup: ResourceType = {
  type: 'AWS::Logs::LogGroup',
  physicalIdOf: nameOf,
  async create(properties, context) {
    refuseUnserved(properties);
    const logGroupName = nameOf(properties, context);
    const tags = tagsOf(properties, context);
    await context.call('logs', 'CreateLogGroup', {
      logGroupName,
      logGroupClass: properties['LogGroupClass'],
      kmsKeyId: properties['KmsKeyId'],
      deletionProtectionEnabled: properties['DeletionProtectionEnabled'],
      ...(Object.keys(tags).length > 0 && { tags }),
    });
    await putRetention(logGroupName, properties, context);
    return groupState(logGroupName, context);
  },
  async update(logGroupName, next, previous, context) {
    refuseUnserved(next);
    await putRetention(logGroupName, next, context);
    const resourceArn = groupArn(scopeOf(context), logGroupName);
    await changeTags(next, previous, context, {
      untag: (tagKeys) => context.call('logs', 'UntagResource', { resourceArn, tagKeys }),
      tag: (tags) => context.call('logs', 'TagResource', { resourceArn, tags }),
    });
    if (next['DeletionProtectionEnabled'] !== previous['DeletionProtectionEnabled']) {
      await context.call('logs', 'PutLogGroupDeletionProtection', {
        logGroupIdentifier: logGroupName,
        deletionProtectionEnabled: next['DeletionProtectionEnabled'] === true,
      });
    }
    return groupState(logGroupName, context);
  },
  async delete(logGroupName, _properties, context) {
    await unlessAbsent(context.call('logs', 'DeleteLogGroup', { logGroupName }));
  },
  async read(logGroupName, _properties, context) {
    const { logGroups } = await context.call('logs', 'DescribeLogGroups', { logGroupNamePrefix: logGroupName });
    const group = logGroups.find((candidate: { logGroupName: string }) => candidate.logGroupName === logGroupName);
    if (group === undefined) return undefined;
    const resourceArn = groupArn(scopeOf(context), logGroupName);
    const { tags } = await context.call('logs', 'ListTagsForResource', { resourceArn });
    return {
      LogGroupName: logGroupName,
      LogGroupClass: group.logGroupClass,
      DeletionProtectionEnabled: group.deletionProtectionEnabled ?? false,
      Tags: wireTags(tags as Record<string, string>),
      ...(group.retentionInDays !== undefined && { RetentionInDays: group.retentionInDays }),
      ...(group.kmsKeyId !== undefined && { KmsKeyId: group.kmsKeyId }),
    };
  },
};

const logStream: ResourceType = {
  type: 'AWS::Logs::LogStream',
  physicalIdOf: streamNameOf,
  async create(properties, context) {
    const logStreamName = streamNameOf(properties, context);
    await context.call('logs', 'CreateLogStream', { logGroupName: properties['LogGroupName'], logStreamName });
    return { physicalId: logStreamName };
  },
  async delete(logStreamName, properties, context) {
    const logGroupName: unknown = properties['LogGroupName'];
    await unlessAbsent(context.call('logs', 'DeleteLogStream', { logGroupName, logStreamName }));
  },
  async read(logStreamName, properties, context) {
    const answer = await unlessAbsent(
      context.call('logs', 'DescribeLogStreams', {
        logGroupName: properties['LogGroupName'],
        logStreamNamePrefix: logStreamName,
      }),
    );
    const streams = (answer?.logStreams ?? []) as { logStreamName: string }[];
    return streams.some((stream) => stream.logStreamName === logStreamName) ? properties : undefined;
  },
};

const subscriptionFilter: ResourceType = {
  type: 'AWS::Logs::SubscriptionFilter',
  physicalIdOf: filterNameOf,
  async create(properties, context) {
    const filterName = filterNameOf(properties, context);
    await putSubscription(filterName, properties, context);
    return { physicalId: filterName };
  },
  async update(filterName, next, _previous, context) {
    await putSubscription(filterName, next, context);
    return { physicalId: filterName };
  },
  async delete(filterName, properties, context) {
    const logGroupName: unknown = properties['LogGroupName'];
    await unlessAbsent(context.call('logs', 'DeleteSubscriptionFilter', { logGroupName, filterName }));
  },
  async read(filterName, properties, context) {
    const logGroupName: unknown = properties['LogGroupName'];
    const answer = await unlessAbsent(
      context.call('logs', 'DescribeSubscriptionFilters', { logGroupName, filterNamePrefix: filterName }),
    );
    const filter = answer?.subscriptionFilters.find((one: { filterName: string }) => one.filterName === filterName);
    if (filter === undefined) return undefined;
    return { ...properties, FilterPattern: filter.filterPattern, DestinationArn: filter.destinationArn };
  },
};

export const logResources: readonly ResourceType[] = [logGroup, logStream, subscriptionFilter];

function filterNameOf(properties: Properties, context: ResourceContext): string {
  return (properties['FilterName'] as string | undefined) ?? context.generatedName({ maxLength: 512 });
}

async function putSubscription(filterName: string, properties: Properties, context: ResourceContext): Promise<void> {
  const { LogGroupName, FilterPattern, DestinationArn, RoleArn, Distribution, ...others } = properties;
  const unserved = Object.keys(others).find((name) => name !== 'FilterName');
  if (unserved !== undefined)
    throw invalidParameter(`Property ${unserved} of AWS::Logs::SubscriptionFilter is not served. Leave it out.`);
  await context.call('logs', 'PutSubscriptionFilter', {
    logGroupName: LogGroupName,
    filterName,
    filterPattern: FilterPattern,
    destinationArn: DestinationArn,
    roleArn: RoleArn,
    distribution: Distribution,
  });
}

/** @throws InvalidParameterException naming a property that would have no effect here */
function refuseUnserved(properties: Properties): void {
  const unserved = [
    'DataProtectionPolicy',
    'FieldIndexPolicies',
    'ResourcePolicyDocument',
    'BearerTokenAuthenticationEnabled',
  ];
  const given = unserved.find((name) => properties[name] !== undefined);
  if (given !== undefined)
    throw invalidParameter(`Property ${given} of AWS::Logs::LogGroup is not served. Leave it out.`);
}

function nameOf(properties: Properties, context: ResourceContext): string {
  return (properties['LogGroupName'] as string | undefined) ?? context.generatedName({ maxLength: 512 });
}

function streamNameOf(properties: Properties, context: ResourceContext): string {
  return (properties['LogStreamName'] as string | undefined) ?? context.generatedName();
}

function scopeOf(context: ResourceContext): string {
  return `${context.accountId}/${context.region}`;
}

function groupState(logGroupName: string, context: ResourceContext) {
  return { physicalId: logGroupName, attributes: { Arn: `${groupArn(scopeOf(context), logGroupName)}:*` } };
}

async function putRetention(logGroupName: string, properties: Properties, context: ResourceContext): Promise<void> {
  const retentionInDays = properties['RetentionInDays'] as number | undefined;
  if (retentionInDays === undefined) await context.call('logs', 'DeleteRetentionPolicy', { logGroupName });
  else await context.call('logs', 'PutRetentionPolicy', { logGroupName, retentionInDays });
}
