/** Sends an operation's input over the wire in the service's own protocol, well-formed or not, without an SDK's checks. */
import type { ServiceModel } from '#gateway';

export interface WireAnswer {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

const answerMs = 15_000;

/** JSON, form or CBOR-free request for services that are not REST; undefined where the service is. */
export async function sendOverWire(
  endpoint: string,
  model: ServiceModel,
  operation: string,
  input: Record<string, unknown>,
): Promise<WireAnswer | undefined> {
  const request = requestFor(model, operation, input);
  if (request === undefined) return undefined;
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: { ...authorization(model.signingName), 'content-type': request.contentType, ...request.headers },
    body: request.body,
    signal: AbortSignal.timeout(answerMs),
  });
  return readAnswer(response);
}

/** Enough for a platform that was started with `--open`. */
export function authorization(signingName: string): Record<string, string> {
  const time = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const credential = `test/${time.slice(0, 8)}/us-east-1/${signingName}/aws4_request`;
  return {
    authorization: `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=host;x-amz-date, Signature=${'0'.repeat(64)}`,
    'x-amz-date': time,
    'x-amz-content-sha256': 'UNSIGNED-PAYLOAD',
  };
}

/** The code and the message of an error in JSON or XML; empty ones for a success. */
export async function readAnswer(response: Response): Promise<WireAnswer> {
  const text = await response.text();
  const { status } = response;
  if (status < 400) return { status, code: '', message: '' };
  if (text.startsWith('{')) {
    const { __type = '', message, Message } = JSON.parse(text) as Record<string, string>;
    return { status, code: __type.replace(/^.*#/, ''), message: message ?? Message ?? '' };
  }
  const code = /<Code>([^<]*)</.exec(text)?.[1] ?? '';
  return { status, code, message: /<Message>([^<]*)</.exec(text)?.[1] ?? '' };
}

interface Wire {
  readonly contentType: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

function requestFor(model: ServiceModel, operation: string, input: Record<string, unknown>): Wire | undefined {
  const { targetPrefix, jsonVersion = '1.1', apiVersion } = model.metadata;
  if (model.protocols.includes('json')) {
    return {
      contentType: `application/x-amz-json-${jsonVersion}`,
      headers: { 'x-amz-target': `${targetPrefix}.${operation}` },
      body: JSON.stringify(input, jsonValue),
    };
  }
  if (!model.protocols.includes('query')) return undefined;
  const form = new URLSearchParams({ Action: operation, Version: apiVersion });
  for (const [name, value] of Object.entries(input)) addToForm(form, name, value);
  return { contentType: 'application/x-www-form-urlencoded', headers: {}, body: form.toString() };
}

function jsonValue(this: Record<string, unknown>, key: string, value: unknown): unknown {
  const raw = this[key];
  if (raw instanceof Date) return raw.getTime() / 1000;
  if (raw instanceof Uint8Array) return Buffer.from(raw).toString('base64');
  return value;
}

function addToForm(form: URLSearchParams, name: string, value: unknown): void {
  if (value === null || value === undefined) return;
  if (value instanceof Date) form.set(name, Number.isNaN(value.getTime()) ? 'never' : value.toISOString());
  else if (value instanceof Uint8Array) form.set(name, Buffer.from(value).toString('base64'));
  else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) addToForm(form, `${name}.member.${index + 1}`, item);
  } else if (typeof value === 'object') {
    for (const [key, item] of Object.entries(value)) addToForm(form, `${name}.${key}`, item);
  } else form.set(name, String(value as string | number | boolean));
}
