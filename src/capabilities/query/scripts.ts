/**
 * SQL from inside the platform, without an execution record: what a job runs. The same statements, engine and rules as
 * Athena's, with the caller's own place for files.
 */
import type { Clock } from '#kernel/clock';
import { newUuid } from '#kernel/ids';
import { findS3Uri, type Lake } from '#lake';
import { parseStatement, splitScript } from '#languages/sql/index';
import { invalidRequest } from './errors.ts';
import type { EngineProgress, FileFormat } from './engines/engine.ts';
import { resultColumn } from './results/result-column.ts';
import type { FilePolicy } from './statements/file-policy.ts';
import type { StatementRunner } from './statements/runner.ts';
import type { StatementContext } from './statements/statement.ts';
import { withScratch } from './statements/scratch.ts';
import { primaryWorkGroup } from './work-group.ts';

export interface ScriptOptions {
  /** `account/region` */
  readonly scope: string;
  /** The ARN of whom it runs for. */
  readonly caller: string;
  /** Of names without a database; default `default`. */
  readonly database?: string;
  /** SQL literals for `?` in every statement. */
  readonly parameters?: readonly string[];
  /** Tables made without a location go below it: `s3://bucket/prefix/`. */
  readonly outputLocation?: string;
  /** Rows of a SELECT that are given back; default 100. */
  readonly rowsMax?: number;
  readonly onProgress?: (progress: EngineProgress & { readonly statement: number }) => void;
  /** Called when a statement has ended well. */
  readonly onStatement?: (result: ScriptResult) => void;
  readonly signal?: AbortSignal;
  /** Of each statement; the platform's limit for queries when not given. */
  readonly timeoutMs?: number;
  /** What is read and how files are published; plain reading of all and publishing into empty places when not given. */
  readonly files?: FilePolicy;
}

/** What one statement of a script did. */
export interface ScriptResult {
  /** Counted from 0. */
  readonly index: number;
  readonly text: string;
  /** Such as `create-table-as`. */
  readonly kind: string;
  readonly columns: readonly string[];
  /** Of a SELECT, at most `rowsMax`; of SHOW and the like, a line each. */
  readonly rows: readonly (readonly (string | null)[])[];
  /** Rows that were written to files; 0 for other statements. */
  readonly rowsWritten: number;
  /** `s3://` addresses of the new objects. */
  readonly files: readonly string[];
  readonly location?: string;
  readonly scannedBytes: number;
  readonly inputRows?: number;
  readonly badCells: number;
  readonly elapsedMs: number;
}

export class Scripts {
  readonly #runner: StatementRunner;
  readonly #lake: Lake;
  readonly #clock: Clock;
  readonly #timeoutMs: number;

  constructor(parts: { runner: StatementRunner; lake: Lake; clock: Clock; timeoutMs: number }) {
    this.#runner = parts.runner;
    this.#lake = parts.lake;
    this.#clock = parts.clock;
    this.#timeoutMs = parts.timeoutMs;
  }

  /**
   * Runs the statements in order and stops at the first that fails; what the earlier ones did stays. The whole text is
   * parsed before the first runs.
   * @throws SqlError, or PlatformError with Trino's error name as its code
   */
  async run(sql: string, options: ScriptOptions): Promise<ScriptResult[]> {
    const statements = splitScript(sql).map((text) => ({ text, statement: parseStatement(text) }));
    const results: ScriptResult[] = [];
    for (const [index, { text, statement }] of statements.entries()) {
      options.signal?.throwIfAborted();
      const startedMs = this.#clock.nowMs();
      const partial = await withScratch(this.#lake, async (folder) => {
        const context = this.#context(options, folder, index);
        if (statement.kind !== 'query') return this.#runStatement(statement, text, context);
        const { planner } = this.#runner;
        const planned = await planner.plan(statement.query, context);
        const answer = await planner.run(planned, { kind: 'rows', rowsMax: options.rowsMax ?? 100 }, context);
        const columns = planned.translation.columns.map((column) => resultColumn(column.name, column.type).name);
        return { ...nothingDone, ...factsOf(answer), columns, rows: answer.values };
      });
      const result = { index, text, kind: statement.kind, ...partial, elapsedMs: this.#clock.nowMs() - startedMs };
      results.push(result);
      options.onStatement?.(result);
    }
    return results;
  }

