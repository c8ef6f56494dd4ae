/** Glue jobs: what runs, with which arguments, how often at once and how long. */
import { formatArn } from '#kernel/arn';
import { invalidInput } from './errors.ts';

export type Arguments = Readonly<Record<string, string>>;

export interface JobCommand {
  /** `glueetl`, `pythonshell` … */
  readonly name: string;
  /** `s3://bucket/key` */
  readonly scriptLocation: string;
  readonly pythonVersion?: string;
  readonly runtime?: string;
}

export interface JobDefinition {
  readonly role: string;
  readonly command: JobCommand;
  readonly defaultArguments: Arguments;
  /** Win over what a run brings. */
  readonly fixedArguments: Arguments;
  readonly maxRetries: number;
  readonly timeoutMinutes: number;
  readonly maxConcurrentRuns: number;
  /** A run over the limit waits instead of being refused. */
  readonly queuing: boolean;
  readonly description?: string;
  /**
   * Members that are kept and given back under their AWS names.
   * Differs from AWS: capacity (WorkerType, NumberOfWorkers, MaxCapacity) is recorded; a run takes what the machine has.
   */
  readonly recorded: Readonly<Record<string, unknown>>;
}

export interface Job extends JobDefinition {
  readonly name: string;
  readonly createdMs: number;
  readonly modifiedMs: number;
}

const servedCommands: readonly string[] = ['glueetl', 'pythonshell', 'sql'];
// Limit: a job retries at most 10 times and runs for at most 7 days.
const retriesMax = 10;
const timeoutMinutesMax = 7 * 24 * 60;
const concurrentRunsMax = 1000;

export function jobArn(scope: string, name: string): string {
  const [accountId = '', region = ''] = scope.split('/');
  return formatArn({ service: 'glue', region, accountId, resource: `job/${name}` });
}

/** The time a run may take when nobody says: 8 hours from Glue 5.0 on, two days before. */
export function defaultTimeoutMinutes(glueVersion: string | undefined): number {
  return glueVersion !== undefined && Number.parseInt(glueVersion) >= 5 ? 480 : 2880;
}

/** @throws InvalidInputException when the name is not 1 to 255 printable characters */
export function checkName(kind: string, name: string): string {
  if (name.length >= 1 && name.length <= 255 && !/[\u0000-\u001F\u007F]/.test(name)) return name;
  throw invalidInput(`${kind} name '${name.slice(0, 60)}' is not valid: use 1 to 255 printable characters.`);
}

/**
 * Refuses a definition that could never run.
 * @throws InvalidInputException naming the member
 */
export function checkDefinition(definition: JobDefinition): void {
  checkCommand(definition.command);
  checkRange('MaxRetries', definition.maxRetries, 0, retriesMax);
  checkRange('Timeout', definition.timeoutMinutes, 1, timeoutMinutesMax);
  checkRange('MaxConcurrentRuns', definition.maxConcurrentRuns, 1, concurrentRunsMax);
  checkArguments(definition.defaultArguments);
  checkArguments(definition.fixedArguments);
}

/** @throws InvalidInputException when an argument's name does not start with `--` */
export function checkArguments(values: Arguments): void {
  for (const name of Object.keys(values)) {
    if (!/^--[A-Za-z][\w.-]*$/.test(name)) {
      throw invalidInput(`'${name}' is not an argument name: write it as '--name' of letters, digits, - and _.`);
    }
  }
}

export function checkRange(member: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw invalidInput(`${member} is ${value}; it must be a whole number from ${least} to ${most}.`);
}

/** @throws InvalidInputException when no engine of this platform runs such a script */
export function checkCommand(command: JobCommand): void {
  if (!servedCommands.includes(command.name)) {
    throw invalidInput(`Command.Name '${command.name}' is not served. Use one of ${servedCommands.join(', ')}.`);
  }
  if (!/^s3:\/\/[^/]+\/.+/.test(command.scriptLocation)) {
    throw invalidInput(`Command.ScriptLocation '${command.scriptLocation}' must be s3://bucket/key of a script.`);
  }
  const isPython = command.name !== 'sql' && /\.py$/i.test(command.scriptLocation);
  if (!isPython && !/\.sql$/i.test(command.scriptLocation)) {
    // Differs from AWS: scripts of jobs are Python or SQL; Scala runs as a jar by Livy or EMR.
    throw invalidInput(
      `'${command.scriptLocation}' is no script that runs as ${command.name}: jobs run .sql, glueetl and pythonshell .py too. Submit a jar to Livy.`,
    );
  }
}

/** Members that say how much a run may take. */
export interface Capacity {
  readonly MaxCapacity?: number | undefined;
  readonly WorkerType?: string | undefined;
  readonly NumberOfWorkers?: number | undefined;
}

/** @throws InvalidInputException when it is said in both ways */
export function checkCapacity({ MaxCapacity, WorkerType, NumberOfWorkers }: Capacity): void {
  if (MaxCapacity === undefined || (WorkerType === undefined && NumberOfWorkers === undefined)) return;
  throw invalidInput('Please do not set Max Capacity if using Worker Type and Number of Workers.');
}

/** Arguments of a run: the job's defaults, over them the run's, over those what the job fixes. */
export function mergeArguments(job: JobDefinition, run: Arguments): Arguments {
  return { ...job.defaultArguments, ...run, ...job.fixedArguments };
}
