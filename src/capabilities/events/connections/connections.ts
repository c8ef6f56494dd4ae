/** Connections at work: kept with sealed secrets, and turned into what a request has to carry. */
import type { Clock } from '#kernel/clock';
import { newUuid } from '#kernel/ids';
import type { Vault } from '#kernel/vault';
import { connectionAbsent, targetFailed } from '../errors.ts';
import type { ConnectionStore, StoredConnection } from '../store/connections.ts';
import {
  checkAuthParameters,
  parseConnectionArn,
  type AuthorizationType,
  type AuthParameters,
  type Connection,
  type HttpParameter,
  type HttpParameterSet,
} from './connection.ts';
import { OauthTokens } from './oauth-tokens.ts';

/** What a request has to carry to be let in. */
export interface Authorization {
  /** By header name as the connection spells it. */
  readonly headers: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  /** Members to add to a JSON or form body. */
  readonly body: Readonly<Record<string, string>>;
}

export interface NewConnection {
  readonly name: string;
  readonly description?: string | undefined;
  readonly type: AuthorizationType;
  readonly auth: AuthParameters;
}

export class Connections {
  readonly #store: ConnectionStore;
  readonly #vault: Vault;
  readonly #clock: Clock;
  readonly #tokens: OauthTokens;

  constructor(parts: { store: ConnectionStore; vault: Vault; clock: Clock }) {
    this.#store = parts.store;
    this.#vault = parts.vault;
    this.#clock = parts.clock;
    this.#tokens = new OauthTokens(parts.clock);
  }

  /** @throws ValidationException, ResourceAlreadyExistsException */
  async create(scope: string, { name, description, type, auth }: NewConnection): Promise<Connection> {
    checkAuthParameters(type, auth);
    const nowMs = this.#clock.nowMs();
    const connection: Connection = {
      name,
      id: newUuid(),
      ...(description !== undefined && { description }),
      type,
      state: 'AUTHORIZED',
      createdMs: nowMs,
      modifiedMs: nowMs,
      authorizedMs: nowMs,
    };
    await this.#store.insertConnection(scope, { connection, sealed: this.#vault.seal(JSON.stringify(auth)) });
    return connection;
  }

  /** What is not given stays. @throws ValidationException, ResourceNotFoundException */
  async update(scope: string, change: Partial<NewConnection> & { name: string }): Promise<Connection> {
    const connection = await this.#store.changeConnection(scope, change.name, (before) => {
      const type = change.type ?? before.connection.type;
      const auth = merged(this.#unseal(before), change.auth ?? {});
      checkAuthParameters(type, auth);
      const nowMs = this.#clock.nowMs();
      return {
        connection: {
          ...before.connection,
          type,
          state: 'AUTHORIZED',
          ...(change.description !== undefined && { description: change.description }),
          modifiedMs: nowMs,
          authorizedMs: nowMs,
        },
        sealed: this.#vault.seal(JSON.stringify(auth)),
      };
    });
    this.#tokens.forget(connection.id);
    return connection;
  }

  /** Takes the secrets away; an update brings new ones. @throws ResourceNotFoundException */
  async deauthorize(scope: string, name: string): Promise<Connection> {
    const connection = await this.#store.changeConnection(scope, name, (before) => ({
      connection: { ...before.connection, state: 'DEAUTHORIZED', modifiedMs: this.#clock.nowMs() },
      sealed: this.#vault.seal('{}'),
    }));
    this.#tokens.forget(connection.id);
    return connection;
  }

  /** @throws ResourceNotFoundException */
  async delete(scope: string, name: string): Promise<Connection> {
    const connection = await this.#store.deleteConnection(scope, name);
    this.#tokens.forget(connection.id);
    return connection;
  }

  /** @throws ResourceNotFoundException */
  get(scope: string, name: string): { connection: Connection; auth: AuthParameters } {
    const found = this.#store.findConnection(scope, name);
    if (found === undefined) throw connectionAbsent(name);
    return { connection: found.connection, auth: this.#unseal(found) };
  }

  list(scope: string): Connection[] {
    return this.#store.listConnections(scope);
  }

  /** Undefined where there is none of this ARN: its id counts, not its name alone. */
  findState(arn: string): Connection['state'] | undefined {
    const { scope, name, id } = parseConnectionArn(arn);
    const connection = this.#store.findConnection(scope, name)?.connection;
    return connection?.id === id ? connection.state : undefined;
  }

  /**
   * What a request by this connection has to carry. A token of OAuth is fetched when there is none or the last one ran
   * out.
   * @param options.renew fetches a new token whatever the last one's age: the endpoint answered 401 or 407
   * @throws ResourceNotFoundException, unavailable when it was deauthorized or the authorization endpoint gives no token
   */
  async authorize(arn: string, options: { signal?: AbortSignal; renew?: boolean } = {}): Promise<Authorization> {
    const { scope, name, id } = parseConnectionArn(arn);
    const { connection, auth } = this.get(scope, name);
    if (connection.id !== id) throw connectionAbsent(name);
    if (connection.state !== 'AUTHORIZED') throw targetFailed(`Connection '${name}' is not authorized; update it.`);
    const added = auth.InvocationHttpParameters ?? {};
    const headers = valuesOf(added.HeaderParameters);
    const { BasicAuthParameters: basic, ApiKeyAuthParameters: key, OAuthParameters: oauth } = auth;
    if (connection.type === 'BASIC' && basic !== undefined) {
      const credentials = Buffer.from(`${basic.Username}:${basic.Password}`).toString('base64');
      headers['Authorization'] = `Basic ${credentials}`;
    }
    if (connection.type === 'API_KEY' && key !== undefined) headers[key.ApiKeyName] = key.ApiKeyValue;
    if (connection.type === 'OAUTH_CLIENT_CREDENTIALS' && oauth !== undefined) {
      headers['Authorization'] = await this.#tokens.get(connection.id, oauth, options);
    }
    return { headers, query: valuesOf(added.QueryStringParameters), body: valuesOf(added.BodyParameters) };
  }

  #unseal({ sealed }: StoredConnection): AuthParameters {
    return JSON.parse(this.#vault.unseal(sealed)) as AuthParameters;
  }
}

export function valuesOf(list: readonly HttpParameter[] = []): Record<string, string> {
  return Object.fromEntries(list.map(({ Key, Value }) => [Key, Value]));
}

/** Members that the update leaves out stay as they were. */
function merged(before: AuthParameters, change: AuthParameters): AuthParameters {
  const oauth = change.OAuthParameters && {
    ...before.OAuthParameters,
    ...change.OAuthParameters,
    ClientParameters: { ...before.OAuthParameters?.ClientParameters, ...change.OAuthParameters.ClientParameters },
  };
  const invocation: HttpParameterSet | undefined = change.InvocationHttpParameters && {
    ...before.InvocationHttpParameters,
    ...change.InvocationHttpParameters,
  };
  return {
    ...before,
    ...(change.BasicAuthParameters && {
      BasicAuthParameters: { ...before.BasicAuthParameters, ...change.BasicAuthParameters },
    }),
    ...(change.ApiKeyAuthParameters && {
      ApiKeyAuthParameters: { ...before.ApiKeyAuthParameters, ...change.ApiKeyAuthParameters },
    }),
    ...(oauth && { OAuthParameters: oauth }),
    ...(invocation && { InvocationHttpParameters: invocation }),
  };
}
