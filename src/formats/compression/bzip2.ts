/**
 * bzip2: Huffman groups over move-to-front over Burrows-Wheeler, one block at a time.
 *
 * Blocks begin at any bit and do not say how long they are, so a block is decoded only when enough bytes are at hand for
 * the longest one possible, or the stream has ended. Concatenated streams (as pbzip2 writes them) are read as one.
 */
import { badData, overLimit } from '../errors.ts';
import type { ByteSource } from './byte-source.ts';

// Limit: 900,001 symbols of at most 20 bits, selectors and tables: what the longest block needs.
const blockBytesMax = 2_400_000;
const blockMark = 0x314159265359;
const endMark = 0x177245385090;

export async function* decompressBzip2Stream(source: ByteSource, isPrefix = false): AsyncGenerator<Uint8Array> {
  const decoder = new Bzip2Decoder();
  for (;;) {
    const held = await source.fill(blockBytesMax + 8);
    const isLast = held.length < blockBytesMax + 8;
    if (held.length === 0) return decoder.assertComplete();
    const piece = decoder.decode(held, isLast && isPrefix);
    source.skip(piece.usedBytes);
    if (piece.bytes.length > 0) yield piece.bytes;
    if (piece.isOver) return;
  }
}

export function decompressBzip2(bytes: Uint8Array, sizeMaxBytes: number): Uint8Array {
  const decoder = new Bzip2Decoder();
  const parts: Uint8Array[] = [];
  let size = 0;
  let held = bytes;
  while (held.length > 0) {
    const piece = decoder.decode(held, false);
    size += piece.bytes.length;
    if (size > sizeMaxBytes) throw overLimit('bzip2', 'a block', `${sizeMaxBytes} bytes`);
    parts.push(piece.bytes);
    held = held.subarray(piece.usedBytes);
    if (piece.isOver) break;
  }
  decoder.assertComplete();
  return Buffer.concat(parts, size);
}

class EndOfInput extends Error {}

interface Piece {
  readonly bytes: Uint8Array;
  readonly usedBytes: number;
  /** Nothing that belongs to the stream follows. */
  readonly isOver: boolean;
}

const nothing = new Uint8Array(0);

class Bzip2Decoder {
  #bits = new BitReader();
  #sizeMax = 0;
  #bitOffset = 0;
  #tree: Int32Array = new Int32Array(0);
  #isInStream = false;
  #streams = 0;

