/**
 * The configurations of a bucket that are put, read and removed as a whole. What would have an effect that we do not
 * give is refused when it is put, so that nothing pretends.
 */
import type { S3 } from '@aws-sdk/client-s3';
import type { HandlersOf, RequestContext } from '#gateway';
import { PlatformError } from '#kernel/errors';
import type { Bucket } from '../buckets/bucket.ts';
import type { Buckets } from '../buckets/buckets.ts';
import { toTags } from '../content/tags.ts';
import { assertCorsRules } from '../buckets/cors.ts';
import { invalidRequest, malformedXml, noSuchConfiguration, notImplemented } from '../errors.ts';
import type { LakeParts } from '../lake.ts';
import { assertLifecycleRules } from '../buckets/lifecycle.ts';
import { findLifecycleRules } from '../buckets/lifecycle-sweep.ts';
import { assertAcl } from './attributes.ts';
import { bucketOf } from './request.ts';
import { assertOwnGrants, fullControlOf } from './tagging.ts';

interface BucketInput {
  readonly Bucket?: string | undefined;
  readonly ExpectedBucketOwner?: string | undefined;
}

const policyBytesMax = 20 * 1024;
const blockAll = {
  BlockPublicAcls: true,
  IgnorePublicAcls: true,
  BlockPublicPolicy: true,
  RestrictPublicBuckets: true,
};

export function createBucketSettingHandlers({ buckets }: LakeParts) {
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- who put the document knows its shape
  const find = <Document extends object>(
    input: BucketInput,
    context: RequestContext,
    kind: string,
  ): Document | undefined => buckets.findConfiguration<Document>(bucketOf(buckets, input, context).name, kind);
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- who put the document knows its shape
  const get = <Document extends object>(
    input: BucketInput,
    context: RequestContext,
    kind: string,
    code: string,
    what: string,
  ): Document => {
    const bucket = bucketOf(buckets, input, context);
    const document = buckets.findConfiguration<Document>(bucket.name, kind);
    if (document === undefined) throw noSuchConfiguration(code, bucket.name, what);
    return document;
  };
  const put = async (
    input: BucketInput,
    context: RequestContext,
    kind: string,
    document: object | undefined,
  ): Promise<object> => {
    if (document === undefined)
      throw malformedXml('The XML you provided was not well-formed or did not validate against our published schema.');
    await buckets.putConfiguration(bucketOf(buckets, input, context).name, kind, document);
    return {};
  };
  const remove = async (input: BucketInput, context: RequestContext, kind: string): Promise<object> => {
    await buckets.deleteConfiguration(bucketOf(buckets, input, context).name, kind);
    return {};
  };
  /** Refuses what is not done, once the bucket was found to exist. */
  const refuse = (input: BucketInput, context: RequestContext, what: string): never => {
    bucketOf(buckets, input, context);
    throw notImplemented(what);
  };

  return {
    GetBucketTagging: (input, context) => get(input, context, 'tagging', 'NoSuchTagSet', 'tags'),
    PutBucketTagging(input, context) {
      toTags(input.Tagging?.TagSet ?? [], 'bucket');
      return put(input, context, 'tagging', input.Tagging);
    },
    DeleteBucketTagging: (input, context) => remove(input, context, 'tagging'),

    GetBucketCors: (input, context) => get(input, context, 'cors', 'NoSuchCORSConfiguration', 'CORS rules'),
    PutBucketCors(input, context) {
      assertCorsRules(input.CORSConfiguration?.CORSRules ?? []);
      return put(input, context, 'cors', input.CORSConfiguration);
    },
    DeleteBucketCors: (input, context) => remove(input, context, 'cors'),

    GetBucketLifecycleConfiguration(input, context) {
      const bucket = bucketOf(buckets, input, context);
      const rules = findLifecycleRules(buckets, bucket.name);
      if (rules === undefined)
        throw noSuchConfiguration('NoSuchLifecycleConfiguration', bucket.name, 'lifecycle rules');
      return { Rules: rules as never };
    },
    PutBucketLifecycleConfiguration(input, context) {
      assertLifecycleRules(input.LifecycleConfiguration?.Rules ?? []);
      return put(input, context, 'lifecycle', input.LifecycleConfiguration);
    },
    DeleteBucketLifecycle: (input, context) => remove(input, context, 'lifecycle'),

    GetBucketEncryption(input, context) {
      const code = 'ServerSideEncryptionConfigurationNotFoundError';
      return { ServerSideEncryptionConfiguration: get(input, context, 'encryption', code, 'encryption configuration') };
    },
    PutBucketEncryption(input, context) {
      const rules = input.ServerSideEncryptionConfiguration?.Rules ?? [];
      if (rules.length !== 1) throw malformedXml(`An encryption configuration has one rule, not ${rules.length}.`);
      return put(input, context, 'encryption', input.ServerSideEncryptionConfiguration);
    },
    DeleteBucketEncryption: (input, context) => remove(input, context, 'encryption'),

    // New buckets block public access, as on AWS; a configuration that was removed stays as an empty one.
    GetPublicAccessBlock(input, context) {
      const stored = find<typeof blockAll>(input, context, 'publicAccessBlock') ?? blockAll;
      if (Object.keys(stored).length === 0) {
        throw noSuchConfiguration('NoSuchPublicAccessBlockConfiguration', input.Bucket ?? '', 'public access block');
      }
      return { PublicAccessBlockConfiguration: stored };
    },
    PutPublicAccessBlock: (input, context) =>
      put(input, context, 'publicAccessBlock', {
        ...mapValues(blockAll, false),
        ...input.PublicAccessBlockConfiguration,
      }),
    DeletePublicAccessBlock: (input, context) => put(input, context, 'publicAccessBlock', {}),

    GetBucketOwnershipControls(input, context) {
      const stored = find<{ Rules?: [] }>(input, context, 'ownershipControls') ?? {
        Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }],
      };
      if (stored.Rules === undefined)
        throw noSuchConfiguration('OwnershipControlsNotFoundError', input.Bucket ?? '', 'ownership controls');
      return { OwnershipControls: stored as never };
    },
    PutBucketOwnershipControls: (input, context) => put(input, context, 'ownershipControls', input.OwnershipControls),
    DeleteBucketOwnershipControls: (input, context) => put(input, context, 'ownershipControls', {}),

    GetBucketPolicy(input, context) {
      const { text } = get<{ text: string }>(input, context, 'policy', 'NoSuchBucketPolicy', 'policy');
      return { Policy: text };
    },
    PutBucketPolicy(input, context) {
      assertPolicy(input.Policy ?? '');
      return put(input, context, 'policy', { text: input.Policy });
    },
    DeleteBucketPolicy: (input, context) => remove(input, context, 'policy'),
    GetBucketPolicyStatus(input, context) {
      get(input, context, 'policy', 'NoSuchBucketPolicy', 'policy');
      return { PolicyStatus: { IsPublic: false } };
    },

    GetBucketAcl: (input, context) => fullControlOf(bucketOf(buckets, input, context).accountId),
    PutBucketAcl(input, context) {
      const bucket = bucketOf(buckets, input, context);
      assertAcl(input, buckets, bucket.name);
      assertOwnGrants(input.AccessControlPolicy?.Grants, bucket.accountId);
      return {};
    },

    GetBucketLogging: (input, context) => find(input, context, 'logging') ?? {},
    PutBucketLogging(input, context) {
      if (input.BucketLoggingStatus?.LoggingEnabled !== undefined) return refuse(input, context, 'server access logs');
      return remove(input, context, 'logging');
    },
    GetBucketAccelerateConfiguration: (input, context) => find(input, context, 'accelerate') ?? {},
    PutBucketAccelerateConfiguration(input, context) {
      if (input.AccelerateConfiguration?.Status === 'Enabled') return refuse(input, context, 'transfer acceleration');
      return put(input, context, 'accelerate', input.AccelerateConfiguration);
    },
    GetBucketRequestPayment(input, context) {
      bucketOf(buckets, input, context);
      return { Payer: 'BucketOwner' };
    },
    PutBucketRequestPayment(input, context) {
      if (input.RequestPaymentConfiguration?.Payer === 'Requester') return refuse(input, context, 'requester pays');
      bucketOf(buckets, input, context);
      return {};
    },
    GetBucketWebsite: (input, context) =>
      get(input, context, 'website', 'NoSuchWebsiteConfiguration', 'website configuration'),
    PutBucketWebsite: (input, context) => refuse(input, context, 'websites'),
    DeleteBucketWebsite: (input, context) => remove(input, context, 'website'),
    GetBucketReplication: (input, context) =>
      get(input, context, 'replication', 'ReplicationConfigurationNotFoundError', 'replication configuration'),
    PutBucketReplication: (input, context) => refuse(input, context, 'replication'),
    DeleteBucketReplication: (input, context) => remove(input, context, 'replication'),
    GetObjectLockConfiguration: (input, context) =>
      get(input, context, 'objectLock', 'ObjectLockConfigurationNotFoundError', 'object lock configuration'),
    PutObjectLockConfiguration: (input, context) => refuse(input, context, 'object lock'),

    GetBucketVersioning(input, context) {
      return { Status: bucketOf(buckets, input, context).versioning };
    },
    async PutBucketVersioning(input, context) {
      const bucket = bucketOf(buckets, input, context);
      await setVersioning(buckets, bucket, input.VersioningConfiguration);
      return {};
    },
  } satisfies HandlersOf<S3>;
}

