/** One block of a known codec, as ORC, Avro and Parquet keep their pages and chunks. */
import { constants, inflateRawSync, inflateSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { messageOf } from '#kernel/errors';
import { badData, overLimit } from '../errors.ts';
import { decompressBzip2 } from './bzip2.ts';
import { decompressLz4 } from './lz4.ts';
import { decompressSnappy } from './snappy.ts';

export type BlockCodec = 'none' | 'raw-deflate' | 'zlib' | 'gzip' | 'snappy' | 'zstd' | 'lz4' | 'bzip2';

/**
 * @param sizeMaxBytes most bytes that may come out
 * @throws HIVE_BAD_DATA, EXCEEDED_SIZE_LIMIT
 */
export function decompressBlock(codec: BlockCodec, block: Uint8Array, sizeMaxBytes: number): Uint8Array {
  switch (codec) {
    case 'none':
      return block;
    case 'snappy':
      return decompressSnappy(block, sizeMaxBytes);
    case 'lz4':
      return decompressLz4(block, sizeMaxBytes);
    case 'bzip2':
      return decompressBzip2(block, sizeMaxBytes);
    default:
      return throughZlib(codec, block, sizeMaxBytes);
  }
}

const zlibDecoders = {
  'raw-deflate': inflateRawSync,
  zlib: inflateSync,
  gzip: gunzipSync,
  zstd: zstdDecompressSync,
};

function throughZlib(codec: keyof typeof zlibDecoders, block: Uint8Array, sizeMaxBytes: number): Uint8Array {
  try {
    const limit = { maxOutputLength: Math.max(1, sizeMaxBytes) };
    if (codec !== 'zstd') return zlibDecoders[codec](block, limit);
    return zstdDecompressSync(block, { ...limit, params: { [constants.ZSTD_d_windowLogMax]: 27 } });
  } catch (error) {
    if ((error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE') {
      throw overLimit(codec, 'a block', `${sizeMaxBytes} bytes`);
    }
    throw badData(codec, messageOf(error));
  }
}
