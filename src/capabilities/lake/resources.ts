/** CloudFormation types: AWS::S3::Bucket and AWS::S3::BucketPolicy, by the operations of S3. */
import type { Properties, ResourceContext, ResourceState, ResourceType } from '#capability';
import { isPlatformError } from '#kernel/errors';
import { bucketArn } from './buckets/bucket.ts';
import { unsupportedProperty } from './errors.ts';

/** A property of the bucket, and the operations that put and remove what it says. */
interface Setting {
  readonly property: string;
  readonly put: (value: Properties, bucket: string, context: ResourceContext) => Promise<unknown>;
  readonly remove?: (bucket: string, context: ResourceContext) => Promise<unknown>;
}

const call = (context: ResourceContext, operation: string, input: object): Promise<unknown> =>
  context.call('s3', operation, input);

const settings: readonly Setting[] = [
  {
    property: 'VersioningConfiguration',
    put: (value, Bucket, context) =>
      call(context, 'PutBucketVersioning', { Bucket, VersioningConfiguration: { Status: value['Status'] } }),
    // Versioning cannot be switched off again, only suspended.
    remove: (Bucket, context) =>
      call(context, 'PutBucketVersioning', { Bucket, VersioningConfiguration: { Status: 'Suspended' } }),
  },
  {
    property: 'NotificationConfiguration',
    put: (value, Bucket, context) =>
      call(context, 'PutBucketNotificationConfiguration', { Bucket, NotificationConfiguration: toNotification(value) }),
    remove: (Bucket, context) =>
      call(context, 'PutBucketNotificationConfiguration', { Bucket, NotificationConfiguration: {} }),
  },
  {
    property: 'LifecycleConfiguration',
    put: (value, Bucket, context) =>
      call(context, 'PutBucketLifecycleConfiguration', {
        Bucket,
        LifecycleConfiguration: { Rules: listOf(value['Rules']).map(toLifecycleRule) },
      }),
    remove: (Bucket, context) => call(context, 'DeleteBucketLifecycle', { Bucket }),
  },
  {
    property: 'CorsConfiguration',
    put: (value, Bucket, context) =>
      call(context, 'PutBucketCors', {
        Bucket,
        CORSConfiguration: {
          CORSRules: listOf(value['CorsRules']).map((rule) => ({
            ID: rule['Id'],
            AllowedHeaders: rule['AllowedHeaders'],
            AllowedMethods: rule['AllowedMethods'],
            AllowedOrigins: rule['AllowedOrigins'],
            ExposeHeaders: rule['ExposedHeaders'],
            MaxAgeSeconds: rule['MaxAge'],
          })),
        },
      }),
    remove: (Bucket, context) => call(context, 'DeleteBucketCors', { Bucket }),
  },
  {
    property: 'BucketEncryption',
    put: (value, Bucket, context) =>
      call(context, 'PutBucketEncryption', {
        Bucket,
        ServerSideEncryptionConfiguration: {
          Rules: listOf(value['ServerSideEncryptionConfiguration']).map((rule) => ({
            ApplyServerSideEncryptionByDefault: rule['ServerSideEncryptionByDefault'],
            BucketKeyEnabled: rule['BucketKeyEnabled'],
          })),
        },
      }),
    remove: (Bucket, context) => call(context, 'DeleteBucketEncryption', { Bucket }),
  },
  {
    property: 'PublicAccessBlockConfiguration',
    put: (value, Bucket, context) =>
      call(context, 'PutPublicAccessBlock', { Bucket, PublicAccessBlockConfiguration: value }),
    remove: (Bucket, context) => call(context, 'DeletePublicAccessBlock', { Bucket }),
  },
  {
    property: 'OwnershipControls',
    put: (value, Bucket, context) => call(context, 'PutBucketOwnershipControls', { Bucket, OwnershipControls: value }),
    remove: (Bucket, context) => call(context, 'DeleteBucketOwnershipControls', { Bucket }),
  },
  {
    property: 'WebsiteConfiguration',
    put: (value, Bucket, context) => call(context, 'PutBucketWebsite', { Bucket, WebsiteConfiguration: { ...value } }),
  },
  {
    property: 'LoggingConfiguration',
    put: (value, Bucket, context) =>
      call(context, 'PutBucketLogging', {
        Bucket,
        BucketLoggingStatus: {
          LoggingEnabled: {
            TargetBucket: value['DestinationBucketName'] ?? Bucket,
            TargetPrefix: value['LogFilePrefix'] ?? '',
          },
        },
      }),
  },
  {
    property: 'AccelerateConfiguration',
    put: (value, Bucket, context) =>
      call(context, 'PutBucketAccelerateConfiguration', {
        Bucket,
        AccelerateConfiguration: { Status: value['AccelerationStatus'] },
      }),
  },
  {
    property: 'ReplicationConfiguration',
    put: (value, Bucket, context) =>
      call(context, 'PutBucketReplication', { Bucket, ReplicationConfiguration: { Role: value['Role'], Rules: [] } }),
  },
];

