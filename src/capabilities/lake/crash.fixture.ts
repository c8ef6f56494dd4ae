/**
 * A process that dies in the middle: `node crash.fixture.ts <dataDir> <change> <step>` opens the lake, begins the
 * change, and kills itself at the named step, without a word. Exits with 3 when that step never came.
 */
import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { createLake, lakeSchema, type Lake } from '#lake';
import type { Capability } from '#capability';
import { SystemClock } from '#kernel/clock';
import { EventHub } from '#kernel/events';
import { silentLog } from '#kernel/log';
import { outboxSchema } from '#kernel/outbox';
import { State } from '#kernel/state';
import type { RequestContext } from '#gateway';

export const accountId = '000000000000';

export interface OpenLake {
  readonly lake: Lake;
  /** An S3 operation, as the gateway would call it. */
  readonly call: (operation: string, input: object) => Promise<Record<string, unknown>>;
  /** Detail type and key of what EventBridge heard since it was opened, in order. */
  told(): Promise<string[]>;
  close(): Promise<void>;
}

export async function openLake(dataDir: string, onStep?: (step: string) => void): Promise<OpenLake> {
  const state = State.open(join(dataDir, 'state.sqlite'), [outboxSchema, lakeSchema]);
  const events = new EventHub(silentLog, state);
  const heard: string[] = [];
  events.addRecorder({
    wants: () => true,
    record: (_db, { detailType, detail }) =>
      void heard.push(`${detailType} ${(detail['object'] as { key: string }).key}`),
  });
  const options = { state, clock: new SystemClock(), log: silentLog, events, dataDir };
  const { lake, capability } = createLake({ ...options, ...(onStep && { onStep }) });
  await capability.start?.();
  return {
    lake,
    call: async (operation, input) => (await handlerOf(capability, operation)(input, context(operation))) as never,
    async told() {
      await state.write(() => undefined);
      return heard.toSorted((a, b) => (a < b ? -1 : 1));
    },
    async close() {
      await capability.stop?.();
      state.close();
    },
  };
}

/** The changes that are interrupted; each takes key `k`, or `k` and `l`, from the old state to the new one. */
export const changes: Readonly<Record<string, (opened: OpenLake, dataDir: string) => Promise<unknown>>> = {
  put: ({ lake }) => lake.putObject({ bucket: 'bucket', key: 'k' }, 'new', { contentType: 'new/type' }),
  delete: ({ lake }) => lake.deleteObject({ bucket: 'bucket', key: 'k' }),
  async deleteVersion({ call }) {
    const { Versions } = (await call('ListObjectVersions', { Bucket: 'bucket', Prefix: 'k' })) as {
      Versions: { VersionId: string }[];
    };
    await call('DeleteObject', { Bucket: 'bucket', Key: 'k', VersionId: Versions[0]?.VersionId });
  },
  commit({ lake }) {
    const folder = lake.stagingFolder();
    return lake.commitFiles(
      ['k', 'l'].map((key) => {
        const localFile = join(folder, key);
        writeFileSync(localFile, 'new');
        return { bucket: 'bucket', key, localFile, contentType: 'new/type' };
      }),
    );
  },
};

function handlerOf(capability: Capability, operation: string) {
  const handler = capability.apis?.[0]?.operations[operation];
  if (handler === undefined) throw new Error(`nobody serves ${operation}`);
  return handler;
}

function context(operation: string): RequestContext {
  return {
    requestId: 'test',
    service: 's3',
    operation,
    accountId,
    region: 'us-east-1',
    scope: `${accountId}/us-east-1`,
    caller: { kind: 'root', accountId, arn: `arn:aws:iam::${accountId}:root`, principalId: accountId },
    sourceIp: '127.0.0.1',
    userAgent: 'test',
    endpoint: '',
    signal: AbortSignal.timeout(60_000),
    headers: {},
    payload: { decodedSizeBytes: undefined, trailers: () => ({}) },
  };
}

if (import.meta.main) {
  const [dataDir = '', change = '', wanted = ''] = process.argv.slice(2);
  const [name = '', ordinal = '1'] = wanted.split('#');
  let seen = 0;
  const opened = await openLake(dataDir, (step) => {
    if (step === name && ++seen === Number(ordinal)) process.kill(process.pid, 'SIGKILL');
  });
  await changes[change]?.(opened, dataDir);
  await opened.close();
  process.exitCode = 3;
}
