/** Carries out one run: fetches the script, hands it to an engine, keeps its log, ends it when its time is over. */
import { roleCaller } from '#access';
import type { Readable } from 'node:stream';
import type { Caller, Dispatcher } from '#gateway';
import type { Clock } from '#kernel/clock';
import { messageOf } from '#kernel/errors';
import type { Log } from '#kernel/log';
import type { Logs } from '#logs';
import type { ScriptEngine } from '../engines/engine.ts';
import { scriptFailed } from '../errors.ts';
import { mergeArguments, type Job } from '../job.ts';
import { BookmarkReader, emptyBookmark, type Bookmark } from './bookmark.ts';
import type { JobRun } from './job-run.ts';
import { RunLog } from './run-log.ts';

const invokedBy = 'glue.amazonaws.com';
// Limit: a script has at most 1 MiB.
const scriptBytesMax = 1_048_576;

/** Why a run is to end before its script does. */
export type Interruption = 'stop' | 'timeout' | 'shutdown';

/** How a run ended; `interrupted` by a shutdown is not an end: the next start decides. */
export type Ending =
  | { readonly state: 'SUCCEEDED'; readonly bookmark?: Bookmark }
  | { readonly state: 'FAILED' | 'STOPPED' | 'TIMEOUT'; readonly errorMessage: string }
  | { readonly state: 'interrupted' };

export interface RunnerParts {
  readonly dispatcher: Dispatcher;
  readonly logs: Logs;
  readonly clock: Clock;
  readonly log: Log;
  readonly engines: readonly ScriptEngine[];
}

export interface RunTask {
  readonly scope: string;
  readonly job: Job;
  readonly run: JobRun;
  /** What earlier runs have processed. */
  readonly bookmark: Bookmark | undefined;
  /** Aborted with an `Interruption` as its reason. */
  readonly abort: AbortController;
}

export class Runner {
  readonly #parts: RunnerParts;

  constructor(parts: RunnerParts) {
    this.#parts = parts;
  }

  /** Never rejects: what goes wrong is the run's ending. */
  async carryOut(task: RunTask): Promise<Ending> {
    const { scope, run, abort } = task;
    const lines = new RunLog(this.#parts, scope, run.id);
    const timeoutMs = run.timeoutMinutes * 60_000;
    const timer = this.#parts.clock.setTimer(timeoutMs, () => abort.abort('timeout' satisfies Interruption));
    try {
      const bookmark = await this.#runScript(task, lines);
      lines.say(`Run ${run.id} of job ${run.jobName} succeeded.`);
      return { state: 'SUCCEEDED', ...(bookmark !== undefined && { bookmark }) };
    } catch (error) {
      const ending = endingOf(abort.signal, error, run);
      if (ending.state !== 'interrupted') lines.complain(ending.errorMessage);
      this.#parts.log.debug('a job run failed', { job: run.jobName, run: run.id, error });
      return ending;
    } finally {
      timer.cancel();
      await lines.written();
    }
  }

  /** How a run ends that a crash interrupted: as a success when its output was complete. */
  async settle(run: JobRun): Promise<Ending> {
    for (const engine of this.#parts.engines) {
      const { isDone, bookmark } = await engine.settle(run.id);
      if (isDone) return { state: 'SUCCEEDED', ...(bookmark !== undefined && { bookmark }) };
    }
    const errorMessage =
      'The platform ended while this run was in progress. Nothing of its unfinished output is visible.';
    return { state: 'FAILED', errorMessage };
  }

  /** @returns the bookmark to keep, when the run moves one */
  async #runScript({ scope, job, run, bookmark, abort }: RunTask, lines: RunLog): Promise<Bookmark | undefined> {
    const [accountId = '', region = ''] = scope.split('/');
    const values = { ...mergeArguments(job, run.arguments), ...workflowArguments(run) };
    const engine = this.#parts.engines.find((candidate) => candidate.accepts(job.command));
    if (engine === undefined)
      throw scriptFailed(`No engine here runs ${job.command.scriptLocation} as ${job.command.name}.`);
    const caller = roleCaller(job.role, accountId, 'GlueJobRunnerSession');
    lines.say(`Run ${run.id} of job ${run.jobName}: ${job.command.scriptLocation} on ${engine.name}`);
    const script = await this.#readScript(job.command.scriptLocation, caller, region, abort.signal);
    const reader = bookmarkReader(values['--job-bookmark-option'], bookmark);
    await engine.run({
      accountId,
      region,
      scope,
      caller,
      jobName: run.jobName,
      kind: job.command.name,
      runId: run.id,
      script,
      arguments: values,
      ...(reader !== undefined && { bookmark: reader }),
      signal: abort.signal,
      say: (line) => lines.say(line),
    });
    if (reader !== undefined) lines.say(`Bookmark: ${reader.newObjects} new source objects.`);
    return reader?.toKeep;
  }

  async #readScript(location: string, caller: Caller, region: string, signal: AbortSignal): Promise<string> {
    const [, bucket = '', key = ''] = /^s3:\/\/([^/]+)\/(.+)$/s.exec(location) ?? [];
    try {
      const answer = (await this.#parts.dispatcher.call(
        's3',
        'GetObject',
        { Bucket: bucket, Key: key },
        { caller, region, signal, invokedBy },
      )) as { Body: Readable | Uint8Array | undefined };
      return await readText(answer.Body, location);
    } catch (error) {
      throw scriptFailed(`The script ${location} could not be read: ${messageOf(error)}`, error);
    }
  }
}

function endingOf(signal: AbortSignal, error: unknown, run: JobRun): Exclude<Ending, { state: 'SUCCEEDED' }> {
  const interruption = signal.aborted ? (signal.reason as Interruption) : undefined;
  switch (interruption) {
    case 'shutdown':
      return { state: 'interrupted' };
    case 'stop':
      return { state: 'STOPPED', errorMessage: 'The run was stopped by a user.' };
    case 'timeout':
      return {
        state: 'TIMEOUT',
        errorMessage: `The run took longer than its timeout of ${run.timeoutMinutes} minutes.`,
      };
    case undefined:
      return { state: 'FAILED', errorMessage: messageOf(error) };
  }
}

/** @throws ScriptFailed for another word than Glue's three */
function bookmarkReader(option: string | undefined, bookmark: Bookmark | undefined): BookmarkReader | undefined {
  switch (option) {
    case undefined:
    case 'job-bookmark-disable':
      return undefined;
    case 'job-bookmark-enable':
    case 'job-bookmark-pause':
      return new BookmarkReader(bookmark ?? emptyBookmark, { moves: option === 'job-bookmark-enable' });
    default:
      throw scriptFailed(
        `--job-bookmark-option is '${option}'; write job-bookmark-enable, job-bookmark-disable or job-bookmark-pause.`,
      );
  }
}

/** As in AWS, a job in a workflow is told which run of it this is. */
function workflowArguments(run: JobRun): Record<string, string> {
  if (run.workflowRunId === undefined) return {};
  const workflow = run.recorded['WorkflowName'];
  return {
    '--WORKFLOW_RUN_ID': run.workflowRunId,
    ...(typeof workflow === 'string' && { '--WORKFLOW_NAME': workflow }),
  };
}

async function readText(body: Readable | Uint8Array | undefined, location: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of body instanceof Uint8Array ? [body] : (body ?? [])) {
    const bytes = chunk as Uint8Array;
    sizeBytes += bytes.length;
    if (sizeBytes > scriptBytesMax) throw scriptFailed(`${location} has more than ${scriptBytesMax} bytes.`);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
}