/** What a bucket of ours can be told; a property beyond these fails and names itself. */
const handled = new Set([...settings.map(({ property }) => property), 'BucketName', 'Tags', 'AccessControl']);

const bucketType: ResourceType = {
  type: 'AWS::S3::Bucket',

  async create(properties, context) {
    assertKnown(properties);
    const name =
      (properties['BucketName'] as string | undefined) ?? context.generatedName({ maxLength: 63, lowerCase: true });
    await call(context, 'CreateBucket', {
      Bucket: name,
      ...(properties['AccessControl'] !== undefined && { ACL: toCannedAcl(String(properties['AccessControl'])) }),
      ...(context.region !== 'us-east-1' && { CreateBucketConfiguration: { LocationConstraint: context.region } }),
    }).catch((error: unknown) => {
      // A retry of a step whose answer was lost finds its own generated bucket.
      const isOwn = properties['BucketName'] === undefined && isPlatformError(error, 'BucketAlreadyOwnedByYou');
      if (!isOwn) throw error;
    });
    await applySettings(name, properties, {}, context);
    return stateOf(name, context);
  },

  async update(name, next, previous, context) {
    assertKnown(next);
    if (next['BucketName'] !== undefined && next['BucketName'] !== name) return this.create(next, context);
    await applySettings(name, next, previous, context);
    return stateOf(name, context);
  },

  async delete(name, _properties, context) {
    await ignoreAbsent(call(context, 'DeleteBucket', { Bucket: name }));
  },

  async read(name, _properties, context) {
    try {
      await call(context, 'HeadBucket', { Bucket: name });
    } catch (error) {
      if (isPlatformError(error) && error.kind === 'absent') return undefined;
      throw error;
    }
    const { Status } = (await call(context, 'GetBucketVersioning', { Bucket: name })) as { Status?: string };
    const { TagSet } = (await call(context, 'GetBucketTagging', { Bucket: name }).catch(() => ({}))) as {
      TagSet?: object[];
    };
    return {
      BucketName: name,
      ...(Status !== undefined && { VersioningConfiguration: { Status } }),
      ...(TagSet !== undefined && { Tags: TagSet }),
    };
  },
};

const policyType: ResourceType = {
  type: 'AWS::S3::BucketPolicy',

  async create(properties, context) {
    const bucket = String(properties['Bucket']);
    await call(context, 'PutBucketPolicy', { Bucket: bucket, Policy: policyText(properties['PolicyDocument']) });
    return { physicalId: bucket };
  },

  async update(bucket, next, _previous, context) {
    if (next['Bucket'] !== bucket) return this.create(next, context);
    await call(context, 'PutBucketPolicy', { Bucket: bucket, Policy: policyText(next['PolicyDocument']) });
    return { physicalId: bucket };
  },

  async delete(bucket, _properties, context) {
    await ignoreAbsent(call(context, 'DeleteBucketPolicy', { Bucket: bucket }));
  },

  async read(bucket, _properties, context) {
    try {
      const { Policy } = (await call(context, 'GetBucketPolicy', { Bucket: bucket })) as { Policy: string };
      return { Bucket: bucket, PolicyDocument: JSON.parse(Policy) as object };
    } catch (error) {
      if (isPlatformError(error) && error.kind === 'absent') return undefined;
      throw error;
    }
  },
};

export const lakeResources: readonly ResourceType[] = [bucketType, policyType];

async function applySettings(
  name: string,
  next: Properties,
  previous: Properties,
  context: ResourceContext,
): Promise<void> {
  for (const { property, put, remove } of settings) {
    const value = next[property] as Properties | undefined;
    if (value !== undefined) {
      if (JSON.stringify(value) !== JSON.stringify(previous[property])) await put(value, name, context);
    } else if (previous[property] !== undefined) await remove?.(name, context);
  }
  const own = listOf(next['Tags']).map(({ Key, Value }) => [String(Key), String(Value)] as const);
  const tags = new Map([...Object.entries(context.tags), ...own]);
  const TagSet = [...tags].map(([Key, Value]) => ({ Key, Value }));
  if (TagSet.length > 0) await call(context, 'PutBucketTagging', { Bucket: name, Tagging: { TagSet } });
  else if (previous['Tags'] !== undefined) await call(context, 'DeleteBucketTagging', { Bucket: name });
}

