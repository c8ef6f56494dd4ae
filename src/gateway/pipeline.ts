/**
 * The life of a request, in order:
 *
 * host allowed -> route outside the models -> service and operation -> signature -> decode and validate by the model ->
 * authorise -> handler -> encode by the model -> audit.
 *
 * The second half, from decoding on, is in `calls.ts`, since calls from inside go through it as well.
 */
import { gunzipSync } from 'node:zlib';
import { isPlatformError } from '#kernel/errors';
import { newHexId, newUuid } from '#kernel/ids';
import type { Log } from '#kernel/log';
import type { HttpResponse, RequestContext, Route } from './api.ts';
import { collect } from './body.ts';
import type { Calls } from './calls.ts';
import { anonymousCaller, createContext, realRegion } from './context.ts';
import { hostRefused, signatureError, unreadable, type ErrorFamily } from './errors.ts';
import type { Hosts } from './hosts.ts';
import type { Identifier, Identity } from './identify.ts';
import type { IncomingRequest } from './listener.ts';
import type { Operation } from './model/model.ts';
import type { Protocol } from './protocols/protocol.ts';
import type { Protocols } from './protocols/registry.ts';
import type { Services } from './services.ts';
import { findClaims, type Claims } from './sigv4/claims.ts';
import { openPayload, signedPayloadHash, type OpenedPayload } from './sigv4/payload.ts';
import type { Verified, Verifier } from './sigv4/verifier.ts';
import { toWireError } from './status.ts';

export interface PipelineOptions {
  readonly hosts: Hosts;
  readonly routes: () => readonly Route[];
  readonly identifier: Identifier;
  readonly protocols: Protocols;
  readonly verifier: Verifier;
  readonly services: Services;
  readonly calls: Calls;
  readonly log: Log;
}

// Limit: a body that is not a stream may be 16 MiB.
const bodyBytesMax = 16 * 1024 * 1024;

const shortBodyBytes = 64 * 1024;

export class Pipeline {
  readonly #options: PipelineOptions;
  /** The second of the two ids in S3's answers; it tells one run of the server from another. */
  readonly #hostId = Buffer.from(newHexId(24)).toString('base64');

  constructor(options: PipelineOptions) {
    this.#options = options;
  }

  /** Never throws: whatever goes wrong becomes an answer in the caller's protocol. */
  async answer(request: IncomingRequest): Promise<HttpResponse> {
    const requestId = newUuid();
    let identity: Identity | undefined;
    try {
      this.#checkHost(request);
      const route = this.#options.routes().find((candidate) => candidate.matches(request));
      if (route !== undefined) {
        request.acceptBody();
        return await route.handle(request);
      }
      const form = isUnsignedForm(request) ? await this.#collect(request) : undefined;
      identity = this.#options.identifier.identify(request, form);
      return this.#seal(request, identity, requestId, await this.#serve(request, identity, requestId, form));
    } catch (error) {
      const shown = identity ?? this.#options.identifier.guess(request);
      return this.#seal(request, shown, requestId, this.#refuse(request, shown, requestId, error));
    }
  }

