/** Connections: how to reach a data store outside. Kept and returned; passwords are sealed in the state. */
import { formatArn } from '#kernel/arn';
import type { Clock } from '#kernel/clock';
import type { State } from '#kernel/state';
import type { Vault } from '#kernel/vault';
import { alreadyExists, entityNotFound, invalidInput } from '../errors.ts';
import { deleteRecord, putRecord, selectRecord, selectRecords } from '../store/records.ts';
import { type TagMap, dropTags, putTags } from '../tags.ts';

export interface ConnectionInput {
  readonly Name: string;
  readonly Description?: string | undefined;
  readonly ConnectionType: string;
  readonly MatchCriteria?: string[] | undefined;
  readonly ConnectionProperties: Record<string, string>;
  readonly SparkProperties?: Record<string, string> | undefined;
  readonly AthenaProperties?: Record<string, string> | undefined;
  readonly PythonProperties?: Record<string, string> | undefined;
  readonly PhysicalConnectionRequirements?: object | undefined;
  readonly AuthenticationConfiguration?: object | undefined;
}

export interface Connection extends ConnectionInput {
  readonly CreationTime: Date;
  readonly LastUpdatedTime: Date;
  readonly LastUpdatedBy: string;
}

export interface ConnectionFilter {
  readonly type?: string | undefined;
  /** All of them must be among the connection's own. */
  readonly matchCriteria?: readonly string[] | undefined;
}

const place = { kind: 'connection', parent: '' } as const;

export class Connections {
  readonly #state: State;
  readonly #clock: Clock;
  readonly #vault: Vault;

  constructor(parts: { state: State; clock: Clock; vault: Vault }) {
    this.#state = parts.state;
    this.#clock = parts.clock;
    this.#vault = parts.vault;
  }

  /** With its passwords in clear. */
  find(scope: string, name: string): Connection | undefined {
    const connection = selectRecord(this.#state.reader, scope, place, name) as Connection | undefined;
    return connection && this.#withPasswords(connection, (text) => this.#vault.unseal(text));
  }

  /** @throws EntityNotFoundException */
  get(scope: string, name: string): Connection {
    const connection = this.find(scope, name);
    if (connection === undefined) throw entityNotFound(`Connection ${name}`);
    return connection;
  }

  /** In the order of names, those behind `after` that pass the filter. */
  list(scope: string, range: { after: string; limit: number }, filter: ConnectionFilter = {}): Connection[] {
    const all = selectRecords(this.#state.reader, scope, place, { parent: '', name: range.after }, -1) as Connection[];
    return all
      .filter((connection) => passes(connection, filter))
      .slice(0, range.limit)
      .map((connection) => this.#withPasswords(connection, (text) => this.#vault.unseal(text)));
  }

  /** @throws AlreadyExistsException, InvalidInputException */
  async create(scope: string, input: ConnectionInput, by: string, tags: TagMap = {}): Promise<void> {
    const now = this.#clock.now();
    const connection = { ...connectionInput(input), CreationTime: now, LastUpdatedTime: now, LastUpdatedBy: by };
    const sealed = this.#withPasswords(connection, (text) => this.#vault.seal(text));
    await this.#state.write((db) => {
      if (selectRecord(db, scope, place, input.Name)) throw alreadyExists(`Connection ${input.Name}`);
      putRecord(db, scope, place, input.Name, sealed);
      putTags(db, connectionArn(scope, input.Name), tags);
    });
  }

  /** @throws EntityNotFoundException, InvalidInputException */
  async update(scope: string, name: string, input: ConnectionInput, by: string): Promise<void> {
    if (input.Name !== name) throw invalidInput(`Connection ${name} cannot be renamed to ${input.Name}.`);
    await this.#state.write((db) => {
      const current = selectRecord(db, scope, place, name) as Connection | undefined;
      if (current === undefined) throw entityNotFound(`Connection ${name}`);
      const next = {
        ...connectionInput(input),
        CreationTime: current.CreationTime,
        LastUpdatedTime: this.#clock.now(),
        LastUpdatedBy: by,
      };
      putRecord(
        db,
        scope,
        place,
        name,
        this.#withPasswords(next, (text) => this.#vault.seal(text)),
      );
    });
  }

  /** @throws EntityNotFoundException */
  async delete(scope: string, name: string): Promise<void> {
    await this.#state.write((db) => {
      if (!deleteRecord(db, scope, place, name)) throw entityNotFound(`Connection ${name}`);
      dropTags(db, connectionArn(scope, name));
    });
  }

  #withPasswords(connection: Connection, change: (text: string) => string): Connection {
    const properties = Object.entries(connection.ConnectionProperties).map(([key, value]) => [
      key,
      isPassword(key) ? change(value) : value,
    ]);
    return { ...connection, ConnectionProperties: Object.fromEntries(properties) as Record<string, string> };
  }
}

/** The connection without the properties that hold passwords. */
export function hidePasswords(connection: Connection): Connection {
  const shown = Object.entries(connection.ConnectionProperties).filter(([key]) => !isPassword(key));
  return { ...connection, ConnectionProperties: Object.fromEntries(shown) };
}

function connectionArn(scope: string, name: string): string {
  const [accountId = '', region = ''] = scope.split('/');
  return formatArn({ service: 'glue', region, accountId, resource: `connection/${name}` });
}

function isPassword(key: string): boolean {
  return key.endsWith('PASSWORD');
}

function passes(connection: Connection, filter: ConnectionFilter): boolean {
  if (filter.type !== undefined && connection.ConnectionType !== filter.type) return false;
  return (filter.matchCriteria ?? []).every((word) => connection.MatchCriteria?.includes(word) ?? false);
}

/** Takes only the members it knows. @throws InvalidInputException for credentials in clear */
function connectionInput(input: ConnectionInput): ConnectionInput {
  const secrets = ['BasicAuthenticationCredentials', 'CustomAuthenticationCredentials', 'OAuth2Properties'];
  const given = secrets.find((member) => member in (input.AuthenticationConfiguration ?? {}));
  if (given !== undefined) {
    throw invalidInput(
      `Connection ${input.Name}: ${given} is not kept. Store the credentials as a secret and give its SecretArn.`,
    );
  }
  return {
    Name: input.Name,
    Description: input.Description,
    ConnectionType: input.ConnectionType,
    MatchCriteria: input.MatchCriteria,
    ConnectionProperties: input.ConnectionProperties,
    SparkProperties: input.SparkProperties,
    AthenaProperties: input.AthenaProperties,
    PythonProperties: input.PythonProperties,
    PhysicalConnectionRequirements: input.PhysicalConnectionRequirements,
    AuthenticationConfiguration: input.AuthenticationConfiguration,
  };
}
