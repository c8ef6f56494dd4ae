/**
 * The two protocols with CBOR bodies: smithy rpc-v2-cbor (CloudWatch from Go, Java, PHP) and the older
 * `application/x-amz-cbor-1.1`, which is AWS JSON 1.1 in other clothes (Kinesis from Java).
 */
import type { HttpResponse } from '../api.ts';
import { unknownOperation, unreadable } from '../errors.ts';
import { decodeCbor, encodeCbor } from './cbor.ts';
import { errorMembers, queryErrorHeader } from './error-body.ts';
import { findNamed, refuseUnnamed } from './named.ts';
import type { Protocol } from './protocol.ts';
import { isRecord, TreeCodec } from './tree.ts';

export type CborFlavour = 'rpc-v2' | 'aws';

export function createCborRpc(flavour: CborFlavour): Protocol {
  const codec = createCborCodec(flavour);
  const headers: Record<string, string> =
    flavour === 'rpc-v2'
      ? { 'content-type': 'application/cbor', 'smithy-protocol': 'rpc-v2-cbor' }
      : { 'content-type': 'application/x-amz-cbor-1.1' };
  return {
    family: 'json',
    findOperation: findBuffered,
    operationInBody: refuseUnnamed,
    decode(operation, request) {
      const body = request.body as Buffer;
      const value = body.length === 0 ? {} : decodeCbor(body);
      if (!isRecord(value)) throw unreadable('The body must be a CBOR map.');
      return operation.input === undefined ? {} : codec.decode(operation.input, value);
    },
    encode(operation, output): HttpResponse {
      if (operation.output === undefined && flavour === 'rpc-v2') {
        return { status: 200, headers: { 'smithy-protocol': 'rpc-v2-cbor' } };
      }
      const value = operation.output === undefined ? {} : codec.encode(operation.output, output ?? {});
      return { status: 200, headers, body: encodeCbor(value) };
    },
    encodeError(error, { model }) {
      const body = encodeCbor({ __type: error.shape?.name ?? error.code, ...errorMembers(error, codec) });
      return { status: error.status, headers: { ...headers, ...queryErrorHeader(error, model) }, body };
    },
  };
}

/** A stream has no place in a CBOR body. */
const findBuffered: Protocol['findOperation'] = (model, request, named) => {
  const operation = findNamed('json')(model, request, named);
  const isStream = operation?.streamingInput ?? operation?.output?.shape.payload?.traits.streaming;
  if (isStream) throw unknownOperation('json', model.name, named ?? '');
  return operation;
};

/** Times are tagged seconds in the one flavour and bare milliseconds in the other. */
export function createCborCodec(flavour: CborFlavour): TreeCodec {
  return new TreeCodec({
    names: 'model',
    readBlob: (value) => (value instanceof Uint8Array ? value : undefined),
    writeBlob: (value) => value,
    readTimestamp(value) {
      if (value instanceof Date) return value;
      if (typeof value !== 'number') return undefined;
      const time = new Date(flavour === 'aws' ? value : Math.round(value * 1000));
      return Number.isNaN(time.getTime()) ? undefined : time;
    },
    writeTimestamp: (value) => (flavour === 'aws' ? value.getTime() : value),
    writeFloat: (value) => value,
  });
}
