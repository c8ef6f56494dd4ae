/** The embedded engine: DuckDB in child processes, one fresh and locked instance a query. */
import { dirname, join } from 'node:path';
import { PlatformError, messageOf } from '#kernel/errors';
import {
  DuckdbPool,
  EngineError,
  quoteText,
  type Progress,
  type WorkResult,
  type WorkStatement,
} from '#drivers/duckdb/client';
import { quoteIdentifier } from '#languages/sql/index';
import { cellText, textColumns } from './cell-text.ts';
import { translateEngineError } from './duckdb-errors.ts';
import type { EngineAnswer, EngineQuery, EngineRun, FileFormat, QueryEngine } from './engine.ts';

export interface DuckdbEngineOptions {
  readonly spillMaxBytes: number;
}

export class DuckdbEngine implements QueryEngine {
  readonly name = 'duckdb';
  readonly #pool: DuckdbPool;
  readonly #options: DuckdbEngineOptions;

  constructor(pool: DuckdbPool, options: DuckdbEngineOptions) {
    this.#pool = pool;
    this.#options = options;
  }

  warm(): Promise<void> {
    return this.#pool.warm();
  }

  close(): Promise<void> {
    return this.#pool.close();
  }

  async run(query: EngineQuery, run: EngineRun): Promise<EngineAnswer> {
    const spillFolder = join(query.scratchFolder, 'spill');
    try {
      const result = await this.#pool.run(
        {
          folders: foldersOf(query),
          spillFolder,
          spillMaxBytes: this.#options.spillMaxBytes,
          scans: query.scans,
          statements: statementsOf(query),
          ...(run.scannedMaxBytes === undefined ? {} : { scannedMaxBytes: run.scannedMaxBytes }),
        },
        {
          signal: run.signal,
          timeoutMs: run.timeoutMs,
          onStart: run.onStart,
          onProgress: (progress) => run.onProgress(progressOf(progress)),
        },
      );
      return answerOf(query, result);
    } catch (error) {
      throw errorOf(error);
    }
  }
}

function foldersOf(query: EngineQuery): string[] {
  if (query.target.kind === 'result') return [dirname(query.target.file)];
  return query.target.kind === 'files' ? [query.target.folder] : [];
}

function statementsOf(query: EngineQuery): WorkStatement[] {
  const { target } = query;
  switch (target.kind) {
    case 'result':
      return [{ sql: copyToResult(query, target.file) }];
    case 'rows':
      return [
        {
          sql: `SELECT ${textColumns(query.columns, (index) => `c${index}`)} FROM ${relationOf(query)} LIMIT ${target.rowsMax}`,
          rowsMax: target.rowsMax,
        },
      ];
    case 'files':
      return [{ sql: copyToFiles(query, target.folder, target.format, target.partitionedBy) }];
    case 'plan':
      return [{ sql: `EXPLAIN ${target.analyze ? 'ANALYZE ' : ''}${query.sql}`, rowsMax: 100 }];
  }
}

/** The query with its columns called c0, c1 …, since the output's own names may repeat. */
function relationOf(query: EngineQuery): string {
  return `(${query.sql}) AS r(${query.columns.map((_, index) => `c${index}`).join(', ')})`;
}

/** DuckDB's own header would make repeated names unique; then the header is a first row instead. */
function copyToResult(query: EngineQuery, file: string): string {
  const isUnique = namesAreUnique(query);
  const cells = textColumns(query.columns, (index) => (isUnique ? (query.columns[index]?.name ?? '') : `c${index}`));
  const rows = `SELECT ${cells} FROM ${relationOf(query)}`;
  const header = query.columns.map((column) => quoteText(column.name)).join(', ');
  const source = isUnique ? rows : `SELECT ${header} UNION ALL (${rows})`;
  return `COPY (${source}) TO ${quoteText(file)} (FORMAT csv, HEADER ${isUnique}, FORCE_QUOTE *)`;
}

function namesAreUnique(query: EngineQuery): boolean {
  return new Set(query.columns.map((column) => column.name.toLowerCase())).size === query.columns.length;
}