  /**
   * Writes a query's rows as files into an empty folder of the lake, all of them or none.
   * @param location `s3://bucket/prefix/`
   * @throws HIVE_PATH_ALREADY_EXISTS when something is there
   */
  async writeQuery(
    sql: string,
    location: string,
    options: ScriptOptions & { format?: FileFormat; partitionedBy?: readonly string[] },
  ): Promise<ScriptResult> {
    const statement = parseStatement(sql);
    if (statement.kind !== 'query')
      throw invalidRequest(`Only a query can be written to files, and this is ${statement.kind}.`);
    const folder = folderOf(location);
    const startedMs = this.#clock.nowMs();
    const outcome = await withScratch(this.#lake, (scratch) =>
      this.#runner.writes.writeFiles(
        statement.query,
        folder,
        {
          format: options.format ?? { kind: 'parquet', compression: 'snappy' },
          partitionedBy: options.partitionedBy ?? [],
        },
        this.#context(options, scratch, 0),
      ),
    );
    const written =
      outcome.kind === 'written' ? { rowsWritten: outcome.rows, files: outcome.files, location: outcome.location } : {};
    const facts = 'answer' in outcome ? factsOf(outcome.answer) : {};
    return {
      index: 0,
      text: sql,
      kind: 'query',
      ...nothingDone,
      ...facts,
      ...written,
      elapsedMs: this.#clock.nowMs() - startedMs,
    };
  }

  async #runStatement(
    statement: ReturnType<typeof parseStatement>,
    text: string,
    context: StatementContext,
  ): Promise<Omit<ScriptResult, 'index' | 'text' | 'kind' | 'elapsedMs'>> {
    const outcome = await this.#runner.run(statement, text, context);
    const facts = 'answer' in outcome && outcome.answer !== undefined ? factsOf(outcome.answer) : {};
    if (outcome.kind === 'written') {
      return { ...nothingDone, ...facts, rowsWritten: outcome.rows, files: outcome.files, location: outcome.location };
    }
    if (outcome.kind === 'text') {
      return {
        ...nothingDone,
        ...facts,
        columns: outcome.columns.map((column) => column.name),
        rows: outcome.lines.map((line) => [line]),
      };
    }
    return { ...nothingDone, ...facts };
  }

  #context(options: ScriptOptions, scratchFolder: string, index: number): StatementContext {
    return {
      scope: options.scope,
      accountId: options.scope.slice(0, options.scope.indexOf('/')),
      defaults: { catalog: 'awsdatacatalog', database: (options.database ?? 'default').toLowerCase() },
      caller: options.caller,
      workGroup: primaryWorkGroup,
      executionId: newUuid(),
      parameters: options.parameters ?? [],
      now: this.#clock.now(),
      resultFolder: options.outputLocation === undefined ? undefined : folderOf(options.outputLocation),
      scratchFolder,
      run: {
        signal: options.signal ?? new AbortController().signal,
        timeoutMs: options.timeoutMs ?? this.#timeoutMs,
        scannedMaxBytes: undefined,
        onStart: () => {},
        onProgress: (progress) => options.onProgress?.({ ...progress, statement: index }),
      },
      ...(options.files === undefined ? {} : { files: options.files }),
    };
  }
}

const nothingDone = { columns: [], rows: [], rowsWritten: 0, files: [], scannedBytes: 0, badCells: 0 };

function factsOf(answer: { scannedBytes: number; inputRows: number | undefined; badCells: number }) {
  const { scannedBytes, inputRows, badCells } = answer;
  return { scannedBytes, badCells, ...(inputRows === undefined ? {} : { inputRows }) };
}

/** @throws InvalidRequestException when it is no `s3://` address */
function folderOf(location: string): { bucket: string; prefix: string } {
  const uri = findS3Uri(location);
  if (uri === undefined) throw invalidRequest(`'${location}' is no location; write s3://bucket/prefix/.`);
  return { bucket: uri.bucket, prefix: uri.key === '' || uri.key.endsWith('/') ? uri.key : `${uri.key}/` };
}
