/**
 * What every engine of applications must do, tried through Livy's API on a platform of its own: submit, arguments, log,
 * success, failure with its reason, cancelling what waits and what runs, a crash of the platform in between, hostile output,
 * files that are absent or that nothing runs.
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { until, useTempFolder } from '#testing';
import { startKillable } from '../../../testing/killable.ts';
import { startTestPlatform } from '../../../testing/platform.ts';
import { openLivy } from '../api/livy/livy.fixture.ts';

export interface EngineUnderTest {
  /** Makes ready what the engine needs. @returns the flags of a platform whose engine it is, and how to tidy up */
  open(): Promise<{ readonly flags: Readonly<Record<string, string>>; readonly close?: () => Promise<void> }>;
  /** With the dot. */
  readonly ending: string;
  /** Texts of scripts that do the one thing. */
  readonly scripts: {
    /** Prints `said` and its arguments in one line, then succeeds. */
    readonly speak: string;
    /** Fails with an error that names `absent_fares`. */
    readonly fail: string;
    /** Prints a line with `up`, or `up in` and its working folder, and never ends. */
    readonly hang: string;
    /** Prints bytes that are no text, 20 MB of lines and last of all `the end`, where scripts can print. */
    readonly flood?: string;
  };
  /** What becomes of an application whose platform is killed: its end, or that it runs on to its success when let go. */
  readonly afterCrash: 'dead' | 'resumed';
  /** Why it cannot be tried here. */
  readonly skip?: string | false;
}

const endMs = 120_000;

