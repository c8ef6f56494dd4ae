/**
 * Cyclic redundancy checks: CRC-32 (zlib's), CRC-32C (Castagnoli) and CRC-64/NVME, all reflected, all starting from
 * and finally inverted by all ones. Joining two checks into the check of the joined bytes follows from linearity:
 * appending n zero bytes is a matrix over GF(2), raised to a power by squaring.
 */
import { crc32 as zlibCrc32 } from 'node:zlib';

export interface Crc {
  update(bytes: Uint8Array): void;
  /** Big-endian bytes, as S3 encodes them. */
  digest(): Buffer;
}

const crc32Polynomial = 0xedb88320n;
const crc32cPolynomial = 0x82f63b78n;
const crc64NvmePolynomial = 0x9a6c9329ac4bc9b5n;

export class Crc32 implements Crc {
  #value = 0;

  update(bytes: Uint8Array): void {
    this.#value = zlibCrc32(bytes, this.#value);
  }

  digest(): Buffer {
    const digest = Buffer.alloc(4);
    digest.writeUInt32BE(this.#value);
    return digest;
  }
}

export class Crc32c implements Crc {
  readonly #tables = crc32cTables;
  #value = 0xffffffff;

  /** Eight bytes a step ("slicing by 8"). */
  update(bytes: Uint8Array): void {
    const [t0, t1, t2, t3, t4, t5, t6, t7] = this.#tables as [T, T, T, T, T, T, T, T];
    let crc = this.#value;
    let index = 0;
    for (const end = bytes.length - 7; index < end; index += 8) {
      crc ^=
        at(bytes, index) | (at(bytes, index + 1) << 8) | (at(bytes, index + 2) << 16) | (at(bytes, index + 3) << 24);
      crc =
        look(t7, crc & 0xff) ^
        look(t6, (crc >>> 8) & 0xff) ^
        look(t5, (crc >>> 16) & 0xff) ^
        look(t4, crc >>> 24) ^
        look(t3, at(bytes, index + 4)) ^
        look(t2, at(bytes, index + 5)) ^
        look(t1, at(bytes, index + 6)) ^
        look(t0, at(bytes, index + 7));
    }
    for (; index < bytes.length; index++) crc = (crc >>> 8) ^ look(t0, (crc ^ at(bytes, index)) & 0xff);
    this.#value = crc;
  }

  digest(): Buffer {
    const digest = Buffer.alloc(4);
    digest.writeUInt32BE(~this.#value >>> 0);
    return digest;
  }
}

/** 64 bits as two halves of 32, since JavaScript's fast integers have 32. */
export class Crc64Nvme implements Crc {
  readonly #tables = crc64Tables;
  #high = 0xffffffff;
  #low = 0xffffffff;

  update(bytes: Uint8Array): void {
    const { high: highs, low: lows } = this.#tables;
    let high = this.#high;
    let low = this.#low;
    let index = 0;
    for (const end = bytes.length - 7; index < end; index += 8) {
      low ^=
        at(bytes, index) | (at(bytes, index + 1) << 8) | (at(bytes, index + 2) << 16) | (at(bytes, index + 3) << 24);
      high ^=
        at(bytes, index + 4) |
        (at(bytes, index + 5) << 8) |
        (at(bytes, index + 6) << 16) |
        (at(bytes, index + 7) << 24);
      const i0 = 0x700 | (low & 0xff);
      const i1 = 0x600 | ((low >>> 8) & 0xff);
      const i2 = 0x500 | ((low >>> 16) & 0xff);
      const i3 = 0x400 | (low >>> 24);
      const i4 = 0x300 | (high & 0xff);
      const i5 = 0x200 | ((high >>> 8) & 0xff);
      const i6 = 0x100 | ((high >>> 16) & 0xff);
      const i7 = high >>> 24;
      high =
        look(highs, i0) ^
        look(highs, i1) ^
        look(highs, i2) ^
        look(highs, i3) ^
        look(highs, i4) ^
        look(highs, i5) ^
        look(highs, i6) ^
        look(highs, i7);
      low =
        look(lows, i0) ^
        look(lows, i1) ^
        look(lows, i2) ^
        look(lows, i3) ^
        look(lows, i4) ^
        look(lows, i5) ^
        look(lows, i6) ^
        look(lows, i7);
    }
    for (; index < bytes.length; index++) {
      const entry = (low ^ at(bytes, index)) & 0xff;
      low = ((low >>> 8) | (high << 24)) ^ look(lows, entry);
      high = (high >>> 8) ^ look(highs, entry);
    }
    this.#high = high;
    this.#low = low;
  }

