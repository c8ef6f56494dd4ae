/** Activities: names that workers poll for work. Their tasks are the engine's. */
import type { Clock } from '#kernel/clock';
import type { Db, State } from '#kernel/state';
import { activityAbsent, activityExists, tooManyTags } from '../errors.ts';
import type { Activity, EncryptionConfiguration, Tags } from './machine.ts';
import { activityArn, checkName } from './name.ts';

interface Row {
  scope: string;
  name: string;
  created_ms: number;
  encryption: string;
  tags: string;
}

const tagsMax = 50;

export class Activities {
  readonly #state: State;
  readonly #clock: Clock;

  constructor(state: State, clock: Clock) {
    this.#state = state;
    this.#clock = clock;
  }

  /**
   * Makes an activity, or answers with the one of that name.
   * @throws InvalidName, ActivityAlreadyExists when it is encrypted otherwise, TooManyTags
   */
  create(scope: string, name: string, encryption: EncryptionConfiguration, tags: Tags): Promise<Activity> {
    checkName(name);
    if (Object.keys(tags).length > tagsMax) throw tooManyTags(activityArn(scope, name));
    const activity = { scope, name, createdMs: this.#clock.nowMs(), encryption, tags };
    return this.#state.write((db) => {
      const before = select(db, scope, name);
      if (before === undefined) {
        db.prepare('INSERT INTO workflows_activity VALUES (?, ?, ?, ?, ?)').run(
          scope,
          name,
          activity.createdMs,
          JSON.stringify(encryption),
          JSON.stringify(tags),
        );
        return activity;
      }
      if (JSON.stringify(before.encryption) !== JSON.stringify(encryption))
        throw activityExists(activityArn(scope, name));
      return before;
    });
  }

  find(scope: string, name: string): Activity | undefined {
    return select(this.#state.reader, scope, name);
  }

  /** @throws ActivityDoesNotExist */
  get(scope: string, name: string): Activity {
    const activity = this.find(scope, name);
    if (activity === undefined) throw activityAbsent(activityArn(scope, name));
    return activity;
  }

  /** In order of their names. */
  list(scope: string): Activity[] {
    return this.#state.reader
      .prepare<Row>('SELECT * FROM workflows_activity WHERE scope = ? ORDER BY name')
      .all(scope)
      .map(activityOf);
  }

  /** Deleting what is not there is no error. */
  async delete(scope: string, name: string): Promise<void> {
    await this.#state.write((db) => {
      db.prepare('DELETE FROM workflows_activity WHERE scope = ? AND name = ?').run(scope, name);
    });
  }

  /** @throws ActivityDoesNotExist, TooManyTags */
  changeTags(scope: string, name: string, change: (tags: Tags) => Tags): Promise<void> {
    return this.#state.write((db) => {
      const activity = select(db, scope, name);
      if (activity === undefined) throw activityAbsent(activityArn(scope, name));
      const tags = change(activity.tags);
      if (Object.keys(tags).length > tagsMax) throw tooManyTags(activityArn(scope, name));
      db.prepare('UPDATE workflows_activity SET tags = ? WHERE scope = ? AND name = ?').run(
        JSON.stringify(tags),
        scope,
        name,
      );
    });
  }
}

function select(db: Db, scope: string, name: string): Activity | undefined {
  const row = db.prepare<Row>('SELECT * FROM workflows_activity WHERE scope = ? AND name = ?').get(scope, name);
  return row === undefined ? undefined : activityOf(row);
}

function activityOf(row: Row): Activity {
  return {
    scope: row.scope,
    name: row.name,
    createdMs: row.created_ms,
    encryption: JSON.parse(row.encryption) as EncryptionConfiguration,
    tags: JSON.parse(row.tags) as Tags,
  };
}
