/** Executions in the state. What runs now is held in memory; a row is written when it is asked for and when it ends. */
import type { Db, State, Transaction } from '#kernel/state';
import type { Execution } from '../execution.ts';

interface Row {
  readonly record: string;
}

export interface TokenUse {
  readonly token: string;
  /** What must be the same when the token comes again. */
  readonly fingerprint: string;
}

export interface ExecutionPlace {
  readonly submittedMs: number;
  readonly id: string;
}

export class ExecutionStore {
  readonly #state: State;

  constructor(state: State) {
    this.#state = state;
  }

  find(scope: string, id: string): Execution | undefined {
    const row = this.#state.reader
      .prepare<Row>('SELECT record FROM query_execution WHERE scope = ? AND id = ?')
      .get(scope, id);
    return row && (JSON.parse(row.record) as Execution);
  }

  findToken(scope: string, token: string): { executionId: string; fingerprint: string } | undefined {
    return selectToken(this.#state.reader, scope, token);
  }

  /**
   * Keeps a new execution, unless its token was used before.
   * @param alongside what is written with it
   * @returns the id and fingerprint that the token stands for
   */
  insert(
    scope: string,
    execution: Execution,
    use: TokenUse | undefined,
    alongside: (db: Transaction) => void,
  ): Promise<{ executionId: string; fingerprint: string }> {
    return this.#state.write((db) => {
      if (use !== undefined) {
        const used = selectToken(db, scope, use.token);
        if (used !== undefined) return used;
        db.prepare('INSERT INTO query_token VALUES (?, ?, ?, ?, ?)').run(
          scope,
          use.token,
          execution.id,
          use.fingerprint,
          execution.submittedMs,
        );
      }
      db.prepare('INSERT INTO query_execution VALUES (?, ?, ?, ?, ?, ?)').run(
        scope,
        execution.id,
        execution.workGroup,
        execution.submittedMs,
        execution.state,
        JSON.stringify(execution),
      );
      alongside(db);
      return { executionId: execution.id, fingerprint: use?.fingerprint ?? '' };
    });
  }

  async update(scope: string, execution: Execution, alongside: (db: Transaction) => void): Promise<void> {
    await this.#state.write((db) => {
      // One whose beginning could not be written has no end to tell of.
      if (this.updateIn(db, scope, execution)) alongside(db);
    });
  }

  /**
   * Within a commit of the caller's.
   * @param reuseFingerprint the answer may serve an equal query for as long as that one allows
   * @returns whether there is such an execution
   */
  updateIn(db: Db, scope: string, execution: Execution, reuseFingerprint?: string): boolean {
    const { changes } = db
      .prepare('UPDATE query_execution SET state = ?, record = ? WHERE scope = ? AND id = ?')
      .run(execution.state, JSON.stringify(execution), scope, execution.id);
    if (reuseFingerprint === undefined || changes === 0) return changes > 0;
    db.prepare(
      'INSERT INTO query_reuse VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET execution_id = excluded.execution_id, completed_ms = excluded.completed_ms',
    ).run(scope, reuseFingerprint, execution.id, execution.completedMs ?? 0);
    return true;
  }

  findReusable(scope: string, fingerprint: string, sinceMs: number): Execution | undefined {
    const row = this.#state.reader
      .prepare<{ execution_id: string }>(
        'SELECT execution_id FROM query_reuse WHERE scope = ? AND fingerprint = ? AND completed_ms >= ?',
      )
      .get(scope, fingerprint, sinceMs);
    return row && this.find(scope, row.execution_id);
  }

  /** Newest first. */
  list(scope: string, workGroup: string, after: ExecutionPlace | undefined, limit: number): ExecutionPlace[] {
    return this.#state.reader
      .prepare<{ id: string; submitted_ms: number }>(
        `SELECT id, submitted_ms FROM query_execution WHERE scope = ? AND work_group = ?
           AND (submitted_ms < ? OR (submitted_ms = ? AND id > ?)) ORDER BY submitted_ms DESC, id LIMIT ?`,
      )
      .all(
        scope,
        workGroup,
        after?.submittedMs ?? Number.MAX_SAFE_INTEGER,
        after?.submittedMs ?? -1,
        after?.id ?? '',
        limit,
      )
      .map((row) => ({ id: row.id, submittedMs: row.submitted_ms }));
  }

  countOf(scope: string, workGroup: string): number {
    const row = this.#state.reader
      .prepare<{ count: number }>('SELECT count(*) AS count FROM query_execution WHERE scope = ? AND work_group = ?')
      .get(scope, workGroup);
    return row?.count ?? 0;
  }

  /**
   * Ends what a crash left open.
   * @param alongside what is written with each end
   * @returns how many there were
   */
  endOpen(
    end: (execution: Execution) => Execution,
    alongside: (db: Transaction, scope: string, ended: Execution) => void,
  ): Promise<number> {
    return this.#state.write((db) => {
      const rows = db
        .prepare<Row & { scope: string }>(
          "SELECT scope, record FROM query_execution WHERE state IN ('QUEUED', 'RUNNING')",
        )
        .all();
      for (const row of rows) {
        const execution = end(JSON.parse(row.record) as Execution);
        this.updateIn(db, row.scope, execution);
        alongside(db, row.scope, execution);
      }
      return rows.length;
    });
  }

  async deleteOlder(beforeMs: number): Promise<void> {
    await this.#state.write((db) => {
      db.prepare("DELETE FROM query_execution WHERE submitted_ms < ? AND state NOT IN ('QUEUED', 'RUNNING')").run(
        beforeMs,
      );
      db.prepare('DELETE FROM query_token WHERE created_ms < ?').run(beforeMs);
      db.prepare('DELETE FROM query_reuse WHERE completed_ms < ?').run(beforeMs);
    });
  }

  async deleteOfGroup(scope: string, workGroup: string): Promise<void> {
    await this.#state.write((db) => {
      db.prepare(
        "DELETE FROM query_execution WHERE scope = ? AND work_group = ? AND state NOT IN ('QUEUED', 'RUNNING')",
      ).run(scope, workGroup);
    });
  }
}

function selectToken(db: Db, scope: string, token: string): { executionId: string; fingerprint: string } | undefined {
  const row = db
    .prepare<{ execution_id: string; fingerprint: string }>(
      'SELECT execution_id, fingerprint FROM query_token WHERE scope = ? AND token = ?',
    )
    .get(scope, token);
  return row && { executionId: row.execution_id, fingerprint: row.fingerprint };
}
