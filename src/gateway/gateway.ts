/** Puts the gateway together. */
import type { Clock } from '#kernel/clock';
import type { Log } from '#kernel/log';
import type { Authorizer, Dispatcher, RequestLog, Route, ServiceApi } from './api.ts';
import { Calls } from './calls.ts';
import { createDispatcher } from './dispatcher.ts';
import { Hosts } from './hosts.ts';
import { Identifier } from './identify.ts';
import { Listener, type TlsConfig } from './listener.ts';
import { ModelLibrary } from './model/model.ts';
import { Pipeline } from './pipeline.ts';
import { Protocols } from './protocols/registry.ts';
import { Services } from './services.ts';
import { Verifier } from './sigv4/verifier.ts';

export interface GatewayConfig {
  /** Address to bind, such as `127.0.0.1`. */
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Names by which clients may reach us beside the loopback ones. */
  readonly hosts?: readonly string[];
  readonly tls?: TlsConfig;
}

export interface GatewayOptions {
  /** Asked at the first call, so that capabilities which need the dispatcher can be built before. */
  readonly apis: () => readonly ServiceApi[];
  readonly routes?: () => readonly Route[];
  readonly authorizer: Authorizer;
  readonly requestLog?: RequestLog;
  readonly clock: Clock;
  readonly log: Log;
  readonly config: GatewayConfig;
  /** Read from the package's `models/` unless given. */
  readonly models?: ModelLibrary;
}

export interface Gateway {
  readonly dispatcher: Dispatcher;
  readonly models: ModelLibrary;
  /** Base URL for clients on this machine; empty before it listens. */
  endpoint(): string;
  /** @returns the port taken and the base URL for clients on this machine */
  listen(): Promise<{ port: number; endpoint: string }>;
  /** Lets open requests end within `graceMs`, then cuts them. */
  close(graceMs: number): Promise<void>;
}

export function createGateway(options: GatewayOptions): Gateway {
  const { authorizer, clock, log, config } = options;
  const models = options.models ?? new ModelLibrary();
  const services = new Services(options.apis);
  const calls = new Calls({ services, authorizer, requestLog: options.requestLog, clock, log });
  const pipeline = new Pipeline({
    hosts: new Hosts([config.host, ...(config.hosts ?? [])]),
    routes: options.routes ?? (() => []),
    identifier: new Identifier(models),
    protocols: new Protocols(),
    verifier: new Verifier(authorizer, clock),
    services,
    calls,
    log,
  });
  const listener = new Listener({
    host: config.host,
    port: config.port,
    log,
    answer: (request) => pipeline.answer(request),
    ...(config.tls === undefined ? {} : { tls: config.tls }),
  });
  const endpoint = { url: '' };
  return {
    dispatcher: createDispatcher({ models, services, calls, endpoint: () => endpoint.url }),
    models,
    endpoint: () => endpoint.url,
    async listen() {
      const port = await listener.listen();
      const name = config.host.includes(':') ? `[${config.host}]` : config.host.replace('0.0.0.0', '127.0.0.1');
      endpoint.url = `${config.tls === undefined ? 'http' : 'https'}://${name}:${port}`;
      return { port, endpoint: endpoint.url };
    },
    close: (graceMs) => listener.close(graceMs),
  };
}
