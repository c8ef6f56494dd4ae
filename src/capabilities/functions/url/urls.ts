/** Addresses of functions: made, changed, removed, and served. */
import type { Credential, HttpRequest, HttpResponse, Route } from '#gateway';
import type { Clock } from '#kernel/clock';
import { isPlatformError } from '#kernel/errors';
import { newLowerId, newUuid } from '#kernel/ids';
import type { Log } from '#kernel/log';
import type { State } from '#kernel/state';
import { absent, conflict, invalidParameter } from '../errors.ts';
import { functionArn, latest, type FunctionRef } from '../function-name.ts';
import type { Functions } from '../functions.ts';
import { syncBytesMax, type InvocationResult } from '../invoke/invocation.ts';
import type { InvocationRequest, Invocations } from '../invoke/invocations.ts';
import { removeUrl, selectUrl, selectUrlById, selectUrls, upsertUrl } from '../store/urls.ts';
import { corsHeaders, type CorsRules, type FunctionUrl } from './function-url.ts';
import { badGateway, httpEvent, httpResponse } from './http-event.ts';
import { findSigner } from './signature.ts';
import { streamAnswer } from './stream-answer.ts';

export interface UrlsParts {
  readonly state: State;
  readonly clock: Clock;
  readonly log: Log;
  readonly functions: Functions;
  readonly invocations: Invocations;
  readonly findCredential: (accessKeyId: string) => Credential | undefined;
}

export interface UrlSettings {
  readonly auth: FunctionUrl['auth'];
  readonly cors?: CorsRules;
  readonly streams: boolean;
}

const pathPattern = /^\/lambda-url\/([a-z0-9]+)(\/.*)?$/s;
const hostPattern = /^([a-z0-9]+)\.lambda-url\./;

export class Urls {
  readonly #parts: UrlsParts;
  readonly route: Route;

  constructor(parts: UrlsParts) {
    this.#parts = parts;
    this.route = {
      matches: (request) => addressed(request) !== undefined,
      handle: (request) => this.#serve(request),
    };
  }

