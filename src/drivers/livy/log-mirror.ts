/**
 * What is new in the log of a remote batch. Livy keeps the last lines of each of its parts only, behind one another under
 * headings (`stdout: `, `stderr: `, `YARN Diagnostics: `), so that the number of a line changes from answer to answer:
 * what is new is found by what was there before. A server that keeps every line, as this platform does, counts them.
 */
import type { LivyClient } from './client.ts';

const heading = /^\n?(stdout|stderr|YARN Diagnostics): ?$/;
const linesMax = 5000;
/** For lines so long that a page of them is refused. */
const longLinesMax = 50;

export class LogMirror {
  readonly #client: Pick<LivyClient, 'readLog'>;
  readonly #id: number;
  #from = 0;
  /** By heading, where the log has some. */
  #parts: Map<string, readonly string[]> | undefined;

  constructor(client: Pick<LivyClient, 'readLog'>, id: number) {
    this.#client = client;
    this.#id = id;
  }

  /** Tells each line that was not told before. A server that does not answer has nothing new. */
  async follow(tell: (line: string) => void, signal: AbortSignal): Promise<void> {
    for (;;) {
      const page = await this.#read(this.#from, signal);
      const lines = page?.log ?? [];
      if (this.#from === 0 && heading.test(lines[0] ?? '')) this.#parts ??= new Map();
      if (this.#parts !== undefined) return this.#followParts(lines, tell);
      for (const line of lines) tell(line);
      this.#from += lines.length;
      if (page === undefined || lines.length === 0 || this.#from >= page.total) return;
    }
  }

  #followParts(lines: readonly string[], tell: (line: string) => void): void {
    const parts = partsOf(lines);
    for (const [name, now] of parts) {
      for (const line of newLines(this.#parts?.get(name) ?? [], now)) tell(line);
    }
    this.#parts = parts;
  }

  async #read(from: number, signal: AbortSignal) {
    const read = (size: number) => this.#client.readLog(this.#id, from, size, signal).catch(() => undefined);
    return (await read(linesMax)) ?? (await read(longLinesMax));
  }
}

function partsOf(lines: readonly string[]): Map<string, string[]> {
  const parts = new Map<string, string[]>();
  let current: string[] = [];
  for (const line of lines) {
    const [, name] = heading.exec(line) ?? [];
    if (name === undefined) current.push(line);
    else parts.set(name, (current = []));
  }
  return parts;
}

/** What stands behind the longest end of `before` with which `now` begins. */
function newLines(before: readonly string[], now: readonly string[]): readonly string[] {
  for (let gone = 0; gone < before.length; gone++) {
    const kept = before.length - gone;
    let same = 0;
    while (same < kept && before[gone + same] === now[same]) same++;
    if (same === kept) return now.slice(kept);
  }
  return now;
}
