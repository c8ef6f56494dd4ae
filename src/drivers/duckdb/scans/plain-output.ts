/** Plain text on its way to a file. */
import { createWriteStream, type WriteStream } from 'node:fs';
import { once } from 'node:events';

const writeBytes = 1 << 20;
const windowBytes = 1 << 19;

/** A file written in large pieces; waits when the disk is slower than the reader. */
export class PlainOutput {
  readonly #stream: WriteStream;
  #failure: Error | undefined;
  #openBytes = 0;
  /** Of the lines so far, at least; lines that are shorter than a window are not told apart. */
  longestLineBytes = 0;

  constructor(path: string) {
    this.#stream = createWriteStream(path, { highWaterMark: writeBytes });
    this.#stream.on('error', (error) => (this.#failure = error));
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    // The caller reuses its buffer, and the stream keeps what it was given.
    const copy = Buffer.from(bytes);
    this.#look(copy);
    if (!this.#stream.write(copy)) await once(this.#stream, 'drain');
  }

  async close(): Promise<void> {
    if (this.#failure === undefined) {
      const closed = once(this.#stream, 'close');
      this.#stream.end();
      await closed;
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  #look(bytes: Buffer): void {
    for (let start = 0; start < bytes.length; start += windowBytes) {
      const seen = bytes.subarray(start, start + windowBytes);
      const end = seen.lastIndexOf(0x0a);
      if (end === -1) this.#openBytes += seen.length;
      else {
        this.longestLineBytes = Math.max(this.longestLineBytes, this.#openBytes + end);
        this.#openBytes = seen.length - end;
      }
    }
    this.longestLineBytes = Math.max(this.longestLineBytes, this.#openBytes);
  }
}
