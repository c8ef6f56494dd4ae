/** What the signature says about the body, and the body freed of its framing and checked against it. */
import { Readable, type Transform } from 'node:stream';
import { pipeline } from 'node:stream';
import { PlatformError } from '#kernel/errors';
import type { HttpRequest, Payload } from '../api.ts';
import { collect, contentMismatch, createHashCheck, streamOf } from '../body.ts';
import { signatureError, type ErrorFamily } from '../errors.ts';
import { sha256Hex } from './canonical.ts';
import { ChunkedDecoder, type ChunkSigning } from './chunked.ts';
import type { Claims } from './claims.ts';
import type { Verified } from './verifier.ts';

const unsigned = 'UNSIGNED-PAYLOAD';

/** The forms of `x-amz-content-sha256` that announce aws-chunked framing. */
const framings: Readonly<Record<string, { hasSignatures: boolean; hasTrailer: boolean }>> = {
  'STREAMING-AWS4-HMAC-SHA256-PAYLOAD': { hasSignatures: true, hasTrailer: false },
  'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER': { hasSignatures: true, hasTrailer: true },
  'STREAMING-UNSIGNED-PAYLOAD-TRAILER': { hasSignatures: false, hasTrailer: true },
};

export interface OpenedPayload {
  readonly body: Buffer | Readable;
  readonly payload: Payload;
  /** The headers as they would be without the framing. */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * What stands for the body in the canonical request.
 * @param raw the body where it was read whole
 */
export function signedPayloadHash(
  request: HttpRequest,
  claims: Claims,
  raw: Buffer | undefined,
  family: ErrorFamily,
): string {
  const claimed = request.headers['x-amz-content-sha256'] ?? presignedHash(request.rawQuery);
  if (claimed !== undefined) return checkForm(claimed, family);
  if (family === 's3' && claims.expiresSeconds !== undefined) return unsigned;
  if (raw === undefined) {
    throw new PlatformError(
      'invalid',
      family === 's3' ? 'MissingSecurityHeader' : 'IncompleteSignatureException',
      'Your request was missing a required header: x-amz-content-sha256.',
    );
  }
  return sha256Hex(raw);
}

/**
 * Takes the framing off and sets the checks that the signature demands. A streamed body fails at its end when it does
 * not pass them.
 * @param verified undefined for an anonymous call
 * @param bytesMax how much of a body that is read whole is taken
 */
export async function openPayload(
  request: HttpRequest,
  raw: Buffer | undefined,
  verified: Verified | undefined,
  bytesMax: number,
): Promise<OpenedPayload> {
  const claimed = request.headers['x-amz-content-sha256'];
  const framing = claimed === undefined ? undefined : framings[claimed];
  if (framing !== undefined) return openFramed(request, raw, framing, verified, bytesMax);
  const announced = readLength(request.headers['content-length']);
  const isHash = claimed !== undefined && /^[0-9a-f]{64}$/.test(claimed) && verified?.key !== undefined;
  if (raw !== undefined) {
    if (isHash && sha256Hex(raw) !== claimed) throw contentMismatch();
    return { body: raw, payload: plainPayload(raw.length), headers: request.headers };
  }
  const body = isHash ? chain(request.body, createHashCheck(claimed)) : request.body;
  return { body, payload: plainPayload(announced), headers: request.headers };
}

async function openFramed(
  request: HttpRequest,
  raw: Buffer | undefined,
  framing: { hasSignatures: boolean; hasTrailer: boolean },
  verified: Verified | undefined,
  bytesMax: number,
): Promise<OpenedPayload> {
  const decodedSizeBytes = readLength(request.headers['x-amz-decoded-content-length']);
  const decoder = new ChunkedDecoder({
    ...framing,
    signing: framing.hasSignatures && verified?.key !== undefined ? chunkSigning(verified, verified.key) : undefined,
    decodedSizeBytes,
  });
  const payload: Payload = { decodedSizeBytes, trailers: () => decoder.trailers };
  const headers = withoutFraming(request.headers, decodedSizeBytes);
  const stream = chain(raw === undefined ? request.body : streamOf(raw), decoder);
  return { body: raw === undefined ? stream : await collect(stream, bytesMax), payload, headers };
}

function chunkSigning({ claims }: Verified, key: Buffer): ChunkSigning {
  return {
    key,
    timestamp: claims.timestamp,
    scope: `${claims.date}/${claims.region}/${claims.service}/aws4_request`,
    seedSignature: claims.signature,
  };
}

function plainPayload(sizeBytes: number | undefined): Payload {
  return { decodedSizeBytes: sizeBytes, trailers: () => ({}) };
}

function withoutFraming(
  headers: Readonly<Record<string, string>>,
  decodedSizeBytes: number | undefined,
): Record<string, string> {
  const { 'content-encoding': encoding, 'content-length': _, ...rest } = headers;
  const encodings = (encoding ?? '').split(',').map((part) => part.trim());
  const kept = encodings.filter((part) => part !== '' && part !== 'aws-chunked').join(',');
  return {
    ...rest,
    ...(kept === '' ? {} : { 'content-encoding': kept }),
    ...(decodedSizeBytes === undefined ? {} : { 'content-length': String(decodedSizeBytes) }),
  };
}

/** Errors go to the end that is read; closing that end closes the source. */
function chain(source: Readable, ...checks: Transform[]): Readable {
  return pipeline([source, ...checks], () => undefined) as unknown as Readable;
}

function readLength(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

function checkForm(claimed: string, family: ErrorFamily): string {
  if (claimed === unsigned || Object.hasOwn(framings, claimed) || /^[0-9a-f]{64}$/.test(claimed)) return claimed;
  if (family !== 's3') throw signatureError('badSignature', family, "'x-amz-content-sha256' is not a SHA-256 hash.");
  throw new PlatformError(
    'invalid',
    'InvalidArgument',
    `x-amz-content-sha256 must be UNSIGNED-PAYLOAD, a STREAMING form with AWS4-HMAC-SHA256, or a SHA-256 hash, not '${claimed.slice(0, 80)}'.`,
  );
}

function presignedHash(rawQuery: string): string | undefined {
  return /(?:^|&)X-Amz-Content-Sha256=([^&]+)/i.exec(rawQuery)?.[1];
}
