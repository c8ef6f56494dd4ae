/** REST with JSON bodies: Lambda, EventBridge Scheduler and most of the younger services. */
import { createJsonCodec, parseJson } from '../json.ts';
import { errorMembers } from '../error-body.ts';
import type { Protocol } from '../protocol.ts';
import { createRest } from './rest.ts';
import { encodeBindings } from './bindings.ts';

const contentType = 'application/json';

export function createRestJson(): Protocol {
  const codec = createJsonCodec();
  return createRest({
    family: 'rest',
    contentType,
    decode: (member, body) => codec.decode(member, parseJson(body)),
    encodeMembers: (operation, _, output) => JSON.stringify(codec.encode(operation.output!, output)),
    encodePayload: (_, payload, value) => JSON.stringify(codec.encode(payload, value)),
    encodeError(error) {
      const { headers } = encodeBindings(error.shape, error.details);
      return {
        status: error.status,
        headers: { 'content-type': contentType, 'x-amzn-errortype': error.shape?.name ?? error.code, ...headers },
        body: JSON.stringify(errorMembers(error, codec)),
      };
    },
  });
}
