/** Compressed bytes: which codec they are in, and streams and blocks of them made plain, within limits. */
export { detectCodec, extensionOf, stripExtension, type Codec } from './codec.ts';
export { decompress, decompressHead, type Chunks, type DecompressionLimits } from './stream.ts';
export { decompressBlock, type BlockCodec } from './block.ts';
