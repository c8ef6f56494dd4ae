/** Who serves which operation: the handlers of all capabilities, put together by service. */
import { invariant } from '#kernel/errors';
import type { Handler, HttpRequest, ServiceApi } from './api.ts';

export class Services {
  readonly #apis: () => readonly ServiceApi[];
  #table: ReadonlyMap<string, ReadonlyMap<string, Handler>> | undefined;
  #headers: ReadonlyMap<string, readonly NonNullable<ServiceApi['responseHeaders']>[]> = new Map();

  /** @param apis asked once, at the first call, when every capability has been built */
  constructor(apis: () => readonly ServiceApi[]) {
    this.#apis = apis;
  }

  findHandler(service: string, operation: string): Handler | undefined {
    return this.#read().get(service)?.get(operation);
  }

  isServed(service: string): boolean {
    return this.#read().has(service);
  }

  /** Headers that a capability adds to every answer of its service. */
  responseHeaders(service: string, request: HttpRequest): Record<string, string> {
    this.#read();
    const sources = this.#headers.get(service);
    return sources === undefined ? {} : Object.assign({}, ...sources.map((headersOf) => headersOf(request)));
  }

  #read(): ReadonlyMap<string, ReadonlyMap<string, Handler>> {
    if (this.#table !== undefined) return this.#table;
    const table = new Map<string, Map<string, Handler>>();
    const headers = new Map<string, NonNullable<ServiceApi['responseHeaders']>[]>();
    for (const api of this.#apis()) {
      const operations = table.get(api.service) ?? new Map<string, Handler>();
      table.set(api.service, operations);
      for (const [name, handler] of Object.entries(api.operations)) {
        if (handler === undefined) continue;
        invariant(!operations.has(name), `${api.service}:${name} is served by two capabilities.`);
        // Bound, so that a table may be an object whose handlers use `this`.
        operations.set(name, handler.bind(api.operations));
      }
      const responseHeaders = api.responseHeaders?.bind(api);
      if (responseHeaders !== undefined)
        headers.set(api.service, [...(headers.get(api.service) ?? []), responseHeaders]);
    }
    this.#headers = headers;
    this.#table = table;
    return table;
  }
}
