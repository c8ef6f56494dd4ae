/** `millpond job run NAME`: runs a Glue job, its log on standard error. */
import { Client, type CallOutput } from './client.ts';
import { findConnection, type ConnectionFlags } from './connection.ts';
import { CliError, exitCodes } from './exit.ts';
import { formatDuration, type Output } from './output.ts';
import { pollUntil } from './poll.ts';

export interface JobFlags extends ConnectionFlags {
  readonly arg?: readonly string[];
  readonly timeout?: string;
  readonly wait?: boolean;
}

export async function runJobCommand(name: string, flags: JobFlags, output: Output): Promise<void> {
  const client = new Client(findConnection(flags));
  const args = Object.fromEntries((flags.arg ?? []).map(splitArgument));
  if (flags.wait === false) {
    const { JobRunId: runId } = await client.call('glue', 'StartJobRun', { JobName: name, Arguments: args });
    return output.result({ jobRunId: runId }, runId);
  }
  const run = await runJob(client, name, {
    args,
    timeoutSeconds: flags.timeout === undefined ? undefined : Number(flags.timeout),
    onLog: (line) => output.note(line),
    onProgress: (text) => output.progress(text),
  });
  output.result(run, `${run.Id} ${run.JobRunState}`);
}

interface RunOptions {
  readonly args?: Readonly<Record<string, string>>;
  readonly timeoutSeconds?: number | undefined;
  readonly onLog?: (line: string) => void;
  readonly onProgress?: (text: string) => void;
}

/** @throws CliError with the run's error when it does not succeed */
export async function runJob(
  client: Client,
  name: string,
  { args = {}, timeoutSeconds, onLog, onProgress }: RunOptions,
): Promise<CallOutput> {
  const started = performance.now();
  const { JobRunId: runId } = await client.call('glue', 'StartJobRun', { JobName: name, Arguments: args });
  let token: string | undefined;
  const readLog = async (): Promise<void> => {
    if (!onLog) return;
    try {
      const page = await client.call('logs', 'GetLogEvents', {
        logGroupName: '/aws-glue/jobs/output',
        logStreamName: runId,
        startFromHead: true,
        ...(token === undefined ? {} : { nextToken: token }),
      });
      for (const event of page.events) onLog(event.message);
      token = page.nextForwardToken;
    } catch {
      // The stream appears with the first line.
    }
  };
  const run = await pollUntil<CallOutput>({
    read: async () => (await client.call('glue', 'GetJobRun', { JobName: name, RunId: runId })).JobRun,
    isDone: ({ JobRunState }) => ['SUCCEEDED', 'FAILED', 'STOPPED', 'TIMEOUT', 'ERROR'].includes(JobRunState),
    onValue: async ({ JobRunState }) => {
      await readLog();
      onProgress?.(`${name} ${JobRunState} ${formatDuration(performance.now() - started)}`);
    },
    timeoutSeconds,
    what: `Job run ${runId}`,
  });
  if (run.JobRunState !== 'SUCCEEDED')
    throw new CliError(run.ErrorMessage ?? `The job ended ${run.JobRunState}.`, exitCodes.failed);
  return run;
}

function splitArgument(text: string): [string, string] {
  const at = text.indexOf('=');
  if (at < 1) throw new CliError(`'${text}' is not an argument.`, exitCodes.usage, 'Write --arg name=value.');
  const name = text.slice(0, at);
  return [name.startsWith('--') ? name : `--${name}`, text.slice(at + 1)];
}
