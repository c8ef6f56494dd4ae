/** Python sessions: a child interpreter that keeps its variables between statements, with Spark where it is installed. */
import { spawn, type ChildProcess } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { SparkInstallation } from '#drivers/spark/installation';
import { applicationFailed } from '../errors.ts';
import type { SessionKind, StatementOutput, Session } from '../sessions/session.ts';
import type { Interpreter, InterpreterEngine, InterpreterWork } from './interpreter.ts';
import { answerCharsMax, interpreterSource } from './python-source.ts';
import { prepareSubmission } from './spark-submission.ts';
import { delay, drainMs, killLeftovers, signalGroup, tokenVariable } from './worker.ts';
import { importPaths, type Workplace } from './workplace.ts';

interface Answer {
  readonly ready?: boolean;
  readonly reason?: string;
  readonly appId?: string;
  readonly uiUrl?: string;
  readonly ok?: Record<string, unknown>;
  readonly error?: { ename: string; evalue: string; traceback: string[] };
  readonly candidates?: string[];
}

export interface PythonInterpreterParts {
  readonly workplace: Workplace;
  readonly findSpark: () => SparkInstallation | undefined;
  readonly python: () => string;
}

export class PythonInterpreterEngine implements InterpreterEngine {
  readonly #parts: PythonInterpreterParts;

  constructor(parts: PythonInterpreterParts) {
    this.#parts = parts;
  }

  accepts(kind: SessionKind): boolean {
    return kind !== 'sql';
  }

  async open(work: InterpreterWork): Promise<Interpreter> {
    const { session, region, folder, signal } = work;
    const { workplace, python } = this.#parts;
    const errand = { caller: session.caller, region, signal };
    const environment: Record<string, string> = {
      ...(await workplace.environmentOf(errand)),
      [tokenVariable]: session.token,
    };
    const pyFiles = await workplace.fetchFiles(session.options.pyFiles, join(folder, 'py'), errand);
    const paths = importPaths(pyFiles);
    const spark = this.#parts.findSpark();
    const usesSpark = spark?.java !== undefined && spark.missingS3Jars.length === 0;
    if (usesSpark) Object.assign(environment, await this.#sparkEnvironment(work, spark, paths));
    environment['PYTHONPATH'] = [...paths, environment['PYTHONPATH'] ?? ''].filter((path) => path !== '').join(':');
    const program = join(folder, 'interpreter.py');
    await writeFile(program, interpreterSource);
    signal.throwIfAborted();
    const child = spawn(usesSpark ? spark.python : python(), ['-u', program], {
      cwd: folder,
      env: environment,
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
    });
    const interpreter = new PythonInterpreter(child, work);
    await interpreter.ready;
    return interpreter;
  }

  settle({ token }: Session): void {
    killLeftovers(token);
  }

  async #sparkEnvironment(work: InterpreterWork, spark: SparkInstallation, pyFiles: readonly string[]) {
    const { session, region, folder, signal } = work;
    const { workplace } = this.#parts;
    const errand = { caller: session.caller, region, signal };
    const fetched = (name: 'jars' | 'files') => workplace.fetchFiles(session.options[name], join(folder, name), errand);
    const application = {
      ...session.options,
      name: session.options.name ?? `session-${session.id}`,
      file: 'pyspark-shell',
      args: [],
      archives: [],
      pyFiles,
      jars: await fetched('jars'),
      files: await fetched('files'),
    };
    const { args, environment } = await prepareSubmission(spark, application, { workplace, folder, errand });
    const library = join(spark.home, 'python');
    const bridges = readdirSync(join(library, 'lib')).filter((name) => /^py4j-.*\.zip$/.test(name));
    return {
      ...environment,
      PYSPARK_SUBMIT_ARGS: args.map((arg) => `'${arg.replaceAll("'", `'\\''`)}'`).join(' '),
      PYTHONPATH: [library, ...bridges.map((name) => join(library, 'lib', name))].join(':'),
    };
  }
}

class PythonInterpreter implements Interpreter {
  readonly ready: Promise<void>;
  readonly ended: Promise<string>;
  appId: string | undefined;
  sparkUiUrl: string | undefined;
  readonly #child: ChildProcess;
  #pending: ((answer: Answer | undefined) => void)[] = [];

  constructor(child: ChildProcess, { log, signal }: InterpreterWork) {
    this.#child = child;
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream]?.on('data', (chunk: Buffer) => log.write(stream, chunk));
    }
    child.stdin?.on('error', () => undefined);
    const gone = Promise.withResolvers<string>();
    this.ended = gone.promise;
    const end = (why: string): void => {
      signalGroup(child.pid, 'SIGKILL');
      for (const settle of this.#pending.splice(0)) settle(undefined);
      gone.resolve(why);
    };
    // User code can write on the descriptor of the answers too; what it leaves there cannot be told from one.
    const answers = child.stdio[3] as Readable;
    readAnswers(answers, (answer) => {
      if (answer === undefined) end('The interpreter ended: what it wrote on descriptor 3 is no answer.');
      else this.#pending.shift()?.(answer);
    });
    child.once('error', (error) => end(`The interpreter cannot be started: ${error.message}.`));
    const drained = new Promise<void>((resolve) => answers.once('close', resolve));
    child.once('exit', (code, name) => {
      const why = `The interpreter ${code === null ? `was ended by ${name}` : `ended with exit code ${code}`}.`;
      // What it said last may arrive behind the news of its end.
      void Promise.race([drained, delay(drainMs)]).then(() => end(why));
    });
    signal.addEventListener('abort', () => signalGroup(child.pid, 'SIGKILL'), { once: true });
    this.ready = this.#answer().then((answer) => {
      if (answer?.ready !== true) throw applicationFailed(answer?.reason ?? 'The interpreter ended while it started.');
      this.appId = answer.appId;
      this.sparkUiUrl = answer.uiUrl;
    });
  }

  async execute(code: string, kind: SessionKind, count: number): Promise<StatementOutput> {
    const answer = await this.#ask({ code, kind });
    if (answer.error !== undefined) return { status: 'error', execution_count: count, ...answer.error };
    return { status: 'ok', execution_count: count, data: answer.ok ?? {} };
  }

  interrupt(): void {
    this.#child.kill('SIGINT');
  }

  async complete(code: string, cursor: number): Promise<string[]> {
    return (await this.#ask({ code, cursor })).candidates ?? [];
  }

  async #ask(request: object): Promise<Answer> {
    const answer = this.#answer();
    this.#child.stdin?.write(`${JSON.stringify(request)}\n`);
    const given = await answer;
    if (given === undefined) throw applicationFailed(await this.ended);
    return given;
  }

  #answer(): Promise<Answer | undefined> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      this.#pending.push(resolve);
    });
  }
}

/** Answers line by line; undefined, and no more, for a line that is none or is too long. */
function readAnswers(stream: Readable, take: (answer: Answer | undefined) => void): void {
  let partial = '';
  stream.setEncoding('utf8');
  stream.on('error', () => undefined);
  stream.on('data', (text: string) => {
    const lines = (partial + text).split('\n');
    partial = lines.pop() ?? '';
    const answers = lines.map(parseAnswer);
    if (partial.length > answerCharsMax) answers.push(undefined);
    for (const answer of answers) {
      take(answer);
      if (answer === undefined) return void stream.destroy();
    }
  });
}

function parseAnswer(line: string): Answer | undefined {
  try {
    const answer: unknown = JSON.parse(line);
    return typeof answer === 'object' && answer !== null ? answer : undefined;
  } catch {
    return undefined;
  }
}
