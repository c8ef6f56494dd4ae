import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { useTempFolder } from '#testing';
import { startTestPlatform, type TestPlatform } from '../testing/platform.ts';

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function millpond(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const { PATH = '', HOME = '' } = process.env;
  return new Promise((settle) => {
    const child = execFile(
      process.execPath,
      [resolve('src/main.ts'), ...args],
      { env: { PATH, HOME, NO_COLOR: '1', ...env } },
      (error, stdout, stderr) => settle({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
    child.stdin?.end();
  });
}

describe('the command line', { concurrency: true }, () => {
  const folder = useTempFolder();
  let platform: TestPlatform;
  let here: string[];
  before(async () => {
    platform = await startTestPlatform({ open: false });
    here = ['--endpoint', platform.endpoint, '--data-dir', platform.dataDir];
  });
  after(() => platform.close());

  test('a mistyped command is answered with the one that was meant, as a mistake of usage', async () => {
    const { code, stderr } = await millpond(['deplooy']);
    assert.equal(code, 2);
    assert.match(stderr, /Did you mean deploy\?/);
  });

  test('a port that is taken is named, with what to do', async () => {
    const { port } = new URL(platform.endpoint);
    const { code, stderr } = await millpond(['start', '--port', port, '--data-dir', join(folder, 'second')]);
    assert.equal(code, 1);
    assert.match(stderr, new RegExp(`Port ${port} is taken .*\\n.*--port`));
  });

  test('help and version are no failure', async () => {
    const [help, version] = await Promise.all([millpond(['--help']), millpond(['--version'])]);
    assert.deepEqual([help.code, version.code], [0, 0]);
    assert.match(help.stdout, /deploy .*template/);
    assert.match(version.stdout, /^\d+\.\d+\.\d+\n$/);
  });

  test('with nothing running it says how to start, and ends with 5', async () => {
    const [absent, dead] = await Promise.all([
      millpond(['sql', 'SELECT 1', '--data-dir', join(folder, 'nowhere')]),
      millpond(['sql', 'SELECT 1', '--endpoint', 'http://127.0.0.1:9']),
    ]);
    assert.deepEqual([absent.code, dead.code], [5, 5]);
    assert.match(absent.stderr, /millpond start/);
    assert.match(dead.stderr, /Nothing answers at http:\/\/127\.0\.0\.1:9/);
  });

  test('rows come in every form, and only they come on standard output', async () => {
    const statement = "SELECT * FROM (VALUES (1, 'a,b'), (2, NULL)) AS t (id, name) ORDER BY id";
    const ask = async (form: string) => (await millpond(['sql', statement, '-o', form, ...here])).stdout;
    assert.equal(await ask('csv'), 'id,name\n1,"a,b"\n2,\n');
    assert.equal(await ask('tsv'), 'id\tname\n1\ta,b\n2\t\n');
    assert.deepEqual(JSON.parse(await ask('json')), [
      { id: '1', name: 'a,b' },
      { id: '2', name: null },
    ]);
    assert.match(await ask('markdown'), /^\| id \| name \|\n\| --- \| --- \|/);
    assert.match(await ask('table'), /│ {2}1 │ a,b {2}│/);
  });

  test('a statement is read from a file and from standard input', async () => {
    const file = join(folder, 'one.sql');
    writeFileSync(file, 'SELECT 1 AS one;\n');
    assert.equal((await millpond(['sql', '--file', file, '-o', 'csv', ...here])).stdout, 'one\n1\n');
    const empty = await millpond(['sql', ...here]);
    assert.equal(empty.code, 2);
    assert.match(empty.stderr, /no statement/);
  });

  test("a failing statement ends with 1 and the engine's own reason with line and column", async () => {
    const { code, stderr, stdout } = await millpond(['sql', 'SELECT nope FROM (VALUES 1) AS t (x)', ...here]);
    assert.equal(code, 1);
    assert.equal(stdout, '');
    assert.match(stderr, /line 1:8.*nope/);
  });

  test('what is not there ends with 3, a wrong key with 4', async () => {
    const absent = await millpond(['crawl', 'nobody', ...here]);
    assert.equal(absent.code, 3);
    assert.match(absent.stderr, /nobody/);
    const denied = await millpond(['sql', 'SELECT 1', ...here], {
      AWS_ACCESS_KEY_ID: 'AKIAWRONG',
      AWS_SECRET_ACCESS_KEY: 'x',
    });
    assert.equal(denied.code, 4);
  });

  test('a template that cannot be built names what is wrong and ends with a failure', async () => {
    const template = join(folder, 'bad.yaml');
    writeFileSync(template, 'Resources:\n  Ghost:\n    Type: AWS::Ghost::Thing\n');
    const { code, stderr } = await millpond(['deploy', template, ...here]);
    assert.equal(code, 1);
    assert.match(stderr, /AWS::Ghost::Thing/);
    assert.equal((await millpond(['deploy', join(folder, 'absent.yaml'), ...here])).code, 3);
  });

  test('a stack is deployed, deployed again without a change, and destroyed', async () => {
    const template = join(folder, 'queue-less.yaml');
    writeFileSync(
      template,
      'Resources:\n  Names:\n    Type: AWS::Glue::Database\n    Properties:\n      CatalogId: !Ref AWS::AccountId\n      DatabaseInput: { Name: cli_names }\nOutputs:\n  Name: { Value: !Ref Names }\n',
    );
    const first = await millpond(['deploy', template, '--json', ...here]);
    assert.deepEqual(JSON.parse(first.stdout), [{ OutputKey: 'Name', OutputValue: 'cli_names', Description: null }]);
    assert.match(first.stderr, /CREATE_COMPLETE .*Names/);
    assert.equal((await millpond(['deploy', template, '--json', ...here])).code, 0);
    assert.equal((await millpond(['destroy', 'queue-less', ...here])).code, 0);
    assert.equal((await millpond(['destroy', 'queue-less', ...here])).code, 3);
  });

  test('env prints exports for each shell', async () => {
    const forms = {
      bash: /^export AWS_ENDPOINT_URL=http/m,
      fish: /^set -gx AWS_ENDPOINT_URL http/m,
      powershell: /^\$env:AWS_ENDPOINT_URL = "http/m,
      dotenv: /^AWS_ENDPOINT_URL=http/m,
    };
    for (const [shell, form] of Object.entries(forms))
      assert.match((await millpond(['env', '--shell', shell, ...here])).stdout, form);
    const { AWS_ENDPOINT_URL } = JSON.parse((await millpond(['env', '--json', ...here])).stdout) as Record<
      string,
      string
    >;
    assert.equal(AWS_ENDPOINT_URL, platform.endpoint);
    assert.equal((await millpond(['env', '--shell', 'cmd', ...here])).code, 2);
  });

  test('doctor tells what is in order as text and as JSON', async () => {
    const { stdout } = await millpond(['doctor', '--json', '--data-dir', platform.dataDir]);
    const { findings } = JSON.parse(stdout) as { findings: { name: string; level: string }[] };
    assert.equal(findings.find(({ name }) => name === 'state')?.level, 'ok');
    assert.equal(findings.find(({ name }) => name === 'DuckDB')?.level, 'ok');
  });

  test('completion completes in bash', async () => {
    const { stdout } = await millpond(['completion', 'bash']);
    const script = join(folder, 'completion.bash');
    writeFileSync(
      script,
      `${stdout}\nCOMP_WORDS=(millpond de) COMP_CWORD=1; _millpond; echo "\${COMPREPLY[*]}"\nCOMP_WORDS=(millpond sql --work) COMP_CWORD=2; _millpond; echo "\${COMPREPLY[*]}"\n`,
    );
    const completed = await new Promise<string>((settle) =>
      execFile('bash', [script], (_error, output) => settle(output)),
    );
    assert.equal(completed, 'demo deploy destroy\n--workgroup\n');
  });

  test('logs lists the groups', async () => {
    assert.equal((await millpond(['logs', '--json', ...here])).code, 0);
  });
});
