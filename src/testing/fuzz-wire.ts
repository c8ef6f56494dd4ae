/** Sends an operation's input over the wire in the service's own protocol, well-formed or not, without an SDK's checks. */
import type { Operation } from '#gateway';

export interface WireAnswer {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

const answerMs = 15_000;

/** Headers that the sender sets by itself. */
const ownHeaders = new Set(['content-length', 'expect', 'host', 'connection', 'transfer-encoding']);

/** Answers of the HTTP server itself, to a head that is too large. */
const transportStatuses = [414, 431];

/** @returns undefined where the input cannot be written as a request at all, such as a header with a line break */
export async function sendOverWire(
  endpoint: string,
  operation: Operation,
  input: Record<string, unknown>,
): Promise<WireAnswer | undefined> {
  const { model } = operation;
  const request = requestFor(operation, input);
  const { method, target, body } = request;
  const headers = { ...authorization(model.signingName), ...request.headers };
  if (Object.values(headers).some((value) => /[^\t\x20-\xff]/.test(value))) return undefined;
  const hasBody = method !== 'GET' && method !== 'HEAD';
  const signal = AbortSignal.timeout(answerMs);
  const send = (): Promise<Response> => fetch(endpoint + target, { method, headers, signal, ...(hasBody && { body }) });
  // A kept connection may end at the moment it is used again; a server that is gone refuses the second try as well.
  return readAnswer(await send().catch(send));
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
  if (transportStatuses.includes(status)) return { status, code: 'Transport', message: response.statusText };
  if (status < 400) return { status, code: '', message: '' };
  if (text.startsWith('{')) {
    const { __type, message, Message } = JSON.parse(text) as Record<string, string>;
    // REST services name the error in a header.
    const type = __type ?? response.headers.get('x-amzn-errortype') ?? '';
    return { status, code: type.replace(/^.*#/, ''), message: message ?? Message ?? '' };
  }
  const code = /<Code>([^<]*)</.exec(text)?.[1] ?? '';
  return { status, code, message: /<Message>([^<]*)</.exec(text)?.[1] ?? '' };
}

interface Wire {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

function requestFor(operation: Operation, input: Record<string, unknown>): Wire {
  const { model, name } = operation;
  const { targetPrefix, jsonVersion = '1.1', apiVersion } = model.metadata;
  if (model.protocols.includes('json')) {
    const type = `application/x-amz-json-${jsonVersion}`;
    const headers = { 'content-type': type, 'x-amz-target': `${targetPrefix}.${name}` };
    return { method: 'POST', target: '/', headers, body: JSON.stringify(input, jsonValue) };
  }
  if (!model.protocols.includes('query')) return restRequest(operation, input);
  const form = new URLSearchParams({ Action: name, Version: apiVersion });
  for (const [key, value] of Object.entries(input)) addToForm(form, key, value);
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  return { method: 'POST', target: '/', headers, body: form.toString() };
}

/** Path, query, headers and body of XML by the model's bindings; what the model does not know goes into the query. */
function restRequest({ raw, input: shape }: Operation, input: Record<string, unknown>): Wire {
  const [path = '', fixedQuery = ''] = raw.http.requestUri.split('?');
  const query = new URLSearchParams(fixedQuery);
  const headers: Record<string, string> = {};
  let [filled, body] = [path, ''];
  for (const [name, value] of Object.entries(input)) {
    const member = shape?.shape.members.get(name);
    const text = plainText(value);
    if (member === undefined || member.traits.location === 'querystring') query.set(member?.wireName ?? name, text);
    else if (member.traits.location === 'header') {
      if (!ownHeaders.has(member.wireName.toLowerCase())) headers[member.wireName] = text;
    } else if (member.traits.location === 'uri') {
      const place = new RegExp(`\\{${member.wireName}\\+?\\}`);
      filled = filled.replace(place, () => encodeURIComponent(text.toWellFormed()).replaceAll('%2F', '/'));
    } else if (member.traits.streaming === true) body = text;
    else if (member.traits.location === undefined) body += xmlOf(member.wireName, value);
  }
  const target = `/${filled.replaceAll(/\{[^}]*\}/g, '').replace(/^\/+/, '')}`;
  return {
    method: raw.http.method,
    target: query.size === 0 ? target : `${target}?${query.toString()}`,
    headers,
    body,
  };
}

function plainText(value: unknown): string {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'never' : value.toUTCString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString('latin1');
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}

function xmlOf(name: string, value: unknown): string {
  const tag = /^[A-Za-z]\w*$/.test(name) ? name : 'Odd';
  if (Array.isArray(value)) return value.map((item) => xmlOf(tag, item)).join('');
  if (typeof value !== 'object' || value === null || value instanceof Date || value instanceof Uint8Array) {
    return `<${tag}>${plainText(value).replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</${tag}>`;
  }
  const inner = Object.entries(value).map(([key, item]) => xmlOf(key, item));
  return `<${tag}>${inner.join('')}</${tag}>`;
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
  } else form.set(name, plainText(value));
}
