/** An event of the kind `S3`: the bucket of the same template tells the function. */
import { type Mapping, type Value, isMapping } from '../../value.ts';
import { eventError } from '../errors.ts';
import { type Expansion, listOf, ref, referredId } from '../expansion.ts';
import type { FunctionEvent } from './event.ts';
import { addPermission } from './permission.ts';

export function addBucketNotification(expansion: Expansion, event: FunctionEvent): void {
  const { properties, target, logicalId } = event;
  const owner = target.resource.logicalId;
  const bucketId = bucketIn(expansion, properties['Bucket']);
  if (bucketId === undefined) {
    throw eventError(owner, event.id, 'S3 events must reference an S3 bucket in the same template.');
  }
  const events = properties['Events'];
  if (events === undefined) throw eventError(owner, event.id, "Missing required property 'Events'.");
  addPermission(expansion, event, 's3.amazonaws.com', { SourceAccount: ref('AWS::AccountId') });
  const condition = target.resource.attributes['Condition'];
  const filter = properties['Filter'];
  const configurations = listOf(events).map((Event): Mapping => {
    const configuration = { Function: target.arn, ...(filter !== undefined && { Filter: filter }), Event };
    return condition === undefined ? configuration : { 'Fn::If': [condition, configuration, ref('AWS::NoValue')] };
  });
  const bucket = expansion.resources[bucketId] as Mapping;
  expansion.resources[bucketId] = notifying(bucket, configurations, `${logicalId}Permission`, condition);
}

/** The bucket, made after the permission without which it may not call the function. */
function notifying(
  bucket: Mapping,
  configurations: readonly Mapping[],
  permissionId: string,
  condition: Value | undefined,
): Mapping {
  const properties = isMapping(bucket['Properties']) ? bucket['Properties'] : {};
  const notification = isMapping(properties['NotificationConfiguration'])
    ? properties['NotificationConfiguration']
    : {};
  const before = listOf(notification['LambdaConfigurations']);
  const notified: Mapping = {
    ...properties,
    NotificationConfiguration: { ...notification, LambdaConfigurations: [...before, ...configurations] },
  };
  if (condition === undefined) {
    return { ...bucket, DependsOn: [...listOf(bucket['DependsOn']), permissionId], Properties: notified };
  }
  // A name that may not be there cannot stand in DependsOn; a tag that refers to it under its condition can.
  const tag = {
    Key: `sam:ConditionalDependsOn:${permissionId}`,
    Value: { 'Fn::If': [condition, ref(permissionId), 'no dependency'] },
  };
  return { ...bucket, Properties: { ...notified, Tags: [...listOf(properties['Tags']), tag] } };
}

/** The bucket of this template that a property refers to. */
function bucketIn(expansion: Expansion, value: Value | undefined): string | undefined {
  const id = referredId(value);
  const resource = id === undefined ? undefined : expansion.resources[id];
  return isMapping(resource) && resource['Type'] === 'AWS::S3::Bucket' ? id : undefined;
}
