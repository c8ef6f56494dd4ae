/** Topics as they are kept, and what FIFO topics remember of their messages. */
import type { Db, State, Transaction } from '#kernel/state';
import { topicAbsent } from '../errors.ts';
import type { Tags, Topic, TopicAddress } from '../topic.ts';

interface Row {
  scope: string;
  name: string;
  created_ms: number;
  attributes: string;
  tags: string;
}

export interface Duplicate {
  readonly messageId: string;
  readonly sequence: number;
}

export class TopicStore {
  readonly #state: State;

  constructor(state: State) {
    this.#state = state;
  }

  write<T>(change: (db: Transaction) => T): Promise<T> {
    return this.#state.write(change);
  }

  find({ scope, name }: TopicAddress, db: Db = this.#state.reader): Topic | undefined {
    const row = db.prepare<Row>('SELECT * FROM topics_topic WHERE scope = ? AND name = ?').get(scope, name);
    return row === undefined ? undefined : topicOf(row);
  }

  /** @throws NotFound */
  get(address: TopicAddress, db?: Db): Topic {
    const topic = this.find(address, db);
    if (topic === undefined) throw topicAbsent();
    return topic;
  }

  insert(db: Transaction, { scope, name, createdMs, attributes, tags }: Topic): void {
    db.prepare('INSERT INTO topics_topic VALUES (?, ?, ?, ?, ?, 0)').run(
      scope,
      name,
      createdMs,
      JSON.stringify(attributes),
      JSON.stringify(tags),
    );
  }

  update(db: Transaction, { scope, name, attributes, tags }: Topic): void {
    db.prepare('UPDATE topics_topic SET attributes = ?, tags = ? WHERE scope = ? AND name = ?').run(
      JSON.stringify(attributes),
      JSON.stringify(tags),
      scope,
      name,
    );
  }

  delete(db: Transaction, { scope, name }: TopicAddress): void {
    db.prepare('DELETE FROM topics_topic WHERE scope = ? AND name = ?').run(scope, name);
    db.prepare('DELETE FROM topics_duplicate WHERE scope = ? AND topic = ?').run(scope, name);
  }

  /** By name, from behind `after` on. */
  list(scope: string, after: string, limit: number): Topic[] {
    return this.#state.reader
      .prepare<Row>('SELECT * FROM topics_topic WHERE scope = ? AND name > ? ORDER BY name LIMIT ?')
      .all(scope, after, limit)
      .map(topicOf);
  }

  nextSequence(db: Transaction, { scope, name }: TopicAddress): number {
    const statement = db.prepare<{ sequence: number }>(
      'UPDATE topics_topic SET sequence = sequence + 1 WHERE scope = ? AND name = ? RETURNING sequence',
    );
    return statement.get(scope, name)?.sequence ?? 0;
  }

  findDuplicate(db: Transaction, { scope, name }: TopicAddress, key: string, nowMs: number): Duplicate | undefined {
    db.prepare('DELETE FROM topics_duplicate WHERE expires_ms <= ?').run(nowMs);
    const row = db
      .prepare<{ message_id: string; sequence: number }>(
        'SELECT message_id, sequence FROM topics_duplicate WHERE scope = ? AND topic = ? AND key = ?',
      )
      .get(scope, name, key);
    return row === undefined ? undefined : { messageId: row.message_id, sequence: row.sequence };
  }

  keepDuplicate(
    db: Transaction,
    { scope, name }: TopicAddress,
    key: string,
    { messageId, sequence }: Duplicate,
    expiresMs: number,
  ): void {
    db.prepare('INSERT OR REPLACE INTO topics_duplicate VALUES (?, ?, ?, ?, ?, ?)').run(
      scope,
      name,
      key,
      expiresMs,
      messageId,
      sequence,
    );
  }
}

function topicOf(row: Row): Topic {
  return {
    scope: row.scope,
    name: row.name,
    createdMs: row.created_ms,
    attributes: JSON.parse(row.attributes) as Record<string, string>,
    tags: JSON.parse(row.tags) as Tags,
  };
}
