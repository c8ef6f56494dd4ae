/**
 * SQL files as applications, on the query engine.
 *
 * Arguments: `--name value` and `--name=value` are `:name` and `${name}`, the others `${1}`, `${2}` … in their order.
 * Names without a database are in one of the application's own that goes with it, as temporary views do in Spark: files
 * at a path are read by CREATE EXTERNAL TABLE … LOCATION '${1}/trips/', written by UNLOAD … TO '${1}/sums/', and `--database`
 * names another database to work in.
 */
import type { Dispatcher } from '#gateway';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { nameOf, type Application, type Outcome } from '../applications/application.ts';
import { applicationFailed } from '../errors.ts';
import type { Arguments } from '../job.ts';
import type { ApplicationEngine, ApplicationWork } from './application-engine.ts';
import type { ScriptEngine } from './engine.ts';
import { crashReason } from './process.ts';
import { errandOf, type Errand, type Workplace } from './workplace.ts';

const invokedBy = 'elasticmapreduce.amazonaws.com';

export class SqlApplicationEngine implements ApplicationEngine {
  readonly name = 'the SQL engine';
  readonly #workplace: Workplace;
  readonly #scripts: ScriptEngine;
  readonly #dispatcher: Dispatcher;

  constructor(parts: { workplace: Workplace; scripts: ScriptEngine; dispatcher: Dispatcher }) {
    this.#workplace = parts.workplace;
    this.#scripts = parts.scripts;
    this.#dispatcher = parts.dispatcher;
  }

  accepts({ submission }: Application): boolean {
    return submission.kind === 'sql';
  }

  async run(work: ApplicationWork): Promise<Outcome> {
    const { application, accountId, region, signal, log } = work;
    const errand = errandOf(work);
    const file = await this.#workplace.fetchFile(application.submission.file, join(work.folder, 'main'), errand);
    const script = await readFile(file, 'utf8');
    const given = namedArguments(application.submission.args);
    const own = given['--database'] === undefined ? databaseOf(application) : undefined;
    if (own !== undefined) await this.#glue('CreateDatabase', { DatabaseInput: { Name: own } }, errand);
    try {
      await this.#scripts.run({
        accountId,
        region,
        scope: application.scope,
        caller: application.caller,
        jobName: nameOf(application),
        kind: 'sql',
        runId: runIdOf(application),
        script,
        arguments: { ...given, ...(own !== undefined && { '--database': own }) },
        signal,
        say: (line) => log.write('stdout', Buffer.from(`${line}\n`)),
      });
      return { state: 'success', exitCode: 0 };
    } finally {
      if (own !== undefined) await this.#forget(own, { ...errand, signal: AbortSignal.timeout(30_000) });
    }
  }

  async settle(application: Application): Promise<Outcome> {
    const { isDone } = await this.#scripts.settle(runIdOf(application));
    const [, region = ''] = application.scope.split('/');
    await this.#forget(databaseOf(application), {
      caller: application.caller,
      region,
      signal: AbortSignal.timeout(30_000),
    });
    if (isDone) return { state: 'success', exitCode: 0 };
    return { state: 'dead', reason: crashReason };
  }

  #glue(operation: string, input: object, { caller, region, signal }: Errand): Promise<unknown> {
    return this.#dispatcher.call('glue', operation, input, { caller, region, signal, invokedBy });
  }

  async #forget(Name: string, errand: Errand): Promise<void> {
    // It may be gone, or never have been made.
    await this.#glue('DeleteDatabase', { Name }, errand).catch(() => undefined);
  }
}

function databaseOf({ id }: Application): string {
  return `application_${id}`;
}

function runIdOf({ id, token }: Application): string {
  return `application-${id}-${token}`;
}

/** @throws ApplicationFailed for an option without a value */
export function namedArguments(args: readonly string[]): Arguments {
  const values: Record<string, string> = {};
  let position = 0;
  for (let at = 0; at < args.length; at++) {
    const text = args[at] ?? '';
    const [, name, value] = /^--([A-Za-z][\w-]*)(?:=(.*))?$/s.exec(text) ?? [];
    if (name === undefined) values[`--${++position}`] = text;
    else if (value !== undefined) values[`--${name}`] = value;
    else {
      const next = args[++at];
      if (next === undefined) throw applicationFailed(`The argument ${text} has no value.`);
      values[`--${name}`] = next;
    }
  }
  return values;
}
