/** Carries the history of executions to the log group of their machine: for Express ones it is the only history. */
import type { Clock } from '#kernel/clock';
import { newHexId } from '#kernel/ids';
import type { Log } from '#kernel/log';
import type { LogLine, Logs } from '#logs';
import { findArn } from '#kernel/arn';
import type { HistoryEvent, MachineRevision } from '../execution/execution.ts';
import { formatRecord, isLogged } from './log-record.ts';

/** The execution whose events they are. */
export interface LoggedRun {
  readonly origin: { readonly arn: string; readonly scope: string; readonly revision: MachineRevision };
  readonly redriveCount: number;
}

export interface ExecutionLogParts {
  readonly logs: Pick<Logs, 'append'>;
  readonly clock: Clock;
  readonly log: Log;
}

interface Destination {
  readonly scope: string;
  readonly group: string;
  readonly stream: string;
}

// Limit: 100,000 lines wait to be written; past that the oldest are dropped with a warning. Lines in hand at a crash are lost.
const waitingMax = 100_000;

export class ExecutionLog {
  readonly #parts: ExecutionLogParts;
  readonly #streamSuffix = newHexId(4);
  readonly #waiting = new Map<string, { readonly destination: Destination; lines: LogLine[] }>();
  #count = 0;
  #writing: Promise<void> | undefined;

  constructor(parts: ExecutionLogParts) {
    this.#parts = parts;
  }

  /** Takes events that are on disk; returns at once, the lines are written in batches. */
  record(run: LoggedRun, events: readonly HistoryEvent[]): void {
    const { logging } = run.origin.revision;
    if (logging?.level === undefined || logging.level === 'OFF') return;
    const destination = this.#destinationOf(run);
    if (destination === undefined) return;
    const subject = { arn: run.origin.arn, redriveCount: run.redriveCount };
    const lines = events
      .filter((event) => isLogged(event.type, logging.level))
      .map((event) => ({
        timestampMs: event.timestampMs,
        message: formatRecord(event, subject, logging.includeExecutionData === true),
      }));
    if (lines.length === 0) return;
    this.#add(destination, lines);
    this.#writing ??= this.#write();
  }

  /** Resolves when everything recorded is written. */
  async stop(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
  }

  #add(destination: Destination, lines: LogLine[]): void {
    const key = `${destination.scope} ${destination.group} ${destination.stream}`;
    const waiting = this.#waiting.get(key);
    if (waiting === undefined) this.#waiting.set(key, { destination, lines });
    else waiting.lines.push(...lines);
    this.#count += lines.length;
    if (this.#count <= waitingMax) return;
    const [oldest] = this.#waiting;
    if (oldest === undefined) return;
    this.#waiting.delete(oldest[0]);
    this.#count -= oldest[1].lines.length;
    this.#parts.log.warn('log lines of executions were dropped', { lines: oldest[1].lines.length, group: oldest[0] });
  }

  async #write(): Promise<void> {
    // Lets the lines of one turn gather.
    await Promise.resolve();
    for (let [next] = this.#waiting; next !== undefined; [next] = this.#waiting) {
      const [key, { destination, lines }] = next;
      this.#waiting.delete(key);
      this.#count -= lines.length;
      const { scope, group, stream } = destination;
      try {
        await this.#parts.logs.append(scope, group, stream, lines);
      } catch (error) {
        this.#parts.log.warn('log lines of executions could not be written', { error, group, lines: lines.length });
      }
    }
    this.#writing = undefined;
  }

  #destinationOf({ origin }: LoggedRun): Destination | undefined {
    const { revision, scope } = origin;
    const arn = findArn(revision.logging?.destinations?.[0]?.cloudWatchLogsLogGroup?.logGroupArn ?? '');
    const group = arn && /^log-group:([^:]+)/.exec(arn.resource)?.[1];
    if (arn === undefined || group === undefined) return undefined;
    const day = this.#parts.clock.now().toISOString().slice(0, 10);
    return {
      scope: arn.accountId === '' ? scope : `${arn.accountId}/${arn.region}`,
      group,
      stream: `states/${revision.machineName.split('/')[0] ?? ''}/${day}-00-00/${this.#streamSuffix}`,
    };
  }
}
