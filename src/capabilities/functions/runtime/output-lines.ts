/**
 * What a sandbox says on its two outputs, as lines. Our bootstraps end the output of each invocation with a mark, so that
 * a line is never ascribed to the next one, whatever the order in which pipe and socket arrive.
 */

import { StringDecoder } from 'node:string_decoder';

type Source = 'out' | 'err';

// Limit: a line without an end is cut every 256 KiB.
const lineCharactersMax = 262_144;

export class OutputLines {
  readonly #mark: string | undefined;
  readonly #say: (line: string) => void;
  readonly #rests: Record<Source, { decoder: StringDecoder; text: string }> = {
    out: { decoder: new StringDecoder('utf8'), text: '' },
    err: { decoder: new StringDecoder('utf8'), text: '' },
  };
  #endedRequest: string | undefined;
  #waiting: { requestId: string; resolve: () => void } | undefined;

  /** @param mark the secret of the bootstrap's end marks; undefined when it writes none */
  constructor(mark: string | undefined, say: (line: string) => void) {
    this.#mark = mark;
    this.#say = say;
  }

  take(chunk: Buffer, source: Source): void {
    const rest = this.#rests[source];
    const lines = (rest.text + rest.decoder.write(chunk)).split('\n');
    rest.text = lines.pop() ?? '';
    for (const line of lines) this.#takeLine(line);
    if (rest.text.length > lineCharactersMax) {
      this.#say(rest.text);
      rest.text = '';
    }
  }

  /** Resolves once the output of the invocation has come, or after `waitMs`. */
  async ended(requestId: string, waitMs: number): Promise<void> {
    if (this.#mark === undefined) await turns();
    else if (this.#endedRequest !== requestId) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, waitMs);
        this.#waiting = {
          requestId,
          resolve: () => {
            clearTimeout(timer);
            resolve();
          },
        };
      });
    }
    for (const rest of Object.values(this.#rests)) {
      if (rest.text !== '') this.#say(rest.text);
      rest.text = '';
    }
  }

  #takeLine(line: string): void {
    const at = this.#mark === undefined ? -1 : line.indexOf(`\0${this.#mark} `);
    if (at === -1) return this.#say(line);
    if (at > 0) this.#say(line.slice(0, at));
    this.#endedRequest = line.slice(at + 2 + (this.#mark ?? '').length);
    if (this.#waiting?.requestId === this.#endedRequest) this.#waiting.resolve();
  }
}

/** Lets the event loop read what lies in the pipes already. */
async function turns(): Promise<void> {
  for (let count = 0; count < 3; count++) await new Promise((resolve) => setImmediate(resolve));
}
