/** An object version: what the lake knows of one state of one key. */
import type { Checksum } from '../content/checksum.ts';
import { isSameFile, type FileIdentity } from '../disk/file-identity.ts';

/** The version id of what was written while its bucket did not keep versions. */
export const nullVersionId = 'null';

/** Recorded, echoed, and without effect on the bytes. */
export interface Encryption {
  readonly algorithm: string;
  readonly kmsKeyId?: string;
  readonly isBucketKeyEnabled?: boolean;
}

export interface ObjectPart {
  readonly number: number;
  readonly sizeBytes: number;
  readonly checksum?: string;
}

/** What a writer says of an object beside its bytes; also the JSON form in the state. */
export interface ObjectAttributes {
  readonly contentType: string;
  readonly cacheControl?: string;
  readonly contentDisposition?: string;
  readonly contentEncoding?: string;
  readonly contentLanguage?: string;
  readonly expires?: string;
  readonly redirectLocation?: string;
  /** The `x-amz-meta-` headers, without the prefix, in lower case. */
  readonly metadata?: Readonly<Record<string, string>>;
  readonly tags?: Readonly<Record<string, string>>;
  readonly storageClass?: string;
  readonly encryption?: Encryption;
  readonly checksum?: Checksum;
  /** Of a multipart upload. */
  readonly parts?: readonly ObjectPart[];
}

export interface ObjectVersion {
  /** Number of the row; also the name of the staged and of the archived file. */
  readonly id: number;
  readonly bucket: string;
  readonly key: string;
  readonly versionId: string;
  /** Among the versions of a key, the newest has the highest. */
  readonly sequence: number;
  readonly isMarker: boolean;
  /** Whether the bytes lie in the archive too: those of a version that is not the current one. */
  readonly isArchived: boolean;
  /** Without quotes. */
  readonly etag: string;
  readonly sizeBytes: number;
  readonly lastModified: Date;
  /** Of the file that has these bytes; what lies on disk says by this which row is true. */
  readonly identity: FileIdentity;
  readonly attributes: ObjectAttributes;
}

/** Something that happens to an object, with who asked for it; told to listeners after it is durable. */
export interface Origin {
  readonly requestId: string;
  /** The account, or the service that asked. */
  readonly requester: string;
  readonly sourceIp: string;
  /** The X-Ray trace header of the request: functions that it leads to are counted by it. */
  readonly traceHeader?: string | undefined;
}

/** The row that describes the file: among equals the one of the same inode, else the newest. */
export function matchVersion(versions: readonly ObjectVersion[], file: FileIdentity): ObjectVersion | undefined {
  const matches = versions.filter((version) => !version.isMarker && isSameFile(version.identity, file));
  return matches.find((version) => version.identity.inode === file.inode) ?? matches[0];
}
