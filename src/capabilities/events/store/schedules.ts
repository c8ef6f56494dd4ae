import type { Db, State, Transaction } from '#kernel/state';
import { absent, conflict, quotaExceeded, scheduleAbsent } from '../errors.ts';
import { defaultGroup, type Schedule, type ScheduleGroup } from '../schedules/schedule.ts';
import type { Tags } from '../tags.ts';

interface ScheduleRow {
  scope: string;
  group_name: string;
  name: string;
  next_ms: number | null;
  definition: string;
}

interface GroupRow {
  name: string;
  created_ms: number;
  modified_ms: number;
  tags: string;
}

export interface DueSchedule {
  readonly scope: string;
  readonly schedule: Schedule;
  readonly dueMs: number;
}

// Limit: an account has at most 500 schedule groups in a region.
const groupsMax = 500;
const dueBatch = 100;

export class ScheduleStore {
  readonly #state: State;

  constructor(state: State) {
    this.#state = state;
  }

  find(scope: string, group: string, name: string): Schedule | undefined {
    return find(this.#state.reader, scope, group, name);
  }

  /** In order of group and name. */
  list(scope: string, group?: string): Schedule[] {
    const rows =
      group === undefined
        ? this.#state.reader
            .prepare<ScheduleRow>('SELECT * FROM events_schedule WHERE scope = ? ORDER BY group_name, name')
            .all(scope)
        : this.#state.reader
            .prepare<ScheduleRow>('SELECT * FROM events_schedule WHERE scope = ? AND group_name = ? ORDER BY name')
            .all(scope, group);
    return rows.map((row) => JSON.parse(row.definition) as Schedule);
  }

  /**
   * Decides in one transaction what stands under a name.
   * @param change is given what is there; it throws, or returns what shall be, or undefined to leave it
   */
  put(
    scope: string,
    { group, name }: { group: string; name: string },
    change: (before: Schedule | undefined) => { schedule: Schedule; nextMs: number | undefined } | undefined,
    onCommit: () => void,
  ): Promise<void> {
    return this.#state.write((db) => {
      needGroup(db, scope, group);
      const after = change(find(db, scope, group, name));
      if (after === undefined) return;
      db.prepare('INSERT OR REPLACE INTO events_schedule VALUES (?, ?, ?, ?, ?, ?)').run(
        scope,
        group,
        name,
        after.schedule.state,
        after.nextMs ?? null,
        JSON.stringify(after.schedule),
      );
      db.afterCommit(onCommit);
    });
  }

  /** @throws ResourceNotFoundException */
  delete(scope: string, group: string, name: string): Promise<void> {
    return this.#state.write((db) => {
      if (find(db, scope, group, name) === undefined) throw scheduleAbsent(name);
      this.remove(db, scope, group, name);
    });
  }

  remove(db: Transaction, scope: string, group: string, name: string): void {
    db.prepare('DELETE FROM events_schedule WHERE scope = ? AND group_name = ? AND name = ?').run(scope, group, name);
  }

  /** When the next schedule of all is due. */
  nextDueMs(): number | undefined {
    const row = this.#state.reader
      .prepare<{ next: number | null }>('SELECT min(next_ms) AS next FROM events_schedule WHERE next_ms IS NOT NULL')
      .get();
    return row?.next ?? undefined;
  }

  /** Some of what is due, soonest first. */
  listDue(db: Db, nowMs: number): DueSchedule[] {
    return db
      .prepare<ScheduleRow>('SELECT * FROM events_schedule WHERE next_ms <= ? ORDER BY next_ms LIMIT ?')
      .all(nowMs, dueBatch)
      .map((row) => ({
        scope: row.scope,
        schedule: JSON.parse(row.definition) as Schedule,
        dueMs: row.next_ms ?? nowMs,
      }));
  }

  setNext(db: Transaction, { scope, schedule }: DueSchedule, nextMs: number | undefined): void {
    db.prepare('UPDATE events_schedule SET next_ms = ? WHERE scope = ? AND group_name = ? AND name = ?').run(
      nextMs ?? null,
      scope,
      schedule.group,
      schedule.name,
    );
  }

  findGroup(scope: string, name: string): ScheduleGroup | undefined {
    return findGroup(this.#state.reader, scope, name)?.group;
  }

  /** In order of their names, the default one among them. */
  listGroups(scope: string): ScheduleGroup[] {
    const rows = this.#state.reader.prepare<GroupRow>('SELECT * FROM events_schedule_group WHERE scope = ?').all(scope);
    const groups = rows.map(groupOf);
    if (!groups.some(({ name }) => name === defaultGroup)) groups.push(untouchedDefault);
    return groups.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** @throws ConflictException, ServiceQuotaExceededException */
  insertGroup(scope: string, group: ScheduleGroup, tags: Tags): Promise<void> {
    return this.#state.write((db) => {
      if (findGroup(db, scope, group.name) !== undefined) {
        throw conflict(`Schedule group ${group.name} already exists.`);
      }
      const { count } = db
        .prepare<{ count: number }>('SELECT count(*) AS count FROM events_schedule_group WHERE scope = ?')
        .get(scope) ?? { count: 0 };
      if (count >= groupsMax)
        throw quotaExceeded(`There are ${count} schedule groups already; ${groupsMax} is the most.`);
      putGroup(db, scope, group, tags);
    });
  }

  /** Removes the group with its schedules. @throws ResourceNotFoundException */
  deleteGroup(scope: string, name: string): Promise<void> {
    return this.#state.write((db) => {
      needGroup(db, scope, name);
      db.prepare('DELETE FROM events_schedule WHERE scope = ? AND group_name = ?').run(scope, name);
      db.prepare('DELETE FROM events_schedule_group WHERE scope = ? AND name = ?').run(scope, name);
    });
  }

  getGroupTags(scope: string, name: string): Tags {
    return needGroup(this.#state.reader, scope, name).tags;
  }

  changeGroupTags(scope: string, name: string, change: (tags: Tags) => Tags): Promise<void> {
    return this.#state.write((db) => {
      const { group, tags } = needGroup(db, scope, name);
      putGroup(db, scope, group, change(tags));
    });
  }
}

