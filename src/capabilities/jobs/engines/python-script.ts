/** Glue's Python shell jobs: the script as a process of this machine, its arguments as Glue passes them. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApplicationLog, reasonInLog } from '../applications/application-log.ts';
import { scriptFailed } from '../errors.ts';
import type { JobCommand } from '../job.ts';
import type { ScriptEngine, ScriptWork, SettledWork } from './engine.ts';
import { killLeftovers, runWorker } from './worker.ts';
import type { Workplace } from './workplace.ts';

export class PythonScriptEngine implements ScriptEngine {
  readonly name = 'Python';
  readonly #workplace: Workplace;
  readonly #python: () => string;

  /** @param parts.python the interpreter */
  constructor(parts: { workplace: Workplace; python: () => string }) {
    this.#workplace = parts.workplace;
    this.#python = parts.python;
  }

  accepts(command: JobCommand): boolean {
    return command.name === 'pythonshell' && /\.py$/i.test(command.scriptLocation);
  }

  async run(work: ScriptWork): Promise<void> {
    const { signal, runId, jobName } = work;
    const environment = await this.#workplace.environmentOf(work);
    const folder = await mkdtemp(join(tmpdir(), 'millpond-job-'));
    const log = new ApplicationLog(folder);
    log.onLine((line) => work.say(line));
    try {
      const script = join(folder, 'script.py');
      await writeFile(script, work.script);
      const given = Object.entries(work.arguments).flat();
      const args = [script, ...given, '--JOB_NAME', jobName, '--JOB_RUN_ID', runId];
      const command = this.#python();
      const { exitCode, signal: name } = await runWorker({
        command,
        args,
        folder,
        environment,
        token: runId,
        log,
        signal,
      });
      signal.throwIfAborted();
      if (exitCode === 0) return;
      const how = exitCode === undefined ? `was ended by ${name}` : `ended with exit code ${exitCode}`;
      throw scriptFailed(reasonInLog(folder) ?? `The script ${how}.`);
    } finally {
      log.close();
      await rm(folder, { recursive: true, force: true });
    }
  }

  /** What a script has done outside is its own affair: an interrupted run counts as failed. */
  async settle(runId: string): Promise<SettledWork> {
    killLeftovers(runId);
    return { isDone: false };
  }
}