function copyToFiles(query: EngineQuery, folder: string, format: FileFormat, partitionedBy: readonly string[]): string {
  const isKey = query.columns.map((column) => partitionedBy.includes(column.name.toLowerCase()));
  const names = query.columns.map((column) => quoteIdentifier(column.name));
  const keys = names.flatMap((name, index) => (isKey[index] ? [`r.c${index} AS ${name}`] : []));
  const options = [formatOptions(format)];
  if (keys.length > 0) {
    options.push(`PARTITION_BY (${partitionedBy.map(quoteIdentifier).join(', ')})`, "FILENAME_PATTERN 'part_{i}'");
  }
  const target = join(folder, keys.length > 0 ? 'data' : 'part_0');
  const cells = [...dataCells(query, format, isKey), ...keys].join(', ');
  return `COPY (SELECT ${cells} FROM ${relationOf(query)}) TO ${quoteText(target)} (${options.join(', ')})`;
}

/** DuckDB's own JSON writer knows no partitions; so a line of JSON is a cell of text. */
function dataCells(query: EngineQuery, format: FileFormat, isKey: readonly boolean[]): string[] {
  const data = query.columns.map((column, index) => ({ column, index })).filter(({ index }) => !isKey[index]);
  if (format.kind === 'json') {
    const members = data.map(({ column, index }) => `${quoteText(column.name)}: r.c${index}`);
    return [`CAST(to_json({${members.join(', ')}}) AS VARCHAR) AS line`];
  }
  return data.map(({ column, index }) => {
    const cell = format.kind === 'text' ? cellText(`r.c${index}`, column.type) : `r.c${index}`;
    return `${cell} AS ${quoteIdentifier(column.name)}`;
  });
}

function formatOptions(format: FileFormat): string {
  switch (format.kind) {
    case 'parquet':
      return `FORMAT parquet, COMPRESSION ${format.compression}, ROW_GROUP_SIZE 122880`;
    case 'json':
      return plainLines('\u0001', '', format.compression);
    case 'text':
      return plainLines(format.delimiter, format.nullText, format.compression);
  }
}

/** Cells as they are, between delimiters, without quotes or escapes: what Hive reads. */
function plainLines(delimiter: string, nullText: string, compression: 'gzip' | 'none'): string {
  return `FORMAT csv, HEADER false, DELIMITER ${quoteText(delimiter)}, QUOTE '', ESCAPE '', NULLSTR ${quoteText(nullText)}, COMPRESSION ${compression}`;
}

function progressOf(progress: Progress): Parameters<EngineRun['onProgress']>[0] {
  return {
    percentage: progress.percentage,
    phase: progress.phase,
    rows: progress.rowsProcessed,
    rowsTotal: progress.rowsTotal,
    bytesTotal: progress.scannedBytes,
  };
}

function answerOf(query: EngineQuery, result: WorkResult): EngineAnswer {
  const last = result.statements.at(-1);
  const isCounted = result.scans.length > 0 && result.scans.every((scan) => scan.rows !== undefined);
  return {
    rows: rowsOf(query, last),
    values: last?.rows ?? [],
    scannedBytes: scannedBytesOf(result),
    inputRows: isCounted ? result.scans.reduce((sum, scan) => sum + (scan.rows ?? 0), 0) : undefined,
    badCells: result.scans.reduce((sum, scan) => sum + scan.badCells, 0),
    planningMs: result.timings.planningMs,
    runningMs: result.timings.runningMs,
  };
}

function rowsOf(query: EngineQuery, last: WorkResult['statements'][number] | undefined): number {
  if (query.target.kind === 'rows') return last?.rows.length ?? 0;
  const isHeaderCounted = query.target.kind === 'result' && !namesAreUnique(query);
  return (last?.rowsChanged ?? 0) - (isHeaderCounted ? 1 : 0);
}

function scannedBytesOf(result: WorkResult): number {
  return result.scans.reduce((sum, scan) => sum + scan.scannedBytes, 0);
}

/** What the pool threw, by Trino's error names. */
export function errorOf(error: unknown): PlatformError {
  if (error instanceof PlatformError) return error;
  if (!(error instanceof EngineError)) {
    return new PlatformError('internal', 'GENERIC_INTERNAL_ERROR', messageOf(error), { cause: error });
  }
  switch (error.kind) {
    case 'cancelled':
      return new PlatformError('invalid', 'CANCELLED', 'Query was cancelled by user');
    case 'timeout':
      return new PlatformError('invalid', 'EXCEEDED_TIME_LIMIT', error.message);
    case 'memory':
      return new PlatformError('invalid', 'EXCEEDED_LOCAL_MEMORY_LIMIT', error.message);
    case 'crashed':
      return new PlatformError('unavailable', 'ENGINE_CRASHED', error.message);
    case 'busy':
      return new PlatformError('throttled', 'TooManyRequestsException', error.message);
    case 'query':
      return translateEngineError(error.message);
  }
}
