/**
 * `millpond applications [id]`: what was submitted over Livy and EMR, with its progress and its log. Read from Livy's
 * port, where the history of all sources stands.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { readFileSync } from 'node:fs';
import { readConfig, runFilePath, type RunFile } from '../connection.ts';
import { CliError, exitCodes } from '../exit.ts';
import { formatDuration, type Output, type Row } from '../output.ts';

export interface ApplicationsFlags {
  readonly dataDir?: string;
  readonly livyUrl?: string;
  readonly follow?: boolean;
  readonly limit?: string;
  readonly log?: boolean;
}

interface Progress {
  readonly stages: number;
  readonly stagesCompleted: number;
  readonly tasks: number;
  readonly tasksCompleted: number;
  readonly tasksFailed: number;
}

interface ApplicationView {
  readonly id: number;
  readonly name: string;
  readonly source: string;
  readonly kind: string;
  readonly file: string;
  readonly args: readonly string[];
  readonly state: string;
  readonly submittedMs: number;
  readonly startedMs?: number;
  readonly endedMs?: number;
  readonly submittedBy: string;
  readonly reason?: string;
  readonly progress?: Progress;
  readonly sparkUiUrl?: string;
}

interface LogPage {
  readonly total: number;
  readonly log: readonly string[];
}

const followPauseMs = 300;
const logLinesMax = 5000;

export async function showApplications(
  id: string | undefined,
  flags: ApplicationsFlags,
  output: Output,
): Promise<void> {
  const url = livyUrl(flags);
  if (id === undefined) return listApplications(url, flags, output);
  if (!/^\d+$/.test(id)) throw new CliError(`'${id}' is not the number of an application.`, exitCodes.usage);
  if (flags.follow === true) return followApplication(url, id, output);
  const view = await read<ApplicationView>(url, `/applications/${id}`);
  if (flags.log === true) {
    const { log } = await read<LogPage>(url, `/applications/${id}/log?size=${logLinesMax}`);
    return output.result({ ...view, log }, log.join('\n'));
  }
  output.result(view, describe(view));
}

async function listApplications(url: string, flags: ApplicationsFlags, output: Output): Promise<void> {
  const { applications } = await read<{ applications: ApplicationView[] }>(
    url,
    `/applications?size=${Number(flags.limit ?? 50)}`,
  );
  const rows = applications.map((view): Row => ({
    id: view.id,
    name: view.name,
    state: view.state,
    progress: progressText(view) ?? '',
    duration: durationText(view),
    source: view.source,
    submitted: new Date(view.submittedMs),
    by: view.submittedBy,
  }));
  output.rows(['id', 'name', 'state', 'progress', 'duration', 'source', 'submitted', 'by'], rows);
}

/** The log as it grows on standard output, the progress on standard error; the exit code tells how it ended. */
async function followApplication(url: string, id: string, output: Output): Promise<void> {
  for (let from = 0; ;) {
    const view = await read<ApplicationView>(url, `/applications/${id}`);
    const page = await read<LogPage>(url, `/applications/${id}/log?from=${from}&size=${logLinesMax}`);
    if (page.log.length > 0) process.stdout.write(`${page.log.join('\n')}\n`);
    from += page.log.length;
    const hasEnded = view.endedMs !== undefined;
    if (hasEnded && page.log.length < logLinesMax) {
      output.progress(headline(view), { done: true });
      if (view.state !== 'success') throw new CliError(view.reason ?? `It ended ${view.state}.`, exitCodes.failed);
      return;
    }
    output.progress(headline(view));
    if (!hasEnded) await sleep(followPauseMs);
  }
}

function headline(view: ApplicationView): string {
  return [`${view.id} ${view.name}`, view.state, progressText(view), durationText(view)].filter(Boolean).join('  ');
}

function describe(view: ApplicationView): string {
  const line = (label: string, text: string | undefined) => (text === undefined ? [] : [`${label.padEnd(10)} ${text}`]);
  return [
    ...line('application', headline(view)),
    ...line('file', [view.file, ...view.args].join(' ')),
    ...line('kind', `${view.kind}, over ${view.source}`),
    ...line('submitted', `${new Date(view.submittedMs).toISOString()} by ${view.submittedBy}`),
    ...line('Spark UI', view.endedMs === undefined ? view.sparkUiUrl : undefined),
    ...line('reason', view.reason),
  ].join('\n');
}

function progressText({ progress }: ApplicationView): string | undefined {
  if (progress === undefined) return undefined;
  const { stages, stagesCompleted, tasks, tasksCompleted, tasksFailed } = progress;
  const failed = tasksFailed > 0 ? `, ${tasksFailed} failed` : '';
  return `${stagesCompleted}/${stages} stages, ${tasksCompleted}/${tasks} tasks${failed}`;
}

function durationText({ startedMs, endedMs }: ApplicationView): string {
  return startedMs === undefined ? '' : formatDuration((endedMs ?? Date.now()) - startedMs);
}

async function read<T>(url: string, path: string): Promise<T> {
  let answer: Response;
  try {
    answer = await fetch(url + path);
  } catch {
    throw new CliError(
      `Nothing answers at ${url}.`,
      exitCodes.unreachable,
      'Start the platform with `millpond start`.',
    );
  }
  const body = (await answer.json()) as T & { msg?: string };
  if (!answer.ok) throw new CliError(body.msg ?? `Livy answered ${answer.status}.`, exitCodes.failed);
  return body;
}

/** The running platform says where its Livy is. */
function livyUrl(flags: ApplicationsFlags): string {
  if (flags.livyUrl !== undefined) return flags.livyUrl.replace(/\/$/, '');
  const { dataDir, livyPort } = readConfig(flags.dataDir === undefined ? {} : { dataDir: flags.dataDir });
  try {
    const { livyUrl: running } = JSON.parse(readFileSync(runFilePath(dataDir), 'utf8')) as RunFile;
    if (running !== undefined) return running;
  } catch {
    // Another process may serve the port.
  }
  return `http://127.0.0.1:${livyPort}`;
}
