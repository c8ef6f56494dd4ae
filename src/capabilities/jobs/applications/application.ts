/** An application: a file that somebody submitted to be run once, by Livy's API, as a step of a cluster or as a job. */
import type { Caller } from '#gateway';

/**
 * `sql` runs on the query engine, `python` and `node` as processes, `spark-python` and `spark-jar` by `spark-submit`,
 * `command` as a process with the words of `args`.
 */
export type ApplicationKind = 'sql' | 'python' | 'node' | 'spark-python' | 'spark-jar' | 'command';

/** Livy's words. `starting` also stands for waiting until a worker is free. */
export type ApplicationState = 'starting' | 'running' | 'success' | 'dead' | 'killed';

export interface Submission {
  readonly kind: ApplicationKind;
  /** `s3://bucket/key` or a path on this machine; for a command its first word. */
  readonly file: string;
  readonly args: readonly string[];
  readonly name?: string | undefined;
  readonly className?: string | undefined;
  readonly conf: Readonly<Record<string, string>>;
  readonly pyFiles: readonly string[];
  readonly jars: readonly string[];
  readonly files: readonly string[];
  readonly archives: readonly string[];
  /** Recorded and given back; work is done as the caller. */
  readonly proxyUser?: string | undefined;
  readonly queue?: string | undefined;
  readonly driverMemory?: string | undefined;
  readonly driverCores?: number | undefined;
  readonly executorMemory?: string | undefined;
  readonly executorCores?: number | undefined;
  readonly numExecutors?: number | undefined;
  /** Further variables of a process. */
  readonly environment?: Readonly<Record<string, string>> | undefined;
}

export type ApplicationSource = 'livy' | 'emr' | 'glue';

export interface Progress {
  readonly stages: number;
  readonly stagesCompleted: number;
  readonly tasks: number;
  readonly tasksCompleted: number;
  readonly tasksFailed: number;
}

export interface Application {
  /** Counted from 0 over all sources, never used again. */
  readonly id: number;
  /** `account/region` */
  readonly scope: string;
  readonly submission: Submission;
  readonly source: ApplicationSource;
  /** The step or run that it carries out. */
  readonly sourceId?: string;
  readonly caller: Caller;
  readonly state: ApplicationState;
  /** Marks its processes, so that a restart finds them. */
  readonly token: string;
  readonly submittedMs: number;
  readonly startedMs?: number;
  readonly endedMs?: number;
  readonly exitCode?: number;
  /** Why it is dead or killed. */
  readonly reason?: string;
  /** Spark's name for it. */
  readonly appId?: string;
  readonly sparkUiUrl?: string;
  readonly driverLogUrl?: string;
  readonly progress?: Progress;
  /** Its number at the remote Livy it was handed over to. */
  readonly remoteId?: number;
  /** Whether Livy's listing shows it: a DELETE takes it out, the history keeps it. */
  readonly isListed: boolean;
}

/** What an engine learns of an application while it runs. */
export type ApplicationFacts = Partial<
  Pick<Application, 'appId' | 'sparkUiUrl' | 'driverLogUrl' | 'progress' | 'remoteId'>
>;

/** How an application ended; `interrupted` by a shutdown is no end: the next start decides. */
export type Outcome =
  | { readonly state: 'success' | 'dead' | 'killed'; readonly exitCode?: number; readonly reason?: string }
  | { readonly state: 'interrupted' };

export function hasEnded({ state }: Pick<Application, 'state'>): boolean {
  return state === 'success' || state === 'dead' || state === 'killed';
}

/** The name people see. */
export function nameOf({ submission, id }: Application): string {
  return submission.name ?? submission.className ?? submission.file.split('/').at(-1) ?? `application ${id}`;
}

export const emptySubmission = { args: [], conf: {}, pyFiles: [], jars: [], files: [], archives: [] } as const;

/**
 * The kind of a submitted file by its ending. A `.py` is a Spark application unless its text says otherwise, which is
 * only known once it was read (`engines/spark.ts`).
 */
export function kindOfFile(file: string): ApplicationKind | undefined {
  const [, ending = ''] = /\.([a-z0-9]+)$/i.exec(file.replace(/[?#].*$/, '')) ?? [];
  switch (ending.toLowerCase()) {
    case 'sql':
    case 'hql':
      return 'sql';
    case 'py':
      return 'spark-python';
    case 'jar':
      return 'spark-jar';
    case 'mjs':
    case 'js':
    case 'ts':
    case 'mts':
      return 'node';
    default:
      return undefined;
  }
}
