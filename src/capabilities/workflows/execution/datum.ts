/** A JSON value and its text, each made from the other when first asked for: a state that passes its input on pays nothing. */
import type { Json } from '#languages/asl/index';

// Limit: an input or output has at most 256 KiB of UTF-8.
export const dataBytesMax = 262_144;

export class Datum {
  #value: Json | undefined;
  #text: string | undefined;

  private constructor(value: Json | undefined, text: string | undefined) {
    this.#value = value;
    this.#text = text;
  }

  static of(value: Json): Datum {
    return new Datum(value, undefined);
  }

  /** @param text valid JSON; kept as written, since the history shows it so */
  static parse(text: string): Datum {
    return new Datum(undefined, text);
  }

  get value(): Json {
    this.#value ??= JSON.parse(this.#text ?? 'null') as Json;
    return this.#value;
  }

  get text(): string {
    this.#text ??= JSON.stringify(this.#value);
    return this.#text;
  }

  /** Whether it is more than one state may hand to the next. */
  get isTooLarge(): boolean {
    return isTooLarge(this.text);
  }
}

export function isTooLarge(text: string): boolean {
  // A UTF-16 unit has at most 3 bytes of UTF-8: most texts need no count.
  return text.length * 3 > dataBytesMax && Buffer.byteLength(text) > dataBytesMax;
}
