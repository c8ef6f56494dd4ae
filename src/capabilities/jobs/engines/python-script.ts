/**
 * Glue's Python jobs: the script as a process of this machine (`pythonshell`) or by `spark-submit` (`glueetl`), its arguments
 * as Glue passes them, with the part of `awsglue` that `glue-library.ts` has.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SparkInstallation } from '#drivers/spark/installation';
import { ApplicationLog, reasonInLog } from '../applications/application-log.ts';
import { scriptFailed } from '../errors.ts';
import type { Arguments, JobCommand } from '../job.ts';
import type { ScriptEngine, ScriptWork, SettledWork } from './engine.ts';
import { glueLibrary } from './glue-library.ts';
import { prepareSubmission, refuseMissingParts, sparkMissing } from './spark-submission.ts';
import { killLeftovers, runWorker } from './worker.ts';
import { importPaths, type Workplace } from './workplace.ts';
import { makeRunFolder, removeRunFolder } from '../run-folder.ts';

export interface PythonScriptParts {
  readonly workplace: Workplace;
  readonly python: () => string;
  readonly findSpark: () => SparkInstallation | undefined;
}

/** What is started for a script. */
interface CommandLine {
  readonly command: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

export class PythonScriptEngine implements ScriptEngine {
  readonly name = 'Python';
  readonly #parts: PythonScriptParts;

  constructor(parts: PythonScriptParts) {
    this.#parts = parts;
  }

  accepts(command: JobCommand): boolean {
    return /\.py$/i.test(command.scriptLocation);
  }

  async run(work: ScriptWork): Promise<void> {
    const { signal, runId: token } = work;
    const folder = await makeRunFolder('job', token);
    const log = new ApplicationLog(folder);
    log.onLine((line) => work.say(line));
    try {
      const { command, args, environment } = await this.#commandLine(work, folder);
      const end = await runWorker({ command, args, folder, environment, token, log, signal });
      signal.throwIfAborted();
      if (end.exitCode === 0) return;
      const how = end.exitCode === undefined ? `was ended by ${end.signal}` : `ended with exit code ${end.exitCode}`;
      throw scriptFailed(reasonInLog(folder) ?? `The script ${how}.`);
    } finally {
      log.close();
      await removeRunFolder('job', token);
    }
  }

  /** What a script has done outside is its own affair: an interrupted run counts as failed. */
  async settle(runId: string): Promise<SettledWork> {
    killLeftovers(runId);
    await removeRunFolder('job', runId);
    return { isDone: false };
  }

  async #commandLine(work: ScriptWork, folder: string): Promise<CommandLine> {
    const { workplace, python } = this.#parts;
    const { arguments: values, runId, jobName } = work;
    const script = join(folder, 'script.py');
    await writeFile(script, work.script);
    const library = join(folder, 'library');
    await mkdir(join(library, 'awsglue'), { recursive: true });
    for (const [name, text] of Object.entries(glueLibrary)) await writeFile(join(library, 'awsglue', name), text);
    if (values['--additional-python-modules'] !== undefined) {
      work.say(`--additional-python-modules is not installed by the platform; install them for ${python()}.`);
    }
    const fetched = (name: string): Promise<string[]> =>
      workplace.fetchFiles(listOf(values[name]), join(folder, name.slice(2)), work);
    const pyFiles = await fetched('--extra-py-files');
    const args = [script, ...Object.entries(values).flat(), '--JOB_NAME', jobName, '--JOB_RUN_ID', runId];
    const environment = await workplace.environmentOf(work);
    if (work.kind === 'glueetl') {
      const jars = await fetched('--extra-jars');
      const files = await fetched('--extra-files');
      return this.#sparkCommand(work, folder, { args, pyFiles, jars, files, environment, library });
    }
    const paths = [library, ...importPaths(pyFiles)];
    return { command: python(), args, environment: { ...environment, PYTHONPATH: paths.join(':') } };
  }

  async #sparkCommand(
    work: ScriptWork,
    folder: string,
    given: {
      readonly args: readonly string[];
      readonly pyFiles: readonly string[];
      readonly jars: readonly string[];
      readonly files: readonly string[];
      readonly environment: Readonly<Record<string, string>>;
      readonly library: string;
    },
  ): Promise<CommandLine> {
    const { workplace, findSpark } = this.#parts;
    const spark = findSpark();
    if (spark === undefined) throw scriptFailed(sparkMissing('This job'));
    refuseMissingParts(spark);
    const [file = '', ...args] = given.args;
    const conf = confOf(work.arguments['--conf']);
    const application = { ...given, name: work.jobName, file, args, archives: [], conf };
    const submission = await prepareSubmission(spark, application, { workplace, folder, errand: work });
    const environment = { ...given.environment, ...submission.environment, PYTHONPATH: given.library };
    return { ...submission, environment };
  }
}

function listOf(text: string | undefined): string[] {
  return (text ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/** Glue's one argument for all properties: `a=b --conf c=d`. @throws ScriptFailed for a part that is none */
export function confOf(text: Arguments[string] | undefined): Record<string, string> {
  const parts = (text ?? '').split(/\s+--conf\s+/).filter((part) => part.trim() !== '');
  return Object.fromEntries(
    parts.map((part) => {
      const [, name, value] = /^\s*(?:--conf\s+)?([^=\s]+)=(.*)$/s.exec(part) ?? [];
      if (name === undefined || value === undefined) throw scriptFailed(`--conf: '${part}' is not name=value.`);
      return [name, value.trim()];
    }),
  );
}
