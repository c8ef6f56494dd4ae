/** Streams of compressed bytes made plain, a chunk at a time, within a budget. */
import { Readable, pipeline, type Transform } from 'node:stream';
import { constants, createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib';
import { messageOf } from '#kernel/errors';
import { badData, overLimit, unsupportedData } from '../errors.ts';
import { ByteSource } from './byte-source.ts';
import { decompressBzip2Stream } from './bzip2.ts';
import type { Codec } from './codec.ts';
import { decompressLz4Framed } from './lz4.ts';
import { decompressHadoop, decompressSnappy, decompressSnappyFramed } from './snappy.ts';

export type Chunks = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

export interface DecompressionLimits {
  /** Most bytes that may come out. */
  readonly sizeMaxBytes: number;
  /** Most bytes out for each byte in, looked at once 64 MiB came out. */
  readonly ratioMax: number;
}

// Limit: an object may decompress to at most 256 GiB and, past 64 MiB, to 400 times its size (a gzip bomb makes 1,029 times).
const defaults: DecompressionLimits = { sizeMaxBytes: 256 * 2 ** 30, ratioMax: 400 };
const ratioFromBytes = 64 * 2 ** 20;
// Limit: raw Snappy is one block, held whole: 256 MiB plain.
const rawBlockMaxBytes = 256 * 2 ** 20;

/**
 * The plain bytes of a compressed object, in order, holding no more than a few chunks.
 * @throws EXCEEDED_SIZE_LIMIT naming the limit, HIVE_BAD_DATA, HIVE_UNSUPPORTED_FORMAT (xz)
 */
export async function* decompress(
  chunks: Chunks,
  codec: Codec,
  limits: Partial<DecompressionLimits> = {},
): AsyncGenerator<Uint8Array> {
  const { sizeMaxBytes, ratioMax } = { ...defaults, ...limits };
  const input = new Counted(chunks);
  let sizeBytes = 0;
  for await (const chunk of decoderOf(codec, input, false)) {
    sizeBytes += chunk.length;
    if (sizeBytes > sizeMaxBytes) throw overLimit(codec, 'the decompressed size', `${sizeMaxBytes} bytes`);
    if (codec !== 'none' && sizeBytes > ratioFromBytes && sizeBytes > input.sizeBytes * ratioMax) {
      throw overLimit(codec, `${sizeBytes} bytes out of ${input.sizeBytes}`, `${ratioMax} bytes out for each byte in`);
    }
    yield chunk;
  }
}

/**
 * As many as `sizeBytes` plain bytes from the first bytes of an object. That the prefix stops in the middle is no error;
 * that it is not what the codec says is one.
 */
export async function decompressHead(prefix: Uint8Array, codec: Codec, sizeBytes: number): Promise<Uint8Array> {
  if (codec === 'none') return prefix.subarray(0, sizeBytes);
  const parts: Uint8Array[] = [];
  let made = 0;
  try {
    for await (const chunk of decoderOf(codec, slices(prefix), true)) {
      parts.push(chunk);
      made += chunk.length;
      if (made >= sizeBytes) break;
    }
  } catch (error) {
    if (made === 0) throw error;
  }
  return Buffer.concat(parts, made).subarray(0, sizeBytes);
}

function decoderOf(codec: Codec, chunks: Chunks, isPrefix: boolean): Chunks {
  const zlib = { finishFlush: isPrefix ? constants.Z_SYNC_FLUSH : constants.Z_FINISH };
  switch (codec) {
    case 'none':
      return chunks;
    case 'gzip':
      return throughZlib(chunks, createGunzip(zlib), codec, isPrefix);
    case 'deflate':
      return throughZlib(chunks, createInflate(zlib), codec, isPrefix);
    case 'brotli':
      return throughZlib(chunks, createBrotliDecompress(), codec, isPrefix);
    case 'zstd':
      return throughZlib(
        chunks,
        createZstdDecompress({ params: { [constants.ZSTD_d_windowLogMax]: 27 } }),
        codec,
        isPrefix,
      );
    case 'bzip2':
      return decompressBzip2Stream(new ByteSource(chunks), isPrefix);
    case 'snappy':
      return decompressSnappyFramed(new ByteSource(chunks));
    case 'snappy-hadoop':
      return decompressHadoop(new ByteSource(chunks), decompressSnappy);
    case 'snappy-raw':
      return decompressWhole(chunks);
    case 'lz4':
      return decompressLz4Framed(new ByteSource(chunks));
    case 'xz':
      throw unsupportedData('xz', 'the xz codec');
  }
}

async function* throughZlib(
  chunks: Chunks,
  decoder: Transform,
  codec: Codec,
  isPrefix: boolean,
): AsyncGenerator<Uint8Array> {
  const source = Readable.from(chunks, { objectMode: false });
  let fault: Error | null = null;
  pipeline(source, decoder, (error) => {
    fault = error ?? null;
  });
  try {
    for await (const chunk of decoder) yield chunk as Uint8Array;
  } catch (error) {
    const cause: unknown = fault ?? error;
    const isEnd = /unexpected end/i.test(messageOf(cause));
    if (isPrefix && isEnd) return;
    if (!/^(Z_|ERR_ZSTD|ERR_BROTLI|ZSTD_|ERR__ERROR|ERR_PADDING|ERR_)/.test((cause as { code?: string }).code ?? ''))
      throw cause;
    throw badData(codec, messageOf(cause));
  } finally {
    source.destroy();
    decoder.destroy();
  }
}

async function* decompressWhole(chunks: Chunks): AsyncGenerator<Uint8Array> {
  const source = new ByteSource(chunks);
  const held = await source.fill(rawBlockMaxBytes + 1);
  if (held.length > rawBlockMaxBytes) throw overLimit('snappy', 'a file of one raw block', `${rawBlockMaxBytes} bytes`);
  yield decompressSnappy(held, rawBlockMaxBytes);
}

function* slices(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
}

/** Counts what passes. */
class Counted implements AsyncIterable<Uint8Array> {
  sizeBytes = 0;
  readonly #chunks: Chunks;

  constructor(chunks: Chunks) {
    this.#chunks = chunks;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for await (const chunk of this.#chunks) {
      this.sizeBytes += chunk.length;
      yield chunk;
    }
  }
}
