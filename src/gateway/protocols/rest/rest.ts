/** REST protocols: path, query and headers by their bindings, the body in a format of its own (Smithy 2.0, HTTP bindings). */
import { Readable } from 'node:stream';
import type { HttpResponse } from '../../api.ts';
import { streamOf } from '../../body.ts';
import { unknownOperation, type ErrorFamily } from '../../errors.ts';
import type { Member, Operation, ServiceModel, Shape } from '../../model/model.ts';
import type { Answer, Protocol, WireError, WireRequest } from '../protocol.ts';
import { decodeBindings, encodeBindings, isInAnswerBody, isInBody } from './bindings.ts';
import { encodeEventStream, eventStreamType, type StreamEvent } from './event-stream.ts';
import { RestRouter } from './router.ts';
import { toBytes } from '../tree.ts';

/** A body format and what goes with it. */
export interface RestFormat {
  readonly family: ErrorFamily;
  readonly contentType: string;
  /** @param body not empty */
  decode(member: Member, body: Buffer): unknown;
  /** The members that have no place elsewhere. */
  encodeMembers(operation: Operation, shape: Shape, output: Record<string, unknown>): string;
  /** The member that is the whole body. */
  encodePayload(operation: Operation, payload: Member, value: unknown): string;
  /** Last word on an answer. */
  finish?(operation: Operation, response: HttpResponse, output: Record<string, unknown>): HttpResponse;
  encodeError(this: void, error: WireError, answer: Answer): HttpResponse;
}

export function createRest(format: RestFormat): Protocol {
  const routers = new WeakMap<ServiceModel, RestRouter>();
  const routerOf = (model: ServiceModel): RestRouter => {
    const router = routers.get(model) ?? new RestRouter(model);
    routers.set(model, router);
    return router;
  };
  return {
    family: format.family,
    findOperation(model, request) {
      const operation = routerOf(model).find(request);
      if (operation === undefined) {
        throw unknownOperation(format.family, model.name, `${request.method} ${request.rawPath}`);
      }
      return operation;
    },
    operationInBody(model) {
      throw unknownOperation(format.family, model.name, '');
    },
    decode(operation, request) {
      const input = decodeBindings(operation, request, routerOf(operation.model));
      return operation.input === undefined ? input : decodeBody(operation.input, request, input, format);
    },
    encode(operation, output) {
      const record = (output ?? {}) as Record<string, unknown>;
      const { headers, status } = encodeBindings(operation.output?.shape, record);
      const body = encodeBody(operation, record, format);
      const response: HttpResponse = {
        status: status ?? operation.raw.http.responseCode ?? 200,
        headers: body === undefined ? headers : { 'content-type': body.type, ...headers },
        ...(body === undefined ? {} : { body: body.content }),
      };
      return format.finish === undefined ? response : format.finish(operation, response, record);
    },
    encodeError: format.encodeError,
  };
}

function decodeBody(
  input: Member,
  request: WireRequest,
  bound: Record<string, unknown>,
  format: RestFormat,
): Record<string, unknown> {
  const { shape } = input;
  const { payload } = shape;
  if (payload !== undefined) {
    const value = decodePayload(payload, request.body, format);
    return value === undefined ? bound : { ...bound, [payload.name]: value };
  }
  const { body } = request;
  const hasBody = body instanceof Buffer && body.length > 0;
  if (!hasBody || ![...shape.members.values()].some(isInBody)) return bound;
  // The body knows nothing of members that are bound elsewhere, whatever it says of them.
  const inBody = format.decode(input, body) as Record<string, unknown>;
  const kept = Object.entries(inBody).filter(([name]) => isInBody(shape.members.get(name)!));
  return { ...Object.fromEntries(kept), ...bound };
}

function decodePayload(payload: Member, body: Buffer | Readable, format: RestFormat): unknown {
  if (!(body instanceof Buffer)) return body;
  const { type } = payload.shape;
  if (type === 'blob') {
    if (payload.traits.streaming === true) return streamOf(body);
    return body.length === 0 ? undefined : body;
  }
  if (body.length === 0) return undefined;
  return type === 'string' ? body.toString('utf8') : format.decode(payload, body);
}

interface EncodedBody {
  readonly type: string;
  readonly content: string | Uint8Array | Readable;
}

function encodeBody(
  operation: Operation,
  output: Record<string, unknown>,
  format: RestFormat,
): EncodedBody | undefined {
  const shape = operation.output?.shape;
  if (shape === undefined) return undefined;
  const { payload } = shape;
  if (payload === undefined) {
    if (![...shape.members.values()].some(isInAnswerBody)) return undefined;
    return { type: format.contentType, content: format.encodeMembers(operation, shape, output) };
  }
  const value = output[payload.name];
  if (value === undefined || value === null) return undefined;
  if (payload.shape.type === 'blob') {
    const content = value instanceof Readable ? value : toBytes(value);
    return { type: 'application/octet-stream', content };
  }
  if (payload.shape.type === 'string') return { type: 'text/plain', content: toBytes(value) };
  if (payload.shape.raw.eventstream === true) {
    const content = encodeEventStream(payload.shape, value as AsyncIterable<StreamEvent>, {
      contentType: format.contentType,
      encode: (event, said) => format.encodePayload(operation, event, said),
    });
    return { type: eventStreamType, content };
  }
  return { type: format.contentType, content: format.encodePayload(operation, payload, value) };
}
