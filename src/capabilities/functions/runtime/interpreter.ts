/** The programs that runtimes stand for: our Node, the Python of the setting, or the package's own `bootstrap`. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join, resolve as resolvePath } from 'node:path';
import { fileURLToPath } from 'node:url';
import { unavailable } from '../errors.ts';
import type { RuntimeFamily } from '../function.ts';
import type { IsolationKind } from './isolation.ts';

export interface Interpreter {
  readonly command: readonly [string, ...string[]];
  /** What a sandbox has to show of the machine: outside paths by inside paths. */
  readonly binds: Readonly<Record<string, string>>;
  /** Names further variables of the environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** What really runs, such as `python:3.11.7`; stands in the log of a cold start. */
  readonly version: string;
}

export interface InterpreterRequest {
  readonly family: RuntimeFamily;
  readonly kind: IsolationKind;
  readonly memoryMb: number;
  readonly taskFolder: string;
}

/** Where the bootstraps lie, beside this file or beside its bundle. */
export const bootstrapFolder: string = fileURLToPath(new URL('bootstrap', import.meta.url));

const insideNode = '/var/lang/bin/node';
const insideBootstrap = '/var/runtime/bootstrap';

interface Python {
  readonly executable: string;
  readonly version: string;
  readonly prefixes: readonly string[];
}

export class Interpreters {
  readonly #pythonPath: string;
  readonly #environment: Readonly<Record<string, string | undefined>>;
  #python: Promise<Python> | undefined;

  /** @param pythonPath the setting of that name; empty for a .venv of the working folder, else `python3` */
  constructor(pythonPath: string, environment: Readonly<Record<string, string | undefined>>) {
    const ownPython = resolvePath('.venv', 'bin', 'python');
    this.#pythonPath = pythonPath !== '' ? pythonPath : existsSync(ownPython) ? ownPython : 'python3';
    this.#environment = environment;
  }

  /** @throws unavailable when the program cannot be run on this machine */
  async find(request: InterpreterRequest): Promise<Interpreter> {
    switch (request.family) {
      case 'node':
        return nodeInterpreter(request);
      case 'python':
        return this.#pythonInterpreter(request);
      case 'provided': {
        const isInside = request.kind === 'bubblewrap';
        const program = isInside ? '/var/task/bootstrap' : join(request.taskFolder, 'bootstrap');
        return { command: [program], binds: {}, environment: {}, version: 'provided' };
      }
    }
  }

  /** What runs `python3.*` functions, for health and `millpond doctor`. */
  async describePython(): Promise<string> {
    const { executable, version } = await this.#findPython();
    return `${version} (${executable})`;
  }

  // Differs from AWS: every python3.* runtime runs on the Python of the setting pythonPath and imports what that one has
  // installed (boto3 among it or not); the log of a cold start names its version.
  async #pythonInterpreter({ kind }: InterpreterRequest): Promise<Interpreter> {
    const { executable, version, prefixes } = await this.#findPython();
    const isInside = kind === 'bubblewrap';
    const script = join(bootstrapFolder, 'python.py');
    const shown = prefixes.filter((prefix) => prefix !== '/usr' && !prefix.startsWith('/usr/'));
    return {
      command: [executable, '-X', 'utf8', isInside ? `${insideBootstrap}.py` : script],
      binds: { [`${insideBootstrap}.py`]: script, ...Object.fromEntries(shown.map((prefix) => [prefix, prefix])) },
      environment: { PYTHONDONTWRITEBYTECODE: '1' },
      version: `python:${version}`,
    };
  }

  #findPython(): Promise<Python> {
    if (this.#python !== undefined) return this.#python;
    const found = probePython(this.#pythonPath, this.#environment);
    this.#python = found;
    // It may be installed while we run.
    found.catch(() => (this.#python = undefined));
    return found;
  }
}

// Differs from AWS: every nodejs* runtime runs on the Node that runs Millpond; the log of a cold start names its version.
function nodeInterpreter({ kind, memoryMb }: InterpreterRequest): Interpreter {
  const isInside = kind === 'bubblewrap';
  const script = join(bootstrapFolder, 'node.mjs');
  const modules = runtimeModules();
  const flags = [`--max-old-space-size=${Math.max(64, memoryMb)}`];
  const program = isInside ? insideNode : process.execPath;
  return {
    command: [program, ...flags, isInside ? `${insideBootstrap}.mjs` : script],
    binds: {
      [insideNode]: process.execPath,
      [`${insideBootstrap}.mjs`]: script,
      ...(modules !== undefined && { '/var/runtime/node_modules': modules }),
    },
    environment:
      modules === undefined ? {} : { MILLPOND_RUNTIME_MODULES: isInside ? '/var/runtime' : dirname(modules) },
    version: `nodejs:${process.versions.node}`,
  };
}

/**
 * Differs from AWS: the AWS SDK for JavaScript is in the nodejs runtimes only where it is installed beside Millpond; else it
 * belongs into the package or a layer.
 */
function runtimeModules(): string | undefined {
  for (let folder = bootstrapFolder; folder !== dirname(folder); folder = dirname(folder)) {
    if (existsSync(join(folder, 'node_modules', '@aws-sdk'))) return join(folder, 'node_modules');
  }
  return undefined;
}

const pythonFacts = `import json,platform,sys
print(json.dumps({"executable": sys.executable, "version": platform.python_version(),
  "prefixes": sorted({sys.prefix, sys.base_prefix, sys.exec_prefix})}))`;

function probePython(program: string, environment: Readonly<Record<string, string | undefined>>): Promise<Python> {
  return new Promise((resolve, reject) => {
    const env = Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('PYTHON')));
    execFile(program, ['-c', pythonFacts], { timeout: 20_000, env }, (error, output, complaint) => {
      const [, major, minor] = /"version": "(\d+)\.(\d+)/.exec(output) ?? [];
      if (error === null && Number(major) === 3 && Number(minor) >= 7) return resolve(JSON.parse(output) as Python);
      const why = error === null ? 'it is older than Python 3.7' : complaint.trim().split('\n')[0] || error.message;
      reject(
        unavailable(
          `Python functions need Python 3.7 or newer, and '${program}' does not run: ${why}. Set pythonPath.`,
          error,
        ),
      );
    });
  });
}
