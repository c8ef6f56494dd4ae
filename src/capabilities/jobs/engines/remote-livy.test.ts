import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { FakeClock } from '#kernel/clock';
import { until, useTempFolder } from '#testing';
import { startTestPlatform } from '../../../testing/platform.ts';
import { openLivy } from '../api/livy/livy.fixture.ts';
import { emptySubmission, type Application } from '../applications/application.ts';
import type { ApplicationWork } from './application-engine.ts';
import { RemoteLivyEngine } from './remote-livy.ts';

suite('applications on a remote Livy', async () => {
  // A second platform is as good a Livy as any.
  const remote = await startTestPlatform({ sparkHome: '/nowhere' });
  const near = await startTestPlatform({ livyUrl: remote.livyUrl });
  const livy = openLivy(near.livyUrl ?? '');
  const far = openLivy(remote.livyUrl ?? '');
  const folder = useTempFolder();
  after(async () => {
    await near.close();
    await remote.close();
  });

  test('state and log are mirrored', async () => {
    const file = join(folder, 'hello.py');
    writeFileSync(file, 'print("from afar")\n');
    const { body } = await livy.post('/batches', { file, name: 'hello' });
    const batch = await livy.ended(body.id);
    assert.equal(batch.state, 'success', batch.log.join('\n'));
    const { log } = (await livy.get(`/batches/${body.id}/log`)).body;
    assert.ok(log.includes('from afar'), log.join('\n'));
    const { sessions } = (await far.get('/batches')).body;
    assert.match(sessions[0].name, /^hello-[0-9a-f]{8}$/);
  });

  test('a failure there is one here, and killing here kills there', async () => {
    writeFileSync(join(folder, 'bad.py'), 'raise SystemExit(2)\n');
    const bad = await livy.post('/batches', { file: join(folder, 'bad.py') });
    assert.equal((await livy.ended(bad.body.id)).state, 'dead');
    writeFileSync(join(folder, 'hang.py'), 'import time\ntime.sleep(600)\n');
    const { body } = await livy.post('/batches', { file: join(folder, 'hang.py') });
    await until(async () => (await livy.get(`/applications/${body.id}`)).body.remoteId !== undefined, 'the hand-over');
    const { remoteId } = (await livy.get(`/applications/${body.id}`)).body;
    await livy.call('DELETE', `/batches/${body.id}`);
    assert.equal((await far.get(`/batches/${remoteId}`)).status, 404);
  });

  test('a Livy that is down makes the application dead after five minutes, not sooner and not later', async () => {
    const clock = new FakeClock();
    const startMs = clock.nowMs();
    // Nothing listens on port 59.
    const engine = new RemoteLivyEngine({ url: 'http://127.0.0.1:59', clock });
    const submission = { ...emptySubmission, kind: 'spark-jar' as const, file: 's3://b/x.jar' };
    const application = { id: 0, token: 'a-token', submission } as unknown as Application;
    const { signal } = new AbortController();
    let failure: unknown;
    engine
      .run({ application, signal, report: async () => undefined } as unknown as ApplicationWork)
      .catch((error: unknown) => {
        failure = error;
      });
    await until(() => {
      clock.advance(1000);
      return failure !== undefined;
    }, 'the engine to give up');
    assert.match(String(failure), /cannot be reached: .*Gave up after 5 minutes/);
    assert.ok(clock.nowMs() - startMs > 250_000);
  });

  test('a Livy that refuses makes the application dead with its words', async () => {
    const server = createServer((request, response) => {
      request.resume();
      const isListing = request.method === 'GET';
      response.writeHead(isListing ? 200 : 400, { 'content-type': 'application/json' });
      response.end(isListing ? '{"sessions": []}' : '{"msg": "requirement failed: no such queue"}');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const livyUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const platform = await startTestPlatform({ livyUrl });
    try {
      const client = openLivy(platform.livyUrl ?? '');
      const { body } = await client.post('/batches', { file: 's3://x/y.py' });
      await client.ended(body.id);
      assert.match((await client.get(`/applications/${body.id}`)).body.reason, /refused:.*no such queue/);
    } finally {
      await platform.close();
      server.closeAllConnections();
      server.close();
    }
  });
});
