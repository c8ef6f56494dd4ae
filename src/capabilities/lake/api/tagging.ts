/** Tags and ACLs of single objects. */
import type { S3 } from '@aws-sdk/client-s3';
import type { HandlersOf } from '#gateway';
import { toTagSet, toTags } from '../content/tags.ts';
import type { LakeParts } from '../lake.ts';
import { aclNotSupported } from '../errors.ts';
import { assertAcl } from './attributes.ts';
import { ownerOf } from './listing.ts';
import { bucketOf, given, originOf, versionIdOf } from './request.ts';

export function createTaggingHandlers({ buckets, objects, tagging }: LakeParts) {
  return {
    async GetObjectTagging(input, context) {
      const bucket = bucketOf(buckets, input, context);
      const version = await tagging.get(bucket, input.Key ?? '', given(input.VersionId));
      return { TagSet: toTagSet(version.attributes.tags), VersionId: versionIdOf(bucket, version) };
    },

    async PutObjectTagging(input, context) {
      const bucket = bucketOf(buckets, input, context);
      const tags = toTags(input.Tagging?.TagSet ?? []);
      const version = await tagging.put(bucket, input.Key ?? '', given(input.VersionId), tags, originOf(context));
      return { VersionId: versionIdOf(bucket, version) };
    },

    async DeleteObjectTagging(input, context) {
      const bucket = bucketOf(buckets, input, context);
      const version = await tagging.put(bucket, input.Key ?? '', given(input.VersionId), {}, originOf(context));
      return { VersionId: versionIdOf(bucket, version) };
    },

    async GetObjectAcl(input, context) {
      const bucket = bucketOf(buckets, input, context);
      await objects.get(bucket, input.Key ?? '', { versionId: given(input.VersionId) });
      return fullControlOf(bucket.accountId);
    },

    async PutObjectAcl(input, context) {
      const bucket = bucketOf(buckets, input, context);
      await objects.get(bucket, input.Key ?? '', { versionId: given(input.VersionId) });
      assertAcl(input, buckets, bucket.name);
      assertOwnGrants(input.AccessControlPolicy?.Grants, bucket.accountId);
      return {};
    },
  } satisfies HandlersOf<S3>;
}

type Grants = readonly { Grantee?: { ID?: string | undefined } | undefined }[] | undefined;

/** The one grant there is: everything to the owner. */
export function fullControlOf(accountId: string) {
  const { Owner } = ownerOf(accountId);
  const Grantee = { Type: 'CanonicalUser' as const, ...Owner };
  return { Owner, Grants: [{ Grantee, Permission: 'FULL_CONTROL' as const }] };
}

/** @throws AccessControlListNotSupported when a policy gives rights to anybody but the owner */
export function assertOwnGrants(grants: Grants, accountId: string): void {
  const { ID } = ownerOf(accountId).Owner;
  const foreign = (grants ?? []).some(({ Grantee }) => Grantee?.ID !== ID);
  if (foreign) throw aclNotSupported();
}
