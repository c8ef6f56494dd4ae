/** Front door of the queues capability: SQS. */
export { createQueues } from './capability.ts';
export type { Messages } from './messages.ts';
export type { QueueAddress } from './queue.ts';
export type { Queues } from './queues.ts';
export { queuesSchema } from './store/schema.ts';
