/** What is kept of stacks: documents in SQLite, with columns only for what is searched by. */
import type { Db, Schema, State, Transaction } from '#kernel/state';
import type { ChangeSet } from './change-set.ts';
import type { DriftDetection, ResourceDrift } from './drift/drift.ts';
import type { Operation, Stack, StackEvent, StackResource } from './stack.ts';

export const stacksSchema: Schema = {
  part: 'stacks',
  steps: [
    `CREATE TABLE stacks_stack (
       id TEXT PRIMARY KEY, scope TEXT NOT NULL, name TEXT NOT NULL, status TEXT NOT NULL,
       created_ms INTEGER NOT NULL, parent_id TEXT, is_live INTEGER NOT NULL, document TEXT NOT NULL) STRICT;
     CREATE UNIQUE INDEX stacks_stack_live ON stacks_stack (scope, name) WHERE is_live = 1;
     CREATE INDEX stacks_stack_by_time ON stacks_stack (scope, created_ms DESC, id);
     CREATE TABLE stacks_operation (stack_id TEXT PRIMARY KEY, document TEXT NOT NULL) STRICT;
     CREATE TABLE stacks_resource (
       stack_id TEXT NOT NULL, logical_id TEXT NOT NULL, physical_id TEXT, document TEXT NOT NULL,
       PRIMARY KEY (stack_id, logical_id)) STRICT;
     CREATE INDEX stacks_resource_by_physical_id ON stacks_resource (physical_id);
     CREATE TABLE stacks_leftover (
       stack_id TEXT NOT NULL, logical_id TEXT NOT NULL, physical_id TEXT NOT NULL, document TEXT NOT NULL,
       PRIMARY KEY (stack_id, logical_id, physical_id)) STRICT;
     CREATE TABLE stacks_event (
       number INTEGER PRIMARY KEY AUTOINCREMENT, stack_id TEXT NOT NULL, document TEXT NOT NULL) STRICT;
     CREATE INDEX stacks_event_by_stack ON stacks_event (stack_id, number);
     CREATE TABLE stacks_export (
       scope TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, stack_id TEXT NOT NULL,
       PRIMARY KEY (scope, name)) STRICT;
     CREATE TABLE stacks_import (
       scope TEXT NOT NULL, export_name TEXT NOT NULL, stack_id TEXT NOT NULL,
       PRIMARY KEY (scope, export_name, stack_id)) STRICT;
     CREATE TABLE stacks_change_set (
       id TEXT PRIMARY KEY, stack_id TEXT NOT NULL, name TEXT NOT NULL, document TEXT NOT NULL) STRICT;
     CREATE UNIQUE INDEX stacks_change_set_by_name ON stacks_change_set (stack_id, name);
     CREATE TABLE stacks_drift_detection (id TEXT PRIMARY KEY, stack_id TEXT NOT NULL, document TEXT NOT NULL) STRICT;
     CREATE TABLE stacks_resource_drift (
       stack_id TEXT NOT NULL, logical_id TEXT NOT NULL, document TEXT NOT NULL,
       PRIMARY KEY (stack_id, logical_id)) STRICT;`,
    `CREATE TABLE stacks_mailbox (
       owner TEXT PRIMARY KEY, token TEXT NOT NULL UNIQUE, stack_id TEXT NOT NULL, kind TEXT NOT NULL,
       is_lasting INTEGER NOT NULL, opened_ms INTEGER NOT NULL, is_sent INTEGER NOT NULL) STRICT;
     CREATE INDEX stacks_mailbox_by_stack ON stacks_mailbox (stack_id);
     CREATE TABLE stacks_signal (
       owner TEXT NOT NULL, unique_id TEXT NOT NULL, document TEXT NOT NULL, PRIMARY KEY (owner, unique_id)) STRICT;`,
  ],
};

export interface Export {
  readonly name: string;
  readonly value: string;
  readonly stackId: string;
}

