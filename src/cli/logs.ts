/** `millpond logs GROUP`: the events of a log group, oldest first; `--follow` goes on. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from './client.ts';
import { findConnection, type ConnectionFlags } from './connection.ts';
import type { Output } from './output.ts';

export interface LogsFlags extends ConnectionFlags {
  readonly stream?: string;
  readonly filter?: string;
  readonly follow?: boolean;
  readonly json?: boolean;
}

const followPauseMs = 500;

export async function printLogs(group: string | undefined, flags: LogsFlags, output: Output): Promise<void> {
  const client = new Client(findConnection(flags));
  if (group === undefined) {
    const groups = await client.list('logs', 'DescribeLogGroups', {}, 'logGroups');
    return output.rows(['logGroupName', 'storedBytes', 'retentionInDays'], groups);
  }
  const seen = new Set<string>();
  for (let fromMs = 0; ; await sleep(followPauseMs)) {
    const events = await client.list(
      'logs',
      'FilterLogEvents',
      {
        logGroupName: group,
        startTime: fromMs,
        ...(flags.stream === undefined ? {} : { logStreamNames: [flags.stream] }),
        ...(flags.filter === undefined ? {} : { filterPattern: flags.filter }),
      },
      'events',
    );
    for (const event of events) {
      if (seen.has(event.eventId)) continue;
      seen.add(event.eventId);
      fromMs = Math.max(fromMs, event.timestamp);
      process.stdout.write(
        flags.json === true
          ? `${JSON.stringify(event)}\n`
          : `${new Date(event.timestamp).toISOString()} ${event.message}\n`,
      );
    }
    if (flags.follow !== true) return;
  }
}
