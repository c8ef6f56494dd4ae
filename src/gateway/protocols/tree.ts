/**
 * Values of a model to and from a tree of plain JavaScript values, for the protocols whose bodies are such a tree: JSON,
 * CBOR, and calls from inside the process. They differ in how blobs and timestamps look, which is their flavour.
 *
 * Codecs are compiled from shapes once. Members that the model does not know are ignored, nulls are dropped.
 */
import { unreadable } from '../errors.ts';
import type { Member, Shape, TimestampFormat } from '../model/model.ts';
import { parseTimestamp } from '../model/timestamps.ts';

export interface TreeFlavour {
  /** Members under their names on the wire, without those bound to headers and the like; or all under the model's names. */
  readonly names: 'wire' | 'model';
  /** Undefined when the value is no blob. */
  readBlob(value: unknown, member: Member): unknown;
  writeBlob(value: Uint8Array): unknown;
  /** Undefined when the value is no time. */
  readTimestamp(value: unknown, format: TimestampFormat): Date | undefined;
  writeTimestamp(value: Date, format: TimestampFormat): unknown;
  /** JSON has no word for infinities. */
  writeFloat(value: unknown): unknown;
}

type Convert = (value: unknown) => unknown;

export class TreeCodec {
  readonly #flavour: TreeFlavour;
  readonly #decoders = new WeakMap<Member, Convert>();
  readonly #encoders = new WeakMap<Member, Convert>();

  constructor(flavour: TreeFlavour) {
    this.#flavour = flavour;
  }

  /** @throws SerializationException when a value has not the type of its shape */
  decode(member: Member, value: unknown): unknown {
    return this.#convert(this.#decoders, member, (target) => this.#decoder(target))(value);
  }

  /** Leaves out what the model does not name. */
  encode(member: Member, value: unknown): unknown {
    return this.#convert(this.#encoders, member, (target) => this.#encoder(target))(value);
  }

  /** Compiles on first use and stands in for itself meanwhile, since shapes may contain themselves. */
  #convert(cache: WeakMap<Member, Convert>, member: Member, compile: (member: Member) => Convert): Convert {
    const known = cache.get(member);
    if (known !== undefined) return known;
    const compiled = compile(member);
    cache.set(member, compiled);
    return compiled;
  }

  #decoder(member: Member): Convert {
    const { shape } = member;
    if (shape.isDocument) return (value) => value;
    switch (shape.type) {
      case 'structure':
        return this.#structureDecoder(member);
      case 'list':
        return this.#listDecoder(member);
      case 'map':
        return this.#mapDecoder(member);
      case 'timestamp':
        return (value) =>
          this.#flavour.readTimestamp(value, member.traits.timestampFormat ?? 'unixTimestamp') ??
          refuse(member, value, 'a timestamp');
      case 'blob':
        return (value) => this.#flavour.readBlob(value, member) ?? refuse(member, value, 'binary data');
      case 'boolean':
        return (value) => (typeof value === 'boolean' ? value : refuse(member, value, 'true or false'));
      case 'string':
        return (value) => (typeof value === 'string' ? value : readJsonValue(member, value));
      case 'integer':
      case 'long':
        return (value) => readInteger(member, value);
      case 'float':
      case 'double':
        return (value) => readFloat(member, value);
    }
  }

  #fields(shape: Shape): Member[] {
    const members = [...shape.members.values()];
    return this.#flavour.names === 'model'
      ? members
      : members.filter(
          ({ traits: { location } }) => location === undefined || location === 'querystring' || location === 'uri',
        );
  }

  #keyOf(member: Member): string {
    return this.#flavour.names === 'model' ? member.name : member.wireName;
  }

  #structureDecoder(member: Member): Convert {
    const { shape } = member;
    const fields = new Map(this.#fields(shape).map((child) => [this.#keyOf(child), child]));
    return (value) => {
      if (!isRecord(value)) return refuse(member, value, 'a structure');
      const result: Record<string, unknown> = {};
      let count = 0;
      for (const key of Object.keys(value)) {
        const child = fields.get(key);
        const raw = value[key];
        if (child === undefined || raw === null || raw === undefined) continue;
        result[child.name] = this.decode(child, raw);
        count += 1;
      }
      if (shape.raw.union === true && count !== 1) {
        throw unreadable(`'${member.name}' is a union: exactly one of its members must be set, not ${count}.`);
      }
      return result;
    };
  }

  #listDecoder(member: Member): Convert {
    const { item } = member.shape;
    return (value) => {
      if (!Array.isArray(value)) return refuse(member, value, 'a list');
      return value.map((child) => (child === null ? null : this.decode(item, child)));
    };
  }

  #mapDecoder(member: Member): Convert {
    const item = member.shape.value;
    return (value) => {
      if (!isRecord(value)) return refuse(member, value, 'a map');
      const result: Record<string, unknown> = {};
      for (const [key, child] of Object.entries(value)) {
        if (child !== null && child !== undefined) setOwn(result, key, this.decode(item, child));
      }
      return result;
    };
  }

  #encoder(member: Member): Convert {
    const { shape } = member;
    if (shape.isDocument) return (value) => value;
    switch (shape.type) {
      case 'structure':
        return this.#structureEncoder(shape);
      case 'list': {
        const { item } = shape;
        return (value) =>
          [...(value as Iterable<unknown>)]
            .map((child) => child ?? null)
            .map((child) => (child === null ? null : this.encode(item, child)));
      }
      case 'map':
        return this.#mapEncoder(shape);
      case 'timestamp':
        return (value) => this.#flavour.writeTimestamp(toDate(value), member.traits.timestampFormat ?? 'unixTimestamp');
      case 'blob':
        return (value) => this.#flavour.writeBlob(toBytes(value));
      case 'integer':
      case 'long':
        return (value) => (typeof value === 'bigint' ? Number(value) : value);
      case 'float':
      case 'double':
        return (value) => this.#flavour.writeFloat(value);
      default:
        return (value) => value;
    }
  }

  #structureEncoder(shape: Shape): Convert {
    const fields = this.#fields(shape);
    return (value) => {
      const result: Record<string, unknown> = {};
      const record = value as Record<string, unknown>;
      for (const child of fields) {
        const raw = record[child.name];
        if (raw !== undefined && raw !== null) result[this.#keyOf(child)] = this.encode(child, raw);
      }
      return result;
    };
  }

  #mapEncoder(shape: Shape): Convert {
    const item = shape.value;
    return (value) => {
      const result: Record<string, unknown> = {};
      for (const [key, child] of Object.entries(value as Record<string, unknown>)) {
        if (child !== undefined) setOwn(result, key, child === null ? null : this.encode(item, child));
      }
      return result;
    };
  }
}

