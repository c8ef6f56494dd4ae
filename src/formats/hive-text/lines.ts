/**
 * Pieces of a stream cut at line ends, as Hadoop's LineRecordReader cuts them: LF, CRLF or CR, mixed as they come. Each
 * piece holds whole lines with their ends; only the last line of the last piece may lack one.
 */
import type { Chunks } from '../compression/index.ts';
import { overLimit } from '../errors.ts';

// Limit: one line of text is at most 64 MiB.
const lineBytesMax = 64 * 2 ** 20;
const lf = 10;
const cr = 13;

export interface LineOptions {
  readonly skipHeaderLines: number;
  readonly skipFooterLines: number;
}

/** The pieces share one buffer: each is valid until the next is asked for. */
export async function* lineBlocks(chunks: Chunks, options: LineOptions): AsyncGenerator<Buffer> {
  let held = Buffer.allocUnsafeSlow(1 << 18);
  let size = 0;
  let skipLeft = options.skipHeaderLines;
  let isFirst = true;
  for await (const given of chunks) {
    const chunk = isFirst ? withoutMark(given) : given;
    if (chunk.length === 0) continue;
    isFirst = false;
    if (size + chunk.length > held.length) held = grown(held, size, chunk.length);
    held.set(chunk, size);
    const before = size;
    size += chunk.length;
    const cut = cutOf(held, before, size, options.skipFooterLines);
    if (cut === 0) {
      if (size > lineBytesMax) throw overLimit('text', 'one line', '64 MiB');
      continue;
    }
    const start = skipLeft === 0 ? 0 : afterLines(held, cut, skipLeft);
    if (skipLeft > 0) skipLeft -= start < cut ? skipLeft : countLines(held, cut);
    if (start < cut) yield held.subarray(start, cut);
    held.copyWithin(0, cut, size);
    size -= cut;
  }
  const end = options.skipFooterLines === 0 ? size : footerStart(held, size, options.skipFooterLines);
  const start = skipLeft === 0 ? 0 : afterLines(held, end, skipLeft);
  if (start < end) yield held.subarray(start, end);
}

/** A byte order mark is no part of the first cell. */
export function withoutMark(bytes: Uint8Array): Uint8Array {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
}

/** The end of the last whole line, looking only at what is new; footer lines stay held. */
function cutOf(held: Buffer, before: number, size: number, footerLines: number): number {
  if (footerLines > 0) return footerStart(held, lastEnd(held, 0, size), footerLines);
  return lastEnd(held, Math.max(0, before - 1), size);
}

/** Looks at the bytes from `from` on alone: a long line comes in many chunks, and must not be searched again for each. */
function lastEnd(held: Buffer, from: number, size: number): number {
  const line = held.subarray(from, size).lastIndexOf(lf);
  if (line !== -1) return from + line + 1;
  // A CR at the very end may be the first half of CRLF.
  const carriage = held.subarray(from, Math.max(from, size - 1)).lastIndexOf(cr);
  return carriage === -1 ? 0 : from + carriage + 1;
}

/** The place behind the first `count` lines; `end` when there are fewer. */
function afterLines(bytes: Buffer, end: number, count: number): number {
  let at = 0;
  for (let line = 0; line < count && at < end; line += 1) at = lineEnd(bytes, at, end);
  return at;
}

function countLines(bytes: Buffer, end: number): number {
  let lines = 0;
  for (let at = 0; at < end; lines += 1) at = lineEnd(bytes, at, end);
  return lines;
}

/** Where the last `count` lines begin. */
function footerStart(bytes: Buffer, end: number, count: number): number {
  const starts: number[] = [];
  for (let at = 0; at < end; at = lineEnd(bytes, at, end)) {
    starts.push(at);
    if (starts.length > count) starts.shift();
  }
  return starts.length < count ? 0 : (starts[0] ?? end);
}

/** The place behind the end of the line that begins at `at`. */
export function lineEnd(bytes: Buffer, at: number, end: number): number {
  for (let index = at; index < end; index += 1) {
    const byte = bytes[index];
    if (byte === lf) return index + 1;
    if (byte === cr) return bytes[index + 1] === lf && index + 1 < end ? index + 2 : index + 1;
  }
  return end;
}

function grown(held: Buffer, size: number, more: number): Buffer<ArrayBuffer> {
  const wider = Buffer.allocUnsafeSlow(Math.max(held.length * 2, size + more));
  held.copy(wider, 0, 0, size);
  return wider;
}
