/** Pulls bytes out of a stream of chunks in the sizes that a framed format asks for. */
import type { Chunks } from './stream.ts';

export class ByteSource {
  readonly #chunks: AsyncIterator<Uint8Array> | Iterator<Uint8Array>;
  #held: Uint8Array = new Uint8Array(0);
  #isOver = false;

  constructor(chunks: Chunks) {
    this.#chunks = Symbol.asyncIterator in chunks ? chunks[Symbol.asyncIterator]() : chunks[Symbol.iterator]();
  }

  /** Exactly `lengthBytes` bytes, or fewer when the stream ends before. */
  async take(lengthBytes: number): Promise<Uint8Array> {
    await this.fill(lengthBytes);
    const taken = this.#held.subarray(0, lengthBytes);
    this.#held = this.#held.subarray(taken.length);
    return taken;
  }

  /** What is held, after reading on until that is `lengthBytes` or the stream ends; nothing is taken. */
  async fill(lengthBytes: number): Promise<Uint8Array> {
    if (this.#held.length >= lengthBytes || this.#isOver) return this.#held;
    const parts = [this.#held];
    let size = this.#held.length;
    while (size < lengthBytes) {
      const next = await this.#chunks.next();
      if (next.done === true) {
        this.#isOver = true;
        break;
      }
      parts.push(next.value);
      size += next.value.length;
    }
    this.#held = parts.length === 2 && parts[0]?.length === 0 ? (parts[1] as Uint8Array) : Buffer.concat(parts, size);
    return this.#held;
  }

  skip(lengthBytes: number): void {
    this.#held = this.#held.subarray(lengthBytes);
  }

  /** Lets go of the stream when the reader stops early. */
  async close(): Promise<void> {
    await this.#chunks.return?.();
  }
}
