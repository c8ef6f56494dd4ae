/**
 * Inside the DuckDB process: runs one piece of work after another, each on a fresh instance that was made while idle.
 * Two are kept, since work that follows at once would have to wait for the making of the only one.
 */
import { performance } from 'node:perf_hooks';
import { messageOf } from '#kernel/errors';
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
import { Prelude } from './prelude.ts';
import { nameBadFile } from './scans/bad-file.ts';
import { createViews, FileFacts } from './scans/scans.ts';
import { isTextRefusal } from './scans/text.ts';

const progressMs = 250;
const sparesMax = 2;

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
  readonly #prelude: Prelude;
  readonly #spares: Promise<OpenInstance>[] = [];
  #running: Running | undefined;

  constructor(options: ProcessOptions, send: (message: FromProcess) => void) {
    this.#options = options;
    this.#send = send;
    this.#prelude = new Prelude(options.prelude);
    this.#fillSpares();
  }

  /** Resolves once the first work would find an instance ready. */
  async ready(): Promise<void> {
    await this.#spares[0];
  }

  cancel(id: number): void {
    if (this.#running?.id !== id) return;
    this.#running.abort.abort(new Error('INTERRUPT Error: Interrupted!'));
    this.#running.open?.connection.interrupt();
  }

  async run(id: number, work: Work): Promise<void> {
    const running: Running = { id, abort: new AbortController(), open: undefined, phase: 'planning', scannedBytes: 0 };
    this.#running = running;
    const open = await (this.#spares.shift() as Promise<OpenInstance>);
    running.open = open;
    const ticker = setInterval(() => this.#tell(running), progressMs);
    try {
      this.#send({ kind: 'done', id, result: await this.#carryOut(work, running, open) });
    } catch (error) {
      const cancelled = running.abort.signal.aborted;
      const told = cancelled ? error : await nameBadFile(error, open.connection, work.scans);
      this.#send({ kind: 'failed', id, message: messageOf(told), cancelled: running.abort.signal.aborted });
    } finally {
      clearInterval(ticker);
      this.#running = undefined;
      closeInstance(open);
      this.#fillSpares();
    }
  }

  /** One after the other: the first is wanted soonest. */
  #fillSpares(): void {
    while (this.#spares.length < sparesMax) {
      const before = this.#spares.at(-1) ?? Promise.resolve();
      const spare = before.then(() => openInstance(this.#options, this.#prelude.settings));
      // Heard of by the work that takes it.
      spare.catch(() => {});
      this.#spares.push(spare);
    }
  }

  async #carryOut(work: Work, running: Running, open: OpenInstance): Promise<WorkResult> {
    const started = performance.now();
    const { connection } = open;
    const { signal } = running.abort;
    signal.throwIfAborted();
    const limits = {
      files: work.scans.flatMap((scan) => scan.sources.flatMap((source) => source.files.map((file) => file.path))),
      folders: [...work.folders, work.spillFolder],
      spillFolder: work.spillFolder,
      spillMaxBytes: work.spillMaxBytes,
    };
    await fence(connection, limits, this.#prelude.macrosFor(work.statements.map((statement) => statement.sql)));
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
