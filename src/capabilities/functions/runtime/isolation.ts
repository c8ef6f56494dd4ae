/**
 * What stands between a function and the machine. Bubblewrap where it is installed and works: a name space of its own
 * for processes, users and files, in which only the system's programs, the package and a temporary folder exist. Else a
 * plain process with an environment, a process group and a temporary folder of its own.
 *
 * Limit: both keep the machine's network, since a function calls the platform by loopback.
 */
import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { unavailable } from '../errors.ts';

export type IsolationKind = 'bubblewrap' | 'process';

export interface IsolationFacts {
  readonly kind: IsolationKind;
  /** For health and `millpond doctor`. */
  readonly detail: string;
}

/**
 * @param wanted the setting `functionSandbox`: `auto`, `bubblewrap` or `process`
 * @throws unavailable when bubblewrap is insisted on and does not work
 */
export async function findIsolation(wanted: string): Promise<IsolationFacts> {
  if (wanted === 'process')
    return { kind: 'process', detail: 'functions run as plain processes, as functionSandbox asks' };
  const failure = await new Promise<string | undefined>((resolve) => {
    const probe = [
      '--unshare-user',
      '--unshare-pid',
      '--ro-bind',
      '/',
      '/',
      '--proc',
      '/proc',
      '--dev',
      '/dev',
      'true',
    ];
    execFile('bwrap', probe, { timeout: 5000 }, (error, _out, complaint) => {
      if (error === null) resolve(undefined);
      else if (error.code === 'ENOENT') resolve('bwrap (bubblewrap) is not installed');
      else resolve(`bwrap does not work here: ${complaint.trim().split('\n')[0] ?? error.message}`);
    });
  });
  if (failure === undefined) return { kind: 'bubblewrap', detail: 'functions run in bubblewrap' };
  if (wanted === 'bubblewrap') throw unavailable(`functionSandbox asks for bubblewrap, and ${failure}.`);
  return { kind: 'process', detail: `functions run as plain processes: ${failure}` };
}

export interface SpawnRequest {
  readonly kind: IsolationKind;
  /** Program and arguments, in the paths of the inside. */
  readonly command: readonly [string, ...string[]];
  /** Folders and files of the machine by the path at which the inside sees them; read only. */
  readonly binds: Readonly<Record<string, string>>;
  readonly taskFolder: string;
  /** The unpacked layers, laid over each other; undefined for a function without layers. */
  readonly layersFolder: string | undefined;
  readonly temporaryFolder: string;
  /** `setpriv` ends the process with its parent; found once. */
  readonly hasSetpriv: boolean;
}

export interface SpawnPlan {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
}

/** Files of the machine that programs look for; those that exist are shown. */
const systemFiles = [
  '/etc/ssl',
  '/etc/pki',
  '/etc/ca-certificates',
  '/etc/resolv.conf',
  '/etc/hosts',
  '/etc/nsswitch.conf',
  '/etc/localtime',
  '/etc/ld.so.cache',
  '/etc/alternatives',
];

export function planSpawn(request: SpawnRequest): SpawnPlan {
  const { kind, command, temporaryFolder, taskFolder } = request;
  if (kind === 'bubblewrap') {
    return { file: 'bwrap', args: [...bubblewrapArguments(request), '--', ...command], cwd: temporaryFolder };
  }
  const [file, ...args] = command;
  if (!request.hasSetpriv) return { file, args, cwd: taskFolder };
  return { file: 'setpriv', args: ['--pdeathsig', 'KILL', '--', file, ...args], cwd: taskFolder };
}

function bubblewrapArguments(request: SpawnRequest): string[] {
  const { binds, taskFolder, layersFolder, temporaryFolder } = request;
  const args = ['--die-with-parent', '--new-session'];
  args.push('--unshare-user', '--unshare-pid', '--unshare-ipc', '--unshare-uts', '--uid', '993', '--gid', '990');
  args.push('--hostname', 'function', '--ro-bind', '/usr', '/usr');
  for (const name of ['bin', 'sbin', 'lib', 'lib32', 'lib64']) {
    if (existsSync(`/${name}`)) args.push('--symlink', `usr/${name}`, `/${name}`);
  }
  for (const file of systemFiles) args.push('--ro-bind-try', file, file);
  args.push('--proc', '/proc', '--dev', '/dev', '--bind', temporaryFolder, '/tmp');
  for (const [inside, outside] of Object.entries(binds)) args.push('--ro-bind', outside, inside);
  args.push('--ro-bind', taskFolder, '/var/task');
  // Name by name, since an interpreter may itself lie below /opt.
  for (const name of layersFolder === undefined ? [] : readdirSync(layersFolder)) {
    args.push('--ro-bind', join(layersFolder ?? '', name), `/opt/${name}`);
  }
  args.push('--remount-ro', '/', '--chdir', '/var/task');
  return args;
}
