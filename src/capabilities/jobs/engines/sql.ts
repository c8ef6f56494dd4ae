/** SQL scripts on the query engine: the statements of Athena, one after the other, with the run's arguments in them. */
import { messageOf } from '#kernel/errors';
import type { State } from '#kernel/state';
import type { Lake } from '#lake';
import { splitScript } from '#languages/sql/index';
import type { ScriptResult, Scripts } from '#query';
import type { JobCommand } from '../job.ts';
import { bindArguments } from '../runs/script-arguments.ts';
import type { ScriptEngine, ScriptWork, SettledWork } from './engine.ts';
import { JobOutput, settleOutput } from './job-output.ts';
import { scriptFailed } from '../errors.ts';

// Limit: the log shows the first 20 rows of a SELECT.
const shownRowsMax = 20;
/** A statement tells how far it is each time it has come this much further, in per cent. */
const progressStep = 10;

export class SqlEngine implements ScriptEngine {
  readonly name = 'the SQL engine';
  readonly #scripts: Scripts;
  readonly #lake: Lake;
  readonly #state: State;

  constructor(parts: { scripts: Scripts; lake: Lake; state: State }) {
    this.#scripts = parts.scripts;
    this.#lake = parts.lake;
    this.#state = parts.state;
  }

  accepts(command: JobCommand): boolean {
    return /\.sql$/i.test(command.scriptLocation);
  }

  async run(work: ScriptWork): Promise<void> {
    const sql = bindArguments(work.script, work.arguments);
    const count = splitScript(sql).length;
    if (count === 0) throw scriptFailed('The script has no statement.');
    let current = 0;
    let told = 0;
    const files = new JobOutput({ state: this.#state, lake: this.#lake, work, isLast: () => current === count - 1 });
    try {
      await this.#scripts.run(sql, {
        scope: work.scope,
        caller: work.caller.arn,
        ...(work.arguments['--database'] !== undefined && { database: work.arguments['--database'] }),
        rowsMax: shownRowsMax,
        // The run's own timeout ends it by the signal.
        timeoutMs: 2 ** 31 - 1,
        signal: work.signal,
        files,
        onProgress: ({ percentage }) => {
          if (percentage < told + progressStep || percentage >= 100) return;
          told = percentage - (percentage % progressStep);
          work.say(`Statement ${current + 1} of ${count}: ${Math.floor(percentage)} %`);
        },
        onStatement: (result) => {
          for (const line of describeResult(result, count)) work.say(line);
          current = result.index + 1;
          told = 0;
        },
      });
    } catch (error) {
      if (work.signal.aborted) throw error;
      throw scriptFailed(`Statement ${current + 1} of ${count} failed: ${reasonOf(error)}`, error);
    }
  }

  settle(runId: string): Promise<SettledWork> {
    return settleOutput(this.#state, this.#lake, runId);
  }
}

function describeResult(result: ScriptResult, count: number): string[] {
  const head = `Statement ${result.index + 1} of ${count}, ${result.kind}, ${(result.elapsedMs / 1000).toFixed(2)} s`;
  const facts = [`${result.scannedBytes} bytes read`];
  if (result.inputRows !== undefined) facts.push(`${result.inputRows} rows read`);
  if (result.badCells > 0) facts.push(`${result.badCells} cells were not of their column's type and became NULL`);
  if (result.location !== undefined) {
    facts.push(`${result.rowsWritten} rows written to ${result.location} in ${result.files.length} files`);
  }
  return [
    `${head}: ${facts.join(', ')}`,
    ...result.rows.slice(0, shownRowsMax).map((row) => row.map((cell) => cell ?? '').join('\t')),
  ];
}

/** Trino's name of the error stands before what it says. */
function reasonOf(error: unknown): string {
  const code = (error as { code?: unknown }).code;
  const message = messageOf(error);
  return typeof code === 'string' && /^[A-Z][A-Z_]+$/.test(code) && !message.startsWith(code)
    ? `${code}: ${message}`
    : message;
}
