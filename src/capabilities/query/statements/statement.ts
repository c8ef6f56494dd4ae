/** What a statement runs in, and what comes out of it. */
import type { ResultColumn } from '../execution.ts';
import type { EngineAnswer, EngineRun } from '../engines/engine.ts';
import type { FilePolicy } from './file-policy.ts';

export interface StatementContext {
  readonly scope: string;
  readonly accountId: string;
  /** Catalog and database of names that do not say theirs; in lower case. */
  readonly defaults: { readonly catalog: string; readonly database: string };
  /** The caller's ARN. */
  readonly caller: string;
  readonly workGroup: string;
  readonly executionId: string;
  /** SQL literals for `?`. */
  readonly parameters: readonly string[];
  readonly now: Date;
  /** Where results of this execution belong: tables made without a location go below it. */
  readonly resultFolder: { readonly bucket: string; readonly prefix: string } | undefined;
  /** Empty, on the lake's file system; deleted by whoever runs the statement. */
  readonly scratchFolder: string;
  readonly run: EngineRun;
  /** What a job decides about its files; absent for a query. */
  readonly files?: FilePolicy;
}

export type Outcome =
  | {
      readonly kind: 'csv';
      readonly file: string;
      readonly columns: readonly ResultColumn[];
      readonly answer: EngineAnswer;
    }
  /** A line is a row of one value. */
  | {
      readonly kind: 'text';
      readonly lines: readonly string[];
      readonly columns: readonly ResultColumn[];
      readonly answer?: EngineAnswer;
    }
  /** Files were written: a table made or added to, or a query unloaded. */
  | {
      readonly kind: 'written';
      readonly rows: number;
      readonly location: string;
      /** Addresses of the new objects. */
      readonly files: readonly string[];
      readonly answer: EngineAnswer;
    }
  | { readonly kind: 'none' };

export const nothing: Outcome = { kind: 'none' };
