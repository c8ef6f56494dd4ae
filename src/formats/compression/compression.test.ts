import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import SnappyJS from 'snappyjs';
import { isPlatformError, messageOf } from '#kernel/errors';
import { decompress, decompressBlock, decompressHead, detectCodec, stripExtension, type Codec } from './index.ts';

const text = Buffer.from(
  Array.from({ length: 20_000 }, (_, index) => `${index},row ${index % 97},${index * 1.5}\n`).join(''),
);
const compressSnappy = (bytes: Uint8Array): Uint8Array => new Uint8Array(SnappyJS.compress(new Uint8Array(bytes)));

async function all(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts);
}

function* pieces(bytes: Uint8Array, sizeBytes: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += sizeBytes) yield bytes.subarray(at, at + sizeBytes);
}

function hadoopFramed(bytes: Uint8Array): Buffer {
  const parts: Uint8Array[] = [];
  for (const piece of pieces(bytes, 100_000)) {
    const packed = compressSnappy(piece);
    const header = Buffer.alloc(8);
    header.writeUInt32BE(piece.length, 0);
    header.writeUInt32BE(packed.length, 4);
    parts.push(header, packed);
  }
  return Buffer.concat(parts);
}

function hasProgram(name: string): boolean {
  try {
    execFileSync('which', [name], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const samples: Record<string, [string, Uint8Array, Codec]> = {
  gzip: ['a.csv.gz', gzipSync(text), 'gzip'],
  'gzip of several members': [
    'a',
    Buffer.concat([gzipSync(text.subarray(0, 1000)), gzipSync(text.subarray(1000))]),
    'gzip',
  ],
  zstd: ['a.zst', zstdCompressSync(text), 'zstd'],
  'zstd of several frames': [
    'a',
    Buffer.concat([zstdCompressSync(text.subarray(0, 1000)), zstdCompressSync(text.subarray(1000))]),
    'zstd',
  ],
  deflate: ['a.deflate', deflateSync(text), 'deflate'],
  brotli: ['a.br', brotliCompressSync(text), 'brotli'],
  'snappy in Hadoop frames': ['a.snappy', hadoopFramed(text), 'snappy-hadoop'],
  'raw snappy': ['a.snappy', compressSnappy(text), 'snappy-raw'],
  plain: ['a.csv.gz', text, 'none'],
};

for (const [name, [file, bytes, codec]] of Object.entries(samples)) {
  test(`${name} is detected and made plain in any pieces`, async () => {
    assert.equal(detectCodec(file, bytes.subarray(0, 32)), codec);
    for (const sizeBytes of [7777, 1 << 20])
      assert.ok((await all(decompress(pieces(bytes, sizeBytes), codec))).equals(text));
  });

  test(
    `the head of ${name} comes from a prefix`,
    { skip: codec === 'snappy-raw' ? 'raw snappy is one block' : false },
    async () => {
      const head = await decompressHead(bytes.subarray(0, Math.floor(bytes.length / 2)), codec, 5000);
      assert.ok(head.length > 1000 && text.subarray(0, head.length).equals(head), `${head.length} bytes`);
    },
  );
}

for (const [program, argument, codec] of [
  ['bzip2', '-c', 'bzip2'],
  ['lz4', '-c', 'lz4'],
] as const) {
  test(
    `${codec} is detected and made plain`,
    { skip: hasProgram(program) ? false : `${program} is not installed` },
    async () => {
      const one = execFileSync(program, [argument], { input: text });
      const noise = Buffer.from(
        Array.from({ length: 1_500_000 }, (_, index) => (index * index * 31 + (index >>> 3)) & 0xff),
      );
      const two = Buffer.concat([one, execFileSync(program, [argument], { input: noise })]);
      assert.equal(detectCodec('a', one.subarray(0, 16)), codec);
      for (const sizeBytes of [997, 1 << 20]) {
        assert.ok((await all(decompress(pieces(two, sizeBytes), codec))).equals(Buffer.concat([text, noise])));
      }
      const broken = Buffer.from(one);
      broken[200]! ^= 0x40;
      if (codec === 'bzip2') await assert.rejects(all(decompress([broken], codec)), /bzip2/);
    },
  );
}

test('a small bzip2 stream, cut and broken ones', async () => {
  const hex = '425a6839314159265359b24b81ea00000359000010000430003000200021931a8300b702178bb9229c28485925c0f500';
  const bytes = Buffer.from(hex, 'hex');
  assert.equal(detectCodec('x', bytes), 'bzip2');
  assert.equal((await all(decompress([bytes], 'bzip2'))).toString(), 'a,1\nb,2\n');
  assert.equal(Buffer.from(decompressBlock('bzip2', bytes, 100)).toString(), 'a,1\nb,2\n');
  await assert.rejects(all(decompress([bytes.subarray(0, 20)], 'bzip2')), /ends inside a block/);
  await assert.rejects(
    all(decompress([Buffer.from('BZh9garbage that is no block at all')], 'bzip2')),
    /no block begins/,
  );
});

test('a gzip bomb ends with an error that names the limit', async () => {
  const bomb = gzipSync(Buffer.alloc(100 * 2 ** 20));
  await assert.rejects(
    async () => {
      for await (const chunk of decompress(pieces(bomb, 65_536), 'gzip')) void chunk;
    },
    (error) => isPlatformError(error, 'EXCEEDED_SIZE_LIMIT') && /400 bytes out for each byte in/.test(messageOf(error)),
  );
  await assert.rejects(async () => {
    for await (const chunk of decompress([bomb], 'gzip', { sizeMaxBytes: 1000 })) void chunk;
  }, /limit of 1000 bytes/);
});

test('broken, cut and foreign bytes end with an error', async () => {
  const cut = gzipSync(text).subarray(0, 2000);
  await assert.rejects(all(decompress([cut], 'gzip')), /gzip/);
  await assert.rejects(all(decompress([text], 'zstd')), /zstd/);
  await assert.rejects(all(decompress([text], 'xz')), /xz/);
  await assert.rejects(all(decompress([Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f, 0, 0])], 'snappy-raw')), /snappy/);
  assert.throws(() => decompressBlock('raw-deflate', text, 1000), /raw-deflate/);
  assert.throws(() => decompressBlock('zlib', deflateSync(text), 1000), /limit of 1000 bytes/);
});

test('an error of the source passes unchanged', async () => {
  async function* failing(): AsyncGenerator<Uint8Array> {
    yield gzipSync(text).subarray(0, 500);
    throw new Error('the disk is gone');
  }
  await assert.rejects(all(decompress(failing(), 'gzip')), /the disk is gone/);
});

test('random bytes never hang a block decoder', () => {
  const random = (seed: number): Buffer =>
    Buffer.from(Array.from({ length: 200 }, (_, index) => (Math.imul(seed * 977 + index, 2654435761) >>> 13) & 0xff));
  for (let seed = 0; seed < 1000; seed += 1) {
    for (const codec of ['snappy', 'lz4', 'bzip2', 'zlib', 'raw-deflate'] as const) {
      try {
        decompressBlock(codec, random(seed), 1 << 20);
      } catch (error) {
        assert.ok(isPlatformError(error), String(error));
      }
    }
  }
});

test('the extension of a codec can be taken off a name', () => {
  assert.equal(stripExtension('a/b.csv.gz'), 'a/b.csv');
  assert.equal(stripExtension('a/b.csv'), 'a/b.csv');
});
