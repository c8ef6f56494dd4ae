/** A growing buffer of clean bytes, handed to the sink a piece at a time. */
const quote = 0x22;

export class Output {
  bytes = Buffer.allocUnsafeSlow(1 << 20);
  size = 0;

  /** Room for `sizeBytes` more. */
  reserve(sizeBytes: number): void {
    if (this.size + sizeBytes <= this.bytes.length) return;
    const wider = Buffer.allocUnsafeSlow(Math.max(this.bytes.length * 2, this.size + sizeBytes));
    this.bytes.copy(wider, 0, 0, this.size);
    this.bytes = wider;
  }

  copy(from: Buffer, start: number, end: number): void {
    const length = end - start;
    this.reserve(length);
    if (length > 64) from.copy(this.bytes, this.size, start, end);
    else {
      // A call into native code costs more than a short loop.
      const { bytes, size } = this;
      for (let index = 0; index < length; index += 1) bytes[size + index] = from[start + index] as number;
    }
    this.size += length;
  }

  /**
   * A cell in quotes, quotes in it doubled; what is no UTF-8 becomes U+FFFD.
   * @returns how many marks were put in
   */
  quoted(from: Buffer, start: number, end: number): number {
    this.reserve((end - start) * 3 + 2);
    const { bytes } = this;
    let { size } = this;
    let marks = 0;
    bytes[size++] = quote;
    for (let at = start; at < end;) {
      const byte = from[at] as number;
      if (byte < 0x80) {
        if (byte === quote) bytes[size++] = quote;
        bytes[size++] = byte;
        at += 1;
        continue;
      }
      const length = sequenceLength(from, at, end);
      if (length > 0) {
        for (let index = 0; index < length; index += 1) bytes[size++] = from[at + index] as number;
        at += length;
        continue;
      }
      bytes[size++] = 0xef;
      bytes[size++] = 0xbf;
      bytes[size++] = 0xbd;
      marks += 1;
      at -= length;
    }
    bytes[size++] = quote;
    this.size = size;
    return marks;
  }

  byte(value: number): void {
    if (this.size === this.bytes.length) this.reserve(1);
    this.bytes[this.size] = value;
    this.size += 1;
  }

  text(text: string): void {
    this.reserve(text.length * 3);
    this.size += this.bytes.write(text, this.size);
  }

  /** What was written since the last call; valid until the next write. */
  take(): Uint8Array {
    const taken = this.bytes.subarray(0, this.size);
    this.size = 0;
    return taken;
  }
}

/**
 * The length of the UTF-8 sequence at `at`; negative, what is broken of it, where it is none: the longest part that could
 * have begun one counts as a single fault, as in the WHATWG Encoding standard.
 */
function sequenceLength(bytes: Uint8Array, at: number, end: number): number {
  const first = bytes[at] as number;
  if (first < 0xc2 || first > 0xf4) return -1;
  const length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  let low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  let high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  for (let index = 1; index < length; index += 1) {
    const byte = at + index < end ? (bytes[at + index] as number) : 0;
    if (byte < low || byte > high) return -index;
    low = 0x80;
    high = 0xbf;
  }
  return length;
}
