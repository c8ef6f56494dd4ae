/** Entities, access keys and sessions in the state. Secrets are sealed before they come here. */
import type { Db, Schema, State } from '#kernel/state';
import type { Entity, EntityDetails, EntityKind } from './entity.ts';

export const accessSchema: Schema = {
  part: 'access',
  steps: [
    `CREATE TABLE access_entity (
       account TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL COLLATE NOCASE, path TEXT NOT NULL, id TEXT NOT NULL,
       created_ms INTEGER NOT NULL, details TEXT NOT NULL, PRIMARY KEY (account, kind, name)) STRICT, WITHOUT ROWID;
     CREATE TABLE access_key (
       id TEXT PRIMARY KEY, account TEXT NOT NULL, user TEXT NOT NULL COLLATE NOCASE, sealed_secret TEXT NOT NULL,
       active INTEGER NOT NULL, created_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;
     CREATE INDEX access_key_user ON access_key (account, user);
     CREATE TABLE access_session (
       id TEXT PRIMARY KEY, sealed_secret TEXT NOT NULL, sealed_token TEXT NOT NULL, caller TEXT NOT NULL,
       expires_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;`,
  ],
};

interface EntityRow {
  account: string;
  kind: EntityKind;
  name: string;
  path: string;
  id: string;
  created_ms: number;
  details: string;
}

export interface KeyRow {
  id: string;
  account: string;
  user: string;
  sealed_secret: string;
  active: number;
  created_ms: number;
}

export interface SessionRow {
  id: string;
  sealed_secret: string;
  sealed_token: string;
  caller: string;
  expires_ms: number;
}

export class AccessStore {
  readonly #state: State;

  constructor(state: State) {
    this.#state = state;
  }

  write<T>(change: (db: Db) => T): Promise<T> {
    return this.#state.write(change);
  }

  findEntity(accountId: string, kind: EntityKind, name: string, db: Db = this.#state.reader): Entity | undefined {
    const row = db
      .prepare<EntityRow>('SELECT * FROM access_entity WHERE account = ? AND kind = ? AND name = ?')
      .get(accountId, kind, name);
    return row && toEntity(row);
  }

  /** In order of their names. */
  listEntities(accountId: string, kind: EntityKind, db: Db = this.#state.reader): Entity[] {
    return db
      .prepare<EntityRow>('SELECT * FROM access_entity WHERE account = ? AND kind = ? ORDER BY name')
      .all(accountId, kind)
      .map(toEntity);
  }

  insertEntity(db: Db, entity: Entity): void {
    db.prepare('INSERT INTO access_entity VALUES (?, ?, ?, ?, ?, ?, ?)').run(
      entity.accountId,
      entity.kind,
      entity.name,
      entity.path,
      entity.id,
      entity.createdAt.getTime(),
      JSON.stringify(entity.details),
    );
  }

  updateEntity(db: Db, before: Entity, after: Pick<Entity, 'name' | 'path' | 'details'>): void {
    db.prepare(
      'UPDATE access_entity SET name = ?, path = ?, details = ? WHERE account = ? AND kind = ? AND name = ?',
    ).run(after.name, after.path, JSON.stringify(after.details), before.accountId, before.kind, before.name);
  }

  deleteEntity(db: Db, entity: Entity): void {
    db.prepare('DELETE FROM access_entity WHERE account = ? AND kind = ? AND name = ?').run(
      entity.accountId,
      entity.kind,
      entity.name,
    );
  }

  findKey(id: string, db: Db = this.#state.reader): KeyRow | undefined {
    return db.prepare<KeyRow>('SELECT * FROM access_key WHERE id = ?').get(id);
  }

  listKeys(accountId: string, user: string, db: Db = this.#state.reader): KeyRow[] {
    return db
      .prepare<KeyRow>('SELECT * FROM access_key WHERE account = ? AND user = ? ORDER BY id')
      .all(accountId, user);
  }

  insertKey(db: Db, key: KeyRow): void {
    db.prepare('INSERT INTO access_key VALUES (?, ?, ?, ?, ?, ?)').run(
      key.id,
      key.account,
      key.user,
      key.sealed_secret,
      key.active,
      key.created_ms,
    );
  }

  setKeyActive(db: Db, id: string, active: boolean): void {
    db.prepare('UPDATE access_key SET active = ? WHERE id = ?').run(active ? 1 : 0, id);
  }

  renameKeysUser(db: Db, accountId: string, user: string, next: string): void {
    db.prepare('UPDATE access_key SET user = ? WHERE account = ? AND user = ?').run(next, accountId, user);
  }

  deleteKey(db: Db, id: string): void {
    db.prepare('DELETE FROM access_key WHERE id = ?').run(id);
  }

  findSession(id: string): SessionRow | undefined {
    return this.#state.reader.prepare<SessionRow>('SELECT * FROM access_session WHERE id = ?').get(id);
  }

  /** Also forgets the sessions that ended long ago. */
  insertSession(db: Db, session: SessionRow, forgetBeforeMs: number): void {
    db.prepare('DELETE FROM access_session WHERE expires_ms < ?').run(forgetBeforeMs);
    db.prepare('INSERT INTO access_session VALUES (?, ?, ?, ?, ?)').run(
      session.id,
      session.sealed_secret,
      session.sealed_token,
      session.caller,
      session.expires_ms,
    );
  }
}

function toEntity(row: EntityRow): Entity {
  return {
    kind: row.kind,
    accountId: row.account,
    name: row.name,
    path: row.path,
    id: row.id,
    createdAt: new Date(row.created_ms),
    details: JSON.parse(row.details) as EntityDetails,
  };
}
