/** Reading a request's body: whole into memory within a limit, or through checks as a stream. */
import { createHash } from 'node:crypto';
import { Readable, Transform } from 'node:stream';
import { PlatformError } from '#kernel/errors';
import { bodyTooLarge } from './errors.ts';

/**
 * Reads the stream to its end.
 * @throws RequestEntityTooLarge once more than `limitBytes` have come
 */
export function collect(body: Readable, limitBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let sizeBytes = 0;
    body.on('data', (chunk: Buffer) => {
      sizeBytes += chunk.length;
      if (sizeBytes <= limitBytes) chunks.push(chunk);
      else {
        chunks.length = 0;
        body.pause();
        reject(bodyTooLarge(limitBytes));
      }
    });
    body.once('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)));
    body.once('error', reject);
    body.once('close', () => {
      if (!body.readableEnded) reject(incompleteBody());
    });
  });
}

/** A stream of bytes that are there already; much lighter than `Readable.from`. */
export function streamOf(bytes: Uint8Array): Readable {
  const stream = new Readable({ read: () => undefined });
  if (bytes.length > 0) stream.push(bytes);
  stream.push(null);
  return stream;
}

/** Passes a body on and fails at its end when it is not the one that was signed. */
export function createHashCheck(expectedHex: string): Transform {
  const hash = createHash('sha256');
  return new Transform({
    transform(chunk: Buffer, _, done) {
      hash.update(chunk);
      done(null, chunk);
    },
    flush(done) {
      done(hash.digest('hex') === expectedHex ? null : contentMismatch());
    },
  });
}

export function contentMismatch(): PlatformError {
  return new PlatformError(
    'invalid',
    'XAmzContentSHA256Mismatch',
    "The provided 'x-amz-content-sha256' header does not match what was computed.",
  );
}

export function incompleteBody(): PlatformError {
  return new PlatformError(
    'invalid',
    'IncompleteBody',
    'You did not provide the number of bytes specified by the Content-Length HTTP header.',
  );
}
