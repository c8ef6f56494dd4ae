/** Queries over log groups: started, run beside other work, asked for their results. */
import { setImmediate } from 'node:timers/promises';
import type { Clock } from '#kernel/clock';
import { messageOf } from '#kernel/errors';
import { newUuid } from '#kernel/ids';
import type { Log } from '#kernel/log';
import { invalidParameter, queryAbsent } from '../errors.ts';
import type { LogEvent } from '../log-event.ts';
import type { Logs } from '../logs.ts';
import { parseQuery, textOf, type Query } from './query.ts';
import { fieldOf, type QueryRecord } from './record.ts';

export type QueryStatus = 'Running' | 'Complete' | 'Failed' | 'Cancelled';

export interface QueryStatistics {
  readonly scanned: number;
  readonly matched: number;
  readonly bytes: number;
}

export interface LogQuery {
  readonly id: string;
  readonly scope: string;
  readonly groups: readonly string[];
  readonly text: string;
  readonly createdMs: number;
  readonly status: QueryStatus;
  readonly rows: readonly (readonly (readonly [field: string, value: string])[])[];
  readonly statistics: QueryStatistics;
}

export interface QueryWish {
  readonly scope: string;
  readonly groups: readonly string[];
  readonly text: string;
  readonly startMs: number;
  /** Last time wanted. */
  readonly endMs: number;
  /** Rows of the answer. */
  readonly limit: number;
}

// Limit: the last 100 queries are remembered, until the platform stops.
const queriesMax = 100;
// Limit: a query fails when more than 100,000 events pass its filters, or 1,000,000 of which stats makes groups.
const recordsMax = 100_000;
const gatheredMax = 1_000_000;
// Limit: a query reads at most 50 log groups, as in AWS.
const groupsMax = 50;
/** Small enough that no page keeps others waiting. */
const pageMax = 1000;

const nothing: QueryStatistics = { scanned: 0, matched: 0, bytes: 0 };

export class Insights {
  readonly #logs: Logs;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #queries = new Map<string, LogQuery>();
  readonly #running = new Map<string, { readonly abort: AbortController; readonly work: Promise<void> }>();

  constructor(logs: Logs, clock: Clock, log: Log) {
    this.#logs = logs;
    this.#clock = clock;
    this.#log = log;
  }

  /** @throws MalformedQueryException, InvalidParameterException, ResourceNotFoundException */
  start(wish: QueryWish): LogQuery {
    const { scope, groups, text, startMs, endMs } = wish;
    const plan = parseQuery(text);
    if (groups.length === 0 || groups.length > groupsMax)
      throw invalidParameter(`A query reads 1 to ${groupsMax} log groups, not ${groups.length}.`);
    if (startMs > endMs) throw invalidParameter('The start time of a query must not be after its end time.');
    for (const group of groups) this.#logs.getGroup(scope, group);
    const id = newUuid();
    const query: LogQuery = {
      id,
      scope,
      groups,
      text,
      createdMs: this.#clock.nowMs(),
      status: 'Running',
      rows: [],
      statistics: nothing,
    };
    this.#keep(query);
    const abort = new AbortController();
    const work = this.#run(query, plan, wish, abort.signal).finally(() => this.#running.delete(id));
    this.#running.set(id, { abort, work });
    return query;
  }

  /** @throws ResourceNotFoundException */
  get(scope: string, id: string): LogQuery {
    const query = this.#queries.get(id);
    if (query?.scope !== scope) throw queryAbsent(id);
    return query;
  }

  /** @returns whether it still ran */
  cancel(scope: string, id: string): boolean {
    this.get(scope, id);
    const running = this.#running.get(id);
    running?.abort.abort();
    return running !== undefined;
  }

  /** The newest first. */
  list(scope: string): LogQuery[] {
    return [...this.#queries.values()].filter((query) => query.scope === scope).toReversed();
  }

  async stop(): Promise<void> {
    const running = [...this.#running.values()];
    for (const { abort } of running) abort.abort();
    await Promise.all(running.map(({ work }) => work));
  }

  #keep(query: LogQuery): void {
    this.#queries.set(query.id, query);
    const [oldest] = this.#queries.size <= queriesMax ? [] : this.#queries.keys();
    if (oldest !== undefined) this.#queries.delete(oldest);
  }

  /** Never rejects. */
  async #run(query: LogQuery, plan: Query, wish: QueryWish, signal: AbortSignal): Promise<void> {
    const end = (outcome: Partial<LogQuery>): void => {
      if (this.#queries.has(query.id)) this.#queries.set(query.id, { ...query, ...outcome });
    };
    try {
      const { records, statistics } = await this.#read(plan, wish, signal);
      if (signal.aborted) return end({ status: 'Cancelled', statistics });
      const answer = plan.late.reduce<readonly QueryRecord[]>((rows, step) => step(rows), records);
      end({ status: 'Complete', statistics, rows: answer.slice(0, wish.limit).map((record) => rowOf(record, plan)) });
    } catch (error) {
      this.#log.warn('a query over log groups failed', { query: query.id, error: messageOf(error) });
      end({ status: 'Failed' });
    }
  }

  /** What passes the early steps, the newest first. */
  async #read(plan: Query, { scope, groups, startMs, endMs }: QueryWish, signal: AbortSignal) {
    const [accountId = ''] = scope.split('/');
    const passed: QueryRecord[] = [];
    const gathering = plan.gather?.();
    let [scanned, matched, bytes] = [0, 0, 0];
    for (const group of groups) {
      let token: string | undefined;
      do {
        const page = this.#logs.filterEvents(scope, group, {
          startMs,
          endMs,
          matches: () => true,
          token,
          limit: pageMax,
        });
        const records = page.events.map((event): QueryRecord => ({ made: new Map(), event, group, accountId }));
        scanned += records.length;
        bytes += page.events.reduce((sum, { message }) => sum + message.length, 0);
        const rest = plan.early.reduce<readonly QueryRecord[]>((left, step) => step(left), records);
        matched += rest.length;
        if (gathering === undefined) passed.push(...rest);
        else gathering.add(rest);
        const most = gathering === undefined ? recordsMax : gatheredMax;
        if (matched > most) throw new Error(`more than ${most} events pass its filters`);
        token = page.nextToken;
        // Others get their turn between two pages.
        await setImmediate();
      } while (token !== undefined && !signal.aborted);
    }
    const records = gathering?.finish() ?? passed.sort((a, b) => newestFirst(a.event, b.event));
    return { records, statistics: { scanned, matched, bytes } };
  }
}

function newestFirst(a: LogEvent | undefined, b: LogEvent | undefined): number {
  return (b?.timestampMs ?? 0) - (a?.timestampMs ?? 0) || (b?.id ?? 0) - (a?.id ?? 0);
}

function rowOf(record: QueryRecord, { columns, keepsEvents }: Query): [string, string][] {
  const shown = keepsEvents ? [...columns, '@ptr'] : columns;
  return shown.flatMap((field): [string, string][] => {
    const value = fieldOf(record, field);
    return value === undefined ? [] : [[field, textOf(value)]];
  });
}
