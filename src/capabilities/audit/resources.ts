/** AWS::CloudTrail::Trail in templates. */
import type { Properties, ResourceContext, ResourceState, ResourceType } from '#capability';
import { isPlatformError } from '#kernel/errors';

export const auditResources: readonly ResourceType[] = [
  {
    type: 'AWS::CloudTrail::Trail',
    physicalIdOf: nameOf,
    async create(properties, context) {
      const name = nameOf(properties, context);
      await context.call('cloudtrail', 'CreateTrail', {
        Name: name,
        ...trailInput(properties),
        TagsList: properties['Tags'],
      });
      return apply(name, properties, context);
    },
    async update(name, next, _previous, context) {
      await context.call('cloudtrail', 'UpdateTrail', { Name: name, ...trailInput(next) });
      return apply(name, next, context);
    },
    async delete(name, _properties, context) {
      try {
        await context.call('cloudtrail', 'DeleteTrail', { Name: name });
      } catch (error) {
        if (!isPlatformError(error, 'TrailNotFoundException')) throw error;
      }
    },
    async read(name, properties, context) {
      try {
        const { Trail } = await context.call('cloudtrail', 'GetTrail', { Name: name });
        const { IsLogging } = await context.call('cloudtrail', 'GetTrailStatus', { Name: name });
        return { ...properties, TrailName: name, S3BucketName: Trail.S3BucketName, IsLogging };
      } catch (error) {
        if (isPlatformError(error, 'TrailNotFoundException')) return undefined;
        throw error;
      }
    },
  },
];

function nameOf(properties: Properties, context: ResourceContext): string {
  return String(properties['TrailName'] ?? context.generatedName({ maxLength: 128 }));
}

function trailInput(properties: Properties): object {
  const {
    S3BucketName,
    S3KeyPrefix,
    IncludeGlobalServiceEvents,
    IsMultiRegionTrail,
    SnsTopicName,
    CloudWatchLogsLogGroupArn,
  } = properties;
  const { KMSKeyId: KmsKeyId, IsOrganizationTrail } = properties;
  return {
    S3BucketName,
    S3KeyPrefix,
    IncludeGlobalServiceEvents,
    IsMultiRegionTrail,
    SnsTopicName,
    CloudWatchLogsLogGroupArn,
    KmsKeyId,
    IsOrganizationTrail,
  };
}

async function apply(name: string, properties: Properties, context: ResourceContext): Promise<ResourceState> {
  if (properties['EventSelectors'] !== undefined) {
    await context.call('cloudtrail', 'PutEventSelectors', {
      TrailName: name,
      EventSelectors: properties['EventSelectors'],
    });
  }
  await context.call('cloudtrail', properties['IsLogging'] === true ? 'StartLogging' : 'StopLogging', { Name: name });
  const { Trail } = await context.call('cloudtrail', 'GetTrail', { Name: name });
  return { physicalId: name, attributes: { Arn: Trail.TrailARN } };
}