async function setVersioning(
  buckets: Buckets,
  bucket: Bucket,
  configuration: { Status?: string | undefined; MFADelete?: string | undefined } | undefined,
): Promise<void> {
  const { Status: status, MFADelete: mfaDelete } = configuration ?? {};
  if (mfaDelete === 'Enabled') throw notImplemented('MFA delete');
  if (status !== 'Enabled' && status !== 'Suspended') {
    throw new PlatformError(
      'invalid',
      'IllegalVersioningConfigurationException',
      'The versioning configuration must have a Status of Enabled or Suspended.',
    );
  }
  await buckets.setVersioning(bucket.name, status);
}

/** @throws MalformedPolicy, InvalidRequest (too large) */
function assertPolicy(text: string): void {
  if (Buffer.byteLength(text) > policyBytesMax)
    throw invalidRequest(`A bucket policy has at most ${policyBytesMax} bytes.`);
  try {
    const policy = JSON.parse(text) as { Statement?: unknown } | null;
    if (typeof policy === 'object' && policy?.Statement !== undefined) return;
  } catch {
    // The one answer below.
  }
  throw new PlatformError('invalid', 'MalformedPolicy', 'Policies must be valid JSON and have a Statement.');
}

function mapValues<Key extends string, Value>(
  object: Readonly<Record<Key, unknown>>,
  value: Value,
): Record<Key, Value> {
  return Object.fromEntries(Object.keys(object).map((key) => [key, value])) as Record<Key, Value>;
}
