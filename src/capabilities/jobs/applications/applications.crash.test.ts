import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { EMR } from '@aws-sdk/client-emr';
import { clientConfig, until, useTempFolder } from '#testing';
import { startKillable } from '../../../testing/killable.ts';
import { openLivy } from '../api/livy/livy.fixture.ts';

const livyOf = (dataDir: string) =>
  openLivy((JSON.parse(readFileSync(join(dataDir, 'run.json'), 'utf8')) as { livyUrl: string }).livyUrl);

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
}

suite('applications and a crash', { skip: !existsSync('/proc/self/environ') && 'there is no /proc' }, () => {
  const dataDir = useTempFolder();
  const script = join(useTempFolder(), 'hang.py');

  test('what ran is dead with the reason, its processes are ended, what waited runs, and steps follow', async (t) => {
    writeFileSync(script, 'import os, time\nprint("pid", os.getpid(), flush=True)\ntime.sleep(600)\n');
    // Python itself, not the Spark that may be there.
    const flags = ['--spark-home', '/nowhere'];
    let platform = await startKillable(dataDir, flags);
    t.after(() => platform.kill());
    let livy = livyOf(dataDir);
    let emr = new EMR(clientConfig(platform.endpoint));
    const { body } = await livy.post('/batches', { file: script });
    let pid = 0;
    await until(
      async () => {
        const { log } = (await livy.get(`/batches/${body.id}/log`)).body as { log: string[] };
        pid = Number(log.find((line) => line.startsWith('pid'))?.split(' ')[1] ?? 0);
        return pid > 0;
      },
      'the script to be up',
      20_000,
    );
    const step = (Name: string, Args: string[]) => ({
      Name,
      ActionOnFailure: 'CONTINUE' as const,
      HadoopJarStep: { Jar: 'command-runner.jar', Args },
    });
    const { JobFlowId: ClusterId = '' } = await emr.runJobFlow({
      Name: 'crash',
      Instances: { InstanceCount: 1, KeepJobFlowAliveWhenNoSteps: true },
      Steps: [step('long', ['sleep', '600']), step('next', ['true'])],
    });
    const states = async () => ((await emr.listSteps({ ClusterId })).Steps ?? []).map(({ Status }) => Status?.State);
    await until(async () => (await states())[1] === 'RUNNING', 'the step to run', 20_000);
    await platform.kill();
    emr.destroy();
    assert.ok(isAlive(pid), 'the process outlives a killed platform');

    platform = await startKillable(dataDir, flags);
    livy = livyOf(dataDir);
    emr = new EMR(clientConfig(platform.endpoint));
    try {
      const { body: batch } = await livy.get(`/applications/${body.id}`);
      assert.deepEqual([batch.state, /platform ended/.test(batch.reason)], ['dead', true]);
      await until(() => !isAlive(pid), 'the old process to end');
      await until(async () => (await states()).join(' ') === 'COMPLETED FAILED', 'the next step', 20_000);
    } finally {
      emr.destroy();
    }
  });
});
