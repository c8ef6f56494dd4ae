/**
 * Livy's REST API on a port of its own (Apache Livy 0.8, "REST API"). Livy knows no signatures: whoever reaches the port
 * submits as the account's root, so it has an address of its own, loopback unless configured, and answers to the
 * platform's names only.
 */
import { collect, Hosts, Listener, restStatuses, type HttpResponse, type IncomingRequest } from '#gateway';
import { isPlatformError, messageOf } from '#kernel/errors';
import { newUuid } from '#kernel/ids';
import type { Log } from '#kernel/log';
import type { Applications } from '../../applications/applications.ts';
import { denied, livyRefused } from '../../errors.ts';
import type { Sessions } from '../../sessions/sessions.ts';
import { answerHistory, batchCollection, type LivyOwner } from './batches.ts';
import { answerCollection } from './collection.ts';
import { json, message, type LivyRequest } from './request.ts';
import { sessionCollection } from './sessions.ts';

export interface LivyServerParts {
  readonly applications: Applications;
  readonly sessions: Sessions;
  readonly owner: LivyOwner;
  readonly log: Log;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly hosts: readonly string[];
}

// Limit: the body of a request to Livy has at most 4 MiB.
const bodyBytesMax = 4 * 2 ** 20;
const closeGraceMs = 1000;

/** The release whose API this is. */
const livyVersion = '0.8.0-incubating';

export class LivyServer {
  readonly #parts: LivyServerParts;
  readonly #listener: Listener;
  readonly #hosts: Hosts;
  #url: string | undefined;

  constructor(parts: LivyServerParts) {
    this.#parts = parts;
    this.#hosts = new Hosts([parts.host, ...parts.hosts]);
    this.#listener = new Listener({
      host: parts.host,
      port: parts.port,
      log: parts.log,
      answer: (request) => this.#answer(request),
    });
  }

  /** Undefined while it does not listen. */
  get url(): string | undefined {
    return this.#url;
  }

  /** @throws what the system says when the port cannot be had */
  async listen(): Promise<string> {
    const port = await this.#listener.listen();
    const { host } = this.#parts;
    this.#url = `http://${host.includes(':') ? `[${host}]` : host.replace('0.0.0.0', '127.0.0.1')}:${port}`;
    return this.#url;
  }

  async close(): Promise<void> {
    if (this.#url === undefined) return;
    this.#url = undefined;
    await this.#listener.close(closeGraceMs);
  }

  /** Never rejects. */
  async #answer(request: IncomingRequest): Promise<HttpResponse> {
    try {
      this.#refuseForeign(request);
      return (await this.#route(request)) ?? message(404, `Nothing is served at ${request.method} ${request.rawPath}.`);
    } catch (error) {
      if (isPlatformError(error, 'RequestEntityTooLarge')) return message(413, messageOf(error));
      if (isPlatformError(error)) return message(restStatuses[error.kind], messageOf(error));
      if (request.signal.aborted) return message(499, 'The client hung up.');
      const requestId = newUuid();
      this.#parts.log.error('a request to Livy failed by a fault of the server', { requestId, error });
      return message(500, `An internal error occurred (request ${requestId}).`);
    }
  }

  /** Names that are not ours are refused against DNS rebinding, pages of other sites because no signature stops them. */
  #refuseForeign({ headers, method }: IncomingRequest): void {
    const host = headers['host'] ?? '';
    if (!this.#hosts.allows(host)) throw denied(`The host '${host.slice(0, 200)}' is not one of this server's names.`);
    const origin = headers['origin'];
    const isForeign =
      headers['sec-fetch-site'] === 'cross-site' ||
      headers['sec-fetch-site'] === 'same-site' ||
      (origin !== undefined && origin !== `http://${host}`);
    if (isForeign && method !== 'GET' && method !== 'HEAD') {
      throw denied('A page of another site may not submit applications.');
    }
  }

  async #route(incoming: IncomingRequest): Promise<HttpResponse | undefined> {
    const request = livyRequest(incoming);
    const { applications, sessions, owner } = this.#parts;
    switch (request.path[0]) {
      case undefined:
      case 'ui':
        return this.#welcome(request);
      case 'version':
        return json(200, { version: livyVersion, revision: 'millpond', branch: 'millpond', user: 'millpond', url: '' });
      case 'batches':
        return answerCollection(batchCollection(applications, owner), request);
      case 'sessions':
        return answerCollection(sessionCollection(sessions, owner), request);
      case 'applications':
        return answerHistory(applications, request);
      default:
        return undefined;
    }
  }

  #welcome({ method }: LivyRequest): HttpResponse | undefined {
    if (method !== 'GET' && method !== 'HEAD') return undefined;
    return {
      status: 200,
      headers: { 'content-type': 'text/plain; charset=utf-8' },
      body: `Livy ${livyVersion} REST API of Millpond\nGET /batches, /sessions, /applications\n`,
    };
  }
}

function livyRequest(incoming: IncomingRequest): LivyRequest {
  const path = incoming.rawPath.split('/').filter((part) => part !== '');
  return {
    method: incoming.method,
    path: path.map(decodePart),
    query: new URLSearchParams(incoming.rawQuery),
    async body() {
      incoming.acceptBody();
      const text = (await collect(incoming.body, bodyBytesMax)).toString('utf8');
      try {
        return JSON.parse(text) as unknown;
      } catch (error) {
        throw livyRefused(`The body is not JSON: ${messageOf(error)}`);
      }
    },
  };
}

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw livyRefused(`The path part '${part.slice(0, 80)}' is badly encoded.`);
  }
}