/** Sets a key that came from a client, `__proto__` included, as nothing but a key. */
export function setOwn(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
  } else target[key] = value;
}

/** @returns undefined when the value is no base64 text */
export function readBase64(value: unknown): Buffer | undefined {
  if (typeof value !== 'string' || !/^[A-Za-z0-9+/]*={0,2}$/.test(value)) return undefined;
  return Buffer.from(value, 'base64');
}

/** Handlers may return text where the model says blob. */
export function toBytes(value: unknown): Uint8Array {
  return typeof value === 'string' ? Buffer.from(value) : (value as Uint8Array);
}

/** Handlers may return what JSON keeps of a time. */
export function toDate(value: unknown): Date {
  return value instanceof Date ? value : (parseTimestamp(value, 'iso8601') ?? new Date(Number.NaN));
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}

function readInteger(member: Member, value: unknown): unknown {
  const number = typeof value === 'bigint' ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isInteger(number)) return refuse(member, value, 'a whole number');
  return fitsInteger(member, number) ? number : refuse(member, value, 'a whole number of 32 bits');
}

/** Whether the number is in the range of the model's type: an `integer` has 32 bits, a `long` more than JavaScript. */
export function fitsInteger(member: Member, value: number): boolean {
  return member.shape.type === 'long' || (value >= -(2 ** 31) && value < 2 ** 31);
}

function readFloat(member: Member, value: unknown): unknown {
  if (typeof value === 'number') return value;
  if (value === 'NaN' || value === 'Infinity' || value === '-Infinity') return Number(value);
  return typeof value === 'bigint' ? Number(value) : refuse(member, value, 'a number');
}

function readJsonValue(member: Member, value: unknown): unknown {
  return member.traits.jsonvalue === true ? JSON.stringify(value) : refuse(member, value, 'a string');
}

function refuse(member: Member, value: unknown, expected: string): never {
  const text = JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? String(part) : part)) ?? '';
  const shown = text.length > 100 ? `${text.slice(0, 100)}…` : text;
  throw unreadable(`'${member.name}' must be ${expected}, not ${shown}.`);
}
