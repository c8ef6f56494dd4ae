/**
 * ORC's run-length encodings: bytes, bits, integers of version 1 and 2 (ORC specification v1, "Run Length Encoding").
 * Integers come out as numbers, and as bigints only where a number would not hold them.
 */
import { badData } from '../errors.ts';

export type Integer = number | bigint;

export class ByteRuns {
  readonly #bytes: Uint8Array;
  #at = 0;
  #left = 0;
  #isRun = false;
  #value = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  next(): number {
    if (this.#left === 0) this.#header();
    this.#left -= 1;
    return this.#isRun ? this.#value : this.#byte();
  }

  #header(): void {
    const header = this.#byte();
    this.#isRun = header < 128;
    this.#left = this.#isRun ? header + 3 : 256 - header;
    if (this.#isRun) this.#value = this.#byte();
  }

  #byte(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) throw badData('orc', 'a stream of bytes ends too early');
    this.#at += 1;
    return byte;
  }
}

export class BitRuns {
  readonly #runs: ByteRuns;
  #byte = 0;
  #left = 0;

  constructor(bytes: Uint8Array) {
    this.#runs = new ByteRuns(bytes);
  }

  next(): boolean {
    if (this.#left === 0) {
      this.#byte = this.#runs.next();
      this.#left = 8;
    }
    this.#left -= 1;
    return ((this.#byte >>> this.#left) & 1) === 1;
  }
}

export interface IntegerRuns {
  next(): Integer;
}

export function integerRuns(bytes: Uint8Array, isSigned: boolean, isVersion2: boolean): IntegerRuns {
  return isVersion2 ? new IntegerRuns2(bytes, isSigned) : new IntegerRuns1(bytes, isSigned);
}

/** Integers of any length in groups of seven bits, and whole bytes. */
export class VarintReader {
  readonly bytes: Uint8Array;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  byte(): number {
    const byte = this.bytes[this.at];
    if (byte === undefined) throw badData('orc', 'a stream of integers ends too early');
    this.at += 1;
    return byte;
  }

  unsigned(bitsMax = 70): Integer {
    let value = 0;
    for (let shift = 0; shift < 49; shift += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    let wide = BigInt(value);
    for (let shift = 49; shift < bitsMax; shift += 7) {
      const byte = this.byte();
      wide |= BigInt(byte & 0x7f) << BigInt(shift);
      if (byte < 0x80) return wide;
    }
    throw badData('orc', `an integer is longer than ${bitsMax} bits`);
  }

  signed(bitsMax = 70): Integer {
    return unzigzag(this.unsigned(bitsMax));
  }
}

export function unzigzag(value: Integer): Integer {
  if (typeof value === 'number') return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  return narrow((value >> 1n) ^ -(value & 1n));
}

function narrow(value: bigint): Integer {
  return value >= -9007199254740991n && value <= 9007199254740991n ? Number(value) : value;
}

function add(a: Integer, b: Integer): Integer {
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b;
    if (Number.isSafeInteger(sum)) return sum;
  }
  return narrow(BigInt.asIntN(64, BigInt(a) + BigInt(b)));
}

class IntegerRuns1 implements IntegerRuns {
  readonly #reader: VarintReader;
  readonly #isSigned: boolean;
  #left = 0;
  #isRun = false;
  #value: Integer = 0;
  #delta = 0;

  constructor(bytes: Uint8Array, isSigned: boolean) {
    this.#reader = new VarintReader(bytes);
    this.#isSigned = isSigned;
  }

  next(): Integer {
    if (this.#left === 0) {
      const header = this.#reader.byte();
      this.#isRun = header < 128;
      this.#left = this.#isRun ? header + 3 : 256 - header;
      if (this.#isRun) {
        this.#delta = (this.#reader.byte() << 24) >> 24;
        this.#value = add(this.#varint(), -this.#delta);
      }
    }
    this.#left -= 1;
    if (!this.#isRun) return this.#varint();
    this.#value = add(this.#value, this.#delta);
    return this.#value;
  }

  #varint(): Integer {
    return this.#isSigned ? this.#reader.signed() : this.#reader.unsigned();
  }
}

const wideWidths = [26, 28, 30, 32, 40, 48, 56, 64];

function widthOf(code: number): number {
  return code < 24 ? code + 1 : (wideWidths[code - 24] as number);
}

/** The next width that the packing of patches knows. */
function packedWidth(bits: number): number {
  return bits <= 24 ? bits : (wideWidths.find((width) => width >= bits) ?? 64);
}

class IntegerRuns2 implements IntegerRuns {
  readonly #reader: VarintReader;
  readonly #isSigned: boolean;
  #values: Integer[] = [];
  #at = 0;

  constructor(bytes: Uint8Array, isSigned: boolean) {
    this.#reader = new VarintReader(bytes);
    this.#isSigned = isSigned;
  }

  next(): Integer {
    if (this.#at >= this.#values.length) {
      this.#values = this.#run();
      this.#at = 0;
    }
    this.#at += 1;
    return this.#values[this.#at - 1] as Integer;
  }

  #run(): Integer[] {
    const first = this.#reader.byte();
    const code = (first >>> 1) & 0x1f;
    if (first >>> 6 === 0) {
      const value = this.#bigEndian(((first >>> 3) & 7) + 1);
      return Array.from({ length: (first & 7) + 3 }).fill(this.#isSigned ? unzigzag(value) : value) as Integer[];
    }
    const count = (((first & 1) << 8) | this.#reader.byte()) + 1;
    switch (first >>> 6) {
      case 1: {
        const values = this.#packed(count, widthOf(code));
        return this.#isSigned ? values.map(unzigzag) : values;
      }
      case 2:
        return this.#patched(count, widthOf(code));
      default:
        return this.#deltas(count, code === 0 ? 0 : widthOf(code));
    }
  }

  #patched(count: number, width: number): Integer[] {
    const third = this.#reader.byte();
    const fourth = this.#reader.byte();
    const baseBytes = (third >>> 5) + 1;
    const patchWidth = widthOf(third & 0x1f);
    const gapWidth = (fourth >>> 5) + 1;
    const patchCount = fourth & 0x1f;
    const coded = BigInt(this.#bigEndian(baseBytes));
    const signBit = 1n << BigInt(baseBytes * 8 - 1);
    const base = (coded & signBit) === 0n ? coded : -(coded & (signBit - 1n));
    const values = this.#packed(count, width);
    const patches = this.#packed(patchCount, packedWidth(patchWidth + gapWidth));
    let place = 0;
    for (const patch of patches) {
      const wide = BigInt(patch);
      place += Number(wide >> BigInt(patchWidth));
      const bits = wide & ((1n << BigInt(patchWidth)) - 1n);
      if (bits === 0n) continue;
      if (place >= count) throw badData('orc', 'a patch lies outside its run');
      values[place] = BigInt(values[place] as Integer) | (bits << BigInt(width));
    }
    return values.map((value) => narrow(BigInt.asIntN(64, BigInt(value) + base)));
  }

  #deltas(count: number, width: number): Integer[] {
    let value = this.#isSigned ? this.#reader.signed() : this.#reader.unsigned();
    const first = this.#reader.signed();
    const values: Integer[] = [value];
    if (count === 1) return values;
    value = add(value, first);
    values.push(value);
    const isFalling = first < 0;
    const deltas = width === 0 ? undefined : this.#packed(count - 2, width);
    for (let index = 2; index < count; index += 1) {
      const delta = deltas === undefined ? first : (deltas[index - 2] as Integer);
      value = add(value, deltas !== undefined && isFalling ? -delta : delta);
      values.push(value);
    }
    return values;
  }

  #bigEndian(bytes: number): Integer {
    let value = 0n;
    for (let index = 0; index < bytes; index += 1) value = (value << 8n) | BigInt(this.#reader.byte());
    return narrow(value);
  }

  /** Values of `width` bits, high bit first, filled up to a whole byte at the end. */
  #packed(count: number, width: number): Integer[] {
    const values: Integer[] = [];
    let byte = 0;
    let left = 0;
    for (let index = 0; index < count; index += 1) {
      let value = 0;
      let wide = 0n;
      let needed = width;
      while (needed > 0) {
        if (left === 0) {
          byte = this.#reader.byte();
          left = 8;
        }
        const taken = Math.min(needed, left);
        const bits = (byte >>> (left - taken)) & ((1 << taken) - 1);
        if (width > 48) wide = (wide << BigInt(taken)) | BigInt(bits);
        else value = value * 2 ** taken + bits;
        left -= taken;
        needed -= taken;
      }
      values.push(width > 48 ? narrow(wide) : value);
    }
    return values;
  }
}
