/**
 * Calls from inside: the same decoding, validation, authorisation and audit as over the wire, without the wire.
 *
 * Inputs may be what a workflow's JSON can say: times as ISO text or epoch seconds, blobs as text. Outputs are the
 * handler's own values: times are `Date`, bodies may be streams.
 */
import { Readable } from 'node:stream';
import { newUuid } from '#kernel/ids';
import type { Dispatcher } from './api.ts';
import { streamOf } from './body.ts';
import type { Calls } from './calls.ts';
import { createContext, noPayload } from './context.ts';
import { unknownOperation, unknownService, type ErrorFamily } from './errors.ts';
import type { ModelLibrary, ServiceModel } from './model/model.ts';
import { TreeCodec, toBytes } from './protocols/tree.ts';
import { parseTimestamp } from './model/timestamps.ts';
import type { Services } from './services.ts';

export interface DispatcherOptions {
  readonly models: ModelLibrary;
  readonly services: Services;
  readonly calls: Calls;
  /** The base URL of the listener; empty before it listens. */
  readonly endpoint: () => string;
}

export function createDispatcher({ models, services, calls, endpoint }: DispatcherOptions): Dispatcher {
  const codec = createNativeCodec();
  return {
    async call(service, operationName, input, as) {
      const model = models.find(service);
      if (model === undefined) throw unknownService(`the service '${service}'`);
      const family = familyOf(model);
      const operation = model.findOperation(operationName);
      if (operation === undefined) throw unknownOperation(family, service, operationName);
      const context = createContext({
        requestId: newUuid(),
        service,
        operation: operationName,
        region: as.region,
        caller: as.caller,
        sourceIp: as.invokedBy,
        userAgent: as.invokedBy,
        endpoint: endpoint(),
        signal: as.signal ?? new AbortController().signal,
        headers: as.traceHeader === undefined ? {} : { 'x-amzn-trace-id': as.traceHeader },
        payload: noPayload,
      });
      return calls.run(operation, context, {
        family,
        decode: () => (operation.input === undefined ? {} : codec.decode(operation.input, input)),
        encode: (output) => output ?? {},
      });
    },
    serves: (service, operation) => services.findHandler(service, operation) !== undefined,
  };
}

function familyOf(model: ServiceModel): ErrorFamily {
  if (model.name === 's3') return 's3';
  const [protocol = ''] = model.protocols;
  if (protocol === 'query' || protocol === 'ec2') return 'query';
  return protocol.startsWith('rest') ? 'rest' : 'json';
}

function createNativeCodec(): TreeCodec {
  return new TreeCodec({
    names: 'model',
    readBlob(value, member) {
      const isBytes = value instanceof Uint8Array || typeof value === 'string';
      if (member.traits.streaming === true) {
        if (value instanceof Readable) return value;
        return isBytes ? streamOf(toBytes(value)) : undefined;
      }
      return isBytes ? toBytes(value) : undefined;
    },
    writeBlob: (value) => value,
    readTimestamp: (value) => (value instanceof Date ? value : parseTimestamp(value, 'iso8601')),
    writeTimestamp: (value) => value,
    writeFloat: (value) => value,
  });
}
