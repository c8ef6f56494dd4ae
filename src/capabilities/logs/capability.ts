import type { Capability } from '#capability';
import type { Clock } from '#kernel/clock';
import type { Log } from '#kernel/log';
import type { State } from '#kernel/state';
import { createLogsApi } from './api/index.ts';
import { Logs } from './logs.ts';
import { logResources } from './resources.ts';
import { LogStore } from './store.ts';

export function createLogs(platform: { readonly state: State; readonly clock: Clock; readonly log: Log }): {
  logs: Logs;
  capability: Capability;
} {
  const logs = new Logs(new LogStore(platform.state), platform.clock, platform.log.with({ part: 'logs' }));
  const capability: Capability = {
    name: 'logs',
    apis: [createLogsApi(logs)],
    resources: logResources,
    start: () => logs.start(),
    stop: () => logs.stop(),
  };
  return { logs, capability };
}
