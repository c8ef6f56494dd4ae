/** API destinations at work: kept, and called with the authorization of their connection at their pace. */
import type { Clock } from '#kernel/clock';
import { PlatformError, messageOf } from '#kernel/errors';
import { newUuid } from '#kernel/ids';
import { destinationAbsent, targetFailed, validation } from '../errors.ts';
import type { EventEnvelope } from '../event.ts';
import type { ConnectionStore } from '../store/connections.ts';
import type { HttpParameters } from '../targets/target.ts';
import { textAt } from '../targets/target-input.ts';
import { checkEndpoint, endpointUrl, type ApiDestination } from './api-destination.ts';
import type { Authorization, Connections } from './connections.ts';

export interface Invocation {
  readonly body: string;
  /** What path, header and query values that are paths (`$.detail.id`) are read from. */
  readonly event: EventEnvelope;
  readonly parameters: HttpParameters | undefined;
}

/** As AWS waits. */
const timeoutMs = 5000;
const retriedClientErrors = new Set([401, 407, 409, 429]);

export class ApiDestinations {
  readonly #store: ConnectionStore;
  readonly #connections: Connections;
  readonly #clock: Clock;
  /** When the next call of a destination may go out, by its id. */
  readonly #nextSlots = new Map<string, number>();

  constructor(parts: { store: ConnectionStore; connections: Connections; clock: Clock }) {
    this.#store = parts.store;
    this.#connections = parts.connections;
    this.#clock = parts.clock;
  }

  /** @throws ValidationException, ResourceAlreadyExistsException, ResourceNotFoundException (the connection) */
  async create(
    scope: string,
    destination: Omit<ApiDestination, 'id' | 'createdMs' | 'modifiedMs'>,
  ): Promise<ApiDestination> {
    this.#check(destination);
    const nowMs = this.#clock.nowMs();
    const made = { ...destination, id: newUuid(), createdMs: nowMs, modifiedMs: nowMs };
    await this.#store.insertDestination(scope, made);
    return made;
  }

  update(scope: string, name: string, change: Partial<ApiDestination>): Promise<ApiDestination> {
    return this.#store.changeDestination(scope, name, (before) => {
      const after = { ...before, ...change, modifiedMs: this.#clock.nowMs() };
      this.#check(after);
      return after;
    });
  }

  delete(scope: string, name: string): Promise<void> {
    return this.#store.deleteDestination(scope, name);
  }

  /** @throws ResourceNotFoundException */
  get(scope: string, name: string): ApiDestination {
    const found = this.#store.findDestination(scope, name);
    if (found === undefined) throw destinationAbsent(name);
    return found;
  }

  /** Whether its connection lets anything be sent. */
  isActive({ connectionArn }: ApiDestination): boolean {
    return this.#connections.findState(connectionArn) === 'AUTHORIZED';
  }

  list(scope: string): ApiDestination[] {
    return this.#store.listDestinations(scope);
  }

  /** @throws unavailable when the endpoint may take it later, invalid when it refuses it for good */
  async invoke(
    { scope, name }: { scope: string; name: string },
    invocation: Invocation,
    signal: AbortSignal,
  ): Promise<void> {
    const destination = this.get(scope, name);
    await this.#waitForSlot(destination, signal);
    let status = await this.#request(destination, invocation, signal, false);
    // A token that the endpoint no longer takes is renewed once.
    if (status === 401 || status === 407) status = await this.#request(destination, invocation, signal, true);
    if (status < 300) return;
    const message = `${destination.method} ${destination.endpoint} answered ${status}.`;
    const isFinal = status < 500 && !retriedClientErrors.has(status);
    throw isFinal ? new PlatformError('invalid', 'HTTP_ERROR', message) : targetFailed(message);
  }

  #check({ endpoint, connectionArn }: Pick<ApiDestination, 'endpoint' | 'connectionArn'>): void {
    checkEndpoint(endpoint);
    if (this.#connections.findState(connectionArn) === undefined) {
      throw validation(`Connection '${connectionArn}' does not exist. Create it first.`);
    }
  }

  /** Spreads calls evenly: `ratePerSecond` of them in each second. */
  async #waitForSlot({ id, ratePerSecond }: ApiDestination, signal: AbortSignal): Promise<void> {
    const nowMs = this.#clock.nowMs();
    const slotMs = Math.max(this.#nextSlots.get(id) ?? 0, nowMs);
    this.#nextSlots.set(id, slotMs + 1000 / ratePerSecond);
    if (slotMs > nowMs) await this.#clock.sleep(slotMs - nowMs, signal);
  }

  async #request(
    { connectionArn, endpoint, method }: ApiDestination,
    { body, event, parameters }: Invocation,
    signal: AbortSignal,
    renew: boolean,
  ): Promise<number> {
    const authorization = await this.#connections.authorize(connectionArn, { signal, renew });
    const values = (record: Readonly<Record<string, string>> = {}): Record<string, string> =>
      Object.fromEntries(Object.entries(record).map(([key, value]) => [key, textAt(value, event)]));
    const pathValues = (parameters?.pathValues ?? []).map((value) => textAt(value, event));
    const url = endpointUrl(endpoint, pathValues, { ...values(parameters?.query), ...authorization.query });
    const hasBody = method !== 'GET' && method !== 'HEAD';
    try {
      const response = await fetch(url, {
        method,
        headers: {
          'user-agent': 'Amazon/EventBridge/ApiDestinations',
          ...(hasBody && { 'content-type': 'application/json; charset=utf-8' }),
          ...values(parameters?.headers),
          ...authorization.headers,
        },
        ...(hasBody && { body: withMembers(body, authorization) }),
        redirect: 'manual',
        signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
      });
      await response.body?.cancel();
      return response.status;
    } catch (error) {
      throw targetFailed(`${method} ${endpoint} failed: ${messageOf(error)}.`, error);
    }
  }
}

/** Body parameters of the connection stand beside the members of a JSON object; other texts have no place for them. */
function withMembers(text: string, { body }: Authorization): string {
  if (Object.keys(body).length === 0 || !/^\s*\{/.test(text)) return text;
  return JSON.stringify({ ...(JSON.parse(text) as object), ...body });
}
