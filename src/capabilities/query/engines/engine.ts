/**
 * What the query capability asks of an engine: run a translated query over planned files and put its rows somewhere. The
 * suite in engine.contract.ts says what every engine has to do.
 */
import type { OutputColumn } from '#languages/sql/index';
import type { TableScan } from '../tables/table-scan.ts';

export interface EngineQuery {
  readonly sql: string;
  readonly columns: readonly OutputColumn[];
  readonly scans: readonly TableScan[];
  readonly target: EngineTarget;
  /** An empty folder of this query's own, on the lake's file system; the caller deletes it. */
  readonly scratchFolder: string;
}

export type EngineTarget =
  /** A result as Athena writes it: every value quoted, NULL empty, a header. */
  | { readonly kind: 'result'; readonly file: string }
  /** A few rows as text, for a caller inside. */
  | { readonly kind: 'rows'; readonly rowsMax: number }
  /** Data files in a folder, in `key=value` folders when partitioned. */
  | {
      readonly kind: 'files';
      readonly folder: string;
      readonly format: FileFormat;
      /** Names of the output's last columns, which become folders. */
      readonly partitionedBy: readonly string[];
    }
  /** The engine's plan, nothing run. */
  | { readonly kind: 'plan'; readonly analyze: boolean };

export type FileFormat =
  | { readonly kind: 'parquet'; readonly compression: 'snappy' | 'zstd' | 'gzip' | 'uncompressed' | 'lz4_raw' }
  | { readonly kind: 'json'; readonly compression: 'gzip' | 'none' }
  | {
      readonly kind: 'text';
      readonly delimiter: string;
      readonly nullText: string;
      readonly compression: 'gzip' | 'none';
    };

export interface EngineRun {
  /** Ends the query; the engine has 100 ms. */
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  /** The query must not read more than this. */
  readonly scannedMaxBytes: number | undefined;
  /** Called when the query leaves the engine's queue. */
  readonly onStart: () => void;
  readonly onProgress: (progress: EngineProgress) => void;
}

export interface EngineProgress {
  readonly percentage: number;
  readonly phase: 'planning' | 'running';
  readonly rows: number;
  readonly rowsTotal: number;
  readonly bytesTotal: number;
}

export interface EngineAnswer {
  /** Rows written, or given. */
  readonly rows: number;
  /** With a target of rows or of a plan (one line each). */
  readonly values: readonly (readonly (string | null)[])[];
  readonly scannedBytes: number;
  readonly inputRows: number | undefined;
  readonly badCells: number;
  readonly planningMs: number;
  readonly runningMs: number;
}

export interface QueryEngine {
  readonly name: string;
  /** @throws PlatformError with Trino's error name as its code; `CANCELLED` when the signal ended it */
  run(query: EngineQuery, run: EngineRun): Promise<EngineAnswer>;
  /** Makes the first query quick; may be called at any time. */
  warm(): Promise<void>;
  close(): Promise<void>;
}
