/**
 * The checksums of S3 ("Checking object integrity"): which there are, how they are computed while bytes pass by, and
 * how those of parts become that of a whole (COMPOSITE: a digest of digests; FULL_OBJECT: the joined CRC).
 */
import { createHash, type Hash } from 'node:crypto';
import { invalidRequest } from '../errors.ts';
import { Crc32, Crc32c, Crc64Nvme, combineCrc, type Crc } from './crc.ts';

// Differs from AWS: the XXHASH family is refused.
export const checksumAlgorithms = ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256', 'SHA512', 'MD5'] as const;
export type ChecksumAlgorithm = (typeof checksumAlgorithms)[number];
export type ChecksumType = 'FULL_OBJECT' | 'COMPOSITE';

export interface Checksum {
  readonly algorithm: ChecksumAlgorithm;
  /** Base64; a composite one ends in `-<parts>`. */
  readonly value: string;
  readonly type: ChecksumType;
}

const digestBytes: Record<ChecksumAlgorithm, number> = {
  CRC32: 4,
  CRC32C: 4,
  CRC64NVME: 8,
  SHA1: 20,
  SHA256: 32,
  SHA512: 64,
  MD5: 16,
};

export function isChecksumAlgorithm(text: string | undefined): text is ChecksumAlgorithm {
  return checksumAlgorithms.some((algorithm) => algorithm === text);
}

/** @throws InvalidRequest for an algorithm that S3 does not know */
export function parseChecksumAlgorithm(text: string | undefined): ChecksumAlgorithm | undefined {
  if (text === undefined || text === '') return undefined;
  const upper = text.toUpperCase();
  if (isChecksumAlgorithm(upper)) return upper;
  throw invalidRequest(`'${text}' is no checksum algorithm. Use one of ${checksumAlgorithms.join(', ')}.`);
}

/** `x-amz-checksum-crc32` and its like. */
export function checksumHeader(algorithm: ChecksumAlgorithm): string {
  return `x-amz-checksum-${algorithm.toLowerCase()}`;
}

/** @throws InvalidRequest when the value has another length than the algorithm's digest */
export function assertChecksumValue(algorithm: ChecksumAlgorithm, value: string): void {
  if (/^[A-Za-z0-9+/]+={0,2}$/.test(value) && Buffer.from(value, 'base64').length === digestBytes[algorithm]) return;
  throw invalidRequest(`Value for ${checksumHeader(algorithm)} header is invalid: '${value}'.`);
}

/** Digests of one stream of bytes: MD5 and whichever checksums were asked for. */
export class Digests {
  readonly #md5 = createHash('md5');
  readonly #checksums: [ChecksumAlgorithm, Crc | HashDigest][];

  constructor(algorithms: readonly ChecksumAlgorithm[]) {
    this.#checksums = algorithms.map((algorithm) => [algorithm, createDigest(algorithm)]);
  }

  update(bytes: Uint8Array): void {
    this.#md5.update(bytes);
    for (const [, digest] of this.#checksums) digest.update(bytes);
  }

  /** Hexadecimal MD5 and Base64 checksums; ends the digests. */
  finish(): { md5: string; checksums: Partial<Record<ChecksumAlgorithm, string>> } {
    return {
      md5: this.#md5.digest('hex'),
      checksums: Object.fromEntries(
        this.#checksums.map(([algorithm, digest]) => [algorithm, digest.digest().toString('base64')]),
      ),
    };
  }
}

class HashDigest {
  readonly #hash: Hash;

  constructor(name: string) {
    this.#hash = createHash(name);
  }

  update(bytes: Uint8Array): void {
    this.#hash.update(bytes);
  }

  digest(): Buffer {
    return this.#hash.digest();
  }
}

function createDigest(algorithm: ChecksumAlgorithm): Crc | HashDigest {
  switch (algorithm) {
    case 'CRC32':
      return new Crc32();
    case 'CRC32C':
      return new Crc32c();
    case 'CRC64NVME':
      return new Crc64Nvme();
    default:
      return new HashDigest(algorithm.toLowerCase());
  }
}

/** What an upload's checksum type is when the client does not say. */
export function defaultChecksumType(algorithm: ChecksumAlgorithm): ChecksumType {
  return algorithm === 'CRC64NVME' ? 'FULL_OBJECT' : 'COMPOSITE';
}

/** @throws InvalidRequest for a pair that S3 does not offer */
export function assertChecksumType(algorithm: ChecksumAlgorithm, type: ChecksumType): void {
  const isOffered = type === 'FULL_OBJECT' ? algorithm.startsWith('CRC') : algorithm !== 'CRC64NVME';
  if (!isOffered) {
    throw invalidRequest(`The ${type} checksum type cannot be used with the ${algorithm} checksum algorithm.`);
  }
}

/** The checksum of a multipart object from those of its parts, in order. */
export function joinChecksums(
  algorithm: ChecksumAlgorithm,
  type: ChecksumType,
  parts: readonly { readonly value: string; readonly sizeBytes: number }[],
): Checksum {
  if (type === 'COMPOSITE') {
    const digest = createDigest(algorithm);
    for (const part of parts) digest.update(Buffer.from(part.value, 'base64'));
    return { algorithm, type, value: `${digest.digest().toString('base64')}-${parts.length}` };
  }
  const kind = algorithm as 'CRC32' | 'CRC32C' | 'CRC64NVME';
  const joined = parts
    .map((part) => ({ digest: Buffer.from(part.value, 'base64') as Buffer, sizeBytes: part.sizeBytes }))
    .reduce((whole, part) => ({
      digest: combineCrc(kind, whole.digest, part.digest, part.sizeBytes),
      sizeBytes: whole.sizeBytes + part.sizeBytes,
    }));
  return { algorithm, type, value: joined.digest.toString('base64') };
}
