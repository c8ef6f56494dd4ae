import type { Db, State } from '#kernel/state';
import { defaultBus, type Bus } from '../buses/bus.ts';
import { busAbsent, exists, limitExceeded, validation } from '../errors.ts';
import type { Tags } from '../tags.ts';

interface BusRow {
  definition: string;
  tags: string;
}

// Limit: an account has at most 100 buses of its own in a region.
const busesMax = 100;

export class BusStore {
  readonly #state: State;

  constructor(state: State) {
    this.#state = state;
  }

  find(scope: string, name: string): Bus | undefined {
    return findBus(this.#state.reader, scope, name)?.bus;
  }

  /** In order of their names, the default one among them. */
  list(scope: string): Bus[] {
    const rows = this.#state.reader.prepare<BusRow>('SELECT * FROM events_bus WHERE scope = ?').all(scope);
    const buses = rows.map((row) => JSON.parse(row.definition) as Bus);
    if (!buses.some(({ name }) => name === defaultBus)) buses.push(untouchedDefault);
    return buses.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** @throws ResourceAlreadyExistsException, LimitExceededException */
  insert(scope: string, bus: Bus, tags: Tags): Promise<void> {
    return this.#state.write((db) => {
      if (findBus(db, scope, bus.name) !== undefined) throw exists(`Event bus ${bus.name} already exists.`);
      const { count } = db
        .prepare<{ count: number }>('SELECT count(*) AS count FROM events_bus WHERE scope = ? AND name <> ?')
        .get(scope, defaultBus) ?? { count: 0 };
      if (count >= busesMax) throw limitExceeded(`There are ${count} event buses already; ${busesMax} is the most.`);
      putBus(db, scope, bus, tags);
    });
  }

  /** @throws ResourceNotFoundException */
  change(scope: string, name: string, change: (bus: Bus) => Bus): Promise<Bus> {
    return this.#state.write((db) => {
      const { bus, tags } = needBus(db, scope, name);
      const after = change(bus);
      putBus(db, scope, after, tags);
      return after;
    });
  }

  /** Deleting what is not there is no error. @throws ValidationException while the bus has rules or archives */
  delete(scope: string, name: string): Promise<void> {
    return this.#state.write((db) => {
      const rule = db.prepare('SELECT 1 FROM events_rule WHERE scope = ? AND bus = ? LIMIT 1').get(scope, name);
      if (rule !== undefined) throw validation(`Event bus ${name} can't be deleted since it has rules.`);
      const archive = db.prepare('SELECT 1 FROM events_archive WHERE scope = ? AND bus = ? LIMIT 1').get(scope, name);
      if (archive !== undefined) throw validation(`Event bus ${name} can't be deleted since it has archives.`);
      db.prepare('DELETE FROM events_bus WHERE scope = ? AND name = ?').run(scope, name);
    });
  }

  getTags(scope: string, name: string): Tags {
    return needBus(this.#state.reader, scope, name).tags;
  }

  changeTags(scope: string, name: string, change: (tags: Tags) => Tags): Promise<void> {
    return this.#state.write((db) => {
      const { bus, tags } = needBus(db, scope, name);
      putBus(db, scope, bus, change(tags));
    });
  }
}

const untouchedDefault: Bus = { name: defaultBus, createdMs: 0, modifiedMs: 0 };

/** The default bus is there without a row; it gets one when something is said of it. */
function findBus(db: Db, scope: string, name: string): { bus: Bus; tags: Tags } | undefined {
  const row = db.prepare<BusRow>('SELECT * FROM events_bus WHERE scope = ? AND name = ?').get(scope, name);
  if (row !== undefined) return { bus: JSON.parse(row.definition) as Bus, tags: JSON.parse(row.tags) as Tags };
  return name === defaultBus ? { bus: untouchedDefault, tags: {} } : undefined;
}

function needBus(db: Db, scope: string, name: string): { bus: Bus; tags: Tags } {
  const found = findBus(db, scope, name);
  if (found === undefined) throw busAbsent(name);
  return found;
}

function putBus(db: Db, scope: string, bus: Bus, tags: Tags): void {
  db.prepare('INSERT OR REPLACE INTO events_bus VALUES (?, ?, ?, ?)').run(
    scope,
    bus.name,
    JSON.stringify(bus),
    JSON.stringify(tags),
  );
}