function assertKnown(properties: Properties): void {
  const unknown = Object.keys(properties).find((property) => !handled.has(property));
  if (unknown !== undefined) throw unsupportedProperty(unknown);
}

function stateOf(name: string, context: ResourceContext): ResourceState {
  return {
    physicalId: name,
    attributes: {
      Arn: bucketArn(name),
      DomainName: `${name}.s3.amazonaws.com`,
      DualStackDomainName: `${name}.s3.dualstack.${context.region}.amazonaws.com`,
      RegionalDomainName: `${name}.s3.${context.region}.amazonaws.com`,
      WebsiteURL: `http://${name}.s3-website-${context.region}.amazonaws.com`,
    },
  };
}

/** The template spells EventBridge's switch otherwise than the API: present, and true unless it says false. */
function toNotification(value: Properties): object {
  const { EventBridgeConfiguration: bridge, QueueConfigurations, TopicConfigurations, LambdaConfigurations } = value;
  const isOn = bridge !== undefined && String((bridge as Properties)['EventBridgeEnabled'] ?? true) === 'true';
  const targets = (list: unknown, member: string, source: string): object[] =>
    listOf(list).map((target) => ({ [member]: target[source], Events: [target['Event']] }));
  return {
    ...(isOn && { EventBridgeConfiguration: {} }),
    ...(QueueConfigurations !== undefined && {
      QueueConfigurations: targets(QueueConfigurations, 'QueueArn', 'Queue'),
    }),
    ...(TopicConfigurations !== undefined && {
      TopicConfigurations: targets(TopicConfigurations, 'TopicArn', 'Topic'),
    }),
    ...(LambdaConfigurations !== undefined && {
      LambdaFunctionConfigurations: targets(LambdaConfigurations, 'LambdaFunctionArn', 'Function'),
    }),
  };
}

function toLifecycleRule(rule: Properties): object {
  const tags = listOf(rule['TagFilters']);
  const limits = {
    ...(rule['ObjectSizeGreaterThan'] !== undefined && {
      ObjectSizeGreaterThan: Number(rule['ObjectSizeGreaterThan']),
    }),
    ...(rule['ObjectSizeLessThan'] !== undefined && { ObjectSizeLessThan: Number(rule['ObjectSizeLessThan']) }),
  };
  const prefix = String(rule['Prefix'] ?? '');
  const isPlain = tags.length === 0 && Object.keys(limits).length === 0;
  const expiration = {
    ...(rule['ExpirationInDays'] !== undefined && { Days: Number(rule['ExpirationInDays']) }),
    ...(rule['ExpirationDate'] !== undefined && { Date: new Date(String(rule['ExpirationDate'])) }),
    ...(rule['ExpiredObjectDeleteMarker'] !== undefined && {
      ExpiredObjectDeleteMarker: String(rule['ExpiredObjectDeleteMarker']) === 'true',
    }),
  };
  const noncurrentDays = (rule['NoncurrentVersionExpirationInDays'] ??
    rule['NoncurrentVersionExpiration']?.NoncurrentDays) as number | undefined;
  const transitions = [
    ...listOf(rule['Transitions']),
    ...(rule['Transition'] === undefined ? [] : [rule['Transition'] as Properties]),
  ];
  return {
    ID: rule['Id'],
    Status: rule['Status'],
    Filter: isPlain
      ? { Prefix: prefix }
      : { And: { Prefix: prefix, ...(tags.length > 0 && { Tags: tags }), ...limits } },
    ...(Object.keys(expiration).length > 0 && { Expiration: expiration }),
    ...(noncurrentDays !== undefined && {
      NoncurrentVersionExpiration: {
        NoncurrentDays: noncurrentDays,
        NewerNoncurrentVersions: rule['NoncurrentVersionExpiration']?.NewerNoncurrentVersions as number | undefined,
      },
    }),
    ...(rule['AbortIncompleteMultipartUpload'] !== undefined && {
      AbortIncompleteMultipartUpload: rule['AbortIncompleteMultipartUpload'] as object,
    }),
    ...(transitions.length > 0 && {
      Transitions: transitions.map((step) => ({
        Days: step['TransitionInDays'],
        Date: step['TransitionDate'],
        StorageClass: step['StorageClass'],
      })),
    }),
  };
}

/** `BucketOwnerFullControl` as the API spells it. */
function toCannedAcl(name: string): string {
  return name.replaceAll(/(?!^)([A-Z])/g, '-$1').toLowerCase();
}

function policyText(document: unknown): string {
  return typeof document === 'string' ? document : JSON.stringify(document);
}

function listOf(value: unknown): Properties[] {
  return Array.isArray(value) ? (value as Properties[]) : [];
}

async function ignoreAbsent(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!isPlatformError(error) || error.kind !== 'absent') throw error;
  }
}