  assertComplete(): void {
    if (this.#isInStream || this.#streams === 0) throw badData('bzip2', 'the file ends inside a block');
  }

  /** Decodes one header, block or end mark from the front of `held`. */
  decode(held: Uint8Array, isCutOff: boolean): Piece {
    this.#bits.reset(held, this.#bitOffset);
    try {
      const bytes = this.#isInStream ? this.#markedPart() : this.#header();
      if (bytes === undefined) return { bytes: nothing, usedBytes: held.length, isOver: true };
      const { bitsUsed } = this.#bits;
      this.#bitOffset = bitsUsed & 7;
      return { bytes, usedBytes: bitsUsed >>> 3, isOver: false };
    } catch (error) {
      if (!(error instanceof EndOfInput)) throw error;
      if (isCutOff) return { bytes: nothing, usedBytes: held.length, isOver: true };
      throw badData('bzip2', 'the file ends inside a block');
    }
  }

  #header(): Uint8Array | undefined {
    const magic = this.#bits.read(24);
    const level = this.#bits.read(8) - 0x30;
    if (magic !== 0x425a68 || level < 1 || level > 9) {
      if (this.#streams > 0) return undefined;
      throw badData('bzip2', 'no stream begins where one should');
    }
    this.#streams += 1;
    this.#isInStream = true;
    this.#sizeMax = level * 100_000;
    if (this.#tree.length < this.#sizeMax) this.#tree = new Int32Array(this.#sizeMax);
    return nothing;
  }

  #markedPart(): Uint8Array {
    const mark = this.#bits.read(24) * 2 ** 24 + this.#bits.read(24);
    if (mark === endMark) {
      this.#bits.read(16);
      this.#bits.read(16);
      this.#bits.align();
      this.#isInStream = false;
      return nothing;
    }
    if (mark !== blockMark) throw badData('bzip2', 'no block begins where one should');
    const checksum = ((this.#bits.read(16) << 16) | this.#bits.read(16)) >>> 0;
    if (this.#bits.read(1) === 1) throw badData('bzip2', 'randomised blocks went out of use in 1996 and are not read');
    const start = this.#bits.read(24);
    const count = readSymbols(this.#bits, this.#tree, this.#sizeMax);
    if (start >= count) throw badData('bzip2', 'a block starts outside itself');
    const plain = undoTransform(this.#tree, count, start);
    if (checksumOf(plain) !== checksum) throw badData('bzip2', 'a checksum does not match');
    return plain;
  }
}

/** Fills the low bytes of `tree` with the block's transformed bytes; returns how many. */
function readSymbols(bits: BitReader, tree: Int32Array, sizeMax: number): number {
  const { alphabet, tables, selectors } = readTables(bits);
  const endOfBlock = alphabet.length + 1;
  let made = 0;
  let runLength = 0;
  let runBit = 1;
  let group = 0;
  let left = 0;
  let table = tables[0] as HuffmanTable;
  for (;;) {
    if (left === 0) {
      table = tables[selectors[group] ?? -1] as HuffmanTable;
      if (table === undefined) throw badData('bzip2', 'a block has more symbols than it announced');
      group += 1;
      left = 50;
    }
    left -= 1;
    const symbol = table.read(bits);
    if (symbol <= 1) {
      if (runBit > 2 ** 21) throw badData('bzip2', 'a run is longer than a block');
      runLength += runBit << symbol;
      runBit <<= 1;
      continue;
    }
    if (runLength > 0) {
      if (made + runLength > sizeMax) throw badData('bzip2', 'a block is larger than its stream allows');
      tree.fill(alphabet[0] as number, made, made + runLength);
      made += runLength;
      runLength = 0;
      runBit = 1;
    }
    if (symbol === endOfBlock) return made;
    if (made >= sizeMax) throw badData('bzip2', 'a block is larger than its stream allows');
    const position = symbol - 1;
    const byte = alphabet[position] as number;
    alphabet.copyWithin(1, 0, position);
    alphabet[0] = byte;
    tree[made] = byte;
    made += 1;
  }
}

function readTables(bits: BitReader): { alphabet: Uint8Array; tables: HuffmanTable[]; selectors: Uint8Array } {
  const used: number[] = [];
  const rows = bits.read(16);
  for (let row = 0; row < 16; row += 1) {
    if ((rows & (0x8000 >>> row)) === 0) continue;
    const cells = bits.read(16);
    for (let cell = 0; cell < 16; cell += 1) if (cells & (0x8000 >>> cell)) used.push(row * 16 + cell);
  }
  if (used.length === 0) throw badData('bzip2', 'a block uses no byte at all');
  const tableCount = bits.read(3);
  const selectorCount = bits.read(15);
  if (tableCount < 2 || tableCount > 6 || selectorCount === 0) throw badData('bzip2', 'a block has no sound tables');
  const order = Uint8Array.from({ length: tableCount }, (_, index) => index);
  const selectors = new Uint8Array(selectorCount);
  for (let index = 0; index < selectorCount; index += 1) {
    let position = 0;
    while (bits.read(1) === 1) {
      position += 1;
      if (position >= tableCount) throw badData('bzip2', 'a selector names no table');
    }
    const selected = order[position] as number;
    order.copyWithin(1, 0, position);
    order[0] = selected;
    selectors[index] = selected;
  }
  const tables = Array.from({ length: tableCount }, () => new HuffmanTable(readLengths(bits, used.length + 2)));
  return { alphabet: Uint8Array.from(used), tables, selectors };
}

function readLengths(bits: BitReader, symbolCount: number): Uint8Array {
  const lengths = new Uint8Array(symbolCount);
  let length = bits.read(5);
  for (let symbol = 0; symbol < symbolCount; symbol += 1) {
    for (;;) {
      if (length < 1 || length > 20) throw badData('bzip2', `a code of ${length} bits is out of range`);
      if (bits.read(1) === 0) break;
      length += bits.read(1) === 0 ? 1 : -1;
    }
    lengths[symbol] = length;
  }
  return lengths;
}

/** Canonical codes, read a bit at a time past the shortest length. */
class HuffmanTable {
  readonly #symbols: Uint16Array;
  readonly #limits = new Int32Array(22).fill(-1);
  readonly #bases = new Int32Array(22);
  readonly #lengthMin: number;
  readonly #lengthMax: number;

  constructor(lengths: Uint8Array) {
    const counts = new Int32Array(22);
    for (const length of lengths) counts[length] = (counts[length] as number) + 1;
    this.#lengthMin = lengths.reduce((least, length) => Math.min(least, length), 20);
    this.#lengthMax = lengths.reduce((most, length) => Math.max(most, length), 1);
    this.#symbols = new Uint16Array(lengths.length);
    let at = 0;
    let code = 0;
    for (let length = this.#lengthMin; length <= this.#lengthMax; length += 1) {
      this.#bases[length] = at - code;
      for (const [symbol, own] of lengths.entries()) {
        if (own !== length) continue;
        this.#symbols[at] = symbol;
        at += 1;
      }
      code += counts[length] as number;
      this.#limits[length] = code - 1;
      code <<= 1;
    }
  }

  read(bits: BitReader): number {
    let length = this.#lengthMin;
    let code = bits.read(length);
    while (code > (this.#limits[length] as number)) {
      if (length >= this.#lengthMax) throw badData('bzip2', 'a code stands for no symbol');
      code = (code << 1) | bits.read(1);
      length += 1;
    }
    const symbol = this.#symbols[(this.#bases[length] as number) + code];
    if (symbol === undefined) throw badData('bzip2', 'a code stands for no symbol');
    return symbol;
  }
}

/** Undoes Burrows-Wheeler in place, then the runs of four to 259 equal bytes. */
function undoTransform(tree: Int32Array, count: number, start: number): Uint8Array {
  const places = new Int32Array(256);
  for (let index = 0; index < count; index += 1) places[(tree[index] as number) & 0xff]! += 1;
  for (let byte = 0, sum = 0; byte < 256; byte += 1) {
    const own = places[byte] as number;
    places[byte] = sum;
    sum += own;
  }
  for (let index = 0; index < count; index += 1) {
    const byte = (tree[index] as number) & 0xff;
    const place = places[byte] as number;
    places[byte] = place + 1;
    tree[place] = (tree[place] as number) | (index << 8);
  }
  let out = Buffer.allocUnsafe(count + (count >>> 2) + 260);
  let made = 0;
  let position = (tree[start] as number) >>> 8;
  let last = -1;
  let equal = 0;
  for (let index = 0; index < count; index += 1) {
    const entry = tree[position] as number;
    const byte = entry & 0xff;
    position = entry >>> 8;
    if (made + 260 > out.length) out = Buffer.concat([out], out.length * 2);
    if (equal === 4) {
      out.fill(last, made, made + byte);
      made += byte;
      equal = 0;
      last = -1;
      continue;
    }
    equal = byte === last ? equal + 1 : 1;
    last = byte;
    out[made] = byte;
    made += 1;
  }
  return out.subarray(0, made);
}

class BitReader {
  #bytes: Uint8Array = nothing;
  #at = 0;
  #word = 0;
  #wordBits = 0;

  reset(bytes: Uint8Array, bitOffset: number): void {
    this.#bytes = bytes;
    this.#at = 0;
    this.#word = 0;
    this.#wordBits = 0;
    if (bitOffset > 0) this.read(bitOffset);
  }

  get bitsUsed(): number {
    return this.#at * 8 - this.#wordBits;
  }

  /** @param count 0 to 24 */
  read(count: number): number {
    while (this.#wordBits < count) {
      if (this.#at >= this.#bytes.length) throw new EndOfInput();
      this.#word = ((this.#word << 8) | (this.#bytes[this.#at] as number)) & 0xffffffff;
      this.#at += 1;
      this.#wordBits += 8;
    }
    this.#wordBits -= count;
    return (this.#word >>> this.#wordBits) & ((1 << count) - 1);
  }

  align(): void {
    this.#wordBits -= this.#wordBits & 7;
  }
}

// CRC-32 of bzip2: the usual polynomial, high bit first.
const crcTable = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index << 24;
  for (let bit = 0; bit < 8; bit += 1) value = value & 0x80000000 ? (value << 1) ^ 0x04c11db7 : value << 1;
  return value >>> 0;
});

function checksumOf(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (let index = 0; index < bytes.length; index += 1) {
    crc = (crc << 8) ^ (crcTable[((crc >>> 24) ^ (bytes[index] as number)) & 0xff] as number);
  }
  return ~crc >>> 0;
}
