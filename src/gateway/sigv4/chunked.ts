/**
 * The aws-chunked framing of S3 bodies, signed chunk by chunk or unsigned, with or without trailing headers
 * (S3 API Reference, "Signature calculations: transferring payload in multiple chunks" and "… including trailing headers").
 *
 *     400;chunk-signature=…\r\n<1024 bytes>\r\n … 0;chunk-signature=…\r\n<trailers>\r\n
 */
import { createHash, type Hash } from 'node:crypto';
import { Transform, type TransformCallback } from 'node:stream';
import { PlatformError } from '#kernel/errors';
import { incompleteBody } from '../body.ts';
import { signatureError } from '../errors.ts';
import { emptyHash, hmacHex, sha256Hex } from './canonical.ts';
import { sameText } from './verifier.ts';

/** What the signatures of the chunks are made of; the first one continues that of the request. */
export interface ChunkSigning {
  readonly key: Buffer;
  readonly timestamp: string;
  readonly scope: string;
  readonly seedSignature: string;
}

export interface ChunkedOptions {
  /** Undefined for unsigned chunks, and in open mode, where signatures are read over. */
  readonly signing: ChunkSigning | undefined;
  /** Whether the framing has signatures at all. */
  readonly hasSignatures: boolean;
  readonly hasTrailer: boolean;
  /** `x-amz-decoded-content-length`; undefined when the client did not say. */
  readonly decodedSizeBytes: number | undefined;
}

// Limit: a chunk's header line may be 1 KiB, the trailing headers together 8 KiB.
const lineBytesMax = 1024;
const trailerBytesMax = 8192;

const crlf = Buffer.from('\r\n');

type Expecting = 'header' | 'data' | 'data-end' | 'trailer' | 'nothing';

/** Takes the framing off. Fails on the first wrong byte, so that what was passed on is never committed. */
export class ChunkedDecoder extends Transform {
  readonly trailers: Record<string, string> = Object.create(null) as Record<string, string>;
  readonly #options: ChunkedOptions;
  #expecting: Expecting = 'header';
  #pending: Buffer = Buffer.alloc(0);
  #chunkBytesLeft = 0;
  #decodedBytes = 0;
  #trailerBytes = 0;
  #trailerText = '';
  #signature: string;
  #chunkSignature = '';
  #hash: Hash | undefined;

  constructor(options: ChunkedOptions) {
    super();
    this.#options = options;
    this.#signature = options.signing?.seedSignature ?? '';
  }

  override _transform(chunk: Buffer, _: BufferEncoding, done: TransformCallback): void {
    try {
      this.#read(this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]));
      done();
    } catch (error) {
      done(error as Error);
    }
  }

  override _flush(done: TransformCallback): void {
    const { decodedSizeBytes } = this.#options;
    const isWhole = this.#expecting === 'nothing' && (decodedSizeBytes ?? this.#decodedBytes) === this.#decodedBytes;
    done(isWhole ? null : incompleteBody());
  }

