/** The rows of one Parquet file as lines of JSON, for who has the file's bytes and no table over them. */
import { createReadStream, createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pipeline } from 'node:stream/promises';
import { quoteText, type DuckdbPool } from '#drivers/duckdb/client';
import type { Lake } from '#lake';
import { errorOf } from './duckdb.ts';

export interface ParquetRowsOptions {
  readonly spillMaxBytes: number;
  readonly timeoutMs: number;
}

export interface ParquetRequest {
  readonly bytes: AsyncIterable<Uint8Array>;
  /** No more rows are read than these. */
  readonly rowsMax: number;
  readonly signal: AbortSignal;
}

export class ParquetRows {
  readonly #pool: DuckdbPool;
  readonly #lake: Lake;
  readonly #options: ParquetRowsOptions;

  constructor(pool: DuckdbPool, lake: Lake, options: ParquetRowsOptions) {
    this.#pool = pool;
    this.#lake = lake;
    this.#options = options;
  }

  /**
   * The rows in the file's order, each the text of a JSON object. The file goes to a folder of its own and is read by an
   * engine's process, so what a broken one does stays there. Names keep their case; dates and times are text, nested values
   * objects and arrays.
   * @throws PlatformError when it is no sound Parquet file
   */
  async *read({ bytes, rowsMax, signal }: ParquetRequest): AsyncGenerator<string> {
    const folder = this.#lake.stagingFolder();
    try {
      const [source, target] = [join(folder, 'rows.parquet'), join(folder, 'rows.json')];
      await pipeline(bytes, createWriteStream(source), { signal });
      await this.#convert(folder, source, target, rowsMax, signal);
      const lines = createInterface({ input: createReadStream(target, { signal }), crlfDelay: Infinity });
      for await (const line of lines) yield withoutNaN(line);
    } finally {
      this.#lake.removeStagingFolder(folder);
    }
  }

  async #convert(folder: string, source: string, target: string, rowsMax: number, signal: AbortSignal): Promise<void> {
    const { spillMaxBytes, timeoutMs } = this.#options;
    const rows = `SELECT * FROM read_parquet(${quoteText(source)}, hive_partitioning = false) LIMIT ${rowsMax}`;
    const sql = `COPY (${rows}) TO ${quoteText(target)} (FORMAT json)`;
    const work = {
      folders: [folder],
      spillFolder: join(folder, 'spill'),
      spillMaxBytes,
      scans: [],
      statements: [{ sql }],
    };
    try {
      await this.#pool.run(work, { signal, timeoutMs });
    } catch (error) {
      throw errorOf(error);
    }
  }
}

const notNumbers = /"(?:[^"\\]|\\.)*"|-?(?:NaN|Infinity)/g;

/** JSON has no NaN and no infinity: such cells are null. */
function withoutNaN(line: string): string {
  if (!line.includes('NaN') && !line.includes('Infinity')) return line;
  return line.replaceAll(notNumbers, (token) => (token.startsWith('"') ? token : 'null'));
}
