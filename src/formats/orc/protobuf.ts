/** Protocol buffers, as far as ORC's metadata needs them: fields by number, repeated ones in order. */
import { badData } from '../errors.ts';

export type Message = ReadonlyMap<number, readonly (number | Uint8Array)[]>;

/** @throws HIVE_BAD_DATA */
export function parseMessage(bytes: Uint8Array): Message {
  const fields = new Map<number, (number | Uint8Array)[]>();
  const cursor = { at: 0 };
  while (cursor.at < bytes.length) {
    const key = readVarint(bytes, cursor);
    const field = Math.floor(key / 8);
    const value = readValue(bytes, cursor, key % 8);
    const known = fields.get(field);
    if (known === undefined) fields.set(field, [value]);
    else known.push(value);
  }
  return fields;
}

function readValue(bytes: Uint8Array, cursor: { at: number }, wire: number): number | Uint8Array {
  switch (wire) {
    case 0:
      return readVarint(bytes, cursor);
    case 1:
      return take(bytes, cursor, 8);
    case 2:
      return take(bytes, cursor, readVarint(bytes, cursor));
    case 5:
      return take(bytes, cursor, 4);
    default:
      throw badData('orc', `the metadata has the unknown wire type ${wire}`, `byte ${cursor.at}`);
  }
}

/** Numbers over 2^53 lose their last digits; no field that is read holds such. */
function readVarint(bytes: Uint8Array, cursor: { at: number }): number {
  let value = 0;
  for (let shift = 0; shift < 70; shift += 7) {
    const byte = bytes[cursor.at];
    if (byte === undefined) throw badData('orc', 'the metadata ends too early');
    cursor.at += 1;
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return value;
  }
  throw badData('orc', 'a number in the metadata is longer than 64 bits', `byte ${cursor.at}`);
}

function take(bytes: Uint8Array, cursor: { at: number }, length: number): Uint8Array {
  if (length > bytes.length - cursor.at) throw badData('orc', 'the metadata ends too early', `byte ${cursor.at}`);
  cursor.at += length;
  return bytes.subarray(cursor.at - length, cursor.at);
}

export function numberField(message: Message, field: number): number | undefined {
  const value = message.get(field)?.at(-1);
  return typeof value === 'number' ? value : undefined;
}

export function bytesField(message: Message, field: number): Uint8Array | undefined {
  const value = message.get(field)?.at(-1);
  return value instanceof Uint8Array ? value : undefined;
}

export function messagesField(message: Message, field: number): Message[] {
  return (message.get(field) ?? []).flatMap((value) => (value instanceof Uint8Array ? [parseMessage(value)] : []));
}

export function textsField(message: Message, field: number): string[] {
  return (message.get(field) ?? []).flatMap((value) =>
    value instanceof Uint8Array ? [Buffer.from(value).toString('utf8')] : [],
  );
}

/** Repeated numbers, packed or not. */
export function numbersField(message: Message, field: number): number[] {
  return (message.get(field) ?? []).flatMap((value) => {
    if (typeof value === 'number') return [value];
    const numbers: number[] = [];
    for (const cursor = { at: 0 }; cursor.at < value.length;) numbers.push(readVarint(value, cursor));
    return numbers;
  });
}
