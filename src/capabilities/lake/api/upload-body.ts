/** Takes a body in: staged, counted, and held against every digest that the client sent with it. */
import type { Readable } from 'node:stream';
import type { RequestContext } from '#gateway';
import {
  assertChecksumValue,
  checksumAlgorithms,
  checksumHeader,
  parseChecksumAlgorithm,
  type Checksum,
  type ChecksumAlgorithm,
} from '../content/checksum.ts';
import type { StagedFile } from '../disk/staging.ts';
import { badDigest, incompleteBody, invalidDigest, invalidRequest, notImplemented } from '../errors.ts';
import type { Shelf } from '../objects/shelf.ts';
import { toStorageError } from '../disk/storage-error.ts';

// Differs from AWS: an upload without a checksum gets none; S3 would add CRC64NVME of its own.
/** A single PUT takes this much. */
export const putBytesMax = 5 * 1024 ** 3;
/** Bodies up to this are gathered in memory and written with one call. */
const smallBytesMax = 64 * 1024;

export interface BodyInput {
  readonly Body?: unknown;
  readonly ContentMD5?: string | undefined;
  readonly ChecksumAlgorithm?: string | undefined;
}

export interface ReceivedBody {
  readonly staged: StagedFile;
  /** The one that the client sent or asked for. */
  readonly checksum: Checksum | undefined;
}

interface ExpectedChecksum {
  readonly algorithm: ChecksumAlgorithm;
  /** Known before the body, or undefined when it follows in the trailer or is only asked for. */
  readonly value: string | undefined;
  readonly isTrailing: boolean;
}

/**
 * @param wanted an algorithm to compute although the client sent no value (that of the multipart upload)
 * @throws BadDigest, InvalidDigest, IncompleteBody, EntityTooLarge, InvalidRequest; nothing stays behind then
 */
export async function receiveBody(
  shelf: Shelf,
  input: BodyInput,
  context: RequestContext,
  wanted?: ChecksumAlgorithm,
): Promise<ReceivedBody> {
  const expected = expectedChecksum(input, context, wanted);
  const md5 = input.ContentMD5 === undefined ? undefined : decodeMd5(input.ContentMD5);
  const { decodedSizeBytes } = context.payload;
  const body = await toBody(input.Body, decodedSizeBytes);
  let staged: StagedFile;
  try {
    staged = await shelf.staging.write(shelf.store.nextId(), body, {
      algorithms: expected === undefined ? [] : [expected.algorithm],
      sizeMaxBytes: putBytesMax,
    });
  } catch (error) {
    throw toStorageError(error, 'the upload');
  }
  try {
    if (decodedSizeBytes !== undefined && decodedSizeBytes !== staged.sizeBytes && isWire(context)) {
      throw incompleteBody(decodedSizeBytes, staged.sizeBytes);
    }
    if (md5 !== undefined && md5 !== staged.md5) throw badDigest('Content-MD5');
    return { staged, checksum: expected && verifyChecksum(expected, staged, context) };
  } catch (error) {
    staged.discard();
    throw error;
  }
}

/** A call from inside has no headers, and its body's length is what it brought. */
function isWire(context: RequestContext): boolean {
  return Object.keys(context.headers).length > 0;
}

function expectedChecksum(
  input: BodyInput,
  context: RequestContext,
  wanted: ChecksumAlgorithm | undefined,
): ExpectedChecksum | undefined {
  const unknown = Object.keys(input).find((name) => name.startsWith('ChecksumXXHASH'));
  if (unknown !== undefined && input[unknown as keyof BodyInput] !== undefined) {
    throw notImplemented(`the checksum ${unknown.slice('Checksum'.length)}`);
  }
  const values = input as Readonly<Record<string, string | undefined>>;
  const sent = checksumAlgorithms.filter((algorithm) => values[`Checksum${algorithm}`] !== undefined);
  const trailing = trailingAlgorithms(context);
  if (sent.length + trailing.length > 1) {
    throw invalidRequest('Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.');
  }
  const [algorithm] = sent;
  if (algorithm !== undefined) {
    const value = values[`Checksum${algorithm}`] as string;
    assertChecksumValue(algorithm, value);
    return { algorithm, value, isTrailing: false };
  }
  if (trailing[0] !== undefined) return { algorithm: trailing[0], value: undefined, isTrailing: true };
  const asked = wanted ?? parseChecksumAlgorithm(input.ChecksumAlgorithm);
  return asked === undefined ? undefined : { algorithm: asked, value: undefined, isTrailing: false };
}

function trailingAlgorithms(context: RequestContext): ChecksumAlgorithm[] {
  const announced = (context.headers['x-amz-trailer'] ?? '').split(',').map((name) => name.trim().toLowerCase());
  return checksumAlgorithms.filter((algorithm) => announced.includes(checksumHeader(algorithm)));
}

function verifyChecksum(expected: ExpectedChecksum, staged: StagedFile, context: RequestContext): Checksum {
  const { algorithm } = expected;
  const computed = staged.checksums[algorithm] as string;
  const sent = expected.isTrailing ? context.payload.trailers()[checksumHeader(algorithm)] : expected.value;
  if (expected.isTrailing && sent === undefined) {
    throw invalidRequest(`The trailer ${checksumHeader(algorithm)} was announced and did not arrive.`);
  }
  if (sent !== undefined) {
    assertChecksumValue(algorithm, sent);
    if (sent !== computed) throw badDigest(algorithm);
  }
  return { algorithm, value: computed, type: 'FULL_OBJECT' };
}

function decodeMd5(text: string): string {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length !== 16 || bytes.toString('base64') !== text) throw invalidDigest(text);
  return bytes.toString('hex');
}

async function toBody(body: unknown, sizeBytes: number | undefined): Promise<Uint8Array | Readable> {
  if (body === undefined || body === null) return new Uint8Array(0);
  if (typeof body === 'string') return Buffer.from(body);
  if (body instanceof Uint8Array) return body;
  const stream = body as Readable;
  if (sizeBytes === undefined || sizeBytes > smallBytesMax) return stream;
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
}
