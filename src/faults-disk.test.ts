/** The process ended under load, and a disk that is full: what was acknowledged is there, and what was not leaves nothing. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { useTempFolder } from '#testing';
import { connect, strayFiles, type Clients } from './testing/faulty.ts';
import { startKillable } from './testing/killable.ts';
import { until } from './testing/until.ts';

const stopMs = 5000;

/** Puts objects and makes tables until the server goes away; what was acknowledged is in the lists. */
function load({ s3, glue, athena }: Clients) {
  const acknowledged = { keys: [] as string[], tables: [] as string[] };
  let count = 0;
  const end = new AbortController();
  const loop = async (work: (id: number) => Promise<void>): Promise<void> => {
    while (!end.signal.aborted) await work(count++).catch(() => undefined);
  };
  const loops = [
    ...Array.from({ length: 4 }, () =>
      loop(async (id) => {
        await s3.putObject({ Bucket: 'faults', Key: `load/${id}`, Body: `${id}`.repeat(2000) });
        acknowledged.keys.push(`load/${id}`);
      }),
    ),
    loop(async (id) => {
      await glue.createTable({ DatabaseName: 'faults', TableInput: { Name: `t${id}` } });
      acknowledged.tables.push(`t${id}`);
    }),
    loop(async () => {
      const ResultConfiguration = { OutputLocation: 's3://faults/results/' };
      await athena.startQueryExecution({
        QueryString: 'SELECT sum(a.i) FROM unnest(sequence(1, 9999)) AS a(i)',
        ResultConfiguration,
      });
    }),
  ];
  return {
    acknowledged,
    async end() {
      end.abort();
      await Promise.all(loops);
    },
  };
}

async function assertKept(
  { s3, glue }: Clients,
  { keys, tables }: { keys: string[]; tables: string[] },
): Promise<void> {
  for (const Key of keys) {
    const { Body } = await s3.getObject({ Bucket: 'faults', Key });
    assert.equal(await Body?.transformToString(), Key.slice('load/'.length).repeat(2000));
  }
  for (const Name of tables) assert.equal((await glue.getTable({ DatabaseName: 'faults', Name })).Table?.Name, Name);
}

suite('the process ended under load', () => {
  const dataDir = useTempFolder();

  test('SIGTERM ends it within 5 s and keeps what was acknowledged; a kill leaves no temporary files', async () => {
    for (const [round, how] of (['terminate', 'kill'] as const).entries()) {
      const server = await startKillable(dataDir);
      const clients = await connect(server.endpoint);
      await clients.assertWell();
      const work = load(clients);
      await until(() => work.acknowledged.keys.length > 50 && work.acknowledged.tables.length > 5, 'some load', 20_000);
      const began = performance.now();
      const code = await server[how]();
      if (how === 'terminate') {
        assert.equal(code, 0, `round ${round}`);
        assert.ok(performance.now() - began < stopMs, `it took ${Math.round(performance.now() - began)} ms`);
      }
      await work.end();
      clients.close();
      const again = await startKillable(dataDir);
      const later = await connect(again.endpoint);
      try {
        assert.deepEqual(strayFiles(dataDir), []);
        await assertKept(later, work.acknowledged);
        await later.assertWell();
        await later.glue.batchDeleteTable({
          DatabaseName: 'faults',
          TablesToDelete: work.acknowledged.tables.slice(0, 100),
        });
      } finally {
        later.close();
        await again.terminate();
      }
    }
  });
});

suite('a disk that is full', { skip: whyNoMount() }, () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'millpond-full-'));
  before(() => mount('-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', dataDir));
  after(() => {
    spawnSync('umount', ['-l', dataDir]);
    rmSync(dataDir, { recursive: true, force: true });
  });

  test('writes are refused as to be tried again, reads go on, and room is enough to write again', async () => {
    const server = await startKillable(dataDir);
    const clients = await connect(server.endpoint);
    const { s3, glue, query } = clients;
    const kept = { keys: [] as string[], tables: [] as string[] };
    try {
      await clients.assertWell();
      await s3.putObject({ Bucket: 'faults', Key: 'rows/a.csv', Body: '1,one\n' });
      await clients.table('rows');
      const answers = new Set<string>();
      const note = (error: Error & { $metadata?: { httpStatusCode?: number } }): void => {
        answers.add(`${error.$metadata?.httpStatusCode} ${error.name}`);
        assert.match(error.message, /space|written|full|again/i);
      };
      const put = async (id: number, repeats: number): Promise<boolean> => {
        const Key = `load/${id}`;
        try {
          await s3.putObject({ Bucket: 'faults', Key, Body: `${id}`.repeat(repeats) });
        } catch (error) {
          note(error as Error);
          return false;
        }
        if (repeats === 2000) kept.keys.push(Key);
        return true;
      };
      for (let id = 1000; id < 1100; id++) await put(id, 2000);
      for (let id = 5000; await put(id, 500_000); id++);
      for (let id = 7000; await put(id, 2000); id++);
      for (let n = 0; n < 400; n++) {
        const Name = `full_${n}`;
        const done = await glue
          .createTable({ DatabaseName: 'faults', TableInput: { Name, Description: 'd'.repeat(2000) } })
          .then(
            () => true,
            (error: Error) => note(error),
          );
        if (done !== true) break;
        kept.tables.push(Name);
      }
      const { reason } = await query('SELECT * FROM rows').catch(
        (error: Error) => (note(error), { reason: error.message }),
      );
      if (reason !== '') assert.match(reason, /space|written|full|again/i);
      for (const answer of answers)
        assert.match(answer, /^(5\d\d|400) (ServiceUnavailable\w*|InternalServer\w*|InternalService\w*|SlowDown)$/);
      assert.ok(answers.size > 0, 'the disk was full');
      assert.equal((await fetch(`${server.endpoint}/health`)).ok, true);
      await assertKept(clients, kept);
      const { Contents = [] } = await s3.listObjectsV2({ Bucket: 'faults', Prefix: 'rows/' });
      assert.equal(Contents.length, 1);
      mount('-o', 'remount,size=128m', dataDir);
      await clients.assertWell();
      assert.deepEqual((await query('SELECT * FROM rows')).rows, [['1', 'one']]);
      await clients.table('after');
      assert.deepEqual(strayFiles(dataDir), []);
    } finally {
      clients.close();
      assert.equal(await server.terminate(), 0);
    }
    const again = await startKillable(dataDir);
    const later = await connect(again.endpoint);
    try {
      await assertKept(later, kept);
    } finally {
      later.close();
      await again.terminate();
    }
  });
});

function mount(...args: string[]): void {
  const { status, stderr } = spawnSync('mount', args, { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
}

/** Why a small disk cannot be made here; false where it can. */
function whyNoMount(): string | false {
  if (process.platform !== 'linux') return 'a small disk can only be mounted on Linux';
  if (process.getuid?.() !== 0) return 'only root may mount a small disk';
  const probe = mkdtempSync(join(tmpdir(), 'millpond-mount-'));
  const isMounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', probe]).status === 0;
  if (isMounted) spawnSync('umount', [probe]);
  rmSync(probe, { recursive: true, force: true });
  return isMounted ? false : 'mounting is not allowed here';
}
