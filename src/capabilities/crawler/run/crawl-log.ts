/** What a crawl tells while it runs: lines for people, counts for programs. */
import type { Clock } from '#kernel/clock';

export interface ChangeCounts {
  added: string[];
  updated: string[];
  deleted: string[];
}

export interface PartitionCounts {
  added: number;
  updated: number;
  deleted: number;
}

export interface LogLine {
  readonly timeMs: number;
  readonly text: string;
}

// Limit: a crawl keeps 2,000 lines of log and names 50 skipped files; the counts go on.
const linesMax = 2000;
const namedFilesMax = 50;

export class CrawlLog {
  readonly tables: ChangeCounts = { added: [], updated: [], deleted: [] };
  readonly partitions: PartitionCounts = { added: 0, updated: 0, deleted: 0 };
  readonly reasons: Record<string, readonly string[]> = {};
  readonly skipped: { key: string; reason: string }[] = [];
  skippedCount = 0;
  filesFound = 0;
  filesRead = 0;
  /** Files whose folder was read by an earlier crawl and has not changed since. */
  filesKnown = 0;
  readonly #clock: Clock;
  readonly #crawlId: string;
  #lines: LogLine[] = [];
  #lineCount = 0;

  constructor(clock: Clock, crawlId: string) {
    this.#clock = clock;
    this.#crawlId = crawlId;
  }

  info(text: string): void {
    this.#add('INFO', text);
  }

  warn(text: string): void {
    this.#add('WARN', text);
  }

  error(text: string): void {
    this.#add('ERROR', text);
  }

  skip(key: string, reason: string): void {
    this.skippedCount++;
    if (this.skipped.length < namedFilesMax) this.skipped.push({ key, reason });
    this.warn(`Left out ${key}: ${reason}`);
  }

  explain(table: string, reasons: readonly string[]): void {
    this.reasons[table] = reasons;
    for (const reason of reasons) this.info(`Table ${table}: ${reason}`);
  }

  /** Lines since the last call. */
  takeLines(): LogLine[] {
    const lines = this.#lines;
    this.#lines = [];
    return lines;
  }

  /** The run summary of Glue, and beside it what Glue does not say: which files were left out, and why each table is as it is. */
  summary(): string {
    return JSON.stringify({
      TABLE: {
        ADD: namedCount(this.tables.added),
        UPDATE: namedCount(this.tables.updated),
        DELETE: namedCount(this.tables.deleted),
      },
      PARTITION: {
        ADD: { Count: this.partitions.added },
        UPDATE: { Count: this.partitions.updated },
        DELETE: { Count: this.partitions.deleted },
      },
      FILES: { Found: this.filesFound, Read: this.filesRead, Unchanged: this.filesKnown },
      SKIPPED: { Count: this.skippedCount, Details: this.skipped },
      REASONS: this.reasons,
    });
  }

  #add(level: string, text: string): void {
    if (++this.#lineCount > linesMax) return;
    this.#lines.push({ timeMs: this.#clock.nowMs(), text: `[${this.#crawlId}] ${level} : ${text}` });
  }
}

function namedCount(names: readonly string[]): { Details: { names: readonly string[] }; Count: number } {
  return { Details: { names }, Count: names.length };
}
