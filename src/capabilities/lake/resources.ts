/** CloudFormation types: AWS::S3::Bucket and AWS::S3::BucketPolicy, by the operations of S3. */
import {
  tagsOf,
  wireTags,
  type Properties,
  type ResourceContext,
  type ResourceState,
  type ResourceType,
} from '#capability';
import { isPlatformError } from '#kernel/errors';
import { bucketArn } from './buckets/bucket.ts';
import { bucketAlreadyOwnedByYou, bucketPolicyExists, unsupportedProperty } from './errors.ts';

/** A property of the bucket, and the operations that put, get and remove what it says. */
interface Setting {
  readonly property: string;
  /** What the operations are named after: `PutBucketCors`. */
  readonly noun: string;
  /** The member of their input that has it, and of the answer where that does not have it at the top. */
  readonly member: string;
  /** As the API spells it. */
  readonly toApi: (value: Properties, bucket: string) => object;
  /** The operation that takes it away, or what is put then. Absent: it stays. */
  readonly removal?: string | object;
}

const call = (context: ResourceContext, operation: string, input: object): Promise<unknown> =>
  context.call('s3', operation, input);

const asItIs = (value: Properties): object => ({ ...value });

const settings: readonly Setting[] = [
  {
    property: 'VersioningConfiguration',
    noun: 'BucketVersioning',
    member: 'VersioningConfiguration',
    toApi: (value) => ({ Status: value['Status'] }),
    // Versioning cannot be switched off again, only suspended.
    removal: { Status: 'Suspended' },
  },
  {
    property: 'NotificationConfiguration',
    noun: 'BucketNotificationConfiguration',
    member: 'NotificationConfiguration',
    toApi: toNotification,
    removal: {},
  },
  {
    property: 'LifecycleConfiguration',
    noun: 'BucketLifecycleConfiguration',
    member: 'LifecycleConfiguration',
    toApi: (value) => ({ Rules: listOf(value['Rules']).map(toLifecycleRule) }),
    removal: 'DeleteBucketLifecycle',
  },
  {
    property: 'CorsConfiguration',
    noun: 'BucketCors',
    member: 'CORSConfiguration',
    toApi: (value) => ({
      CORSRules: listOf(value['CorsRules']).map((rule) => ({
        ID: rule['Id'],
        AllowedHeaders: rule['AllowedHeaders'],
        AllowedMethods: rule['AllowedMethods'],
        AllowedOrigins: rule['AllowedOrigins'],
        ExposeHeaders: rule['ExposedHeaders'],
        MaxAgeSeconds: rule['MaxAge'],
      })),
    }),
    removal: 'DeleteBucketCors',
  },
  {
    property: 'BucketEncryption',
    noun: 'BucketEncryption',
    member: 'ServerSideEncryptionConfiguration',
    toApi: (value) => ({
      Rules: listOf(value['ServerSideEncryptionConfiguration']).map((rule) => ({
        ApplyServerSideEncryptionByDefault: rule['ServerSideEncryptionByDefault'],
        BucketKeyEnabled: rule['BucketKeyEnabled'],
      })),
    }),
    removal: 'DeleteBucketEncryption',
  },
  {
    property: 'PublicAccessBlockConfiguration',
    noun: 'PublicAccessBlock',
    member: 'PublicAccessBlockConfiguration',
    toApi: asItIs,
    removal: 'DeletePublicAccessBlock',
  },
  {
    property: 'OwnershipControls',
    noun: 'BucketOwnershipControls',
    member: 'OwnershipControls',
    toApi: asItIs,
    removal: 'DeleteBucketOwnershipControls',
  },
  {
    property: 'WebsiteConfiguration',
    noun: 'BucketWebsite',
    member: 'WebsiteConfiguration',
    toApi: toWebsite,
    removal: 'DeleteBucketWebsite',
  },
  {
    property: 'LoggingConfiguration',
    noun: 'BucketLogging',
    member: 'BucketLoggingStatus',
    toApi: (value, bucket) => ({
      LoggingEnabled: {
        TargetBucket: value['DestinationBucketName'] ?? bucket,
        TargetPrefix: value['LogFilePrefix'] ?? '',
      },
    }),
  },
  {
    property: 'AccelerateConfiguration',
    noun: 'BucketAccelerateConfiguration',
    member: 'AccelerateConfiguration',
    toApi: (value) => ({ Status: value['AccelerationStatus'] }),
  },
  {
    property: 'ReplicationConfiguration',
    noun: 'BucketReplication',
    member: 'ReplicationConfiguration',
    toApi: (value) => ({ Role: value['Role'], Rules: [] }),
  },
];

/** What a bucket of ours can be told; a property beyond these fails and names itself. */
const handled = new Set([...settings.map(({ property }) => property), 'BucketName', 'Tags', 'AccessControl']);

