/** `millpond doctor`: what is in order and what is not, each red line with its remedy. */
import { spawnSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statfsSync,
  statSync,
  writeSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import colors from 'picocolors';
import { findIsolation, Interpreters } from '#functions';
import { loadConfig, type Config } from '#kernel/config';
import { messageOf } from '#kernel/errors';
import { State } from '#kernel/state';
import { runFilePath } from './connection.ts';
import { exitCodes } from './exit.ts';
import { formatBytes, type Output } from './output.ts';
import { locateSpark, sparkRemedy } from './applications/spark.ts';

type Level = 'ok' | 'note' | 'bad';

export interface Finding {
  readonly name: string;
  readonly level: Level;
  readonly text: string;
  readonly remedy?: string;
}

const freeBytesMin = 1e9;
const fsyncSamples = 20;

export async function runDoctor(flags: object, output: Output): Promise<void> {
  const { config, origins } = loadConfig({ flags, env: process.env, folder: process.cwd() });
  const findings = [
    nodeVersion(),
    sqliteVersion(),
    duckdbLoads(),
    dataFolder(config),
    credentialsMode(config),
    ...state(config),
    disk(config),
    await port(config),
    ...(await livyPort(config)),
    ...(await functions(config)),
    ...spark(flags),
    ...clients(),
  ];
  const settings = Object.entries(origins).filter(([, origin]) => origin !== 'default');
  output.result({ findings, settings: Object.fromEntries(settings) }, findings.map(describe).join('\n'));
  if (settings.length > 0)
    output.note(
      `Settings that are not defaults: ${settings.map(([name, origin]) => `${name} (${origin})`).join(', ')}`,
    );
  if (findings.some(({ level }) => level === 'bad')) process.exitCode = exitCodes.failed;
}

function describe({ name, level, text, remedy }: Finding): string {
  const mark = { ok: colors.green('ok  '), note: colors.yellow('note'), bad: colors.red('BAD ') }[level];
  return `${mark} ${name.padEnd(12)} ${text}${remedy === undefined ? '' : `\n     ${' '.repeat(12)} ${colors.dim(remedy)}`}`;
}

function nodeVersion(): Finding {
  const major = Number(process.versions.node.split('.')[0]);
  if (major >= 24) return { name: 'Node', level: 'ok', text: process.version };
  return {
    name: 'Node',
    level: 'bad',
    text: `${process.version} is too old`,
    remedy: 'Install Node 24 or newer, or start with `npm start`, which brings one.',
  };
}

async function functions(config: Config): Promise<Finding[]> {
  const sandbox = await findIsolation(config.functionSandbox).then(
    ({ kind, detail }): Finding =>
      kind === 'bubblewrap' || config.functionSandbox === 'process'
        ? { name: 'Functions', level: 'ok', text: detail }
        : { name: 'Functions', level: 'note', text: detail, remedy: 'Install bubblewrap to keep their code apart.' },
    (error: unknown): Finding => ({ name: 'Functions', level: 'bad', text: messageOf(error) }),
  );
  const python = await new Interpreters(config.pythonPath, process.env).describePython().then(
    (text): Finding => ({ name: 'Python', level: 'ok', text }),
    (error: unknown): Finding => ({
      name: 'Python',
      level: 'note',
      text: messageOf(error),
      remedy: 'Functions and jobs in Python need python3, or the setting pythonPath.',
    }),
  );
  return [sandbox, python];
}

function sqliteVersion(): Finding {
  const database = new DatabaseSync(':memory:');
  const { version } = database.prepare('SELECT sqlite_version() AS version').get() as { version: string };
  database.close();
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number);
  if (major * 1e6 + minor * 1e3 + patch >= 3_051_003) return { name: 'SQLite', level: 'ok', text: version };
  return {
    name: 'SQLite',
    level: 'bad',
    text: `${version} has a known corruption fault`,
    remedy: 'Use a Node whose SQLite is 3.51.3 or newer.',
  };
}

function duckdbLoads(): Finding {
  const script =
    "import('@duckdb/node-api').then((m) => process.stdout.write(m.version()), (e) => { process.stderr.write(e.message); process.exit(1); })";
  const result = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
    cwd: import.meta.dirname,
  });
  if (result.status === 0) return { name: 'DuckDB', level: 'ok', text: result.stdout };
  return {
    name: 'DuckDB',
    level: 'bad',
    text: result.stderr.split('\n')[0] ?? 'does not load',
    remedy: 'Install the packages again for this platform: npm ci',
  };
}

function dataFolder(config: Config): Finding {
  const path = config.dataDir;
  if (!existsSync(path)) return { name: 'data folder', level: 'note', text: `${path} is made at the first start` };
  return { name: 'data folder', level: 'ok', text: path };
}

function credentialsMode(config: Config): Finding {
  const file = join(config.dataDir, 'credentials');
  if (!existsSync(file)) return { name: 'credentials', level: 'note', text: 'made at the first start' };
  const mode = statSync(file).mode & 0o777;
  if ((mode & 0o077) === 0) return { name: 'credentials', level: 'ok', text: file };
  return {
    name: 'credentials',
    level: 'bad',
    text: `${file} can be read by others (mode ${mode.toString(8)})`,
    remedy: `chmod 600 ${file}`,
  };
}

