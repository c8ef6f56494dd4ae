/** Inside the DuckDB process: runs one piece of work after another, each on a fresh instance that was made while idle. */
import { performance } from 'node:perf_hooks';
import { closeInstance, fence, openInstance, type OpenInstance } from './instance.ts';
import type {
  FromProcess,
  ProcessOptions,
  Progress,
  ScanCounts,
  StatementResult,
  Work,
  WorkResult,
} from './protocol.ts';
import { createViews, FileFacts } from './scans/scans.ts';
import { isTextRefusal } from './scans/text.ts';

const progressMs = 250;

interface Running {
  readonly id: number;
  readonly abort: AbortController;
  /** Absent while the instance is still being made. */
  open: OpenInstance | undefined;
  phase: Progress['phase'];
  scannedBytes: number;
}

export class Session {
  readonly #options: ProcessOptions;
  readonly #send: (message: FromProcess) => void;
  readonly #facts = new FileFacts();
  #spare: Promise<OpenInstance>;
  #running: Running | undefined;

  constructor(options: ProcessOptions, send: (message: FromProcess) => void) {
    this.#options = options;
    this.#send = send;
    this.#spare = openInstance(options);
  }

  /** Resolves once the first work would find an instance ready. */
  async ready(): Promise<void> {
    await this.#spare;
  }

  cancel(id: number): void {
    if (this.#running?.id !== id) return;
    this.#running.abort.abort(new Error('INTERRUPT Error: Interrupted!'));
    this.#running.open?.connection.interrupt();
  }

  async run(id: number, work: Work): Promise<void> {
    const running: Running = { id, abort: new AbortController(), open: undefined, phase: 'planning', scannedBytes: 0 };
    this.#running = running;
    const open = await this.#spare;
    running.open = open;
    const ticker = setInterval(() => this.#tell(running), progressMs);
    try {
      this.#send({ kind: 'done', id, result: await this.#carryOut(work, running, open) });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.#send({ kind: 'failed', id, message, cancelled: running.abort.signal.aborted });
    } finally {
      clearInterval(ticker);
      this.#running = undefined;
      closeInstance(open);
      this.#spare = openInstance(this.#options);
    }
  }

  async #carryOut(work: Work, running: Running, open: OpenInstance): Promise<WorkResult> {
    const started = performance.now();
    const { connection } = open;
    const { signal } = running.abort;
    signal.throwIfAborted();
    await fence(connection, {
      files: work.scans.flatMap((scan) => scan.sources.flatMap((source) => source.files.map((file) => file.path))),
      folders: [...work.folders, work.spillFolder],
      spillFolder: work.spillFolder,
      spillMaxBytes: work.spillMaxBytes,
    });
    let names = 0;
    const scratch = { folder: work.spillFolder, nextName: () => `plain-${names++}`, signal };
    let planned = await createViews(connection, work.scans, this.#facts, scratch);
    running.scannedBytes = bytesOf(planned.counts);
    if (work.scannedMaxBytes !== undefined && running.scannedBytes > work.scannedMaxBytes) {
      throw new Error(
        'SCAN_LIMIT: Query cancelled! : Bytes scanned limit was exceeded. ' +
          `It has to read ${running.scannedBytes} bytes and may read ${work.scannedMaxBytes}; narrow it by partitions or columns, or raise BytesScannedCutoffPerQuery of the work group.`,
      );
    }
    let plannedMs = performance.now();
    running.phase = 'running';
    const results: StatementResult[] = [];
    for (const statement of work.statements) {
      signal.throwIfAborted();
      const run = (): Promise<StatementResult> => this.#runStatement(open, statement.sql, statement.rowsMax ?? 0);
      let result: StatementResult;
      try {
        result = await run();
      } catch (error) {
        const isRefusal = planned.strictFiles.length > 0 && isTextRefusal((error as Error).message);
        if (!isRefusal || signal.aborted) throw error;
        // DuckDB does not say which file of a list it stopped at, and all of them were read as one.
        for (const file of planned.strictFiles) this.#facts.verdicts.markDirty(file);
        running.phase = 'planning';
        planned = await createViews(connection, work.scans, this.#facts, scratch);
        plannedMs = performance.now();
        running.phase = 'running';
        result = await run();
      }
      results.push(result);
    }
    return {
      statements: results,
      scans: planned.counts,
      timings: { planningMs: plannedMs - started, runningMs: performance.now() - plannedMs },
    };
  }

  async #runStatement({ connection }: OpenInstance, sql: string, rowsMax: number): Promise<StatementResult> {
    if (rowsMax === 0) {
      const result = await connection.run(sql);
      return { rowsChanged: result.rowsChanged, rows: [] };
    }
    const reader = await connection.streamAndReadUntil(sql, rowsMax);
    const rows = (reader.getRowsJson() as unknown[][]).slice(0, rowsMax);
    return {
      rowsChanged: 0,
      rows: rows.map((row) =>
        row.map((cell) => (cell === null ? null : typeof cell === 'string' ? cell : JSON.stringify(cell))),
      ),
    };
  }

  #tell(running: Running): void {
    if (running.open === undefined) return;
    const { percentage, rows_processed, total_rows_to_process } = running.open.connection.progress;
    this.#send({
      kind: 'progress',
      id: running.id,
      progress: {
        percentage: running.phase === 'running' ? percentage : -1,
        rowsProcessed: Number(rows_processed),
        rowsTotal: Number(total_rows_to_process),
        phase: running.phase,
        scannedBytes: running.scannedBytes,
        residentBytes: process.memoryUsage.rss(),
      },
    });
  }
}

function bytesOf(counts: readonly ScanCounts[]): number {
  return counts.reduce((sum, count) => sum + count.scannedBytes, 0);
}