const bucketType: ResourceType = {
  type: 'AWS::S3::Bucket',

  physicalIdOf: bucketName,

  async create(properties, context) {
    assertKnown(properties);
    const name = bucketName(properties, context);
    // In us-east-1 CreateBucket answers for the caller's own bucket as for a new one.
    if (await hasBucket(name, context)) throw bucketAlreadyOwnedByYou(name);
    await call(context, 'CreateBucket', {
      Bucket: name,
      ...(properties['AccessControl'] !== undefined && { ACL: toCannedAcl(String(properties['AccessControl'])) }),
      ...(context.region !== 'us-east-1' && { CreateBucketConfiguration: { LocationConstraint: context.region } }),
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

  async read(name, properties, context) {
    if (!(await hasBucket(name, context))) return undefined;
    const live = await readSettings(name, properties, context);
    const { TagSet } = (await call(context, 'GetBucketTagging', { Bucket: name }).catch(() => ({}))) as {
      TagSet?: object[];
    };
    return {
      BucketName: name,
      ...live,
      ...(TagSet !== undefined && { Tags: TagSet }),
    };
  },
};

const policyType: ResourceType = {
  type: 'AWS::S3::BucketPolicy',

  physicalIdOf: (properties) => String(properties['Bucket']),

  async create(properties, context) {
    const bucket = String(properties['Bucket']);
    // PutBucketPolicy would replace the policy that is there.
    if ((await policyType.read?.(bucket, properties, context)) !== undefined) throw bucketPolicyExists(bucket);
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
  for (const { property, noun, member, toApi, removal } of settings) {
    const put = (value: object) => call(context, `Put${noun}`, { Bucket: name, [member]: value });
    const value = next[property] as Properties | undefined;
    if (value !== undefined) {
      if (JSON.stringify(value) !== JSON.stringify(previous[property])) await put(toApi(value, name));
    } else if (previous[property] !== undefined && removal !== undefined) {
      await (typeof removal === 'string' ? call(context, removal, { Bucket: name }) : put(removal));
    }
  }
  const TagSet = wireTags(tagsOf(next, context));
  if (TagSet.length > 0) await call(context, 'PutBucketTagging', { Bucket: name, Tagging: { TagSet } });
  else if (previous['Tags'] !== undefined) await call(context, 'DeleteBucketTagging', { Bucket: name });
}

async function hasBucket(name: string, context: ResourceContext): Promise<boolean> {
  return (await call(context, 'HeadBucket', { Bucket: name }).catch(noneIfAbsent)) !== undefined;
}

/** What the template says of a bucket, as it says it where the bucket is so, else as the API tells it. */
async function readSettings(name: string, said: Properties, context: ResourceContext): Promise<Properties> {
  const found: Record<string, unknown> = {};
  for (const { property, noun, member, toApi } of settings) {
    const expected = said[property] as Properties | undefined;
    if (expected === undefined) continue;
    const answer = await call(context, `Get${noun}`, { Bucket: name }).catch(noneIfAbsent);
    if (answer === undefined) continue;
    const live = (answer as Properties)[member] ?? (answer as Properties);
    found[property] = holds(live, toApi(expected, name)) ? expected : live;
  }
  return found;
}

/** Whether what the API tells has all that is wanted; texts and numbers are the same to a template. */
function holds(live: unknown, wanted: unknown): boolean {
  if (wanted === undefined) return true;
  if (typeof wanted !== 'object' || wanted === null || wanted instanceof Date) return textOf(live) === textOf(wanted);
  if (typeof live !== 'object' || live === null) return false;
  if (Array.isArray(wanted) && (live as unknown[]).length !== wanted.length) return false;
  return Object.entries(wanted).every(([key, member]) => holds((live as Properties)[key], member));
}

function textOf(value: unknown): string {
  return value instanceof Date ? value.toISOString() : String(value);
}

function bucketName(properties: Properties, context: ResourceContext): string {
  const name = properties['BucketName'] as string | undefined;
  return name ?? context.generatedName({ maxLength: 63, lowerCase: true });
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

function toWebsite(value: Properties): object {
  const { IndexDocument: index, ErrorDocument: error, RedirectAllRequestsTo, RoutingRules: rules } = value;
  return {
    ...(index !== undefined && { IndexDocument: { Suffix: index as string } }),
    ...(error !== undefined && { ErrorDocument: { Key: error as string } }),
    ...(RedirectAllRequestsTo !== undefined && { RedirectAllRequestsTo: RedirectAllRequestsTo as object }),
    ...(rules !== undefined && {
      RoutingRules: listOf(rules).map(({ RoutingRuleCondition: condition, RedirectRule: redirect }) => ({
        ...(condition !== undefined && { Condition: condition as object }),
        Redirect: redirect as object,
      })),
    }),
  };
}

/** The template spells EventBridge's switch otherwise than the API: present, and true unless it says false. */
function toNotification(value: Properties): object {
  const { EventBridgeConfiguration: bridge, QueueConfigurations, TopicConfigurations, LambdaConfigurations } = value;
  const isOn = bridge !== undefined && String((bridge as Properties)['EventBridgeEnabled'] ?? true) === 'true';
  const targets = (list: unknown, member: string, source: string): object[] =>
    listOf(list).map((target) => ({
      [member]: target[source],
      Events: [target['Event']],
      ...(target['Filter'] !== undefined && { Filter: toKeyFilter(target['Filter'] as Properties) }),
    }));
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

function toKeyFilter(filter: Properties): object {
  const rules = listOf((filter['S3Key'] as Properties | undefined)?.['Rules']);
  // Templates spell the names with a capital, too.
  return { Key: { FilterRules: rules.map(({ Name, Value }) => ({ Name: String(Name).toLowerCase(), Value })) } };
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
  await work.catch(noneIfAbsent);
}

function noneIfAbsent(error: unknown): undefined {
  if (!isPlatformError(error) || error.kind !== 'absent') throw error;
  return undefined;
}