function state(config: Config): Finding[] {
  const file = join(config.dataDir, 'state.sqlite');
  if (!existsSync(file)) return [];
  try {
    const problems = State.problemsOf(file);
    if (problems.length === 0) {
      // What was written last may be in the write-ahead log alone.
      const sizes = [file, `${file}-wal`].map((part) => statSync(part, { throwIfNoEntry: false })?.size ?? 0);
      return [{ name: 'state', level: 'ok', text: `${formatBytes(Math.max(...sizes))}, sound` }];
    }
    return [
      {
        name: 'state',
        level: 'bad',
        text: problems[0] ?? '',
        remedy: 'Stop the platform and restore a backup of the data folder.',
      },
    ];
  } catch (error) {
    return [
      {
        name: 'state',
        level: 'bad',
        text: messageOf(error),
        remedy: 'Restore a backup of the data folder, or start with another --data-dir.',
      },
    ];
  }
}

function disk(config: Config): Finding {
  const folder = existsSync(config.dataDir) ? config.dataDir : process.cwd();
  const { bavail, bsize } = statfsSync(folder);
  const freeBytes = bavail * bsize;
  const rate = Math.round(fsyncsPerSecond(existsSync(config.dataDir) ? config.dataDir : tmpdir()));
  const text = `${formatBytes(freeBytes)} free, ${rate} durable writes/s one at a time`;
  if (freeBytes >= freeBytesMin) return { name: 'disk', level: 'ok', text };
  return { name: 'disk', level: 'bad', text, remedy: 'Free some space, or move the data folder with --data-dir.' };
}

function fsyncsPerSecond(folder: string): number {
  const scratch = mkdtempSync(join(folder, 'doctor-'));
  const file = openSync(join(scratch, 'probe'), 'w');
  const started = performance.now();
  for (let sample = 0; sample < fsyncSamples; sample++) {
    writeSync(file, 'x'.repeat(256));
    fsyncSync(file);
  }
  const elapsedMs = performance.now() - started;
  closeSync(file);
  rmSync(scratch, { recursive: true });
  return (fsyncSamples / elapsedMs) * 1000;
}

async function port(config: Config): Promise<Finding> {
  const running = readRunning(config);
  if (running !== undefined) return { name: 'platform', level: 'ok', text: `runs at ${running}` };
  if (await portIsFree(config.port, config.host))
    return { name: 'port', level: 'ok', text: `${config.host}:${config.port} is free` };
  return {
    name: 'port',
    level: 'bad',
    text: `${config.host}:${config.port} is taken`,
    remedy: 'Start with another --port, or 0 for any free one.',
  };
}

function portIsFree(port: number, host: string): Promise<boolean> {
  return new Promise<boolean>((settle) => {
    const server = createServer();
    server.once('error', () => settle(false));
    server.listen(port, host, () => server.close(() => settle(true)));
  });
}

async function livyPort(config: Config): Promise<Finding[]> {
  if (readRunning(config) !== undefined) {
    const { livyUrl } = JSON.parse(readFileSync(runFilePath(config.dataDir), 'utf8')) as { livyUrl?: string };
    const remedy = 'Start with another --livy-port.';
    if (livyUrl === undefined)
      return [{ name: 'Livy', level: 'bad', text: 'is not served: its port is taken', remedy }];
    return [{ name: 'Livy', level: 'ok', text: `runs at ${livyUrl}` }];
  }
  if (await portIsFree(config.livyPort, config.livyHost)) return [];
  const text = `port ${config.livyHost}:${config.livyPort} is taken`;
  return [{ name: 'Livy', level: 'note', text, remedy: 'Start with another --livy-port, or 0 for any free one.' }];
}

/** Spark is optional: SQL, Python and Node applications run without it. */
function spark(flags: object): Finding[] {
  const found = locateSpark(flags);
  if (found === undefined) {
    const text = 'not installed; Spark applications cannot run';
    return [{ name: 'Spark', level: 'note', text, remedy: `Optional: ${sparkRemedy}` }];
  }
  const findings: Finding[] = [{ name: 'Spark', level: 'ok', text: `${found.version} in ${found.home}` }];
  if (found.java === undefined) {
    findings.push({
      name: 'Java',
      level: 'bad',
      text: 'not found, and Spark needs it',
      remedy: 'Install a JRE 17, or set JAVA_HOME.',
    });
  } else findings.push({ name: 'Java', level: 'ok', text: found.java });
  if (found.missingS3Jars.length === 0)
    findings.push({ name: 'Spark on s3', level: 'ok', text: 'the jars of s3:// are there' });
  else {
    const text = `${found.missingS3Jars.length} jars of s3:// are missing`;
    findings.push({
      name: 'Spark on s3',
      level: 'bad',
      text,
      remedy: 'Download them: npx millpond spark --add-s3',
    });
  }
  return findings;
}

function readRunning(config: Config): string | undefined {
  try {
    const { pid, endpoint } = JSON.parse(readFileSync(runFilePath(config.dataDir), 'utf8')) as {
      pid: number;
      endpoint: string;
    };
    process.kill(pid, 0);
    return endpoint;
  } catch {
    return undefined;
  }
}

function clients(): Finding[] {
  const probes: [string, string[], string][] = [
    ['aws', ['--version'], 'Optional: the AWS CLI for `millpond aws …`.'],
    ['bwrap', ['--version'], 'Optional: a stronger sandbox for code that users bring.'],
  ];
  return probes.map(([name, args, why]) => {
    const result = spawnSync(name, args, { encoding: 'utf8' });
    const found = result.status === 0 ? (result.stdout || result.stderr).split('\n')[0] : undefined;
    return found === undefined
      ? { name, level: 'note', text: 'not installed', remedy: why }
      : { name, level: 'ok', text: found };
  });
}
