/** The log of one sandbox: lines gathered and written to its stream in order, one write at a time, off the path of the answer. */
import type { Clock, Timer } from '#kernel/clock';
import type { Log } from '#kernel/log';
import type { Logs } from '#logs';

// Limit: one event of a log has at most 256 KiB, as in AWS; the rest of a longer line becomes further events.
const lineBytesMax = 262_000;
// Limit: lines that cannot be written are dropped beyond this many.
const waitingMax = 20_000;
const tailBytesMax = 4096;
// Limit: lines are gathered for 100 ms before they are written; a crash in between loses them.
const gatherMs = 100;

export interface FunctionLogParts {
  readonly logs: Pick<Logs, 'append'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly scope: string;
  readonly group: string;
  readonly stream: string;
}

export class FunctionLog {
  readonly #parts: FunctionLogParts;
  #waiting: { timestampMs: number; message: string }[] = [];
  #writing: Promise<void> | undefined;
  #timer: Timer | undefined;
  #tail = '';

  constructor(parts: FunctionLogParts) {
    this.#parts = parts;
  }

  get stream(): string {
    return this.#parts.stream;
  }

  say(line: string): void {
    const message = line.replaceAll('\r', '\n');
    this.#tail = `${this.#tail}${message}\n`;
    if (this.#tail.length > 2 * tailBytesMax) this.#tail = this.#tail.slice(-tailBytesMax);
    if (this.#waiting.length >= waitingMax) return;
    const timestampMs = this.#parts.clock.nowMs();
    for (let start = 0; start === 0 || start < message.length; start += lineBytesMax) {
      this.#waiting.push({ timestampMs, message: message.slice(start, start + lineBytesMax) });
    }
    // A write waits for the disk: not one for each invocation.
    this.#timer ??= this.#parts.clock.setTimer(gatherMs, () => void this.written());
  }

  startTail(): void {
    this.#tail = '';
  }

  /** The last 4 KB since `startTail`, in base64. */
  tail(): string {
    return Buffer.from(this.#tail).subarray(-tailBytesMax).toString('base64');
  }

  /** Resolves once everything said is on disk. */
  async written(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = undefined;
    while (this.#writing !== undefined) await this.#writing;
    if (this.#waiting.length === 0) return;
    this.#writing = this.#write();
    await this.#writing;
  }

  async #write(): Promise<void> {
    const { logs, log, scope, group, stream } = this.#parts;
    const lines = this.#waiting.filter(({ message }) => message !== '');
    this.#waiting = [];
    try {
      await logs.append(scope, group, stream, lines);
    } catch (error) {
      // A function does not fail because its log could not be written.
      log.warn('lines of a function were not kept', { error, group, lines: lines.length });
    }
    // What was said meanwhile has armed the timer.
    this.#writing = undefined;
  }
}
