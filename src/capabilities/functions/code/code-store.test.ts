import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';
import { ZipFile } from 'yazl';
import { useTempFolder } from '#testing';
import { CodeStore } from './code-store.ts';

test('the same package uploaded many times at once is kept once', async () => {
  const zip = new ZipFile();
  zip.addBuffer(Buffer.from('exports.handler = () => 1;'), 'index.js');
  zip.end();
  const bytes = await buffer(zip.outputStream);
  const folder = useTempFolder();
  const store = new CodeStore(folder);
  const held = await Promise.all(Array.from({ length: 20 }, () => store.hold(bytes)));
  assert.equal(new Set(held.map(({ codeId }) => codeId)).size, 1);
  assert.deepEqual(readdirSync(join(folder, 'code')), [held[0]?.codeId]);
  assert.deepEqual(readdirSync(await store.unpacked(held[0]!.codeId)), ['index.js']);
});