  digest(): Buffer {
    const digest = Buffer.alloc(8);
    digest.writeUInt32BE(~this.#high >>> 0, 0);
    digest.writeUInt32BE(~this.#low >>> 0, 4);
    return digest;
  }
}

/** The check of `a` followed by `b`, from the two checks and the length of `b`. */
export function combineCrc(kind: 'CRC32' | 'CRC32C' | 'CRC64NVME', a: Buffer, b: Buffer, bSizeBytes: number): Buffer {
  const polynomial = { CRC32: crc32Polynomial, CRC32C: crc32cPolynomial, CRC64NVME: crc64NvmePolynomial }[kind];
  const width = kind === 'CRC64NVME' ? 64 : 32;
  const shifted = multiply(zeroBytes(polynomial, width, bSizeBytes), toBigInt(a));
  const combined = shifted ^ toBigInt(b);
  return Buffer.from(combined.toString(16).padStart(width / 4, '0'), 'hex');
}

type T = Int32Array;

// Indexes stay below the length by construction; `noUncheckedIndexedAccess` cannot see that.
const at = (bytes: Uint8Array, index: number): number => bytes[index] as number;
const look = (table: Int32Array, index: number): number => table[index] as number;

function splitHalves(values: bigint[]): { high: T; low: T } {
  return {
    high: Int32Array.from(values, (value) => Number(BigInt.asIntN(32, value >> 32n))),
    low: Int32Array.from(values, (value) => Number(BigInt.asIntN(32, value))),
  };
}

/** Table k gives the check of a byte followed by k zero bytes. */
function sliceTables(polynomial: bigint): bigint[][] {
  const first = Array.from({ length: 256 }, (_, byte) => {
    let value = BigInt(byte);
    for (let bit = 0; bit < 8; bit++) value = value & 1n ? (value >> 1n) ^ polynomial : value >> 1n;
    return value;
  });
  const tables = [first];
  for (let slice = 1; slice < 8; slice++) {
    tables.push((tables[slice - 1] ?? []).map((value) => (value >> 8n) ^ (first[Number(value & 0xffn)] ?? 0n)));
  }
  return tables;
}

type Matrix = bigint[];

function multiply(matrix: Matrix, vector: bigint): bigint {
  let result = 0n;
  for (let bit = 0; vector !== 0n; bit++, vector >>= 1n) if (vector & 1n) result ^= matrix[bit] ?? 0n;
  return result;
}

function square(matrix: Matrix): Matrix {
  return matrix.map((column) => multiply(matrix, column));
}

/** The matrix that appends `count` zero bytes. */
function zeroBytes(polynomial: bigint, width: number, count: number): Matrix {
  let power: Matrix = Array.from({ length: width }, (_, bit) => (bit === 0 ? polynomial : 1n << BigInt(bit - 1)));
  for (let doubling = 0; doubling < 3; doubling++) power = square(power);
  let result: Matrix = Array.from({ length: width }, (_, bit) => 1n << BigInt(bit));
  for (let rest = count; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) {
      const factor = power;
      result = result.map((column) => multiply(factor, column));
    }
    power = square(power);
  }
  return result;
}

const toBigInt = (bytes: Buffer): bigint => BigInt(`0x${bytes.toString('hex')}`);

// Pure functions of the polynomials, so the same for everybody: computed once, when the module loads (about 2 ms).
const crc32cTables = sliceTables(crc32cPolynomial).map((table) =>
  Int32Array.from(table, (value) => Number(BigInt.asIntN(32, value))),
);
const crc64Tables = splitHalves(sliceTables(crc64NvmePolynomial).flat());
