/** ListBuckets, CreateBucket, HeadBucket, DeleteBucket, GetBucketLocation. */
import type { S3 } from '@aws-sdk/client-s3';
import type { HandlersOf } from '#gateway';
import { PlatformError } from '#kernel/errors';
import { decodeToken, encodeToken } from '#kernel/paging';
import { bucketArn } from '../buckets/bucket.ts';
import { invalidRequest, notImplemented } from '../errors.ts';
import type { LakeParts } from '../lake.ts';
import { assertAcl } from './attributes.ts';
import { ownerOf } from './listing.ts';
import { bucketOf, given } from './request.ts';

const bucketsPageMax = 10_000;

export function createBucketHandlers({ buckets, uploads }: LakeParts) {
  return {
    async CreateBucket(input, context) {
      const name = input.Bucket ?? '';
      const constraint = given(input.CreateBucketConfiguration?.LocationConstraint);
      if (input.ObjectLockEnabledForBucket) throw notImplemented('object lock');
      if (input.CreateBucketConfiguration?.Bucket !== undefined) throw notImplemented('directory buckets');
      const region = locationOf(constraint, context.region);
      assertAcl(input, buckets, name);
      const isNew = await buckets.create({ name, accountId: context.accountId, region });
      if (isNew && input.ObjectOwnership !== undefined) {
        await buckets.putConfiguration(name, 'ownershipControls', {
          Rules: [{ ObjectOwnership: input.ObjectOwnership }],
        });
      }
      const tags = input.CreateBucketConfiguration?.Tags;
      if (isNew && tags !== undefined) await buckets.putConfiguration(name, 'tagging', { TagSet: tags });
      return { Location: `/${name}`, BucketArn: bucketArn(name) };
    },

    async DeleteBucket(input, context) {
      uploads.removeFiles(await buckets.delete(bucketOf(buckets, input, context)));
      return {};
    },

    HeadBucket(input, context) {
      const bucket = bucketOf(buckets, input, context);
      return { BucketRegion: bucket.region, BucketArn: bucketArn(bucket.name), AccessPointAlias: false };
    },

    GetBucketLocation(input, context) {
      const { region } = bucketOf(buckets, input, context);
      return { LocationConstraint: region === 'us-east-1' ? undefined : (region as 'eu-west-1') };
    },

    ListBuckets(input, context) {
      const after =
        input.ContinuationToken === undefined ? '' : String(decodeToken(input.ContinuationToken, 'InvalidArgument')[0]);
      const limit = input.MaxBuckets ?? bucketsPageMax;
      if (limit < 1 || limit > bucketsPageMax)
        throw invalidRequest(`MaxBuckets must be 1 to ${bucketsPageMax}, not ${limit}.`);
      const rest = buckets
        .listOf(context.accountId)
        .filter(({ name }) => name > after && name.startsWith(input.Prefix ?? ''))
        .filter(({ region }) => input.BucketRegion === undefined || region === input.BucketRegion);
      const page = rest.slice(0, limit);
      return {
        Buckets: page.map(({ name, createdAt, region }) => ({
          Name: name,
          CreationDate: createdAt,
          BucketRegion: region,
          BucketArn: bucketArn(name),
        })),
        ...ownerOf(context.accountId),
        Prefix: input.Prefix,
        ContinuationToken: rest.length > page.length ? encodeToken([page.at(-1)?.name ?? '']) : undefined,
      };
    },
  } satisfies HandlersOf<S3>;
}

/** Where the bucket is to be. @throws IllegalLocationConstraintException */
function locationOf(constraint: string | undefined, region: string): string {
  if (region === 'us-east-1') return constraint === 'EU' ? 'eu-west-1' : (constraint ?? region);
  if (constraint === region) return region;
  throw new PlatformError(
    'invalid',
    'IllegalLocationConstraintException',
    `The ${constraint ?? 'unspecified'} location constraint is incompatible for the region specific endpoint ${region} this request was sent to.`,
  );
}