  /** @throws ResourceConflictException when it has one already */
  async create(ref: FunctionRef, settings: UrlSettings): Promise<FunctionUrl> {
    const qualifier = this.#qualifier(ref);
    const nowMs = this.#parts.clock.nowMs();
    const { scope, name } = ref;
    const url: FunctionUrl = {
      ...settings,
      id: newLowerId(32),
      scope,
      name,
      qualifier,
      createdMs: nowMs,
      modifiedMs: nowMs,
    };
    return this.#parts.state.write((db) => {
      if (selectUrl(db, scope, name, qualifier) !== undefined) {
        throw conflict(`FunctionUrlConfig exists for this Lambda function ${functionArn(scope, name, ref.qualifier)}`);
      }
      upsertUrl(db, url);
      return url;
    });
  }

  update(ref: FunctionRef, change: (before: FunctionUrl) => UrlSettings): Promise<FunctionUrl> {
    const qualifier = this.#qualifier(ref);
    return this.#parts.state.write((db) => {
      const before = selectUrl(db, ref.scope, ref.name, qualifier);
      if (before === undefined) throw absent('The resource you requested does not exist.');
      const { cors: _cors, ...rest } = before;
      const url: FunctionUrl = { ...rest, ...change(before), modifiedMs: this.#parts.clock.nowMs() };
      upsertUrl(db, url);
      return url;
    });
  }

  /** @throws ResourceNotFoundException */
  get(ref: FunctionRef): FunctionUrl {
    const url = selectUrl(this.#parts.state.reader, ref.scope, ref.name, this.#qualifier(ref));
    if (url === undefined) throw absent('The resource you requested does not exist.');
    return url;
  }

  list(ref: FunctionRef): FunctionUrl[] {
    this.#parts.functions.row(ref);
    return selectUrls(this.#parts.state.reader, ref.scope, ref.name);
  }

  async delete(ref: FunctionRef): Promise<void> {
    const qualifier = this.#qualifier(ref);
    const wasThere = await this.#parts.state.write((db) => removeUrl(db, ref.scope, ref.name, qualifier));
    if (!wasThere) throw absent('The resource you requested does not exist.');
  }

  /** An address belongs to `$LATEST` or to an alias. */
  #qualifier(ref: FunctionRef): string {
    this.#parts.functions.get(ref);
    const { qualifier = latest } = ref;
    if (/^\d+$/.test(qualifier)) throw invalidParameter('Qualifier must be an alias, not a version.');
    return qualifier;
  }

  async #serve(request: HttpRequest): Promise<HttpResponse> {
    const { id, rawPath } = addressed(request) ?? { id: '', rawPath: '/' };
    const url = selectUrlById(this.#parts.state.reader, id);
    if (url === undefined) return refuse(404, 'Not Found');
    const isPreflight = request.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined;
    const cors = corsHeaders(url.cors, request.headers['origin'], isPreflight);
    if (isPreflight && url.cors !== undefined) return { status: 200, headers: cors };
    const response = await this.#invoke(request, url, rawPath);
    return { ...response, headers: { ...response.headers, ...cors } };
  }

  async #invoke(request: HttpRequest, url: FunctionUrl, rawPath: string): Promise<HttpResponse> {
    const { clock, log, findCredential } = this.#parts;
    const body = await readBody(request);
    if (body === undefined) return refuse(413, 'Request Entity Too Large');
    const nowMs = clock.nowMs();
    const caller = url.auth === 'NONE' ? undefined : findSigner(request, body, nowMs, findCredential);
    if (url.auth !== 'NONE' && caller === undefined) return refuse(403, 'Forbidden');
    const requestId = newUuid();
    const { scope, name, qualifier } = url;
    const [accountId = ''] = scope.split('/');
    const event = httpEvent(request, { url, requestId, rawPath, body, nowMs, accountId, callerArn: caller?.arn });
    const ref = { scope, name, qualifier: qualifier === latest ? undefined : qualifier };
    try {
      const answer = await this.#run({ ref, requestId, payload: Buffer.from(JSON.stringify(event)) }, url);
      return { ...answer, headers: { ...answer.headers, 'x-amzn-requestid': requestId } };
    } catch (error) {
      if (isPlatformError(error) && error.kind === 'throttled') return refuse(429, 'Too Many Requests');
      if (isPlatformError(error) && error.kind === 'invalid') return refuse(413, 'Request Entity Too Large');
      log.warn('a request to a function could not be served', { error, url: url.id });
      return badGateway();
    }
  }

  /** The answer of the function, or its beginning while the function goes on. */
  async #run(request: InvocationRequest, { streams }: FunctionUrl): Promise<HttpResponse> {
    const { invocations } = this.#parts;
    if (streams === true) {
      const { stream, result } = await invocations.begin(request);
      return stream === undefined ? answerOf(await result) : streamAnswer(stream, result);
    }
    return answerOf(await invocations.invoke(request));
  }
}

function addressed({ rawPath, headers }: HttpRequest): { id: string; rawPath: string } | undefined {
  const [, id, path] = pathPattern.exec(rawPath) ?? [];
  if (id !== undefined) return { id, rawPath: path ?? '/' };
  const host = hostPattern.exec(headers['host'] ?? '')?.[1];
  return host === undefined ? undefined : { id: host, rawPath };
}

/** @returns undefined for more than an event may have */
async function readBody({ body }: HttpRequest): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of body) {
    sizeBytes += (chunk as Buffer).length;
    if (sizeBytes > syncBytesMax) return undefined;
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

function answerOf({ functionError, payload }: InvocationResult): HttpResponse {
  return functionError === undefined ? httpResponse(payload) : badGateway();
}

function refuse(status: number, message: string): HttpResponse {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ Message: message }) };
}
