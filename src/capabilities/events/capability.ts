import type { Capability } from '#capability';
import type { Clock } from '#kernel/clock';
import type { EventHub } from '#kernel/events';
import type { Log } from '#kernel/log';
import type { State } from '#kernel/state';
import type { Logs } from '#logs';
import { eventOperations } from './api/events.ts';
import { ruleOperations } from './api/rules.ts';
import { eventResources } from './resources.ts';
import { Rules } from './rules.ts';
import { RuleStore } from './store.ts';

export function createEvents(platform: {
  readonly state: State;
  readonly clock: Clock;
  readonly log: Log;
  readonly events: EventHub;
  readonly logs: Logs;
}): { rules: Rules; capability: Capability } {
  const { state, clock, events, logs } = platform;
  const log = platform.log.with({ part: 'events' });
  const rules = new Rules({ store: new RuleStore(state), clock, log, events, logs });
  let unsubscribe: (() => void) | undefined;
  const capability: Capability = {
    name: 'events',
    apis: [{ service: 'events', operations: { ...ruleOperations(rules), ...eventOperations(events, clock) } }],
    resources: eventResources,
    start() {
      unsubscribe = events.subscribe((event) => rules.route(event));
      rules.start();
    },
    async stop() {
      unsubscribe?.();
      await rules.stop();
    },
  };
  return { rules, capability };
}