export function applicationEngineContract(name: string, engine: EngineUnderTest): void {
  suite(`${name} as an engine of applications`, { skip: engine.skip ?? false }, async () => {
    const folder = useTempFolder();
    const { flags: engineFlags, close } = await engine.open();
    const platform = await startTestPlatform({ ...engineFlags, jobConcurrency: 1 });
    const livy = openLivy(platform.livyUrl ?? '');
    after(async () => {
      await platform.close();
      await close?.();
    });
    const words = ['first', '--word', 'second'];
    const fileOf = (script: keyof EngineUnderTest['scripts'], directory = folder): string => {
      const path = join(directory, `${script}${engine.ending}`);
      writeFileSync(path, engine.scripts[script] ?? '');
      return path;
    };
    const submit = async (body: object): Promise<number> => {
      const answer = await livy.post('/batches', body);
      assert.equal(answer.status, 201, answer.body.msg);
      return answer.body.id as number;
    };
    const historyOf = async (id: number) => (await livy.get(`/applications/${id}`)).body;
    const logOf = async (id: number, client = livy): Promise<string> =>
      (await client.get(`/applications/${id}/log?size=1000`)).body.log.join('\n');
    const untilUp = (id: number, client = livy) =>
      until(async () => /\bup\b/.test(await logOf(id, client)), `application ${id} to be up`, endMs);

    test('arguments arrive, the log is kept, and who submitted what stays in the history', async () => {
      const conf = { 'spark.millpond.test': 'x y' };
      const id = await submit({ file: fileOf('speak'), args: words, conf, name: 'speaker' });
      const batch = await livy.ended(id, endMs);
      assert.equal(batch.state, 'success', batch.log.join('\n'));
      assert.match(await logOf(id), /^said first.* second$/m);
      const history = await historyOf(id);
      assert.deepEqual([history.args, history.conf, history.name], [words, conf, 'speaker']);
      assert.ok(history.submittedMs <= history.startedMs && history.startedMs <= history.endedMs);
    });

    test('a failure is dead with its reason, in the history and in the log', async () => {
      const id = await submit({ file: fileOf('fail') });
      assert.equal((await livy.ended(id, endMs)).state, 'dead');
      assert.match(await logOf(id), /absent_fares/);
      assert.match((await historyOf(id)).reason, /absent_fares/);
    });

    test('the log can be read while it runs, and what runs and what waits is killed', async () => {
      const running = await submit({ file: fileOf('hang') });
      const waiting = await submit({ file: fileOf('speak') });
      await untilUp(running);
      assert.deepEqual([(await historyOf(running)).state, (await historyOf(waiting)).state], ['running', 'starting']);
      await livy.call('DELETE', `/batches/${waiting}`);
      const queued = await historyOf(waiting);
      assert.deepEqual([queued.state, queued.startedMs], ['killed', undefined]);
      await livy.call('DELETE', `/batches/${running}`);
      assert.equal((await historyOf(running)).state, 'killed');
      assert.equal((await livy.get(`/batches/${running}`)).status, 404);
    });

    test('output without measure and without meaning is kept in part, its end always', async (t) => {
      if (engine.scripts.flood === undefined) return t.skip('scripts of this engine print rows only');
      const id = await submit({ file: fileOf('flood') });
      const batch = await livy.ended(id, endMs);
      assert.equal(batch.state, 'success');
      assert.ok(batch.log.includes('the end'), batch.log.join('\n'));
      const { body } = await livy.get(`/batches/${id}/log?from=0&size=200`);
      assert.ok(
        body.log.some((line: string) => /^bad \uFFFD+ bytes$/.test(line)),
        body.log.join('\n').slice(0, 1000),
      );
    });

    test('a file that is not there is dead with its name, a file that nothing runs is refused', async () => {
      const file = `s3://absent-bucket/none${engine.ending}`;
      const id = await submit({ file });
      assert.equal((await livy.ended(id, endMs)).state, 'dead');
      assert.ok((await logOf(id)).includes(file), await logOf(id));
      const refused = await livy.post('/batches', { file: '/a/b.exe' });
      assert.deepEqual([refused.status, /No engine here runs '\/a\/b\.exe'/.test(refused.body.msg)], [400, true]);
    });

    test('a crash of the platform leaves a true state behind', async (t) => {
      if (!existsSync('/proc/self/environ')) return t.skip('what a crash leaves running is found through /proc');
      const dataDir = useTempFolder();
      const gate = join(dataDir, 'go');
      const flags = Object.entries({ ...engineFlags, jobConcurrency: '1' }).flatMap(([flag, value]) => [
        `--${flag.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
        value,
      ]);
      const start = async () => {
        const process = await startKillable(dataDir, flags);
        const { livyUrl } = JSON.parse(readFileSync(join(dataDir, 'run.json'), 'utf8')) as { livyUrl: string };
        return { process, client: openLivy(livyUrl) };
      };
      let { process, client } = await start();
      t.after(() => process.kill());
      const { body: first } = await client.post('/batches', { file: fileOf('hang', dataDir), args: [gate] });
      const { body: next } = await client.post('/batches', {
        file: fileOf('speak', dataDir),
        args: words,
      });
      await untilUp(first.id, client);
      await process.kill();
      ({ process, client } = await start());
      writeFileSync(gate, '');
      const ended = await client.ended(first.id, endMs);
      assert.equal(ended.state, engine.afterCrash === 'dead' ? 'dead' : 'success', ended.log.join('\n'));
      const log = await logOf(first.id, client);
      assert.equal(log.match(/^.*\bup\b.*$/gm)?.length, 1, `it ran once, and its log is told once:\n${log}`);
      if (engine.afterCrash === 'dead')
        assert.match((await client.get(`/applications/${first.id}`)).body.reason, /ended/);
      const ran = await client.ended(next.id, endMs);
      assert.equal(ran.state, 'success', `what waited is run:\n${ran.log.join('\n')}`);
      const [, folderOfRun = dataDir] = /\bup in (\S+)/.exec(log) ?? [];
      assert.equal(existsSync(folderOfRun), folderOfRun === dataDir, 'its folder, which may hold a key, is gone');
    });
  });
}

/** Of engines that run Python; `hang` goes on when the file that its first argument names is there. */
export const pythonScripts: EngineUnderTest['scripts'] = {
  speak: 'import sys\nprint("said", *sys.argv[1:])\n',
  fail: 'raise ValueError("absent_fares")\n',
  hang: [
    'import os, sys, time',
    'print("up in", os.getcwd(), flush=True)',
    'while not (len(sys.argv) > 1 and os.path.exists(sys.argv[1])):',
    '    time.sleep(0.05)',
    '',
  ].join('\n'),
  flood: [
    'import sys',
    'out = sys.stdout.buffer',
    'out.write(b"bad \\xff\\xfe bytes\\n")',
    'for _ in range(20):',
    '    out.write((b"x" * 99 + b"\\n") * 10_000)',
    'out.write(b"the end\\n")',
    '',
  ].join('\n'),
};
