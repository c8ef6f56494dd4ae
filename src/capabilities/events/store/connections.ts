import type { Db, State } from '#kernel/state';
import type { ApiDestination } from '../connections/api-destination.ts';
import type { Connection } from '../connections/connection.ts';
import { connectionAbsent, destinationAbsent, exists, limitExceeded } from '../errors.ts';

interface ConnectionRow {
  definition: string;
  sealed_secrets: string;
}

export interface StoredConnection {
  readonly connection: Connection;
  /** The authorization parameters as the vault sealed them. */
  readonly sealed: string;
}

// Limit: an account has at most 3,000 connections and 3,000 API destinations in a region.
const itemsMax = 3000;

export class ConnectionStore {
  readonly #state: State;

  constructor(state: State) {
    this.#state = state;
  }

  findConnection(scope: string, name: string): StoredConnection | undefined {
    return findConnection(this.#state.reader, scope, name);
  }

  /** In order of their names. */
  listConnections(scope: string): Connection[] {
    return this.#state.reader
      .prepare<ConnectionRow>('SELECT * FROM events_connection WHERE scope = ? ORDER BY name')
      .all(scope)
      .map((row) => JSON.parse(row.definition) as Connection);
  }

  /** @throws ResourceAlreadyExistsException, LimitExceededException */
  insertConnection(scope: string, { connection, sealed }: StoredConnection): Promise<void> {
    return this.#state.write((db) => {
      if (findConnection(db, scope, connection.name) !== undefined) {
        throw exists(`Connection ${connection.name} already exists.`);
      }
      refuseTooMany(db, 'events_connection', scope, 'connections');
      putConnection(db, scope, { connection, sealed });
    });
  }

  /** @throws ResourceNotFoundException */
  changeConnection(
    scope: string,
    name: string,
    change: (before: StoredConnection) => StoredConnection,
  ): Promise<Connection> {
    return this.#state.write((db) => {
      const before = findConnection(db, scope, name);
      if (before === undefined) throw connectionAbsent(name);
      const after = change(before);
      putConnection(db, scope, after);
      return after.connection;
    });
  }

  /** @throws ResourceNotFoundException */
  deleteConnection(scope: string, name: string): Promise<Connection> {
    return this.#state.write((db) => {
      const before = findConnection(db, scope, name);
      if (before === undefined) throw connectionAbsent(name);
      db.prepare('DELETE FROM events_connection WHERE scope = ? AND name = ?').run(scope, name);
      return before.connection;
    });
  }

  findDestination(scope: string, name: string): ApiDestination | undefined {
    return findDestination(this.#state.reader, scope, name);
  }

  listDestinations(scope: string): ApiDestination[] {
    return this.#state.reader
      .prepare<{ definition: string }>('SELECT definition FROM events_api_destination WHERE scope = ? ORDER BY name')
      .all(scope)
      .map((row) => JSON.parse(row.definition) as ApiDestination);
  }

  /** @throws ResourceAlreadyExistsException, LimitExceededException */
  insertDestination(scope: string, destination: ApiDestination): Promise<void> {
    return this.#state.write((db) => {
      if (findDestination(db, scope, destination.name) !== undefined) {
        throw exists(`Api-destination ${destination.name} already exists.`);
      }
      refuseTooMany(db, 'events_api_destination', scope, 'API destinations');
      putDestination(db, scope, destination);
    });
  }

  /** @throws ResourceNotFoundException */
  changeDestination(
    scope: string,
    name: string,
    change: (before: ApiDestination) => ApiDestination,
  ): Promise<ApiDestination> {
    return this.#state.write((db) => {
      const before = findDestination(db, scope, name);
      if (before === undefined) throw destinationAbsent(name);
      const after = change(before);
      putDestination(db, scope, after);
      return after;
    });
  }

  /** @throws ResourceNotFoundException */
  async deleteDestination(scope: string, name: string): Promise<void> {
    await this.#state.write((db) => {
      const { changes } = db
        .prepare('DELETE FROM events_api_destination WHERE scope = ? AND name = ?')
        .run(scope, name);
      if (Number(changes) === 0) throw destinationAbsent(name);
    });
  }
}

function findConnection(db: Db, scope: string, name: string): StoredConnection | undefined {
  const row = db
    .prepare<ConnectionRow>('SELECT * FROM events_connection WHERE scope = ? AND name = ?')
    .get(scope, name);
  return row && { connection: JSON.parse(row.definition) as Connection, sealed: row.sealed_secrets };
}

function findDestination(db: Db, scope: string, name: string): ApiDestination | undefined {
  const row = db
    .prepare<{ definition: string }>('SELECT definition FROM events_api_destination WHERE scope = ? AND name = ?')
    .get(scope, name);
  return row && (JSON.parse(row.definition) as ApiDestination);
}

function putConnection(db: Db, scope: string, { connection, sealed }: StoredConnection): void {
  db.prepare('INSERT OR REPLACE INTO events_connection VALUES (?, ?, ?, ?)').run(
    scope,
    connection.name,
    JSON.stringify(connection),
    sealed,
  );
}

function putDestination(db: Db, scope: string, destination: ApiDestination): void {
  db.prepare('INSERT OR REPLACE INTO events_api_destination VALUES (?, ?, ?, ?)').run(
    scope,
    destination.name,
    destination.connectionArn,
    JSON.stringify(destination),
  );
}

function refuseTooMany(db: Db, table: string, scope: string, what: string): void {
  const { count } = db
    .prepare<{ count: number }>(`SELECT count(*) AS count FROM ${table} WHERE scope = ?`)
    .get(scope) ?? {
    count: 0,
  };
  if (count >= itemsMax) throw limitExceeded(`There are ${count} ${what} already; ${itemsMax} is the most.`);
}