  async #serve(
    request: IncomingRequest,
    identity: Identity,
    requestId: string,
    form: Buffer | undefined,
  ): Promise<HttpResponse> {
    const { calls, protocols } = this.#options;
    const { model } = identity;
    const protocol = protocols.get(identity.form);
    const rawPath = this.#resourcePath(request, identity);
    const early = protocol.findOperation(model, { ...request, rawPath }, identity.operationName);
    const isStream = early?.streamingInput !== undefined;
    const raw = form ?? (isStream ? undefined : await this.#collect(request));
    const operation = early ?? protocol.operationInBody(model, request, raw ?? Buffer.alloc(0));
    const verified = this.#verify(request, identity, operation, protocol, raw);
    const held = raw ?? (isShort(request) ? await this.#collect(request) : undefined);
    request.acceptBody();
    const opened = decompress(await openPayload(request, held, verified, bodyBytesMax), protocol.family);
    const context = this.#context(request, opened, verified, operation, requestId);
    return calls.run(operation, context, {
      family: protocol.family,
      decode: () => protocol.decode(operation, { ...request, rawPath, headers: opened.headers, body: opened.body }),
      encode: (output) => protocol.encode(operation, output, { requestId, model, resource: rawPath }),
    });
  }

  #checkHost(request: IncomingRequest): void {
    const host = request.headers['host'] ?? '';
    if (!this.#options.hosts.allows(host)) throw hostRefused(host);
  }

  /** The path with the bucket in front, whichever way the client addressed it. */
  #resourcePath(request: IncomingRequest, identity: Identity): string {
    if (identity.form !== 's3') return request.rawPath;
    const bucket = this.#options.hosts.findBucket(request.headers['host'] ?? '');
    return bucket === undefined ? request.rawPath : `/${bucket}${request.rawPath}`;
  }

  #collect(request: IncomingRequest): Promise<Buffer> {
    request.acceptBody();
    return collect(request.body, bodyBytesMax);
  }

  /** @returns undefined for an anonymous call of an operation that allows one */
  #verify(
    request: IncomingRequest,
    identity: Identity,
    operation: Operation,
    protocol: Protocol,
    raw: Buffer | undefined,
  ): Verified | undefined {
    const { family } = protocol;
    const claims = findClaims(request, family);
    if (claims === undefined) {
      if (operation.isAnonymous) return undefined;
      throw missingSignature(family);
    }
    refuseForeignPage(request, claims, family);
    return this.#options.verifier.verify(request, claims, {
      family,
      signingName: identity.model.signingName,
      payloadHash: signedPayloadHash(request, claims, raw, family),
    });
  }

  #context(
    request: IncomingRequest,
    opened: OpenedPayload,
    verified: Verified | undefined,
    operation: Operation,
    requestId: string,
  ): RequestContext {
    return createContext({
      requestId,
      service: operation.model.name,
      operation: operation.name,
      region: realRegion(verified?.claims.region ?? 'us-east-1'),
      caller: verified?.credential.caller ?? anonymousCaller,
      sourceIp: request.sourceIp,
      userAgent: request.headers['user-agent'] ?? '',
      endpoint: `${request.scheme}://${this.#options.hosts.baseOf(request.headers['host'] ?? '')}`,
      signal: request.signal,
      headers: opened.headers,
      payload: opened.payload,
    });
  }

  #refuse(request: IncomingRequest, identity: Identity, requestId: string, error: unknown): HttpResponse {
    const protocol = this.#options.protocols.get(identity.form);
    const isOurs = !isPlatformError(error) || error.kind === 'internal';
    if (isOurs && !request.signal.aborted) {
      this.#options.log.error('a request failed by a fault of the server', { requestId, error, path: request.rawPath });
    }
    return protocol.encodeError(toWireError(error, protocol.family, identity.model), {
      requestId,
      model: identity.model,
      resource: request.rawPath,
    });
  }

  /** Adds what every answer carries. */
  #seal(request: IncomingRequest, identity: Identity, requestId: string, response: HttpResponse): HttpResponse {
    const { family } = this.#options.protocols.get(identity.form);
    const ids: Record<string, string> =
      family === 's3'
        ? { 'x-amz-request-id': requestId, 'x-amz-id-2': this.#hostId }
        : { 'x-amzn-requestid': requestId };
    const added = this.#options.services.responseHeaders(identity.model.name, request);
    return { ...response, headers: { ...response.headers, ...added, ...ids } };
  }
}

/** Such a form names its service only in its body (AssumeRoleWithWebIdentity). */
function isUnsignedForm({ method, headers, rawPath, rawQuery }: IncomingRequest): boolean {
  const isForm = headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true;
  return method === 'POST' && isForm && rawPath === '/' && rawQuery === '' && headers['authorization'] === undefined;
}

/** A stream of little is lighter to handle in one piece; its hash is then checked before the handler sees it. */
function isShort({ headers }: IncomingRequest): boolean {
  return Number(headers['content-length'] ?? Infinity) <= shortBodyBytes;
}

/** Clients may compress large inputs (PutMetricData); S3 keeps what is compressed as it is. */
function decompress(opened: OpenedPayload, family: ErrorFamily): OpenedPayload {
  const { body, headers } = opened;
  if (family === 's3' || headers['content-encoding'] !== 'gzip' || !(body instanceof Buffer)) return opened;
  try {
    return { ...opened, body: gunzipSync(body, { maxOutputLength: bodyBytesMax }) };
  } catch {
    throw unreadable(`The body is not valid gzip, or holds more than ${bodyBytesMax} bytes.`);
  }
}

function missingSignature(family: ErrorFamily): Error {
  return signatureError('missing', family, family === 's3' ? 'Access Denied' : 'Missing Authentication Token');
}

/**
 * A web page can send a form with any text as its body, or follow a link, to any address; browsers say so. No AWS client
 * does either, but for S3, whose presigned URLs are made for browsers. With `--open` nothing else would stop such a page.
 */
function refuseForeignPage({ headers }: IncomingRequest, claims: Claims, family: ErrorFamily): void {
  if (family === 'json' && headers['content-type']?.startsWith('text/plain') === true) {
    throw unreadable('Content-Type must be application/x-amz-json-1.0 or application/x-amz-json-1.1, not text/plain.');
  }
  const isForeign = headers['sec-fetch-site'] === 'cross-site' || headers['sec-fetch-site'] === 'same-site';
  if (isForeign && claims.expiresSeconds !== undefined && family !== 's3') {
    throw signatureError('missing', family, 'A page of another site may not call this service by a signed link.');
  }
}
