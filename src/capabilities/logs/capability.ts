import type { Capability } from '#capability';
import type { Dispatcher } from '#gateway';
import type { Clock } from '#kernel/clock';
import type { Log } from '#kernel/log';
import type { State } from '#kernel/state';
import { createLogsApi } from './api/index.ts';
import { queryOperations } from './api/queries.ts';
import { subscriptionOperations } from './api/subscriptions.ts';
import { Insights } from './insights/insights.ts';
import { Logs } from './logs.ts';
import { logResources } from './resources.ts';
import { LogStore } from './store.ts';
import { Subscriptions } from './subscriptions/subscriptions.ts';

export interface LogsParts {
  readonly state: State;
  readonly clock: Clock;
  readonly log: Log;
  /** Reaches the functions that subscribe to logs; without one nobody can. */
  readonly dispatcher?: Dispatcher;
}

export function createLogs(parts: LogsParts): { logs: Logs; capability: Capability } {
  const { state, clock, dispatcher } = parts;
  const log = parts.log.with({ part: 'logs' });
  const subscriptions = dispatcher && new Subscriptions({ state, clock, log, dispatcher });
  const logs = new Logs(new LogStore(state), clock, log, subscriptions);
  const insights = new Insights(logs, clock, log);
  const subscribing = subscriptions && subscriptionOperations(logs, subscriptions, clock);
  const capability: Capability = {
    name: 'logs',
    apis: [createLogsApi(logs, { ...queryOperations(insights), ...subscribing })],
    resources: logResources,
    start() {
      logs.start();
      subscriptions?.start();
    },
    async stop() {
      await subscriptions?.stop();
      await insights.stop();
      await logs.stop();
    },
  };
  return { logs, capability };
}
