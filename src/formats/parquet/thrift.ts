/**
 * Thrift's compact protocol, as far as Parquet's metadata needs it, read into plain structures by field number.
 * (thrift-compact-protocol.md of Apache Thrift.)
 */
import { badData } from '../errors.ts';

export type ThriftValue = boolean | number | bigint | Uint8Array | ThriftValue[] | ThriftStruct;
export type ThriftStruct = ReadonlyMap<number, ThriftValue>;

// Limit: metadata nests at most 64 deep.
const depthMax = 64;

export class CompactReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** @throws HIVE_BAD_DATA */
  struct(depth = 0): ThriftStruct {
    if (depth > depthMax) throw badData('parquet', `the metadata nests deeper than ${depthMax}`);
    const fields = new Map<number, ThriftValue>();
    let id = 0;
    for (;;) {
      const header = this.#byte();
      const kind = header & 0x0f;
      if (kind === 0) return fields;
      const delta = header >>> 4;
      id = delta === 0 ? Number(this.#zigzag()) : id + delta;
      fields.set(id, kind <= 2 ? kind === 1 : this.#value(kind, depth));
    }
  }

  #value(kind: number, depth: number): ThriftValue {
    switch (kind) {
      case 1:
      case 2:
        return this.#byte() === 1;
      case 3:
        return (this.#byte() << 24) >> 24;
      case 4:
      case 5:
        return Number(this.#zigzag());
      case 6:
        return this.#zigzag();
      case 7: {
        this.#need(8);
        this.#at += 8;
        return this.#view.getFloat64(this.#at - 8, true);
      }
      case 8:
        return this.#binary();
      case 9:
      case 10:
        return this.#list(depth);
      case 12:
        return this.struct(depth + 1);
      default:
        throw badData('parquet', `the metadata has a field of the unknown kind ${kind}`, `byte ${this.#at}`);
    }
  }

  #list(depth: number): ThriftValue[] {
    const header = this.#byte();
    const short = header >>> 4;
    const count = short === 15 ? Number(this.#varint()) : short;
    // Every element takes a byte at least, so a longer list is a lie.
    if (count > this.#bytes.length - this.#at)
      throw badData('parquet', `a list claims ${count} elements`, `byte ${this.#at}`);
    const items: ThriftValue[] = [];
    for (let index = 0; index < count; index += 1) items.push(this.#value(header & 0x0f, depth + 1));
    return items;
  }

  #binary(): Uint8Array {
    const length = Number(this.#varint());
    this.#need(length);
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  #zigzag(): bigint {
    const value = this.#varint();
    return (value >> 1n) ^ -(value & 1n);
  }

  #varint(): bigint {
    let low = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.#byte();
      low |= (byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt(low);
    }
    let value = BigInt(low);
    for (let shift = 28n; shift < 70n; shift += 7n) {
      const byte = this.#byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw badData('parquet', 'a number in the metadata is longer than 64 bits', `byte ${this.#at}`);
  }

  #byte(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) throw badData('parquet', 'the metadata ends too early');
    this.#at += 1;
    return byte;
  }

  #need(count: number): void {
    if (count > this.#bytes.length - this.#at)
      throw badData('parquet', 'the metadata ends too early', `byte ${this.#at}`);
  }
}

export function numberOf(struct: ThriftStruct | undefined, field: number): number | undefined {
  const value = struct?.get(field);
  return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : undefined;
}

export function textOf(struct: ThriftStruct | undefined, field: number): string | undefined {
  const value = struct?.get(field);
  return value instanceof Uint8Array ? Buffer.from(value).toString('utf8') : undefined;
}

export function bytesOf(struct: ThriftStruct | undefined, field: number): Uint8Array | undefined {
  const value = struct?.get(field);
  return value instanceof Uint8Array ? value : undefined;
}

export function structOf(struct: ThriftStruct | undefined, field: number): ThriftStruct | undefined {
  const value = struct?.get(field);
  return value instanceof Map ? value : undefined;
}

/** The structs in a list; others in it are passed over. */
export function structsOf(struct: ThriftStruct | undefined, field: number): ThriftStruct[] {
  const value = struct?.get(field);
  return Array.isArray(value) ? value.filter((item): item is ThriftStruct => item instanceof Map) : [];
}
