/** Log groups, streams and events: what CloudWatch Logs keeps, kept in the platform's state. */
import type { Clock, Timer } from '#kernel/clock';
import { messageOf } from '#kernel/errors';
import type { Log } from '#kernel/log';
import { decodeToken, encodeToken, pageOf, type Page } from '#kernel/paging';
import { groupAbsent, invalidParameter, streamAbsent } from './errors.ts';
import type { FilterPattern } from './filter-pattern.ts';
import {
  formatPositionToken,
  parsePositionToken,
  sortOut,
  type LogEvent,
  type NewLogEvent,
  type Position,
  type Rejected,
} from './log-event.ts';
import {
  checkGroupName,
  checkRetentionDays,
  checkStreamName,
  dayMs,
  type LogGroup,
  type LogStream,
} from './log-group.ts';
import type { GroupChange, LogStore, NewGroup } from './store.ts';
import type { Subscriptions } from './subscriptions/subscriptions.ts';

const badTokenCode = 'InvalidParameterException';
const sweepEveryMs = 3_600_000;
const sweepStep = 5000;
// Limit: one FilterLogEvents call looks at 100,000 events; the answer's token goes on behind them.
const filterScanMax = 100_000;
const filterChunk = 2000;
// Limit: an answer carries at most 1 MiB of messages, as in AWS.
const answerBytesMax = 1_048_576;

const beginning: Position = [Number.MIN_SAFE_INTEGER, 0];
const end: Position = [Number.MAX_SAFE_INTEGER, 0];

/** A line for `append`: its text, or its text with the time it was written at. */
export type LogLine = string | NewLogEvent;

export interface EventsPage {
  readonly events: readonly LogEvent[];
  readonly forwardToken: string;
  readonly backwardToken: string;
}

export class Logs {
  readonly #store: LogStore;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #subscriptions: Subscriptions | undefined;
  #sweep: Timer | undefined;
  #sweeping: Promise<void> | undefined;

  /** @param subscriptions told of every event; undefined where no function can be reached */
  constructor(store: LogStore, clock: Clock, log: Log, subscriptions?: Subscriptions) {
    this.#subscriptions = subscriptions;
    this.#store = store;
    this.#clock = clock;
    this.#log = log;
  }

  /**
   * Writes lines under the present time; makes the group and the stream when they are missing. Meant for the platform's
   * own parts: the age limits and batch limits of PutLogEvents do not apply.
   * @returns once the lines are on disk
   */
  async append(scope: string, group: string, stream: string, lines: readonly LogLine[]): Promise<void> {
    checkGroupName(group);
    checkStreamName(stream);
    const nowMs = this.#clock.nowMs();
    const events = lines.map((line) => (typeof line === 'string' ? { timestampMs: nowMs, message: line } : line));
    await this.#keep({ scope, group, stream }, events, { nowMs, create: true });
  }

  async createGroup(group: Omit<NewGroup, 'createdMs'>): Promise<void> {
    checkGroupName(group.name);
    await this.#store.createGroup({ ...group, createdMs: this.#clock.nowMs() });
  }

  async deleteGroup(scope: string, name: string): Promise<void> {
    await this.#store.deleteGroup(scope, name);
    this.#startSweep();
  }

  /** @throws ResourceNotFoundException */
  getGroup(scope: string, name: string): LogGroup {
    const group = this.#store.findGroup(scope, name);
    if (group === undefined) throw groupAbsent(name);
    return group;
  }

  /** @param query.pattern text that the name must hold, in any case of letters */
  listGroups(
    scope: string,
    query: {
      prefix?: string | undefined;
      pattern?: string | undefined;
      class?: string | undefined;
      token?: string | undefined;
      limit: number;
    },
  ): Page<LogGroup> {
    const pattern = query.pattern?.toLowerCase();
    const groups = this.#store
      .listGroups(scope)
      .filter((group) => query.prefix === undefined || group.name.startsWith(query.prefix))
      .filter((group) => pattern === undefined || group.name.toLowerCase().includes(pattern))
      .filter((group) => query.class === undefined || group.class === query.class);
    return pageOf(groups, {
      token: query.token,
      sizeMax: query.limit,
      key: (group) => [group.name],
      code: badTokenCode,
    });
  }

