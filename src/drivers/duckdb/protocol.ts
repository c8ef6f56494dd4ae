/**
 * What the server and a DuckDB process say to each other: JSON messages over the IPC channel that Node frames.
 *
 * A process runs one piece of work at a time, each on a DuckDB instance of its own that nobody used before and that may
 * touch the named files and folders only.
 */
import type { Scan } from './scans/scan.ts';

/** Sent once, before the first work. */
export interface ProcessOptions {
  readonly threads: number;
  /** DuckDB's own `max_memory`; the watchdog outside kills when the process as a whole grows beyond it. */
  readonly memoryLimitBytes: number;
  /** SQL that an instance runs before it is locked: settings, and those macros that its work uses. */
  readonly prelude: readonly string[];
}

export interface Work {
  /** Folders that statements may read and write: the output and spill folders of this work. */
  readonly folders: readonly string[];
  /** Made when something has to go there; the folder that holds it exists. */
  readonly spillFolder: string;
  readonly spillMaxBytes: number;
  /** The work is refused when its scans cover more. */
  readonly scannedMaxBytes?: number;
  /** Files that become views before the instance is locked. */
  readonly scans: readonly Scan[];
  /** SQL to run in order once the instance is locked. */
  readonly statements: readonly WorkStatement[];
}

export interface WorkStatement {
  readonly sql: string;
  /** How many rows to send back as JSON values; absent or 0 for none. */
  readonly rowsMax?: number;
}

export interface StatementResult {
  /** Rows that the statement wrote (COPY) or 0. */
  readonly rowsChanged: number;
  /** Cells as text, nested values as JSON. */
  readonly rows: readonly (readonly (string | null)[])[];
}

export interface ScanCounts {
  readonly view: string;
  /** Bytes that had to be read: whole text files, or the column chunks of the used columns. */
  readonly scannedBytes: number;
  /** Rows in the files where that is known without running the query. */
  readonly rows?: number;
  /** Whether the tolerant reader had to take over from DuckDB's own. */
  readonly tolerant: boolean;
  /** Cells that did not fit their column's type and became NULL, as far as the tolerant reader saw them. */
  readonly badCells: number;
  /** Lines with too few or too many fields. */
  readonly raggedRows: number;
}

export interface WorkResult {
  readonly statements: readonly StatementResult[];
  readonly scans: readonly ScanCounts[];
  readonly timings: WorkTimings;
}

export interface WorkTimings {
  /** Looking at footers, rewriting text that DuckDB cannot read, binding views. */
  readonly planningMs: number;
  readonly runningMs: number;
}

export interface Progress {
  /** 0 to 100; -1 while it is not known. */
  readonly percentage: number;
  readonly rowsProcessed: number;
  readonly rowsTotal: number;
  /** `planning` while files are looked at or rewritten, `running` while the statements run. */
  readonly phase: 'planning' | 'running';
  /** Bytes that the scans cover, once they are known. */
  readonly scannedBytes: number;
  readonly residentBytes: number;
}

export type ToProcess =
  | { readonly kind: 'options'; readonly options: ProcessOptions }
  | { readonly kind: 'run'; readonly id: number; readonly work: Work }
  | { readonly kind: 'cancel'; readonly id: number };

export type FromProcess =
  | { readonly kind: 'ready' }
  | { readonly kind: 'progress'; readonly id: number; readonly progress: Progress }
  | { readonly kind: 'done'; readonly id: number; readonly result: WorkResult }
  | { readonly kind: 'failed'; readonly id: number; readonly message: string; readonly cancelled: boolean };
