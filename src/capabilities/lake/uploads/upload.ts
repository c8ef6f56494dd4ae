/** A multipart upload: what was said at its start, and the parts that came. S3 user guide, "Multipart upload limits". */
import { createHash } from 'node:crypto';
import { PlatformError } from '#kernel/errors';
import { joinChecksums, type Checksum, type ChecksumAlgorithm, type ChecksumType } from '../content/checksum.ts';
import { badDigest, entityTooSmall, invalidArgument, malformedXml } from '../errors.ts';
import type { ObjectAttributes, ObjectPart } from '../objects/object.ts';

export const partNumberMax = 10_000;
const partBytesMin = 5 * 1024 ** 2;

export interface Upload {
  readonly id: string;
  readonly bucket: string;
  readonly key: string;
  readonly initiatedAt: Date;
  readonly attributes: ObjectAttributes;
  readonly checksumAlgorithm: ChecksumAlgorithm | undefined;
  readonly checksumType: ChecksumType | undefined;
}

export interface UploadedPart {
  readonly number: number;
  /** Name of the file with its bytes. */
  readonly fileId: number;
  /** Hexadecimal MD5. */
  readonly etag: string;
  readonly sizeBytes: number;
  readonly lastModified: Date;
  /** Base64 by algorithm. */
  readonly checksums: Partial<Record<ChecksumAlgorithm, string>>;
}

/** A part as the client names it when it completes the upload. */
export interface NamedPart {
  readonly number: number;
  /** With or without quotes. */
  readonly etag: string;
  readonly checksums: Partial<Record<ChecksumAlgorithm, string>>;
}

/** What the object will be. */
export interface Assembly {
  readonly parts: readonly UploadedPart[];
  readonly etag: string;
  readonly sizeBytes: number;
  readonly checksum: Checksum | undefined;
  readonly objectParts: readonly ObjectPart[];
}

const invalidPart = (number: number, reason: string): PlatformError =>
  new PlatformError('invalid', 'InvalidPart', `Part ${number} ${reason}. Upload it again, or leave it out.`, {
    details: { PartNumber: number },
  });

/** @throws InvalidArgument */
export function assertPartNumber(number: number | undefined): number {
  if (number !== undefined && Number.isInteger(number) && number >= 1 && number <= partNumberMax) return number;
  throw invalidArgument(
    `Part number must be an integer between 1 and ${partNumberMax}, inclusive.`,
    'partNumber',
    String(number),
  );
}

/**
 * Holds the client's list against what was uploaded.
 * @throws MalformedXML (no parts), InvalidPartOrder, InvalidPart, EntityTooSmall, BadDigest
 */
export function planAssembly(upload: Upload, uploaded: readonly UploadedPart[], named: readonly NamedPart[]): Assembly {
  if (named.length === 0) throw malformedXml('You must specify at least one part.');
  const byNumber = new Map(uploaded.map((part) => [part.number, part]));
  const algorithm = upload.checksumAlgorithm;
  const misplaced = named.find((name, index) => name.number <= (named[index - 1]?.number ?? 0));
  if (misplaced !== undefined) {
    throw new PlatformError(
      'invalid',
      'InvalidPartOrder',
      `The list of parts was not in ascending order at part ${misplaced.number}.`,
    );
  }
  const parts = named.map((name, index) => {
    const part = byNumber.get(name.number);
    if (part === undefined) throw invalidPart(name.number, 'was not uploaded');
    if (name.etag.replaceAll('"', '') !== part.etag)
      throw invalidPart(name.number, `has the ETag "${part.etag}", not ${name.etag}`);
    const isLast = index === named.length - 1;
    if (!isLast && part.sizeBytes < partBytesMin) throw entityTooSmall(part.number, part.sizeBytes);
    for (const [kind, value] of Object.entries(name.checksums)) {
      if (part.checksums[kind as ChecksumAlgorithm] !== value)
        throw invalidPart(part.number, `has another ${kind} than ${value}`);
    }
    return part;
  });
  const valueOf = (part: UploadedPart): string | undefined => algorithm && part.checksums[algorithm];
  return {
    parts,
    etag: `${createHash('md5')
      .update(Buffer.from(parts.map((part) => part.etag).join(''), 'hex'))
      .digest('hex')}-${parts.length}`,
    sizeBytes: parts.reduce((sum, part) => sum + part.sizeBytes, 0),
    checksum:
      algorithm && upload.checksumType
        ? joinChecksums(
            algorithm,
            upload.checksumType,
            parts.map((part) => ({ value: valueOf(part) ?? '', sizeBytes: part.sizeBytes })),
          )
        : undefined,
    objectParts: parts.map((part) => {
      const checksum = valueOf(part);
      return { number: part.number, sizeBytes: part.sizeBytes, ...(checksum !== undefined && { checksum }) };
    }),
  };
}

/** @throws BadDigest when the client's checksum of the whole differs */
export function assertWholeChecksum(assembly: Assembly, sent: Partial<Record<ChecksumAlgorithm, string>>): void {
  for (const [algorithm, value] of Object.entries(sent)) {
    const { checksum } = assembly;
    if (checksum?.algorithm !== algorithm)
      throw invalidArgument(`The upload was not started with the checksum ${algorithm}.`);
    // A composite checksum may be sent without its count of parts.
    if (checksum.value !== value && checksum.value.replace(/-\d+$/, '') !== value) throw badDigest(algorithm);
  }
}
