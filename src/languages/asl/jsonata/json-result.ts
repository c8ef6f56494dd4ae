/** What an expression gave, as plain JSON: lists of the library lose their marks, what has no JSON form is left out. */
import type { Json } from '../machine.ts';
import { setMember } from '../paths/reference-path-writer.ts';

// Limit: the value of one JSONata expression holds at most 10 MiB of text, as all variables together do.
const sizeMax = 10 * 1024 * 1024;

/** A value that is too large, or that nests without end. */
export class ResultTooLarge extends Error {
  override readonly name = 'ResultTooLarge';
}

/** Undefined for undefined and for functions. @throws ResultTooLarge */
export function toJson(value: unknown): Json | undefined {
  let size = 0;
  const copy = (node: unknown, depth: number): Json | undefined => {
    size += typeof node === 'string' ? node.length + 2 : 1;
    if (size > sizeMax || depth > 500)
      throw new ResultTooLarge(`The result is larger than ${sizeMax} bytes or nests too deeply`);
    if (typeof node === 'string' || typeof node === 'boolean' || node === null) return node;
    if (typeof node === 'number') return Number.isFinite(node) ? node : null;
    if (typeof node !== 'object' || '_jsonata_lambda' in node || '_jsonata_function' in node) return undefined;
    if (Array.isArray(node)) return node.map((item) => copy(item, depth + 1)).filter((item) => item !== undefined);
    const result: Record<string, Json> = {};
    for (const [name, inner] of Object.entries(node)) {
      const plain = copy(inner, depth + 1);
      size += name.length;
      if (plain !== undefined) setMember(result, name, plain);
    }
    return result;
  };
  return copy(value, 0);
}
