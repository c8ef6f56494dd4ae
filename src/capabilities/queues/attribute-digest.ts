/** MD5 of message attributes as clients check it: "Calculating the MD5 message digest for message attributes" (SQS). */
import { createHash, type Hash } from 'node:crypto';

export interface MessageAttribute {
  /** `String`, `Number`, `Binary`, each with an own suffix behind a dot. */
  readonly dataType: string;
  /** Text, or base64 of the bytes when the type is Binary. */
  readonly value: string;
}

export type MessageAttributes = Readonly<Record<string, MessageAttribute>>;

const textMark = 1;
const bytesMark = 2;

/** Lower-case hexadecimal; undefined without attributes. */
export function digestOf(attributes: MessageAttributes): string | undefined {
  const names = Object.keys(attributes).sort();
  if (names.length === 0) return undefined;
  const hash = createHash('md5');
  for (const name of names) {
    const { dataType, value } = attributes[name]!;
    const isBytes = isBinary(dataType);
    add(hash, Buffer.from(name));
    add(hash, Buffer.from(dataType));
    hash.update(Uint8Array.of(isBytes ? bytesMark : textMark));
    add(hash, Buffer.from(value, isBytes ? 'base64' : 'utf8'));
  }
  return hash.digest('hex');
}

export function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}

export function isBinary(dataType: string): boolean {
  return dataType === 'Binary' || dataType.startsWith('Binary.');
}

function add(hash: Hash, bytes: Buffer): void {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  hash.update(length).update(bytes);
}
