/** AWS::Logs::LogGroup and AWS::Logs::LogStream. */
import {
  changeTags,
  tagsOf,
  unlessAbsent,
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
    return {
      LogGroupName: logGroupName,
      LogGroupClass: group.logGroupClass,
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

export const logResources: readonly ResourceType[] = [logGroup, logStream];

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
