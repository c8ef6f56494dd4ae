import assert from 'node:assert/strict';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { crc32, deflateRawSync } from 'node:zlib';
import { useTempFolder } from '#testing';
import { unpack } from './archive.ts';
import { CodeStore } from './code-store.ts';
import { pack } from './inline.ts';

interface RawEntry {
  readonly name: string;
  readonly content?: Buffer | string;
  readonly mode?: number;
  /** What the archive says of the size, when it lies. */
  readonly claimedBytes?: number;
  readonly deflate?: boolean;
}

/** A zip written byte by byte, so that it may say what no writer would. */
function rawZip(entries: readonly RawEntry[]): Buffer {
  const locals: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const { name, content = '', mode = 0o100_644, claimedBytes, deflate = false } of entries) {
    const bytes = Buffer.from(content);
    const stored = deflate ? deflateRawSync(bytes) : bytes;
    const facts = Buffer.alloc(26);
    facts.writeUInt16LE(20, 0);
    facts.writeUInt16LE(0x0800, 2);
    facts.writeUInt16LE(deflate ? 8 : 0, 4);
    facts.writeUInt32LE(crc32(bytes), 10);
    facts.writeUInt32LE(stored.length, 14);
    facts.writeUInt32LE(claimedBytes ?? bytes.length, 18);
    facts.writeUInt16LE(Buffer.byteLength(name), 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), facts, Buffer.from(name), stored]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(mode * 0x10000, 6);
    tail.writeUInt32LE(offset, 10);
    central.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x03', 'latin1'), facts, tail, Buffer.from(name)]));
    locals.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, directory, end]);
}

const link = 0o120_777;

suite('a deployment package', () => {
  const root = useTempFolder();
  let count = 0;
  const unpacked = async (zip: Buffer): Promise<string> => {
    const folder = join(root, String(count++), 'in');
    await mkdir(folder, { recursive: true });
    await unpack(zip, folder);
    return folder;
  };
  const refused = async (entries: readonly RawEntry[], message: RegExp): Promise<void> => {
    await assert.rejects(unpacked(rawZip(entries)), { code: 'InvalidParameterValueException', message });
    // Nothing may have been written beside the folder.
    assert.deepEqual(readdirSync(join(root, String(count - 1))), ['in']);
  };

  test('is unpacked with its modes, folders and links', async () => {
    const folder = await unpacked(
      rawZip([
        { name: 'bin/' },
        { name: 'bin/run', content: '#!', mode: 0o100_755 },
        { name: 'lib/deep/a.txt', content: 'a'.repeat(5000), deflate: true },
        { name: 'lib/b.txt', content: 'deep/a.txt', mode: link },
        { name: 'windows', mode: 0 },
      ]),
    );
    assert.equal(statSync(join(folder, 'bin/run')).mode & 0o777, 0o755);
    assert.equal(readFileSync(join(folder, 'lib/b.txt'), 'utf8').length, 5000);
  });

  test('may not leave its folder by a name', async () => {
    for (const name of ['../evil', 'a/../../evil', '/etc/evil', 'a/./b', 'a//b', '..', 'a\\..\\..\\evil']) {
      await refused([{ name, content: 'x' }], /Could not unzip/);
    }
  });

  test('may not leave its folder by a link', async () => {
    await refused([{ name: 'a', content: '/etc/passwd', mode: link }], /not inside the archive/);
    await refused([{ name: 'a', content: '../../x', mode: link }], /not inside the archive/);
    await refused([{ name: 'a', content: 'missing', mode: link }], /not inside the archive/);
    await refused(
      [
        { name: 'a', content: '.', mode: link },
        { name: 'a/b', content: 'x' },
      ],
      /lies below 'a'/,
    );
    const chain = [
      { name: 'p/q/r/x', content: 'x' },
      { name: 'p/q/r/d', content: '../../../', mode: link },
      { name: 'e', content: 'p/q/r/d/..', mode: link },
    ];
    await refused(chain, /not inside the archive/);
  });

  test('may not say a name twice, swell, lie about sizes or be empty', async () => {
    await refused(
      [
        { name: 'a', content: '1' },
        { name: 'a', content: '2' },
      ],
      /comes twice/,
    );
    await refused(
      [
        { name: 'a', content: '1' },
        { name: 'a/b', content: '2' },
      ],
      /no folder/,
    );
    await refused(
      [
        { name: 'a/b', content: '1' },
        { name: 'a', content: '2' },
      ],
      /comes twice/,
    );
    await refused(
      [{ name: 'bomb', content: 'x', claimedBytes: 300_000_000, deflate: true }],
      /Unzipped size must be smaller than 262144000 bytes/,
    );
    await refused(
      [{ name: 'liar', content: Buffer.alloc(100_000), claimedBytes: 10, deflate: true }],
      /Could not unzip/,
    );
    await refused([], /non-empty zip/);
    await assert.rejects(unpacked(Buffer.from('PK nonsense')), { message: /Could not unzip/ });
    const sound = rawZip([{ name: 'a', content: 'abc'.repeat(100) }]);
    await assert.rejects(unpacked(sound.subarray(0, sound.length - 30)), { message: /Could not unzip/ });
  });

  test('is kept once, made whole again when files are missing, and removed when nobody uses it', async () => {
    const folder = join(root, 'store');
    const zip = await pack({ 'a.txt': Buffer.from('a'), 'b/c.txt': Buffer.from('c') });
    const store = new CodeStore(folder);
    const { codeId } = await store.hold(zip);
    assert.equal((await store.hold(zip)).codeId, codeId);
    await rm(join(folder, 'code', codeId, 'a.txt'));
    await writeFile(join(folder, 'code', codeId, 'b', 'c.txt'), '');
    const later = new CodeStore(folder);
    const unpackedFolder = await later.unpacked(codeId);
    assert.equal(readFileSync(join(unpackedFolder, 'a.txt'), 'utf8'), 'a');
    assert.equal(readFileSync(join(unpackedFolder, 'b', 'c.txt'), 'utf8'), 'c');
    await store.sweep(() => false);
    assert.equal((await readdir(join(folder, 'code'))).length, 1);
    store.letGo(codeId);
    store.letGo(codeId);
    await store.sweep(() => false);
    assert.deepEqual(await readdir(join(folder, 'code')), []);
  });
});
