/**
 * The request that an HTTP task makes of its arguments and of an EventBridge connection.
 * Specification: Step Functions developer guide, "Call HTTPS APIs", with its sections on merging and URL-encoding.
 */
import { StateFailure, type Json, type JsonObject } from '#languages/asl/index';
import { isObject } from './sdk-json.ts';

/** What a connection adds to a request; its values win over the task's. */
export interface ConnectionData {
  readonly headers: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, string>>;
}

export const noConnectionData: ConnectionData = { headers: {}, query: {}, body: {} };

export interface HttpRequest {
  readonly url: URL;
  readonly method: string;
  /** In the order and the spelling in which they were given. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string | undefined;
}

/** The first bytes of an answer that are asked for: one more than a state can take. */
const rangeOfAnswer = 'bytes=0-262144';
const jsonType = 'application/json; charset=UTF-8';
const methods = new Set(['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD']);
// Differs from AWS: a GET or HEAD request is sent without the RequestBody.
const bodyless = new Set(['GET', 'HEAD']);

/** Headers that a task may not set; a connection may. */
const reservedHeaders = new Set(
  (
    'a-im accept-charset accept-datetime accept-encoding authorization cache-control connection content-encoding ' +
    'content-md5 date expect forwarded from host http2-settings if-match if-modified-since if-none-match if-range ' +
    'if-unmodified-since max-forwards origin pragma proxy-authorization referer server te trailer transfer-encoding ' +
    'upgrade via warning'
  ).split(' '),
);
const reservedPrefixes = ['x-forwarded-', 'x-amz-', 'x-amzn-'];

/** @throws StateFailure States.Runtime for arguments of which no request can be made */
export function requestOf(given: JsonObject, connection: ConnectionData, region: string): HttpRequest {
  const method = text(given['Method']).toUpperCase();
  if (!methods.has(method)) {
    throw refused(`The Method of an HTTP task must be one of ${[...methods].join(', ')}, but was '${method}'.`);
  }
  const headers = headersOf(given['Headers'], connection.headers, region);
  const typed = headers.get('content-type')?.[1];
  if (typed === undefined) headers.set('content-type', ['Content-Type', jsonType]);
  return {
    url: urlOf(given, connection.query),
    method,
    headers: [...headers.values()],
    body: bodyless.has(method) ? undefined : bodyOf(given, connection.body, typed),
  };
}

function headersOf(
  given: Json | undefined,
  added: ConnectionData['headers'],
  region: string,
): Map<string, readonly [name: string, value: string]> {
  const headers = new Map<string, readonly [string, string]>();
  const set = (name: string, value: string): unknown => headers.set(name.toLowerCase(), [name, value]);
  for (const [name, value] of entries(given)) {
    const lower = name.toLowerCase();
    if (reservedHeaders.has(lower) || reservedPrefixes.some((prefix) => lower.startsWith(prefix))) {
      throw refused(`The header '${name}' is not supported in the Headers of an HTTP task.`);
    }
    set(name, Array.isArray(value) ? value.map(text).join(', ') : text(value));
  }
  for (const [name, value] of Object.entries(added)) set(name, value);
  set('User-Agent', `Amazon|StepFunctions|HttpInvoke|${region}`);
  set('Range', rangeOfAnswer);
  return headers;
}

function urlOf(given: JsonObject, added: ConnectionData['query']): URL {
  const endpoint = text(given['ApiEndpoint']);
  const url = URL.parse(endpoint);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw refused(`The ApiEndpoint of an HTTP task must be a URL, but was '${endpoint}'.`);
  }
  for (const [name, value] of entries(given['QueryParameters'])) {
    for (const one of Array.isArray(value) ? (value as Json[]) : [value]) url.searchParams.append(name, text(one));
  }
  for (const [name, value] of Object.entries(added)) url.searchParams.set(name, value);
  return url;
}

function bodyOf(given: JsonObject, added: ConnectionData['body'], contentType: string | undefined): string | undefined {
  const { RequestBody: asked, Transform: transform } = given;
  const hasAdded = Object.keys(added).length > 0;
  if (hasAdded && asked !== undefined && !isObject(asked)) {
    throw refused('A RequestBody that is no object cannot be merged with the body parameters of the connection.');
  }
  if (asked === undefined && !hasAdded) return undefined;
  const body = hasAdded ? { ...(asked as JsonObject | undefined), ...added } : (asked ?? null);
  const { RequestBodyEncoding: encoding, RequestEncodingOptions: options } = isObject(transform) ? transform : {};
  if (encoding !== 'URL_ENCODED') return typeof body === 'string' ? body : JSON.stringify(body);
  if (contentType?.toLowerCase().startsWith('application/x-www-form-urlencoded') !== true) {
    throw refused(
      "The header 'Content-Type' must be 'application/x-www-form-urlencoded' to URL-encode the RequestBody.",
    );
  }
  if (!isObject(body)) throw refused('Only a RequestBody that is an object can be URL-encoded.');
  return formOf(body, isObject(options) ? options['ArrayFormat'] : undefined);
}

/** @param arrayFormat INDICES, REPEAT, COMMAS or BRACKETS; absent: INDICES */
function formOf(body: JsonObject, arrayFormat: Json = 'INDICES'): string {
  const fields: string[] = [];
  const write = (name: string, value: Json): void => {
    if (Array.isArray(value)) return writeList(name, value as Json[]);
    if (!isObject(value)) return add(name, text(value));
    for (const [key, member] of Object.entries(value)) write(`${name}[${key}]`, member);
  };
  const writeList = (name: string, items: readonly Json[]): void => {
    if (arrayFormat === 'COMMAS') return add(name, items.map(text).join(','));
    for (const [index, item] of items.entries()) {
      write(arrayFormat === 'REPEAT' ? name : `${name}[${arrayFormat === 'BRACKETS' ? '' : index}]`, item);
    }
  };
  const add = (name: string, value: string): void => {
    fields.push(`${encodeURIComponent(name)}=${encodeURIComponent(value)}`);
  };
  for (const [name, value] of Object.entries(body)) write(name, value);
  return fields.join('&');
}

function entries(value: Json | undefined): [string, Json][] {
  return isObject(value) ? Object.entries(value) : [];
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : value === undefined || value === null ? '' : JSON.stringify(value);
}

function refused(cause: string): StateFailure {
  return new StateFailure('States.Runtime', cause);
}
