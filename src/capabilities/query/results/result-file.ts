/**
 * Pages of a result, read from its file in the lake. A token is the place in the file where the next row starts; the
 * file never changes, so the place stays right.
 */
import { open, type FileHandle } from 'node:fs/promises';
import { decodeToken, encodeToken } from '#kernel/paging';
import { invalidRequest } from '../errors.ts';

export type ResultRow = readonly (string | null)[];

export interface ResultPage {
  readonly rows: readonly ResultRow[];
  readonly nextToken?: string;
}

const chunkBytes = 1 << 18;
/** Limit: a row of a result may take 256 MiB of text. */
const rowMaxBytes = 1 << 28;

const quote = 0x22;
const comma = 0x2c;
const lineFeed = 0x0a;

/**
 * @param kind `csv`: every value quoted, NULL empty, header first; `text`: a line is a row of one value
 * @throws InvalidRequestException when the token is not of this result
 */
export async function readResultPage(
  file: string,
  kind: 'csv' | 'text',
  options: { token?: string | undefined; rowsMax: number; executionId: string },
): Promise<ResultPage> {
  const startByte = options.token === undefined ? 0 : startOf(options.token, options.executionId);
  const handle = await open(file);
  try {
    const rows: ResultRow[] = [];
    const scanner = new RowScanner(handle, startByte);
    while (rows.length < options.rowsMax) {
      const row = await scanner.next(kind);
      if (row === undefined) return { rows };
      rows.push(row);
    }
    const isEnd = await scanner.isAtEnd();
    return isEnd ? { rows } : { rows, nextToken: encodeToken([options.executionId, scanner.position]) };
  } finally {
    await handle.close();
  }
}

function startOf(token: string, executionId: string): number {
  const [id, start] = decodeToken(token, 'InvalidRequestException');
  if (id !== executionId || typeof start !== 'number' || !Number.isSafeInteger(start) || start < 0) {
    throw invalidRequest('The NextToken does not belong to this query execution. Use the token of the page before.');
  }
  return start;
}

/** Cuts complete rows out of a file that is read in chunks. */
class RowScanner {
  readonly #handle: FileHandle;
  #buffer: Buffer = Buffer.alloc(0);
  #offset = 0;
  #nextRead: number;
  #ended = false;
  position: number;

  constructor(handle: FileHandle, start: number) {
    this.#handle = handle;
    this.#nextRead = start;
    this.position = start;
  }

  async next(kind: 'csv' | 'text'): Promise<ResultRow | undefined> {
    let searched = this.#offset;
    let inQuotes = false;
    for (;;) {
      for (; searched < this.#buffer.length; searched++) {
        const byte = this.#buffer[searched];
        if (byte === quote && kind === 'csv') inQuotes = !inQuotes;
        else if (byte === lineFeed && !inQuotes) return this.#take(searched, searched + 1, kind);
      }
      if (this.#ended) {
        return this.#offset === this.#buffer.length ? undefined : this.#take(searched, searched, kind);
      }
      searched -= this.#offset;
      await this.#fill();
    }
  }

  async isAtEnd(): Promise<boolean> {
    if (this.#offset === this.#buffer.length && !this.#ended) await this.#fill();
    return this.#offset === this.#buffer.length && this.#ended;
  }

  #take(end: number, next: number, kind: 'csv' | 'text'): ResultRow {
    const line = this.#buffer.subarray(this.#offset, end);
    this.position += next - this.#offset;
    this.#offset = next;
    return kind === 'csv' ? parseRow(line) : [line.toString('utf8')];
  }

  async #fill(): Promise<void> {
    const rest = this.#buffer.subarray(this.#offset);
    if (rest.length > rowMaxBytes) throw invalidRequest(`A row of the result is longer than ${rowMaxBytes} bytes.`);
    const chunk = Buffer.allocUnsafe(chunkBytes);
    const { bytesRead } = await this.#handle.read(chunk, 0, chunkBytes, this.#nextRead);
    this.#nextRead += bytesRead;
    this.#ended = bytesRead === 0;
    this.#buffer = Buffer.concat([rest, chunk.subarray(0, bytesRead)]);
    this.#offset = 0;
  }
}

/** `"a",,"b ""c"""`: the second value is NULL. */
function parseRow(line: Buffer): ResultRow {
  const cells: (string | null)[] = [];
  let at = 0;
  for (;;) {
    if (line[at] === quote) {
      let end = at + 1;
      let doubled = false;
      while (end < line.length) {
        if (line[end] !== quote) end++;
        else if (line[end + 1] === quote) {
          doubled = true;
          end += 2;
        } else break;
      }
      const text = line.toString('utf8', at + 1, end);
      cells.push(doubled ? text.replaceAll('""', '"') : text);
      at = end + 1;
    } else {
      const end = line.indexOf(comma, at);
      const stop = end === -1 ? line.length : end;
      cells.push(stop === at ? null : line.toString('utf8', at, stop));
      at = stop;
    }
    if (at >= line.length) return cells;
    at++;
    if (at === line.length) return [...cells, null];
  }
}
