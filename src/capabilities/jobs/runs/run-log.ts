/** What a run says, in its streams of CloudWatch Logs. */
import type { Log } from '#kernel/log';
import type { Logs } from '#logs';

const outputGroup = '/aws-glue/jobs/output';
const errorGroup = '/aws-glue/jobs/error';
// Limit: of what a run says faster than it can be kept, 50,000 lines wait; further ones are counted only.
const waitingLinesMax = 50_000;
const linesAtOnceMax = 2000;

export class RunLog {
  readonly #parts: { readonly logs: Logs; readonly log: Log };
  readonly #scope: string;
  readonly #runId: string;
  #waiting: string[] = [];
  #lostLines = 0;
  #written: Promise<void> = Promise.resolve();
  #isWriting = false;

  constructor(parts: { logs: Logs; log: Log }, scope: string, runId: string) {
    this.#parts = parts;
    this.#scope = scope;
    this.#runId = runId;
  }

  say(line: string): void {
    for (const part of line.split('\n')) {
      if (this.#waiting.length < waitingLinesMax) this.#waiting.push(part);
      else this.#lostLines++;
    }
    if (this.#isWriting) return;
    this.#isWriting = true;
    this.#keepTrackOf(this.#writeWaiting());
  }

  complain(line: string): void {
    this.#keepTrackOf(this.#append(errorGroup, line.split('\n')));
  }

  async written(): Promise<void> {
    await this.#written;
    if (this.#lostLines > 0)
      await this.#append(outputGroup, [`[${this.#lostLines} lines of output were left out here]`]);
  }

  #keepTrackOf(write: Promise<void>): void {
    this.#written = Promise.all([this.#written, write]).then(() => undefined);
  }

  /** Lines that come while others are being written go together. */
  async #writeWaiting(): Promise<void> {
    await Promise.resolve();
    while (this.#waiting.length > 0) await this.#append(outputGroup, this.#waiting.splice(0, linesAtOnceMax));
    this.#isWriting = false;
  }

  /** A run does not fail because its log could not be written. */
  async #append(group: string, lines: readonly string[]): Promise<void> {
    try {
      await this.#parts.logs.append(this.#scope, group, this.#runId, [...lines]);
    } catch (error) {
      this.#parts.log.warn('lines of a job run were not kept', { run: this.#runId, error });
    }
  }
}
