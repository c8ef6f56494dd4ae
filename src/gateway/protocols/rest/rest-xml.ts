/** REST with XML bodies, to the letter of the protocol; S3 departs from it in `s3.ts`. */
import type { Member, Operation } from '../../model/model.ts';
import type { Protocol } from '../protocol.ts';
import { createRest, type RestFormat } from './rest.ts';
import { encodeBindings, isInAnswerBody } from './bindings.ts';
import { parseXml } from '../xml-reader.ts';
import { decodeXml, element, encodeMembers, encodeXml, escapeText, xmlAttributes } from '../xml-values.ts';

export const xmlDeclaration = '<?xml version="1.0" encoding="UTF-8"?>\n';

export interface XmlNaming {
  /** The root element of an operation's answer, and its namespace. */
  rootName(operation: Operation): string;
  namespace(operation: Operation): string | undefined;
  /** The root element where one member is the whole body. */
  payloadName(payload: Member): string;
}

export function createRestXml(): Protocol {
  return createRest({
    family: 'rest',
    ...xmlBodies({
      rootName: ({ output, name }) => output?.traits.locationName ?? output?.shape.name ?? name,
      namespace: ({ model }) => model.xmlNamespace,
      payloadName: ({ traits, shape }) => traits.locationName ?? shape.name,
    }),
    encodeError(error, { requestId, model }) {
      const { headers } = encodeBindings(error.shape, error.details);
      const details = error.shape === undefined ? '' : encodeMembers(error.shape, error.details, isInAnswerBody);
      const inner =
        element('Type', '', error.fault) +
        element('Code', '', escapeText(error.code)) +
        element('Message', '', escapeText(error.message)) +
        details;
      const body = element(
        'ErrorResponse',
        namespaceAttribute(model?.xmlNamespace),
        element('Error', '', inner) + element('RequestId', '', requestId),
      );
      return {
        status: error.status,
        headers: { 'content-type': 'application/xml', ...headers },
        body: xmlDeclaration + body,
      };
    },
  });
}

export function xmlBodies(
  naming: XmlNaming,
): Pick<RestFormat, 'contentType' | 'decode' | 'encodeMembers' | 'encodePayload'> {
  return {
    contentType: 'application/xml',
    decode: (member, body) => decodeXml(member, parseXml(body)),
    encodeMembers(operation, shape, output) {
      const attributes = namespaceAttribute(naming.namespace(operation)) + xmlAttributes(shape, output);
      const members = encodeMembers(shape, output, isInAnswerBody);
      return xmlDeclaration + element(naming.rootName(operation), attributes, members);
    },
    encodePayload(operation, payload, value) {
      return xmlDeclaration + encodeXml(payload, value, naming.payloadName(payload), naming.namespace(operation));
    },
  };
}

function namespaceAttribute(uri: string | undefined): string {
  return uri === undefined ? '' : ` xmlns="${escapeText(uri)}"`;
}
