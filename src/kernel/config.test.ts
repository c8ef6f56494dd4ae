import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { loadConfig } from './config.ts';
import { lockFolder } from './folder-lock.ts';

function folderWith(t: TestContext, yaml?: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'millpond-config-'));
  t.after(() => rmSync(folder, { recursive: true }));
  if (yaml !== undefined) writeFileSync(join(folder, 'millpond.yaml'), yaml);
  return folder;
}

test('a flag wins over the environment, that over the file, that over the default', (t) => {
  const folder = folderWith(t, 'port: 1\nregion: eu-west-1\nhosts: [pond.lan]\n');
  const { config, origins } = loadConfig({
    flags: { port: '3' },
    env: { MILLPOND_PORT: '2', MILLPOND_LOG_LEVEL: 'info' },
    folder,
  });
  assert.deepEqual(
    [config.port, config.region, config.hosts, config.logLevel, config.host],
    [3, 'eu-west-1', ['pond.lan'], 'info', '127.0.0.1'],
  );
  assert.deepEqual(
    [origins.port, origins.region, origins.logLevel, origins.host],
    ['flag', 'file', 'environment', 'default'],
  );
});

test('an unknown setting is refused with the nearest name', (t) => {
  const folder = folderWith(t, 'dataDirr: x\n');
  assert.throws(() => loadConfig({ flags: {}, env: {}, folder }), /unknown setting 'dataDirr'.*Did you mean 'dataDir'/);
});

test('a wrong value names its setting and what it takes', (t) => {
  const load = (flags: object) => loadConfig({ flags, env: {}, folder: folderWith(t) });
  assert.throws(() => load({ port: 'many' }), /--port is "many"; it takes a number/);
  assert.throws(() => load({ accountId: '12' }), /accountId is '12'; it takes 12 digits/);
  assert.throws(() => load({ open: true, host: '0.0.0.0' }), /loopback only/);
});

test('relative paths go from the folder of the file, whatever folder another process works in', (t) => {
  const folder = folderWith(t, 'tlsCert: tls/cert.pem\ntlsKey: /etc/key.pem\n');
  const load = (pythonPath: string) => loadConfig({ flags: { pythonPath }, env: {}, folder }).config;
  const { dataDir, tlsCert, tlsKey, sparkHome, pythonPath } = load('.venv/bin/python');
  assert.deepEqual(
    { dataDir, tlsCert, tlsKey, sparkHome, pythonPath },
    {
      dataDir: join(folder, '.millpond'),
      tlsCert: join(folder, 'tls/cert.pem'),
      tlsKey: '/etc/key.pem',
      sparkHome: '',
      pythonPath: join(folder, '.venv/bin/python'),
    },
  );
  assert.equal(load('python3').pythonPath, 'python3');
});

test('a folder belongs to one process at a time, and a dead process holds nothing', (t) => {
  const folder = folderWith(t);
  const lock = lockFolder(folder);
  assert.throws(() => lockFolder(folder), new RegExp(`in use by process ${process.pid}`));
  lock.release();
  writeFileSync(join(folder, 'lock'), JSON.stringify({ pid: 2 ** 22 - 1, startedAt: '1' }));
  lockFolder(folder).release();
  writeFileSync(join(folder, 'lock'), 'not a lock');
  lockFolder(folder).release();
});
