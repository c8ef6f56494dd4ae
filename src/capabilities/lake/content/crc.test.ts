import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import * as fc from 'fast-check';
import { Crc32, Crc32c, Crc64Nvme, combineCrc, type Crc } from './crc.ts';

const kinds = { CRC32: () => new Crc32(), CRC32C: () => new Crc32c(), CRC64NVME: () => new Crc64Nvme() } as const;

const digestOf = (crc: Crc, ...chunks: Uint8Array[]): Buffer => {
  for (const chunk of chunks) crc.update(chunk);
  return crc.digest();
};

suite('crc', () => {
  test('the check values of the catalogue of parametrised CRC algorithms', () => {
    const input = Buffer.from('123456789');
    assert.equal(digestOf(new Crc32(), input).toString('hex'), 'cbf43926');
    assert.equal(digestOf(new Crc32c(), input).toString('hex'), 'e3069283');
    assert.equal(digestOf(new Crc64Nvme(), input).toString('hex'), 'ae8b14860a799888');
  });

  test('property: chunks give what the whole gives, and two checks join into that of the whole', () => {
    for (const [kind, create] of Object.entries(kinds) as [keyof typeof kinds, () => Crc][]) {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 300 }), (a, b) => {
          const whole = digestOf(create(), Buffer.concat([a, b])).toString('hex');
          const parts = digestOf(create(), a, b).toString('hex');
          const joined = combineCrc(kind, digestOf(create(), a), digestOf(create(), b), b.length).toString('hex');
          return whole === parts && whole === joined;
        }),
        { numRuns: 200 },
      );
    }
  });
});
