import assert from 'node:assert/strict';
import { resolve, sep } from 'node:path';
import { suite, test } from 'node:test';
import * as fc from 'fast-check';
import { compareKeys, decodeKey, encodeDisplacedKey, encodeKey, isLegalKey } from './key.ts';

const hostile = [
  '.',
  '..',
  '../x',
  'a/../../b',
  '/',
  '//',
  '///a',
  'a/',
  'a//b',
  '/a',
  'a\u0000b',
  'a\nb',
  '\u007f',
  '~%',
  '~%2E',
  '~=a',
  '~+a/b',
  'a%2fb',
  '%',
  'a%',
  'CON',
  'a\\b',
  ' a ',
  'a.',
  'é'.repeat(500),
  'x'.repeat(1024),
  '%'.repeat(1024),
  '😀'.repeat(256),
  '.staging',
  `${'y'.repeat(255)}/z`,
  'y'.repeat(256),
];

const piece = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.constantFrom(...hostile, '~', '%', '=', '+', 'a', 'year=2017'),
);
const legalKey = fc
  .array(piece, { minLength: 1, maxLength: 6 })
  .map((pieces) => pieces.join('/').toWellFormed())
  .filter(isLegalKey);

suite('keys and paths', () => {
  test('an ordinary key is exactly its path', () => {
    for (const key of ['a', 'data/year=2017/month=01/a b.csv', 'x/.hidden', 'x/~y', 'dt=2017%3A00/é.parquet']) {
      assert.equal(encodeKey(key).join('/'), key);
    }
  });

  test('every hostile key survives the way to a path and back', () => {
    for (const key of hostile) {
      assert.equal(decodeKey(encodeKey(key)), key, JSON.stringify(key));
      assert.equal(decodeKey(encodeDisplacedKey(key)), key, JSON.stringify(key));
    }
  });

  test('property: encoding is reversible', () => {
    fc.assert(
      fc.property(legalKey, (key) => decodeKey(encodeKey(key)) === key),
      { numRuns: 1000 },
    );
    fc.assert(
      fc.property(legalKey, (key) => decodeKey(encodeDisplacedKey(key)) === key),
      { numRuns: 500 },
    );
  });

  test('property: two keys never share a path, whichever form each has', () => {
    fc.assert(
      fc.property(legalKey, legalKey, (a, b) => {
        fc.pre(a !== b);
        const paths = [encodeKey(a), encodeDisplacedKey(a)].map((names) => names.join('/'));
        const others = [encodeKey(b), encodeDisplacedKey(b)].map((names) => names.join('/'));
        return paths.every((path) => !others.includes(path));
      }),
      { numRuns: 1000 },
    );
  });

  test('property: a path stays inside its folder and each name fits a file system', () => {
    fc.assert(
      fc.property(legalKey, (key) =>
        [encodeKey(key), encodeDisplacedKey(key)].every(
          (names) =>
            resolve('/root/bucket', ...names).startsWith(`/root/bucket${sep}`) &&
            names.every((name) => name !== '' && name !== '.' && name !== '..') &&
            names.every((name) => !name.includes('/') && !name.includes('\0') && Buffer.byteLength(name) <= 255),
        ),
      ),
      { numRuns: 1000 },
    );
  });

  test('a name that no key makes is no object', () => {
    for (const path of ['~%a', '~%zz', '~=a/b', 'a\nb', '~+abc', '~+a/~%b', '~%%2F']) {
      assert.equal(decodeKey(path.split('/')), undefined, path);
    }
  });

  test('property: keys are ordered by their UTF-8 bytes', () => {
    fc.assert(
      fc.property(legalKey, legalKey, (a, b) => {
        return Math.sign(compareKeys(a, b)) === Buffer.compare(Buffer.from(a), Buffer.from(b));
      }),
      { numRuns: 1000 },
    );
  });

  test('a key is 1 to 1024 bytes of well-formed text', () => {
    assert.equal(isLegalKey(''), false);
    assert.equal(isLegalKey('x'.repeat(1025)), false);
    assert.equal(isLegalKey('é'.repeat(513)), false);
    assert.equal(isLegalKey('\ud800'), false);
  });
});
