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
  /** Executions that one execution gives rise to through those that it starts, in one go. */
  readonly familyBurst: number;
  /** … and, beyond that, a second. */
  readonly familyPerSecond: number;
}

export const openBounds: OpenBounds = {
  // Limit: 1,000,000 Standard executions are open at once in an account and region, as in AWS.
  openMax: 1_000_000,
  // Limit: an execution starts as many others as it likes, but through those it gives rise to 10,000 more at once, and to 25 a
  // second beyond that. When they are used up, none of the family can start another until all of it has ended.
  familyBurst: 10_000,
  familyPerSecond: 25,
};

export interface OpenExecutionsParts {
  readonly reader: Db;
  readonly nowMs: () => number;
  readonly bounds: OpenBounds;
}

type Countable = Pick<RunOrigin, 'scope' | 'descent' | 'child' | 'revision'>;

/** Where an execution comes from that another one led to, directly or through functions and others. */
export interface Descent {
  /** The row id of the first of them, which was started from outside. */
  readonly family: number;
  /** 1 for what that one started; a child of a map run is of its parent's. */
  readonly generation: number;
}

// A fan-out is no loop: only what the started ones start in turn can grow without end.
const countedFrom = 2;

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
    const { scope, descent, child, revision } = origin;
    if (child !== undefined) return;
    const isStandard = revision.type === 'STANDARD';
    const open = this.#open.get(scope) ?? 0;
    if (isStandard && open >= this.#parts.bounds.openMax) throw executionLimit(`${open} are open in ${scope}.`);
    if (descent !== undefined) this.#addToFamily(descent);
    if (isStandard) this.#open.set(scope, open + 1);
  }

  /** One that was added is no longer open. */
  remove({ scope, descent, child, revision }: Countable): void {
    if (child !== undefined) return;
    if (revision.type === 'STANDARD') this.#open.set(scope, (this.#open.get(scope) ?? 1) - 1);
    const family = descent && this.#families.get(descent.family);
    if (descent === undefined || family === undefined) return;
    family.open--;
    if (family.open <= 0) this.#families.delete(descent.family);
  }

  #addToFamily({ family: id, generation }: Descent): void {
    const family = this.#familyOf(id);
    if (generation >= countedFrom) this.#takeAllowance(family);
    family.open++;
  }

  #takeAllowance(family: Family): void {
    const { bounds, nowMs } = this.#parts;
    const now = nowMs();
    const gained = ((now - family.countedMs) / 1000) * bounds.familyPerSecond;
    family.allowance = Math.min(family.allowance + gained, bounds.familyBurst);
    family.countedMs = now;
    family.isExhausted ||= family.allowance < 1;
    if (family.isExhausted) {
      throw executionLimit(
        `One execution gave rise to more than ${bounds.familyBurst} others through those it started.`,
      );
    }
    family.allowance--;
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

/** What an execution hands down to the children of its map runs. */
export function descentOf({ rowId, descent }: Pick<RunOrigin, 'rowId' | 'descent'>): Descent {
  return descent ?? { family: rowId, generation: 0 };
}

/** Marks the trace ids of ours among all: "millp" in ASCII, before the generation and the family of what is started. */
const marker = '6d696c6c70';
const rootPattern = new RegExp(`(?:^|;)\\s*Root=1-[0-9a-f]{8}-${marker}([0-9a-f]{2})([0-9a-f]{12})(?:;|$)`);

/** The X-Ray trace header of what an execution calls: it says what those descend from whom that starts, also through functions. */
export function traceOf(origin: Pick<RunOrigin, 'rowId' | 'descent' | 'startedMs'>): string {
  const { family, generation } = descentOf(origin);
  const seconds = Math.floor(origin.startedMs / 1000) % 2 ** 32;
  return `Root=1-${hex(seconds, 8)}-${marker}${hex(Math.min(generation + 1, 255), 2)}${hex(family, 12)};Sampled=0`;
}

/** The descent of what a call with this trace header starts; undefined for a call that no execution led to. */
export function descentOfTrace(header: string | undefined): Descent | undefined {
  const [, generation, family] = header === undefined ? [] : (rootPattern.exec(header) ?? []);
  if (generation === undefined || family === undefined) return undefined;
  return { family: Number.parseInt(family, 16), generation: Number.parseInt(generation, 16) };
}

function hex(value: number, length: number): string {
  return value.toString(16).padStart(length, '0');
}
