/** Python and Node scripts and plain commands as processes of this machine. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findS3Uri } from '#lake';
import type { Application, ApplicationKind, Outcome } from '../applications/application.ts';
import { reasonInLog } from '../applications/application-log.ts';
import type { ApplicationEngine, ApplicationWork } from './application-engine.ts';
import { killLeftovers, runWorker, type WorkerEnd } from './worker.ts';
import { errandOf, importPaths, type Workplace } from './workplace.ts';

export const crashReason = 'The platform ended while this application ran; its processes were ended.';

export class ProcessEngine implements ApplicationEngine {
  readonly name = 'a local process';
  readonly #workplace: Workplace;
  readonly #python: () => string;

  /** @param parts.python the interpreter of Python scripts */
  constructor(parts: { workplace: Workplace; python: () => string }) {
    this.#workplace = parts.workplace;
    this.#python = parts.python;
  }

  accepts({ submission }: Application): boolean {
    return submission.kind === 'python' || submission.kind === 'node' || submission.kind === 'command';
  }

  async run(work: ApplicationWork): Promise<Outcome> {
    const { submission, token } = work.application;
    const errand = errandOf(work);
    const environment = { ...(await this.#workplace.environmentOf(errand)), ...submission.environment };
    const [command, ...args] = await this.#commandLine(work);
    if (submission.kind === 'python' && submission.pyFiles.length > 0) {
      const paths = await this.#workplace.fetchFiles(submission.pyFiles, join(work.folder, 'py'), errand);
      environment['PYTHONPATH'] = importPaths(paths).join(':');
    }
    const { log, signal, folder } = work;
    const end = await runWorker({ command: command ?? '', args, folder, environment, token, log, signal });
    return outcomeOf(end, work.logFolder);
  }

  async settle({ token }: Application): Promise<Outcome> {
    killLeftovers(token);
    return { state: 'dead', reason: crashReason };
  }

  async #commandLine(work: ApplicationWork): Promise<string[]> {
    const { submission } = work.application;
    const isProgram = submission.kind === 'command' && findS3Uri(submission.file) === undefined;
    // Bootstrap actions name programs of the machine by `file:///bin/echo` too.
    if (isProgram) return [submission.file.replace(/^file:(\/\/)?(?=\/)/, ''), ...submission.args];
    const script = await this.#workplace.fetchFile(submission.file, join(work.folder, 'main'), errandOf(work));
    return [await this.#interpreterOf(submission.kind, script), script, ...submission.args];
  }

  /** A script of the lake is a shell script unless its first line names another interpreter. */
  async #interpreterOf(kind: ApplicationKind, script: string): Promise<string> {
    if (kind === 'python') return this.#python();
    if (kind === 'node') return process.execPath;
    const [, interpreter = 'bash'] = /^#!\s*(?:\/usr\/bin\/env\s+)?(\S+)/.exec(await readFile(script, 'utf8')) ?? [];
    return interpreter;
  }
}

/** How a process ended, with what its log says when it failed. */
export function outcomeOf({ exitCode, signal }: WorkerEnd, logFolder: string): Outcome {
  if (exitCode === 0) return { state: 'success', exitCode };
  const how = exitCode === undefined ? `was ended by ${signal}` : `ended with exit code ${exitCode}`;
  const said = reasonInLog(logFolder);
  return {
    state: 'dead',
    reason: said === undefined ? `The process ${how}.` : `${said} (the process ${how})`,
    ...(exitCode !== undefined && { exitCode }),
  };
}