export interface NumberedEvent extends StackEvent {
  /** Grows with time within the whole state. */
  readonly number: number;
}

interface Row {
  readonly document: string;
}

/** The tables, over a connection that reads or one that writes. */
export class Records {
  readonly #db: Db;
  /** Events added through this object, for telling once they are on disk. */
  readonly added: StackEvent[] = [];

  constructor(db: Db) {
    this.#db = db;
  }

  findStack(id: string): Stack | undefined {
    return this.#all<Stack>('SELECT document FROM stacks_stack WHERE id = ?', id)[0];
  }

  /** The stack of this name that is not deleted. */
  findLiveStack(scope: string, name: string): Stack | undefined {
    return this.#all<Stack>(
      'SELECT document FROM stacks_stack WHERE scope = ? AND name = ? AND is_live = 1',
      scope,
      name,
    )[0];
  }

  /** Newest first. */
  listStacks(scope: string): Stack[] {
    return this.#all<Stack>('SELECT document FROM stacks_stack WHERE scope = ? ORDER BY created_ms DESC, id', scope);
  }

  listChildren(parentId: string): Stack[] {
    return this.#all<Stack>('SELECT document FROM stacks_stack WHERE parent_id = ? AND is_live = 1', parentId);
  }

  putStack(stack: Stack): void {
    this.#db
      .prepare(
        `INSERT INTO stacks_stack VALUES (?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (id) DO UPDATE SET status = excluded.status, is_live = excluded.is_live, document = excluded.document`,
      )
      .run(
        stack.id,
        stack.scope,
        stack.name,
        stack.status,
        stack.createdMs,
        stack.parentId ?? null,
        stack.status === 'DELETE_COMPLETE' ? 0 : 1,
        JSON.stringify(stack),
      );
  }

  /** Takes every trace of a stack away: only for one that never got beyond review. */
  dropStack(id: string): void {
    this.#db.prepare('DELETE FROM stacks_stack WHERE id = ?').run(id);
    this.#db.prepare('DELETE FROM stacks_event WHERE stack_id = ?').run(id);
  }

  findOperation(stackId: string): Operation | undefined {
    return this.#all<Operation>('SELECT document FROM stacks_operation WHERE stack_id = ?', stackId)[0];
  }

  listOperations(): Operation[] {
    return this.#all<Operation>('SELECT document FROM stacks_operation ORDER BY rowid');
  }

  putOperation(operation: Operation): void {
    this.#db
      .prepare('INSERT OR REPLACE INTO stacks_operation VALUES (?, ?)')
      .run(operation.stackId, JSON.stringify(operation));
  }

  deleteOperation(stackId: string): void {
    this.#db.prepare('DELETE FROM stacks_operation WHERE stack_id = ?').run(stackId);
  }

  findResource(stackId: string, logicalId: string): StackResource | undefined {
    return this.#all<StackResource>(
      'SELECT document FROM stacks_resource WHERE stack_id = ? AND logical_id = ?',
      stackId,
      logicalId,
    )[0];
  }

  /** In the order in which they were first begun. */
  listResources(stackId: string): StackResource[] {
    return this.#all<StackResource>('SELECT document FROM stacks_resource WHERE stack_id = ? ORDER BY rowid', stackId);
  }

  findStackOfPhysicalId(physicalId: string): string | undefined {
    const row = this.#db
      .prepare<{ stack_id: string }>('SELECT stack_id FROM stacks_resource WHERE physical_id = ? ORDER BY rowid DESC')
      .get(physicalId);
    return row?.stack_id;
  }

  putResource(resource: StackResource): void {
    this.#db
      .prepare(
        `INSERT INTO stacks_resource VALUES (?, ?, ?, ?) ON CONFLICT (stack_id, logical_id)
         DO UPDATE SET physical_id = excluded.physical_id, document = excluded.document`,
      )
      .run(resource.stackId, resource.logicalId, resource.physicalId ?? null, JSON.stringify(resource));
  }

  deleteResource(stackId: string, logicalId: string): void {
    this.#db.prepare('DELETE FROM stacks_resource WHERE stack_id = ? AND logical_id = ?').run(stackId, logicalId);
    this.#db.prepare('DELETE FROM stacks_resource_drift WHERE stack_id = ? AND logical_id = ?').run(stackId, logicalId);
  }

  /** Resources that were replaced and wait to be deleted, or to come back. */
  listLeftovers(stackId: string): StackResource[] {
    return this.#all<StackResource>('SELECT document FROM stacks_leftover WHERE stack_id = ? ORDER BY rowid', stackId);
  }

  putLeftover(resource: StackResource): void {
    this.#db
      .prepare('INSERT OR REPLACE INTO stacks_leftover VALUES (?, ?, ?, ?)')
      .run(resource.stackId, resource.logicalId, resource.physicalId ?? '', JSON.stringify(resource));
  }

  deleteLeftover(resource: StackResource): void {
    this.#db
      .prepare('DELETE FROM stacks_leftover WHERE stack_id = ? AND logical_id = ? AND physical_id = ?')
      .run(resource.stackId, resource.logicalId, resource.physicalId ?? '');
  }

  addEvent(event: StackEvent): void {
    this.#db
      .prepare('INSERT INTO stacks_event (stack_id, document) VALUES (?, ?)')
      .run(event.stackId, JSON.stringify(event));
    this.added.push(event);
  }

  /** Newest first. @param before number of the last event of the page before */
  listEvents(stackId: string, sizeMax: number, before = Number.MAX_SAFE_INTEGER): NumberedEvent[] {
    return this.#db
      .prepare<Row & { number: number }>(
        'SELECT number, document FROM stacks_event WHERE stack_id = ? AND number < ? ORDER BY number DESC LIMIT ?',
      )
      .all(stackId, before, sizeMax)
      .map(({ number, document }) => ({ ...(JSON.parse(document) as StackEvent), number }));
  }

  findExport(scope: string, name: string): Export | undefined {
    return this.#db
      .prepare<Export>('SELECT name, value, stack_id AS stackId FROM stacks_export WHERE scope = ? AND name = ?')
      .get(scope, name);
  }

  listExports(scope: string): Export[] {
    return this.#db
      .prepare<Export>('SELECT name, value, stack_id AS stackId FROM stacks_export WHERE scope = ? ORDER BY name')
      .all(scope);
  }

  /** Makes these the exports of the stack. */
  replaceExports(scope: string, stackId: string, exports: readonly Omit<Export, 'stackId'>[]): void {
    this.#db.prepare('DELETE FROM stacks_export WHERE scope = ? AND stack_id = ?').run(scope, stackId);
    for (const { name, value } of exports) {
      this.#db.prepare('INSERT INTO stacks_export VALUES (?, ?, ?, ?)').run(scope, name, value, stackId);
    }
  }

  /** Names of the stacks that import an export. */
  listImporters(scope: string, exportName: string): string[] {
    return this.#db
      .prepare<{ name: string }>(
        `SELECT stacks_stack.name FROM stacks_import JOIN stacks_stack ON stacks_stack.id = stack_id
         WHERE stacks_import.scope = ? AND export_name = ? ORDER BY stacks_stack.name`,
      )
      .all(scope, exportName)
      .map(({ name }) => name);
  }

  /** Names of the exports that a stack imports. */
  listImports(scope: string, stackId: string): string[] {
    return this.#db
      .prepare<{ name: string }>('SELECT export_name AS name FROM stacks_import WHERE scope = ? AND stack_id = ?')
      .all(scope, stackId)
      .map(({ name }) => name);
  }

  replaceImports(scope: string, stackId: string, names: readonly string[]): void {
    this.#db.prepare('DELETE FROM stacks_import WHERE scope = ? AND stack_id = ?').run(scope, stackId);
    for (const name of names) this.#db.prepare('INSERT INTO stacks_import VALUES (?, ?, ?)').run(scope, name, stackId);
  }

  findChangeSet(id: string): ChangeSet | undefined {
    return this.#all<ChangeSet>('SELECT document FROM stacks_change_set WHERE id = ?', id)[0];
  }

  findChangeSetByName(stackId: string, name: string): ChangeSet | undefined {
    return this.#all<ChangeSet>(
      'SELECT document FROM stacks_change_set WHERE stack_id = ? AND name = ?',
      stackId,
      name,
    )[0];
  }

  listChangeSets(stackId: string): ChangeSet[] {
    return this.#all<ChangeSet>('SELECT document FROM stacks_change_set WHERE stack_id = ? ORDER BY rowid', stackId);
  }

  putChangeSet(changeSet: ChangeSet): void {
    this.#db
      .prepare(
        'INSERT INTO stacks_change_set VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET document = excluded.document',
      )
      .run(changeSet.id, changeSet.stackId, changeSet.name, JSON.stringify(changeSet));
  }

  deleteChangeSet(id: string): void {
    this.#db.prepare('DELETE FROM stacks_change_set WHERE id = ?').run(id);
  }

  deleteChangeSetsOf(stackId: string): void {
    this.#db.prepare('DELETE FROM stacks_change_set WHERE stack_id = ?').run(stackId);
  }

  /** Nobody waits any more for what came to the mailboxes of an operation; handles last as long as the stack has them. */
  closeMailboxes(stackId: string): void {
    const passing = 'SELECT owner FROM stacks_mailbox WHERE stack_id = ? AND is_lasting = 0';
    this.#db.prepare(`DELETE FROM stacks_signal WHERE owner IN (${passing})`).run(stackId);
    this.#db.prepare('DELETE FROM stacks_mailbox WHERE stack_id = ? AND is_lasting = 0').run(stackId);
  }

  findDriftDetection(id: string): DriftDetection | undefined {
    return this.#all<DriftDetection>('SELECT document FROM stacks_drift_detection WHERE id = ?', id)[0];
  }

  listDriftDetections(): DriftDetection[] {
    return this.#all<DriftDetection>('SELECT document FROM stacks_drift_detection');
  }

  putDriftDetection(detection: DriftDetection): void {
    this.#db
      .prepare('INSERT OR REPLACE INTO stacks_drift_detection VALUES (?, ?, ?)')
      .run(detection.id, detection.stackId, JSON.stringify(detection));
  }

  listResourceDrifts(stackId: string): ResourceDrift[] {
    return this.#all<ResourceDrift>(
      'SELECT document FROM stacks_resource_drift WHERE stack_id = ? ORDER BY logical_id',
      stackId,
    );
  }

  putResourceDrift(drift: ResourceDrift): void {
    this.#db
      .prepare('INSERT OR REPLACE INTO stacks_resource_drift VALUES (?, ?, ?)')
      .run(drift.stackId, drift.logicalId, JSON.stringify(drift));
  }

  #all<T>(sql: string, ...parameters: string[]): T[] {
    return this.#db
      .prepare<Row>(sql)
      .all(...parameters)
      .map(({ document }) => JSON.parse(document) as T);
  }
}

export class Store {
  readonly #state: State;
  readonly #record: (db: Transaction, event: StackEvent) => void;
  /** Sees what is on disk. */
  readonly read: Records;

  /** @param record writes what is owed for an event, in its transaction */
  constructor(state: State, record: (db: Transaction, event: StackEvent) => void) {
    this.#state = state;
    this.#record = record;
    this.read = new Records(state.reader);
  }

  /** All or nothing; resolves when it is on disk. */
  write<T>(change: (records: Records) => T): Promise<T> {
    return this.#state.write((db) => {
      const records = new Records(db);
      const outcome = change(records);
      for (const event of records.added) this.#record(db, event);
      return outcome;
    });
  }
}
