/** `PUT /_cloudformation/callback/<token>`: where custom resources answer and wait conditions are signalled. */
import type { HttpRequest, Route } from '#gateway';
import { callbackPath, signalBytesMax } from './mailbox.ts';
import type { Mailboxes } from './mailboxes.ts';

/** Limit: of an answer that is too long, as much is read as is needed to say so. */
const bodyBytesMax = 1_000_000;

export function callbackRoute(mailboxes: Mailboxes): Route {
  return {
    matches: ({ rawPath }) => rawPath.startsWith(callbackPath),
    async handle(request) {
      if (request.method !== 'PUT') return { status: 405, headers: { allow: 'PUT' }, body: 'Use PUT.\n' };
      const text = await read(request);
      const isTooLong = text === undefined || Buffer.byteLength(text) > signalBytesMax;
      const tooLong = JSON.stringify({ Status: 'FAILED', Reason: 'Response object is too long.' });
      const found = await mailboxes.receive(request.rawPath, isTooLong ? tooLong : text);
      if (!found) return { status: 403, body: 'There is no such address, or nobody waits there any more.\n' };
      return text === undefined ? { status: 413, body: 'The body is too large.\n' } : { status: 200 };
    },
  };
}

async function read({ body }: HttpRequest): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    sizeBytes += chunk.length;
    if (sizeBytes > bodyBytesMax) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
