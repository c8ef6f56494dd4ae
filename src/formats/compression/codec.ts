/** Which codec an object is in: by its first bytes, and by its name where a codec has no magic. */
export type Codec =
  | 'none'
  | 'gzip'
  | 'bzip2'
  | 'zstd'
  | 'snappy'
  | 'snappy-hadoop'
  | 'snappy-raw'
  | 'lz4'
  | 'deflate'
  | 'brotli'
  | 'xz';

const extensions: ReadonlyMap<string, Codec> = new Map<string, Codec>([
  ['gz', 'gzip'],
  ['gzip', 'gzip'],
  ['bgz', 'gzip'],
  ['bz2', 'bzip2'],
  ['bzip2', 'bzip2'],
  ['zst', 'zstd'],
  ['zstd', 'zstd'],
  ['snappy', 'snappy'],
  ['sz', 'snappy'],
  ['lz4', 'lz4'],
  ['deflate', 'deflate'],
  ['zz', 'deflate'],
  ['br', 'brotli'],
  ['xz', 'xz'],
]);

const magics: readonly (readonly [Codec, readonly number[]])[] = [
  ['gzip', [0x1f, 0x8b, 0x08]],
  ['bzip2', [0x42, 0x5a, 0x68]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['snappy', [0xff, 0x06, 0x00, 0x00, 0x73, 0x4e, 0x61, 0x50, 0x70, 0x59]],
  ['lz4', [0x04, 0x22, 0x4d, 0x18]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
];

/**
 * @param name key or file name
 * @param head at least the first 16 bytes, where there are as many
 */
export function detectCodec(name: string, head: Uint8Array): Codec {
  for (const [codec, magic] of magics) {
    if (magic.every((byte, index) => head[index] === byte) && isLikely(codec, head)) return codec;
  }
  const named = extensions.get(extensionOf(name)) ?? 'none';
  switch (named) {
    case 'snappy':
      return isHadoopFramed(head) ? 'snappy-hadoop' : 'snappy-raw';
    case 'deflate':
      return isZlib(head) ? 'deflate' : 'none';
    case 'brotli':
      return head.length > 0 ? 'brotli' : 'none';
    default:
      // A name alone does not make plain bytes compressed: `notes.gz` may be text that was renamed.
      return 'none';
  }
}

/** Lower case, without the dot; empty when the name has none. */
export function extensionOf(name: string): string {
  return /\.([^./]+)$/.exec(name)?.[1]?.toLowerCase() ?? '';
}

/** The name without a codec's extension: `a/trips.csv.gz` is `a/trips.csv`. */
export function stripExtension(name: string): string {
  const extension = extensionOf(name);
  return extensions.has(extension) ? name.slice(0, -extension.length - 1) : name;
}

/** `BZh` may start an ordinary text; the block size and the first block's mark may not. */
function isLikely(codec: Codec, head: Uint8Array): boolean {
  if (codec !== 'bzip2') return true;
  const level = head[3] ?? 0;
  const mark = head[4];
  return level >= 0x31 && level <= 0x39 && (mark === undefined || mark === 0x31 || mark === 0x17);
}

function isZlib(head: Uint8Array): boolean {
  const [first = 0, second = 0] = head;
  return (first & 0x0f) === 8 && ((first << 8) | second) % 31 === 0;
}

/** Hadoop's block codecs: plain size and compressed size, both 32 bits with the high byte first, before each block. */
function isHadoopFramed(head: Uint8Array): boolean {
  if (head.length < 9) return false;
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const plain = view.getUint32(0);
  const packed = view.getUint32(4);
  return plain > 0 && plain <= 64 * 2 ** 20 && packed > 0 && packed <= plain + plain / 6 + 32;
}
