/**
 * The output of an application as files in its folder: `log` holds whole lines of both streams as they came, `stdout`
 * and `stderr` each stream by itself.
 *
 * Limit: each file keeps the first 16 MiB of what was written and the last 64 KiB of the rest.
 */
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

export type OutputStream = 'stdout' | 'stderr';

export interface LogPage {
  readonly from: number;
  /** Lines there are. */
  readonly total: number;
  readonly lines: readonly string[];
}

const keptBytesMax = 16 * 2 ** 20;
const tailBytesMax = 64 * 1024;
/** A line without an end is cut here, so that a stream of one endless line takes no memory. */
const lineCharsMax = 64 * 1024;

export class ApplicationLog {
  readonly #files: Record<OutputStream | 'log', BoundedFile>;
  readonly #partial: Record<OutputStream, string> = { stdout: '', stderr: '' };
  readonly #decoders = { stdout: new TextDecoder(), stderr: new TextDecoder() };
  readonly #onLine: ((line: string) => void)[] = [];

  /** Opens the files of an application, going on behind what is there. */
  constructor(folder: string) {
    mkdirSync(folder, { recursive: true });
    const open = (name: string): BoundedFile => new BoundedFile(join(folder, name));
    this.#files = { log: open('log'), stdout: open('stdout'), stderr: open('stderr') };
  }

  onLine(listener: (line: string) => void): void {
    this.#onLine.push(listener);
  }

  write(stream: OutputStream, chunk: Uint8Array): void {
    this.#files[stream].write(chunk);
    const text = this.#partial[stream] + this.#decoders[stream].decode(chunk, { stream: true });
    const lines = text.split('\n');
    const rest = lines.pop() ?? '';
    this.#partial[stream] = rest.length > lineCharsMax ? '' : rest;
    if (rest.length > lineCharsMax) lines.push(rest);
    this.#add(lines);
  }

  /** A line of the platform's own. */
  say(line: string): void {
    this.#files.stderr.write(Buffer.from(`${line}\n`));
    this.#add([line]);
  }

  close(): void {
    for (const stream of ['stdout', 'stderr'] as const) {
      if (this.#partial[stream] !== '') this.#add([this.#partial[stream]]);
      this.#partial[stream] = '';
    }
    for (const file of Object.values(this.#files)) file.close();
  }

  #add(lines: readonly string[]): void {
    if (lines.length === 0) return;
    const whole = lines.map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
    this.#files.log.write(Buffer.from(`${whole.join('\n')}\n`));
    for (const listener of this.#onLine) for (const line of whole) listener(line);
  }
}

class BoundedFile {
  readonly #handle: number;
  #sizeBytes = 0;
  #skippedBytes = 0;
  #tail: Buffer = Buffer.alloc(0);

  constructor(path: string) {
    this.#handle = openSync(path, 'a', 0o600);
  }

  write(bytes: Uint8Array): void {
    const kept = bytes.subarray(0, Math.max(0, keptBytesMax - this.#sizeBytes));
    if (kept.length > 0) writeSync(this.#handle, kept);
    this.#sizeBytes += kept.length;
    const rest = bytes.subarray(kept.length);
    if (rest.length === 0) return;
    this.#skippedBytes += rest.length;
    this.#tail = Buffer.concat([this.#tail, rest]).subarray(-tailBytesMax);
  }

  close(): void {
    const lostBytes = this.#skippedBytes - this.#tail.length;
    if (lostBytes > 0) writeSync(this.#handle, `\n[${lostBytes} bytes of output were left out here]\n`);
    if (this.#tail.length > 0) writeSync(this.#handle, this.#tail);
    closeSync(this.#handle);
  }
}

/**
 * Lines of an application's log, as Livy pages them.
 * @param from number of the first line; -1 for the last `size` lines
 */
export function readLogPage(folder: string, from: number, size: number): LogPage {
  const lines = readLines(join(folder, 'log'));
  const start = from < 0 ? Math.max(0, lines.length - size) : Math.min(from, lines.length);
  return { from: start, total: lines.length, lines: lines.slice(start, start + size) };
}

/** The bytes of one stream; empty when there are none. */
export function readOutput(folder: string, stream: OutputStream): Buffer {
  const path = join(folder, stream);
  return existsSync(path) ? readFileSync(path) : Buffer.alloc(0);
}

function readLines(path: string): string[] {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n');
  lines.pop();
  return lines;
}

/**
 * The line of a log that says why a process failed: the last line of a Python or Node error, Spark's exception, else
 * the last line with something in it.
 */
export function reasonInLog(folder: string): string | undefined {
  const lines = readLines(join(folder, 'log'))
    .slice(-400)
    .map((line) => line.trim());
  const isError = (line: string): boolean =>
    /^(?:[\w$.]+\.)?[A-Z]\w*(?:Error|Exception|Exit|Interrupt|Failure)\b.*|^Exception in thread|^error:/.test(line) &&
    !/^\d\d\/\d\d\/\d\d/.test(line);
  const found =
    lines.findLast(isError) ?? lines.findLast((line) => line !== '' && !/^(at |\d\d\/\d\d\/\d\d .* INFO)/.test(line));
  return found?.slice(0, 1000);
}
