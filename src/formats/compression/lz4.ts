/** LZ4: raw blocks and the frame format 1.6 (lz4_Block_format.md and lz4_Frame_format.md of the reference implementation). */
import { badData, overLimit, unsupportedData } from '../errors.ts';
import type { ByteSource } from './byte-source.ts';
import { copyWithin } from './snappy.ts';

const historyBytes = 65_536;

/**
 * @param history plain bytes before this block to which it may refer
 * @throws HIVE_BAD_DATA, EXCEEDED_SIZE_LIMIT
 */
export function decompressLz4(
  block: Uint8Array,
  sizeMaxBytes: number,
  history: Uint8Array = new Uint8Array(0),
): Uint8Array {
  // A block does not say its size: one byte makes at most 255.
  const sizeBytes = history.length + Math.min(sizeMaxBytes, block.length * 255 + 64);
  let out = Buffer.allocUnsafe(Math.min(sizeBytes, history.length + block.length * 4 + 64));
  out.set(history);
  let made = history.length;
  const grow = (length: number): void => {
    if (made + length > sizeBytes) throw overLimit('lz4', 'a block', `${sizeMaxBytes} bytes`);
    if (made + length <= out.length) return;
    const wider = Buffer.allocUnsafe(Math.min(sizeBytes, Math.max(out.length * 2, made + length)));
    wider.set(out.subarray(0, made));
    out = wider;
  };
  let at = 0;
  const extend = (length: number): number => {
    if (length < 15) return length;
    for (let total = length; ;) {
      const byte = block[at];
      if (byte === undefined) throw badData('lz4', 'a length overruns the block');
      at += 1;
      total += byte;
      if (byte < 255) return total;
    }
  };
  while (at < block.length) {
    const token = block[at] as number;
    at += 1;
    const literals = extend(token >>> 4);
    if (at + literals > block.length) throw badData('lz4', 'a literal overruns the block', `byte ${at}`);
    grow(literals);
    out.set(block.subarray(at, at + literals), made);
    at += literals;
    made += literals;
    if (at === block.length) break;
    const offset = (block[at] ?? 0) | ((block[at + 1] ?? 0) << 8);
    at += 2;
    if (at > block.length || offset === 0 || offset > made) throw badData('lz4', 'a copy overruns', `byte ${at}`);
    const length = extend(token & 15) + 4;
    grow(length);
    made = copyWithin(out, made, offset, length);
  }
  return out.subarray(history.length, made);
}

export async function* decompressLz4Framed(source: ByteSource): AsyncGenerator<Uint8Array> {
  for (let frame = 0; ; frame += 1) {
    const magic = await source.take(4);
    if (magic.length === 0 && frame > 0) return;
    if (magic.length < 4) throw badData('lz4', 'the file ends before a frame');
    const word = little(magic);
    if (word >= 0x184d2a50 && word <= 0x184d2a5f) {
      const length = little(await source.take(4));
      if ((await source.take(length)).length < length) throw badData('lz4', 'the file ends inside a skipped frame');
      continue;
    }
    if (word !== 0x184d2204) throw badData('lz4', 'no frame begins where one should');
    yield* decompressFrame(source);
  }
}

async function* decompressFrame(source: ByteSource): AsyncGenerator<Uint8Array> {
  const [flags = 0, descriptor = 0] = await source.take(2);
  if (flags >>> 6 !== 1) throw unsupportedData('lz4', `frame version ${flags >>> 6}`);
  if (flags & 1) throw unsupportedData('lz4', 'a frame with a dictionary');
  await source.take((flags & 8 ? 8 : 0) + 1);
  const sizeMaxBytes = 2 ** (8 + 2 * ((descriptor >>> 4) & 7));
  let history: Uint8Array = new Uint8Array(0);
  for (;;) {
    const header = await source.take(4);
    if (header.length < 4) throw badData('lz4', 'the file ends inside a frame');
    const word = little(header);
    if (word === 0) break;
    const length = word & 0x7fffffff;
    if (length > sizeMaxBytes) throw badData('lz4', `a block of ${length} bytes is larger than its frame allows`);
    const block = await source.take(length);
    if (block.length < length) throw badData('lz4', 'the file ends inside a block');
    const plain = word >>> 31 ? block : decompressLz4(block, sizeMaxBytes, history);
    if (!(flags & 0x20)) history = Buffer.concat([history, plain]).subarray(-historyBytes);
    if (flags & 0x10) await source.take(4);
    yield plain;
  }
  if (flags & 4) await source.take(4);
}

function little(bytes: Uint8Array): number {
  return ((bytes[0] ?? 0) | ((bytes[1] ?? 0) << 8) | ((bytes[2] ?? 0) << 16) | ((bytes[3] ?? 0) << 24)) >>> 0;
}
