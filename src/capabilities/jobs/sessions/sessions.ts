/**
 * Interactive sessions of Livy: an interpreter each, statements one after the other.
 *
 * Limit: statements and variables live in the interpreter's process; after a restart of the platform a session is dead.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Caller } from '#gateway';
import type { Clock, Timer } from '#kernel/clock';
import { messageOf } from '#kernel/errors';
import { newUuid } from '#kernel/ids';
import type { Log } from '#kernel/log';
import type { State } from '#kernel/state';
import { ApplicationLog, readLogPage, readLogTail, type LogPage } from '../applications/application-log.ts';
import type { Interpreter, InterpreterEngine } from '../engines/interpreter.ts';
import { applicationAbsent, livyRefused, nameTaken, statementAbsent } from '../errors.ts';
import {
  nextSessionId,
  putSession,
  removeSession,
  selectOpenSessions,
  selectSession,
  selectSessions,
} from '../store/sessions.ts';
import {
  parseDuration,
  sessionHasEnded,
  type Session,
  type SessionKind,
  type SessionOptions,
  type Statement,
} from './session.ts';
import { makeRunFolder, removeRunFolder } from '../run-folder.ts';

export interface SessionsParts {
  readonly state: State;
  readonly clock: Clock;
  readonly log: Log;
  readonly engines: readonly InterpreterEngine[];
  /** Folder of the logs. */
  readonly folder: string;
}

interface OpenSession {
  readonly abort: AbortController;
  readonly statements: Statement[];
  interpreter: Interpreter | undefined;
  done: Promise<void>;
  /** Set when statements may be taken. */
  wake: () => void;
  timeout: Timer | undefined;
  isCompleting: boolean;
}

// Limit: a session keeps its 1,000 newest statements, and is ended when nobody has used it for an hour.
const statementsMax = 1000;
const idleTimeoutMs = 3_600_000;
const sessionsMax = 20;
// Limit: the statements of the 20 sessions that ended last can still be read, until a restart.
const endedSessionsMax = 20;

export class Sessions {
  readonly #parts: SessionsParts;
  readonly #open = new Map<number, OpenSession>();
  /** Statements of sessions that have ended, oldest first. */
  readonly #ended = new Map<number, readonly Statement[]>();

  constructor(parts: SessionsParts) {
    this.#parts = parts;
  }

