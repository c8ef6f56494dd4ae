/**
 * Reads the heads of files and says what they are. How much of each is read depends on how many there are: few files are
 * read far in, so that a value that widens a column late is seen; ten thousand are read only at their heads.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { type ClassifySample, type Classification, type CustomClassifier, classify } from '#formats/classify/index';
import { type Codec, decompressHead, detectCodec } from '#formats/compression/index';
import type { RangeReader } from '#formats/range-reader';
import type { SourceFile } from './folder.ts';
import { type Shape, shapeOf } from './shape.ts';

// Limit: a crawl reads about 64 MiB of file heads: 2 MiB of each file when there are few, 4 KiB when there are very many.
const budgetBytes = 64 * 2 ** 20;
const sampleMaxBytes = 2 * 2 ** 20;
const sampleMinBytes = 4 * 2 ** 10;
/** How much more than its compressed head a sample may become. */
const decompressedFactor = 2;

/** @returns bytes to read from the start of each of so many files */
export function sampleSizeFor(fileCount: number): number {
  return Math.min(sampleMaxBytes, Math.max(sampleMinBytes, Math.floor(budgetBytes / Math.max(1, fileCount))));
}

export interface Sampler {
  /** Undefined when no classifier knows the file. @throws when it cannot be read */
  sample(file: SourceFile, custom: readonly CustomClassifier[]): Promise<Shape | undefined>;
}

export function createSampler(sampleBytes: number): Sampler {
  return {
    async sample(file, custom) {
      const handle = await open(file.path, 'r');
      try {
        return await sampleFile(file, handle, sampleBytes, custom);
      } finally {
        await handle.close();
      }
    },
  };
}

async function sampleFile(
  file: SourceFile,
  handle: FileHandle,
  sampleBytes: number,
  custom: readonly CustomClassifier[],
): Promise<Shape | undefined> {
  const reader = readerOf(handle, file.sizeBytes);
  const raw = await reader.read(0, Math.min(file.sizeBytes, sampleBytes));
  const codec = detectCodec(file.key, raw);
  const headMax = codec === 'none' ? sampleBytes : sampleBytes * decompressedFactor;
  const head = await decompressHead(raw, codec, headMax);
  const isWhole = raw.length === file.sizeBytes && (codec === 'none' || head.length < headMax);
  const sample: ClassifySample = { name: file.key, head, isWhole, codec, reader };
  const found = await classify(sample, custom);
  if (found === undefined) return undefined;
  const counted = isByLine(found) ? linesIn(head) : found.rowCount;
  const isExact = found.isRowCountExact || isWhole;
  const rowCount = isExact ? counted : Math.round(counted / (await shareOf(head, raw, codec, reader)));
  return shapeOf(found, codec, { sizeBytes: file.sizeBytes, rowCount });
}

/** How much of the file's content the head is, 0 to 1: rows are counted in proportion to it. */
async function shareOf(head: Uint8Array, raw: Uint8Array, codec: Codec, reader: RangeReader): Promise<number> {
  if (head.length === 0) return 1;
  if (codec === 'gzip' && reader.sizeBytes >= 18) {
    // The last four bytes of gzip are the size of the content, where it has one member of less than 4 GiB.
    const tail = await reader.read(reader.sizeBytes - 4, 4);
    const contentBytes = Buffer.from(tail).readUInt32LE();
    if (contentBytes >= head.length) return head.length / contentBytes;
  }
  return Math.max(raw.length / reader.sizeBytes, Number.EPSILON);
}

/** Of a log the classifier looks at some lines only; each line is a row. */
function isByLine(found: Classification): boolean {
  return /grok/i.test(found.storage.serializationLibrary);
}

function linesIn(bytes: Uint8Array): number {
  let count = bytes.length > 0 && bytes.at(-1) !== 10 ? 1 : 0;
  for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, at + 1)) count++;
  return count;
}

function readerOf(handle: FileHandle, sizeBytes: number): RangeReader {
  return {
    sizeBytes,
    async read(offset, lengthBytes) {
      const buffer = Buffer.allocUnsafe(lengthBytes);
      let filled = 0;
      while (filled < lengthBytes) {
        const { bytesRead } = await handle.read(buffer, filled, lengthBytes - filled, offset + filled);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      return buffer.subarray(0, filled);
    },
  };
}
