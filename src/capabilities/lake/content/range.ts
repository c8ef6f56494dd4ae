/** The Range header of a read: RFC 9110 section 14, as far as S3 serves it. */
import { invalidRange } from '../errors.ts';

export interface ByteRange {
  readonly start: number;
  /** Of the byte behind the last. */
  readonly end: number;
}

/**
 * @returns undefined for the whole object: no range, several ranges, another unit, or one that makes no sense
 * @throws InvalidRange when nothing of it lies in the object
 */
export function parseRange(text: string | undefined, sizeBytes: number): ByteRange | undefined {
  const match = /^\s*bytes\s*=\s*(\d*)\s*-\s*(\d*)\s*$/i.exec(text ?? '');
  if (text === undefined || match === null) return undefined;
  const [, first = '', last = ''] = match;
  if (first === '') {
    if (last === '') return undefined;
    const suffixBytes = Number(last);
    if (suffixBytes === 0 || sizeBytes === 0) throw invalidRange(text, sizeBytes);
    return { start: Math.max(sizeBytes - suffixBytes, 0), end: sizeBytes };
  }
  const start = Number(first);
  const end = last === '' ? Infinity : Number(last) + 1;
  if (end <= start) return undefined;
  if (start >= sizeBytes) throw invalidRange(text, sizeBytes);
  return { start, end: Math.min(end, sizeBytes) };
}

export function formatContentRange(range: ByteRange, sizeBytes: number): string {
  return `bytes ${range.start}-${range.end - 1}/${sizeBytes}`;
}
