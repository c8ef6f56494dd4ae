/** Bad data in a table: the query fails and says which file and why, or reads what can be read; the server stays. */
import assert from 'node:assert/strict';
import { createWriteStream, mkdirSync, rmSync, symlinkSync, writeFileSync, copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { after, afterEach, suite, test } from 'node:test';
import { constants, createGzip, zstdCompressSync } from 'node:zlib';
import { connect, residentBytes, storageAt, strayFiles } from './testing/faulty.ts';
import { startTestPlatform } from './testing/platform.ts';
import { until } from './testing/until.ts';

const mb = 2 ** 20;

suite('bad data in tables', async () => {
  const platform = await startTestPlatform({ queryMemoryMb: 512 });
  const clients = await connect(platform.endpoint);
  const { s3, glue, query, table } = clients;
  after(async () => {
    clients.close();
    await platform.close();
  });
  const folderOf = (name: string): string => {
    const folder = join(platform.dataDir, 'buckets', 'faults', name);
    mkdirSync(folder, { recursive: true });
    return folder;
  };

  afterEach(async () => {
    await clients.assertWell();
    assert.deepEqual(strayFiles(platform.dataDir), []);
  });

  test('a folder where a file was, a file that went, and a link out of the bucket', async () => {
    const folder = folderOf('odd');
    writeFileSync(join(folder, 'a.csv'), '1,one\n');
    await table('odd');
    mkdirSync(join(folder, 'dir.csv'));
    symlinkSync('/etc/passwd', join(folder, 'link.csv'));
    symlinkSync('/etc', join(folder, 'etc'));
    const { rows, reason } = await query('SELECT * FROM odd');
    assert.deepEqual([rows, reason], [[['1', 'one']], '']);
    for (const Key of ['odd/link.csv', 'odd/etc/passwd', 'odd/dir.csv']) {
      await assert.rejects(s3.getObject({ Bucket: 'faults', Key }), { name: 'NoSuchKey' }, Key);
    }
    const { Contents = [] } = await s3.listObjectsV2({ Bucket: 'faults', Prefix: 'odd/' });
    assert.deepEqual(
      Contents.map(({ Key }) => Key),
      ['odd/a.csv'],
    );
    await assert.rejects(s3.putObject({ Bucket: 'faults', Key: 'odd/etc/millpond-fault', Body: 'x' }));
    rmSync(join(folder, 'etc'));
    symlinkSync(join(platform.dataDir, 'buckets', 'faults'), join(folder, 'loop'));
    assert.equal((await query('SELECT count(*) FROM odd')).rows[0]?.[0], '1');
  });

  test('files that come and go while queries read', async () => {
    const folder = folderOf('moving');
    const write = (n: number): void => writeFileSync(join(folder, `${n}.csv`), `${n},x\n`.repeat(2000));
    for (let n = 0; n < 40; n++) write(n);
    await table('moving');
    const end = new AbortController();
    const churn = (async () => {
      for (let n = 0; !end.signal.aborted; n = (n + 1) % 40) {
        rmSync(join(folder, `${n}.csv`), { force: true });
        await new Promise((settle) => setImmediate(settle));
        write(n);
      }
    })();
    try {
      for (let round = 0; round < 6; round++) {
        const { reason, rows } = await query('SELECT count(*), min(a), max(length(b)) FROM moving');
        if (reason !== '') assert.match(reason, /moving|file|HIVE|changed|exist/i);
        else assert.equal(Number(rows[0]?.[0]) % 1, 0);
      }
    } finally {
      end.abort();
      await churn;
    }
    assert.equal((await query('SELECT count(*) FROM moving')).rows[0]?.[0], '80000');
  });

  test('a Parquet file that is cut, overwritten or no Parquet at all is named', async () => {
    await table('good', { StorageDescriptor: storageAt('s3://faults/good/', 'parquet')! });
    assert.equal(
      (
        await query(
          "CREATE TABLE made WITH (format='PARQUET', external_location='s3://faults/good/') AS SELECT bigint '1' AS a, 'x' AS b",
        )
      ).reason,
      '',
    );
    const { Contents = [] } = await s3.listObjectsV2({ Bucket: 'faults', Prefix: 'good/' });
    const good = join(platform.dataDir, 'buckets', 'faults', Contents[0]!.Key!);
    const bytes = readFileSync(good);
    const flipped = Buffer.from(bytes);
    for (let at = 4; at < bytes.length - 8; at += 3) flipped[at] = flipped[at]! ^ 0x55;
    const spoiled: Record<string, Buffer> = {
      cut: bytes.subarray(0, bytes.length / 2),
      headless: bytes.subarray(20),
      flipped,
      text: Buffer.from('a,b\n1,2\n'),
      lying: Buffer.concat([
        bytes.subarray(0, bytes.length - 8),
        Buffer.from([0xff, 0xff, 0xff, 0x7f]),
        Buffer.from('PAR1'),
      ]),
    };
    for (const [name, content] of Object.entries(spoiled)) {
      const folder = folderOf(`parquet-${name}`);
      copyFileSync(good, join(folder, 'a.parquet'));
      writeFileSync(join(folder, `${name}.parquet`), content);
      await table(`parquet_${name}`, { StorageDescriptor: storageAt(`s3://faults/parquet-${name}/`, 'parquet')! });
      const { reason } = await query(`SELECT * FROM parquet_${name}`);
      assert.match(reason, new RegExp(`${name}\\.parquet`), `${name}: ${reason}`);
      assert.doesNotMatch(reason, /\/tmp\//, 'a path of the server');
    }
  });

  test('text in a wrong format is named or read as NULL', async () => {
    writeFileSync(join(folderOf('magic'), 'a.csv.gz'), 'this is no gzip');
    await table('magic');
    assert.match((await query('SELECT * FROM magic')).reason, /a\.csv\.gz/);
    writeFileSync(join(folderOf('cut'), 'a.csv.gz'), (await gzipped('1,x\n'.repeat(50_000))).subarray(0, 60));
    await table('cut');
    assert.match((await query('SELECT * FROM cut')).reason, /a\.csv\.gz/);
    writeFileSync(join(folderOf('broken'), 'a.json'), '{"a":1,"b":"x"}\n{"a":2,\n\0\0\0\n');
    await table('broken', { StorageDescriptor: storageAt('s3://faults/broken/', 'json')! });
    assert.deepEqual((await query('SELECT * FROM broken')).rows, [
      ['1', 'x'],
      [undefined, undefined],
      [undefined, undefined],
    ]);
  });

  test('tables whose location is elsewhere, outside or nowhere', async () => {
    for (const [name, location] of [
      ['nowhere', 's3://faults/never-made/'],
      ['no_bucket', 's3://no-such-bucket-here/x/'],
      ['outside', 's3://faults/../../../etc/'],
      ['file_url', 'file:///etc/'],
      ['plain', '/etc/'],
      ['encoded', 's3://faults/%2e%2e/%2e%2e/'],
      ['lake_own', 's3://.lake/'],
      ['nothing', ''],
    ] as const) {
      const made = await table(name, { StorageDescriptor: storageAt(location, 'csv')! }).catch((error: Error) => error);
      if (made instanceof Error) continue;
      const { reason, rows } = await query(`SELECT * FROM ${name}`);
      assert.deepEqual(rows, [], name);
      // S3 has no folders: `..` is a prefix that no key begins with.
      if (!['nowhere', 'encoded', 'outside'].includes(name)) assert.notEqual(reason, '', `${name} is refused`);
    }
  });

  test('a bomb of gzip and one of zstd are read in a stream', async () => {
    const line = Buffer.from(`1,${'z'.repeat(1022)}\n`);
    const folder = folderOf('bomb');
    await pipeline(
      Readable.from(
        (function* () {
          const block = Buffer.concat(Array.from({ length: 1024 }, () => line));
          for (let n = 0; n < 300; n++) yield block;
        })(),
      ),
      createGzip({ level: constants.Z_BEST_SPEED }),
      createWriteStream(join(folder, 'a.csv.gz')),
    );
    await table('bomb');
    const watch = watchMemory();
    assert.deepEqual((await query('SELECT count(*) FROM bomb')).rows, [[String(300 * 1024)]]);
    const zst = folderOf('zbomb');
    writeFileSync(join(zst, 'a.csv.zst'), zstdCompressSync(Buffer.alloc(256 * mb, 'x')));
    await table('zbomb');
    const { reason } = await query('SELECT count(*), max(length(b)) FROM zbomb');
    const peak = watch.stop();
    if (reason !== '') assert.match(reason, /a\.csv\.zst|memory|longer/);
    assert.ok(peak < 1800 * mb, `the peak was ${Math.round(peak / mb)} MB`);
  });

  test('a JSON line of 300 MB and a CSV line of 50 MB', { timeout: 120_000 }, async () => {
    const folder = folderOf('long_json');
    await writeRepeated(join(folder, 'a.json'), '{"a":1,"b":"', 'q'.repeat(mb), 300, '"}\n');
    await table('long_json', { StorageDescriptor: storageAt('s3://faults/long_json/', 'json')! });
    const watch = watchMemory();
    const json = await query('SELECT a, length(b) FROM long_json');
    assert.match(json.reason, /a\.json/);
    await glue.createCrawler({
      Name: 'long',
      Role: 'arn:aws:iam::000000000000:role/crawl',
      DatabaseName: 'faults',
      Targets: { S3Targets: [{ Path: 's3://faults/long_json/' }] },
    });
    await glue.startCrawler({ Name: 'long' });
    await until(async () => (await glue.getCrawler({ Name: 'long' })).Crawler?.State === 'READY', 'the crawl', 60_000);
    rmSync(folder, { recursive: true });
    await writeRepeated(join(folderOf('long_csv'), 'a.csv'), '1,', 'c'.repeat(mb), 50, '');
    await table('long_csv');
    const csv = await query('SELECT a, length(b) FROM long_csv');
    assert.deepEqual(csv, { reason: '', rows: [['1', String(50 * mb)]] });
    const peak = watch.stop();
    assert.ok(peak < 2000 * mb, `the peak was ${Math.round(peak / mb)} MB`);
  });

  test('a CSV of a million columns', async () => {
    writeFileSync(join(folderOf('wide'), 'a.csv'), `${Array.from({ length: 1_000_000 }, (_, n) => n).join(',')}\n`);
    await table('wide');
    assert.deepEqual((await query('SELECT a, b FROM wide')).rows, [['0', '1']]);
    await glue.createCrawler({
      Name: 'wide',
      Role: 'arn:aws:iam::000000000000:role/crawl',
      DatabaseName: 'faults',
      TablePrefix: 'crawled_',
      Targets: { S3Targets: [{ Path: 's3://faults/wide/' }] },
    });
    await glue.startCrawler({ Name: 'wide' });
    await until(async () => (await glue.getCrawler({ Name: 'wide' })).Crawler?.State === 'READY', 'the crawl', 60_000);
    const { Crawler } = await glue.getCrawler({ Name: 'wide' });
    assert.ok(Crawler?.LastCrawl?.Status === 'SUCCEEDED' || Crawler?.LastCrawl?.ErrorMessage, 'it says how it ended');
  });

  test(
    'a file that the server may not read is named',
    { skip: process.getuid?.() === 0 ? 'root may read any file' : false },
    async () => {
      const path = join(folderOf('secret'), 'a.csv');
      writeFileSync(path, '1,x\n', { mode: 0 });
      await table('secret');
      assert.match((await query('SELECT * FROM secret')).reason, /a\.csv/);
      await assert.rejects(s3.getObject({ Bucket: 'faults', Key: 'secret/a.csv' }), { name: 'AccessDenied' });
    },
  );
});

async function gzipped(text: string): Promise<Buffer> {
  return Buffer.concat(await Readable.from([text]).pipe(createGzip()).toArray());
}

async function writeRepeated(path: string, head: string, part: string, times: number, tail: string): Promise<void> {
  await pipeline(
    Readable.from(
      (function* () {
        yield head;
        for (let n = 0; n < times; n++) yield part;
        yield tail;
      })(),
    ),
    createWriteStream(path),
  );
}

/** The most memory above what is in use now, of this process and its children; Linux only, else 0. */
function watchMemory(): { stop(): number } {
  const before = residentBytes(process.pid);
  let peak = 0;
  const timer = setInterval(() => {
    peak = Math.max(peak, residentBytes(process.pid) - before);
  }, 20);
  timer.unref();
  return {
    stop: () => {
      clearInterval(timer);
      return peak;
    },
  };
}
