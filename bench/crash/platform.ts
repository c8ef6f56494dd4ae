/** What every crash workload shares: how the platform is started on a folder, and clients that give up quickly. */
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Athena } from '@aws-sdk/client-athena';
import { NodeHttpHandler } from '@smithy/node-http-handler';

/** What the harness hands to a workload. */
export interface CrashContext {
  readonly dir: string;
  readonly port: number;
  readonly round: number;
  readonly signal: AbortSignal;
  attempt(id: string): void;
  ack(id: string): void;
  refuse(id: string): void;
  rnd(): number;
}

export interface Held {
  readonly id: string;
}

/** Another source tree than this one when the harness itself is tested with a seeded fault. */
const main = resolve(process.env['CRASH_SOURCE'] ?? resolve(import.meta.dirname, '..', '..'), 'src', 'main.ts');

export function command({ dir, port }: CrashContext): { cmd: string; args: string[] } {
  return {
    cmd: process.execPath,
    args: [
      main,
      'start',
      '--data-dir',
      join(dir, 'pond'),
      '--port',
      String(port),
      '--livy-port',
      '0',
      '--open',
      '--no-banner',
    ],
  };
}

export async function ready({ port }: CrashContext): Promise<void> {
  for (;;) {
    try {
      const response = await fetch(`http://127.0.0.1:${port}/health`, { signal: AbortSignal.timeout(500) });
      await response.text();
      if (response.ok) return;
    } catch {
      // Not up yet.
    }
    await sleep(10);
  }
}

export function settings({ port }: CrashContext) {
  return {
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    forcePathStyle: true,
    maxAttempts: 1,
    requestHandler: new NodeHttpHandler({ connectionTimeout: 1000, requestTimeout: 20_000 }),
  };
}

/** Runs a statement to its end. @returns rows of text, the header first */
export async function runQuery(
  athena: Athena,
  QueryString: string,
  { OutputLocation, Database }: { OutputLocation: string; Database?: string },
): Promise<string[][]> {
  const { QueryExecutionId } = await athena.startQueryExecution({
    QueryString,
    ResultConfiguration: { OutputLocation },
    ...(Database !== undefined && { QueryExecutionContext: { Database } }),
  });
  for (;;) {
    const { QueryExecution } = await athena.getQueryExecution({ QueryExecutionId: QueryExecutionId! });
    const state = QueryExecution?.Status?.State;
    if (state === 'FAILED' || state === 'CANCELLED') throw new Error(QueryExecution?.Status?.StateChangeReason);
    if (state === 'SUCCEEDED') break;
    await sleep(5);
  }
  const { ResultSet } = await athena.getQueryResults({ QueryExecutionId: QueryExecutionId! });
  return (ResultSet?.Rows ?? []).map((row) => (row.Data ?? []).map((cell) => cell.VarCharValue ?? ''));
}

/** Runs `work` on several loops until the harness takes the platform down; errors of a dying server are its business. */
export async function drive(context: CrashContext, loops: number, work: (id: string) => Promise<void>): Promise<void> {
  let count = 0;
  await Promise.all(
    Array.from({ length: loops }, async (_, loop) => {
      while (!context.signal.aborted) {
        try {
          await work(`r${context.round}-${loop}-${count++}`);
        } catch {
          await sleep(20);
        }
      }
    }),
  );
}