  /** @throws IllegalArgument for a kind that nothing here interprets, DuplicateName */
  async create(owner: { scope: string; caller: Caller }, options: SessionOptions): Promise<Session> {
    const engine = this.#parts.engines.find((candidate) => candidate.accepts(options.kind));
    if (engine === undefined) throw livyRefused(`Sessions of kind ${options.kind} are not served.`);
    if (this.#open.size >= sessionsMax)
      throw livyRefused(`Rejected, too many sessions are being created! (${sessionsMax})`);
    const session = await this.#parts.state.write((db) => {
      const other = selectSessions(db).find(({ options: { name } }) => name !== undefined && name === options.name);
      if (other !== undefined) throw nameTaken(other.options.name ?? '', other.id);
      const created: Session = {
        ...owner,
        id: nextSessionId(db),
        options,
        state: 'starting',
        token: newUuid(),
        createdMs: this.#parts.clock.nowMs(),
      };
      putSession(db, created);
      return created;
    });
    const open: OpenSession = {
      abort: new AbortController(),
      statements: [],
      interpreter: undefined,
      done: Promise.resolve(),
      wake: () => undefined,
      timeout: undefined,
      isCompleting: false,
    };
    this.#open.set(session.id, open);
    open.done = this.#serve(session, open, engine);
    this.#touch(session, open);
    return session;
  }

  /** By number or name. @throws absent */
  getSession(text: string): Session {
    const { reader } = this.#parts.state;
    const found = /^\d{1,12}$/.test(text)
      ? selectSession(reader, Number(text))
      : selectSessions(reader).find(({ options }) => options.name === text);
    if (found === undefined) throw applicationAbsent(text);
    const open = this.#open.get(found.id);
    if (open !== undefined) this.#touch(found, open);
    return found;
  }

  listSessions(): Session[] {
    return selectSessions(this.#parts.state.reader);
  }

  readLog(id: number, from: number, size: number): LogPage {
    return readLogPage(this.#logFolder(id), from, size);
  }

  /** The last lines. */
  readLogTail(id: number, count: number): string[] {
    return readLogTail(this.#logFolder(id), count);
  }

  /** Ends it and forgets it. */
  async remove({ id }: Session): Promise<void> {
    const open = this.#open.get(id);
    open?.abort.abort('kill');
    await open?.done;
    this.#ended.delete(id);
    await rm(this.#logFolder(id), { recursive: true, force: true });
    await this.#parts.state.write((db) => removeSession(db, id));
  }

  listStatements({ id }: Session): readonly Statement[] {
    return this.#open.get(id)?.statements ?? this.#ended.get(id) ?? [];
  }

  /** @throws absent */
  getStatement(session: Session, id: number): Statement {
    const found = this.listStatements(session).find((statement) => statement.id === id);
    if (found === undefined) throw statementAbsent(id);
    return found;
  }

  /** @throws IllegalArgument when the session takes no more */
  addStatement(session: Session, code: string, kind: SessionKind): Statement {
    const open = this.#live(session);
    const statement: Statement = {
      id: (open.statements.at(-1)?.id ?? -1) + 1,
      code,
      kind,
      state: 'waiting',
      output: null,
      startedMs: 0,
      completedMs: 0,
    };
    open.statements.push(statement);
    const done = open.statements.findIndex(({ state }) => state === 'available' || state === 'error');
    if (open.statements.length > statementsMax && done !== -1) open.statements.splice(done, 1);
    open.wake();
    return statement;
  }

  cancelStatement(session: Session, id: number): void {
    const statement = this.getStatement(session, id);
    if (statement.state === 'waiting') statement.state = 'cancelled';
    if (statement.state !== 'running') return;
    statement.state = 'cancelling';
    this.#open.get(session.id)?.interpreter?.interrupt();
  }

  /** Words that may stand at the cursor; none while a statement runs. */
  async complete(session: Session, code: string, cursor: number): Promise<string[]> {
    const open = this.#live(session);
    if (open.interpreter === undefined || session.state !== 'idle' || open.isCompleting) return [];
    open.isCompleting = true;
    try {
      return await open.interpreter.complete(code, cursor);
    } finally {
      open.isCompleting = false;
      open.wake();
    }
  }

  /** What a former platform had open is dead. */
  async resume(): Promise<void> {
    for (const session of selectOpenSessions(this.#parts.state.reader)) {
      for (const engine of this.#parts.engines) engine.settle(session);
      await removeRunFolder('session', session.token);
      await this.#keep(session.id, { state: 'dead', reason: 'The platform ended while this session was open.' });
    }
  }

  async close(): Promise<void> {
    const open = [...this.#open.values()];
    for (const { abort } of open) abort.abort('shutdown');
    await Promise.all(open.map(({ done }) => done));
  }

  /** Never rejects. */
  async #serve(session: Session, open: OpenSession, engine: InterpreterEngine): Promise<void> {
    const { id } = session;
    const { signal } = open.abort;
    const [, region = ''] = session.scope.split('/');
    const folder = await makeRunFolder('session', session.token);
    const log = new ApplicationLog(this.#logFolder(id));
    let end: Partial<Session> = { state: 'killed' };
    try {
      const interpreter = await engine.open({ session, region, folder, log, signal });
      open.interpreter = interpreter;
      const { appId, sparkUiUrl } = interpreter;
      await this.#keep(id, {
        state: 'idle',
        ...(appId !== undefined && { appId }),
        ...(sparkUiUrl !== undefined && { sparkUiUrl }),
      });
      const reason = await Promise.race([interpreter.ended, aborted(signal), this.#work(id, open, interpreter)]);
      if (!signal.aborted) end = { state: 'dead', reason };
    } catch (error) {
      if (!signal.aborted) end = { state: 'dead', reason: messageOf(error) };
    }
    open.timeout?.cancel();
    open.abort.abort('kill');
    open.wake();
    for (const statement of open.statements) if (statement.output === null) statement.state = 'cancelled';
    if (end.reason !== undefined) log.say(end.reason);
    log.close();
    if (sessionEndsNow(signal, end)) {
      await this.#keep(id, end).catch((error: unknown) =>
        this.#parts.log.error('a session could not be kept', { id, error }),
      );
    }
    await removeRunFolder('session', session.token).catch(() => undefined);
    this.#open.delete(id);
    this.#rememberStatements(id, open.statements);
  }

  #rememberStatements(id: number, statements: readonly Statement[]): void {
    this.#ended.set(id, statements);
    const [oldest] = this.#ended.keys();
    if (this.#ended.size > endedSessionsMax && oldest !== undefined) this.#ended.delete(oldest);
  }

  /** Carries out statements until the session ends. */
  async #work(id: number, open: OpenSession, interpreter: Interpreter): Promise<string> {
    const { signal } = open.abort;
    while (!signal.aborted) {
      const statement = open.isCompleting ? undefined : open.statements.find(({ state }) => state === 'waiting');
      if (statement === undefined) {
        await new Promise<void>((resolve) => {
          open.wake = resolve;
        });
        continue;
      }
      statement.state = 'running';
      statement.startedMs = this.#parts.clock.nowMs();
      await this.#keep(id, { state: 'busy' });
      statement.output = await interpreter.execute(statement.code, statement.kind, statement.id);
      const wasCancelled = (statement.state as string) === 'cancelling';
      statement.state = wasCancelled ? 'cancelled' : 'available';
      statement.completedMs = this.#parts.clock.nowMs();
      await this.#keep(id, { state: 'idle' });
    }
    return 'The session has ended.';
  }

  #live(session: Session): OpenSession {
    const open = this.#open.get(session.id);
    if (open === undefined || sessionHasEnded(session)) {
      throw livyRefused(`Session ${session.id} is in state ${session.state} and takes no statements.`);
    }
    return open;
  }

  /** A session that nobody asks for ends. */
  #touch({ options }: Session, open: OpenSession): void {
    open.timeout?.cancel();
    if (open.abort.signal.aborted) return;
    const heartbeatMs = options.heartbeatTimeoutSeconds * 1000;
    const unusedMs = parseDuration(options.ttl ?? '') ?? idleTimeoutMs;
    const timeoutMs = heartbeatMs === 0 ? unusedMs : Math.min(heartbeatMs, unusedMs);
    open.timeout = this.#parts.clock.setTimer(timeoutMs, () => open.abort.abort('timeout'));
  }

  async #keep(id: number, change: Partial<Session>): Promise<void> {
    await this.#parts.state.write((db) => {
      const before = selectSession(db, id);
      if (before !== undefined && !sessionHasEnded(before)) putSession(db, { ...before, ...change });
    });
  }

  #logFolder(id: number): string {
    return join(this.#parts.folder, `session-${id}`);
  }
}

/** The end by a shutdown is told by the next start. */
function sessionEndsNow(signal: AbortSignal, end: Partial<Session>): boolean {
  return end.state === 'dead' || signal.reason !== 'shutdown';
}

function aborted(signal: AbortSignal): Promise<string> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve('');
    signal.addEventListener('abort', () => resolve(''), { once: true });
  });
}
