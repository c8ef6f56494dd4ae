/**
 * The open Lambda Runtime API (Lambda Developer Guide, "Using the Lambda runtime API", version 2018-06-01) on loopback:
 * a runtime asks for its next invocation and posts what came of it. Nothing listens before the first sandbox.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Writable } from 'node:stream';
import { newHexId } from '#kernel/ids';
import { faultIn, isStreamed, pump } from './response-stream.ts';

// Limit: an answer of a function has at most 6 MiB and a little for its envelope, as in AWS.
export const responseBytesMax = 6_291_556;

export interface NextInvocation {
  readonly requestId: string;
  readonly functionArn: string;
  readonly deadlineMs: number;
  readonly payload: Uint8Array;
  readonly traceId: string;
  /** JSON text. */
  readonly clientContext?: string;
}

/** What a runtime tells of itself; implemented by a sandbox. */
export interface RuntimePeer {
  /** The runtime is ready; `send` hands it an invocation. */
  onNext(send: (invocation: NextInvocation) => void): void;
  /** @returns whether this is the invocation under way */
  onResponse(requestId: string, body: Buffer): boolean;
  /** An answer of more than `responseBytesMax`. */
  onOversize(requestId: string, sizeBytes: number): boolean;
  onError(requestId: string, body: Buffer): boolean;
  /** Takes the pieces of an answer; undefined where it is wanted in one piece, or by nobody. */
  openStream(requestId: string, contentType: string): Writable | undefined;
  onInitError(body: Buffer): void;
}

export interface Registration {
  /** What runtimes take as AWS_LAMBDA_RUNTIME_API: host and port, and a secret path where the runtime is ours. */
  readonly address: string;
  close(): void;
}

const apiPath =
  /^(?:\/([0-9a-f]{32}))?\/2018-06-01\/runtime\/(init\/error|invocation\/next|invocation\/([^/]+)\/(response|error))$/;

export class RuntimeApi {
  readonly #peers = new Map<string, RuntimePeer>();
  #shared: Promise<Server> | undefined;
  readonly #own = new Set<Server>();

  /**
   * @param plain for a bootstrap of the user's own, whose library may know host and port only: a port of its own.
   */
  async register(peer: RuntimePeer, plain: boolean): Promise<Registration> {
    // Limit: the port of a provided runtime is guarded by being unknown, since its clients know no secret.
    if (plain) {
      const server = await listen((request, response) => void answer(peer, request, response));
      this.#own.add(server);
      return {
        address: addressOf(server),
        close: () => {
          this.#own.delete(server);
          shut(server);
        },
      };
    }
    this.#shared ??= listen((request, response) => {
      const secret = apiPath.exec(request.url ?? '')?.[1] ?? '';
      void answer(this.#peers.get(secret), request, response);
    });
    const server = await this.#shared;
    const secret = newHexId(16);
    this.#peers.set(secret, peer);
    return { address: `${addressOf(server)}/${secret}`, close: () => this.#peers.delete(secret) };
  }

  async close(): Promise<void> {
    const shared = await this.#shared;
    for (const server of [...this.#own, ...(shared === undefined ? [] : [shared])]) shut(server);
    this.#own.clear();
    this.#shared = undefined;
  }
}

function addressOf(server: Server): string {
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function listen(handle: (request: IncomingMessage, response: ServerResponse) => void): Promise<Server> {
  return new Promise((resolve, reject) => {
    // A runtime keeps its connection and may wait for hours for what comes next.
    const server = createServer({ keepAliveTimeout: 0, requestTimeout: 0, noDelay: true }, handle);
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      server.unref();
      resolve(server);
    });
  });
}

function shut(server: Server): void {
  server.close();
  server.closeAllConnections();
}

async function answer(
  peer: RuntimePeer | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const [, , verb = '', requestId = '', kind] = apiPath.exec(request.url ?? '') ?? [];
  if (peer === undefined || verb === '') return refuse(response, 404, 'NotFound', 'There is no such path.');
  if (verb === 'invocation/next') {
    if (request.method !== 'GET') return refuse(response, 405, 'MethodNotAllowed', 'Use GET.');
    peer.onNext((invocation) => send(response, invocation));
    return;
  }
  if (request.method !== 'POST') return refuse(response, 405, 'MethodNotAllowed', 'Use POST.');
  const contentType = request.headers['content-type'] ?? 'application/octet-stream';
  const sink = kind === 'response' && isStreamed(request) ? peer.openStream(requestId, contentType) : undefined;
  if (sink !== undefined) return answerStream(peer, requestId, { request, response, sink });
  const read = await readBody(request);
  if (read === undefined) return;
  const { body, sizeBytes } = read;
  if (verb === 'init/error') {
    peer.onInitError(body);
    return accept(response);
  }
  if (kind === 'response' && sizeBytes > responseBytesMax) {
    peer.onOversize(requestId, sizeBytes);
    return refuse(
      response,
      413,
      'RequestEntityTooLarge',
      `Exceeded maximum allowed payload size (${responseBytesMax} bytes).`,
    );
  }
  const fault = kind === 'response' ? faultIn(request) : body;
  const isCurrent = fault === undefined ? peer.onResponse(requestId, body) : peer.onError(requestId, fault);
  if (isCurrent) accept(response);
  else refuse(response, 400, 'InvalidRequestID', 'The request id is not that of the invocation under way.');
}

async function answerStream(
  peer: RuntimePeer,
  requestId: string,
  { request, response, sink }: { request: IncomingMessage; response: ServerResponse; sink: Writable },
): Promise<void> {
  const end = await pump(request, sink);
  if (end.kind === 'cut') return;
  if (end.kind === 'whole') peer.onResponse(requestId, Buffer.alloc(0));
  else if (end.kind === 'fault') peer.onError(requestId, end.body);
  else peer.onOversize(requestId, end.sizeBytes);
  accept(response);
}

function send(response: ServerResponse, { payload, clientContext, ...invocation }: NextInvocation): void {
  response.writeHead(200, {
    'content-type': 'application/json',
    'content-length': payload.length,
    'lambda-runtime-aws-request-id': invocation.requestId,
    'lambda-runtime-deadline-ms': String(invocation.deadlineMs),
    'lambda-runtime-invoked-function-arn': invocation.functionArn,
    'lambda-runtime-trace-id': invocation.traceId,
    ...(clientContext !== undefined && { 'lambda-runtime-client-context': clientContext }),
  });
  response.end(payload);
}

function accept(response: ServerResponse): void {
  const body = '{"status":"OK"}\n';
  response.writeHead(202, { 'content-type': 'application/json', 'content-length': body.length });
  response.end(body);
}

function refuse(response: ServerResponse, status: number, errorType: string, errorMessage: string): void {
  const body = JSON.stringify({ errorMessage, errorType });
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

interface Body {
  readonly body: Buffer;
  readonly sizeBytes: number;
}

/**
 * Reads to the end, but keeps no more than an answer may have; undefined when the runtime died while it spoke, which its
 * process tells of. By events and not by a loop, since every invocation waits for it.
 */
function readBody(request: IncomingMessage): Promise<Body | undefined> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  return new Promise((resolve) => {
    request.on('data', (chunk: Buffer) => {
      sizeBytes += chunk.length;
      if (sizeBytes <= responseBytesMax) chunks.push(chunk);
    });
    request.once('end', () => resolve({ body: Buffer.concat(chunks), sizeBytes }));
    request.once('error', () => resolve(undefined)).once('close', () => resolve(undefined));
  });
}
