/**
 * CBOR (RFC 8949) as far as the AWS protocols use it: all of reading, shortest forms in writing. Maps become plain
 * objects with text keys; tag 1 is a `Date`.
 */
import { unreadable } from '../errors.ts';
import { setOwn } from './tree.ts';

// Limit: CBOR may be nested 100 deep.
const depthMax = 100;

/** A half-written item ends an indefinite one: no value of its own. */
const breakMark = Symbol('break');

/** @throws SerializationException when the bytes are no single well-formed item */
export function decodeCbor(body: Buffer): unknown {
  const reader = new CborReader(body);
  const value = reader.item(0);
  if (value === breakMark || !reader.isAtEnd) throw malformed('there are bytes behind its end');
  return value;
}

class CborReader {
  readonly #body: Buffer;
  #at = 0;

  constructor(body: Buffer) {
    this.#body = body;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#body.length;
  }

  item(depth: number): unknown {
    if (depth > depthMax) throw malformed(`it is nested more than ${depthMax} deep`);
    const initial = this.#take(1)[0]!;
    const major = initial >> 5;
    const info = initial & 31;
    if (major === 7) return this.#simple(info);
    const length = info === 31 ? undefined : this.#argument(info);
    switch (major) {
      case 0:
        return toNumber(defined(length));
      case 1:
        return toNumber(-1n - defined(length));
      case 2:
        return length === undefined ? Buffer.concat(this.#parts(2)) : this.#take(toSize(length));
      case 3:
        return (length === undefined ? Buffer.concat(this.#parts(3)) : this.#take(toSize(length))).toString('utf8');
      case 4:
        return this.#list(length, depth);
      case 5:
        return this.#map(length, depth);
      default:
        return tagged(defined(length), this.item(depth + 1));
    }
  }

  #list(length: bigint | undefined, depth: number): unknown[] {
    const items: unknown[] = [];
    // Every item takes a byte at least, so that a lying length ends at the end of the body.
    for (let left = length ?? -1n; left !== 0n; left--) {
      const item = this.item(depth + 1);
      if (item === breakMark) {
        if (length !== undefined) throw malformed('a break stands outside of an indefinite item');
        break;
      }
      items.push(item);
    }
    return items;
  }

  #map(length: bigint | undefined, depth: number): Record<string, unknown> {
    const entries: Record<string, unknown> = {};
    for (let left = length ?? -1n; left !== 0n; left--) {
      const key = this.item(depth + 1);
      if (key === breakMark && length === undefined) break;
      if (typeof key !== 'string') throw malformed('a key of a map is not text');
      const value = this.item(depth + 1);
      if (value === breakMark) throw malformed('a map ends behind a key');
      setOwn(entries, key, value);
    }
    return entries;
  }

  /** The definite strings of an indefinite one. */
  #parts(major: number): Buffer[] {
    const parts: Buffer[] = [];
    for (;;) {
      const initial = this.#take(1)[0]!;
      if (initial === 0xff) return parts;
      if (initial >> 5 !== major || (initial & 31) === 31) throw malformed('a string has a part of another kind');
      parts.push(this.#take(toSize(this.#argument(initial & 31))));
    }
  }

  #simple(info: number): unknown {
    switch (info) {
      case 20:
        return false;
      case 21:
        return true;
      case 22:
      case 23:
        return null;
      case 25:
        return halfFloat(this.#take(2).readUInt16BE());
      case 26:
        return this.#take(4).readFloatBE();
      case 27:
        return this.#take(8).readDoubleBE();
      case 31:
        return breakMark;
      default:
        throw malformed(`the simple value ${info} is not used`);
    }
  }

  #argument(info: number): bigint {
    if (info < 24) return BigInt(info);
    if (info === 24) return BigInt(this.#take(1)[0]!);
    if (info === 25) return BigInt(this.#take(2).readUInt16BE());
    if (info === 26) return BigInt(this.#take(4).readUInt32BE());
    if (info === 27) return this.#take(8).readBigUInt64BE();
    throw malformed(`the length code ${info} is not used`);
  }

  #take(sizeBytes: number): Buffer {
    const end = this.#at + sizeBytes;
    if (end > this.#body.length) throw malformed('it ends too early');
    const part = this.#body.subarray(this.#at, end);
    this.#at = end;
    return part;
  }
}

/** Numbers, text, booleans, null, `Uint8Array`, `Date`, arrays and plain objects. */
export function encodeCbor(value: unknown): Buffer {
  const parts: Buffer[] = [];
  write(parts, value);
  return Buffer.concat(parts);
}

function write(parts: Buffer[], value: unknown): void {
  if (value === null || value === undefined) parts.push(Buffer.of(0xf6));
  else if (typeof value === 'boolean') parts.push(Buffer.of(value ? 0xf5 : 0xf4));
  else if (typeof value === 'number') writeNumber(parts, value);
  else if (typeof value === 'string') {
    const bytes = Buffer.from(value);
    parts.push(head(3, bytes.length), bytes);
  } else if (value instanceof Uint8Array) parts.push(head(2, value.length), Buffer.from(value));
  else if (value instanceof Date) {
    parts.push(Buffer.of(0xc1));
    writeNumber(parts, value.getTime() / 1000);
  } else if (Array.isArray(value)) {
    parts.push(head(4, value.length));
    for (const item of value) write(parts, item);
  } else writeMap(parts, value as Record<string, unknown>);
}

function writeMap(parts: Buffer[], value: Record<string, unknown>): void {
  const entries = Object.entries(value);
  parts.push(head(5, entries.length));
  for (const [key, item] of entries) {
    write(parts, key);
    write(parts, item);
  }
}

function writeNumber(parts: Buffer[], value: number): void {
  if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
    parts.push(value < 0 ? head(1, -1 - value) : head(0, value));
    return;
  }
  const bytes = Buffer.alloc(9);
  bytes[0] = 0xfb;
  bytes.writeDoubleBE(value, 1);
  parts.push(bytes);
}

function head(major: number, argument: number): Buffer {
  const type = major << 5;
  if (argument < 24) return Buffer.of(type | argument);
  if (argument < 0x100) return Buffer.of(type | 24, argument);
  if (argument < 0x10000) return Buffer.of(type | 25, argument >> 8, argument & 0xff);
  const bytes = Buffer.alloc(argument < 0x100000000 ? 5 : 9);
  bytes[0] = type | (bytes.length === 5 ? 26 : 27);
  if (bytes.length === 5) bytes.writeUInt32BE(argument, 1);
  else bytes.writeBigUInt64BE(BigInt(argument), 1);
  return bytes;
}

/** Tag 1 is a time in seconds; others stand for what they hold. */
function tagged(tag: bigint, value: unknown): unknown {
  if (value === breakMark) throw malformed('a tag holds nothing');
  if (tag !== 1n) return value;
  if (typeof value !== 'number') throw malformed('a time is not a number');
  return new Date(Math.round(value * 1000));
}

function halfFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

function toNumber(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** Lengths beyond any body end in the check of what is left. */
function toSize(length: bigint): number {
  return Number(length);
}

function defined(length: bigint | undefined): bigint {
  if (length === undefined) throw malformed('a number has no length');
  return length;
}

function malformed(why: string): Error {
  return unreadable(`The body is not valid CBOR: ${why}.`);
}
