/** What runs applications. */
import type { Application, ApplicationFacts, Outcome } from '../applications/application.ts';
import type { ApplicationLog } from '../applications/application-log.ts';

export interface ApplicationWork {
  readonly application: Application;
  readonly accountId: string;
  readonly region: string;
  /** Empty folder for this run, deleted behind it. */
  readonly folder: string;
  /** Folder of the log's files. */
  readonly logFolder: string;
  readonly log: ApplicationLog;
  /** Aborted with an `ApplicationInterruption` when it is killed or the platform ends. */
  readonly signal: AbortSignal;
  /** Keeps what the engine has learnt; resolves once it is on disk. */
  readonly report: (facts: ApplicationFacts) => Promise<void>;
}

export type ApplicationInterruption = 'kill' | 'shutdown';

export interface ApplicationEngine {
  readonly name: string;
  accepts(application: Application): boolean;
  /**
   * Runs it to its end. Must end soon after the signal is aborted, with nothing left running that it started.
   * @throws an error whose message is why the application is dead
   */
  run(work: ApplicationWork): Promise<Outcome>;
  /**
   * What becomes of an application that a crash interrupted; nothing that it started runs on afterwards.
   * @returns `resume` when `run` can take it up again
   */
  settle(application: Application): Promise<Outcome | 'resume'>;
}
