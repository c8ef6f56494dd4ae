/** The query protocol and its EC2 flavour: input as a form, output as XML (Smithy 2.0, awsQuery and ec2Query). */
import { PlatformError } from '#kernel/errors';
import type { HttpResponse } from '../api.ts';
import { unknownOperation } from '../errors.ts';
import type { ServiceModel } from '../model/model.ts';
import { decodeForm, formValue, parseForm, type FormFlavour } from './form.ts';
import type { Answer, Protocol, RequestLine, WireError } from './protocol.ts';
import { element, encodeMembers, escapeText } from './xml-values.ts';

const headers = { 'content-type': 'text/xml' };

export function createQuery(flavour: FormFlavour): Protocol {
  return {
    family: 'query',
    // The body decides; a presigned GET has the form in its query.
    findOperation: () => undefined,
    operationInBody(model, request, body) {
      const form = parseForm(formText(request, body));
      const action = formValue(form, 'Action');
      if (action === undefined) {
        throw new PlatformError('invalid', 'MissingAction', 'The request must have the parameter Action.');
      }
      const operation = model.findOperation(action);
      if (operation === undefined) throw unknownOperation('query', model.name, action);
      return operation;
    },
    decode(operation, request) {
      if (operation.input === undefined) return {};
      const body = request.body instanceof Buffer ? request.body : Buffer.alloc(0);
      return decodeForm(operation.input.shape, parseForm(formText(request, body)), flavour);
    },
    encode(operation, output, { requestId, model }) {
      const members = operation.output === undefined ? '' : encodeMembers(operation.output.shape, output ?? {});
      const name = `${operation.name}Response`;
      const content =
        flavour === 'ec2'
          ? members + element('requestId', '', requestId)
          : wrapResult(operation.raw.output?.resultWrapper, members) +
            element('ResponseMetadata', '', element('RequestId', '', requestId));
      return { status: 200, headers, body: element(name, namespaceOf(model), content) };
    },
    encodeError: (error, answer) => (flavour === 'ec2' ? ec2Error(error, answer) : queryError(error, answer)),
  };
}

function formText(request: RequestLine, body: Buffer): string {
  return body.length === 0 ? request.rawQuery : body.toString('utf8').trim();
}

function wrapResult(wrapper: string | undefined, members: string): string {
  return wrapper === undefined ? members : element(wrapper, '', members);
}

function queryError(error: WireError, { requestId, model }: Answer): HttpResponse {
  const inner =
    element('Type', '', error.fault) +
    element('Code', '', escapeText(error.shape?.raw.error?.code ?? error.code)) +
    element('Message', '', escapeText(error.message)) +
    encodeDetails(error);
  const body = element(
    'ErrorResponse',
    namespaceOf(model),
    element('Error', '', inner) + element('RequestId', '', requestId),
  );
  return { status: error.status, headers, body };
}

function ec2Error(error: WireError, { requestId }: Answer): HttpResponse {
  const inner =
    element('Code', '', escapeText(error.shape?.raw.error?.code ?? error.code)) +
    element('Message', '', escapeText(error.message)) +
    encodeDetails(error);
  const body = element(
    'Response',
    '',
    element('Errors', '', element('Error', '', inner)) + element('RequestID', '', requestId),
  );
  return { status: error.status, headers, body };
}

function encodeDetails(error: WireError): string {
  if (error.shape === undefined) return '';
  return encodeMembers(error.shape, error.details, ({ name }) => name.toLowerCase() !== 'message');
}

function namespaceOf(model: ServiceModel | undefined): string {
  return model?.xmlNamespace === undefined ? '' : ` xmlns="${escapeText(model.xmlNamespace)}"`;
}
