/** A map run at work: what is left to start, how much is under way, and how much may fail. */
import type { Json } from '#languages/asl/index';
import type { MapRunPlan } from '../execution/interpreter/fan-out.ts';
import type { ChildRow, MapRunRow } from './store.ts';

// Limit: at most 1,000 children of one map run are under way at once; AWS allows 10,000.
const childrenMax = 1000;

export interface Work {
  readonly row: MapRunRow;
  readonly plan: MapRunPlan;
  /** Children that have been started, by index. */
  readonly started: Set<number>;
  /** Row ids of children that a redrive is to take up again, last first. */
  readonly pendingRedrive: number[];
  concurrency: number;
  toleratedCount: number | undefined;
  toleratedPercentage: number | undefined;
  total: number;
  next: number;
  running: number;
  failed: number;
  isEnding: boolean;
  chunk: { first: number; inputs: readonly ChildInput[] };
}

/** What one child works on. */
export interface ChildInput {
  readonly input: Json;
  readonly items: number;
}

export function workOf(row: MapRunRow): Work {
  return {
    row,
    plan: JSON.parse(row.plan) as MapRunPlan,
    started: new Set(),
    pendingRedrive: [],
    concurrency: bounded(row.max_concurrency),
    toleratedCount: row.tolerated_count ?? undefined,
    toleratedPercentage: row.tolerated_percentage ?? undefined,
    total: row.batches ?? 0,
    next: 0,
    running: 0,
    failed: 0,
    isEnding: false,
    chunk: { first: -1, inputs: [] },
  };
}

/** Counts the children that are there already: after a restart, or a redrive. */
export function countChildren(work: Work, children: readonly ChildRow[]): void {
  for (const { id, item_index: index, status } of children) {
    work.started.add(index);
    if (status === 'RUNNING') work.running++;
    else if (status === 'PENDING_REDRIVE') work.pendingRedrive.push(id);
    else if (status !== 'SUCCEEDED') work.failed++;
  }
  work.pendingRedrive.reverse();
}

export function bounded(concurrency: number): number {
  return concurrency === 0 ? childrenMax : Math.min(concurrency, childrenMax);
}