  #read(data: Buffer): void {
    let at = 0;
    while (at < data.length) {
      const next = this.#step(data, at);
      if (next === undefined) break;
      at = next;
    }
    this.#pending = at === data.length ? Buffer.alloc(0) : data.subarray(at);
  }

  /** @returns where to go on; undefined when more bytes are needed first */
  #step(data: Buffer, at: number): number | undefined {
    switch (this.#expecting) {
      case 'data':
        return this.#passData(data, at);
      case 'data-end':
        if (data.length - at < 2) return undefined;
        if (data[at] !== 0x0d || data[at + 1] !== 0x0a) throw malformed('a chunk does not end with CRLF');
        this.#endChunk();
        this.#expecting = 'header';
        return at + 2;
      case 'nothing':
        throw malformed('there are bytes behind its end');
      default:
        return this.#readLine(data, at);
    }
  }

  #passData(data: Buffer, at: number): number {
    const part = data.subarray(at, at + this.#chunkBytesLeft);
    this.#hash?.update(part);
    this.#chunkBytesLeft -= part.length;
    this.#decodedBytes += part.length;
    if (this.#decodedBytes > (this.#options.decodedSizeBytes ?? Infinity)) throw incompleteBody();
    this.push(part);
    if (this.#chunkBytesLeft === 0) this.#expecting = 'data-end';
    return at + part.length;
  }

  #readLine(data: Buffer, at: number): number | undefined {
    const end = data.indexOf(crlf, at);
    const limit = this.#expecting === 'header' ? lineBytesMax : trailerBytesMax;
    if (end === -1 ? data.length - at > limit : end - at > limit) throw malformed('a line is too long');
    if (end === -1) return undefined;
    const line = data.toString('latin1', at, end);
    if (this.#expecting === 'header') this.#readHeader(line);
    else this.#readTrailer(line);
    return end + 2;
  }

  #readHeader(line: string): void {
    const match = /^([0-9a-fA-F]{1,12})(?:;chunk-signature=([0-9a-f]{64}))?$/.exec(line);
    if (match === null) throw malformed(`'${line.slice(0, 40)}' is not the header of a chunk`);
    this.#chunkBytesLeft = Number.parseInt(match[1]!, 16);
    this.#chunkSignature = match[2] ?? '';
    if (this.#options.hasSignatures && match[2] === undefined) throw malformed('a chunk has no signature');
    this.#hash = this.#options.signing && createHash('sha256');
    if (this.#chunkBytesLeft > 0) {
      this.#expecting = 'data';
      return;
    }
    this.#endChunk();
    this.#expecting = 'trailer';
  }

  #endChunk(): void {
    const { signing } = this.#options;
    if (signing === undefined) return;
    const text = [
      'AWS4-HMAC-SHA256-PAYLOAD',
      signing.timestamp,
      signing.scope,
      this.#signature,
      emptyHash,
      this.#hash?.digest('hex') ?? emptyHash,
    ].join('\n');
    this.#advance(signing, text, this.#chunkSignature);
  }

  #readTrailer(line: string): void {
    if (line === '') {
      this.#endTrailers();
      return;
    }
    const { hasTrailer, hasSignatures } = this.#options;
    const cut = line.indexOf(':');
    if (!hasTrailer || cut < 1) throw malformed(`'${line.slice(0, 40)}' is not a trailing header`);
    this.#trailerBytes += line.length;
    if (this.#trailerBytes > trailerBytesMax) throw malformed('the trailing headers are too long');
    const name = line.slice(0, cut).trim().toLowerCase();
    const value = line.slice(cut + 1).trim();
    if (hasSignatures && name === 'x-amz-trailer-signature') this.#checkTrailers(value);
    else {
      this.trailers[name] = value;
      this.#trailerText += `${name}:${value}\n`;
    }
  }

  #checkTrailers(signature: string): void {
    const { signing } = this.#options;
    if (signing !== undefined) {
      const hash = sha256Hex(this.#trailerText);
      const text = ['AWS4-HMAC-SHA256-TRAILER', signing.timestamp, signing.scope, this.#signature, hash].join('\n');
      this.#advance(signing, text, signature);
    }
    this.#trailerText = '';
  }

  #endTrailers(): void {
    const isUnproven = this.#options.signing !== undefined && this.#trailerText !== '';
    if (isUnproven) throw malformed('the trailing headers are not signed');
    this.#expecting = 'nothing';
  }

  #advance(signing: ChunkSigning, text: string, claimed: string): void {
    const expected = hmacHex(signing.key, text);
    if (!sameText(expected, claimed)) {
      throw signatureError('badSignature', 's3', 'The signature of a chunk does not match its content.');
    }
    this.#signature = expected;
  }
}

function malformed(why: string): PlatformError {
  return new PlatformError('invalid', 'IncompleteBody', `The aws-chunked body is malformed: ${why}.`);
}
