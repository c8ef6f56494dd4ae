/** HTTP endpoints as tasks: `http:invoke` with an EventBridge connection. Step Functions developer guide, "Call HTTPS APIs". */
import type { Json, JsonObject } from '#languages/asl/index';
import { messageOf } from '#kernel/errors';
import type { TaskOutcome } from '../execution/interpreter/tasks.ts';
import { dataBytesMax } from '../execution/datum.ts';
import type { DirectTask } from './integrations.ts';
import { isObject } from './sdk-json.ts';

/** Turns a connection into what a request has to carry. */
export interface ConnectionAuthorizer {
  authorize(
    connectionArn: string,
    options: { readonly signal?: AbortSignal },
  ): Promise<{
    readonly headers: Readonly<Record<string, string>>;
    readonly query: Readonly<Record<string, string>>;
    readonly body: Readonly<Record<string, string>>;
  }>;
}

// Limit: as in AWS, an HTTP task takes at most 60 s.
const timeoutMs = 60_000;

export async function invokeHttp(
  { parameters, resource }: DirectTask,
  connections: ConnectionAuthorizer | undefined,
  signal: AbortSignal,
): Promise<TaskOutcome> {
  if (resource.kind !== 'integration' || resource.service !== 'http') {
    return failed('States.Runtime', `Millpond does not serve '${resource.arn}'. See docs/reference/coverage.md.`);
  }
  const given: JsonObject = isObject(parameters) ? parameters : {};
  const arn = isObject(given['Authentication']) ? given['Authentication']['ConnectionArn'] : undefined;
  if (typeof arn !== 'string' || connections === undefined) {
    return failed(
      'States.Runtime',
      'An HTTP task needs Authentication.ConnectionArn, the ARN of an EventBridge connection.',
    );
  }
  try {
    const request = requestOf(given, await connections.authorize(arn, { signal }));
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    const response = await fetch(request.url, { ...request, redirect: 'follow', signal: deadline });
    const body = await response.text();
    if (Buffer.byteLength(body) > dataBytesMax) {
      return failed('States.DataLimitExceeded', 'The response of the HTTP endpoint exceeds 262144 bytes.');
    }
    if (!response.ok) return failed(`States.Http.StatusCode.${response.status}`, body);
    return { kind: 'succeeded', output: JSON.stringify(resultOf(response, body)) };
  } catch (error) {
    if (signal.aborted) throw error;
    const cause = error instanceof Error && error.cause !== undefined ? messageOf(error.cause) : messageOf(error);
    return failed('States.Http.Socket', cause);
  }
}

interface Request {
  readonly url: URL;
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body?: string;
}

function requestOf(given: JsonObject, authorization: Awaited<ReturnType<ConnectionAuthorizer['authorize']>>): Request {
  const url = new URL(text(given['ApiEndpoint']));
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    'user-agent': 'Amazon|StepFunctions|HttpInvoke',
  };
  for (const [name, value] of entries(given['Headers'])) headers[name.toLowerCase()] = text(value);
  for (const [name, value] of Object.entries(authorization.headers)) headers[name.toLowerCase()] = value;
  for (const [name, value] of entries(given['QueryParameters'])) {
    for (const one of Array.isArray(value) ? (value as Json[]) : [value]) url.searchParams.append(name, text(one));
  }
  for (const [name, value] of Object.entries(authorization.query)) url.searchParams.append(name, value);
  const method = text(given['Method'] ?? 'GET').toUpperCase();
  const { RequestBody: asked } = given;
  const withSecrets = isObject(asked) ? { ...asked, ...authorization.body } : asked;
  const hasBody = withSecrets !== undefined && withSecrets !== null && method !== 'GET' && method !== 'HEAD';
  if (!hasBody) return { url, method, headers };
  return { url, method, headers, body: encodeBody(withSecrets, headers, given['Transform']) };
}

function encodeBody(body: Json, headers: Record<string, string>, transform: Json | undefined): string {
  const isForm = headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true;
  const encoding = isObject(transform) ? transform['RequestBodyEncoding'] : undefined;
  if (isForm && encoding !== 'NONE' && isObject(body)) {
    return new URLSearchParams(
      Object.entries(body).map(([name, value]): [string, string] => [name, text(value)]),
    ).toString();
  }
  return typeof body === 'string' ? body : JSON.stringify(body);
}

function resultOf(response: Response, body: string): JsonObject {
  const headers: Record<string, string[]> = {};
  for (const [name, value] of response.headers) (headers[name] ??= []).push(value);
  const isJson = response.headers.get('content-type')?.includes('json') === true;
  return {
    Headers: headers,
    ResponseBody: isJson ? parsedOr(body) : body,
    StatusCode: response.status,
    StatusText: response.statusText,
  };
}

function parsedOr(body: string): Json {
  try {
    return JSON.parse(body) as Json;
  } catch {
    return body;
  }
}

function entries(value: Json | undefined): [string, Json][] {
  return isObject(value) ? Object.entries(value) : [];
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : value === undefined || value === null ? '' : JSON.stringify(value);
}

function failed(error: string, cause: string): TaskOutcome {
  return { kind: 'failed', error, cause };
}
