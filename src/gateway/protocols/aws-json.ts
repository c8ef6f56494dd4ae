/** AWS JSON 1.0 and 1.1: `POST /`, the operation in `X-Amz-Target`, everything in a JSON body. */
import type { HttpResponse } from '../api.ts';
import type { Operation } from '../model/model.ts';
import { createJsonCodec, parseJsonObject } from './json.ts';
import type { Answer, Protocol, WireError, WireRequest } from './protocol.ts';
import { findNamed, refuseUnnamed } from './named.ts';
import { errorMembers, queryErrorHeader } from './error-body.ts';

export function createAwsJson(version: '1.0' | '1.1'): Protocol {
  const codec = createJsonCodec();
  const contentType = `application/x-amz-json-${version}`;
  const answer = (status: number, body: string, headers: Record<string, string> = {}): HttpResponse => ({
    status,
    headers: { 'content-type': contentType, ...headers },
    body,
  });
  return {
    family: 'json',
    findOperation: findNamed('json'),
    operationInBody: refuseUnnamed,
    decode(operation: Operation, request: WireRequest) {
      const value = parseJsonObject(request.body as Buffer);
      return operation.input === undefined ? {} : codec.decode(operation.input, value);
    },
    encode(operation: Operation, output: unknown) {
      const value = operation.output === undefined ? {} : codec.encode(operation.output, output ?? {});
      return answer(200, JSON.stringify(value));
    },
    encodeError(error: WireError, { model }: Answer) {
      const body = JSON.stringify({ __type: error.shape?.name ?? error.code, ...errorMembers(error, codec) });
      return answer(error.status, body, queryErrorHeader(error, model));
    },
  };
}
