/**
 * One port for HTTP/1.1, HTTP/2 with prior knowledge (h2c) and, when a certificate is given, TLS with both. The first
 * bytes of a connection tell which it is.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import {
  createSecureServer,
  createServer as createHttp2Server,
  type Http2SecureServer,
  type Http2Server,
  type Http2ServerRequest,
  type Http2ServerResponse,
} from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Log } from '#kernel/log';
import type { HttpRequest, HttpResponse } from './api.ts';

export interface TlsConfig {
  /** PEM */
  readonly key: string | Buffer;
  readonly cert: string | Buffer;
}

export interface ListenerOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly tls?: TlsConfig;
  readonly log: Log;
  /** Must not throw. */
  readonly answer: (request: IncomingRequest) => Promise<HttpResponse>;
}

export interface IncomingRequest extends HttpRequest {
  readonly scheme: 'http' | 'https';
  /** Aborted when the client hangs up before it was answered. */
  readonly signal: AbortSignal;
  /** Lets a client that waits for `100 Continue` send its body. */
  acceptBody(): void;
}

type AnyRequest = IncomingMessage | Http2ServerRequest;
type AnyResponse = ServerResponse | Http2ServerResponse;

// Limit: headers of one request may be 32 KiB, and must have come within 20 s; a client that stays silent in the
// middle of a body is cut off after 2 minutes.
const headerBytesMax = 32 * 1024;
const headersTimeoutMs = 20_000;
const idleTimeoutMs = 120_000;
const keepAliveTimeoutMs = 65_000;
/** A connection must say what it is within this time. */
const firstByteTimeoutMs = 10_000;

const http2Preface = Buffer.from('PRI * HTTP/2.0');
const tlsHandshake = 0x16;

export class Listener {
  readonly #options: ListenerOptions;
  readonly #http1: Server;
  readonly #http2: Http2Server;
  readonly #secure: Http2SecureServer | undefined;
  readonly #sockets = new Set<Socket>();
  #openRequests = 0;
  #closing = false;
  #onIdle: (() => void) | undefined;

  constructor(options: ListenerOptions) {
    this.#options = options;
    this.#http1 = createServer({
      maxHeaderSize: headerBytesMax,
      headersTimeout: headersTimeoutMs,
      requestTimeout: 0,
      keepAliveTimeout: keepAliveTimeoutMs,
      connectionsCheckingInterval: 5_000,
    });
    this.#http1.timeout = idleTimeoutMs;
    this.#http2 = createHttp2Server({ settings: { maxHeaderListSize: headerBytesMax } });
    this.#http2.setTimeout(idleTimeoutMs);
    this.#secure = options.tls && createSecureServer({ ...options.tls, allowHTTP1: true, minVersion: 'TLSv1.2' });
    for (const server of [this.#http1, this.#http2, this.#secure]) this.#serve(server);
    this.#sniff();
  }

  /** @returns the port that was taken */
  listen(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#http1.once('error', reject);
      this.#http1.listen(this.#options.port, this.#options.host, () => {
        this.#http1.off('error', reject);
        resolve((this.#http1.address() as AddressInfo).port);
      });
    });
  }

  /** Takes no new connections, lets open requests end within `graceMs`, then cuts what is left. */
  async close(graceMs: number): Promise<void> {
    this.#closing = true;
    const closed = new Promise<void>((resolve) => this.#http1.close(() => resolve()));
    this.#http1.closeIdleConnections();
    if (this.#openRequests > 0) await this.#waitIdle(graceMs);
    for (const socket of this.#sockets) socket.destroy();
    this.#http1.closeAllConnections();
    await closed;
  }

  #waitIdle(graceMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, graceMs);
      this.#onIdle = () => {
        clearTimeout(timer);
        // The last answer may still be on its way out of the socket's buffer.
        setImmediate(resolve);
      };
    });
  }

  /** Puts itself before the HTTP/1 parser, so that Node's own timeouts for headers stay in force behind it. */
  #sniff(): void {
    const [parseHttp1] = this.#http1.listeners('connection') as ((socket: Socket) => void)[];
    this.#http1.removeAllListeners('connection');
    this.#http1.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
      socket.on('error', () => socket.destroy());
      socket.setNoDelay(true);
      socket.setTimeout(firstByteTimeoutMs, () => socket.destroy());
      let seen: Buffer = Buffer.alloc(0);
      const look = (chunk: Buffer): void => {
        seen = seen.length === 0 ? chunk : Buffer.concat([seen, chunk]);
        const kind = this.#kindOf(seen);
        if (kind === undefined) return;
        socket.off('data', look);
        socket.pause();
        socket.setTimeout(0);
        socket.removeAllListeners('timeout');
        socket.unshift(seen);
        // TLS and HTTP/2 read the handle beneath the stream themselves, from what was given back on.
        if (kind === 'tls') this.#secure?.emit('connection', socket);
        else if (kind === 'http2') this.#http2.emit('connection', socket);
        else {
          parseHttp1?.call(this.#http1, socket);
          socket.resume();
        }
      };
      socket.on('data', look);
    });
  }

  /** Undefined while too little was seen. */
  #kindOf(seen: Buffer): 'http1' | 'http2' | 'tls' | undefined {
    if (this.#secure !== undefined && seen[0] === tlsHandshake) return 'tls';
    const common = Math.min(seen.length, http2Preface.length);
    if (!seen.subarray(0, common).equals(http2Preface.subarray(0, common))) return 'http1';
    return common === http2Preface.length ? 'http2' : undefined;
  }

  #serve(server: Server | Http2Server | Http2SecureServer | undefined): void {
    if (server === undefined) return;
    const onRequest = (request: AnyRequest, response: AnyResponse, awaitsContinue: boolean): void => {
      this.#answer(request, response, awaitsContinue).catch((error: unknown) => {
        this.#options.log.debug('an answer could not be sent', { error });
        response.destroy();
      });
    };
    server.on('request', (request: AnyRequest, response: AnyResponse) => onRequest(request, response, false));
    server.on('checkContinue', (request: AnyRequest, response: AnyResponse) => onRequest(request, response, true));
    server.on('sessionError', () => undefined);
    server.on('tlsClientError', (_: Error, socket: Socket) => socket.destroy());
  }

  async #answer(request: AnyRequest, response: AnyResponse, awaitsContinue: boolean): Promise<void> {
    this.#openRequests += 1;
    const hangUp = new AbortController();
    response.once('close', () => {
      if (!response.writableEnded) hangUp.abort(new Error('The client hung up.'));
    });
    try {
      const answer = await this.#options.answer(toIncoming(request, response, awaitsContinue, hangUp.signal));
      await send(request, response, answer, this.#closing);
    } finally {
      this.#openRequests -= 1;
      if (this.#openRequests === 0) this.#onIdle?.();
    }
  }
}

