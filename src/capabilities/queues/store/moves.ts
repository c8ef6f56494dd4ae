/** Message move tasks as they are kept. */
import type { Db, State, Transaction } from '#kernel/state';
import type { MoveStatus, MoveTask } from '../move-task.ts';

interface Row {
  id: string;
  source_arn: string;
  destination_arn: string | null;
  rate: number | null;
  status: MoveStatus;
  moved: number;
  to_move: number;
  started_ms: number;
  failure: string | null;
}

export class MoveStore {
  readonly #state: State;

  constructor(state: State) {
    this.#state = state;
  }

  insert(db: Transaction, task: MoveTask): void {
    db.prepare('INSERT INTO queues_move VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)').run(
      task.id,
      task.sourceArn,
      task.destinationArn ?? null,
      task.perSecondMax ?? null,
      task.status,
      task.moved,
      task.toMove,
      task.startedMs,
      task.failure ?? null,
    );
  }

  find(id: string, db: Db = this.#state.reader): MoveTask | undefined {
    const row = db.prepare<Row>('SELECT * FROM queues_move WHERE id = ?').get(id);
    return row === undefined ? undefined : taskOf(row);
  }

  /** The newest first. */
  list(sourceArn: string, limit: number, db: Db = this.#state.reader): MoveTask[] {
    return db
      .prepare<Row>('SELECT * FROM queues_move WHERE source_arn = ? ORDER BY started_ms DESC, rowid DESC LIMIT ?')
      .all(sourceArn, limit)
      .map(taskOf);
  }

  listUnfinished(): MoveTask[] {
    return this.#state.reader
      .prepare<Row>("SELECT * FROM queues_move WHERE status IN ('RUNNING', 'CANCELLING')")
      .all()
      .map(taskOf);
  }

  addMoved(db: Transaction, id: string, count: number): void {
    db.prepare('UPDATE queues_move SET moved = moved + ? WHERE id = ?').run(count, id);
  }

  setStatus(db: Transaction, id: string, status: MoveStatus, failure?: string): void {
    db.prepare('UPDATE queues_move SET status = ?, failure = ? WHERE id = ?').run(status, failure ?? null, id);
  }
}

function taskOf(row: Row): MoveTask {
  return {
    id: row.id,
    sourceArn: row.source_arn,
    destinationArn: row.destination_arn ?? undefined,
    perSecondMax: row.rate ?? undefined,
    status: row.status,
    moved: row.moved,
    toMove: row.to_move,
    startedMs: row.started_ms,
    failure: row.failure ?? undefined,
  };
}
