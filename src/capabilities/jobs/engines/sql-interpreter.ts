/** SQL sessions, on the query engine: Athena's statements; names without a database are in `default`. */
import { messageOf } from '#kernel/errors';
import type { Scripts } from '#query';
import type { SessionKind, StatementOutput } from '../sessions/session.ts';
import type { Interpreter, InterpreterEngine, InterpreterWork } from './interpreter.ts';

// Limit: a statement of a SQL session shows at most 1,000 rows, as in Livy.
const rowsMax = 1000;

export class SqlInterpreterEngine implements InterpreterEngine {
  readonly #scripts: Scripts;

  constructor(scripts: Scripts) {
    this.#scripts = scripts;
  }

  accepts(kind: SessionKind): boolean {
    return kind === 'sql';
  }

  async open(work: InterpreterWork): Promise<Interpreter> {
    return new SqlInterpreter(this.#scripts, work);
  }

  settle(): void {}
}

class SqlInterpreter implements Interpreter {
  // It only ends with its session.
  readonly ended = new Promise<string>(() => undefined);
  readonly #scripts: Scripts;
  readonly #work: InterpreterWork;
  #running = new AbortController();

  constructor(scripts: Scripts, work: InterpreterWork) {
    this.#scripts = scripts;
    this.#work = work;
  }

  async execute(code: string, _kind: SessionKind, count: number): Promise<StatementOutput> {
    const { session, signal } = this.#work;
    this.#running = new AbortController();
    try {
      const results = await this.#scripts.run(code, {
        scope: session.scope,
        caller: session.caller.arn,
        rowsMax,
        signal: AbortSignal.any([signal, this.#running.signal]),
      });
      const last = results.at(-1);
      const fields = (last?.columns ?? []).map((name) => ({ name, type: 'string', nullable: true, metadata: {} }));
      const data = { 'application/json': { schema: { type: 'struct', fields }, data: last?.rows ?? [] } };
      return { status: 'ok', execution_count: count, data };
    } catch (error) {
      signal.throwIfAborted();
      const { code: ename = 'Error' } = error as { code?: string };
      return { status: 'error', execution_count: count, ename, evalue: messageOf(error), traceback: [] };
    }
  }

  interrupt(): void {
    this.#running.abort(new Error('The statement was cancelled.'));
  }

  async complete(): Promise<string[]> {
    return [];
  }
}
