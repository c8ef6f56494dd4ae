/**
 * Events of an answer as they happen ("Amazon Event Stream Specification" of Smithy 2.0): each a message of lengths, a
 * checksum of them, headers, payload and a checksum of all.
 */
import { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import type { Member, Shape } from '../../model/model.ts';
import { toBytes } from '../tree.ts';

export const eventStreamType = 'application/vnd.amazon.eventstream';

/** One member of the union by its name. */
export type StreamEvent = Readonly<Record<string, unknown>>;

const stringType = 7;
/** Lengths of the message and its headers, and their checksum. */
const preludeBytes = 12;

/**
 * @param union the shape of the stream: its members are the kinds of events
 * @param encode what an event says that is not mere bytes, in the protocol's format
 */
export function encodeEventStream(
  union: Shape,
  events: AsyncIterable<StreamEvent>,
  format: { readonly contentType: string; encode(event: Member, value: unknown): string },
): Readable {
  async function* messages(): AsyncGenerator<Buffer> {
    for await (const event of events) {
      for (const [name, value] of Object.entries(event)) {
        const member = union.members.get(name);
        if (member === undefined || value === undefined) continue;
        const { type, payload } = payloadOf(member, value as Readonly<Record<string, unknown>>, format);
        yield encodeMessage({ ':event-type': name, ':content-type': type, ':message-type': 'event' }, payload);
      }
    }
  }
  return Readable.from(messages(), { objectMode: false });
}

function payloadOf(
  event: Member,
  value: Readonly<Record<string, unknown>>,
  format: { readonly contentType: string; encode(event: Member, value: unknown): string },
): { type: string; payload: Buffer } {
  const bytes = [...event.shape.members.values()].find(
    ({ shape, traits }) => traits.eventpayload === true && shape.type === 'blob',
  );
  if (bytes !== undefined) {
    return { type: 'application/octet-stream', payload: Buffer.from(toBytes(value[bytes.name] ?? '')) };
  }
  return { type: format.contentType, payload: Buffer.from(format.encode(event, value)) };
}

function encodeMessage(headers: Readonly<Record<string, string>>, payload: Buffer): Buffer {
  const head = Buffer.concat(Object.entries(headers).map(([name, value]) => encodeHeader(name, value)));
  const prelude = Buffer.alloc(preludeBytes);
  prelude.writeUInt32BE(preludeBytes + head.length + payload.length + 4, 0);
  prelude.writeUInt32BE(head.length, 4);
  prelude.writeUInt32BE(crc32(prelude.subarray(0, 8)), 8);
  const message = Buffer.concat([prelude, head, payload]);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(message));
  return Buffer.concat([message, sum]);
}

function encodeHeader(name: string, value: string): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(Buffer.byteLength(value));
  return Buffer.concat([
    Buffer.of(Buffer.byteLength(name)),
    Buffer.from(name),
    Buffer.of(stringType),
    length,
    Buffer.from(value),
  ]);
}
