/**
 * Snappy: raw blocks, the framing format (framing_format.txt of the reference implementation) and Hadoop's block framing.
 * Written for hostile input: every length is checked before it is used.
 */
import { badData, overLimit } from '../errors.ts';
import type { ByteSource } from './byte-source.ts';

/** @throws HIVE_BAD_DATA, EXCEEDED_SIZE_LIMIT when the block says it is larger than `sizeMaxBytes` */
export function decompressSnappy(block: Uint8Array, sizeMaxBytes: number): Uint8Array {
  const [size, start] = plainSize(block);
  if (size > sizeMaxBytes) throw overLimit('snappy', `a block of ${size} bytes`, `${sizeMaxBytes} bytes`);
  // No element makes more than 64 bytes of 3, so a larger claim is a lie that should not cost memory.
  if (size > block.length * 22 + 64)
    throw badData('snappy', `${block.length} bytes cannot hold the ${size} they claim`);
  const out = Buffer.allocUnsafe(size);
  let at = start;
  let made = 0;
  while (at < block.length) {
    const tag = block[at] as number;
    at += 1;
    const kind = tag & 3;
    if (kind === 0) {
      let length = (tag >>> 2) + 1;
      if (length > 60) {
        const bytes = length - 60;
        length = readLittle(block, at, bytes) + 1;
        at += bytes;
      }
      if (at + length > block.length || made + length > size)
        throw badData('snappy', 'a literal overruns', `byte ${at}`);
      out.set(block.subarray(at, at + length), made);
      at += length;
      made += length;
      continue;
    }
    const length = kind === 1 ? ((tag >>> 2) & 7) + 4 : (tag >>> 2) + 1;
    const offsetBytes = kind === 1 ? 1 : kind === 2 ? 2 : 4;
    const offset = readLittle(block, at, offsetBytes) + (kind === 1 ? (tag >>> 5) << 8 : 0);
    at += offsetBytes;
    if (offset === 0 || offset > made || made + length > size) throw badData('snappy', 'a copy overruns', `byte ${at}`);
    made = copyWithin(out, made, offset, length);
  }
  if (made !== size) throw badData('snappy', `the block gave ${made} of ${size} bytes`);
  return out;
}

/** Repeats what lies `offset` bytes back; the source may overlap what is being written. */
export function copyWithin(out: Uint8Array, made: number, offset: number, length: number): number {
  if (offset >= length) out.copyWithin(made, made - offset, made - offset + length);
  else for (let index = 0; index < length; index += 1) out[made + index] = out[made + index - offset] as number;
  return made + length;
}

export async function* decompressSnappyFramed(source: ByteSource): AsyncGenerator<Uint8Array> {
  for (;;) {
    const header = await source.take(4);
    if (header.length === 0) return;
    if (header.length < 4) throw badData('snappy', 'the file ends inside a chunk header');
    const kind = header[0] as number;
    const length = readLittle(header, 1, 3);
    const chunk = await source.take(length);
    if (chunk.length < length) throw badData('snappy', 'the file ends inside a chunk');
    if (kind === 0xff || (kind >= 0x80 && kind <= 0xfe)) continue;
    if (kind > 1) throw badData('snappy', `chunk type ${kind} may not be skipped`);
    if (length < 4) throw badData('snappy', 'a chunk is shorter than its checksum');
    const plain = kind === 0 ? decompressSnappy(chunk.subarray(4), 65_536) : chunk.subarray(4);
    if (maskedChecksum(plain) !== readLittle(chunk, 0, 4)) throw badData('snappy', 'a checksum does not match');
    yield plain;
  }
}

/** @param decode how one block is packed: Hadoop frames Snappy and LZ4 alike */
export async function* decompressHadoop(
  source: ByteSource,
  decode: (block: Uint8Array, sizeMaxBytes: number) => Uint8Array,
): AsyncGenerator<Uint8Array> {
  const sizeMaxBytes = 64 * 2 ** 20;
  for (;;) {
    const header = await source.take(4);
    if (header.length === 0) return;
    if (header.length < 4) throw badData('snappy', 'the file ends inside a block header');
    let left = readBig(header);
    while (left > 0) {
      const packed = await source.take(4);
      const length = packed.length === 4 ? readBig(packed) : sizeMaxBytes + 1;
      if (length === 0 || length > sizeMaxBytes) throw badData('snappy', 'a block names no sound size');
      const block = await source.take(length);
      if (block.length < length) throw badData('snappy', 'the file ends inside a block');
      const plain = decode(block, sizeMaxBytes);
      left -= plain.length;
      if (left < 0 || plain.length === 0) throw badData('snappy', 'a block gives other bytes than it claims');
      yield plain;
    }
  }
}

function plainSize(block: Uint8Array): [number, number] {
  let size = 0;
  for (let index = 0; index < 5; index += 1) {
    const byte = block[index];
    if (byte === undefined) break;
    size += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) return [size, index + 1];
  }
  throw badData('snappy', 'the block does not say how large it is');
}

function readLittle(bytes: Uint8Array, at: number, count: number): number {
  let value = 0;
  for (let index = 0; index < count; index += 1) value += (bytes[at + index] ?? 0) * 2 ** (8 * index);
  return value;
}

function readBig(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0);
}

// CRC-32C (Castagnoli), reflected.
const crcTable = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  return value;
});

function maskedChecksum(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (let index = 0; index < bytes.length; index += 1) {
    crc = (crcTable[(crc ^ (bytes[index] as number)) & 0xff] as number) ^ (crc >>> 8);
  }
  crc = ~crc >>> 0;
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}
