import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { useTempFolder } from '#testing';
import { openLake, type OpenLake } from './crash.fixture.ts';

const program = fileURLToPath(new URL('crash.fixture.ts', import.meta.url));

/** What a reader sees of a key: type and bytes, or `absent`. */
async function see({ lake }: OpenLake, key: string): Promise<string> {
  const object = await lake.findObject({ bucket: 'bucket', key });
  if (object === undefined) return 'absent';
  return `${object.contentType}:${(await lake.readObject({ bucket: 'bucket', key })).toString()}`;
}

interface Case {
  readonly change: string;
  readonly step: string;
  readonly versioning?: boolean;
  /** What k (and l) may be after the restart. */
  readonly allowed: readonly string[];
}

const [before, after] = ['old/type:old,old/type:old', 'new/type:new,old/type:old'];
/** What EventBridge hears of a change that came about: told once, and nothing of one that did not. */
const told: Readonly<Record<string, readonly string[]>> = {
  put: ['Object Created k'],
  delete: ['Object Deleted k'],
  deleteVersion: ['Object Deleted k'],
  commit: ['Object Created k', 'Object Created l'],
};

const cases: readonly Case[] = [
  { change: 'put', step: 'planned', allowed: [before] },
  { change: 'put', step: 'recorded', allowed: [before] },
  { change: 'put', step: 'renamed', allowed: [after] },
  { change: 'put', step: 'durable', allowed: [after] },
  { change: 'put', step: 'planned', versioning: true, allowed: [before] },
  { change: 'put', step: 'recorded', versioning: true, allowed: [before] },
  { change: 'put', step: 'renamed', versioning: true, allowed: [after] },
  { change: 'delete', step: 'removed', allowed: ['absent,old/type:old'] },
  { change: 'delete', step: 'marked', versioning: true, allowed: ['absent,old/type:old'] },
  { change: 'delete', step: 'settled', versioning: true, allowed: ['absent,old/type:old'] },
  { change: 'deleteVersion', step: 'unsettled', versioning: true, allowed: [before] },
  { change: 'deleteVersion', step: 'removed', versioning: true, allowed: ['older/type:older,old/type:old'] },
  { change: 'commit', step: 'planned', allowed: [before] },
  { change: 'commit', step: 'decided', allowed: ['new/type:new,new/type:new'] },
  { change: 'commit', step: 'renamed', allowed: ['new/type:new,new/type:new'] },
  { change: 'commit', step: 'renamed#2', allowed: ['new/type:new,new/type:new'] },
  { change: 'commit', step: 'renamed', versioning: true, allowed: ['new/type:new,new/type:new'] },
];

suite(
  'a crash between any two steps leaves the old or the new object, and tells of what came about',
  { concurrency: 2 },
  () => {
    const root = useTempFolder();
    for (const [index, { change, step, versioning = false, allowed }] of cases.entries()) {
      test(`${change}${versioning ? ' in a bucket with versions' : ''}, killed at '${step}'`, async () => {
        const dataDir = join(root, String(index));
        mkdirSync(dataDir);
        const prepared = await openLake(dataDir);
        await prepared.call('CreateBucket', { Bucket: 'bucket' });
        if (versioning)
          await prepared.call('PutBucketVersioning', {
            Bucket: 'bucket',
            VersioningConfiguration: { Status: 'Enabled' },
          });
        if (change === 'deleteVersion')
          await prepared.lake.putObject({ bucket: 'bucket', key: 'k' }, 'older', { contentType: 'older/type' });
        for (const key of ['k', 'l'])
          await prepared.lake.putObject({ bucket: 'bucket', key }, 'old', { contentType: 'old/type' });
        await prepared.call('PutBucketNotificationConfiguration', {
          Bucket: 'bucket',
          NotificationConfiguration: { EventBridgeConfiguration: {} },
        });
        await prepared.close();

        const child = spawn(process.execPath, [program, dataDir, change, step], {
          stdio: ['ignore', 'ignore', 'inherit'],
        });
        const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
        assert.deepEqual([code, signal], [null, 'SIGKILL'], 'the step was reached');

        // Twice: a start must also be able to follow a start.
        for (let start = 0; start < 2; start++) {
          const opened = await openLake(dataDir);
          const seen = `${await see(opened, 'k')},${await see(opened, 'l')}`;
          assert.ok(allowed.includes(seen), `${seen} after ${step}`);
          const isTold = start === 0 && seen !== before;
          assert.deepEqual(await opened.told(), isTold ? (told[change] ?? []) : [], `told after ${step}`);
          assert.deepEqual(readdirSync(join(dataDir, 'buckets', '.lake', 'staging')), []);
          if (versioning && change === 'put') {
            const { Versions } = (await opened.call('ListObjectVersions', { Bucket: 'bucket', Prefix: 'k' })) as {
              Versions: unknown[];
            };
            assert.equal(Versions.length, seen === after ? 2 : 1);
          }
          await opened.close();
        }
      });
    }
  },
);