const untouchedDefault: ScheduleGroup = { name: defaultGroup, createdMs: 0, modifiedMs: 0 };

function find(db: Db, scope: string, group: string, name: string): Schedule | undefined {
  const row = db
    .prepare<ScheduleRow>('SELECT * FROM events_schedule WHERE scope = ? AND group_name = ? AND name = ?')
    .get(scope, group, name);
  return row && (JSON.parse(row.definition) as Schedule);
}

function findGroup(db: Db, scope: string, name: string): { group: ScheduleGroup; tags: Tags } | undefined {
  const row = db.prepare<GroupRow>('SELECT * FROM events_schedule_group WHERE scope = ? AND name = ?').get(scope, name);
  if (row !== undefined) return { group: groupOf(row), tags: JSON.parse(row.tags) as Tags };
  return name === defaultGroup ? { group: untouchedDefault, tags: {} } : undefined;
}

function needGroup(db: Db, scope: string, name: string): { group: ScheduleGroup; tags: Tags } {
  const found = findGroup(db, scope, name);
  if (found === undefined) throw absent(`Schedule group ${name} does not exist.`);
  return found;
}

function putGroup(db: Db, scope: string, group: ScheduleGroup, tags: Tags): void {
  db.prepare('INSERT OR REPLACE INTO events_schedule_group VALUES (?, ?, ?, ?, ?)').run(
    scope,
    group.name,
    group.createdMs,
    group.modifiedMs,
    JSON.stringify(tags),
  );
}

function groupOf(row: GroupRow): ScheduleGroup {
  return { name: row.name, createdMs: row.created_ms, modifiedMs: row.modified_ms };
}
