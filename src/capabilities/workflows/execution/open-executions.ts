/**
 * How many executions are open, and how fast those that others started become more: what keeps a machine that starts itself
 * from filling memory and disk.
 */
import type { Db } from '#kernel/state';
import { executionLimit } from '../errors.ts';
import type { RunOrigin } from './run.ts';

export interface OpenBounds {
  /** Standard executions of one account in one region. */
  readonly openMax: number;
  /** Executions that one execution starts, itself or through others, in one go. */
  readonly familyBurst: number;
  /** … and, beyond that, a second. */
  readonly familyPerSecond: number;
}

export const openBounds: OpenBounds = {
  // Limit: 1,000,000 Standard executions are open at once in an account and region, as in AWS.
  openMax: 1_000_000,
  // Limit: one execution gives rise to 10,000 others at once, itself or through those it starts, and to 25 more a second.
  // When that is used up, none of them can start another until all of them have ended.
  familyBurst: 10_000,
  familyPerSecond: 25,
};

export interface OpenExecutionsParts {
  readonly reader: Db;
  readonly nowMs: () => number;
  readonly bounds: OpenBounds;
}

type Countable = Pick<RunOrigin, 'scope' | 'family' | 'child' | 'revision'>;

/** The executions that one execution has given rise to. */
interface Family {
  open: number;
  allowance: number;
  countedMs: number;
  isExhausted: boolean;
}

export class OpenExecutions {
  readonly #parts: OpenExecutionsParts;
  readonly #open = new Map<string, number>();
  readonly #families = new Map<number, Family>();

  constructor(parts: OpenExecutionsParts) {
    this.#parts = parts;
    const rows = parts.reader
      .prepare<{ scope: string; family: number | null; open: number }>(
        `SELECT scope, family, count(*) AS open FROM workflows_execution
          WHERE status = 'RUNNING' AND map_run IS NULL GROUP BY scope, family`,
      )
      .all();
    for (const { scope, family, open } of rows) {
      this.#open.set(scope, (this.#open.get(scope) ?? 0) + open);
      if (family !== null) this.#familyOf(family).open += open;
    }
  }

  /** Counts one in that is about to be opened. @throws ExecutionLimitExceeded when there is no room for it */
  add(origin: Countable): void {
    const { scope, family, child, revision } = origin;
    if (child !== undefined) return;
    const isStandard = revision.type === 'STANDARD';
    const open = this.#open.get(scope) ?? 0;
    if (isStandard && open >= this.#parts.bounds.openMax) throw executionLimit(`${open} are open in ${scope}.`);
    if (family !== undefined) this.#addToFamily(family);
    if (isStandard) this.#open.set(scope, open + 1);
  }

  /** One that was added is no longer open. */
  remove({ scope, family, child, revision }: Countable): void {
    if (child !== undefined) return;
    if (revision.type === 'STANDARD') this.#open.set(scope, (this.#open.get(scope) ?? 1) - 1);
    const members = family === undefined ? undefined : this.#families.get(family);
    if (family === undefined || members === undefined) return;
    members.open--;
    if (members.open <= 0) this.#families.delete(family);
  }

  #addToFamily(id: number): void {
    const { bounds, nowMs } = this.#parts;
    const family = this.#familyOf(id);
    const now = nowMs();
    const gained = ((now - family.countedMs) / 1000) * bounds.familyPerSecond;
    family.allowance = Math.min(family.allowance + gained, bounds.familyBurst);
    family.countedMs = now;
    family.isExhausted ||= family.allowance < 1;
    if (family.isExhausted) {
      throw executionLimit(
        `One execution gave rise to more than ${bounds.familyBurst} others, directly or through those it started.`,
      );
    }
    family.allowance--;
    family.open++;
  }

  #familyOf(id: number): Family {
    let family = this.#families.get(id);
    if (family === undefined) {
      const { bounds, nowMs } = this.#parts;
      family = { open: 0, allowance: bounds.familyBurst, countedMs: nowMs(), isExhausted: false };
      this.#families.set(id, family);
    }
    return family;
  }
}

/** Marks the trace ids of ours among all: "millpo" in ASCII, before the row id of the family's first execution. */
const marker = '6d696c6c706f';
const rootPattern = new RegExp(`(?:^|;)\\s*Root=1-[0-9a-f]{8}-${marker}([0-9a-f]{12})(?:;|$)`);

/** The X-Ray trace header of what an execution calls: it says which family it belongs to, also through functions. */
export function traceOf({
  rowId,
  family = rowId,
  startedMs,
}: Pick<RunOrigin, 'rowId' | 'family' | 'startedMs'>): string {
  const seconds = Math.floor(startedMs / 1000) % 2 ** 32;
  return `Root=1-${hex(seconds, 8)}-${marker}${hex(family, 12)};Sampled=0`;
}

/** The family whose execution led to a call with this trace header. */
export function familyOfTrace(header: string | undefined): number | undefined {
  const [, digits] = header === undefined ? [] : (rootPattern.exec(header) ?? []);
  return digits === undefined ? undefined : Number.parseInt(digits, 16);
}

function hex(value: number, length: number): string {
  return value.toString(16).padStart(length, '0');
}
