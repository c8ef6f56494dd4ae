import type { Db, State, Transaction } from '#kernel/state';
import { hasEnded, type Replay } from '../archives/replay.ts';
import { exists, limitExceeded, replayAbsent } from '../errors.ts';
import type { ArchivePlace } from './archives.ts';

/** A replay with what it needs to go on after a crash. */
export interface StoredReplay {
  readonly replay: Replay;
  readonly archiveId: number;
  /** Behind the last event that was sent. */
  readonly place: ArchivePlace;
}

interface ReplayRow {
  scope: string;
  name: string;
  archive: number;
  after_time_ms: number;
  after_id: number;
  definition: string;
}

// Limit: at most 10 replays of an account run at once in a region; one that has ended is remembered for 90 days.
const openMax = 10;
const rememberedMs = 90 * 86_400_000;

export class ReplayStore {
  readonly #state: State;

  constructor(state: State) {
    this.#state = state;
  }

  find(scope: string, name: string): Replay | undefined {
    return findReplay(this.#state.reader, scope, name)?.replay;
  }

  /** In the order of their names. */
  list(scope: string): Replay[] {
    return this.#state.reader
      .prepare<ReplayRow>('SELECT * FROM events_replay WHERE scope = ? ORDER BY name')
      .all(scope)
      .map((row) => storedOf(row).replay);
  }

  /** What has not ended, of every account. */
  listOpen(): { scope: string; name: string }[] {
    return this.#state.reader
      .prepare<{ scope: string; name: string }>('SELECT scope, name FROM events_replay WHERE is_open = 1')
      .all();
  }

  /** @throws ResourceAlreadyExistsException, LimitExceededException */
  insert(db: Transaction, scope: string, stored: StoredReplay): void {
    const { replay } = stored;
    const forgottenMs = replay.startedMs - rememberedMs;
    db.prepare('DELETE FROM events_replay WHERE scope = ? AND is_open = 0 AND started_ms < ?').run(scope, forgottenMs);
    if (findReplay(db, scope, replay.name) !== undefined) throw exists(`Replay ${replay.name} already exists.`);
    const { count } = db
      .prepare<{ count: number }>('SELECT count(*) AS count FROM events_replay WHERE scope = ? AND is_open = 1')
      .get(scope) ?? { count: 0 };
    if (count >= openMax) throw limitExceeded(`There are ${count} replays under way; ${openMax} is the most.`);
    this.put(db, scope, stored);
  }

  put(db: Transaction, scope: string, { replay, archiveId, place }: StoredReplay): void {
    db.prepare('INSERT OR REPLACE INTO events_replay VALUES (?, ?, ?, ?, ?, ?, ?, ?)').run(
      scope,
      replay.name,
      hasEnded(replay) ? 0 : 1,
      replay.startedMs,
      archiveId,
      place.timeMs,
      place.id,
      JSON.stringify(replay),
    );
  }
}

/** As a transaction sees it. @throws ResourceNotFoundException */
export function needReplay(db: Db, scope: string, name: string): StoredReplay {
  const found = findReplay(db, scope, name);
  if (found === undefined) throw replayAbsent(name);
  return found;
}

function findReplay(db: Db, scope: string, name: string): StoredReplay | undefined {
  const row = db.prepare<ReplayRow>('SELECT * FROM events_replay WHERE scope = ? AND name = ?').get(scope, name);
  return row && storedOf(row);
}

function storedOf(row: ReplayRow): StoredReplay {
  return {
    replay: JSON.parse(row.definition) as Replay,
    archiveId: row.archive,
    place: { timeMs: row.after_time_ms, id: row.after_id },
  };
}
