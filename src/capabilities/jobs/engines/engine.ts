/** What runs the script of a job. */
import type { Caller } from '#gateway';
import type { Arguments, JobCommand } from '../job.ts';
import type { Bookmark, BookmarkReader } from '../runs/bookmark.ts';

export interface ScriptWork {
  readonly accountId: string;
  readonly region: string;
  /** `account/region` */
  readonly scope: string;
  /** The job's role. */
  readonly caller: Caller;
  readonly jobName: string;
  /** Name of the job's command, such as `glueetl`. */
  readonly kind: string;
  readonly runId: string;
  readonly script: string;
  /** The run's arguments over the job's, with their dashes. */
  readonly arguments: Arguments;
  /** Present when the run processes only what is new. */
  readonly bookmark?: BookmarkReader;
  /** Aborted when the run is stopped, takes too long or the platform ends. */
  readonly signal: AbortSignal;
  /** A line for the output log. */
  say(line: string): void;
}

export interface ScriptEngine {
  readonly name: string;
  accepts(command: JobCommand): boolean;
  /**
   * Runs the script to its end. What it writes is visible whole once this resolves, and not at all when it rejects.
   * @throws an error whose message becomes the run's ErrorMessage
   */
  run(work: ScriptWork): Promise<void>;
  /**
   * Ends what a run left half done that a crash interrupted.
   * @returns whether the run had done all its work, and what to remember with its success
   */
  settle(runId: string): Promise<SettledWork>;
}

export interface SettledWork {
  readonly isDone: boolean;
  readonly bookmark?: Bookmark;
}