  setRetention(scope: string, name: string, days: number | undefined): Promise<void> {
    return this.#store.changeGroup(scope, name, {
      retention_days: days === undefined ? null : checkRetentionDays(days),
    });
  }

  changeGroup(scope: string, name: string, change: GroupChange): Promise<void> {
    return this.#store.changeGroup(scope, name, change);
  }

  /** @throws InvalidParameterException above 50 tags */
  tagGroup(scope: string, name: string, tags: Readonly<Record<string, string>>): Promise<void> {
    return this.#store.changeTags(scope, name, (before) => {
      const after = { ...before, ...tags };
      if (Object.keys(after).length > 50) throw invalidParameter(`Log group '${name}' would have more than 50 tags.`);
      return after;
    });
  }

  untagGroup(scope: string, name: string, keys: readonly string[]): Promise<void> {
    return this.#store.changeTags(scope, name, (tags) =>
      Object.fromEntries(Object.entries(tags).filter(([key]) => !keys.includes(key))),
    );
  }

  async createStream(scope: string, group: string, name: string): Promise<void> {
    await this.#store.createStream(scope, group, checkStreamName(name), this.#clock.nowMs());
  }

  async deleteStream(scope: string, group: string, name: string): Promise<void> {
    await this.#store.deleteStream(scope, group, name);
    this.#startSweep();
  }

  listStreams(
    scope: string,
    group: string,
    query: {
      prefix?: string | undefined;
      byLastEvent: boolean;
      descending: boolean;
      token?: string | undefined;
      limit: number;
    },
  ): Page<LogStream> {
    const key = (stream: LogStream): (string | number)[] =>
      query.byLastEvent ? [order(stream.lastEventMs ?? 0), stream.name] : [stream.name];
    const order = (timeMs: number): number => (query.descending ? -timeMs : timeMs);
    let streams = this.#store.listStreams(this.getGroup(scope, group).id);
    if (query.prefix !== undefined) streams = streams.filter((stream) => stream.name.startsWith(query.prefix ?? ''));
    if (query.byLastEvent) {
      streams.sort((a, b) => order(a.lastEventMs ?? 0) - order(b.lastEventMs ?? 0) || (a.name < b.name ? -1 : 1));
    } else if (query.descending) {
      return descendingPage(streams, query);
    }
    return pageOf(streams, { token: query.token, sizeMax: query.limit, key, code: badTokenCode });
  }

  /** @returns what was not taken because of its age */
  async putEvents(scope: string, group: string, stream: string, events: readonly NewLogEvent[]): Promise<Rejected> {
    const { retentionDays, id } = this.getGroup(scope, group);
    if (this.#store.findStream(id, stream) === undefined) throw streamAbsent(group, stream);
    const nowMs = this.#clock.nowMs();
    const { accepted, rejected } = sortOut(events, nowMs, retentionDays);
    await this.#keep({ scope, group, stream }, accepted, { nowMs, create: false });
    return rejected;
  }

  /**
   * A page of one stream, oldest first. The forward token of the last page is the token that asked for it: a reader
   * polls with it for what comes next.
   * @param query.startMs first time wanted
   * @param query.endMs first time no longer wanted
   */
  getEvents(
    scope: string,
    group: string,
    stream: string,
    query: {
      startMs?: number | undefined;
      endMs?: number | undefined;
      token?: string | undefined;
      limit: number;
      fromHead: boolean;
    },
  ): EventsPage {
    const groupId = this.getGroup(scope, group).id;
    const streamId = this.#store.findStream(groupId, stream)?.id;
    if (streamId === undefined) throw streamAbsent(group, stream);
    const token = query.token === undefined ? undefined : parsePositionToken(query.token);
    const backward = token === undefined ? !query.fromHead : token.direction === 'b';
    const low: Position = query.startMs === undefined ? beginning : [query.startMs, 0];
    const high: Position = query.endMs === undefined ? end : [query.endMs, 0];
    const read = this.#store.readEvents({
      groupId,
      streamIds: [streamId],
      after: token?.direction === 'f' ? laterOf(token.position, low) : low,
      before: token?.direction === 'b' ? earlierOf(token.position, high) : high,
      limit: query.limit,
      backward,
    });
    const events = cutToBytes(read);
    if (backward) events.reverse();
    const standing = token?.position ?? (backward ? high : low);
    const [first, last] = [events[0], events.at(-1)];
    return {
      events,
      // Empty from the end: what comes next is behind everything there is now.
      forwardToken: formatPositionToken('f', last ? positionOf(last) : forwardStart(standing, low)),
      backwardToken: formatPositionToken('b', first ? positionOf(first) : standing),
    };
  }

  /**
   * Events of a group that pass a filter, oldest first. A page may be short or empty and still carry a token.
   * @param query.endMs last time wanted
   */
  filterEvents(
    scope: string,
    group: string,
    query: {
      streams?: readonly string[] | undefined;
      streamPrefix?: string | undefined;
      startMs?: number | undefined;
      endMs?: number | undefined;
      matches: FilterPattern;
      token?: string | undefined;
      limit: number;
    },
  ): { events: readonly LogEvent[]; nextToken?: string } {
    const groupId = this.getGroup(scope, group).id;
    const streamIds = this.#streamIds(groupId, group, query);
    if (streamIds?.length === 0) return { events: [] };
    const low: Position = query.startMs === undefined ? beginning : [query.startMs, 0];
    const before: Position = query.endMs === undefined ? end : [query.endMs + 1, 0];
    let after = query.token === undefined ? low : laterOf(parsePositionToken(query.token).position, low);
    const events: LogEvent[] = [];
    let sizeBytes = 0;
    for (let scanned = 0; scanned < filterScanMax; scanned += filterChunk) {
      const chunk = this.#store.readEvents({
        groupId,
        ...(streamIds && { streamIds }),
        after,
        before,
        limit: filterChunk,
      });
      for (const event of chunk) {
        after = positionOf(event);
        if (!query.matches(event.message)) continue;
        events.push(event);
        sizeBytes += Buffer.byteLength(event.message);
        if (events.length >= query.limit || sizeBytes >= answerBytesMax) {
          return { events, nextToken: formatPositionToken('f', after) };
        }
      }
      if (chunk.length < filterChunk) return { events };
    }
    return { events, nextToken: formatPositionToken('f', after) };
  }

  start(): void {
    const arm = (): void => {
      this.#sweep = this.#clock.setTimer(sweepEveryMs, () => {
        this.#startSweep();
        arm();
      });
    };
    arm();
    this.#startSweep();
  }

  async stop(): Promise<void> {
    this.#sweep?.cancel();
    this.#sweep = undefined;
    await this.#sweeping;
  }

  /** Removes what retention no longer keeps and what deleted groups and streams left behind. */
  async sweep(): Promise<void> {
    for (const group of this.#store.groupsWithRetention()) {
      const beforeMs = this.#clock.nowMs() - (group.retentionDays ?? 0) * dayMs;
      while ((await this.#store.removeExpired(group.id, beforeMs, sweepStep)) === sweepStep);
    }
    while ((await this.#store.removeGarbage(sweepStep)) > 0);
  }

  #keep(
    target: { readonly scope: string; readonly group: string; readonly stream: string },
    events: readonly NewLogEvent[],
    options: { readonly nowMs: number; readonly create: boolean },
  ): Promise<void> {
    return this.#store.append(target, events, {
      ...options,
      tell: (db, groupId, stored) => this.#subscriptions?.record(db, { ...target, groupId }, stored),
    });
  }

  #startSweep(): void {
    this.#sweeping ??= this.sweep()
      .catch((error: unknown) => this.#log.warn('the sweep of old log events failed', { why: messageOf(error) }))
      .finally(() => (this.#sweeping = undefined));
  }

  #streamIds(
    groupId: number,
    group: string,
    query: { streams?: readonly string[] | undefined; streamPrefix?: string | undefined },
  ): number[] | undefined {
    const { streams, streamPrefix } = query;
    if (streams !== undefined && streamPrefix !== undefined) {
      throw invalidParameter('Give either logStreamNames or logStreamNamePrefix, not both.');
    }
    if (streams !== undefined) {
      return streams.map((name) => {
        const stream = this.#store.findStream(groupId, name);
        if (stream === undefined) throw streamAbsent(group, name);
        return stream.id;
      });
    }
    if (streamPrefix === undefined) return undefined;
    return this.#store
      .listStreams(groupId)
      .filter((stream) => stream.name.startsWith(streamPrefix))
      .map((stream) => stream.id);
  }
}

function descendingPage(
  streams: readonly LogStream[],
  query: { token?: string | undefined; limit: number },
): Page<LogStream> {
  const reversed = [...streams].reverse();
  const after = query.token === undefined ? undefined : String(decodeToken(query.token, badTokenCode)[0]);
  const rest = after === undefined ? reversed : reversed.filter((stream) => stream.name < after);
  const items = rest.slice(0, query.limit);
  const last = items.at(-1);
  return items.length < rest.length && last !== undefined ? { items, nextToken: encodeToken([last.name]) } : { items };
}

function positionOf(event: LogEvent): Position {
  return [event.timestampMs, event.id];
}

function laterOf(a: Position, b: Position): Position {
  return comparePositions(a, b) >= 0 ? a : b;
}

function earlierOf(a: Position, b: Position): Position {
  return comparePositions(a, b) <= 0 ? a : b;
}

function comparePositions(a: Position, b: Position): number {
  return a[0] - b[0] || a[1] - b[1];
}

function forwardStart(standing: Position, low: Position): Position {
  return standing[0] === Number.MAX_SAFE_INTEGER ? low : standing;
}

/** Keeps the front of what was read, within the size of an answer; at least one event. */
function cutToBytes(events: readonly LogEvent[]): LogEvent[] {
  let sizeBytes = 0;
  const tooMuch = events.findIndex((event, index) => {
    sizeBytes += Buffer.byteLength(event.message);
    return index > 0 && sizeBytes > answerBytesMax;
  });
  return events.slice(0, tooMuch === -1 ? events.length : tooMuch);
}