function toIncoming(
  request: AnyRequest,
  response: AnyResponse,
  awaitsContinue: boolean,
  signal: AbortSignal,
): IncomingRequest {
  const url = request.url ?? '/';
  const cut = url.indexOf('?');
  let continued = !awaitsContinue;
  return {
    method: request.method ?? 'GET',
    rawPath: cut === -1 ? url : url.slice(0, cut),
    rawQuery: cut === -1 ? '' : url.slice(cut + 1),
    headers: readHeaders(request.rawHeaders),
    body: request,
    sourceIp: request.socket?.remoteAddress ?? '',
    scheme: 'encrypted' in request.socket && request.socket.encrypted === true ? 'https' : 'http',
    signal,
    acceptBody() {
      if (continued) return;
      continued = true;
      response.writeContinue();
    },
  };
}

/** Lower-case names; values of a name that comes twice are joined by a comma, as signatures want them. */
function readHeaders(raw: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const sent = raw[at]!.toLowerCase();
    const name = sent === ':authority' ? 'host' : sent;
    if (name.startsWith(':') || name === '__proto__') continue;
    const value = raw[at + 1]!;
    headers[name] = Object.hasOwn(headers, name) && sent !== ':authority' ? `${headers[name]},${value}` : value;
  }
  return headers;
}

async function send(request: AnyRequest, response: AnyResponse, answer: HttpResponse, closing: boolean): Promise<void> {
  const isHttp1 = request.httpVersionMajor === 1;
  const { body } = answer;
  if (response.destroyed) {
    if (isStream(body)) body.destroy();
    return;
  }
  const headers: Record<string, string | number | string[]> = { ...answer.headers };
  if (answer.cookies !== undefined) headers['set-cookie'] = [...answer.cookies];
  if (body === undefined || typeof body === 'string' || body instanceof Uint8Array) {
    const mayHaveBody = answer.status !== 204 && answer.status !== 304;
    if (mayHaveBody) headers['content-length'] ??= body === undefined ? 0 : Buffer.byteLength(body);
  }
  // What the client still wants to send after a refusal would otherwise be read to its end.
  const hasUnreadBody = answer.status >= 400 && !request.readableEnded && !request.complete;
  if (isHttp1 && (closing || (hasUnreadBody && isLong(request)))) headers['connection'] = 'close';
  writeHead(response, answer.status, headers);
  const isBodyless = request.method === 'HEAD' || answer.status === 204 || answer.status === 304;
  if (isStream(body) && !isBodyless) {
    await pipeline(body, response as NodeJS.WritableStream);
    return;
  }
  if (isStream(body)) {
    body.destroy();
    end(response, undefined);
    return;
  }
  end(response, isBodyless ? undefined : body);
}

// The two kinds of response agree on these calls, but their overloads cannot be called through the union.
function writeHead(response: AnyResponse, status: number, headers: Record<string, string | number | string[]>): void {
  (response as ServerResponse).writeHead(status, headers);
}

function end(response: AnyResponse, body: string | Uint8Array | undefined): void {
  (response as ServerResponse).end(body);
}

function isStream(body: HttpResponse['body']): body is Readable {
  return body !== undefined && typeof body !== 'string' && !(body instanceof Uint8Array);
}

function isLong(request: AnyRequest): boolean {
  const announced = Number(request.headers['content-length'] ?? Infinity);
  return announced > 1024 * 1024;
}
