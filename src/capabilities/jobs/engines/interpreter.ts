/** What carries out the statements of a session, one after the other. */
import type { ApplicationLog } from '../applications/application-log.ts';
import type { Session, SessionKind, StatementOutput } from '../sessions/session.ts';

export interface InterpreterWork {
  readonly session: Session;
  readonly region: string;
  /** Empty folder of this session. */
  readonly folder: string;
  readonly log: ApplicationLog;
  /** Aborted when the session ends: everything that was started ends too. */
  readonly signal: AbortSignal;
}

export interface Interpreter {
  /** Of `work` when it is ready for statements. */
  readonly sparkUiUrl?: string | undefined;
  readonly appId?: string | undefined;
  /** @throws when the interpreter itself is lost; a statement that fails is an output */
  execute(code: string, kind: SessionKind, count: number): Promise<StatementOutput>;
  /** Asks the statement that runs to end early. */
  interrupt(): void;
  complete(code: string, cursor: number): Promise<string[]>;
  /** Resolves with the reason when it has ended by itself. */
  readonly ended: Promise<string>;
}

export interface InterpreterEngine {
  accepts(kind: SessionKind): boolean;
  /** @throws an error whose message is why the session is dead */
  open(work: InterpreterWork): Promise<Interpreter>;
  /** Ends what a former platform left running of a session. */
  settle(session: Session): void;
}
