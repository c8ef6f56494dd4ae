/** Avro's binary primitives over bytes that may lie (Avro specification 1.12, "Binary Encoding"). */
import { badData } from '../errors.ts';

export class Cursor {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  /** Items that arrays, maps and blocks may still claim: one a byte, and a million that take no byte. */
  #itemsLeft: number;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#itemsLeft = bytes.length + 1_000_000;
  }

  /** A zigzag integer of up to 64 bits; a bigint only where a number would not hold it. */
  long(): number | bigint {
    let low = 0;
    for (let shift = 0; shift < 49; shift += 7) {
      const byte = this.byte();
      low += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return low % 2 === 0 ? low / 2 : -(low + 1) / 2;
    }
    let wide = BigInt(low);
    for (let shift = 49n; shift < 70n; shift += 7n) {
      const byte = this.byte();
      wide |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asIntN(64, (wide >> 1n) ^ -(wide & 1n));
    }
    throw badData('avro', 'an integer is longer than 64 bits', `byte ${this.at}`);
  }

  /** A count or a length. */
  size(): number {
    const value = Number(this.long());
    if (!Number.isSafeInteger(value)) throw badData('avro', `a length of ${value} is out of range`, `byte ${this.at}`);
    return value;
  }

  byte(): number {
    const byte = this.bytes[this.at];
    if (byte === undefined) throw badData('avro', 'the data ends too early', `byte ${this.at}`);
    this.at += 1;
    return byte;
  }

  take(length: number): Uint8Array {
    if (!(length >= 0 && length <= this.bytes.length - this.at)) {
      throw badData(
        'avro',
        `${length} bytes are claimed where ${this.bytes.length - this.at} are left`,
        `byte ${this.at}`,
      );
    }
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  float(): number {
    this.take(4);
    return this.#view.getFloat32(this.at - 4, true);
  }

  double(): number {
    this.take(8);
    return this.#view.getFloat64(this.at - 8, true);
  }

  text(): string {
    const bytes = this.take(this.size());
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  }

  /** Calls `item` for each item of an array's or map's blocks. */
  items(item: () => void): void {
    for (;;) {
      let count = this.size();
      if (count === 0) return;
      if (count < 0) {
        count = -count;
        this.size();
      }
      this.claim(count);
      for (let index = 0; index < count; index += 1) item();
    }
  }

  /** @throws HIVE_BAD_DATA when more items are claimed than the bytes could ever hold */
  claim(count: number): void {
    this.#itemsLeft -= count;
    if (this.#itemsLeft < 0)
      throw badData('avro', `${count} items are claimed in ${this.bytes.length} bytes`, `byte ${this.at}`);
  }
}
