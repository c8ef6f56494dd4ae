/** Queues as they are kept. */
import type { Db, State, Transaction } from '#kernel/state';
import { queueAbsent } from '../errors.ts';
import type { Queue, QueueAddress, Tags } from '../queue.ts';

interface Row {
  id: number;
  scope: string;
  name: string;
  created_ms: number;
  modified_ms: number;
  attributes: string;
  tags: string;
}

export type QueueDraft = Omit<Queue, 'id'>;

export class QueueStore {
  readonly #state: State;

  constructor(state: State) {
    this.#state = state;
  }

  write<T>(change: (db: Transaction) => T): Promise<T> {
    return this.#state.write(change);
  }

  find({ scope, name }: QueueAddress, db: Db = this.#state.reader): Queue | undefined {
    const row = db.prepare<Row>('SELECT * FROM queues_queue WHERE scope = ? AND name = ?').get(scope, name);
    return row === undefined ? undefined : queueOf(row);
  }

  /** @throws QueueDoesNotExist */
  get(address: QueueAddress, db?: Db): Queue {
    const queue = this.find(address, db);
    if (queue === undefined) throw queueAbsent();
    return queue;
  }

  insert(db: Transaction, { scope, name, createdMs, modifiedMs, attributes, tags }: QueueDraft): void {
    db.prepare(
      'INSERT INTO queues_queue (scope, name, created_ms, modified_ms, attributes, tags) VALUES (?, ?, ?, ?, ?, ?)',
    ).run(scope, name, createdMs, modifiedMs, JSON.stringify(attributes), JSON.stringify(tags));
  }

  update(db: Transaction, queue: Queue): void {
    db.prepare('UPDATE queues_queue SET modified_ms = ?, attributes = ?, tags = ? WHERE id = ?').run(
      queue.modifiedMs,
      JSON.stringify(queue.attributes),
      JSON.stringify(queue.tags),
      queue.id,
    );
  }

  setTags(db: Transaction, id: number, tags: Tags): void {
    db.prepare('UPDATE queues_queue SET tags = ? WHERE id = ?').run(JSON.stringify(tags), id);
  }

  delete(db: Transaction, id: number): void {
    db.prepare('DELETE FROM queues_queue WHERE id = ?').run(id);
  }

  /** By name, from behind `after` on. */
  list(scope: string, prefix: string, after: string, limit: number): Queue[] {
    return this.#state.reader
      .prepare<Row>(
        `SELECT * FROM queues_queue WHERE scope = ? AND substr(name, 1, length(?)) = ? AND name > ?
         ORDER BY name LIMIT ?`,
      )
      .all(scope, prefix, prefix, after, limit)
      .map(queueOf);
  }

  /** Queues that give up their messages to one, by name. */
  listSources(scope: string, targetArn: string, after: string, limit: number): Queue[] {
    return this.#state.reader
      .prepare<Row>(
        `SELECT * FROM queues_queue WHERE scope = ? AND name > ?
           AND json_extract(json_extract(attributes, '$.RedrivePolicy'), '$.deadLetterTargetArn') = ?
         ORDER BY name LIMIT ?`,
      )
      .all(scope, after, targetArn, limit)
      .map(queueOf);
  }
}

function queueOf(row: Row): Queue {
  return {
    id: row.id,
    scope: row.scope,
    name: row.name,
    createdMs: row.created_ms,
    modifiedMs: row.modified_ms,
    attributes: JSON.parse(row.attributes) as Record<string, string>,
    tags: JSON.parse(row.tags) as Tags,
  };
}
