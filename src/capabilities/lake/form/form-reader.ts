/**
 * Reads `multipart/form-data` (RFC 7578) as a stream: the fields that come before the file, then the file's bytes as
 * they arrive. What comes behind the file is ignored, as S3 does.
 */
import { PlatformError } from '#kernel/errors';
import { malformedForm } from './form-error.ts';

export interface FormUpload {
  /** Names in lower case. */
  readonly fields: ReadonlyMap<string, string>;
  readonly file: {
    readonly name: string;
    readonly contentType: string | undefined;
    readonly bytes: AsyncIterable<Uint8Array>;
  };
}

const headerBytesMax = 16 * 1024;
const fieldBytesMax = 20 * 1024;
const fieldsMax = 200;

/** @throws MalformedPOSTRequest, MaxPostPreDataLengthExceeded */
export async function readForm(body: AsyncIterable<Uint8Array>, contentType: string): Promise<FormUpload> {
  const boundary = /boundary=(?:"([^"]{1,70})"|([^\s;]{1,70}))/i.exec(contentType);
  if (boundary === null) throw malformedForm('The Content-Type has no boundary.');
  const reader = new DelimitedReader(body);
  const delimiter = Buffer.from(`\r\n--${boundary[1] ?? boundary[2]}`);
  // The first delimiter may stand at the very beginning, without the line break before it.
  reader.prepend(Buffer.from('\r\n'));
  await reader.readUntil(delimiter, headerBytesMax);
  const fields = new Map<string, string>();
  for (let count = 0; count < fieldsMax; count++) {
    const head = await readHead(reader);
    if (head === undefined) throw malformedForm('The form has no file.');
    if (head.name === 'file') {
      const bytes = reader.streamUntil(delimiter);
      return { fields, file: { name: head.fileName ?? '', contentType: head.contentType, bytes } };
    }
    const value = await reader.readUntil(delimiter, fieldBytesMax);
    fields.set(head.name, value.toString('utf8'));
  }
  throw malformedForm(`The form has more than ${fieldsMax} fields.`);
}

interface PartHead {
  readonly name: string;
  readonly fileName: string | undefined;
  readonly contentType: string | undefined;
}

/** @returns undefined at the end of the form */
async function readHead(reader: DelimitedReader): Promise<PartHead | undefined> {
  const next = await reader.readBytes(2);
  if (next.toString('latin1') === '--') return undefined;
  if (next.toString('latin1') !== '\r\n') throw malformedForm('A boundary is not followed by a line break.');
  reader.prepend(next);
  const head = (await reader.readUntil(Buffer.from('\r\n\r\n'), headerBytesMax)).toString('utf8');
  const disposition = /^content-disposition:\s*form-data\s*;(.*)$/im.exec(head)?.[1] ?? '';
  const name = /(?:^|;|\s)name="((?:[^"\\]|\\.)*)"/i.exec(disposition)?.[1];
  if (name === undefined) throw malformedForm('A part of the form has no name.');
  return {
    name: name.toLowerCase(),
    fileName: /filename="((?:[^"\\]|\\.)*)"/i.exec(disposition)?.[1],
    contentType: /^content-type:\s*(.+?)\s*$/im.exec(head)?.[1],
  };
}

class DelimitedReader {
  readonly #source: AsyncIterator<Uint8Array>;
  #buffer: Buffer = Buffer.alloc(0);

  constructor(body: AsyncIterable<Uint8Array>) {
    this.#source = body[Symbol.asyncIterator]();
  }

  prepend(bytes: Buffer): void {
    this.#buffer = Buffer.concat([bytes, this.#buffer]);
  }

  async readBytes(count: number): Promise<Buffer> {
    while (this.#buffer.length < count) await this.#more();
    return this.#take(count);
  }

  /** What comes before the delimiter, which is passed over. */
  async readUntil(delimiter: Buffer, maxBytes: number): Promise<Buffer> {
    for (;;) {
      const index = this.#buffer.indexOf(delimiter);
      if (index > maxBytes || (index === -1 && this.#buffer.length > maxBytes + delimiter.length))
        throw tooLong(maxBytes);
      if (index === -1) {
        await this.#more();
        continue;
      }
      const bytes = this.#take(index);
      this.#take(delimiter.length);
      return bytes;
    }
  }

  async *streamUntil(delimiter: Buffer): AsyncGenerator<Uint8Array> {
    for (;;) {
      const index = this.#buffer.indexOf(delimiter);
      if (index !== -1) {
        if (index > 0) yield this.#take(index);
        return;
      }
      // The last bytes may be the beginning of the delimiter.
      const safe = this.#buffer.length - (delimiter.length - 1);
      if (safe > 0) yield this.#take(safe);
      await this.#more();
    }
  }

  #take(count: number): Buffer {
    const bytes = this.#buffer.subarray(0, count);
    this.#buffer = this.#buffer.subarray(count);
    return bytes;
  }

  async #more(): Promise<void> {
    const { value, done } = await this.#source.next();
    if (done) throw malformedForm('The form ends before its last boundary.');
    this.#buffer = this.#buffer.length === 0 ? Buffer.from(value) : Buffer.concat([this.#buffer, value]);
  }
}

const tooLong = (maxBytes: number): PlatformError =>
  new PlatformError(
    'invalid',
    'MaxPostPreDataLengthExceeded',
    `A field before the file has more than ${maxBytes} bytes.`,
  );
