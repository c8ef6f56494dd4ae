/** Readers of one column of one stripe: streams in, values out, a number of rows at a time. */
import { badData, unsupportedData } from '../errors.ts';
import type { StructValue, Value } from '../row-batch.ts';
import { kinds, type OrcType } from './meta.ts';
import { BitRuns, ByteRuns, VarintReader, integerRuns, type IntegerRuns } from './run-length.ts';
import { dateText, decimalText, timestampReader } from './value.ts';

/** What a stripe holds of a column: its streams by kind, decompressed, and its encoding. */
export interface StripeStreams {
  /** An empty stream where the stripe has none. */
  stream(column: number, kind: number): Uint8Array;
  has(column: number, kind: number): boolean;
  encoding(column: number): { readonly kind: number; readonly dictionarySize: number };
  readonly timezone: string;
}

export type ColumnReader = (count: number) => Value[];

const streams = { present: 0, data: 1, length: 2, dictionaryData: 3, secondary: 5 } as const;

/** @throws HIVE_BAD_DATA while reading, when a stream ends too early or contradicts another */
export function columnReader(type: OrcType, stripe: StripeStreams): ColumnReader {
  const values = valueReader(type, stripe);
  if (!stripe.has(type.id, streams.present)) return values;
  const present = new BitRuns(stripe.stream(type.id, streams.present));
  return (count) => {
    const places: boolean[] = [];
    let found = 0;
    for (let index = 0; index < count; index += 1) {
      const isThere = present.next();
      places.push(isThere);
      if (isThere) found += 1;
    }
    const there = values(found);
    if (found === count) return there;
    let next = 0;
    return places.map((isThere) => (isThere ? (there[next++] as Value) : null));
  };
}

function valueReader(type: OrcType, stripe: StripeStreams): ColumnReader {
  const data = (): Uint8Array => stripe.stream(type.id, streams.data);
  const isVersion2 = stripe.encoding(type.id).kind >= 2;
  const integers = (kind: number, isSigned: boolean): IntegerRuns =>
    integerRuns(stripe.stream(type.id, kind), isSigned, isVersion2);
  switch (type.kind) {
    case kinds.boolean: {
      const bits = new BitRuns(data());
      return (count) => times(count, () => bits.next());
    }
    case kinds.byte: {
      const bytes = new ByteRuns(data());
      return (count) => times(count, () => (bytes.next() << 24) >> 24);
    }
    case kinds.short:
    case kinds.int: {
      const runs = integers(streams.data, true);
      return (count) => times(count, () => Number(runs.next()));
    }
    case kinds.long: {
      const runs = integers(streams.data, true);
      return (count) => times(count, () => BigInt(runs.next()));
    }
    case kinds.float:
    case kinds.double:
      return floatReader(data(), type.kind === kinds.float ? 4 : 8);
    case kinds.string:
    case kinds.varchar:
    case kinds.char:
      return stringReader(type, stripe, integers);
    case kinds.binary:
      return binaryReader(data(), integers(streams.length, false));
    case kinds.date: {
      const runs = integers(streams.data, true);
      return (count) => times(count, () => dateText(Number(runs.next())));
    }
    case kinds.timestamp:
    case kinds.timestampInstant: {
      const next = timestampReader(
        integers(streams.data, true),
        integers(streams.secondary, false),
        type.kind === kinds.timestamp ? stripe.timezone : 'UTC',
      );
      return (count) => times(count, next);
    }
    case kinds.decimal: {
      const unscaled = new VarintReader(data());
      const scales = integers(streams.secondary, true);
      const scale = type.precision === 0 ? 10 : type.scale;
      return (count) => times(count, () => decimalText(unscaled.signed(140), Number(scales.next()), scale));
    }
    default:
      return nestedReader(type, stripe, integers);
  }
}

