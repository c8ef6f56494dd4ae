/** Front door of the topics capability: SNS. */
export { createTopics } from './capability.ts';
export { topicsSchema } from './store/schema.ts';
export type { Topics } from './topics.ts';
