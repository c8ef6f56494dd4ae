/** HTTP endpoints as tasks: `http:invoke` with an EventBridge connection. Step Functions developer guide, "Call HTTPS APIs". */
import { StateFailure, type Json, type JsonObject } from '#languages/asl/index';
import { isPlatformError, messageOf } from '#kernel/errors';
import type { TaskOutcome } from '../execution/interpreter/tasks.ts';
import { dataBytesMax } from '../execution/datum.ts';
import { partsOfScope } from '../execution/execution.ts';
import { noConnectionData, requestOf, type ConnectionData, type HttpRequest } from './http-request.ts';
import type { DirectTask } from './integrations.ts';
import { isObject } from './sdk-json.ts';

/** Turns a connection into what a request has to carry. */
export interface ConnectionAuthorizer {
  /** @param options.renew a token that was fetched before is no longer taken */
  authorize(
    connectionArn: string,
    options: { readonly signal?: AbortSignal; readonly renew?: boolean },
  ): Promise<ConnectionData>;
}

/** Sees what goes over the wire. */
export interface HttpWatcher {
  /** Whether it may see what the connection adds to the request. */
  readonly revealSecrets: boolean;
  request(request: HttpRequest): void;
  response(response: HttpResponse): void;
}

export interface HttpResponse {
  readonly protocol: string;
  readonly statusCode: number;
  readonly statusText: string;
  readonly headers: Headers;
  readonly body: string;
}

// Limit: as in AWS, an HTTP task takes at most 60 s.
const timeoutMs = 60_000;
/** A token that the endpoint no longer takes. */
const staleStatuses = new Set([401, 407]);
const unreadableType = /^(application\/octet-stream|image\/|video\/|audio\/)/i;

/** @throws StateFailure */
export async function invokeHttp(
  task: DirectTask,
  connections: ConnectionAuthorizer | undefined,
  signal: AbortSignal,
): Promise<TaskOutcome> {
  const { parameters, resource } = task;
  if (resource.kind !== 'integration' || resource.service !== 'http') {
    throw new StateFailure(
      'States.Runtime',
      `Millpond does not serve '${resource.arn}'. See docs/reference/coverage.md.`,
    );
  }
  const given: JsonObject = isObject(parameters) ? parameters : {};
  const arn = connectionOf(given);
  if (arn === undefined || connections === undefined) {
    throw new StateFailure(
      'States.Runtime',
      'An HTTP task needs InvocationConfig.ConnectionArn or Authentication.ConnectionArn, the ARN of an EventBridge connection.',
    );
  }
  const authorized = await authorize(connections, arn, { signal });
  let response = await exchange(task, given, authorized, signal);
  if (staleStatuses.has(response.statusCode)) {
    const renewed = await authorize(connections, arn, { signal, renew: true });
    const isNew = JSON.stringify(renewed.headers) !== JSON.stringify(authorized.headers);
    if (isNew) response = await exchange(task, given, renewed, signal);
  }
  const { statusCode, body } = response;
  if (statusCode < 200 || statusCode > 299) {
    return { kind: 'failed', error: `States.Http.StatusCode.${statusCode}`, cause: body };
  }
  return { kind: 'succeeded', output: JSON.stringify(resultOf(response)) };
}

function connectionOf({ InvocationConfig: config, Authentication: authentication }: JsonObject): string | undefined {
  const named = [config, authentication].find((one) => isObject(one));
  const arn = isObject(named) ? named['ConnectionArn'] : undefined;
  return typeof arn === 'string' ? arn : undefined;
}

async function authorize(
  connections: ConnectionAuthorizer,
  arn: string,
  options: { readonly signal: AbortSignal; readonly renew?: boolean },
): Promise<ConnectionData> {
  try {
    return await connections.authorize(arn, options);
  } catch (error) {
    if (options.signal.aborted || !isPlatformError(error)) throw error;
    const name = error.kind === 'absent' || error.kind === 'invalid' ? 'ResourceNotFound' : 'InternalError';
    throw new StateFailure(`Events.ConnectionResource.${name}`, error.message);
  }
}

async function exchange(
  { scope, watcher }: DirectTask,
  given: JsonObject,
  connection: ConnectionData,
  signal: AbortSignal,
): Promise<HttpResponse> {
  const { region } = partsOfScope(scope);
  const request = requestOf(given, connection, region);
  watcher?.request(watcher.revealSecrets ? request : requestOf(given, noConnectionData, region));
  const response = await send(request, signal);
  watcher?.response(response);
  return response;
}

async function send({ url, method, headers, body }: HttpRequest, signal: AbortSignal): Promise<HttpResponse> {
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  try {
    const answer = await fetch(url, {
      method,
      headers: headers.map(([name, value]): [string, string] => [name, value]),
      ...(body !== undefined && { body }),
      // Limit: an HTTP task follows no redirect, since the secrets of its connection are for the endpoint that was named.
      redirect: 'manual',
      signal: deadline,
    });
    return {
      protocol: url.protocol.slice(0, -1),
      statusCode: answer.status,
      statusText: answer.statusText,
      headers: answer.headers,
      body: await readText(answer),
    };
  } catch (error) {
    if (signal.aborted || error instanceof StateFailure) throw error;
    const cause = error instanceof Error && error.cause !== undefined ? messageOf(error.cause) : messageOf(error);
    throw new StateFailure('States.Http.Socket', cause);
  }
}

/** @throws StateFailure for more than a state can take, and for what is no text */
async function readText(answer: Response): Promise<string> {
  const type = answer.headers.get('content-type') ?? '';
  if (unreadableType.test(type)) {
    await answer.body?.cancel();
    throw new StateFailure('States.Runtime', `The response of the HTTP endpoint has the unsupported type '${type}'.`);
  }
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of answer.body ?? []) {
    sizeBytes += chunk.length;
    if (sizeBytes > dataBytesMax) {
      throw new StateFailure(
        'States.DataLimitExceeded',
        `The response of the HTTP endpoint exceeds ${dataBytesMax} bytes.`,
      );
    }
    chunks.push(chunk);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } catch {
    throw new StateFailure('States.Runtime', 'The response of the HTTP endpoint cannot be read as text.');
  }
}

function resultOf({ headers: list, body, statusCode, statusText }: HttpResponse): JsonObject {
  const headers: Record<string, string[]> = {};
  for (const [name, value] of list) (headers[name] ??= []).push(value);
  const isJson = list.get('content-type')?.includes('json') === true;
  return {
    Headers: headers,
    ResponseBody: isJson ? parsedOr(body) : body,
    StatusCode: statusCode,
    StatusText: statusText,
  };
}

function parsedOr(body: string): Json {
  try {
    return JSON.parse(body) as Json;
  } catch {
    return body;
  }
}
