/**
 * The output of an application as files in its folder: `log` holds whole lines of both streams as they came, `stdout`
 * and `stderr` each stream by itself.
 *
 * Limit: each file keeps the first 16 MiB of what was written and the last 64 KiB of the rest.
 */
import {
  closeSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  writeSync,
} from 'node:fs';
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
const shownTailBytesMax = 256 * 1024;
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

  /** Forgets what was written, for an output that comes anew from its beginning. */
  restart(): void {
    for (const file of Object.values(this.#files)) file.clear();
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

  clear(): void {
    ftruncateSync(this.#handle);
    this.#sizeBytes = 0;
    this.#skippedBytes = 0;
    this.#tail = Buffer.alloc(0);
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
  const path = join(folder, 'log');
  const bytes = existsSync(path) ? readFileSync(path) : Buffer.alloc(0);
  // Only the page becomes text: clients that follow a log ask often.
  const ends = lineEnds(bytes);
  const start = from < 0 ? Math.max(0, ends.length - size) : Math.min(from, ends.length);
  const end = Math.min(start + size, ends.length);
  const offset = start === 0 ? 0 : (ends[start - 1] ?? 0) + 1;
  const text = end > start ? bytes.toString('utf8', offset, ends[end - 1]) : undefined;
  return { from: start, total: ends.length, lines: text?.split('\n') ?? [] };
}

/** The last lines of an application's log, of its last 256 KiB at most. */
export function readLogTail(folder: string, count: number): string[] {
  const path = join(folder, 'log');
  if (!existsSync(path)) return [];
  const handle = openSync(path, 'r');
  try {
    const { size } = fstatSync(handle);
    const bytes = Buffer.alloc(Math.min(size, shownTailBytesMax));
    readSync(handle, bytes, 0, bytes.length, size - bytes.length);
    const lines = bytes.toString('utf8').split('\n');
    lines.pop();
    // The first one may have been cut.
    if (size > bytes.length && lines.length > 1) lines.shift();
    return lines.slice(-count);
  } finally {
    closeSync(handle);
  }
}

/** The bytes of one stream; empty when there are none. */
export function readOutput(folder: string, stream: OutputStream): Buffer {
  const path = join(folder, stream);
  return existsSync(path) ? readFileSync(path) : Buffer.alloc(0);
}

/** Where each line ends. */
function lineEnds(bytes: Buffer): number[] {
  const ends: number[] = [];
  for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, at + 1)) ends.push(at);
  return ends;
}

/**
 * The line of a log that says why a process failed: the last line of a Python or Node error, Spark's exception, else
 * the last line with something in it.
 */
export function reasonInLog(folder: string): string | undefined {
  const lines = readLogTail(folder, 400).map((line) => line.trim());
  const isError = (line: string): boolean =>
    /^(?:[\w$.]+\.)?(?:[A-Z]\w*)?(?:Error|Exception|Exit|Interrupt|Failure)\b|^Exception in thread|^error:/.test(
      line,
    ) && !/^\d\d\/\d\d\/\d\d/.test(line);
  const found =
    lines.findLast(isError) ??
    lines.findLast((line) => line !== '' && !/^(at |Node\.js v|Millpond: |\d\d\/\d\d\/\d\d .* INFO)/.test(line));
  return found?.slice(0, 1000);
}
