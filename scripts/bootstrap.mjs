/**
 * Runs before `demo`, `start`, `test` and the like, in plain JavaScript that an old Node understands: installs the
 * dependencies when they are missing or stale, and adds a Node runtime from the npm registry only where the system's
 * own is too old. `npm run` finds `node_modules/.bin/node` first, so that nothing else has to know.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const nodeMajorMin = 24;
const runtimeVersion = '26.10.0';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const modules = join(root, 'node_modules');
const stamp = join(modules, '.millpond-lock');

const lock = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .digest('hex');
const installed = existsSync(stamp) ? readFileSync(stamp, 'utf8') : '';
if (installed !== lock) {
  say('Installing dependencies (once; about 20 s) …');
  // Not `npm ci`: it wants every platform's packages in the lock file, also those that a mirror does not carry.
  npm(['install', '--no-save', '--no-audit', '--no-fund']);
  writeFileSync(stamp, lock);
}

if (
  systemNodeMajor() < nodeMajorMin &&
  !existsSync(join(modules, '.bin', process.platform === 'win32' ? 'node.cmd' : 'node'))
) {
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  const runtime = `node-${platform}-${process.arch}@${runtimeVersion}`;
  say(`Node ${systemNodeVersion()} is older than ${nodeMajorMin}: adding the runtime ${runtime} to node_modules …`);
  npm(['install', '--no-save', '--no-audit', '--no-fund', runtime]);
}

/** The Node that runs npm itself; this script may already run on the one in node_modules. */
function systemNodeVersion() {
  const path = process.env.npm_node_execpath;
  if (!path || path === process.execPath) return process.version;
  return spawnSync(path, ['--version'], { encoding: 'utf8' }).stdout?.trim() || process.version;
}

function systemNodeMajor() {
  return Number(systemNodeVersion().replace(/^v/, '').split('.')[0]);
}

function npm(args) {
  const cli = process.env.npm_execpath;
  const node = process.env.npm_node_execpath ?? process.execPath;
  // npm's report goes to stderr: standard output belongs to the command that was asked for.
  const options = { cwd: root, stdio: ['ignore', 2, 2], shell: !cli && process.platform === 'win32' };
  const result = cli
    ? spawnSync(node, [cli, ...args, '--loglevel=error'], options)
    : spawnSync('npm', [...args, '--loglevel=error'], options);
  if (result.status !== 0) {
    say(`npm ${args.join(' ')} failed. Is the npm registry reachable? Run it by hand in ${root} to see why.`);
    process.exit(1);
  }
}

function say(text) {
  process.stderr.write(`${text}\n`);
}
