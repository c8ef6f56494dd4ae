/**
 * Spark applications by the `spark-submit` of the Spark that is installed, in local mode. A Python file that does not
 * use Spark runs by Python alone where no Spark is installed, and its log says so.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SparkInstallation } from '#drivers/spark/installation';
import { completed, findUiUrl, furthest, readSparkStatus, type SparkProgress } from '#drivers/spark/progress';
import type { Clock } from '#kernel/clock';
import { nameOf, type Application, type Outcome } from '../applications/application.ts';
import { applicationFailed } from '../errors.ts';
import type { ApplicationEngine, ApplicationWork } from './application-engine.ts';
import { crashReason, outcomeOf } from './process.ts';
import { prepareSubmission, refuseMissingParts, sparkMissing } from './spark-submission.ts';
import { killLeftovers, runWorker, type WorkerEnd } from './worker.ts';
import { errandOf, importPaths, type Workplace } from './workplace.ts';

export interface SparkEngineParts {
  readonly workplace: Workplace;
  readonly clock: Clock;
  /** Looked for at each application, so that one installed meanwhile is found. */
  readonly findSpark: () => SparkInstallation | undefined;
  readonly python: () => string;
}

const progressPollMs = 500;

export class SparkEngine implements ApplicationEngine {
  readonly name = 'Spark';
  readonly #parts: SparkEngineParts;

  constructor(parts: SparkEngineParts) {
    this.#parts = parts;
  }

  accepts({ submission }: Application): boolean {
    return submission.kind === 'spark-python' || submission.kind === 'spark-jar';
  }

  async run(work: ApplicationWork): Promise<Outcome> {
    const { submission } = work.application;
    const file = await this.#parts.workplace.fetchFile(submission.file, join(work.folder, 'main'), errandOf(work));
    const spark = this.#parts.findSpark();
    if (spark !== undefined) return this.#submit(work, spark, file);
    if (submission.kind === 'spark-jar' || importsSpark(await readFile(file, 'utf8'))) {
      throw applicationFailed(sparkMissing('This application'));
    }
    work.log.say('Millpond: Spark is not installed; this script does not import it and runs by Python alone.');
    return this.#runPlain(work, file);
  }

  async settle({ token }: Application): Promise<Outcome> {
    killLeftovers(token);
    return { state: 'dead', reason: crashReason };
  }

  async #submit(work: ApplicationWork, spark: SparkInstallation, file: string): Promise<Outcome> {
    const { workplace } = this.#parts;
    const { application, folder, log, signal } = work;
    const { submission, token } = application;
    refuseMissingParts(spark);
    const errand = errandOf(work);
    const fetched = (name: 'pyFiles' | 'jars' | 'files' | 'archives'): Promise<string[]> =>
      workplace.fetchFiles(submission[name], join(folder, name), errand);
    const all = {
      ...submission,
      name: nameOf(application),
      file,
      pyFiles: await fetched('pyFiles'),
      jars: await fetched('jars'),
      files: await fetched('files'),
      archives: await fetched('archives'),
    };
    const { command, args, environment: own } = await prepareSubmission(spark, all, { workplace, folder, errand });
    const environment = { ...(await workplace.environmentOf(errand)), ...own, ...submission.environment };
    log.say(`Millpond: Spark ${spark.version} in ${spark.home}`);
    const watching = new AbortController();
    const watched = this.#watch(work, watching.signal);
    let end: WorkerEnd | undefined;
    try {
      end = await runWorker({ command, args, folder, environment, token, log, signal });
      return outcomeOf(end, work.logFolder);
    } finally {
      watching.abort();
      const progress = await watched;
      // The last look is older than the end; what has ended well has nothing left to do.
      if (end?.exitCode === 0 && progress !== undefined) await work.report({ progress: completed(progress) });
    }
  }

  /** Follows Spark's own figures from the moment its log names the address of its UI. @returns the last of them */
  async #watch({ log, report }: ApplicationWork, signal: AbortSignal): Promise<SparkProgress | undefined> {
    const uiUrl = await new Promise<string | undefined>((resolve) => {
      signal.addEventListener('abort', () => resolve(undefined), { once: true });
      log.onLine((line) => {
        const url = findUiUrl(line);
        if (url !== undefined) resolve(url);
      });
    });
    if (uiUrl === undefined) return undefined;
    let told = '';
    let progress: SparkProgress | undefined;
    while (!signal.aborted) {
      const status = await readSparkStatus(uiUrl, signal);
      if (status !== undefined) {
        progress = furthest(progress, status.progress);
        const facts = { sparkUiUrl: uiUrl, appId: status.appId, progress };
        if (JSON.stringify(facts) !== told) await report(facts);
        told = JSON.stringify(facts);
      }
      await this.#parts.clock.sleep(progressPollMs, signal).catch(() => undefined);
    }
    return progress;
  }

  async #runPlain(work: ApplicationWork, file: string): Promise<Outcome> {
    const { application, folder, log, signal, logFolder } = work;
    const { submission, token } = application;
    const { workplace, python } = this.#parts;
    const errand = errandOf(work);
    const pyFiles = await workplace.fetchFiles(submission.pyFiles, join(folder, 'pyFiles'), errand);
    const environment = {
      ...(await workplace.environmentOf(errand)),
      ...(pyFiles.length > 0 && { PYTHONPATH: importPaths(pyFiles).join(':') }),
      ...submission.environment,
    };
    const args = [file, ...submission.args];
    const end = await runWorker({ command: python(), args, folder, environment, token, log, signal });
    return outcomeOf(end, logFolder);
  }
}

export function importsSpark(script: string): boolean {
  return /^\s*(?:from|import)\s+(?:pyspark|awsglue)\b/m.test(script);
}
