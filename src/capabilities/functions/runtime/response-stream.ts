/** An answer that comes in pieces: from the runtime's request to whoever waits for it, without being held in between. */
import type { IncomingMessage } from 'node:http';
import type { Readable, Writable } from 'node:stream';

export interface ResponseStream {
  /** As the function said it. */
  readonly contentType: string;
  /** Ends with the function, also with one that failed: the result of the invocation tells. */
  readonly body: Readable;
}

// Limit: a streamed answer has at most 200 MiB, as in AWS.
export const streamBytesMax = 200 * 2 ** 20;

export type StreamEnd =
  | { readonly kind: 'whole' }
  /** The function failed after it had begun to answer: JSON with `errorType` and `errorMessage`. */
  | { readonly kind: 'fault'; readonly body: Buffer }
  | { readonly kind: 'oversize'; readonly sizeBytes: number }
  /** The runtime died while it spoke. */
  | { readonly kind: 'cut' };

/** Whether the runtime sends its answer in pieces. */
export function isStreamed({ headers }: IncomingMessage): boolean {
  return headers['lambda-runtime-function-response-mode'] === 'streaming';
}

/** What a runtime tells behind the pieces when its function failed; undefined when it did not. */
export function faultIn({ trailers }: IncomingMessage): Buffer | undefined {
  const errorType = trailers['lambda-runtime-function-error-type'];
  if (errorType === undefined) return undefined;
  const told = Buffer.from(trailers['lambda-runtime-function-error-body'] ?? '', 'base64');
  return told.length > 0 ? told : Buffer.from(JSON.stringify({ errorType, errorMessage: errorType }));
}

/**
 * Hands the pieces on at the pace of the taker; what comes behind a taker that has gone is read and dropped, so that the
 * function ends as it would have. The owner of the sink ends it.
 */
export function pump(request: IncomingMessage, sink: Writable): Promise<StreamEnd> {
  let sizeBytes = 0;
  return new Promise((resolve) => {
    const resume = (): void => void request.resume();
    sink.on('drain', resume).once('close', resume);
    request.on('data', (piece: Buffer) => {
      sizeBytes += piece.length;
      if (sizeBytes > streamBytesMax || sink.destroyed || sink.writableEnded) return;
      if (!sink.write(piece)) request.pause();
    });
    request.once('end', () => {
      const fault = faultIn(request);
      if (fault !== undefined) return resolve({ kind: 'fault', body: fault });
      if (sizeBytes > streamBytesMax) return resolve({ kind: 'oversize', sizeBytes });
      resolve({ kind: 'whole' });
    });
    request.once('error', () => resolve({ kind: 'cut' })).once('close', () => resolve({ kind: 'cut' }));
  });
}
