import type { Capability } from '#capability';
import type { Clock } from '#kernel/clock';
import type { Log } from '#kernel/log';
import type { State } from '#kernel/state';
import { messageOperations } from './api/messages.ts';
import { moveTaskOperations } from './api/move-tasks.ts';
import { queueOperations } from './api/queues.ts';
import { Bells } from './bells.ts';
import { Messages } from './messages.ts';
import { MoveTasks } from './move-tasks.ts';
import { Queues } from './queues.ts';
import { queueResources } from './resources.ts';
import { GroupStore } from './store/groups.ts';
import { MessageStore } from './store/messages.ts';
import { MoveStore } from './store/moves.ts';
import { QueueStore } from './store/queues.ts';
import { RepeatStore } from './store/repeats.ts';

export function createQueues(platform: {
  readonly state: State;
  readonly clock: Clock;
  readonly log: Log;
  /** Base URL for clients, once it listens. */
  readonly endpoint: () => string;
}): {
  queues: Queues;
  messages: Messages;
  /** Calls back when there may be something to receive from a queue. */
  onMessage: Bells['listen'];
  capability: Capability;
} {
  const { state, clock } = platform;
  const log = platform.log.with({ part: 'queues' });
  const store = new QueueStore(state);
  const bells = new Bells(clock);
  const messageStore = new MessageStore(new GroupStore());
  const repeats = new RepeatStore();
  const messages = new Messages({ state, clock, queues: store, store: messageStore, repeats, bells });
  const queues = new Queues({ store, messages, bells, clock, log });
  const tasks = new MoveTasks({ store: new MoveStore(state), queues: store, messages, clock, log });
  const capability: Capability = {
    name: 'queues',
    apis: [
      {
        service: 'sqs',
        operations: { ...queueOperations(queues), ...messageOperations(messages), ...moveTaskOperations(tasks) },
      },
    ],
    resources: queueResources(platform.endpoint),
    async start() {
      await messages.clearOrphans();
      tasks.start();
    },
    stop: () => tasks.stop(),
  };
  return { queues, messages, onMessage: bells.listen.bind(bells), capability };
}
