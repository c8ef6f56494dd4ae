/** The room with its own state behind a gateway, for tests. */
import { after } from 'node:test';
import { join } from 'node:path';
import { SFN } from '@aws-sdk/client-sfn';
import { SystemClock, type Clock } from '#kernel/clock';
import { EventHub } from '#kernel/events';
import { silentLog } from '#kernel/log';
import { State } from '#kernel/state';
import { createLogs, logsSchema, type Logs } from '#logs';
import { clientConfig, startGateway, useTempFolder } from '#testing';
import { createWorkflows, type WorkflowsParts } from './capability.ts';
import { workflowsSchemas } from './index.ts';

export interface OpenWorkflows {
  readonly sfn: SFN;
  readonly logs: Logs;
  readonly endpoint: string;
}

/** Closed when the file's tests are over. */
export async function openWorkflows(
  clock: Clock = new SystemClock(),
  more: Pick<WorkflowsParts, 'openBounds'> = {},
): Promise<OpenWorkflows> {
  const state = State.open(join(useTempFolder(), 'state.sqlite'), [logsSchema, ...workflowsSchemas]);
  const events = new EventHub(silentLog, state);
  const ground = { state, clock, log: silentLog, events };
  const { logs, capability: logging } = createLogs(ground);
  const apis = () => [logging, capability].flatMap((one) => one.apis ?? []);
  const server = await startGateway({ apis });
  const { capability } = createWorkflows({
    ...ground,
    ...more,
    logs,
    dispatcher: server.dispatcher,
    connections: { authorize: () => Promise.reject(new Error('there are no connections in this test')) },
  });
  await capability.start?.();
  const sfn = new SFN({ ...clientConfig(server.endpoint), disableHostPrefix: true });
  after(async () => {
    sfn.destroy();
    await server.close();
    await capability.stop?.();
    await logging.stop?.();
    state.close();
  });
  return { sfn, logs, endpoint: server.endpoint };
}

/** The end of an execution, however it ended. */
export async function waitForEnd(sfn: SFN, executionArn: string | undefined) {
  for (;;) {
    const execution = await sfn.describeExecution({ executionArn });
    if (execution.status !== 'RUNNING') return execution;
  }
}
