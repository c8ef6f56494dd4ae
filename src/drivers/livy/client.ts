/** A remote Livy: batches over its REST API (Livy 0.8, REST API page). Each call is bounded in time and in size. */
import { PlatformError, messageOf } from '#kernel/errors';

export interface RemoteBatch {
  readonly id: number;
  readonly state: string;
  readonly appId?: string | null;
  readonly appInfo?: { readonly driverLogUrl?: string | null; readonly sparkUiUrl?: string | null };
}

export interface RemoteLog {
  readonly from: number;
  readonly total: number;
  readonly log: readonly string[];
}

const timeoutMs = 10_000;
const answerBytesMax = 8 * 2 ** 20;

export class LivyClient {
  readonly #url: string;

  /** @param url such as `http://livy.example:8998` */
  constructor(url: string) {
    this.#url = url.replace(/\/+$/, '');
  }

  /** @throws invalid when Livy refuses it, unavailable when it does not answer */
  async submit(body: object, signal: AbortSignal): Promise<RemoteBatch> {
    return (await this.#call('POST', '/batches', signal, body)) as RemoteBatch;
  }

  /** @returns undefined when Livy does not know it */
  async findBatch(id: number, signal: AbortSignal): Promise<RemoteBatch | undefined> {
    return (await this.#call('GET', `/batches/${id}`, signal)) as RemoteBatch | undefined;
  }

  /** The batch of that name among the newest; undefined when there is none. */
  async findByName(name: string, signal: AbortSignal): Promise<RemoteBatch | undefined> {
    const { sessions } = (await this.#call('GET', '/batches?from=0&size=1000', signal)) as {
      sessions: (RemoteBatch & { name?: string | null })[];
    };
    return sessions.findLast((batch) => batch.name === name);
  }

  async readLog(id: number, from: number, size: number, signal: AbortSignal): Promise<RemoteLog | undefined> {
    return (await this.#call('GET', `/batches/${id}/log?from=${from}&size=${size}`, signal)) as RemoteLog | undefined;
  }

  /** Ends and forgets it; nothing happens when it is gone. */
  async remove(id: number, signal: AbortSignal): Promise<void> {
    await this.#call('DELETE', `/batches/${id}`, signal);
  }

  async #call(method: string, path: string, signal: AbortSignal, body?: object): Promise<unknown> {
    let status: number;
    let text: string;
    try {
      const answer = await fetch(this.#url + path, {
        method,
        headers: { 'content-type': 'application/json', 'x-requested-by': 'millpond' },
        signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      ({ status } = answer);
      text = await answer.text();
    } catch (error) {
      signal.throwIfAborted();
      throw this.#unavailable(messageOf((error as Error).cause ?? error));
    }
    if (status === 404) return undefined;
    if (text.length > answerBytesMax) throw this.#unavailable(`${method} ${path} answered ${text.length} bytes`);
    if (status >= 500) throw this.#unavailable(`${method} ${path} answered ${status}: ${text.slice(0, 300)}`);
    if (status >= 400) {
      throw new PlatformError('invalid', 'LivyRefused', `Livy at ${this.#url} refused: ${text.slice(0, 1000)}`);
    }
    try {
      return JSON.parse(text);
    } catch {
      throw this.#unavailable(`${method} ${path} answered no JSON`);
    }
  }

  #unavailable(why: string): PlatformError {
    return new PlatformError('unavailable', 'LivyUnavailable', `Livy at ${this.#url} cannot be reached: ${why}.`);
  }
}
