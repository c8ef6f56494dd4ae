/** The web's view of an answer in pieces: a head in JSON, eight NUL bytes and the body, or the body alone. */
import { Readable } from 'node:stream';
import type { HttpResponse } from '#gateway';
import type { InvocationResult } from '../invoke/invocation.ts';
import type { ResponseStream } from '../runtime/response-stream.ts';
import { badGateway, httpResponse } from './http-event.ts';

const preludeType = 'application/vnd.awslambda.http-integration-response';
const delimiter = Buffer.alloc(8);
// Limit: the head of a streamed answer has at most 64 KiB.
const preludeBytesMax = 65_536;

/** @param result of the invocation: an answer whose function failed is cut off, so that nobody takes it for whole */
export async function streamAnswer(
  { contentType, body }: ResponseStream,
  result: Promise<InvocationResult>,
): Promise<HttpResponse> {
  const pieces = Readable.from(untilFailure(body, result), { objectMode: false, highWaterMark: 1 });
  if (contentType !== preludeType) return { status: 200, headers: { 'content-type': contentType }, body: pieces };
  const prelude = await takePrelude(body);
  const head = prelude && headOf(prelude);
  if (head === undefined) {
    body.destroy();
    return badGateway();
  }
  return { ...head, body: pieces };
}

/** Reads no further ahead than one piece: none is lost when the failure comes. */
async function* untilFailure(body: Readable, result: Promise<InvocationResult>): AsyncGenerator<Buffer> {
  yield* body as AsyncIterable<Buffer>;
  const { functionError } = await result;
  if (functionError !== undefined) throw new Error('The function failed while it answered.');
}

function headOf(prelude: Buffer): HttpResponse | undefined {
  try {
    const { statusCode = 200, headers, cookies } = JSON.parse(prelude.toString('utf8')) as Record<string, unknown>;
    const types = { 'content-type': 'application/octet-stream', ...(headers as object | undefined) };
    const told = { statusCode, headers: types, cookies };
    return httpResponse(Buffer.from(JSON.stringify(told)));
  } catch {
    return undefined;
  }
}

/** The bytes before the delimiter, which the stream then no longer holds; undefined when it ends without one. */
function takePrelude(body: Readable): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    let held = Buffer.alloc(0);
    const done = (prelude: Buffer | undefined): void => {
      body.off('readable', look).off('end', giveUp).off('close', giveUp);
      resolve(prelude);
    };
    const giveUp = (): void => done(undefined);
    const look = (): void => {
      for (let piece = body.read() as Buffer | null; piece !== null; piece = body.read() as Buffer | null) {
        held = Buffer.concat([held, piece]);
        const at = held.indexOf(delimiter);
        if (at !== -1) {
          const rest = held.subarray(at + delimiter.length);
          if (rest.length > 0) body.unshift(rest);
          return done(held.subarray(0, at));
        }
        if (held.length > preludeBytesMax) return giveUp();
      }
    };
    body.on('readable', look).once('end', giveUp).once('close', giveUp);
  });
}
