import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { until } from '#testing';
import { startTestPlatform } from '../../../testing/platform.ts';
import { openLivy } from '../api/livy/livy.fixture.ts';

suite('interactive sessions', async () => {
  const platform = await startTestPlatform({ sparkHome: '/nowhere' });
  const livy = openLivy(platform.livyUrl ?? '');
  after(() => platform.close());
  const stateOf = async (path: string) => (await livy.get(path)).body.state;
  const untilState = (path: string, state: string) =>
    until(async () => (await stateOf(path)) === state, `${path} to be ${state}`, 20_000);
  const open = async (options: object): Promise<string> => {
    const { status, body } = await livy.post('/sessions', options);
    assert.equal(status, 201, body.msg);
    const path = `/sessions/${body.id}`;
    await untilState(path, 'idle');
    return path;
  };
  const begin = async (path: string, code: string, kind?: string): Promise<string> => {
    const { status, body } = await livy.post(`${path}/statements`, { code, kind });
    assert.equal(status, 201);
    assert.deepEqual([body.state === 'available' || body.output === null, body.code], [true, code]);
    return `${path}/statements/${body.id}`;
  };
  const run = async (path: string, code: string, kind?: string) => {
    const statement = await begin(path, code, kind);
    await untilState(statement, 'available');
    return (await livy.get(statement)).body.output;
  };

  test('Python keeps its variables, shows the last value and tells errors with their traceback', async () => {
    const path = await open({ kind: 'pyspark', name: 'notes' });
    await run(path, 'n = 20\nprint("set")');
    const { status, data } = await run(path, 'n + 1');
    assert.deepEqual([status, data], ['ok', { 'text/plain': '21' }]);
    const failure = await run(path, '1 / 0');
    assert.deepEqual(
      [failure.status, failure.ename, failure.evalue],
      ['error', 'ZeroDivisionError', 'division by zero'],
    );
    assert.match(failure.traceback.join(''), /Traceback/);
    assert.match((await run(path, 'spark.range(3)')).evalue, /Spark is not installed/);
    assert.match((await run(path, 'import')).ename, /SyntaxError/);
    const { body } = await livy.get(`${path}/statements`);
    assert.deepEqual([body.total_statements, body.statements.length], [5, 5]);
    const { body: completion } = await livy.post(`${path}/completion`, { code: 'pri', kind: 'pyspark', cursor: '3' });
    assert.ok(completion.candidates.some((word: string) => word.startsWith('print')));
    assert.equal((await livy.get('/sessions/notes')).body.kind, 'pyspark');
    assert.equal((await livy.post('/sessions', { name: 'notes' })).status, 400);
    assert.deepEqual((await livy.call('DELETE', path)).body, { msg: 'deleted' });
    assert.equal((await livy.get(path)).status, 404);
  });

  test('a statement is cancelled and the session goes on', async () => {
    const path = await open({ kind: 'python' });
    const hanging = await begin(path, 'import time\nx = 5\ntime.sleep(600)');
    const waiting = await begin(path, 'x = 6');
    await untilState(path, 'busy');
    // Python takes the interrupt once it has begun with the statement.
    await untilState(hanging, 'running');
    await livy.post(`${waiting}/cancel`, {});
    await until(async () => {
      await livy.post(`${hanging}/cancel`, {});
      return (await stateOf(hanging)) === 'cancelled';
    }, 'the statement to be cancelled');
    assert.equal(await stateOf(waiting), 'cancelled');
    assert.deepEqual((await run(path, 'x')).data, { 'text/plain': '5' });
    await livy.call('DELETE', path);
  });

  test('SQL runs on the query engine', async () => {
    const path = await open({ kind: 'sql' });
    const { data } = await run(path, "SELECT 1 AS n, 'a' AS word");
    assert.deepEqual(data['application/json'].data, [['1', 'a']]);
    assert.deepEqual(
      data['application/json'].schema.fields.map(({ name }: { name: string }) => name),
      ['n', 'word'],
    );
    const failure = await run(path, 'SELECT nothing FROM nowhere');
    assert.equal(failure.status, 'error');
    assert.match(failure.evalue, /'default' does not exist/);
    await livy.call('DELETE', path);
  });

  test('an interpreter that ends leaves a dead session, and a session without heartbeat is killed', async () => {
    const path = await open({ kind: 'pyspark' });
    await begin(path, 'import os\nos._exit(3)');
    await untilState(path, 'dead');
    assert.match((await livy.get(path)).body.log.join('\n'), /ended with exit code 3/);
    assert.equal((await livy.post(`${path}/statements`, { code: '1' })).status, 400);
    const forgotten = await open({ kind: 'pyspark', heartbeatTimeoutInSecond: 1 });
    const id = Number(forgotten.split('/').at(-1));
    await until(
      async () => {
        const { body } = await livy.get('/sessions');
        return body.sessions.some(
          (session: { id: number; state: string }) => session.id === id && session.state === 'killed',
        );
      },
      'the session to be killed',
      10_000,
    );
  });

  test('what a statement does to its interpreter harms neither the session nor the platform', async () => {
    const path = await open({ kind: 'pyspark' });
    const huge = await run(path, 'print("x" * 5_000_000)');
    const text: string = huge.data['text/plain'];
    assert.equal(text.slice(2 ** 20), '\n[3951425 characters of output were left out here]');
    assert.match((await run(path, 'rows = ["x" * 9_000_000]\n%json rows')).evalue, /at most \d+ are shown/);
    const unprintable = 'class Odd(Exception):\n  def __str__(self): raise ValueError()\nraise Odd()';
    assert.equal((await run(path, unprintable)).evalue, '<unprintable Odd>');
    assert.equal((await run(path, 'exit()')).ename, 'SystemExit');
    const { traceback } = await run(path, 'def divide():\n  1 / 0\ndivide()');
    assert.match(
      traceback.join(''),
      /^Traceback.*\n {2}File "<statement>", line 3, in <module>\n {2}File "<statement>", line 2, in divide\n[^/]*$/,
    );
    assert.deepEqual((await run(path, '"still here"')).data, { 'text/plain': "'still here'" });
    const last = await begin(path, 'import os\nos.write(3, b"no answer\\n")');
    await untilState(path, 'dead');
    assert.match((await livy.get(path)).body.log.join('\n'), /wrote on descriptor 3 is no answer/);
    assert.equal(await stateOf(last), 'cancelled', 'statements can be read behind the end');
    assert.equal((await livy.get('/version')).status, 200);
  });

  test('magic commands show a variable as JSON or as a table, and numbers without a word in JSON as text', async () => {
    const path = await open({ kind: 'pyspark' });
    await run(path, 'import math\nrows = [{"n": 1, "x": math.nan}, {"n": 2, "word": "two"}]');
    assert.deepEqual((await run(path, '%json rows[0]')).data, { 'application/json': { n: 1, x: 'NaN' } });
    assert.deepEqual((await run(path, 'more = rows\n%table more')).data['application/vnd.livy.table.v1+json'], {
      headers: [
        { name: 'n', type: 'BIGINT_TYPE' },
        { name: 'x', type: 'DOUBLE_TYPE' },
        { name: 'word', type: 'STRING_TYPE' },
      ],
      data: [
        [1, 'NaN', null],
        [2, null, 'two'],
      ],
    });
    assert.match((await run(path, '%json nothing')).evalue, /'nothing' is not defined/);
    assert.match((await run(path, '%magic rows')).evalue, /unknown magic command '%magic'/);
    const { body } = await livy.get(`${path}/statements?order=desc&size=1`);
    assert.deepEqual([body.total_statements, body.statements[0].code], [5, '%magic rows']);
  });

  test('a session ends when it is not used for its ttl', async () => {
    assert.match((await livy.post('/sessions', { kind: 'sql', ttl: 'soon' })).body.msg, /Invalid time string: soon/);
    assert.match((await livy.post('/sessions', { kind: 'sql', name: '7' })).body.msg, /'7' is not a session name/);
    const { body } = await livy.post('/sessions', { kind: 'sql', ttl: '1s' });
    await until(
      async () => {
        const { sessions } = (await livy.get('/sessions')).body;
        return sessions.find(({ id }: { id: number }) => id === body.id)?.state === 'killed';
      },
      'the session to end',
      10_000,
    );
  });

  test('kinds that nothing here speaks are refused, and so is nonsense', async () => {
    assert.match((await livy.post('/sessions', { kind: 'sparkr' })).body.msg, /Invalid kind: sparkr/);
    assert.equal((await livy.post('/sessions', { kind: 'sql', wat: 1 })).status, 400);
    assert.equal((await livy.get('/sessions/99')).body.msg, "Session '99' not found.");
    assert.equal((await livy.post('/sessions/99/statements', { code: '1' })).status, 404);
  });
});
