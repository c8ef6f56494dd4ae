/** A lake behind a gateway on a free port, with a real client; for the tests of this folder. */
import { after } from 'node:test';
import { join } from 'node:path';
import { S3, type S3ClientConfig } from '@aws-sdk/client-s3';
import { createLake, lakeSchema, type Lake } from '#lake';
import { SystemClock, type Clock } from '#kernel/clock';
import { EventHub, type PlatformEvent } from '#kernel/events';
import { silentLog } from '#kernel/log';
import { outboxSchema } from '#kernel/outbox';
import { State } from '#kernel/state';
import { clientConfig, startGateway, testAccountId, useTempFolder, type TestGateway } from '#testing';
import type { Capability } from '#capability';
import type { Route, ServiceApi } from '#gateway';

export interface LakeFixture {
  readonly lake: Lake;
  readonly capability: Capability;
  readonly state: State;
  readonly server: TestGateway;
  readonly s3: S3;
  readonly dataDir: string;
  readonly events: PlatformEvent[];
  /** Path of a file as its user sees it. */
  readonly fileOf: (bucket: string, ...names: string[]) => string;
}

/** Everything is closed and deleted behind the tests of the file or suite it is called in. */
export async function startLake(
  options: {
    clock?: Clock;
    dataDir?: string;
    client?: Partial<S3ClientConfig>;
    /** Services behind the same gateway, for notifications to go to. */
    destinations?: readonly ServiceApi[];
    onStep?: (step: string) => void;
  } = {},
): Promise<LakeFixture> {
  const dataDir = options.dataDir ?? useTempFolder();
  const state = State.open(join(dataDir, 'state.sqlite'), [outboxSchema, lakeSchema]);
  const hub = new EventHub(silentLog, state);
  const events: PlatformEvent[] = [];
  hub.subscribe((event) => void events.push(event));
  const clock = options.clock ?? new SystemClock();
  const capabilities: Capability[] = [];
  const routes: Route[] = [];
  const server = await startGateway({
    apis: () => [...capabilities.flatMap(({ apis = [] }) => apis), ...(options.destinations ?? [])],
    routes,
  });
  const { lake, capability } = createLake({
    state,
    clock,
    log: silentLog,
    events: hub,
    dataDir,
    dispatcher: server.dispatcher,
    ...(options.onStep && { onStep: options.onStep }),
    findCredential: (accessKeyId) =>
      accessKeyId === 'test'
        ? {
            caller: {
              kind: 'root',
              accountId: testAccountId,
              arn: `arn:aws:iam::${testAccountId}:root`,
              principalId: testAccountId,
            },
            secretAccessKey: 'test',
          }
        : undefined,
  });
  capabilities.push(capability);
  routes.push(...(capability.routes ?? []));
  await capability.start?.();
  const s3 = new S3({ ...clientConfig(server.endpoint), ...options.client });
  after(async () => {
    s3.destroy();
    await server.close();
    await capability.stop?.();
    state.close();
  });
  return {
    lake,
    capability,
    state,
    server,
    s3,
    dataDir,
    events,
    fileOf: (bucket, ...names) => join(dataDir, 'buckets', bucket, ...names),
  };
}

/** The code of the error that a call answers. */
export async function codeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
  } catch (error) {
    return (error as Error).name;
  }
  return 'no error';
}
