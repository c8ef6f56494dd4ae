/** Random access to the bytes of one object: all that the footers of Parquet and ORC need of a file or of S3. */
import { badData } from './errors.ts';

export interface RangeReader {
  readonly sizeBytes: number;
  /** Exactly `lengthBytes` bytes from `offset`; the caller keeps within `sizeBytes`. */
  read(offset: number, lengthBytes: number): Promise<Uint8Array>;
}

export function readerOfBytes(bytes: Uint8Array): RangeReader {
  return {
    sizeBytes: bytes.length,
    read: async (offset, lengthBytes) => bytes.subarray(offset, offset + lengthBytes),
  };
}

/**
 * Reads a range that a file's own metadata names, which may lie.
 * @throws HIVE_BAD_DATA when it does not lie inside the file
 */
export async function readRange(
  reader: RangeReader,
  offset: number,
  lengthBytes: number,
  format: string,
  what: string,
): Promise<Uint8Array> {
  const isInside =
    Number.isSafeInteger(offset) &&
    Number.isSafeInteger(lengthBytes) &&
    offset >= 0 &&
    lengthBytes >= 0 &&
    offset + lengthBytes <= reader.sizeBytes;
  if (!isInside) {
    throw badData(
      format,
      `${what} should lie at bytes ${offset} to ${offset + lengthBytes}, but the file has ${reader.sizeBytes}`,
    );
  }
  const bytes = await reader.read(offset, lengthBytes);
  if (bytes.length !== lengthBytes)
    throw badData(format, `${what} ended after ${bytes.length} of ${lengthBytes} bytes`);
  return bytes;
}
