/** The Livy client of PyPI (`livy`), as it is. */
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { after, suite, test } from 'node:test';
import { promisify } from 'node:util';
import { useTempFolder } from '#testing';
import { startTestPlatform } from '../../../../testing/platform.ts';

const python = resolve('.venv/bin/python');
const skip =
  spawnSync(python, ['-c', 'import livy']).status !== 0 && "PyPI's livy is not installed: .venv/bin/pip install livy";

const program = `
import sys
from livy import LivyBatch, LivySession, SessionKind, SparkRuntimeError
url, file = sys.argv[1:]
batch = LivyBatch.create(url, file=file, args=["x"], name="from-python", spark_conf={"spark.a": "b"})
batch.wait()
print(batch.state.value, batch.log(size=100)[-1])
with LivySession.create(url, kind=SessionKind.PYSPARK) as session:
    session.run("n = 6")
    print(session.run("n * 7").text)
    try:
        session.run("undefined_name")
    except SparkRuntimeError as error:
        print(error.ename)
with LivySession.create(url, kind=SessionKind.SQL) as session:
    print(session.run("SELECT 1 AS one").json["data"])
`;

suite("PyPI's Livy client", { skip }, async () => {
  const platform = await startTestPlatform({ sparkHome: '/nowhere' });
  const folder = useTempFolder();
  after(() => platform.close());

  test('submits batches and talks to sessions', async () => {
    const [file, script] = [join(folder, 'batch.py'), join(folder, 'client.py')];
    writeFileSync(file, 'import sys\nprint("got", sys.argv[1])\n');
    writeFileSync(script, program);
    const args = [script, platform.livyUrl ?? '', file];
    const { stdout } = await promisify(execFile)(python, args, { timeout: 60_000 });
    for (const line of ['success got x', '42', 'NameError', "[['1']]"]) assert.ok(stdout.includes(line), stdout);
  });
});
