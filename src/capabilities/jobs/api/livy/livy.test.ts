import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { S3 } from '@aws-sdk/client-s3';
import { clientConfig, until, useTempFolder } from '#testing';
import { startTestPlatform } from '../../../../testing/platform.ts';
import { openLivy } from './livy.fixture.ts';

suite("Livy's REST API", async () => {
  const platform = await startTestPlatform({ sparkHome: '/nowhere' });
  const livy = openLivy(platform.livyUrl ?? '');
  const s3 = new S3(clientConfig(platform.endpoint));
  const folder = useTempFolder();
  await s3.createBucket({ Bucket: 'jobs' });
  after(async () => {
    s3.destroy();
    await platform.close();
  });
  const script = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };

  test('a batch is created, runs to success and shows its log line by line', async () => {
    const file = script('hello.py', 'import sys\nprint("hello", *sys.argv[1:])\n');
    const created = await livy.post('/batches', { file, args: ['a b', 7], name: 'greeting', proxyUser: 'ann' });
    assert.equal(created.status, 201);
    assert.equal(created.headers.get('location'), `/batches/${created.body.id}`);
    assert.deepEqual(Object.keys(created.body), [
      'id',
      'name',
      'owner',
      'proxyUser',
      'state',
      'appId',
      'appInfo',
      'log',
    ]);
    assert.equal(created.body.proxyUser, 'ann');
    const batch = await livy.ended(created.body.id);
    assert.equal(batch.state, 'success');
    const { body: log } = await livy.get(`/batches/${batch.id}/log?size=50`);
    assert.ok(log.log.includes('hello a b 7'), log.log.join('\n'));
    assert.deepEqual((await livy.get('/batches/greeting/state')).body, { id: batch.id, state: 'success' });
    const { body: page } = await livy.get('/batches?from=0&size=1');
    assert.equal(page.total, 1);
    assert.equal(page.sessions[0].id, batch.id);
  });

  test('the caller sees the platform with credentials of its own', async () => {
    const Body = [
      "import { execFileSync } from 'node:child_process';",
      'const { AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID, AWS_SESSION_TOKEN } = process.env;',
      'console.log(AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID.slice(0, 4), AWS_SESSION_TOKEN !== undefined);',
    ].join('\n');
    await s3.putObject({ Bucket: 'jobs', Key: 'a/who.mjs', Body });
    const { body } = await livy.post('/batches', { file: 's3://jobs/a/who.mjs' });
    assert.equal((await livy.ended(body.id)).state, 'success');
    const { log } = (await livy.get(`/batches/${body.id}/log`)).body;
    assert.deepEqual(log, [`${platform.endpoint} ASIA true`]);
  });

  test('a script that fails is dead, its error stands in the log and in the history', async () => {
    const file = script('bad.py', 'raise ValueError("no trips in January")\n');
    const { body } = await livy.post('/batches', { file });
    assert.equal((await livy.ended(body.id)).state, 'dead');
    const { body: history } = await livy.get(`/applications/${body.id}`);
    assert.equal(history.reason, 'ValueError: no trips in January (the process ended with exit code 1)');
    assert.equal(history.exitCode, 1);
    assert.equal(history.submittedBy, 'arn:aws:iam::000000000000:root');
  });

  test('modules that go with a script are imported, and an absent one is told', async () => {
    await s3.putObject({ Bucket: 'jobs', Key: 'lib/fares.py', Body: 'base = 3\n' });
    const file = script('imports.py', 'from fares import base\nprint("base", base)\n');
    const { body } = await livy.post('/batches', { file, pyFiles: ['s3://jobs/lib/fares.py'] });
    const batch = await livy.ended(body.id);
    assert.deepEqual([batch.state, batch.log.at(-1)], ['success', 'base 3']);
    const absent = await livy.post('/batches', { file, pyFiles: ['/no/fares.py'] });
    assert.equal((await livy.ended(absent.body.id)).state, 'dead');
    assert.match((await livy.get(`/applications/${absent.body.id}`)).body.reason, /\/no\/fares\.py does not exist/);
  });

  test('what cannot be started, or ends without a word, is dead with what is known', async () => {
    const reasonOf = async (body: object): Promise<string> => {
      const { id } = (await livy.post('/batches', body)).body;
      assert.equal((await livy.ended(id)).state, 'dead');
      return (await livy.get(`/applications/${id}`)).body.reason;
    };
    const file = script('silent.py', 'import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n');
    assert.equal(await reasonOf({ file }), 'The process was ended by SIGSEGV.');
    assert.match(await reasonOf({ file, args: ['x'.repeat(3_000_000)] }), /longer than the system takes/);
    assert.match(await reasonOf({ file, args: ['a\0b'] }), /cannot be started: .*null bytes/);
  });

  const noProc = !existsSync('/proc/self/environ') && 'such descendants are found through /proc';
  test('killing it ends descendants too that left its group', { skip: noProc }, async () => {
    const lines = [
      'import os, time',
      'if os.fork() == 0:',
      '    os.setsid()',
      '    print("daemon", os.getpid(), flush=True)',
      'time.sleep(600)',
    ];
    const file = script('daemon.py', lines.join('\n'));
    const { body } = await livy.post('/batches', { file });
    let pid = 0;
    await until(async () => {
      const { log } = (await livy.get(`/batches/${body.id}/log`)).body as { log: string[] };
      pid = Number(log.find((line) => line.startsWith('daemon'))?.split(' ')[1] ?? 0);
      return pid > 0;
    }, 'the daemon to be up');
    await livy.call('DELETE', `/batches/${body.id}`);
    await until(() => {
      try {
        process.kill(pid, 0);
        return false;
      } catch {
        return true;
      }
    }, 'the daemon to end');
  });

  test('a Spark application without Spark is dead with the remedy, and so is an absent file', async () => {
    const file = script('spark.py', 'from pyspark.sql import SparkSession\n');
    const first = await livy.post('/batches', { file });
    await livy.ended(first.body.id);
    assert.match((await livy.get(`/applications/${first.body.id}`)).body.reason, /needs Spark.*pip install pyspark/);
    const second = await livy.post('/batches', { file: 's3://jobs/absent.jar', className: 'org.Main' });
    await livy.ended(second.body.id);
    assert.match(
      (await livy.get(`/applications/${second.body.id}`)).body.reason,
      /s3:\/\/jobs\/absent.jar could not be read/,
    );
  });

  test('deleting kills it with everything it started, and forgets it in the listing', async () => {
    const file = script('hang.py', "import subprocess\nprint('up', flush=True)\nsubprocess.run(['sleep', '3600'])\n");
    const { body } = await livy.post('/batches', { file });
    await until(async () => (await livy.get(`/batches/${body.id}/log`)).body.log.includes('up'), 'the script to be up');
    assert.deepEqual((await livy.call('DELETE', `/batches/${body.id}`)).body, { msg: 'deleted' });
    assert.equal((await livy.get(`/batches/${body.id}`)).status, 404);
    assert.equal((await livy.get(`/applications/${body.id}`)).body.state, 'killed');
  });

  test('names are unique among listed batches', async () => {
    const file = script('ok.py', 'pass\n');
    const { body } = await livy.post('/batches', { file, name: 'only-one' });
    const again = await livy.post('/batches', { file, name: 'only-one' });
    assert.equal(again.status, 400);
    assert.equal(again.body.msg, `Duplicate session name: Some(only-one) for session ${body.id}`);
    await livy.call('DELETE', `/batches/${body.id}`);
    assert.equal((await livy.post('/batches', { file, name: 'only-one' })).status, 201);
  });

  test('what is wrong in a request is said', async () => {
    assert.deepEqual(await livy.get('/batches/77').then(({ status, body }) => [status, body]), [
      404,
      { msg: "Session '77' not found." },
    ]);
    const cases: [unknown, RegExp][] = [
      [{}, /File is required/],
      [[], /JSON object/],
      [{ file: 7, surprise: 1 }, /Unrecognized field "surprise"/],
      [{ file: '/a.exe' }, /No engine here runs/],
      [{ file: '/a.py', args: 'x' }, /'args': it must be a list/],
      [{ file: '/a.py', args: [{}] }, /'args': it must be a list of strings/],
      [{ file: '/a.py', conf: { a: [] } }, /'conf.a'/],
      [{ file: '/a.py', driverMemory: '2 moons' }, /size of memory/],
      [{ file: '/a.py', numExecutors: -1 }, /whole number/],
      [{ file: '/a.py', name: '12' }, /not a session name/],
    ];
    for (const [body, expected] of cases) {
      const answer = await livy.post('/batches', body);
      assert.equal(answer.status, 400, JSON.stringify(body));
      assert.match(answer.body.msg, expected);
    }
    assert.equal((await livy.get('/batches?from=x')).status, 400);
    assert.equal((await livy.get('/nothing')).status, 404);
    assert.equal((await livy.call('PATCH', '/batches')).status, 404);
    assert.equal((await livy.call('POST', '/batches', '{"file": ')).status, 400);
    assert.equal((await livy.call('POST', '/batches', ' '.repeat(5 * 2 ** 20))).status, 413);
    assert.equal((await livy.get('/batches/%ff')).status, 400);
  });

  test('other names of the host and pages of other sites are refused', async () => {
    assert.equal((await livy.call('POST', '/batches', '{}', { origin: 'http://evil.example' })).status, 403);
    assert.equal((await livy.call('POST', '/batches', '{}', { 'sec-fetch-site': 'cross-site' })).status, 403);
    assert.equal(await livy.statusWithHost('evil.example'), 403);
    assert.equal(await livy.statusWithHost('localhost'), 200);
  });

  test('a SQL batch reads files at a path and writes others, and fails where they are already', async () => {
    await s3.putObject({ Bucket: 'jobs', Key: 'root/trips/t.csv', Body: 'rate,miles\n1,2.5\n1,0.5\n2,10\n' });
    const Body = `
      CREATE EXTERNAL TABLE trips (rate int, miles double) ROW FORMAT DELIMITED FIELDS TERMINATED BY ','
        LOCATION '\${1}/trips/' TBLPROPERTIES ('skip.header.line.count' = '1');
      UNLOAD (SELECT rate, sum(miles) AS miles FROM trips GROUP BY rate) TO '\${1}/miles/' WITH (format = 'PARQUET')`;
    await s3.putObject({ Bucket: 'jobs', Key: 'miles.sql', Body });
    const submission = { file: 's3://jobs/miles.sql', args: ['s3://jobs/root'] };
    const first = await livy.ended((await livy.post('/batches', submission)).body.id, 30_000);
    assert.equal(first.state, 'success', first.log.join('\n'));
    const { Contents = [] } = await s3.listObjectsV2({ Bucket: 'jobs', Prefix: 'root/miles/' });
    assert.ok(Contents.length > 0);
    const second = await livy.ended((await livy.post('/batches', submission)).body.id, 30_000);
    assert.equal(second.state, 'dead');
    assert.match(second.log.join('\n'), /The target s3:\/\/jobs\/root\/miles\/ is not empty/);
  });
});
