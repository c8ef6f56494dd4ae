/** Starts sandboxes: finds code, layers, interpreter and credentials of a version and puts a process around them. */
import { execFile } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '#kernel/clock';
import { newHexId } from '#kernel/ids';
import type { Log } from '#kernel/log';
import type { Logs } from '#logs';
import type { CodeStore } from '../code/code-store.ts';
import type { LayerFolders } from '../code/layer-folders.ts';
import { unavailable } from '../errors.ts';
import { logGroupOf, runtimeFamily, type FunctionVersion } from '../function.ts';
import { environmentOf } from './environment.ts';
import { FunctionLog } from './function-log.ts';
import type { Interpreters } from './interpreter.ts';
import { findIsolation, planSpawn, type IsolationFacts } from './isolation.ts';
import { initLines } from './platform-lines.ts';
import type { RoleCredentials } from './role-credentials.ts';
import type { RuntimeApi } from './runtime-api.ts';
import { Sandbox } from './sandbox.ts';

const listenPauseMs = 20;
const listenTries = 1500;

export interface LauncherParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly logs: Logs;
  readonly codes: CodeStore;
  readonly layers: LayerFolders;
  readonly interpreters: Interpreters;
  readonly credentials: RoleCredentials;
  readonly runtimeApi: RuntimeApi;
  readonly endpoint: () => string;
  /** Folder for the sandboxes' temporary folders. */
  readonly folder: string;
  /** The setting `functionSandbox`. */
  readonly sandbox: string;
  readonly hostPath: string | undefined;
}

export class Launcher {
  readonly #parts: LauncherParts;
  #isolation: Promise<IsolationFacts> | undefined;
  #known: IsolationFacts | undefined;
  #hasSetpriv: Promise<boolean> | undefined;

  constructor(parts: LauncherParts) {
    this.#parts = parts;
  }

  /** How functions are kept apart from the machine; undefined before the first one ran. */
  get isolation(): IsolationFacts | undefined {
    return this.#known;
  }

  /** @throws unavailable when the runtime's program is not on this machine */
  async launch(version: FunctionVersion): Promise<Sandbox> {
    const { codes, layers, interpreters, credentials, runtimeApi, clock, log } = this.#parts;
    const family = runtimeFamily(version.runtime);
    const [, region = ''] = version.scope.split('/');
    const endpoint = await this.#listening();
    const { kind } = await this.#findIsolation();
    const [taskFolder, layersFolder, session, hasSetpriv] = await Promise.all([
      codes.unpacked(version.code.codeId),
      layers.merged(version.layers.map(({ codeId }) => codeId)),
      credentials.session(version.role, version.name, region),
      kind === 'process' ? this.#findSetpriv() : false,
    ]);
    const interpreter = await interpreters.find({ family, kind, memoryMb: version.memoryMb, taskFolder });
    const temporaryFolder = join(this.#parts.folder, newHexId(8));
    await mkdir(temporaryFolder, { recursive: true, mode: 0o700 });
    const outputMark = family === 'provided' ? undefined : newHexId(16);
    const functionLog = this.#openLog(version);
    const { command, binds } = interpreter;
    const plan = planSpawn({ kind, command, binds, taskFolder, layersFolder, temporaryFolder, hasSetpriv });
    const sandbox = new Sandbox({
      ...plan,
      clock,
      temporaryFolder,
      outputMark,
      log: functionLog,
      memoryMb: version.memoryMb,
      expiresMs: session.expiresMs,
      complain: (why) =>
        log.warn('the sandbox of a function could not start; functionSandbox chooses another kind', {
          function: version.name,
          kind,
          error: why,
        }),
    });
    const registration = await runtimeApi.register(sandbox, family === 'provided');
    const env = {
      ...interpreter.environment,
      ...environmentOf({
        version,
        family,
        kind,
        region,
        session,
        taskFolder,
        layersFolder,
        temporaryFolder,
        outputMark,
        endpoint,
        logStream: functionLog.stream,
        runtimeApi: registration.address,
        hostPath: this.#parts.hostPath,
      }),
    };
    for (const line of initLines(version, interpreter.version, kind, clock.now())) functionLog.say(line);
    sandbox.start(registration, env);
    return sandbox;
  }

  /** Clears what killed sandboxes have left. */
  async clear(): Promise<void> {
    await rm(this.#parts.folder, { recursive: true, force: true });
  }

  /** Events that a crash left are taken up before the platform listens; a function must not run without its address. */
  async #listening(): Promise<string> {
    const { endpoint, clock } = this.#parts;
    for (let tries = 0; tries < listenTries; tries++) {
      if (endpoint() !== '') return endpoint();
      await clock.sleep(listenPauseMs);
    }
    throw unavailable('The platform does not listen yet; try again.');
  }

  async #findIsolation(): Promise<IsolationFacts> {
    if (this.#known !== undefined) return this.#known;
    this.#isolation ??= findIsolation(this.#parts.sandbox).finally(() => (this.#isolation = undefined));
    this.#known = await this.#isolation;
    return this.#known;
  }

  #findSetpriv(): Promise<boolean> {
    this.#hasSetpriv ??= new Promise((resolve) => {
      execFile('setpriv', ['--pdeathsig', 'KILL', '--', 'true'], { timeout: 5000 }, (error) => resolve(error === null));
    });
    return this.#hasSetpriv;
  }

  #openLog(version: FunctionVersion): FunctionLog {
    const { logs, clock, log } = this.#parts;
    const day = clock.now().toISOString().slice(0, 10).replaceAll('-', '/');
    return new FunctionLog({
      logs,
      clock,
      log,
      scope: version.scope,
      group: logGroupOf(version),
      stream: `${day}/[${version.version}]${newHexId(16)}`,
    });
  }
}