function nestedReader(
  type: OrcType,
  stripe: StripeStreams,
  integers: (kind: number, isSigned: boolean) => IntegerRuns,
): ColumnReader {
  const children = type.children.map((child) => columnReader(child, stripe));
  switch (type.kind) {
    case kinds.struct:
      return (count) => {
        const vectors = children.map((child) => child(count));
        return times(count, (row) =>
          structOf(
            type.names,
            vectors.map((vector) => vector[row] as Value),
          ),
        );
      };
    case kinds.list: {
      const lengths = integers(streams.length, false);
      return (count) => {
        const sizes = times(count, () => Number(lengths.next()));
        const items = children[0]?.(totalOf(sizes)) ?? [];
        let at = 0;
        return sizes.map((size) => items.slice(at, (at += size)));
      };
    }
    case kinds.map: {
      const lengths = integers(streams.length, false);
      return (count) => {
        const sizes = times(count, () => Number(lengths.next()));
        const total = totalOf(sizes);
        const keys = children[0]?.(total) ?? [];
        const values = children[1]?.(total) ?? [];
        let at = 0;
        return sizes.map((size) => {
          const start = at;
          at += size;
          return new Map(
            times(size, (index) => [keys[start + index] as Value, values[start + index] as Value] as const),
          );
        });
      };
    }
    case kinds.union: {
      const tags = new ByteRuns(stripe.stream(type.id, streams.data));
      return (count) => {
        const chosen = times(count, () => tags.next());
        const vectors = children.map((child, tag) => child(chosen.filter((own) => own === tag).length));
        const places = vectors.map(() => 0);
        return chosen.map((tag) => {
          const vector = vectors[tag];
          if (vector === undefined) throw badData('orc', `a union has no member ${tag}`);
          const place = places[tag] as number;
          places[tag] = place + 1;
          return { tag, [`value_${tag}`]: vector[place] as Value };
        });
      };
    }
    default:
      throw unsupportedData('orc', `the type of kind ${type.kind}`);
  }
}

// Limit: the lists of one batch hold at most 50 million elements together.
const elementsMax = 50_000_000;

function totalOf(sizes: readonly number[]): number {
  let total = 0;
  for (const size of sizes) total += size;
  if (!(total >= 0 && total <= elementsMax)) throw badData('orc', `lists claim ${total} elements`);
  return total;
}

function structOf(names: readonly string[], values: readonly Value[]): StructValue {
  return Object.fromEntries(values.map((value, index) => [names[index] ?? `_col${index}`, value]));
}

function times<T>(count: number, make: (index: number) => T): T[] {
  const items: T[] = [];
  for (let index = 0; index < count; index += 1) items.push(make(index));
  return items;
}

function floatReader(bytes: Uint8Array, width: 4 | 8): ColumnReader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  return (count) => {
    if (at + count * width > bytes.length) throw badData('orc', 'a stream of floats ends too early');
    return times(count, () => {
      at += width;
      return width === 4 ? view.getFloat32(at - 4, true) : view.getFloat64(at - 8, true);
    });
  };
}

function stringReader(
  type: OrcType,
  stripe: StripeStreams,
  integers: (kind: number, isSigned: boolean) => IntegerRuns,
): ColumnReader {
  const { kind, dictionarySize } = stripe.encoding(type.id);
  if (kind !== 1 && kind !== 3) {
    const bytes = binaryReader(stripe.stream(type.id, streams.data), integers(streams.length, false));
    return (count) => bytes(count).map((value) => textOf(value as Uint8Array));
  }
  const words = stripe.stream(type.id, streams.dictionaryData);
  // Words may be empty, so their number is bounded by what the lengths' stream can pack.
  if (dictionarySize > 100_000_000) throw badData('orc', `a dictionary claims ${dictionarySize} words`);
  const dictionary = binaryReader(
    words,
    integers(streams.length, false),
  )(dictionarySize).map((word) => textOf(word as Uint8Array));
  const places = integers(streams.data, false);
  return (count) =>
    times(count, () => {
      const place = Number(places.next());
      const word = dictionary[place];
      if (word === undefined)
        throw badData('orc', `word ${place} is not among the ${dictionarySize} of the dictionary`);
      return word;
    });
}

function binaryReader(bytes: Uint8Array, lengths: IntegerRuns): ColumnReader {
  let at = 0;
  return (count) =>
    times(count, () => {
      const length = Number(lengths.next());
      if (!(length >= 0 && at + length <= bytes.length)) throw badData('orc', 'a stream of text ends too early');
      at += length;
      return bytes.subarray(at - length, at);
    });
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}
