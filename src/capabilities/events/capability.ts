import type { Capability } from '#capability';
import type { Dispatcher } from '#gateway';
import type { Clock } from '#kernel/clock';
import type { EventHub } from '#kernel/events';
import type { Log } from '#kernel/log';
import type { State } from '#kernel/state';
import type { Vault } from '#kernel/vault';
import type { Logs } from '#logs';
import { archiveOperations } from './api/archives.ts';
import { busOperations } from './api/buses.ts';
import { apiDestinationOperations, connectionOperations } from './api/connections.ts';
import { eventOperations } from './api/events.ts';
import { replayOperations } from './api/replays.ts';
import { ruleOperations } from './api/rules.ts';
import { scheduleGroupOperations } from './api/schedule-groups.ts';
import { scheduleOperations } from './api/schedules.ts';
import { tagOperations } from './api/tags.ts';
import { targetOperations } from './api/targets.ts';
import { Archives } from './archives/archives.ts';
import { Replays } from './archives/replays.ts';
import { Buses } from './buses/buses.ts';
import { ApiDestinations } from './connections/api-destinations.ts';
import { Connections } from './connections/connections.ts';
import { eventResources } from './resources.ts';
import { RuleTable } from './rules/rule-table.ts';
import { Rules } from './rules/rules.ts';
import { ScheduleRuns } from './schedules/schedule-runs.ts';
import { Schedules } from './schedules/schedules.ts';
import { ArchiveStore } from './store/archives.ts';
import { BusStore } from './store/buses.ts';
import { ConnectionStore } from './store/connections.ts';
import { ReplayStore } from './store/replays.ts';
import { RuleStore } from './store/rules.ts';
import { ScheduleStore } from './store/schedules.ts';
import { DeadLetters } from './targets/dead-letters.ts';
import { Deliveries } from './targets/deliveries.ts';
import { Sender } from './targets/sender.ts';

export interface EventsParts {
  readonly state: State;
  readonly clock: Clock;
  readonly log: Log;
  readonly events: EventHub;
  readonly vault: Vault;
  readonly logs: Logs;
  readonly dispatcher: Dispatcher;
  /** Tells a Glue workflow of an event that starts it; it is on disk when the promise resolves. */
  readonly notifyWorkflow: (scope: string, workflow: string, eventId: string) => Promise<void>;
}

export interface EventsCapability {
  readonly rules: Rules;
  readonly connections: Connections;
  readonly capability: Capability;
}

export function createEvents(parts: EventsParts): EventsCapability {
  const { state, clock, events, vault } = parts;
  const log = parts.log.with({ part: 'events' });
  const ground = { state, clock, log };
  const sender = new Sender(parts);
  const buses = new Buses(new BusStore(state), clock);
  const connectionStore = new ConnectionStore(state);
  const connections = new Connections({ store: connectionStore, vault, clock });
  const apiDestinations = new ApiDestinations({ store: connectionStore, connections, clock });
  const deadLetters = new DeadLetters({ ...ground, sender });
  const store = new RuleStore(state);
  const table = new RuleTable(store, log);
  const hasBus = buses.has.bind(buses);
  const archiveStore = new ArchiveStore(state);
  const archives = new Archives({ ...ground, store: archiveStore, hasBus });
  const deliveries = new Deliveries({ ...ground, table, sender, apiDestinations, deadLetters, archives, hasBus });
  const replays = new Replays({
    ...ground,
    store: new ReplayStore(state),
    archives: archiveStore,
    deliveries,
    hasBus,
  });
  const rules = new Rules({ ...ground, store, table, deliveries, sender, hasBus });
  const schedulesStore = new ScheduleStore(state);
  const runs = new ScheduleRuns({ ...ground, store: schedulesStore, sender, deadLetters });
  const { dispatcher } = parts;
  const serves = dispatcher.serves.bind(dispatcher);
  const schedules = new Schedules({ store: schedulesStore, runs, clock, serves });
  // From the first moment on: the rooms above take up what a crash interrupted before this one starts.
  events.addRecorder(deliveries);
  const capability: Capability = {
    name: 'events',
    apis: [
      {
        service: 'events',
        operations: {
          ...busOperations(buses),
          ...ruleOperations(rules),
          ...targetOperations(rules),
          ...tagOperations(buses, rules),
          ...archiveOperations(archives),
          ...replayOperations(replays),
          ...eventOperations({ ...ground, events, buses, deliveries }),
          ...connectionOperations(connections),
          ...apiDestinationOperations(apiDestinations),
        },
      },
      {
        service: 'scheduler',
        operations: { ...scheduleOperations(schedules), ...scheduleGroupOperations(schedules) },
      },
    ],
    resources: eventResources,
    start() {
      deadLetters.start();
      deliveries.start();
      rules.start();
      runs.start();
      archives.start();
      replays.start();
    },
    async stop() {
      rules.stop();
      await replays.stop();
      await archives.stop();
      await runs.stop();
      await deliveries.stop();
      await deadLetters.stop();
    },
  };
  return { rules, connections, capability };
}
