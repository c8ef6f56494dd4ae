import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';
import { hmacHex, signingKey } from './canonical.ts';
import { ChunkedDecoder, type ChunkSigning } from './chunked.ts';

// The example of the S3 API Reference, "Signature calculations for the authorization header: transferring payload in
// multiple chunks": 66,560 bytes of `a` in two chunks.
const signing: ChunkSigning = {
  key: signingKey('wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY', '20130524', 'us-east-1', 's3'),
  timestamp: '20130524T000000Z',
  scope: '20130524/us-east-1/s3/aws4_request',
  seedSignature: '4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9',
};
const documented: readonly (readonly [sizeBytes: number, signature: string])[] = [
  [65536, 'ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648'],
  [1024, '0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497'],
  [0, 'b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9'],
];

function framed(chunks: readonly (readonly [number, string])[], tail = '\r\n'): Buffer {
  const parts = chunks.map(([sizeBytes, signature]) => {
    const header = `${sizeBytes.toString(16)};chunk-signature=${signature}\r\n`;
    return sizeBytes === 0 ? header : `${header}${'a'.repeat(sizeBytes)}\r\n`;
  });
  return Buffer.from(parts.join('') + tail);
}

const signed = { signing, hasSignatures: true, hasTrailer: false, decodedSizeBytes: 66560 };
const unsigned = { signing: undefined, hasSignatures: false, hasTrailer: true, decodedSizeBytes: undefined };

function decode(bytes: Buffer, options: ConstructorParameters<typeof ChunkedDecoder>[0], step = bytes.length) {
  const decoder = new ChunkedDecoder(options);
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += step) pieces.push(bytes.subarray(at, at + step));
  Readable.from(pieces).pipe(decoder);
  return buffer(decoder).then((body) => ({ body, trailers: { ...decoder.trailers } }));
}

test('the documented example decodes, however the bytes arrive', async () => {
  for (const step of [66_900, 4096, 1000, 7]) {
    const { body } = await decode(framed(documented), signed, step);
    assert.equal(body.length, 66560);
    assert.ok(body.every((byte) => byte === 0x61));
  }
});

test('a changed byte, a changed signature and a missing one are refused', async () => {
  const bytes = framed(documented);
  for (const at of [120, 40_000, 65_700, bytes.length - 10]) {
    const changed = Buffer.from(bytes);
    changed[at] = changed[at]! ^ 1;
    await assert.rejects(decode(changed, signed), /chunk|malformed/);
  }
  await assert.rejects(decode(Buffer.from('0\r\n\r\n'), signed), /no signature/);
});

test('a body that ends too early or goes on too long is refused at every length', async () => {
  const bytes = Buffer.from('5\r\nhello\r\n3\r\nyou\r\n0\r\nx-amz-checksum-crc32:AAAA\r\n\r\n');
  const whole = await decode(bytes, { ...unsigned, decodedSizeBytes: 8 });
  assert.equal(whole.body.toString(), 'helloyou');
  assert.deepEqual(whole.trailers, { 'x-amz-checksum-crc32': 'AAAA' });
  for (let length = 0; length < bytes.length; length++) {
    await assert.rejects(decode(bytes.subarray(0, length), unsigned), { code: 'IncompleteBody' }, String(length));
  }
  await assert.rejects(decode(Buffer.concat([bytes, Buffer.from('x')]), unsigned), { code: 'IncompleteBody' });
  await assert.rejects(decode(bytes, { ...unsigned, decodedSizeBytes: 7 }), { code: 'IncompleteBody' });
  await assert.rejects(decode(bytes, { ...unsigned, decodedSizeBytes: 9 }), { code: 'IncompleteBody' });
});

test('headers of chunks and trailers are bounded', async () => {
  await assert.rejects(decode(Buffer.from('1'.repeat(5000)), unsigned), /too long/);
  await assert.rejects(decode(Buffer.from(`0\r\n${'a:b\r\n'.repeat(5000)}\r\n`), unsigned), /too long/);
  await assert.rejects(decode(Buffer.from('fffffffffffff\r\n'), unsigned), /not the header of a chunk/);
});

test('trailing headers are under the signature where chunks are', async () => {
  const withTrailer = { ...signed, hasTrailer: true };
  const trailer = 'x-amz-checksum-crc32c:sOO8/Q==';
  const hash = '1e376db7e1a34a8ef1c4bcee131a2d60a1cb62503747488624e10995f448d774';
  const text = ['AWS4-HMAC-SHA256-TRAILER', signing.timestamp, signing.scope, documented[2]![1], hash].join('\n');
  const signature = hmacHex(signing.key, text);
  const good = await decode(
    framed(documented, `${trailer}\r\nx-amz-trailer-signature:${signature}\r\n\r\n`),
    withTrailer,
  );
  assert.deepEqual(good.trailers, { 'x-amz-checksum-crc32c': 'sOO8/Q==' });
  const forged = framed(documented, `${trailer}\r\nx-amz-trailer-signature:${signature.replace(/^./, 'x')}\r\n\r\n`);
  await assert.rejects(decode(forged, withTrailer), { code: 'SignatureDoesNotMatch' });
  await assert.rejects(decode(framed(documented, `${trailer}\r\n\r\n`), withTrailer), /not signed/);
});
