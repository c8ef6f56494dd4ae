/** The lake's front door. */
export { createLake, type LakeOptions } from './capability.ts';
export {
  Lake,
  type CommitOptions,
  type FileCommit,
  type LakeObject,
  type ObjectName,
  type PutOptions,
} from './lake.ts';
export type { Bucket } from './buckets/bucket.ts';
export type { ObjectListener, ObjectNotice } from './objects/notices.ts';
export type { Origin } from './objects/object.ts';
export { lakeSchema } from './store/schema.ts';
export { findS3Uri, formatS3Uri, parseS3Uri, type S3Uri } from './s3-uri.ts';
